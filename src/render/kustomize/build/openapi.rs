//! `openapi`: a schema in the place of the one that is built in, which says what lists patches merge, and by which keys
//! (kyaml, `openapi/openapi.go`, `SetSchema`). The first kustomization that names one decides for all that come after
//! it; the root comes first.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::source::Span;
use crate::model::value::Value;

use super::accumulate::Site;
use super::log::Log;
use super::read::{failure, field, text};
use super::resource::Gvk;
use super::source::Source;

/// The version that is built in.
const BUILT_IN: &str = "v1.21.2";

/// A schema that a kustomization has chosen.
#[derive(Debug)]
pub(in crate::render) struct OpenApi {
    /// The field that chose it.
    pub span: Span,
    /// The schema itself, unless it is the one that is built in.
    pub schema: Option<Schema>,
}

/// A schema of somebody's own: those of the usual kinds are gone with it.
#[derive(Debug)]
pub(in crate::render) struct Schema {
    source: Arc<Source>,
    /// The places of the definitions.
    types: HashMap<Gvk, u32>,
}

/// Reads what a kustomization chooses, if it is the first.
pub(super) fn read(site: &Site<'_, '_>, log: &mut Log) -> Option<Arc<OpenApi>> {
    let chosen = field(site.root, "openapi")?;
    let path = text(chosen, "path");
    if let Some((version, value)) = text(chosen, "version") {
        if path.is_some() {
            let finding = failure(value.span(), "`openapi` has a `version` and a `path`", "only one of them may be");
            log.fail(finding.help("remove one of them"));
        } else if version != BUILT_IN {
            let message = format!("no OpenAPI schema of version `{version}` is built into kustomize");
            log.fail(failure(value.span(), message, "").help(format!("the only one is `{BUILT_IN}`")));
        }
        return Some(Arc::new(OpenApi { span: chosen.span(), schema: None }));
    }
    let (name, value) = path?;
    let source = site.file(value, log)?.first()?.clone();
    let schema = Schema::of(source);
    if schema.is_none() {
        log.fail(failure(value.span(), format!("`{name}` is no OpenAPI schema"), "kustomize cannot read it"));
    }
    Some(Arc::new(OpenApi { span: chosen.span(), schema }))
}

impl Schema {
    fn of(source: Arc<Source>) -> Option<Self> {
        let (_, root) = source.part.roots().next()?;
        if !root.is_mapping() {
            return None;
        }
        let mut types = HashMap::new();
        for definition in root.get("definitions").into_iter().flat_map(Value::entries).map(|entry| entry.value) {
            for kind in definition.get("x-kubernetes-group-version-kind").into_iter().flat_map(Value::items) {
                let text = |key: &str| kind.get(key).and_then(Value::text).unwrap_or_default().into_owned();
                let gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
                types.insert(gvk, definition.index());
            }
        }
        Some(Schema { source, types })
    }

    /// The definition of a kind.
    pub fn of_kind(&self, gvk: &Gvk) -> Option<Definition<'_>> {
        Some(self.at(*self.types.get(gvk)?))
    }

    fn at(&self, place: u32) -> Definition<'_> {
        Definition { schema: self, value: Value::new(&self.source.part.tree, &self.source.part.text, place) }
    }
}

/// How many references may lead to each other.
const DEEP: usize = 20;

/// A place in a schema.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Definition<'s> {
    schema: &'s Schema,
    value: Value<'s>,
}

impl<'s> Definition<'s> {
    /// Of the value of a key.
    pub fn field(self, key: &str) -> Option<Self> {
        let own = self.value.get("properties").and_then(|properties| properties.get(key));
        let more = || self.value.get("additionalProperties").filter(|more| more.is_mapping());
        self.beside(own.or_else(more)?).resolved()
    }

    /// Of the elements, if it is one of a list.
    pub fn elements(self) -> Option<Self> {
        self.value.get("type").and_then(Value::text).filter(|kind| kind == "array")?;
        self.beside(self.value.get("items")?).resolved()
    }

    /// The keys by which a list is merged; none if its elements are texts, absent if it is not merged.
    pub fn merge_keys(self) -> Option<impl Iterator<Item = &'s str>> {
        let strategy = self.value.get("x-kubernetes-patch-strategy")?.text()?;
        if !strategy.split(',').any(|word| word == "merge") {
            return None;
        }
        let keys = self.value.get("x-kubernetes-list-map-keys").map(|keys| keys.items().collect::<Vec<_>>());
        let keys = keys.unwrap_or_else(|| self.value.get("x-kubernetes-patch-merge-key").into_iter().collect());
        Some(keys.into_iter().map(|key| key.raw().trim_matches(['"', '\''])))
    }

    fn beside(self, value: Value<'s>) -> Self {
        Definition { value, ..self }
    }

    fn resolved(self) -> Option<Self> {
        let root = Value::new(self.value.tree(), self.value.source(), self.schema.root());
        let mut value = self.value;
        for _ in 0..DEEP {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Some(self.beside(value)) };
            let name = reference.strip_prefix("#/definitions/")?.replace("~1", "/").replace("~0", "~");
            value = root.get("definitions")?.get(&name)?;
        }
        None
    }
}

impl Schema {
    fn root(&self) -> u32 {
        self.source.part.documents.first().map_or(0, |document| document.root)
    }
}
