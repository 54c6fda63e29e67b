//! `--since`: the files as they were at a revision are examined with the rules of now, and what is found there is not
//! said again.

use super::{examined_with, list, reporting};
use crate::check::Rules;
use crate::check::api::update::Past;
use crate::check::policy::POLICY_ERROR;
use crate::discover::{Inputs, NoRevision, Revision, SchemaFiles};
use crate::examine::{Kept, Other};
use crate::model::change::Earlier;
use crate::model::definition::fabrikate::Definition;
use crate::model::report::NotChecked;
use crate::model::source::Sources;
use crate::report::{self, Changes, Known, Review};
use crate::settings::{Refusal, Settings};

/// The other side of the comparison.
pub(super) struct Then {
    /// Its objects, for the rules about updates.
    pub past: Past,
    /// Its component trees, for the rule about generated manifests.
    pub definitions: Vec<Definition>,
    commit: String,
    known: Known,
    sources: Sources,
    inputs: Inputs,
}

/// Lists the other side, or says why everything is shown: there is none, or this clone does not reach back to it.
///
/// # Errors
/// The revision names nothing.
pub(super) fn list(
    revision: &str,
    settings: &Settings,
    now: &Inputs,
    sources: &mut Sources,
) -> Result<Result<Revision, NotChecked>, Refusal> {
    // git takes that for HEAD. Here it would be an empty variable, and every finding that is committed would be known.
    if revision.trim_matches(['.', ' ']).is_empty() {
        let help = "write `HEAD` for what is not committed yet, or leave `--since` out".to_owned();
        return Err(Refusal::argument("`--since` names no revision", Some(help)).typed("--since", &[]));
    }
    match list::files_at(revision, &settings.discover, now, sources) {
        Ok(listed) => Ok(Ok(listed)),
        Err(NoRevision::First) => Ok(Err(nothing(revision, "there is nothing before the first commit"))),
        Err(NoRevision::Shallow) => {
            let why = "this clone does not reach back so far; fetch the whole history (`fetch-depth: 0`)";
            Ok(Err(nothing(revision, why)))
        }
        Err(NoRevision::Nowhere(why)) => {
            let help = "run it in a git repository, or without `--since`".to_owned();
            let message = format!("nothing can be compared with `{revision}`: {why}");
            Err(Refusal::argument(message, Some(help)).typed(revision, &["--since"]))
        }
        Err(NoRevision::Unknown(why)) => {
            let help = "name a commit, a branch or a tag; `main...` is where this branch left main".to_owned();
            let why = if why.is_empty() { why } else { format!(": {why}") };
            let message = format!("`{revision}` is no revision of this repository{why}");
            Err(Refusal::argument(message, Some(help)).typed(revision, &["--since"]))
        }
    }
}

fn nothing(revision: &str, why: &str) -> NotChecked {
    let message = format!("what is new since `{revision}`, so that every finding is shown: {why}");
    NotChecked { message, span: None }
}

/// Examines the other side.
pub(super) fn examine(
    listed: Revision,
    rules: &Rules,
    settings: &Settings,
    schemas: &SchemaFiles,
    sources: Sources,
) -> (Then, Vec<NotChecked>) {
    let Revision { inputs, commit, left_out } = listed;
    let (examined, kept) = examined_with(Other::Later, &inputs, rules, settings, schemas, sources);
    let unknown = left_out.into_iter().map(|(name, why)| {
        let message = format!("what is new in {} since {commit}: {why}", inputs.told(&name));
        NotChecked { message, span: None }
    });
    let unknown = unknown.collect();
    let (known, sources) = reporting(examined, &inputs, rules, settings, report::known);
    let Kept { past, definitions } = kept;
    (Then { past, definitions, commit, known, sources, inputs }, unknown)
}

impl Then {
    /// Its files, by name.
    pub(super) fn files(&self) -> Earlier<'_> {
        Earlier { listing: &self.inputs.listing, sources: &self.sources }
    }

    /// Calls `work` with what the report has to leave out.
    pub(super) fn review<R>(&self, work: impl FnOnce(Review<'_>) -> R) -> R {
        let files = self.files();
        let before = |name: &str| files.before(&self.inputs.listed(name));
        // A policy that fails makes the run untrustworthy, whether it failed before or not.
        let lasting = [&*POLICY_ERROR.id];
        work(Review { known: &self.known, commit: &self.commit, changes: Changes::new(&before), lasting: &lasting })
    }
}
