//! What an object asks for by name or by labels, and that nothing makes. Off unless somebody asks for it: what a cluster
//! brings along, operators, charts and hands make objects that no file shows.
//!
//! So an object counts as there if the same set has it, if another set of the run has it that is no alternative to this
//! one (an overlay for another environment has the same asker), if an object is known to make it, if a custom resource
//! of the set bears or mentions the name, or a command, a variable or a role of another object does, and if it is
//! declared under `external`.

use std::collections::{HashMap, HashSet};

use super::{Findings, Index, misspelt, rules, selector};
use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::reference::{Facts, Need, Pair, Pods, Purpose, Selector, Set};
use crate::model::rule::Rule;
use crate::model::source::Span;

/// ConfigMaps that every namespace has: of Kubernetes (`pkg/controller/certificates/rootcacertpublisher`), of OpenShift's
/// service CA, of the API server's aggregation, and of Istio.
const EVERYWHERE: [&str; 4] =
    ["kube-root-ca.crt", "openshift-service-ca.crt", "extension-apiserver-authentication", "istio-ca-root-cert"];

/// Labels of pods that come with the cluster: those of kubeadm's static pods and of the usual add-ons.
const OF_THE_CLUSTER: [(&str, &[&str]); 3] = [
    ("tier", &["control-plane"]),
    ("component", &["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]),
    ("k8s-app", &["kube-dns", "kube-proxy", "etcd", "kube-controller-manager", "kube-scheduler"]),
];

/// The objects of a whole run.
pub(super) struct World<'s> {
    by_name: HashMap<(&'s str, &'s str), Vec<Seen<'s>>>,
    /// The workloads that have a label.
    by_label: HashMap<(&'s str, &'s str), Vec<(Seen<'s>, &'s Pods)>>,
    /// Custom resources by name.
    custom: HashMap<&'s str, Vec<Seen<'s>>>,
}

/// An object, and the set that it is in.
#[derive(Clone, Copy)]
struct Seen<'s> {
    set: usize,
    one: &'s Facts,
}

impl<'s> World<'s> {
    pub(super) fn new(sets: &'s [Set]) -> Self {
        let mut world = World { by_name: HashMap::new(), by_label: HashMap::new(), custom: HashMap::new() };
        for (number, set) in sets.iter().enumerate() {
            for one in &set.facts {
                let seen = Seen { set: number, one };
                world.by_name.entry((one.kind(), &one.name.text)).or_default().push(seen);
                for (kind, name) in &one.makes {
                    world.by_name.entry((kind, name)).or_default().push(seen);
                }
                if one.is_custom() {
                    world.custom.entry(&one.name.text).or_default().push(seen);
                }
                for (pods, label) in one.pods.iter().flat_map(|pods| pods.labels.iter().map(move |label| (pods, label)))
                {
                    let list = world.by_label.entry((&label.key.text, &label.value.text)).or_default();
                    list.push((seen, pods));
                }
            }
        }
        world
    }

    /// Whether what is seen is there for `asker`: in its namespace, as far as namespaces are known, and not in a set that
    /// has an asker of its own.
    fn is_there(&self, seen: Seen<'_>, asker: &Facts, namespace: &str, set: usize) -> bool {
        let own = seen.one.namespace();
        let is_near = own == namespace || own.is_empty() || namespace.is_empty();
        is_near && (seen.set == set || !self.is_alternative(seen.set, asker))
    }

    fn is_alternative(&self, set: usize, asker: &Facts) -> bool {
        let twins = self.by_name.get(&(asker.kind(), asker.name.text.as_str()));
        twins.is_some_and(|twins| twins.iter().any(|twin| twin.set == set))
    }

    /// Whether an operator may make something of that name: a custom resource is called so, or it begins with the name
    /// of one.
    fn may_be_made(&self, name: &str, namespace: &str) -> bool {
        let is_near = |seen: &Seen<'_>| {
            let own = seen.one.namespace();
            own == namespace || own.is_empty() || namespace.is_empty()
        };
        let ends = name.match_indices(['-', '.']).map(|(at, _)| at).chain([name.len()]);
        ends.into_iter().any(|end| self.custom.get(&name[..end]).is_some_and(|all| all.iter().any(is_near)))
    }
}

/// The words that objects of a set mention: the object where it is one alone.
type Mentions<'s> = HashMap<&'s str, Option<&'s Facts>>;

/// What rules look at: a set, and the run that it is a part of.
struct Site<'a> {
    index: &'a Index<'a>,
    set: usize,
    world: &'a World<'a>,
    mentions: Mentions<'a>,
}

pub(super) fn check(index: &Index<'_>, set: usize, world: &World<'_>, out: &mut Findings) {
    let mut mentions: Mentions<'_> = HashMap::new();
    for one in index.all() {
        for word in &one.mentions {
            mentions.entry(word).and_modify(|known| *known = None).or_insert(Some(one));
        }
    }
    let site = Site { index, set, world, mentions };
    for one in index.all() {
        let mut told = HashSet::new();
        for need in &one.needs {
            if !told.contains(&(&need.kind, &need.name.text)) && site.is_missing(one, need) {
                told.insert((&need.kind, &need.name.text));
                out.tell(one, need.path.clone(), no_object(one, need));
            }
            if let Some(finding) = missing_key(index, one, need) {
                out.tell(one, need.path.clone(), finding);
            }
        }
        if let Some(wanted) = selector::wanted(one)
            && !site.finds(one, wanted)
        {
            out.tell(one, wanted.path.clone(), no_pods(one, wanted));
        }
    }
}

impl Site<'_> {
    /// Whether nothing makes what an object asks for.
    fn is_missing(&self, one: &Facts, need: &Need) -> bool {
        let name = need.name.text.as_str();
        let namespace = need.namespace.as_deref().unwrap_or(one.namespace());
        let is_there = || {
            let all = self.world.by_name.get(&(&*need.kind, name)).map(Vec::as_slice).unwrap_or_default();
            all.iter().any(|seen| self.world.is_there(*seen, one, namespace, self.set))
        };
        let is_mentioned = || match self.mentions.get(name) {
            Some(Some(only)) => !std::ptr::eq(*only, one),
            Some(None) => true,
            None => false,
        };
        !(is_placeholder(name)
            || need.kind == "ConfigMap" && EVERYWHERE.contains(&name)
            || is_there()
            || self.world.may_be_made(name, namespace)
            || is_mentioned()
            || self.index.is_elsewhere(&need.kind, namespace, name)
            || misspelt::near(self.index, one, need).is_some())
    }

    /// Whether anything may make the pods that a selector wants.
    fn finds(&self, one: &Facts, wanted: &Selector) -> bool {
        let namespace = one.namespace();
        let lists = wanted.labels.iter().map(|pair| {
            let list = self.world.by_label.get(&(pair.key.text.as_str(), pair.value.text.as_str()));
            list.map(Vec::as_slice).unwrap_or_default()
        });
        let shortest = lists.min_by_key(|list| list.len());
        let is_found = |(seen, pods): &(Seen<'_>, &Pods)| {
            selector::holds(wanted, pods) && self.world.is_there(*seen, one, namespace, self.set)
        };
        let is_made = |name: &str| self.world.may_be_made(name, namespace) || self.mentions.contains_key(name);
        shortest.is_some_and(|list| list.iter().any(is_found))
            || wanted.labels.iter().any(|pair| is_made(&pair.value.text) || is_of_the_cluster(pair))
            || self.index.has_pods_elsewhere(namespace, wanted)
            || selector::near(self.index, one, wanted).is_some()
    }
}

fn no_object(one: &Facts, need: &Need) -> Diagnostic {
    let verb = match need.purpose {
        Purpose::Container => "needs",
        Purpose::Account => "runs as",
        Purpose::Governing => "names its pods by",
        Purpose::Ingress | Purpose::Route => "sends requests to",
        Purpose::Scaling => "scales",
        Purpose::Role => "grants",
        Purpose::Subject => "grants rights to",
        Purpose::Webhook => "has the API server call",
    };
    let rule = rules::missing(need.purpose);
    let place = need.namespace.as_ref().map_or_else(String::new, |namespace| format!("{namespace}/"));
    let message = format!("{} {verb} {} `{place}{}`, which nothing here makes", one.title(), need.kind, need.name.text);
    new(rule, need.name.span, message)
}

/// A key that an object beside has not.
fn missing_key(index: &Index<'_>, one: &Facts, need: &Need) -> Option<Diagnostic> {
    let key = need.key.as_ref()?;
    let is_meant = |other: &&Facts| other.kind() == need.kind && other.name.text == need.name.text;
    let holder = index.beside(one).find(is_meant)?;
    // One without keys is filled by somebody else.
    if holder.keys.is_empty() || holder.keys.contains(&key.text) || is_placeholder(&key.text) {
        return None;
    }
    if misspelt::near(index, one, need).is_some() {
        return None;
    }
    let rule = rules::rule("dangling-config-ref");
    let message =
        format!("{} needs key `{}` of {} `{}`, which has none", one.title(), key.text, need.kind, need.name.text);
    Some(
        Diagnostic::new(rule, key.span, message, "")
            .see(holder.name.span, "without that key")
            .effect(rules::fragment(&rule.why))
            .help("correct the key, or add it"),
    )
}

fn is_of_the_cluster(pair: &Pair) -> bool {
    OF_THE_CLUSTER.iter().any(|(key, values)| pair.key.text == *key && values.contains(&pair.value.text.as_str()))
}

fn no_pods(one: &Facts, wanted: &Selector) -> Diagnostic {
    let rule = rules::rule(match one.kind() {
        "Service" => "dangling-service",
        "PodDisruptionBudget" => "dangling-pdb",
        _ => "dangling-networkpolicy",
    });
    let span = wanted.labels.first().map_or(one.name.span, |pair| pair.value.span);
    let message = format!("{} selects no pods that anything here makes", one.title());
    new(rule, span, message)
}

fn new(rule: &Rule, span: Span, message: String) -> Diagnostic {
    let (effect, help) = (rules::fragment(&rule.why), rules::fragment(&rule.help));
    Diagnostic::new(rule, span, message, "").effect(effect).help(help)
}
