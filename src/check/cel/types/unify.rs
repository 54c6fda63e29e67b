//! Which types fit where: `github.com/google/cel-go/checker/types.go`.

use super::kind::{NULL, Type};

/// What is known of types that were open.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    known: Vec<Option<Type>>,
    /// What was known before, to go back.
    trail: Vec<(usize, Option<Type>)>,
}

impl Bindings {
    /// A type that is yet to be found.
    pub(super) fn fresh(&mut self) -> Type {
        self.known.push(None);
        Type::Open(self.known.len() - 1)
    }

    /// The types of a signature, with variables of their own for what is open in it.
    pub(super) fn instance(&mut self, takes: &[Type], gives: &Type, open: usize) -> (Vec<Type>, Type) {
        if open == 0 {
            return (takes.to_vec(), gives.clone());
        }
        let own: Vec<Type> = (0..open).map(|_| self.fresh()).collect();
        (takes.iter().map(|one| instance(one, &own)).collect(), instance(gives, &own))
    }

    /// Whether values of a type go where another is asked for; nothing is learnt unless they do.
    pub(super) fn fits(&mut self, one: &Type, other: &Type) -> bool {
        self.all_fit(std::slice::from_ref(one), std::slice::from_ref(other))
    }

    /// The same of several.
    pub(super) fn all_fit(&mut self, ones: &[Type], others: &[Type]) -> bool {
        self.trail.clear();
        let fit = self.list(ones, others);
        if !fit {
            while let Some((at, was)) = self.trail.pop() {
                self.known[at] = was;
            }
        }
        fit
    }

    /// The type with all that is known of it; what is not known is `dyn` at the end.
    pub(super) fn settled(&self, of: &Type, is_end: bool) -> Type {
        match of {
            Type::Open(at) => match &self.known[*at] {
                Some(known) => self.settled(known, is_end),
                None if is_end => Type::Dyn,
                None => of.clone(),
            },
            Type::Applied(name, parts) => {
                Type::Applied(name, parts.iter().map(|part| self.settled(part, is_end)).collect())
            }
            _ => of.clone(),
        }
    }

    /// What is known of an open type, not of its parts.
    pub(super) fn head<'b>(&'b self, of: &'b Type) -> &'b Type {
        match of {
            Type::Open(at) => self.known.get(*at).and_then(Option::as_ref).map_or(&Type::Dyn, |known| self.head(known)),
            _ => of,
        }
    }

    fn learn(&mut self, at: usize, what: Type) {
        let was = self.known[at].replace(what);
        self.trail.push((at, was));
    }

    fn list(&mut self, ones: &[Type], others: &[Type]) -> bool {
        ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| self.pair(one, other))
    }

    /// `internalIsAssignable`
    fn pair(&mut self, one: &Type, other: &Type) -> bool {
        if let Type::Open(at) = other {
            match self.substitute(one, other, *at) {
                (true, _) => return true,
                (false, true) => return false,
                (false, false) => {}
            }
        }
        if let Type::Open(at) = one {
            return self.substitute(other, one, *at).0;
        }
        if one.is_dyn() || other.is_dyn() {
            return true;
        }
        if *one == NULL {
            return other.takes_null();
        }
        if *other == NULL {
            return one.takes_null();
        }
        match (one, other) {
            (Type::Applied("type", _), Type::Applied("type", _)) => true,
            (Type::Applied(name, parts), Type::Applied(other, others)) => name == other && self.list(parts, others),
            _ => one == other,
        }
    }

    /// `isValidTypeSubstitution`: whether a variable can stand for a type, and whether it stood for one before.
    fn substitute(&mut self, one: &Type, variable: &Type, at: usize) -> (bool, bool) {
        if one == variable {
            return (true, true);
        }
        if let Some(known) = self.known[at].clone() {
            if *one == known {
                return (true, true);
            }
            if !self.pair(one, &known) {
                return (false, true);
            }
            let general = most_general(one, &known).clone();
            if !self.occurs(variable, &general) {
                self.learn(at, general);
            }
            return (true, true);
        }
        if self.occurs(variable, one) {
            return (false, false);
        }
        self.learn(at, one.clone());
        (true, false)
    }

    /// Whether a variable is part of a type.
    fn occurs(&self, variable: &Type, within: &Type) -> bool {
        variable == within
            || match within {
                Type::Open(at) => self.known[*at].as_ref().is_some_and(|known| self.occurs(variable, known)),
                Type::Applied(_, parts) => parts.iter().any(|part| self.occurs(variable, part)),
                _ => false,
            }
    }
}

fn instance(of: &Type, own: &[Type]) -> Type {
    match of {
        Type::Open(at) => own.get(*at).cloned().unwrap_or(Type::Dyn),
        Type::Applied(name, parts) => Type::Applied(name, parts.iter().map(|part| instance(part, own)).collect()),
        _ => of.clone(),
    }
}

/// The one that says less.
pub(super) fn most_general<'a>(one: &'a Type, other: &'a Type) -> &'a Type {
    if says_less(one, other) { one } else { other }
}

/// `isEqualOrLessSpecific`
fn says_less(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Dyn | Type::Open(_), _) => true,
        (_, Type::Dyn | Type::Open(_)) => false,
        (Type::Applied("type", _), Type::Applied("type", _)) => true,
        (Type::Applied(name, parts), Type::Applied(another, others)) => {
            name == another
                && parts.len() == others.len()
                && parts.iter().zip(others.iter()).all(|(one, other)| says_less(one, other))
        }
        _ => one == other,
    }
}
