//! Generated objects whose names stay the same when their content changes, though somebody reads them only once.

use crate::model::diagnostic::Diagnostic;

use super::super::super::rules::GENERATOR_WITHOUT_HASH;
use super::accumulate::Accumulated;
use super::references::is_read_at_start;

/// The findings about all objects of a build.
pub(super) fn check(built: &Accumulated) -> Vec<Diagnostic> {
    let generated = built.resources.iter().filter_map(|one| Some((one, one.unhashed?)));
    let finding = |(object, (generator, flag)): (&super::resource::Resource, _)| {
        let reader = built.resources.iter().find(|reader| is_read_at_start(reader, &object.id))?;
        let message =
            format!("{} gets no hash, and {} reads it only when it starts", object.id.title(), reader.id.title());
        let finding = Diagnostic::new(&GENERATOR_WITHOUT_HASH, generator, message, "")
            .see(flag, "this keeps the name as it is")
            .effect("when the content changes, the pods go on with the old one")
            .help("remove `disableNameSuffixHash`: the references follow the name");
        Some(finding)
    };
    generated.filter_map(finding).collect()
}
