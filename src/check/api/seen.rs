//! Which texts came before: a few are compared one by one, and only many are hashed.

use std::borrow::Cow;
use std::collections::HashMap;

const FEW: usize = 12;

/// Texts and where they were first met.
pub(super) struct Seen<'t, P: Copy> {
    few: [Option<(Cow<'t, str>, P)>; FEW],
    count: usize,
    /// Made when it is needed.
    many: Option<HashMap<Cow<'t, str>, P>>,
}

impl<'t, P: Copy> Seen<'t, P> {
    pub(super) fn new() -> Self {
        Seen { few: [const { None }; FEW], count: 0, many: None }
    }

    /// Where the text was met before; if it was not, `place` is kept.
    pub(super) fn before(&mut self, text: Cow<'t, str>, place: P) -> Option<P> {
        if let Some(first) = self.place_of(&text) {
            return Some(first);
        }
        match self.few.get_mut(self.count) {
            Some(slot) => *slot = Some((text, place)),
            None => drop(self.many.get_or_insert_default().insert(text, place)),
        }
        self.count += 1;
        None
    }

    /// Where the text was met.
    pub(super) fn place_of(&self, text: &str) -> Option<P> {
        let few = &self.few[..self.count.min(FEW)];
        let known = few.iter().flatten().find(|(known, _)| known == text).map(|(_, place)| *place);
        known.or_else(|| self.many.as_ref()?.get(text).copied())
    }

    /// Every text, for guesses.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.few
            .iter()
            .flatten()
            .map(|(text, _)| &**text)
            .chain(self.many.iter().flat_map(HashMap::keys).map(|text| &**text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_kept_for_few_and_for_many() {
        let mut seen = Seen::new();
        for round in 0..2 {
            for at in 0..20 {
                let before = seen.before(format!("name-{at}").into(), at);
                assert_eq!(before, (round == 1).then_some(at));
            }
        }
        assert_eq!(seen.texts().count(), 20);
        assert_eq!(seen.place_of("name-19"), Some(19));
        assert_eq!(seen.place_of("name-20"), None);
    }
}
