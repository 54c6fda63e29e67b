//! Which requests a policy is about: `matchConstraints` and `matchResources`
//! (`k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go`).

use std::collections::BTreeMap;

use regorus::Value as Rego;

use super::super::selector::{Selector, texts};

/// What a policy or a binding is about.
#[derive(Debug, Clone, Default)]
pub struct Match {
    rules: Option<Vec<ResourceRule>>,
    excluded: Vec<ResourceRule>,
    namespaces: Option<Selector>,
    objects: Option<Selector>,
    exact: bool,
}

#[derive(Debug, Clone)]
struct ResourceRule {
    groups: Vec<String>,
    versions: Vec<String>,
    operations: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    scope: String,
}

/// A request that makes an object, or changes it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    pub group: &'r str,
    pub version: &'r str,
    pub kind: &'r str,
    /// `deployments`
    pub resource: &'r str,
    pub object: &'r Rego,
    /// What it was; nothing for one that is made.
    pub old: Option<&'r Rego>,
    pub namespaced: bool,
}

impl Request<'_> {
    /// `CREATE` or `UPDATE`
    pub fn operation(&self) -> &'static str {
        if self.old.is_some() { "UPDATE" } else { "CREATE" }
    }
}

/// Whether it is about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Fits,
    Other,
    /// The labels of this namespace are not known.
    Unknown(String),
}

impl Match {
    /// Reads one.
    pub fn read(value: &Rego) -> Match {
        let rules = |key: &str| {
            let items = value[key].as_array().ok()?;
            Some(items.iter().map(ResourceRule::read).collect::<Vec<_>>())
        };
        Match {
            rules: rules("resourceRules").filter(|rules| !rules.is_empty()),
            excluded: rules("excludeResourceRules").unwrap_or_default(),
            namespaces: Selector::read(&value["namespaceSelector"]),
            objects: Selector::read(&value["objectSelector"]),
            exact: value["matchPolicy"] == Rego::from("Exact"),
        }
    }

    /// Whether some rule is about such requests.
    pub fn is_about(&self, operation: &str) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.iter().any(|rule| rule.is_about(operation)))
    }

    /// Whether a request fits.
    pub fn fits(&self, request: Request<'_>, namespaces: &BTreeMap<String, Rego>) -> Verdict {
        let metadata = &request.object["metadata"];
        // One of the two is enough (`k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/object/matcher.go`).
        let has_labels = |selector: &Selector| {
            let old = request.old.is_some_and(|old| selector.matches(&old["metadata"]["labels"]));
            old || selector.matches(&metadata["labels"])
        };
        if self.objects.as_ref().is_some_and(|selector| !has_labels(selector)) {
            return Verdict::Other;
        }
        let any = |rules: &[ResourceRule]| rules.iter().any(|rule| rule.fits(request, self.exact));
        if any(&self.excluded) || self.rules.as_ref().is_some_and(|rules| !any(rules)) {
            return Verdict::Other;
        }
        let Some(selector) = &self.namespaces else { return Verdict::Fits };
        let is_namespace = request.group.is_empty() && request.kind == "Namespace";
        let labels = if is_namespace {
            metadata["labels"].clone()
        } else {
            match metadata["namespace"].as_string().ok().filter(|name| !name.is_empty()) {
                None => return Verdict::Fits,
                Some(name) => match namespaces.get(&**name) {
                    Some(namespace) => namespace["metadata"]["labels"].clone(),
                    None => return Verdict::Unknown(name.to_string()),
                },
            }
        };
        if selector.matches(&labels) { Verdict::Fits } else { Verdict::Other }
    }
}

impl ResourceRule {
    fn read(value: &Rego) -> ResourceRule {
        ResourceRule {
            groups: texts(&value["apiGroups"]),
            versions: texts(&value["apiVersions"]),
            operations: texts(&value["operations"]),
            resources: texts(&value["resources"]),
            names: texts(&value["resourceNames"]),
            scope: value["scope"].as_string().map(|scope| scope.to_string()).unwrap_or_default(),
        }
    }

    fn is_about(&self, wanted: &str) -> bool {
        self.operations.iter().any(|operation| operation == "*" || operation == wanted)
    }

    /// `k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules/rules.go`
    fn fits(&self, request: Request<'_>, exact: bool) -> bool {
        let has = |words: &[String], own: &str| words.iter().any(|word| word == "*" || word == own);
        let resource = |written: &String| {
            let (name, below) = written.split_once('/').unwrap_or((written, ""));
            (name == "*" || name == request.resource) && (below.is_empty() || below == "*")
        };
        let name = request.object["metadata"]["name"].as_string().ok();
        self.is_about(request.operation())
            && has(&self.groups, request.group)
            // The server converts an object to a version that the rule is about.
            && (!exact || has(&self.versions, request.version))
            && self.resources.iter().any(resource)
            && (self.names.is_empty() || name.is_some_and(|name| self.names.iter().any(|own| *own == **name)))
            && match self.scope.as_str() {
                "Namespaced" => request.namespaced,
                "Cluster" => !request.namespaced,
                _ => true,
            }
    }
}

/// The plural of a kind (`k8s.io/apimachinery/pkg/api/meta/restmapper.go`, `UnsafeGuessKindToResource`), which is that
/// of every built-in kind.
pub fn plural(kind: &str) -> String {
    let word = kind.to_lowercase();
    match word.chars().next_back() {
        _ if word == "endpoints" => word,
        Some('s') => word + "es",
        Some('y') => format!("{}ies", &word[..word.len() - 1]),
        _ => word + "s",
    }
}
