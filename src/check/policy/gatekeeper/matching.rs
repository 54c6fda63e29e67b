//! Which objects a constraint is about: `spec.match` (`open-policy-agent/gatekeeper/pkg/mutation/match/match.go`).

use std::collections::BTreeMap;

use regorus::Value as Rego;

use super::super::selector::{Selector, texts};

/// `spec.match` of a constraint. All parts that are there must hold.
#[derive(Debug, Default, Clone)]
pub struct Match {
    /// Groups and kinds; an entry fits if both do.
    kinds: Vec<(Vec<String>, Vec<String>)>,
    scope: Option<Scope>,
    namespaces: Vec<String>,
    excluded: Vec<String>,
    labels: Option<Selector>,
    namespace_labels: Option<Selector>,
    name: Option<String>,
    source: Option<Source>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Cluster,
    Namespaced,
}

/// `spec.match.source`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Original,
    Generated,
}

/// What is known of an object that may fit.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'c> {
    pub group: &'c str,
    pub kind: &'c str,
    pub object: &'c Rego,
    /// Its kind lies in namespaces, even if none is written.
    pub namespaced: bool,
    /// It is made of another object.
    pub generated: bool,
}

/// Whether a constraint is about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Fits,
    Other,
    /// The labels of this namespace are not known.
    Unknown(String),
    /// The object names no namespace, and the constraint is about some alone.
    Nowhere,
}

impl Match {
    /// Reads `spec.match`.
    ///
    /// # Errors
    /// A `source` that Gatekeeper does not know.
    pub fn read(value: &Rego) -> Result<Match, String> {
        let kinds = value["kinds"].as_array().map(|kinds| kinds.to_vec()).unwrap_or_default();
        let text = |key: &str| value[key].as_string().ok().map(|text| text.to_string());
        Ok(Match {
            kinds: kinds.iter().map(|entry| (texts(&entry["apiGroups"]), texts(&entry["kinds"]))).collect(),
            scope: match text("scope").as_deref() {
                Some("Cluster") => Some(Scope::Cluster),
                Some("Namespaced") => Some(Scope::Namespaced),
                // Any other text matches everything.
                _ => None,
            },
            namespaces: texts(&value["namespaces"]),
            excluded: texts(&value["excludedNamespaces"]),
            labels: Selector::read(&value["labelSelector"]),
            namespace_labels: Selector::read(&value["namespaceSelector"]),
            name: text("name").filter(|name| !name.is_empty()),
            source: match text("source").as_deref() {
                None | Some("" | "All") => None,
                Some("Original") => Some(Source::Original),
                Some("Generated") => Some(Source::Generated),
                Some(other) => return Err(other.to_owned()),
            },
        })
    }

    /// Whether objects of a kind can fit at all.
    pub fn wants(&self, group: &str, kind: &str) -> bool {
        let one_of =
            |words: &[String], own: &str| words.is_empty() || words.iter().any(|word| word == "*" || word == own);
        self.kinds.is_empty() || self.kinds.iter().any(|(groups, kinds)| one_of(groups, group) && one_of(kinds, kind))
    }

    /// Whether an object fits. `namespaces` are the Namespace objects that are known.
    ///
    /// An object of a kind that lies in namespaces, and that names none, gets its namespace from whoever applies it. The
    /// server asks about it with that namespace. `gator test` takes one without name and labels (`pkg/gator/expand/
    /// expand.go`, `NamespaceForResource`), which `namespaces` does not have and `excludedNamespaces` neither; so do we,
    /// but say that it was not checked. It does the same to an object that lies in no namespace at all, which the server
    /// asks about without any, so that both lists let it pass (`namespacesMatch`); there we are with the server.
    pub fn fits(&self, candidate: Candidate<'_>, namespaces: &BTreeMap<String, Rego>) -> Verdict {
        let Candidate { group, kind, object, namespaced, generated } = candidate;
        let is_namespace = group.is_empty() && kind == "Namespace";
        let metadata = &object["metadata"];
        let text = |key: &str| metadata[key].as_string().ok().map(|text| text.to_string()).unwrap_or_default();
        let namespace = if is_namespace { text("name") } else { text("namespace") };
        let in_namespace = namespaced && !is_namespace;
        let nowhere = in_namespace && namespace.is_empty();
        let fits = self.wants(group, kind)
            && match self.source {
                None => true,
                Some(Source::Original) => !generated,
                Some(Source::Generated) => generated,
            }
            && match self.scope {
                None => true,
                Some(Scope::Cluster) => !in_namespace,
                Some(Scope::Namespaced) => in_namespace,
            }
            && (self.namespaces.is_empty() || namespace.is_empty() || glob_any(&self.namespaces, &namespace))
            && (namespace.is_empty() || !glob_any(&self.excluded, &namespace))
            && self.labels.as_ref().is_none_or(|selector| selector.matches(&metadata["labels"]))
            && self.name.as_ref().is_none_or(|name| {
                glob(name, &text("name")) || (name.ends_with('*') && glob(name, &text("generateName")))
            });
        let is_choosy = (!self.namespaces.is_empty() && !glob_any(&self.namespaces, ""))
            || self.namespace_labels.as_ref().is_some_and(|selector| !selector.matches(&Rego::new_object()));
        if fits && nowhere && is_choosy {
            return Verdict::Nowhere;
        }
        let Some(selector) = self.namespace_labels.as_ref().filter(|_| fits && !namespace.is_empty()) else {
            return if fits { Verdict::Fits } else { Verdict::Other };
        };
        let known = if is_namespace { Some(object) } else { namespaces.get(&namespace) };
        match known {
            None => Verdict::Unknown(namespace),
            Some(known) if selector.matches(&known["metadata"]["labels"]) => Verdict::Fits,
            Some(_) => Verdict::Other,
        }
    }
}

fn glob_any(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| glob(pattern, text))
}

/// A `*` at the start, the end or both (`pkg/wildcard/wildcard.go`).
fn glob(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => text.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn verdict(of: &str, group: &str, kind: &str, object: &str) -> Verdict {
        let namespace =
            |labels: &str| Rego::from_json_str(&format!(r#"{{"metadata": {{"labels": {labels}}}}}"#)).unwrap();
        let namespaces = BTreeMap::from([
            ("shop".to_owned(), namespace(r#"{"tier": "gold"}"#)),
            ("lab".to_owned(), namespace(r#"{"tier": "tin"}"#)),
        ]);
        let object = Rego::from_json_str(object).unwrap();
        let namespaced = kind == "Pod" || !matches!(object["metadata"]["namespace"], Rego::Undefined);
        let candidate = Candidate { group, kind, object: &object, namespaced, generated: false };
        Match::read(&Rego::from_json_str(of).unwrap()).unwrap().fits(candidate, &namespaces)
    }

    #[test]
    fn every_part_of_a_match_counts() {
        let pod = r#"{"metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}}}"#;
        for (of, fits) in [
            ("{}", true),
            (r#"{"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}"#, true),
            (r#"{"kinds": [{"apiGroups": ["apps"], "kinds": ["Pod"]}]}"#, false),
            (r#"{"kinds": [{"apiGroups": ["*"], "kinds": ["Job"]}, {"kinds": ["*"]}]}"#, true),
            (r#"{"namespaces": ["sh*"]}"#, true),
            (r#"{"namespaces": ["lab", "*x"]}"#, false),
            (r#"{"excludedNamespaces": ["*ho*"]}"#, false),
            (r#"{"excludedNamespaces": ["ho*"]}"#, true),
            (r#"{"labelSelector": {"matchLabels": {"app": "web"}}}"#, true),
            (
                r#"{"labelSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}}"#,
                false,
            ),
            (r#"{"labelSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}"#, true),
            (r#"{"namespaceSelector": {"matchLabels": {"tier": "gold"}}}"#, true),
            (
                r#"{"namespaceSelector": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["tin"]}]}}"#,
                false,
            ),
            (r#"{"scope": "Namespaced"}"#, true),
            (r#"{"scope": "Cluster"}"#, false),
            (r#"{"scope": "namespaced"}"#, true),
            (r#"{"name": "web-*"}"#, true),
            (r#"{"name": "web"}"#, false),
            (r#"{"source": "Generated"}"#, false),
        ] {
            assert_eq!(verdict(of, "", "Pod", pod), if fits { Verdict::Fits } else { Verdict::Other }, "{of}");
        }
    }

    #[test]
    fn namespaces_and_what_lies_in_none_are_told_apart() {
        let namespace = r#"{"metadata": {"name": "shop", "labels": {"tier": "tin"}}}"#;
        let selector = r#"{"namespaceSelector": {"matchLabels": {"tier": "gold"}}}"#;
        assert_eq!(verdict(selector, "", "Namespace", namespace), Verdict::Other);
        assert_eq!(verdict(r#"{"excludedNamespaces": ["shop"]}"#, "", "Namespace", namespace), Verdict::Other);
        assert_eq!(verdict(r#"{"scope": "Cluster"}"#, "", "Namespace", namespace), Verdict::Fits);
        let role = r#"{"metadata": {"name": "a"}}"#;
        let role_group = "rbac.authorization.k8s.io";
        assert_eq!(verdict(selector, role_group, "ClusterRole", role), Verdict::Fits);
        assert_eq!(verdict(r#"{"namespaces": ["shop"]}"#, role_group, "ClusterRole", role), Verdict::Fits);
        let elsewhere = r#"{"metadata": {"name": "a", "namespace": "far"}}"#;
        assert_eq!(verdict(selector, "", "Pod", elsewhere), Verdict::Unknown("far".to_owned()));
        assert!(Match::read(&Rego::from_json_str(r#"{"source": "Elsewhere"}"#).unwrap()).is_err());
    }

    // As gator 3.23 has it, but that what does not fit there was not checked.
    #[test]
    fn what_names_no_namespace_lies_in_none_that_is_known() {
        let pod = |of: &str| verdict(of, "", "Pod", r#"{"metadata": {"name": "a"}}"#);
        assert_eq!(pod(r#"{"namespaces": ["shop"]}"#), Verdict::Nowhere);
        assert_eq!(pod(r#"{"namespaces": ["*"]}"#), Verdict::Fits);
        assert_eq!(pod(r#"{"namespaces": ["shop"], "name": "b"}"#), Verdict::Other);
        assert_eq!(pod(r#"{"excludedNamespaces": ["shop"]}"#), Verdict::Fits);
        assert_eq!(pod(r#"{"namespaceSelector": {"matchLabels": {"tier": "gold"}}}"#), Verdict::Nowhere);
        let without = r#"{"namespaceSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}"#;
        assert_eq!(pod(without), Verdict::Fits);
    }
}
