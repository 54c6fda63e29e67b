//! What objects offer each other and ask of each other: little enough of each to be kept for a whole run.

mod makes;
mod needs;
mod pods;
mod read;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::path::Path;
use super::resource::ResourceId;
use super::source::Span;

/// A text and where a person would edit it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The place.
    pub span: Span,
}

/// A label, or a part of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Written,
    /// The value.
    pub value: Written,
}

/// A selector over the labels of pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// The labels that it asks for.
    pub labels: Vec<Pair>,
    /// It says more than labels.
    pub more: bool,
    /// The route to the labels.
    pub path: Path,
}

/// The pods that a workload makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pods {
    /// Their labels.
    pub labels: Vec<Pair>,
    /// `spec.selector.matchLabels` of the workload; empty where there is none, or more than that.
    pub selector: Vec<Pair>,
    /// The key `spec.selector`, if there is one.
    pub selected_at: Option<Span>,
    /// How many containers they have.
    pub containers: usize,
    /// Those without a readiness probe.
    pub unready: Vec<Written>,
    /// They use the network of their node.
    pub on_host: bool,
    /// They run for a time and end: pods of Jobs.
    pub end: bool,
    /// It is said what every container runs. A patch leaves it open.
    pub whole: bool,
}

/// What an object asks for another one for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Environment or a volume of a container, which does not start without it.
    Container,
    /// The account that pods run as.
    Account,
    /// The Service that gives the pods of a StatefulSet their names.
    Governing,
    /// Where an Ingress sends requests.
    Ingress,
    /// Where a route of the Gateway API sends requests.
    Route,
    /// What an autoscaler scales.
    Scaling,
    /// The role that a binding grants.
    Role,
    /// Whom a binding grants it to.
    Subject,
    /// The Service that the API server calls.
    Webhook,
}

/// An object that another one asks for by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What for.
    pub purpose: Purpose,
    /// `ConfigMap`
    pub kind: Cow<'static, str>,
    /// Its namespace, where it is not that of the object that asks.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Written,
    /// The key in it; the whole object if there is none.
    pub key: Option<Written>,
    /// The route to the name.
    pub path: Path,
}

/// An object that others refer to, or that refers to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which one it is.
    pub id: Arc<ResourceId>,
    /// `metadata.name`
    pub name: Written,
    /// What it runs.
    pub pods: Option<Pods>,
    /// The pods that it wants.
    pub selects: Option<Selector>,
    /// What it asks for.
    pub needs: Vec<Need>,
    /// The keys of its data.
    pub keys: Vec<String>,
    /// `spec.replicas`, if somebody has written it, and not as 0.
    pub replicas: Option<Written>,
    /// `spec.replicas` is 0.
    pub is_off: bool,
    /// An update ends the old pods before it makes new ones.
    pub recreates: bool,
    /// A Service that is there for scrapers alone: all its ports are for metrics.
    pub is_scraped: bool,
    /// A Service without an address of its own: each client finds the pods itself.
    pub is_headless: bool,
    /// Whether an account, or the pods of a workload, ask for a token of the API server, if they say so.
    pub mounts_token: Option<bool>,
    /// `spec.minAvailable` of a disruption budget.
    pub least: Option<Written>,
    /// A definition that leaves the number of replicas to others (`ignoreDifferences` of Argo CD).
    pub ignores_replicas: bool,
    /// Objects that a controller makes because of it: kind and name.
    pub makes: Vec<(&'static str, String)>,
    /// The words in it that may be names of what its controller or its program makes, in order.
    pub mentions: Vec<String>,
    /// The definition lines that brought it in, outermost first.
    pub included: Vec<Span>,
    /// Annotations by which it asks other tools not to tell of it.
    pub wishes: Vec<(String, String)>,
}

/// Objects that are applied together.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The overlay or environment that makes them; absent for plain files of a folder.
    pub name: Option<String>,
    /// The objects.
    pub facts: Vec<Facts>,
    /// There may be more of them: something that belongs to it could not be had.
    pub open: bool,
}

/// Whether a text is one that is meant.
pub type Pattern = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Objects that somebody has declared to live elsewhere.
#[derive(Clone)]
pub struct External {
    /// The kind.
    pub kind: String,
    /// The namespaces; absent for all.
    pub namespace: Option<Pattern>,
    /// The names; absent for all.
    pub name: Option<Pattern>,
    /// Labels that pods there have; absent where any selector may find its pods there.
    pub labels: Option<Vec<(String, String)>>,
}

impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External").field("kind", &self.kind).field("labels", &self.labels).finish_non_exhaustive()
    }
}

/// A tree that facts can be read from.
pub trait Look: Sized {
    /// The value of a key.
    fn get(&self, key: &str) -> Option<Self>;
    /// The items of a list.
    fn items(&self) -> Vec<Self>;
    /// The keys of a map, each with its place and its value.
    fn members(&self) -> Vec<(Written, Self)>;
    /// The text of a scalar; absent for null.
    fn word(&self) -> Option<Written>;

    /// The value at the end of a chain of keys.
    fn at(&self, keys: &[&str]) -> Option<Self> {
        let (first, rest) = keys.split_first()?;
        let value = self.get(first)?;
        if rest.is_empty() { Some(value) } else { value.at(rest) }
    }

    /// The text at the end of a chain of keys.
    fn word_at(&self, keys: &[&str]) -> Option<Written> {
        self.at(keys)?.word()
    }

    /// The items of a list at the end of a chain of keys.
    fn items_at(&self, keys: &[&str]) -> Vec<Self> {
        self.at(keys).map_or_else(Vec::new, |list| list.items())
    }
}

impl Facts {
    /// `Deployment`
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.id.kind
    }

    /// `metadata.namespace`, empty where there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.id.namespace.as_deref().unwrap_or_default()
    }

    /// Whether it is of a kind of which nobody knows what its controller makes.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        makes::is_custom(&self.id.group)
    }

    /// Whether it brings objects that are not rendered: a chart that Flux or k3s installs.
    #[must_use]
    pub fn is_chart(&self) -> bool {
        matches!(
            (&*self.id.group, &*self.id.kind),
            ("helm.toolkit.fluxcd.io", "HelmRelease") | ("helm.cattle.io", "HelmChart" | "HelmChartConfig")
        )
    }

    /// How a person calls it: `Service shop/web`.
    #[must_use]
    pub fn title(&self) -> String {
        self.id.to_string()
    }
}
