//! `vars`: values of fields put in place of `$(NAME)` (kustomize, `api/filters/refvar/`,
//! `api/internal/accumulator/resaccumulator.go`).

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::model::origin::Role;
use crate::model::source::{FileId, Span};

use super::accumulate::{Accumulated, Site, without_effect};
use super::draft::{Node, Trace};
use super::fields::{DEEPEST, FieldSpec, Make, any, visit};
use super::read::{failure, field, items, text};
use super::resource::Gvk;

/// A variable.
#[derive(Debug, Clone)]
pub(in crate::render) struct Var {
    name: String,
    span: Span,
    gvk: Gvk,
    object: String,
    namespace: String,
    path: Vec<String>,
}

/// The fields in which variables are replaced, with `*` for every kind that makes pods.
static FIELDS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    let pods = [
        ("Pod", "spec"),
        ("Deployment", "spec/template/spec"),
        ("ReplicaSet", "spec/template/spec"),
        ("DaemonSet", "spec/template/spec"),
        ("StatefulSet", "spec/template/spec"),
        ("Job", "spec/template/spec"),
        ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ];
    for (kind, base) in pods {
        for list in ["containers", "initContainers"] {
            for path in ["args", "command", "env/value", "volumeMounts/mountPath"] {
                rows.push(FieldSpec::built_in(kind, &format!("{base}/{list}/{path}"), false));
            }
        }
        rows.push(FieldSpec::built_in(kind, &format!("{base}/volumes/nfs/server"), false));
    }
    for (kind, path) in [
        ("Ingress", "spec/rules/host"),
        ("Ingress", "spec/tls/hosts"),
        ("Ingress", "spec/tls/secretName"),
        ("Service", "spec/ports/port"),
        ("Service", "spec/ports/targetPort"),
        ("PersistentVolume", "spec/nfs/server"),
        ("Deployment", "spec/template/metadata/annotations"),
        ("", "metadata/labels"),
        ("", "metadata/annotations"),
    ] {
        rows.push(FieldSpec::built_in(kind, path, false));
    }
    rows
});

/// Takes up the variables of a kustomization.
pub(super) fn read(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "vars") {
        let (Some((name, value)), Some(object)) = (text(item, "name"), field(item, "objref")) else { continue };
        let own = |key: &str| text(object, key).map(|(text, _)| text).unwrap_or_default();
        let mut gvk = Gvk::new(&own("apiVersion"), &own("kind"));
        if gvk.group.is_empty() && gvk.version.is_empty() {
            (gvk.group, gvk.version) = (own("group"), own("version"));
        }
        let path = field(item, "fieldref").and_then(|field| text(field, "fieldPath")).map(|(text, _)| text);
        let var = Var {
            span: value.span(),
            gvk,
            object: own("name"),
            namespace: own("namespace"),
            path: segments(path.as_deref().unwrap_or("metadata.name")),
            name,
        };
        match to.vars.iter().find(|other| other.name == var.name && other.span != var.span) {
            Some(other) => {
                let message = format!("the variable `{}` is declared twice", var.name);
                let finding = failure(var.span, message, "the second time").see(other.span, "the first time");
                to.log.fail(finding);
            }
            None => to.vars.push(var),
        }
    }
}

/// `spec.ports[0].port` in segments.
fn segments(path: &str) -> Vec<String> {
    let spread = path.replace('[', ".").replace(']', "");
    spread.split('.').filter(|segment| !segment.is_empty()).take(DEEPEST).map(str::to_owned).collect()
}

/// Puts the values in. What the kustomization in `root` declares and nothing uses is told: a variable of a base may be
/// for other overlays.
pub(super) fn resolve(to: &mut Accumulated, root: Option<FileId>) {
    if to.vars.is_empty() {
        return;
    }
    let mut values: HashMap<String, Node> = HashMap::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for var in &to.vars {
        let is_meant = |resource: &&super::resource::Resource| {
            resource.ids().any(|id| {
                id.name == var.object
                    && id.gvk == var.gvk
                    && (var.namespace.is_empty() || var.namespace == id.effective_namespace())
            })
        };
        let found: Vec<Node> = to.resources.iter().filter(is_meant).map(|resource| resource.node.clone()).collect();
        let value = found.first().and_then(|node| {
            var.path.iter().try_fold(node.clone(), |node, segment| match segment.parse::<usize>() {
                Ok(at) if node.is_list() => node.items().get(at).cloned(),
                _ => node.get(segment),
            })
        });
        match value.filter(|_| found.len() == 1) {
            // What is no scalar stays unreplaced, and a log line says so.
            Some(value) if value.text().is_none() => {}
            Some(value) => drop(values.insert(var.name.clone(), value.and(Role::SelectedBy, var.span))),
            None if to.log.is_partial() => {}
            None => {
                let message = format!("the variable `{}` points to no field of one object", var.name);
                to.log.fail(failure(var.span, message, "its value is not to be found"));
            }
        }
    }
    let rows: Vec<FieldSpec> = FIELDS.iter().chain(&to.configuration.vars).cloned().collect();
    for resource in &mut to.resources {
        let gvk = resource.id.gvk.clone();
        for row in rows.iter().filter(|row| row.selects(&gvk)) {
            if any(&resource.node, &row.path, &has_variable) {
                let trace = resource.node.trace();
                visit(&mut resource.node, &row.path, Make::Nothing, &trace, &mut |node| {
                    replace(node, &values, &mut used)
                });
            }
        }
        resource.refresh();
    }
    if to.log.is_whole() {
        let own = to.vars.iter().filter(|var| Some(var.span.file) == root && !used.contains(&var.name));
        let idle: Vec<_> = own.map(|var| (var.span, format!("nothing uses the variable `{}`", var.name))).collect();
        for (span, message) in idle {
            let finding = without_effect(span, message).effect("kustomize logs it and goes on");
            to.log.tell(finding.help("write `$(NAME)` where its value belongs, or remove it"));
        }
    }
}

/// Whether there is something in it that looks like a variable.
fn has_variable(node: &Node) -> bool {
    let has = |node: &Node| node.text().is_some_and(|text| text.contains("$("));
    has(node) || node.items().iter().any(has) || (node.is_map() && node.entries().iter().any(|entry| has(&entry.value)))
}

fn replace(node: &mut Node, values: &HashMap<String, Node>, used: &mut BTreeSet<String>) {
    if node.is_list() || node.is_map() {
        if node.is_list() {
            node.list_mut().into_iter().flat_map(|list| &mut list.items).for_each(|item| replace(item, values, used));
        } else {
            let entries = node.map_mut().into_iter().flat_map(|map| &mut map.entries);
            entries
                .filter(|entry| entry.value.text().is_some())
                .for_each(|entry| replace(&mut entry.value, values, used));
        }
        return;
    }
    let Some(text) = node.text().filter(|text| text.contains("$(")).map(std::borrow::Cow::into_owned) else { return };
    let whole = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    if let Some((name, value)) = whole.and_then(|name| Some((name, values.get(name)?))) {
        used.insert(name.to_owned());
        *node = value.clone().and(Role::Replaced, node.trace().span);
        return;
    }
    let mut trace = node.trace();
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("$$") {
            out.push('$');
            rest = behind;
        } else if let Some((name, behind)) = rest.strip_prefix("$(").and_then(|rest| rest.split_once(')')) {
            match values.get(name) {
                Some(value) => {
                    used.insert(name.to_owned());
                    out.push_str(&value.text().unwrap_or_default());
                    trace = trace.and(Role::SetBy, value.trace().span);
                }
                None => out.push_str(&rest[..name.len() + 3]),
            }
            rest = behind;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    if out != text {
        *node = Node::string(out, Trace { ..trace });
    }
}
