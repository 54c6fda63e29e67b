//! What an object asks for by name. Fields: `core/v1`, `networking/v1`, `autoscaling/v2`, `rbac/v1`,
//! `admissionregistration/v1`, `apiregistration/v1` of Kubernetes 1.34, and `gateway.networking.k8s.io/v1`.

use std::borrow::Cow;

use super::{Look, Need, Purpose, Written};
use crate::model::path::{Path, Segment};
use crate::model::resource::ResourceId;

/// Collects needs below a place.
struct Needs {
    found: Vec<Need>,
    /// The route to where it looks.
    base: Vec<Segment>,
}

impl Needs {
    fn at<'k>(base: impl IntoIterator<Item = &'k str>) -> Self {
        Needs { found: Vec::new(), base: base.into_iter().map(Segment::from).collect() }
    }

    fn path(&self, rest: &[Segment]) -> Path {
        Path(self.base.iter().chain(rest).cloned().collect())
    }

    /// Adds one, unless it has no name.
    fn add(
        &mut self,
        purpose: Purpose,
        kind: impl Into<Cow<'static, str>>,
        name: Option<Written>,
        rest: &[Segment],
    ) -> Option<&mut Need> {
        let name = name.filter(|name| !name.text.is_empty())?;
        let path = self.path(rest);
        self.found.push(Need { purpose, kind: kind.into(), namespace: None, name, key: None, path });
        self.found.last_mut()
    }

    /// Adds one that may be in another namespace: `reference` has a `name` and a `namespace`.
    fn add_in<L: Look>(&mut self, purpose: Purpose, kind: &'static str, reference: &L, rest: &[Segment]) {
        let route = [rest, &["name".into()]].concat();
        if let Some(need) = self.add(purpose, kind, reference.word_at(&["name"]), &route) {
            need.namespace = reference.word_at(&["namespace"]).map(|namespace| namespace.text);
        }
    }

    /// A ConfigMap or Secret without which a container does not start, unless it is optional.
    fn holder<L: Look>(
        &mut self,
        kind: &'static str,
        holder: Option<L>,
        name: &str,
        at: &[Segment],
        keys: Vec<Written>,
    ) {
        let Some(holder) = holder else { return };
        let is_optional = holder.word_at(&["optional"]).is_some_and(|it| it.text == "true");
        if is_optional {
            return;
        }
        let route: Vec<Segment> = at.iter().cloned().chain([name.into()]).collect();
        let whole = holder.word_at(&[name]);
        if keys.is_empty() {
            self.add(Purpose::Container, kind, whole, &route);
            return;
        }
        for key in keys {
            if let Some(need) = self.add(Purpose::Container, kind, whole.clone(), &route) {
                need.key = Some(key);
            }
        }
    }
}

/// What the pods of an object ask for, by the `spec` of the pod or template; `template` is the route to its parent.
pub(super) fn of_pods<L: Look>(object: &L, spec: &L, template: &[&str]) -> Vec<Need> {
    let claims = object.items_at(&["spec", "volumeClaimTemplates"]);
    let claimed: Vec<String> =
        claims.iter().filter_map(|claim| Some(claim.word_at(&["metadata", "name"])?.text)).collect();
    let mut needs = Needs::at(template.iter().copied().chain(["spec"]));
    for list in ["initContainers", "containers"] {
        for (at, container) in spec.items_at(&[list]).into_iter().enumerate() {
            containers(&mut needs, &container, [list.into(), at.into()]);
        }
    }
    for (at, volume) in spec.items_at(&["volumes"]).into_iter().enumerate() {
        // A StatefulSet puts its own claim in the place of a volume of that name (`pkg/controller/statefulset`).
        if volume.word_at(&["name"]).is_some_and(|name| claimed.contains(&name.text)) {
            continue;
        }
        let place = [Segment::from("volumes"), at.into()];
        volumes(&mut needs, &volume, &place);
        let claim = volume.word_at(&["persistentVolumeClaim", "claimName"]);
        let route = [place.as_slice(), &["persistentVolumeClaim".into(), "claimName".into()]].concat();
        needs.add(Purpose::Container, "PersistentVolumeClaim", claim, &route);
    }
    let account = ["serviceAccountName", "serviceAccount"].into_iter().find(|field| spec.get(field).is_some());
    let account = account.unwrap_or("serviceAccountName");
    // Every namespace has one of this name (`pkg/controller/serviceaccount`).
    let name = spec.word_at(&[account]).filter(|name| name.text != "default");
    needs.add(Purpose::Account, "ServiceAccount", name, &[account.into()]);
    needs.found
}

fn containers<L: Look>(needs: &mut Needs, container: &L, place: [Segment; 2]) {
    let below = |rest: &[Segment]| [&place, rest].concat();
    for (at, variable) in container.items_at(&["env"]).into_iter().enumerate() {
        for (kind, field) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
            let holder = variable.at(&["valueFrom", field]);
            let key = holder.as_ref().and_then(|holder| holder.word_at(&["key"]));
            let route = below(&["env".into(), at.into(), "valueFrom".into(), field.into()]);
            needs.holder(kind, holder, "name", &route, key.into_iter().collect());
        }
    }
    for (at, source) in container.items_at(&["envFrom"]).into_iter().enumerate() {
        for (kind, field) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
            let route = below(&["envFrom".into(), at.into(), field.into()]);
            needs.holder(kind, source.get(field), "name", &route, Vec::new());
        }
    }
}

fn volumes<L: Look>(needs: &mut Needs, volume: &L, place: &[Segment]) {
    let items = |holder: &Option<L>| {
        let items = holder.as_ref().map_or_else(Vec::new, |holder| holder.items_at(&["items"]));
        items.iter().filter_map(|item| item.word_at(&["key"])).collect::<Vec<_>>()
    };
    for (kind, field, name) in [("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")] {
        let holder = volume.get(field);
        let keys = items(&holder);
        needs.holder(kind, holder, name, &[place, &[field.into()]].concat(), keys);
    }
    for (at, source) in volume.items_at(&["projected", "sources"]).into_iter().enumerate() {
        for (kind, field) in [("ConfigMap", "configMap"), ("Secret", "secret")] {
            let holder = source.get(field);
            let keys = items(&holder);
            let route = [place, &["projected".into(), "sources".into(), at.into(), field.into()]].concat();
            needs.holder(kind, holder, "name", &route, keys);
        }
    }
}

/// What an object itself asks for, beside its pods.
pub(super) fn of_object<L: Look>(object: &L, id: &ResourceId) -> Vec<Need> {
    let mut needs = Needs::at([]);
    match (&*id.group, &*id.kind) {
        ("autoscaling", "HorizontalPodAutoscaler") => scaling(&mut needs, object, "scaleTargetRef", None),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => scaling(&mut needs, object, "targetRef", None),
        ("keda.sh", "ScaledObject") => scaling(&mut needs, object, "scaleTargetRef", Some("Deployment")),
        ("apps", "StatefulSet") => {
            let name = object.word_at(&["spec", "serviceName"]);
            needs.add(Purpose::Governing, "Service", name, &["spec".into(), "serviceName".into()]);
        }
        ("networking.k8s.io" | "extensions", "Ingress") => ingress(&mut needs, object),
        ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => route(&mut needs, object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(&mut needs, object),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            for (at, webhook) in object.items_at(&["webhooks"]).into_iter().enumerate() {
                let service = webhook.at(&["clientConfig", "service"]);
                called(&mut needs, service, &["webhooks".into(), at.into(), "clientConfig".into(), "service".into()]);
            }
        }
        ("apiregistration.k8s.io", "APIService") => {
            called(&mut needs, object.at(&["spec", "service"]), &["spec".into(), "service".into()]);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let place = ["spec", "conversion", "webhook", "clientConfig", "service"];
            called(&mut needs, object.at(&place), &place.map(Segment::from));
        }
        _ => {}
    }
    needs.found
}

fn scaling<L: Look>(needs: &mut Needs, object: &L, field: &str, usual: Option<&'static str>) {
    let Some(target) = object.at(&["spec", field]) else { return };
    let kind = target.word_at(&["kind"]).map(|kind| Cow::Owned(kind.text)).or(usual.map(Cow::Borrowed));
    if let Some(kind) = kind {
        needs.add(Purpose::Scaling, kind, target.word_at(&["name"]), &["spec".into(), field.into(), "name".into()]);
    }
}

/// `networking.k8s.io/v1` and the older forms of it.
fn ingress<L: Look>(needs: &mut Needs, object: &L) {
    let mut backend = |backend: Option<L>, place: &[Segment]| {
        let Some(backend) = backend else { return };
        let (name, route): (_, &[Segment]) = match backend.word_at(&["service", "name"]) {
            Some(name) => (Some(name), &["service".into(), "name".into()]),
            None => (backend.word_at(&["serviceName"]), &["serviceName".into()]),
        };
        needs.add(Purpose::Ingress, "Service", name, &[place, route].concat());
    };
    for field in ["defaultBackend", "backend"] {
        backend(object.at(&["spec", field]), &["spec".into(), field.into()]);
    }
    for (at, rule) in object.items_at(&["spec", "rules"]).into_iter().enumerate() {
        for (number, path) in rule.items_at(&["http", "paths"]).into_iter().enumerate() {
            let route: [Segment; 7] = [
                "spec".into(),
                "rules".into(),
                at.into(),
                "http".into(),
                "paths".into(),
                number.into(),
                "backend".into(),
            ];
            backend(path.get("backend"), &route);
        }
    }
}

fn route<L: Look>(needs: &mut Needs, object: &L) {
    for (at, rule) in object.items_at(&["spec", "rules"]).into_iter().enumerate() {
        for (number, backend) in rule.items_at(&["backendRefs"]).into_iter().enumerate() {
            let is = |field: &str, usual: &str| backend.word_at(&[field]).is_none_or(|it| it.text == usual);
            if is("group", "") && is("kind", "Service") {
                let route: [Segment; 5] =
                    ["spec".into(), "rules".into(), at.into(), "backendRefs".into(), number.into()];
                needs.add_in(Purpose::Route, "Service", &backend, &route);
            }
        }
    }
}

/// Roles that every cluster has (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`), beside those of `system:`.
const ROLES: [&str; 5] = ["admin", "cluster-admin", "edit", "extension-apiserver-authentication-reader", "view"];

fn binding<L: Look>(needs: &mut Needs, object: &L) {
    let kind = object.word_at(&["roleRef", "kind"]).map_or_else(String::new, |kind| kind.text);
    let is_own = |name: &Written| {
        let text = name.text.as_str();
        !text.starts_with("system:") && !ROLES.contains(&text)
    };
    let name = object.word_at(&["roleRef", "name"]).filter(is_own);
    if matches!(&*kind, "Role" | "ClusterRole") {
        needs.add(Purpose::Role, kind.clone(), name, &["roleRef".into(), "name".into()]);
    }
    for (at, subject) in object.items_at(&["subjects"]).into_iter().enumerate() {
        let is = |field: &str, text: &str| subject.word_at(&[field]).is_some_and(|it| it.text == text);
        if is("kind", "ServiceAccount") && !is("name", "default") {
            needs.add_in(Purpose::Subject, "ServiceAccount", &subject, &["subjects".into(), at.into()]);
        }
    }
}

/// A Service that the API server calls.
fn called<L: Look>(needs: &mut Needs, service: Option<L>, place: &[Segment]) {
    if let Some(service) = service {
        needs.add_in(Purpose::Webhook, "Service", &service, place);
    }
}
