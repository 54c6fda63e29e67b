//! What kustomizations name beyond the files that were asked for: it is listed, so that they can be built.

use std::path::{Component, Path};

use super::{Inputs, Options, add_file, ignored, printed_name, walk};
use crate::model::source::{FileId, Sources};

/// Lists what lies at a path, as the listing names it: a file, or a folder with all that is in it. Where nothing lies,
/// the nearest folder is listed, so that it is known to be missing. What lies outside of the root, in `.git` or behind a
/// link out of the root stays unknown.
pub fn add_beyond(name: &str, options: &Options, sources: &mut Sources, inputs: &mut Inputs) {
    let path = inputs.base.join(name);
    let (real, is_there) = match path.canonicalize() {
        Ok(real) => (real, true),
        Err(_) => match path.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok()) {
            Some(folder) => (folder, false),
            None => return,
        },
    };
    let is_ours = real
        .strip_prefix(&options.root)
        .is_ok_and(|below| !below.components().any(|part| part == Component::Normal(".git".as_ref())));
    if !is_ours {
        inputs.listing.add_outward(name.into());
        return;
    }
    let real_name = printed_name(&real, &inputs.base);
    if is_there && real_name != name {
        inputs.listing.add_link(name.into(), real_name.as_str().into());
    }
    if is_left_out(&real, options) {
        inputs.listing.add_ignored(real_name.into());
        return;
    }
    let first = sources.count();
    if real.is_dir() {
        // What cannot be entered there matters only if a build needs it.
        let skipped = inputs.skipped.len();
        let folder = walk::walk(&real, options, sources, inputs);
        inputs.skipped.truncate(skipped);
        inputs.listing.add_beyond(folder.into());
    } else if real.is_file() {
        add_file(&real, sources, inputs);
    }
    inputs.beyond.extend((first..sources.count()).map(|at| FileId(at as u32)));
}

/// Whether a path below the root, or a folder around it, is left out by `.gitignore` or `exclude`.
pub(super) fn is_left_out(path: &Path, options: &Options) -> bool {
    let is_excluded = |path: &Path| path.strip_prefix(&options.base).is_ok_and(|path| options.exclude.is_match(path));
    ignored::leaves_out(&options.root, path)
        || (!options.exclude.is_empty()
            && path.ancestors().take_while(|path| path.starts_with(&options.base)).any(is_excluded))
}
