//! What other tools call our rules, so that whoever knows their ids finds ours: `policies/aliases.tsv`.

use std::sync::LazyLock;

/// A check of another tool, and the rule that reports what it reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// `kube-linter`, `kube-score`, `polaris`, `checkov`, `trivy`, `kubescape`.
    pub tool: &'static str,
    /// The id of the check there.
    pub check: &'static str,
    /// The id of our rule.
    pub rule: &'static str,
    /// Where the rule lists several things in one message: the words for the one that the check is about.
    pub part: Option<&'static str>,
}

static TABLE: LazyLock<Vec<Alias>> = LazyLock::new(|| {
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/aliases.tsv"))
        .lines()
        .skip(1)
        .filter_map(read)
        .collect()
});

fn read(line: &'static str) -> Option<Alias> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    Some(Alias { tool: next()?, check: next()?, rule: next()?, part: next().filter(|part| !part.is_empty()) })
}

/// All checks, by tool.
#[must_use]
pub fn all() -> &'static [Alias] {
    &TABLE
}

/// The checks that a rule takes the place of.
pub fn of(rule: &str) -> impl Iterator<Item = &'static Alias> {
    all().iter().filter(move |alias| alias.rule == rule)
}

/// The rules that take the place of a check of another tool; none for a word that is an id of our own.
#[must_use]
pub fn resolve(word: &str) -> Vec<&'static str> {
    let mut rules: Vec<&str> = all().iter().filter(|alias| is(alias, word)).map(|alias| alias.rule).collect();
    rules.dedup();
    if rules.contains(&word) { Vec::new() } else { rules }
}

/// Whether a word is the id of a check. Ids with numbers are written in any case, those of Trivy also as `KSV017` and
/// `AVD-KSV-0017`.
fn is(alias: &Alias, word: &str) -> bool {
    match alias.tool {
        "checkov" | "kubescape" => alias.check.eq_ignore_ascii_case(word),
        "trivy" => {
            let word = word.to_ascii_uppercase();
            let word = word.strip_prefix("AVD-").unwrap_or(&word);
            let number = word.strip_prefix("KSV").and_then(|rest| rest.trim_start_matches('-').parse::<u32>().ok());
            number.is_some() && number == alias.check.strip_prefix("KSV-").and_then(|rest| rest.parse().ok())
        }
        _ => alias.check == word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_lead_to_rules() {
        assert_eq!(resolve("CKV_K8S_16"), ["privileged-container"]);
        assert_eq!(resolve("ckv_k8s_16"), ["privileged-container"]);
        assert_eq!(resolve("KSV017"), ["privileged-container"]);
        assert_eq!(resolve("AVD-KSV-0017"), ["privileged-container"]);
        assert_eq!(resolve("latest-tag"), ["image-tag"]);
        assert_eq!(resolve("run-as-non-root"), ["pod-security-restricted", "root-group", "run-as-root"]);
        assert_eq!(resolve("container-resources"), [""; 0]);
        assert_eq!(resolve("privileged-container"), [""; 0]);
        assert_eq!(resolve("KSV"), [""; 0]);
    }
}
