//! Custom resource definitions found in the input, as schemas for the custom resources in it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::check::deprecation;
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::value::Value;

use super::compose::Composer;
use super::custom::json_schema::{self, JsonSchema};
use super::custom::wording::{deprecated, not_served};
use super::judge::{Checked, CustomSchema, Past};
use super::{Earlier, Mode, Schemas, Scope, Verdict};

/// The kind that one definition declares.
#[derive(Debug)]
pub struct CustomKind {
    group: String,
    kind: String,
    /// A JSON Schema does not say it.
    scope: Option<Scope>,
    versions: Vec<CustomVersion>,
    /// A webhook converts objects from one version to another.
    converted: bool,
    /// The project that an embedded definition is of: that of the cluster may be of another version.
    project: Option<&'static str>,
}

#[derive(Debug)]
struct CustomVersion {
    name: String,
    served: bool,
    deprecated: bool,
    /// What the server says of it then.
    warning: Option<String>,
    /// `None` if no resource is of this version.
    schema: Option<Form>,
}

/// A schema, in one of its forms.
#[derive(Debug)]
enum Form {
    Definition(CustomSchema),
    Json(JsonSchema),
}

/// Group and kind of the custom resources that a resource declares; `None` unless it is a CustomResourceDefinition. Cheap,
/// so that only the definitions that some object needs are learnt.
#[must_use]
pub fn declared(resource: &Resource<'_>) -> Option<(String, String)> {
    if resource.kind != "CustomResourceDefinition" || resource.group() != "apiextensions.k8s.io" {
        return None;
    }
    let spec = resource.value.get("spec")?;
    Some((text(spec.get("group"))?.into_owned(), text(spec.at(["names", "kind"]))?.into_owned()))
}

/// Reads the kind that a resource declares, with all versions; `None` unless it is a CustomResourceDefinition with a
/// group, a kind and a version.
#[must_use]
pub fn learn(resource: &Resource<'_>) -> Option<CustomKind> {
    learn_if(resource, |_| true)
}

/// Reads the kind that a resource declares, with the schemas of those versions that are wanted.
#[must_use]
pub fn learn_versions(resource: &Resource<'_>, wanted: &BTreeSet<String>) -> Option<CustomKind> {
    learn_if(resource, |version| wanted.contains(version))
}

fn learn_if(resource: &Resource<'_>, is_wanted: impl Fn(&str) -> bool) -> Option<CustomKind> {
    let (group, kind) = declared(resource)?;
    let spec = resource.value.get("spec")?;
    // The default of v1beta1 is to keep unknown fields; v1 does not know the field, or wants it false.
    let old = resource.version() == "v1beta1";
    let read = |name: Option<Value<'_>>, version| {
        let name = text(name)?.into_owned();
        Some(read_version(name, version, spec, old, &is_wanted))
    };
    let versions = match spec.get("versions").filter(|versions| !versions.is_empty()) {
        Some(versions) => versions.items().filter_map(|version| read(version.get("name"), Some(version))).collect(),
        None => vec![read(spec.get("version"), None)?],
    };
    Some(CustomKind {
        group,
        kind,
        scope: Some(match text(spec.get("scope")).as_deref() {
            Some("Cluster") => Scope::Cluster,
            _ => Scope::Namespaced,
        }),
        versions,
        converted: text(spec.at(["conversion", "strategy"])).as_deref() == Some("Webhook"),
        project: None,
    })
}

/// Reads a definition that is embedded, as [`super::known()`] gives it.
#[must_use]
pub fn learn_known(definition: &Resource<'_>, wanted: &BTreeSet<String>, project: &'static str) -> Option<CustomKind> {
    let mut kind = learn_versions(definition, wanted)?;
    kind.project = Some(project);
    for version in &mut kind.versions {
        if let Some(Form::Definition(schema)) = &mut version.schema {
            schema.forget_places();
        }
    }
    Some(kind)
}

/// A document as JSON, if it is a JSON Schema.
#[must_use]
pub fn json_schema(document: Value<'_>) -> Option<Json> {
    json_schema::json_of(document).filter(json_schema::is_json_schema)
}

/// API version and kind of what a document of a schema file describes.
#[must_use]
pub fn described(document: Value<'_>, name: &str) -> Vec<(String, String)> {
    let Some(resource) = Resource::of(document) else {
        return json_schema(document).map(|schema| json_schema::identities(&schema, name)).unwrap_or_default();
    };
    let kinds = resource.expand().into_iter().filter_map(|definition| learn_if(&definition, |_| false));
    let names = kinds.flat_map(|kind| {
        let served = kind.versions.into_iter().filter(|version| version.served);
        served.map(move |version| (format!("{}/{}", kind.group, version.name), kind.kind.clone()))
    });
    names.collect()
}

/// Those of the `wanted` kinds and versions that a JSON Schema is of; all of them if that `is_certain`. `name` is the
/// printed name of its file.
#[must_use]
pub fn learn_json_schema(
    schema: Json,
    name: &str,
    wanted: &BTreeMap<(String, String), BTreeSet<String>>,
    is_certain: bool,
) -> Vec<CustomKind> {
    let all = || {
        wanted.iter().flat_map(|((group, kind), versions)| {
            versions.iter().map(|version| (group.clone(), kind.clone(), version.clone()))
        })
    };
    let kinds = if is_certain { all().collect() } else { json_schema::kinds_of(&schema, name, wanted) };
    let learnt = kinds.into_iter().map(|(group, kind, version)| {
        let schema = Some(Form::Json(JsonSchema::new(schema.clone(), name)));
        let version = CustomVersion { name: version, served: true, deprecated: false, warning: None, schema };
        CustomKind { group, kind, scope: None, versions: vec![version], converted: false, project: None }
    });
    learnt.collect()
}

/// A text that is not empty.
fn text<'t>(value: Option<Value<'t>>) -> Option<Cow<'t, str>> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Reads a version of `spec.versions`, with what `apiextensions.k8s.io/v1beta1` writes once for all versions.
fn read_version(
    name: String,
    version: Option<Value<'_>>,
    spec: Value<'_>,
    old: bool,
    is_wanted: impl Fn(&str) -> bool,
) -> CustomVersion {
    let own = |key| version.and_then(|version| version.get(key));
    let served = own("served").is_none_or(|served| served.as_bool() != Some(false));
    let schema = (served && is_wanted(&name)).then(|| {
        let schema = own("schema").or_else(|| spec.get("validation")).and_then(|schema| schema.get("openAPIV3Schema"));
        let subresources = own("subresources").or_else(|| spec.get("subresources"));
        let status = subresources.and_then(|all| all.get("status")).is_some();
        let open = spec.get("preserveUnknownFields").map_or(old, |preserve| preserve.as_bool() == Some(true));
        let mut composer = Composer::new(open);
        let (root, mut asks) = composer.resource(schema.filter(|schema| schema.is_mapping()), status);
        asks.note_rules();
        Form::Definition(CustomSchema::new(composer.finish(), root, asks, status))
    });
    let deprecated = own("deprecated").is_some_and(|deprecated| deprecated.as_bool() == Some(true));
    CustomVersion { name, served, deprecated, warning: text(own("deprecationWarning")).map(Cow::into_owned), schema }
}

impl CustomKind {
    /// Its group and kind.
    #[must_use]
    pub fn group_kind(&self) -> (String, String) {
        (self.group.clone(), self.kind.clone())
    }

    /// Whether the schema of one of these versions was not learnt.
    #[must_use]
    pub fn lacks(&self, versions: &BTreeSet<String>) -> bool {
        self.versions
            .iter()
            .any(|version| version.served && version.schema.is_none() && versions.contains(&version.name))
    }
}

/// All kinds that the definitions of an input declare.
#[derive(Debug, Default)]
pub struct CustomKinds {
    kinds: BTreeMap<(String, String), Vec<CustomKind>>,
}

impl CustomKinds {
    /// Adds what a definition declares. Several definitions of one kind live side by side, because a repository often
    /// holds the same one in several places and states: a resource is right if one of them accepts it.
    pub fn add(&mut self, kind: CustomKind) {
        self.kinds.entry((kind.group.clone(), kind.kind.clone())).or_default().push(kind);
    }

    /// Whether no kind is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kinds with their groups and the names of their versions, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        self.kinds.iter().map(|((group, kind), definitions)| {
            let mut versions: Vec<_> =
                definitions.iter().flat_map(|definition| &definition.versions).map(|version| &*version.name).collect();
            versions.sort_unstable();
            versions.dedup();
            (&**group, &**kind, versions)
        })
    }

    /// Whether objects of that kind lie in namespaces; `None` for kinds that are not known.
    #[must_use]
    pub fn scope(&self, group: &str, kind: &str) -> Option<Scope> {
        self.definitions(group, kind).iter().find_map(|definition| definition.scope)
    }

    /// Whether anything is known of a kind.
    #[must_use]
    pub fn has(&self, group: &str, kind: &str) -> bool {
        !self.definitions(group, kind).is_empty()
    }

    /// Whether a resource of that version can be judged: a definition knows all versions of its kind, a JSON Schema one.
    #[must_use]
    pub fn knows(&self, group: &str, kind: &str, version: &str) -> bool {
        let has = |definition: &CustomKind| definition.versions.iter().any(|own| own.name == version);
        let is_whole = |definition: &CustomKind| definition.scope.is_some() && definition.project.is_none();
        self.definitions(group, kind).iter().any(|definition| is_whole(definition) || has(definition))
    }

    /// Checks a custom resource. [`Verdict::Waits`] if no definition of its kind is known. What could not be checked, and
    /// why, goes into `left_out`.
    pub fn check(
        &self,
        schemas: &Schemas,
        resource: &Resource<'_>,
        mode: Mode,
        out: &mut Vec<Diagnostic>,
        left_out: &mut BTreeSet<String>,
    ) -> Verdict {
        self.check_update(schemas, resource, mode, None, out, left_out)
    }

    /// As [`CustomKinds::check`], for a resource of which it is known what it was.
    pub fn check_update(
        &self,
        schemas: &Schemas,
        resource: &Resource<'_>,
        mode: Mode,
        earlier: Option<&Earlier>,
        out: &mut Vec<Diagnostic>,
        left_out: &mut BTreeSet<String>,
    ) -> Verdict {
        let definitions = self.definitions(resource.group(), &resource.kind);
        if !self.knows(resource.group(), &resource.kind, resource.version()) {
            return Verdict::Waits;
        }
        let all = || definitions.iter().flat_map(|definition| &definition.versions).filter(|version| version.served);
        let mut best: Option<Checked> = None;
        let project = definitions.iter().find_map(|definition| definition.project);
        // Definitions of one kind agree on it.
        let converted = definitions.iter().any(|definition| definition.converted);
        for version in all().filter(|version| version.name == resource.version()) {
            let Some(schema) = &version.schema else { continue };
            let checked = match schema {
                Form::Definition(schema) => {
                    let earlier = earlier.map(|earlier| Past { earlier, converted });
                    schema.check(schemas, resource, mode, project, earlier)
                }
                Form::Json(schema) if mode == Mode::Whole => match schema.check(resource) {
                    Ok(found) => Checked { found, left_out: BTreeSet::new() },
                    Err(why) => Checked { found: Vec::new(), left_out: BTreeSet::from([why]) },
                },
                Form::Json(_) => continue,
            };
            if best.as_ref().is_none_or(|best| checked.found.len() < best.found.len()) {
                best = Some(checked);
            }
        }
        match best {
            Some(mut checked) => {
                if mode == Mode::Whole {
                    out.extend(deprecation(schemas, resource, &all().collect::<Vec<_>>()));
                }
                out.append(&mut checked.found);
                left_out.append(&mut checked.left_out);
                Verdict::Checked
            }
            None if mode == Mode::Patch || all().any(|version| version.name == resource.version()) => Verdict::Unknown,
            None => {
                let mut served: Vec<&str> = all().map(|version| &*version.name).collect();
                served.sort_unstable();
                served.dedup();
                out.push(not_served(resource, &served));
                Verdict::Unknown
            }
        }
    }

    fn definitions(&self, group: &str, kind: &str) -> &[CustomKind] {
        self.kinds.get(&(group.to_owned(), kind.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }
}

/// That all definitions call the version of a resource deprecated, unless that is known without them.
fn deprecation(schemas: &Schemas, resource: &Resource<'_>, served: &[&CustomVersion]) -> Option<Diagnostic> {
    let mut own = served.iter().filter(|version| version.name == resource.version());
    if !own.clone().all(|version| version.deprecated) || deprecation::is_deprecated(resource, schemas.version) {
        return None;
    }
    let warning = own.next()?.warning.as_deref();
    let better = served.iter().filter(|version| !version.deprecated).map(|version| &*version.name);
    let instead = better.max_by_key(|name| priority(name)).filter(|name| priority(name) > priority(resource.version()));
    Some(deprecated(resource, warning, instead))
}

/// The order of versions by which the server prefers one: `v2`, `v1`, `v2beta1`, `v1alpha1`
/// (`CompareKubeAwareVersionStrings` in `k8s.io/apimachinery/pkg/version`).
fn priority(name: &str) -> Option<(u8, u32, u32)> {
    let digits = name.strip_prefix('v')?;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    let (major, rest) = digits.split_at(end);
    let (stability, minor) = match (rest.strip_prefix("alpha"), rest.strip_prefix("beta")) {
        (Some(minor), _) => (0, minor),
        (_, Some(minor)) => (1, minor),
        _ => return Some((2, major.parse().ok()?, 0)).filter(|_| rest.is_empty()),
    };
    Some((stability, major.parse().ok()?, minor.parse().ok()?))
}
