//! A minor version of Kubernetes.

use std::fmt;

/// `1.33`, as a number that can be compared. Patch versions serve the same schemas and are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// What stands behind `1.`
    pub minor: u16,
}

impl Version {
    /// Version `1.<minor>`.
    #[must_use]
    pub const fn new(minor: u16) -> Self {
        Version { minor }
    }

    /// Reads `1.33`, `v1.33` and `1.33.4`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.")?;
        let (minor, patch) = rest.split_once('.').unwrap_or((rest, "0"));
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        let _: u16 = number(patch)?;
        number(minor).map(Version::new)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_read_and_nothing_else() {
        for text in ["1.33", "v1.33", "1.33.4", "v1.33.0"] {
            assert_eq!(Version::parse(text), Some(Version::new(33)), "{text}");
        }
        for text in ["", "1", "1.", "2.33", "1.x", "1.33.x", "1.33.", "1.+3", "latest"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
