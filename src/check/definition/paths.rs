//! What components point at: folders of static manifests, and local charts.
//!
//! Where the listing does not know (ignored by Git, or outside of what was asked for), nothing is said; where a hook
//! may make the files, it is said as a note.

use std::collections::BTreeSet;

use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{ComponentKind, Definition, Method, Unit};
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::{Listing, file_of};
use crate::model::rule::{Rule, Severity};
use crate::model::source::{FileId, Span};

use super::{list, rules};

pub(super) fn check(plan: &Plan, listing: &Listing, out: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for definition in &plan.definitions {
        for (at, unit) in definition.units.iter().enumerate() {
            // A component that several trees include is looked at once.
            if unit.missing.is_none() && seen.insert(unit.component.title) {
                let site = Site { definition, at, unit, listing };
                match unit.component.kind() {
                    ComponentKind::Static => site.check_static(out),
                    ComponentKind::Helm => out.extend(site.missing_chart()),
                    ComponentKind::Component | ComponentKind::Unknown => {}
                }
            }
        }
    }
}

/// A component, its place in the tree, and what lies around it.
struct Site<'p> {
    definition: &'p Definition,
    at: usize,
    unit: &'p Unit,
    listing: &'p Listing,
}

impl<'p> Site<'p> {
    fn check_static(&self, out: &mut Vec<Diagnostic>) {
        let component = &self.unit.component;
        if component.method() != Method::Local || !self.method_is_known() {
            return;
        }
        if component.path().is_empty() {
            out.push(self.without_path());
            return;
        }
        let Some(folder) = self.unit.material.as_deref().filter(|folder| self.listing.knows(folder)) else { return };
        if self.listing.file(folder).is_some() || !self.listing.is_folder(folder) {
            out.push(self.missing_path(folder));
            return;
        }
        out.extend(self.subfolder(folder));
        out.extend(self.not_manifests());
    }

    fn method_is_known(&self) -> bool {
        let method = self.unit.component.method.as_ref().map_or("", |field| &field.value);
        matches!(method, "" | "local")
    }

    /// `path`, or what stands for the component where there is none.
    fn path_span(&self) -> Span {
        self.unit.component.path.as_ref().map_or(self.unit.name_span(), |path| path.span)
    }

    /// The nearest hook, of this component or one above it, that may make files before they are looked at.
    fn hook(&self) -> Option<Span> {
        let units = &self.definition.units;
        std::iter::successors(Some(self.at), |at| units[*at].parent)
            .find_map(|at| units[at].component.hooks.iter().find(|hook| hook.makes_files()))
            .map(|hook| hook.event.span)
    }

    /// A finding that something is not there, which is a note if a hook may bring it.
    fn absent(&self, rule: &Rule, message: String, label: &str) -> Diagnostic {
        let finding = Diagnostic::new(rule, self.path_span(), message, label);
        match self.hook() {
            Some(hook) => Diagnostic { severity: Severity::Note, ..finding.see(hook, "this hook may make it") },
            None => finding,
        }
    }

    fn without_path(&self) -> Diagnostic {
        let name = self.unit.component.name();
        Diagnostic::new(
            &rules::STATIC_WITHOUT_PATH,
            self.unit.component.kind_field().map_or(self.unit.name_span(), |field| field.span),
            format!("static component `{name}` has no path"),
            "",
        )
        .effect("the whole folder of the component is copied, the component file included")
        .help("move the manifests to a folder of their own and name it in `path`")
    }

    fn missing_path(&self, folder: &str) -> Diagnostic {
        let component = &self.unit.component;
        let message = format!("static component `{}` points to a folder that does not exist", component.name());
        let finding = self.absent(&rules::MISSING_STATIC_PATH, message, &format!("there is no folder `{folder}`"));
        if finding.severity == Severity::Note {
            return finding;
        }
        finding
            .effect("`fab generate` fails")
            .help(format!("correct the path: it counts from `{}`", self.unit.folder.as_deref().map_or(".", dot)))
    }

    fn subfolder(&self, folder: &str) -> Option<Diagnostic> {
        let inside = |name: &'p str| name.strip_prefix(folder).map(|rest| rest.trim_start_matches('/'));
        let mut below = self.listing.below(folder);
        let (name, file) = below.find_map(|(name, file)| Some((inside(name)?.split_once('/')?.0, file)))?;
        let message =
            format!("the folder of static component `{}` has a subfolder `{name}`", self.unit.component.name());
        Some(
            Diagnostic::new(&rules::STATIC_SUBDIRECTORY, self.path_span(), message, "")
                .see(Span::top(file), "a file of the subfolder")
                .effect("`fab generate` fails: it reads every entry of the folder as a file")
                .help(format!("move the manifests up, or make `{name}` a static component of its own")),
        )
    }

    fn not_manifests(&self) -> Option<Diagnostic> {
        let is_yaml = |name: &str| [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        // An empty document does no harm.
        let others: Vec<(&str, FileId)> = self
            .unit
            .statics
            .iter()
            .map(|(name, file)| (file_of(name), *file))
            .filter(|(name, _)| !is_yaml(&name.to_ascii_lowercase()) && *name != ".gitkeep")
            .collect();
        let (_, first) = others.first()?;
        let names = list(others.iter().map(|(name, _)| *name), 3);
        let message = format!("the folder of static component `{}` holds {names}", self.unit.component.name());
        Some(
            Diagnostic::new(&rules::STATIC_NOT_A_MANIFEST, self.path_span(), message, "every file here is copied")
                .see(Span::top(*first), "this is no YAML")
                .effect("Fabrikate pastes it into the generated manifest")
                .help("move it out of the folder"),
        )
    }

    fn missing_chart(&self) -> Option<Diagnostic> {
        let component = &self.unit.component;
        if component.method() != Method::Local || !self.method_is_known() {
            return None;
        }
        let folder = self.unit.material.as_deref()?;
        let chart = if folder.is_empty() { "Chart.yaml".to_owned() } else { format!("{folder}/Chart.yaml") };
        if !self.listing.knows(&chart) || self.listing.file(&chart).is_some() {
            return None;
        }
        let message = format!("the chart of component `{}` is not in the repository", component.name());
        let finding = self.absent(&rules::MISSING_CHART, message, &format!("there is no `{chart}`"));
        if finding.severity == Severity::Note {
            return Some(finding);
        }
        Some(finding.effect("`fab generate` fails").help(match component.source().is_empty() {
            true => "correct the path, which counts from the folder of the component file",
            false => "say how to fetch the chart: `method: git` or `method: helm`",
        }))
    }
}

/// The working directory has a name too.
fn dot(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}
