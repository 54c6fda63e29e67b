//! "Did you mean": the known name that a misspelt one is closest to.

/// Names with more bytes are no typing errors to be guessed at. Comparing two takes time and memory by the product of
/// their lengths; a DNS name, the longest that Kubernetes knows, has 253.
const LONGEST: usize = 256;

/// Of more names than this the others are not looked at.
const MOST: usize = 1_000;

/// The known name nearest to `word`, if one is near enough to be worth a guess: at most a third of its letters differ
/// (insertions, deletions, replacements and swapped neighbours, ignoring case). Of two that are equally near the first
/// in the alphabet is taken.
#[must_use]
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .into_iter()
        .take(MOST)
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= candidate.len().div_ceil(3))
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_nonsense_finds_none() {
        let known = ["replicas", "selector", "strategy"];
        assert_eq!(nearest("replica", known), Some("replicas"));
        assert_eq!(nearest("slector", known), Some("selector"));
        assert_eq!(nearest("REPLICAS", known), Some("replicas"));
        assert_eq!(nearest("zzz", known), None);
    }

    /// Gigabytes and minutes, if the two were compared.
    #[test]
    fn what_nobody_types_is_no_typing_error() {
        let (one, two) = ("a".repeat(100_000), format!("{}b", "a".repeat(99_999)));
        assert_eq!(nearest(&one, [&*two]), None);
        let (short, shorter) = ("a".repeat(253), "a".repeat(252));
        assert_eq!(nearest(&shorter, [&*short, &*two]), Some(&*short));
    }

    #[test]
    fn of_two_equally_near_the_first_in_the_alphabet_wins() {
        assert_eq!(nearest("bat", ["rat", "cat"]), Some("cat"));
    }
}
