//! What functions and operators take and give.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::kind::Type;

/// One way to call a function.
#[derive(Debug)]
pub struct Overload {
    /// It is called on its first argument.
    pub(in crate::check::cel) is_member: bool,
    /// The minor version of Kubernetes that an API server must be compatible with.
    since: u16,
    pub(in crate::check::cel) takes: Vec<Type>,
    pub(super) gives: Type,
    /// How many types are open in it.
    pub(super) open: usize,
}

static ALL: LazyLock<HashMap<&'static str, Vec<Overload>>> = LazyLock::new(|| read(include_str!("signatures.txt")));

/// The ways to call a function, in a server that is compatible with that minor version; none where it has no such
/// function.
pub(super) fn of(name: &str, minor: u16) -> impl Iterator<Item = &'static Overload> + Clone {
    ALL.get(name).into_iter().flatten().filter(move |overload| overload.since <= minor)
}

/// The names of the functions that are called that way.
pub(super) fn names(minor: u16, is_member: bool) -> impl Iterator<Item = &'static str> {
    let is_such = move |overload: &Overload| overload.since <= minor && overload.is_member == is_member;
    let all = ALL.iter().filter(move |(_, overloads)| overloads.iter().any(is_such));
    all.map(|(name, _)| *name).filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
}

fn read(text: &'static str) -> HashMap<&'static str, Vec<Overload>> {
    let mut all: HashMap<&'static str, Vec<Overload>> = HashMap::new();
    let mut since = 0;
    for line in text.lines().filter(|line| !line.starts_with("//")) {
        if let Some(version) = line.strip_prefix("# ") {
            since = version.parse().unwrap_or(u16::MAX);
            continue;
        }
        let Some((name, rest)) = line.split_once(' ') else { continue };
        let is_member = name.starts_with('.');
        let mut reader = Reader { rest, open: Vec::new() };
        reader.take("(");
        let takes = reader.list();
        reader.take(" ");
        let Some(gives) = reader.kind() else { continue };
        let overload = Overload { is_member, since, takes, gives, open: reader.open.len() };
        all.entry(name.strip_prefix('.').unwrap_or(name)).or_default().push(overload);
    }
    all
}

struct Reader {
    rest: &'static str,
    open: Vec<&'static str>,
}

impl Reader {
    fn take(&mut self, wanted: &str) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Types up to a closing bracket.
    fn list(&mut self) -> Vec<Type> {
        let mut all = Vec::new();
        while !self.take(")") {
            self.take(", ");
            match self.kind() {
                Some(one) => all.push(one),
                None => break,
            }
        }
        all
    }

    fn kind(&mut self) -> Option<Type> {
        let end = self.rest.find(['(', ')', ',', ' ']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(match name {
            "" => return None,
            "dyn" => Type::Dyn,
            _ if name.len() == 1 => {
                let at = self.open.iter().position(|known| *known == name).unwrap_or_else(|| {
                    self.open.push(name);
                    self.open.len() - 1
                });
                Type::Open(at)
            }
            _ if self.take("(") => Type::Applied(name, self.list().into()),
            _ => Type::Simple(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_signatures_are_read() {
        let lines = include_str!("signatures.txt").lines().filter(|line| !line.starts_with(['/', '#'])).count();
        assert_eq!(ALL.values().map(Vec::len).sum::<usize>(), lines);
        let index = of("_[_]", 33).nth(1).map(|overload| format!("{:?} {:?}", overload.takes, overload.gives));
        let expected = r#"[Applied("map", [Open(0), Open(1)]), Open(0)] Open(1)"#;
        assert_eq!(index.as_deref(), Some(expected));
        assert_eq!((of("quantity", 27).count(), of("quantity", 28).count()), (0, 1));
    }
}
