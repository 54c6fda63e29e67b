//! `labels`, `commonLabels` and `commonAnnotations` (kustomize,
//! `api/internal/konfig/builtinpluginconsts/commonlabels.go` and its neighbours).

use std::sync::LazyLock;

use crate::model::diagnostic::Diagnostic;
use crate::model::source::Span;
use crate::model::value::{Entry, Value};

use super::super::super::rules::LABELS_IN_SELECTORS;
use super::accumulate::{Accumulated, Site};
use super::configurations::field_spec;
use super::draft::{Map, Node, Trace};
use super::fields::{FieldSpec, Make, visit};
use super::read::{entry, field, flag, items, text_of};
use super::resource::over;

/// The kinds with a template of pods.
const TEMPLATES: [&str; 6] =
    ["ReplicationController", "Deployment", "ReplicaSet", "DaemonSet", "apps/StatefulSet", "batch/Job"];

/// `metadata/labels` or `metadata/annotations` of the templates.
fn templates(field: &str) -> Vec<FieldSpec> {
    let mut rows: Vec<FieldSpec> = TEMPLATES
        .iter()
        .map(|kind| FieldSpec::built_in(kind, &format!("spec/template/metadata/{field}"), true))
        .collect();
    for path in ["spec/jobTemplate/metadata", "spec/jobTemplate/spec/template/metadata"] {
        rows.push(FieldSpec::built_in("batch/CronJob", &format!("{path}/{field}"), true));
    }
    rows
}

static TEMPLATE_LABELS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| templates("labels"));

static TEMPLATE_ANNOTATIONS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| templates("annotations"));

static CLAIM_LABELS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| {
    vec![FieldSpec::built_in("apps/StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true)]
});

static SELECTORS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| {
    let mut rows = vec![
        FieldSpec { version: "v1".into(), ..FieldSpec::built_in("Service", "spec/selector", true) },
        FieldSpec { version: "v1".into(), ..FieldSpec::built_in("ReplicationController", "spec/selector", true) },
        FieldSpec::built_in("Deployment", "spec/selector/matchLabels", true),
        FieldSpec::built_in("ReplicaSet", "spec/selector/matchLabels", true),
        FieldSpec::built_in("DaemonSet", "spec/selector/matchLabels", true),
        FieldSpec::built_in("apps/StatefulSet", "spec/selector/matchLabels", true),
        FieldSpec::built_in("batch/Job", "spec/selector/matchLabels", false),
        FieldSpec::built_in("batch/CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
        FieldSpec::built_in("policy/PodDisruptionBudget", "spec/selector/matchLabels", false),
    ];
    for path in ["spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector"] {
        let path = format!("{path}/matchLabels");
        rows.push(FieldSpec::built_in("networking.k8s.io/NetworkPolicy", &path, false));
    }
    for kind in ["apps/Deployment", "apps/StatefulSet"] {
        for term in ["podAffinity", "podAntiAffinity"] {
            let base = format!("spec/template/spec/affinity/{term}");
            for path in [
                "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
                "requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
            ] {
                rows.push(FieldSpec::built_in(kind, &format!("{base}/{path}"), false));
            }
        }
        let path = "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels";
        rows.push(FieldSpec::built_in(kind, path, false));
    }
    rows
});

static OWN_LABELS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| vec![FieldSpec::built_in("", "metadata/labels", true)]);

static OWN_ANNOTATIONS: LazyLock<Vec<FieldSpec>> =
    LazyLock::new(|| vec![FieldSpec::built_in("", "metadata/annotations", true)]);

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "labels") {
        let Some(pairs) = field(item, "pairs") else { continue };
        let flag_span = entry(item, "includeSelectors").map(|entry| entry.key.span());
        if let Some(span) = flag_span.filter(|_| flag(item, "includeSelectors")) {
            note_selectors(span, to);
        }
        let further: Vec<FieldSpec> = items(item, "fields").map(field_spec).collect();
        let configured = to.configuration.labels.clone();
        let mut rows: Vec<&FieldSpec> = further.iter().collect();
        if flag(item, "includeSelectors") {
            rows.extend(common(&configured));
        } else {
            rows.extend(OWN_LABELS.iter());
            if flag(item, "includeTemplates") {
                rows.extend(TEMPLATE_LABELS.iter());
            }
            // Releases since 5.6 ask for the second alone.
            if flag(item, "includeTemplates") || flag(item, "includeVolumeClaimTemplates") {
                rows.extend(CLAIM_LABELS.iter());
            }
        }
        set(to, pairs, &rows);
    }
    if let Some(entry) = entry(site.root, "commonLabels").filter(|entry| !entry.value.is_empty()) {
        note_selectors(entry.key.span(), to);
    }
    if let Some(pairs) = field(site.root, "commonLabels") {
        let configured = to.configuration.labels.clone();
        set(to, pairs, &common(&configured).collect::<Vec<_>>());
    }
    if let Some(pairs) = field(site.root, "commonAnnotations") {
        let configured = to.configuration.annotations.clone();
        let rows = OWN_ANNOTATIONS.iter().chain(TEMPLATE_ANNOTATIONS.iter()).chain(&configured);
        set(to, pairs, &rows.collect::<Vec<_>>());
    }
}

/// Says that selectors change which nobody can change later, if there are any.
fn note_selectors(span: Span, to: &mut Accumulated) {
    let is_fixed = |kind: &str| matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job");
    let Some(first) = to.resources.iter().find(|one| is_fixed(&one.id.gvk.kind)) else { return };
    let message = format!("labels go into the selector of {}, which cannot be changed later", first.id.title());
    let finding = Diagnostic::new(&LABELS_IN_SELECTORS, span, message, "these labels")
        .effect("once it is deployed, a change of these labels makes the next apply fail")
        .help("use `labels` without `includeSelectors`");
    to.log.tell(finding);
}

/// Everywhere that a common label goes.
fn common(configured: &[FieldSpec]) -> impl Iterator<Item = &FieldSpec> {
    let tables = [&OWN_LABELS, &TEMPLATE_LABELS, &CLAIM_LABELS, &SELECTORS];
    tables.into_iter().flat_map(|table| table.iter()).chain(configured)
}

fn set(to: &mut Accumulated, pairs: Value<'_>, rows: &[&FieldSpec]) {
    let pairs: Vec<Entry<'_>> = pairs.entries().collect();
    let Some(first) = pairs.first() else { return };
    let trace = Trace::at(first.key.span());
    for resource in &mut to.resources {
        let gvk = resource.id.gvk.clone();
        let mut shared = Vec::new();
        for row in rows.iter().filter(|row| row.selects(&gvk)) {
            let make = if row.create { Make::Map } else { Make::Nothing };
            // `volumeClaimTemplates[]` is no field to make; what is below it is.
            visit(&mut resource.node, &row.path, make, &trace, &mut |node| write(node, &pairs, &mut shared));
        }
        // What an entry made in several places of an object is one value to the real tool: it changes everywhere.
        if shared.is_empty() {
            continue;
        }
        for row in common(&to.configuration.labels).filter(|row| row.selects(&gvk)) {
            visit(&mut resource.node, &row.path, Make::Nothing, &trace, &mut |node| follow(node, &shared));
        }
    }
}

/// A value that an earlier entry made, by its key and the place of that entry, and what has become of it.
type Shared = (String, Span, Node);

fn write(node: &mut Node, pairs: &[Entry<'_>], shared: &mut Vec<Shared>) {
    let Some(map) = node.map_mut() else { return };
    for pair in pairs {
        let (key, value): (_, Span) = (pair.name(), pair.value.span());
        let old = map.get(&key).filter(|old| !old.is_null());
        let made = old.and_then(|old| match old {
            Node::Scalar { trace, .. } if trace.chain.is_none() && trace.span != value => Some(trace.span),
            _ => None,
        });
        let new = Node::string(text_of(pair.value), over(old, value));
        if let Some(span) = made {
            shared.push((key.to_string(), span, new.clone()));
        }
        map.set(&key, Trace::at(pair.key.span()), new);
    }
}

fn follow(node: &mut Node, shared: &[Shared]) {
    let is_one = |map: &Map, (key, span, _): &Shared| {
        let own = map.get(key);
        matches!(own, Some(Node::Scalar { trace, .. }) if trace.chain.is_none() && trace.span == *span)
    };
    let Some(map) = node.map_mut() else { return };
    for one in shared {
        if is_one(map, one)
            && let Some(own) = map.get_mut(&one.0)
        {
            *own = one.2.clone();
        }
    }
}
