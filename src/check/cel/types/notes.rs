//! What the checker found out about each part of an expression, for whoever goes on from there.

use super::kind::Type;
use super::signatures::Overload;
use super::unify::Bindings;

/// The highest number of a part that is remembered.
pub(super) const MOST: u64 = 8 * super::LENGTH as u64;

/// Types of the parts of an expression, and which function each call means, by the numbers of the parts.
#[derive(Debug, Default)]
pub struct Notes {
    nodes: Vec<Note>,
    overloads: Vec<&'static Overload>,
    bindings: Bindings,
}

#[derive(Debug, Clone, Default)]
struct Note {
    is: Option<Type>,
    overloads: (u32, u32),
    space: Option<String>,
}

impl Notes {
    fn node(&mut self, at: u64) -> Option<&mut Note> {
        // The parser counts its nodes.
        let at = usize::try_from(at).ok().filter(|_| at <= MOST)?;
        if at >= self.nodes.len() {
            self.nodes.resize(at + 16, Note::default());
        }
        self.nodes.get_mut(at)
    }

    fn note(&self, at: u64) -> Option<&Note> {
        self.nodes.get(usize::try_from(at).ok()?)
    }

    pub(super) fn is_of(&mut self, at: u64, is: &Type) {
        if let Some(node) = self.node(at) {
            node.is = Some(is.clone());
        }
    }

    pub(super) fn may_be(&mut self, at: u64, overload: &'static Overload) {
        self.overloads.push(overload);
        let end = self.overloads.len() as u32;
        if let Some(node) = self.node(at) {
            if node.overloads == (0, 0) {
                node.overloads.0 = end - 1;
            }
            node.overloads.1 = end;
        }
    }

    pub(super) fn is_called(&mut self, at: u64, name: String) {
        if let Some(node) = self.node(at) {
            node.space = Some(name);
        }
    }

    pub(super) fn weight(&self) -> u64 {
        self.nodes.len() as u64
    }

    pub(super) fn settle(&mut self, bindings: Bindings) {
        self.bindings = bindings;
    }

    /// The type of a part, as far as its name: what is open in it may be asked for with [`Notes::known`].
    pub(in crate::check::cel) fn type_of(&self, at: u64) -> &Type {
        self.note(at).and_then(|note| note.is.as_ref()).map_or(&Type::Dyn, |is| self.known(is))
    }

    /// What an open type is.
    pub(in crate::check::cel) fn known<'n>(&'n self, is: &'n Type) -> &'n Type {
        self.bindings.head(is)
    }

    /// The ways in which a call can be meant.
    pub(in crate::check::cel) fn overloads(&self, at: u64) -> &[&'static Overload] {
        let of = self.note(at).map_or((0, 0), |note| note.overloads);
        self.overloads.get(of.0 as usize..of.1 as usize).unwrap_or_default()
    }

    /// The whole name of a function in a space, which is written like one that is called on something.
    pub(in crate::check::cel) fn called(&self, at: u64) -> Option<&str> {
        self.note(at)?.space.as_deref()
    }
}
