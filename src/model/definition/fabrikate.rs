//! The nouns of Fabrikate: component files, config files, and the tree that they make.
//!
//! Sources: `core/component.go` and `core/componentConfig.go` of microsoft/fabrikate 0.17.3 and 1.0.0-alpha.1.

use std::ops::Range;
use std::sync::Arc;

use crate::model::source::{FileId, Span};

/// A name and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// The place, quotes included.
    pub span: Span,
}

/// A field with a scalar value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<T> {
    /// The place of the key.
    pub key: Span,
    /// The value.
    pub value: T,
    /// The place of the value.
    pub span: Span,
}

/// A `component.yaml` or `component.json`.
#[derive(Debug, Clone)]
pub struct ComponentFile {
    /// The file.
    pub file: FileId,
    /// The folder it lies in.
    pub folder: String,
    /// The component it describes.
    pub component: Arc<Component>,
}

/// What generates the manifests of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentKind {
    /// `component`: other components alone.
    Component,
    /// `helm`: a chart.
    Helm,
    /// `static`: a folder of manifests, copied.
    Static,
    /// Anything else: no generator, an empty file.
    Unknown,
}

impl ComponentKind {
    /// Every legal value of `type`.
    pub const WORDS: [&'static str; 3] = ["component", "helm", "static"];
}

/// How the material of a component gets here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `git`: a clone.
    Git,
    /// `helm`: a chart repository.
    Helm,
    /// `http`: one file.
    Http,
    /// `local`, nothing, or a word that Fabrikate does not know.
    Local,
}

impl Method {
    /// Every legal value of `method`.
    pub const WORDS: [&'static str; 4] = ["git", "helm", "http", "local"];
}

/// A component as it is written: the root of a component file, or an entry of `subcomponents`.
#[derive(Debug, Clone)]
pub struct Component {
    /// A short place that stands for it: its name, else its first key.
    pub title: Span,
    /// `name`
    pub name: Option<Field<String>>,
    /// `type`
    pub kind: Option<Field<String>>,
    /// `generator`, the deprecated spelling of `type`, which wins.
    pub generator: Option<Field<String>>,
    /// `method`
    pub method: Option<Field<String>>,
    /// `source`
    pub source: Option<Field<String>>,
    /// `path`
    pub path: Option<Field<String>>,
    /// `version`
    pub version: Option<Field<String>>,
    /// `branch`
    pub branch: Option<Field<String>>,
    /// The key `repositories`.
    pub repositories: Option<Span>,
    /// `hooks`, in order.
    pub hooks: Vec<Hook>,
    /// `subcomponents`, in order.
    pub subcomponents: Vec<Arc<Component>>,
    /// Fields that Fabrikate does not know and drops.
    pub unknown: Vec<Name>,
}

/// Commands that Fabrikate runs in the component's folder; plimsoll never does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// When they run: `before-install`, `after-install`, `before-generate`, `after-generate`.
    pub event: Name,
    /// The commands, each given to `sh -c`.
    pub commands: Vec<Name>,
}

impl Hook {
    /// When hooks run (`core/component.go`).
    pub const EVENTS: [&'static str; 4] = ["before-install", "after-install", "before-generate", "after-generate"];

    /// Whether its commands run before the component's files are looked at, and may make them.
    #[must_use]
    pub fn makes_files(&self) -> bool {
        matches!(self.event.text.as_str(), "before-install" | "before-generate") && !self.commands.is_empty()
    }
}

impl Component {
    /// The name, empty if there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("", |name| &name.value)
    }

    /// `path`, empty if there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path.as_ref().map_or("", |path| &path.value)
    }

    /// `source`, empty if there is none.
    #[must_use]
    pub fn source(&self) -> &str {
        self.source.as_ref().map_or("", |source| &source.value)
    }

    /// The field that says what generates it: `generator` before `type`; absent where neither says anything.
    #[must_use]
    pub fn kind_field(&self) -> Option<&Field<String>> {
        self.generator.as_ref().filter(|field| !field.value.is_empty()).or(self.kind.as_ref())
    }

    /// What generates it.
    #[must_use]
    pub fn kind(&self) -> ComponentKind {
        match self.kind_field().map_or("", |field| &field.value) {
            "" | "component" => ComponentKind::Component,
            "helm" => ComponentKind::Helm,
            "static" => ComponentKind::Static,
            _ => ComponentKind::Unknown,
        }
    }

    /// How it gets here. `http` alone is compared without regard to case.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.method.as_ref().map_or("", |field| &field.value) {
            "git" => Method::Git,
            "helm" => Method::Helm,
            word if word.eq_ignore_ascii_case("http") => Method::Http,
            _ => Method::Local,
        }
    }

    /// Whether it has commands that run before its files are looked at, and may make them.
    #[must_use]
    pub fn creates_files(&self) -> bool {
        self.hooks.iter().any(Hook::makes_files)
    }

    /// Whether it has commands that run when everything is generated, and may change it.
    #[must_use]
    pub fn finishes_files(&self) -> bool {
        self.hooks.iter().any(|hook| hook.event.text == "after-generate" && !hook.commands.is_empty())
    }
}

/// An `access.yaml`: the tokens for repositories.
#[derive(Debug, Clone)]
pub struct AccessFile {
    /// The repositories, each with what stands for its token: the name of an environment variable.
    pub tokens: Vec<(Name, Field<String>)>,
}

/// A `config/<environment>.yaml` or `.json`.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The file.
    pub file: FileId,
    /// The folder of the component that it configures.
    pub folder: String,
    /// The environment: the file's name without its ending.
    pub environment: String,
    /// What it says.
    pub config: Config,
}

/// Configuration of a component, from one file or merged from several.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `config`: the values of a chart.
    pub config: Option<Setting>,
    /// `namespace`
    pub namespace: Option<Field<String>>,
    /// `injectNamespace`
    pub inject_namespace: Option<Field<bool>>,
    /// `disabled`
    pub disabled: Option<Field<bool>>,
    /// `subcomponents`: configuration handed down, by the name that the parent gives the child.
    pub subcomponents: Vec<(Name, Config)>,
    /// Fields that Fabrikate does not know and drops.
    pub unknown: Vec<Name>,
}

impl Config {
    /// What is handed down to a child.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Config> {
        self.subcomponents.iter().find(|(known, _)| known.text == name).map(|(_, config)| config)
    }
}

/// A value below `config`, with the place that won and the places that lost in the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The place of the key, except in lists.
    pub key: Option<Span>,
    /// The place of the value.
    pub span: Span,
    /// The value.
    pub content: Content,
    /// Values of lower layers that this one hides, highest layer first.
    pub lost: Vec<Span>,
}

/// The value of a [`Setting`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Null, written or absent.
    Null,
    /// Anything else that is no collection, as text.
    Scalar(String),
    /// A list. Lists of several layers are joined, so each item has its own file.
    List(Vec<Setting>),
    /// A map.
    Map(Vec<(String, Setting)>),
}

/// A component tree: a component file that nobody includes, and everything below it.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The folder of its component file.
    pub folder: String,
    /// The components, level by level; the root first.
    pub units: Vec<Unit>,
    /// The environments it is generated for.
    pub environments: Vec<Environment>,
}

impl Definition {
    /// The children of a unit with their indexes. Units stand level by level, so those of one parent are neighbours.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = (usize, &Unit)> {
        let first = self.units.partition_point(|unit| unit.parent < Some(parent));
        self.units.iter().enumerate().skip(first).take_while(move |(_, unit)| unit.parent == Some(parent))
    }
}

/// A component in its place in a tree. Each writes one file for each environment.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The parent's index; absent for the root.
    pub parent: Option<usize>,
    /// The component: for a child that lies on disk, what its own file says.
    pub component: Arc<Component>,
    /// The entry in the parent's `subcomponents`; for the root, the component itself.
    pub entry: Arc<Component>,
    /// Index of its own component file in [`super::Plan::components`]; absent for a child that is written inline.
    pub file: Option<usize>,
    /// The folder that its paths are relative to; absent if it leads out of what was listed.
    pub folder: Option<String>,
    /// The folder below `generated/<environment>/`, without slashes at its ends.
    pub logical_path: String,
    /// Why its own component file is not there to be read.
    pub missing: Option<Missing>,
    /// The folder of its chart or of its static manifests; absent for other kinds, and if it leads out of what was
    /// listed.
    pub material: Option<String>,
    /// The files that a static component copies, in the order in which it does: by name, without subfolders.
    pub statics: Vec<(Arc<str>, FileId)>,
}

/// Why a component file that a child points to was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It comes from a Git repository and is not checked in.
    Remote,
    /// Nothing lies at its place, or something that could not be read.
    NotFound,
    /// It is one of its own ancestors.
    Cycle,
}

impl Unit {
    /// The name of the file that it writes, below `generated/<environment>/`.
    #[must_use]
    pub fn output(&self) -> String {
        let name = self.component.name();
        if self.logical_path.is_empty() { format!("{name}.yaml") } else { format!("{}/{name}.yaml", self.logical_path) }
    }

    /// Where the parent names it; for the root, its own name.
    #[must_use]
    pub fn name_span(&self) -> Span {
        self.entry.name.as_ref().map_or(self.entry.title, |name| name.span)
    }
}

/// What layers of configuration do to each other, as pairs of places: the higher and the lower one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clashes {
    /// Values that do not merge, so that generation fails.
    pub conflicts: Vec<(Span, Span)>,
    /// Lists that are joined, although the higher one may be meant to replace the lower.
    pub joined: Vec<(Span, Span)>,
    /// Null, `[]` or `{}` over a value that stays.
    pub kept: Vec<(Span, Span)>,
    /// A `disabled: true` that is lost, because the higher layer mentions the subcomponent.
    pub enabled: Vec<(Span, Span)>,
    /// A `namespace` and an `injectNamespace: true` of two layers, of which only one counts.
    pub parted: Vec<(Span, Span)>,
}

/// What one call of `fab generate` makes of a tree.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The folder below `generated/`: the environments joined by `-`.
    pub name: String,
    /// The environments of the call, highest first, without `common`.
    pub layers: Vec<String>,
    /// The merged configuration of each unit; absent for those that are disabled, and for all below them.
    pub configs: Vec<Option<Config>>,
    /// What the layers do to each other.
    pub clashes: Clashes,
    /// The folder with its generated manifests, if there is one.
    pub generated: Option<String>,
}

/// What a generated file of a static component consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    /// The copies, in order.
    pub found: Vec<Copy>,
    /// The first static file that is not in it as it is now, by its printed name.
    pub differs: Option<(Arc<str>, FileId)>,
    /// Where that one was looked for.
    pub wanted: usize,
    /// Where the first thing in it stands that is no copy.
    pub rest: Option<usize>,
}

/// A stretch of a generated file that is, byte for byte, one static file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The stretch, in bytes.
    pub range: Range<usize>,
    /// The static file.
    pub file: FileId,
}

impl Copies {
    /// The place in the static file of a place in the generated one.
    #[must_use]
    pub fn source_of(&self, span: Span) -> Option<Span> {
        let range = span.range();
        let behind = self.found.partition_point(|copy| copy.range.start <= range.start);
        let copy = self.found[..behind].last().filter(|copy| range.end <= copy.range.end)?;
        let moved = |at: usize| (at - copy.range.start) as u32;
        Some(Span::new(copy.file, moved(range.start), moved(range.end)))
    }

    /// Whether the file is exactly what the static files make.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.differs.is_none() && self.rest.is_none()
    }
}
