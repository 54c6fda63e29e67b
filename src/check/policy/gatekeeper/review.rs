//! What a template sees: the request that the webhook would get (`open-policy-agent/gatekeeper/pkg/target/review.go`),
//! and the inventory (`pkg/target/target.go`, `ProcessData`).

use std::collections::BTreeMap;

use regorus::Value as Rego;
use regorus::value::Object as Fields;

/// What a request does with its object.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'o> {
    /// Nobody says, as in the tests of gator.
    Unsaid,
    Create,
    /// The object was this before.
    Update(&'o Rego),
}

/// A request, but for its object.
#[derive(Debug, Clone)]
pub struct Review {
    fields: Vec<(Rego, Rego)>,
}

impl Review {
    /// The request for an object: its group, version and kind, and what is done with it.
    pub fn of(
        [group, version, kind]: [&str; 3],
        operation: Operation<'_>,
        object: &Rego,
        namespace: Option<&Rego>,
    ) -> Review {
        let (operation, old) = match operation {
            Operation::Unsaid => ("", Rego::Null),
            Operation::Create => ("CREATE", Rego::Null),
            Operation::Update(old) => ("UPDATE", old.clone()),
        };
        let empty = || Rego::from("");
        let three = |group: Rego, version: Rego, last: &str, value: Rego| {
            let fields = [(Rego::from("group"), group), (Rego::from("version"), version), (Rego::from(last), value)];
            Rego::from(fields.into_iter().collect::<Fields>())
        };
        let mut fields = vec![
            (Rego::from("uid"), empty()),
            (Rego::from("kind"), three(group.into(), version.into(), "kind", kind.into())),
            (Rego::from("resource"), three(empty(), empty(), "resource", empty())),
            (Rego::from("operation"), Rego::from(operation)),
            (Rego::from("userInfo"), Rego::new_object()),
            (Rego::from("oldObject"), old),
            (Rego::from("options"), Rego::Null),
            (Rego::from("namespaceObject"), namespace.cloned().unwrap_or(Rego::Null)),
        ];
        for key in ["name", "namespace"] {
            let value = &object["metadata"][key];
            if matches!(value, Rego::String(_)) {
                fields.push((Rego::from(key), value.clone()));
            }
        }
        if let Some(namespace) = namespace {
            let unstable = [(Rego::from("namespace"), namespace.clone())].into_iter().collect::<Fields>();
            fields.push((Rego::from("_unstable"), Rego::from(unstable)));
        }
        Review { fields }
    }

    /// A request as a test has it written.
    pub fn written(request: &Rego) -> Review {
        let fields =
            request.as_object().map(|fields| fields.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        let mut fields: Vec<(Rego, Rego)> = fields.unwrap_or_default();
        fields.retain(|(key, _)| *key != Rego::from("object"));
        Review { fields }
    }

    /// What the object was before; null for one that is made.
    pub fn old(&self) -> Rego {
        let old = self.fields.iter().find(|(key, _)| *key == Rego::from("oldObject"));
        old.map_or(Rego::Null, |(_, old)| old.clone())
    }

    /// The request with an object in it.
    pub fn with(&self, object: Rego) -> Rego {
        let fields = self.fields.iter().cloned().chain([(Rego::from("object"), object)]);
        Rego::from(fields.collect::<Fields>())
    }
}

/// The input of a template.
pub fn input(review: Rego, parameters: &Rego) -> Rego {
    let fields = [(Rego::from("review"), review), (Rego::from("parameters"), parameters.clone())];
    Rego::from(fields.into_iter().collect::<Fields>())
}

/// A level of the inventory.
type Level<V> = BTreeMap<Rego, V>;

/// `data.inventory` of objects.
pub fn inventory<'o>(objects: impl IntoIterator<Item = &'o Rego>) -> Rego {
    let mut cluster: Level<Level<Level<Rego>>> = BTreeMap::new();
    let mut namespaces: Level<Level<Level<Level<Rego>>>> = BTreeMap::new();
    for object in objects {
        let metadata = &object["metadata"];
        let (version, kind, name) = (&object["apiVersion"], &object["kind"], &metadata["name"]);
        if [version, kind, name].iter().any(|value| !matches!(value, Rego::String(_))) {
            continue;
        }
        let kinds = match &metadata["namespace"] {
            namespace @ Rego::String(text) if !text.is_empty() => namespaces.entry(namespace.clone()).or_default(),
            _ => &mut cluster,
        };
        kinds.entry(version.clone()).or_default().entry(kind.clone()).or_default().insert(name.clone(), object.clone());
    }
    let kinds = |kinds: Level<Level<Rego>>| map(kinds.into_iter().map(|(kind, names)| (kind, map(names))));
    let versions =
        |level: Level<Level<Level<Rego>>>| map(level.into_iter().map(|(version, level)| (version, kinds(level))));
    let namespaces = map(namespaces.into_iter().map(|(namespace, level)| (namespace, versions(level))));
    let parts = map([(Rego::from("cluster"), versions(cluster)), (Rego::from("namespace"), namespaces)]);
    map([(Rego::from("inventory"), parts)])
}

fn map(entries: impl IntoIterator<Item = (Rego, Rego)>) -> Rego {
    Rego::from(entries.into_iter().collect::<Fields>())
}
