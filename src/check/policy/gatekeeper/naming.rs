//! What the findings of a constraint are called.

use crate::model::rule::{Rule, Severity};

use super::template::Template;

/// The rule of a constraint.
pub fn described(template: &Template, severity: Severity) -> Rule {
    let title = match template.title.as_str() {
        "" => format!("constraint of kind {}", template.kind),
        title => title.to_owned(),
    };
    let why = match severity {
        Severity::Error => "Gatekeeper refuses the object",
        Severity::Warning => "Gatekeeper lets the object pass with a warning",
        Severity::Note => "Gatekeeper notes the object in its audit",
    };
    Rule::custom(&kebab(&template.kind), severity, title, why.to_owned(), String::new())
}

/// `K8sPSPHostNamespace` is `k8s-psp-host-namespace`.
fn kebab(kind: &str) -> String {
    let chars: Vec<char> = kind.chars().collect();
    let mut out = String::new();
    for (at, char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let begins = before.is_some_and(|before| {
            let lower_next = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
            !before.is_uppercase() || (lower_next && before.is_uppercase())
        });
        if char.is_uppercase() && begins {
            out.push('-');
        }
        out.extend(char.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn kinds_become_words() {
        for (kind, words) in [
            ("K8sRequiredLabels", "k8s-required-labels"),
            ("K8sPSPHostNamespace", "k8s-psp-host-namespace"),
            ("AllowedRepos", "allowed-repos"),
        ] {
            assert_eq!(kebab(kind), words);
        }
    }
}
