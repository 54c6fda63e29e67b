//! What waits for the rest of the input: custom resources, and the definitions that they wait for.

use std::collections::BTreeSet;

use crate::check::schema::Mode;
use crate::model::document::Part;
use crate::model::path::Path;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// Group and kind.
pub(super) type GroupKind = (String, String);

/// The objects of a part that have to do with custom resources, as nodes of its tree.
#[derive(Debug, Default)]
pub(super) struct Custom {
    /// Custom resources, each with its route from the root of the document.
    pub(super) resources: Vec<(u32, Path)>,
    /// CustomResourceDefinitions, each with what it defines.
    pub(super) definitions: Vec<(u32, GroupKind)>,
}

impl Custom {
    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.definitions.is_empty()
    }
}

/// A part that is kept for them.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) part: Part,
    pub(super) custom: Custom,
    pub(super) mode: Mode,
}

impl Waiting {
    fn resource(&self, at: u32) -> Option<Resource<'_>> {
        Resource::of(Value::new(&self.part.tree, &self.part.text, at))
    }

    /// The custom resources.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let resources = self.custom.resources.iter();
        resources.filter_map(|(at, prefix)| Some(Resource { prefix: prefix.clone(), ..self.resource(*at)? }))
    }

    /// The definitions of the kinds that are wanted.
    pub(super) fn definitions<'w>(&'w self, wanted: &'w BTreeSet<GroupKind>) -> impl Iterator<Item = Resource<'w>> {
        let definitions = self.custom.definitions.iter().filter(|(_, kind)| wanted.contains(kind));
        definitions.filter_map(|(at, _)| self.resource(*at))
    }
}
