//! The files of a run: those that were asked for, and those that building their kustomizations takes.

use std::collections::BTreeSet;

use crate::discover::{self, Inputs, NoRevision, Options, Revision, Unreadable};
use crate::examine::kustomize::{Wanted, wanted};
use crate::model::source::Sources;

/// Lists the files of the working tree.
///
/// # Errors
/// A path of the command line that is not there or cannot be read.
pub(super) fn files(options: &Options, sources: &mut Sources) -> Result<Inputs, Unreadable> {
    let before = sources.clone();
    let inputs = list(options, sources)?;
    let Some(inputs) = inputs else {
        *sources = before;
        let options = Options { from_root: true, ..options.clone() };
        return Ok(list(&options, sources)?.unwrap_or_default());
    };
    Ok(inputs)
}

/// The files, or nothing if they have to be named from the root of the repository.
fn list(options: &Options, sources: &mut Sources) -> Result<Option<Inputs>, Unreadable> {
    let mut inputs = discover::discover(options, sources)?;
    let may_move = inputs.base != inputs.root && inputs.base.starts_with(&inputs.root) && !options.from_root;
    let mut known = BTreeSet::new();
    loop {
        let Wanted { paths, reached, leads_out } = wanted(&inputs, sources);
        if may_move && (leads_out || inputs.leads_out) {
            return Ok(None);
        }
        inputs.reached.extend(reached);
        let new: Vec<String> = paths.into_iter().filter(|path| known.insert(path.clone())).collect();
        if new.is_empty() {
            return Ok(Some(inputs));
        }
        for path in new {
            // One before it may have been in the same folder.
            if inputs.listing.file(&path).is_none() && !inputs.listing.knows(&path) {
                discover::add_beyond(&path, options, sources, &mut inputs);
            }
        }
    }
}

/// Lists the files of a revision: those that lay where the files of now lie, and what was needed then.
///
/// # Errors
/// There is no repository, or no such revision in it.
pub(super) fn files_at(
    revision: &str,
    options: &Options,
    now: &Inputs,
    sources: &mut Sources,
) -> Result<Revision, NoRevision> {
    let mut beyond: Vec<String> = Vec::new();
    loop {
        let before = sources.clone();
        let mut listed = discover::at_revision(revision, options, now, &beyond, sources)?;
        let Wanted { paths, reached, .. } = wanted(&listed.inputs, sources);
        listed.inputs.reached.extend(reached);
        let count = beyond.len();
        beyond.extend(paths.into_iter().filter(|path| !now.listing.knows(path)));
        beyond.sort();
        beyond.dedup();
        if beyond.len() == count {
            return Ok(listed);
        }
        *sources = before;
    }
}
