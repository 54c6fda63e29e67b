//! Ways from a variable to a value.
//!
//! The server keeps them in slices of Go and appends to slices that share their memory, so that one way may change
//! another: `self.a.b.c` and `self.a.b.d` end in the same place. Which sizes it finds depends on that.

use std::cell::RefCell;
use std::rc::Rc;

/// A step on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'e> {
    Name(&'e str),
    Keys,
    Values,
    Items,
    Indices,
}

/// A slice of Go: it never ends behind what its memory has.
#[derive(Debug, Clone)]
pub(super) struct Path<'e> {
    memory: Rc<Memory<'e>>,
    length: usize,
}

#[derive(Debug)]
struct Memory<'e> {
    steps: RefCell<Vec<Step<'e>>>,
    capacity: usize,
}

impl<'e> Path<'e> {
    /// `append(of, step)`: in the memory of the slice where that has room, else in one twice as big (`growslice` in Go's
    /// runtime, for texts, which have 16 bytes).
    pub(super) fn longer(of: Option<&Path<'e>>, step: Step<'e>) -> Self {
        let Some(of) = of else {
            return Path { memory: Rc::new(Memory { steps: vec![step].into(), capacity: 1 }), length: 1 };
        };
        let length = of.length + 1;
        if length <= of.memory.capacity {
            let mut steps = of.memory.steps.borrow_mut();
            match steps.get_mut(of.length) {
                Some(taken) => *taken = step,
                None => steps.push(step),
            }
            return Path { memory: of.memory.clone(), length };
        }
        let capacity = of.memory.capacity * 2;
        let mut steps = Vec::with_capacity(capacity);
        steps.extend_from_slice(&of.memory.steps.borrow()[..of.length]);
        steps.push(step);
        Path { memory: Rc::new(Memory { steps: steps.into(), capacity }), length }
    }

    /// The same with one more step, in memory of its own.
    pub(super) fn copied(of: &Path<'e>, step: Step<'e>) -> Self {
        let mut steps = of.with(<[_]>::to_vec);
        steps.push(step);
        let (length, capacity) = (steps.len(), steps.len());
        Path { memory: Rc::new(Memory { steps: steps.into(), capacity }), length }
    }

    /// Calls `look` with the steps as they are now.
    pub(super) fn with<R>(&self, look: impl FnOnce(&[Step<'e>]) -> R) -> R {
        look(&self.memory.steps.borrow()[..self.length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_three_steps_share_the_fourth() {
        let of = |before: Option<&Path<'static>>, name| Path::longer(before, Step::Name(name));
        let a = of(Some(&of(Some(&of(None, "self")), "a")), "b");
        let c = of(Some(&a), "c");
        let longer = of(Some(&c), "x");
        let d = of(Some(&a), "d");
        let names = |path: &Path<'static>| path.with(|steps| format!("{:?}", steps.last()));
        assert_eq!(names(&d), names(&c));
        assert_eq!(longer.with(|steps| steps[3]), Step::Name("c"));
    }
}
