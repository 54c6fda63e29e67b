//! Quantities: `512Mi`, `100m`, `1e3` (`k8s.io/apimachinery/pkg/api/resource`, `ParseQuantity`).

/// Why a text is no quantity, in the words of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A character that fits nowhere, or nothing at all.
    Form,
    /// Letters of the right set that are no suffix.
    Suffix,
}

impl Fault {
    /// What the server says.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Fault::Form => "a quantity is a number and a suffix such as `m`, `k`, `M`, `Ki`, `Mi` or `Gi`",
            Fault::Suffix => "there is no such suffix; the known ones are n u m k M G T P E and Ki Mi Gi Ti Pi Ei",
        }
    }
}

/// Checks a text as the server reads it.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::Form);
    }
    let (_, suffix) = split(text);
    let letters = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
    let exponent = letters.strip_prefix(['-', '+']).unwrap_or(letters);
    if !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Form);
    }
    if is_suffix(suffix) { Ok(()) } else { Err(Fault::Suffix) }
}

/// What was probably meant by a text that is no quantity.
pub(super) fn suggest(text: &str) -> Option<String> {
    let text = text.trim();
    let (number, suffix) = split(text);
    if !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let wanted = suffix.trim().to_ascii_lowercase();
    let wanted = wanted.strip_suffix('b').unwrap_or(&wanted);
    let known = ["k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "m", "u", "n", ""];
    let found = known.into_iter().find(|known| known.to_ascii_lowercase() == wanted)?;
    let better = format!("{number}{found}");
    (better != text && check(&better).is_ok()).then_some(better)
}

/// The number, sign included, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let digits = |from: &str| from.bytes().take_while(u8::is_ascii_digit).count();
    let mut at = usize::from(text.starts_with(['-', '+']));
    at += digits(&text[at..]);
    if text[at..].starts_with('.') {
        at += 1;
        at += digits(&text[at..]);
    }
    text.split_at(at)
}

fn is_suffix(suffix: &str) -> bool {
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| exponent.parse::<i64>().is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_judged_as_the_server_does() {
        for text in [
            "0", "1", "+1", "-1", ".5", "1.", "1.G", "001", "1.5Gi", "1e100", "1E", "1E3", "1e-3", "1e+3", "+", "-",
            ".", "100m", "1Ki", "2k", " 1Gi ", "0.5n",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "", " ", "two", "1GB", "1Gib", "1KiB", "1g", "1 Gi", "1,5", "1_000", "0x10", "100%", "1..5", "1/2", "1Zi",
            "1MI", "${X}", "true", "1é",
        ] {
            assert_eq!(check(text), Err(Fault::Form), "{text}");
        }
        for text in ["1K", "1mi", "1ki", "1e", "1mm", "1Gi1", "--1"] {
            assert_eq!(check(text), Err(Fault::Suffix), "{text}");
        }
    }

    #[test]
    fn one_better_spelling_is_offered() {
        for (text, better) in
            [("1GB", "1G"), ("1Gib", "1Gi"), ("1g", "1G"), ("1K", "1k"), ("1 Gi", "1Gi"), ("1mi", "1Mi")]
        {
            assert_eq!(suggest(text).as_deref(), Some(better));
        }
        for text in ["two", "", "1Zi", "1,5", "${X}", "é"] {
            assert_eq!(suggest(text), None, "{text}");
        }
    }
}
