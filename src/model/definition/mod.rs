//! What a repository is defined by: which file plays which part, and the definitions that were understood.

pub mod fabrikate;
pub mod kustomize;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::diagnostic::Diagnostic;
use super::report::NotChecked;
use super::source::{FileId, Span};

/// The part a file plays. It decides how its documents are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRole {
    /// Kubernetes objects, as far as it holds any: what every file is that no definition says otherwise about.
    Manifest,
    /// Kubernetes objects that a definition copies into what it generates.
    StaticInput,
    /// Kubernetes objects that a definition generated; [`Plan::generated`] says which.
    Generated,
    /// Kubernetes objects that a definition generated for an environment that was not asked for: not read.
    OtherEnvironment,
    /// Kubernetes objects as a kustomization makes them; they lie in no file, and [`Plan::builds`] says where each of
    /// their values was written.
    Built,
    /// A partial object that a kustomization lays over others (strategic merge or JSON 6902), that a test uses, or that is
    /// not to be in a cluster: something missing is no fault in it.
    Patch,
    /// A file of a definition format; no Kubernetes object, even where it has `apiVersion` and `kind`.
    Definition(DefinitionKind),
    /// A template of a Helm chart: text, not YAML.
    HelmTemplate,
    /// Values of a Helm chart.
    ChartValues,
    /// Content of a generated ConfigMap or Secret: whatever it is, nobody applies it.
    Data,
}

impl FileRole {
    /// Whether the objects in it reach a cluster as they stand, and are checked in full.
    #[must_use]
    pub fn is_manifest(self) -> bool {
        matches!(self, FileRole::Manifest | FileRole::StaticInput | FileRole::Generated | FileRole::Built)
    }

    /// Whether the objects in it are partial: what is there is checked, what is missing is not.
    #[must_use]
    pub fn is_patch(self) -> bool {
        self == FileRole::Patch
    }
}

/// Which definition file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefinitionKind {
    /// Fabrikate `component.yaml` or `component.json`.
    FabrikateComponent,
    /// Fabrikate `config/<environment>.yaml` or `.json` beside a component.
    FabrikateConfig,
    /// Fabrikate `access.yaml` beside a component.
    FabrikateAccess,
    /// `kustomization.yaml`, `kustomization.yml` or `Kustomization`.
    Kustomization,
    /// A file of settings that a kustomization names: `configurations`, `replacements`, `openapi`, plugin
    /// configurations.
    KustomizeSettings,
    /// `Chart.yaml` and its companions.
    HelmChart,
}

/// What the definitions of a run say about its files.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The files that are something else than [`FileRole::Manifest`].
    pub roles: BTreeMap<FileId, FileRole>,
    /// The Fabrikate component files, in order of name.
    pub components: Vec<fabrikate::ComponentFile>,
    /// The Fabrikate config files, in order of name.
    pub configs: Vec<fabrikate::ConfigFile>,
    /// The Fabrikate access files, in order of name.
    pub access: Vec<fabrikate::AccessFile>,
    /// The Fabrikate environments that were asked for by name.
    pub requested: Vec<String>,
    /// The Fabrikate component trees: one for every component file that no other one includes.
    pub definitions: Vec<fabrikate::Definition>,
    /// The generated files, and the components that they come from.
    pub generated: BTreeMap<FileId, Generated>,
    /// The static manifests, each with the first component (definition, unit) that copies it.
    pub statics: BTreeMap<FileId, (usize, usize)>,
    /// Kubernetes objects that kustomizations complete, with the lines that may add what is missing in them.
    pub supplements: BTreeMap<FileId, Vec<Supplement>>,
    /// The files of objects that policies compare clusters with, or put there: parts of objects, often.
    pub parts: BTreeMap<FileId, Parts>,
    /// What kustomizations make of the objects that they change.
    pub builds: BTreeMap<FileId, kustomize::Build>,
    /// The objects that kustomizations take in.
    pub taken: kustomize::Taken,
    /// The folders of kustomizations that are built upon more than they name, and where that is said.
    pub fed: BTreeMap<String, Span>,
    /// What was wrong with the definition files themselves.
    pub findings: Vec<Diagnostic>,
    /// What could not be followed, and why: one line a cause.
    pub not_checked: Vec<NotChecked>,
}

/// What becomes of objects that may be parts of what a cluster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parts {
    /// Clusters are compared with them, and nothing is written.
    Compared,
    /// They are laid over what there is, and created where there is nothing. The place is the path that names them.
    LaidOver(Span),
    /// They are all that is to be there.
    Whole,
}

/// A line of a kustomization that adds to the objects below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Supplement {
    /// What it can add.
    pub adds: Addition,
    /// Its key in the kustomization.
    pub span: Span,
}

/// What a field of a kustomization can add to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addition {
    /// Fields called `namespace`.
    Namespace,
    /// Labels and the selectors over them.
    Labels,
    /// Anything: a patch.
    Anything,
}

/// Where a generated file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its printed name.
    pub name: Arc<str>,
    /// Index into [`Plan::definitions`].
    pub definition: usize,
    /// Index into the environments of the definition.
    pub environment: usize,
    /// Index into the units of the definition; absent if no component writes a file of that name.
    pub unit: Option<usize>,
    /// What it was copied from, once somebody has compared: that needs the texts.
    pub copies: OnceLock<fabrikate::Copies>,
}

impl Plan {
    /// The part that a file plays.
    #[must_use]
    pub fn role(&self, file: FileId) -> FileRole {
        self.roles.get(&file).copied().unwrap_or(FileRole::Manifest)
    }

    /// The folders of the kustomizations that deploy what stands at a place; none if none takes it in.
    #[must_use]
    pub fn roots_of(&self, span: Span) -> &[Arc<str>] {
        match self.builds.get(&span.file) {
            Some(build) => build.object(span.start).map_or(&[], |object| &object.roots),
            None => self.taken.roots_of(span),
        }
    }

    /// The file that something was written in, where it may be what a kustomization makes.
    #[must_use]
    pub fn file_of(&self, span: Span) -> FileId {
        let place = self.builds.get(&span.file).and_then(|build| build.place(span.start));
        place.map_or(span.file, |place| place.span.file)
    }

    /// Gives a file a part, unless it has one.
    pub fn cast(&mut self, file: FileId, role: FileRole) {
        self.roles.entry(file).or_insert(role);
    }
}
