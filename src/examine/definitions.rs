//! The definitions of a repository alone, for the commands that need nothing else.

use std::sync::Arc;

use crate::discover::Inputs;
use crate::load::{Loader, Source};
use crate::model::definition::Plan;
use crate::model::document::Part;
use crate::model::source::{FileId, Sources};
use crate::render;

/// The definitions of the repository around a folder, for the environments that were asked for.
#[must_use]
pub fn plan(inputs: &Inputs, sources: &Sources, environments: &[String]) -> Plan {
    let loader = Loader::default();
    let load = |(name, file): (&Arc<str>, FileId)| {
        let parts = loader.keep(file, name, Source::Path(sources.path(file))).unwrap_or_default();
        parts.into_iter().map(move |part| (file, part)).collect::<Vec<_>>()
    };
    let definitions = inputs.to_read().filter(|(name, _)| render::is_definition(name));
    let parts: Vec<(FileId, Part)> = definitions.flat_map(load).collect();
    render::plan(&render::Input {
        parts: &parts,
        listing: &inputs.listing,
        names: &|file| sources.name(file),
        environments,
        generated: None,
    })
}
