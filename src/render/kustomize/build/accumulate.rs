//! A kustomization and everything below it, in the order in which kustomize works (kustomize,
//! `api/internal/target/kusttarget.go`, `accumulateTarget`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::{Listing, file_of, folder_of, join};
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::super::super::rules::{MISSING_FILE, OVERRIDE_WITHOUT_EFFECT, PATCH_WITHOUT_TARGET};
use super::configurations::Configuration;
use super::draft::Node;
use super::log::Log;
use super::metadata::{self, History};
use super::openapi::{self, OpenApi};
use super::read::{self, check, entry, failure, items, text, text_of};
use super::resource::Resource;
use super::source::{Frozen, Inside, Source};
use super::{definitions, generate, images, labels, names, namespace, patch, replacements, replicas, vars};
use crate::model::listing::KUSTOMIZATIONS;

/// What a build may look at.
pub(in crate::render) struct Library<'a> {
    pub listing: &'a Listing,
    /// The YAML files that kustomizations reach.
    pub sources: HashMap<FileId, Vec<Arc<Source>>>,
    /// Reads a text that stands in a kustomization.
    pub parse: &'a (dyn Fn(String) -> Part + Sync),
    /// The bytes of any other file.
    pub text: &'a (dyn Fn(FileId) -> Option<Arc<[u8]>> + Sync),
}

/// A folder, and what has chosen the schema before it.
type Built = (String, Option<Span>);

/// Builds kustomizations; what several take in is built once.
pub(in crate::render) struct Builder<'a> {
    pub library: Library<'a>,
    built: Mutex<HashMap<Built, Arc<Accumulated>>>,
    inline: Mutex<HashMap<Span, Arc<Source>>>,
    /// Whether some kustomization asks how objects were made.
    pub keeps_history: bool,
}

/// What has come together so far.
#[derive(Debug, Clone, Default)]
pub(in crate::render) struct Accumulated {
    pub resources: Vec<Resource>,
    pub configuration: Configuration,
    pub vars: Vec<vars::Var>,
    /// The schema that a kustomization has chosen.
    pub openapi: Option<Arc<OpenApi>>,
    pub log: Log,
}

/// How deep kustomizations may take in each other.
const DEEP: usize = 100;

/// How many kustomizations a build may go through: a component that is taken in twice does its work twice.
const STEPS: usize = 5_000;

/// A kustomization that is being worked on.
pub(in crate::render) struct Site<'s, 'a> {
    pub builder: &'s Builder<'a>,
    pub folder: &'s str,
    pub root: Value<'s>,
}

impl<'a> Builder<'a> {
    pub fn new(library: Library<'a>) -> Self {
        let roots = library.sources.values().filter_map(|sources| sources.first()?.part.roots().next());
        let keeps_history = roots.into_iter().any(|(_, root)| metadata::is_asked_for(root));
        Builder { library, built: Mutex::default(), inline: Mutex::default(), keeps_history }
    }

    /// Gives the files back.
    pub fn into_sources(self) -> HashMap<FileId, Vec<Arc<Source>>> {
        self.library.sources
    }

    /// Gives up what was made for several.
    pub fn take_built(&mut self) -> Vec<Arc<Accumulated>> {
        let built = self.built.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(built).into_values().collect()
    }

    /// The kustomization of a folder.
    pub fn kustomization(&self, folder: &str) -> Option<&Arc<Source>> {
        let file = self.files(folder).next()?;
        self.library.sources.get(&file)?.first()
    }

    /// The files of a folder that are kustomizations; there may be one.
    fn files(&self, folder: &str) -> impl Iterator<Item = FileId> {
        KUSTOMIZATIONS.iter().filter_map(move |name| self.library.listing.file(&join(folder, name)?))
    }

    /// Everything that the kustomization of a folder makes, before the last steps of a build.
    pub fn base(&self, folder: &str, openapi: Option<Arc<OpenApi>>, above: &mut Vec<String>) -> Arc<Accumulated> {
        let key = (folder.to_owned(), openapi.as_ref().map(|openapi| openapi.span));
        let built = || self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = built().get(&key) {
            return known.clone();
        }
        let mut accumulated = Accumulated { openapi, ..Accumulated::default() };
        self.add(folder, &mut accumulated, false, above);
        let accumulated = Arc::new(accumulated);
        built().insert(key, accumulated.clone());
        accumulated
    }

    /// Adds what the kustomization of a folder does to what there is.
    fn add(&self, folder: &str, to: &mut Accumulated, is_component: bool, above: &mut Vec<String>) {
        let Some(source) = self.kustomization(folder) else { return };
        let Some((_, root)) = source.part.roots().next() else {
            let span = Span::top(source.part.tree.file);
            to.log.fail(failure(span, "the kustomization is empty", ""));
            return;
        };
        to.log.steps += 1;
        if to.log.steps > STEPS {
            let span = Span::top(source.part.tree.file);
            to.log.fail(failure(span, format!("the build goes through more than {STEPS} kustomizations"), ""));
            return;
        }
        if let Some(other) = self.files(folder).nth(1) {
            let finding = failure(Span::top(source.part.tree.file), "the folder has two kustomizations", "the first");
            to.log.fail(finding.see(Span::top(other), "the second").help("keep one of them"));
        }
        above.push(folder.to_owned());
        to.log.folders.insert(folder.to_owned());
        Site { builder: self, folder, root }.accumulate(to, is_component, above);
        above.pop();
    }

    /// The text inside of a scalar as a source of its own.
    pub fn inline(&self, scalar: Value<'_>) -> Arc<Source> {
        let span = scalar.span();
        let known = || self.inline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&span).cloned() {
            return known;
        }
        let text = text_of(scalar);
        let unended = !text.ends_with('\n');
        let part = (self.library.parse)(text);
        let source = Arc::new(Source::scalar(part, Inside::of(scalar), unended));
        known().entry(span).or_insert(source).clone()
    }
}

impl<'s> Site<'s, '_> {
    fn accumulate(&self, to: &mut Accumulated, is_component: bool, above: &mut Vec<String>) {
        for finding in check(self.root, if above.len() > 1 { Some(is_component) } else { None }) {
            to.log.fail(finding);
        }
        if to.openapi.is_none() {
            to.openapi = openapi::read(self, &mut to.log);
        }
        for list in ["resources", "bases"] {
            for item in items(self.root, list) {
                self.resource(item, to, above);
            }
        }
        to.configuration.read(self, &mut to.log);
        definitions::read(self, &mut to.configuration, &mut to.log);
        generate::generate(self, to);
        // What generators make is there before patches are laid over it, those of components included (`runGenerators`,
        // `accumulateComponents`, `runTransformers`).
        self.plugins(&["generators", "helmCharts", "helmChartInflationGenerator"], to);
        for item in items(self.root, "components") {
            self.component(item, to, above);
        }
        self.transform(to);
        self.plugins(&["transformers", "validators"], to);
        vars::read(self, to);
    }

    /// Notes which of these fields there are: plugins are not run.
    fn plugins(&self, lists: &[&str], to: &mut Accumulated) {
        for list in lists {
            if let Some(entry) = entry(self.root, list).filter(|entry| !entry.value.is_empty()) {
                let what = if list.starts_with("helm") { "Helm charts" } else { "plugins" };
                to.log.open |= *list == "transformers";
                to.log.hole(entry.key.span(), format!("`{list}` of a kustomization: {what} are not rendered"));
            }
        }
    }

    fn transform(&self, to: &mut Accumulated) {
        let fail = |finding: Option<Diagnostic>, to: &mut Accumulated| {
            if let Some(finding) = finding {
                to.log.fail(finding);
            }
        };
        patch::strategic(self, to);
        patch::patches(self, to);
        fail(namespace::transform(self, to), to);
        names::transform(self, to);
        labels::transform(self, to);
        patch::json6902(self, to);
        replicas::transform(self, to);
        images::transform(self, to);
        replacements::transform(self, to);
        if self.builder.keeps_history {
            metadata::note(self, to);
        }
    }

    /// The printed name of the kustomization.
    pub fn name(&self) -> Option<String> {
        KUSTOMIZATIONS
            .iter()
            .filter_map(|name| self.path(name))
            .find(|name| self.builder.library.listing.file(name).is_some())
    }

    /// The path of an entry, from the root of the listing.
    fn path(&self, text: &str) -> Option<String> {
        Some(self.builder.library.listing.behind_links(join(self.folder, text)?))
    }

    /// A YAML file that a field names.
    pub fn file(&self, item: Value<'_>, log: &mut Log) -> Option<&'s [Arc<Source>]> {
        let name = text_of(item);
        let known = self.path(&name).and_then(|path| self.builder.library.listing.file(&path));
        match known.and_then(|file| self.builder.library.sources.get(&file)) {
            Some(sources) => Some(sources),
            None => {
                self.missing(item, &name, log);
                None
            }
        }
    }

    /// The bytes of a file that a field names.
    pub fn bytes(&self, item: Value<'_>, name: &str, log: &mut Log) -> Option<(FileId, Arc<[u8]>)> {
        let file = self.path(name).and_then(|path| self.builder.library.listing.file(&path));
        let read = file.and_then(|file| Some((file, (self.builder.library.text)(file)?)));
        if read.is_none() {
            self.missing(item, name, log);
        }
        read
    }

    /// Says that a path leads nowhere, if that is known.
    fn missing(&self, item: Value<'_>, name: &str, log: &mut Log) {
        let span = item.span();
        if is_remote(name) {
            log.hole(span, format!("`{name}` is remote: plimsoll fetches nothing"));
            return;
        }
        match self.path(name) {
            Some(path) if self.builder.library.listing.file(&path).is_some() => {
                log.hole(span, format!("`{name}` is no YAML file that can be read"));
            }
            Some(path) if self.builder.library.listing.is_never_listed(&path) => {
                log.hole(span, format!("`{name}` is left out by `.gitignore` or `exclude`"));
            }
            Some(path) if self.builder.library.listing.knows(&path) => {
                let finding =
                    Diagnostic::new(&MISSING_FILE, span, format!("`{name}` does not exist"), "no such file or folder")
                        .effect("`kustomize build` fails, and nothing is built");
                let folder = folder_of(&path);
                let beside: Vec<&str> = self
                    .builder
                    .library
                    .listing
                    .below(folder)
                    .map(|(name, _)| name.strip_prefix(folder).unwrap_or(name).trim_start_matches('/'))
                    .map(|name| name.split('/').next().unwrap_or(name))
                    .collect();
                let last = file_of(name);
                log.lacks = true;
                log.fail(match crate::model::near::nearest(last, beside) {
                    Some(near) => finding.help(format!("did you mean `{}{near}`?", &name[..name.len() - last.len()])),
                    None => finding.help("correct the path, or add the file"),
                });
            }
            _ => log.hole(span, format!("`{name}` lies outside of the repository")),
        }
    }

    fn resource(&self, item: Value<'_>, to: &mut Accumulated, above: &mut Vec<String>) {
        let name = text_of(item);
        let span = item.span();
        let path = self.path(&name);
        let listing = self.builder.library.listing;
        if let Some(folder) = path.as_deref().filter(|path| listing.file(path).is_none() && listing.is_folder(path)) {
            let Some(()) = self.may_enter(folder, (&name, span), "resources", to, above) else { return };
            let base = self.builder.base(folder, to.openapi.clone(), above);
            to.openapi.clone_from(&base.openapi);
            to.log.join(&base.log);
            to.configuration.merge(&base.configuration);
            to.vars.extend(base.vars.iter().cloned());
            for resource in &base.resources {
                let mut resource = resource.clone();
                resource.included.push(span);
                append(to, resource, span);
            }
            return;
        }
        let Some(sources) = self.file(item, &mut to.log) else { return };
        // What is still empty will be filled by somebody, as Flux does with `gotk-components.yaml`.
        to.log.open |= sources.iter().all(|source| source.part.documents.is_empty());
        for source in sources {
            if !source.part.findings.is_empty() && source.part.documents.len() < source.part.count {
                // What is wrong is said where it is; the real tool does not get past it.
                to.log.failed |=
                    source.part.findings.iter().any(|one| one.severity == crate::model::rule::Severity::Error);
            }
            // The real tool builds the object, and cannot write it.
            to.log.failed |= source.part.findings.iter().any(|one| one.rule == "duplicate-key");
            if source.part.template {
                to.log.hole(span, format!("`{name}` is a template, not YAML"));
                to.log.failed = true;
            }
            for (_, root) in source.part.roots() {
                objects(Node::Frozen(Frozen::new(source, root), None), &mut |node| {
                    let span_of_object = node.trace().span;
                    let mut resource = Resource::new(node);
                    resource.from = Some(span_of_object);
                    if let Some(path) = path.as_deref().filter(|_| self.builder.keeps_history) {
                        resource.history = History::read(path);
                    }
                    to.log.taken.insert(span_of_object);
                    resource.included.push(span);
                    let lacks = match (&*resource.id.gvk.kind, &*resource.id.name) {
                        ("", _) => Some("kind"),
                        (_, "") => Some("metadata.name"),
                        _ => None,
                    };
                    if let Some(lacks) = lacks {
                        let message = format!("an object in `{name}` has no `{lacks}`: kustomize takes in none such");
                        let finding = failure(span, message, "taken in here");
                        to.log.fail(finding.see(resource.node.trace().span, "this one"));
                        return;
                    }
                    append(to, resource, span);
                });
            }
        }
    }

    /// Whether the kustomization of a folder may be taken in.
    fn may_enter(
        &self,
        folder: &str,
        (name, span): (&str, Span),
        among: &str,
        to: &mut Accumulated,
        above: &[String],
    ) -> Option<()> {
        if above.iter().any(|one| one == folder) || above.len() > DEEP {
            to.log.fail(failure(span, format!("`{name}` takes in this kustomization again"), "a circle"));
            return None;
        }
        let Some(source) = self.builder.kustomization(folder) else {
            let finding = Diagnostic::new(&MISSING_FILE, span, format!("there is no kustomization in `{name}`"), "")
                .effect("`kustomize build` fails, and nothing is built")
                .help("name the files in it, or add a kustomization.yaml");
            to.log.fail(finding);
            return None;
        };
        let kind = source.part.roots().next().and_then(|(_, root)| text(root, "kind"));
        if let Some(finding) = kind.and_then(|(kind, value)| read::misplaced(&kind, value.span(), name, span, among)) {
            to.log.fail(finding);
        }
        Some(())
    }

    fn component(&self, item: Value<'_>, to: &mut Accumulated, above: &mut Vec<String>) {
        let (name, span) = (text_of(item), item.span());
        let listing = self.builder.library.listing;
        match self.path(&name).filter(|_| !is_remote(&name)) {
            Some(folder) if listing.is_folder(&folder) => {
                let Some(()) = self.may_enter(&folder, (&name, span), "components", to, above) else { return };
                let before = to.resources.len();
                self.builder.add(&folder, to, true, above);
                for resource in to.resources.iter_mut().skip(before) {
                    resource.included.push(span);
                }
            }
            Some(path) if listing.file(&path).is_some() => {
                let finding = failure(span, format!("`{name}` is a file, not a folder with a component"), "");
                to.log.fail(finding.help("name the folder of the component"));
            }
            _ => {
                to.log.open = true;
                self.missing(item, &name, &mut to.log);
            }
        }
    }

    /// The value of a text field with its place.
    pub fn text(&self, key: &str) -> Option<(String, Span)> {
        text(self.root, key).map(|(text, value)| (text, value.span()))
    }
}

/// Adds an object, unless there is one of its id.
pub(in crate::render) fn append(to: &mut Accumulated, resource: Resource, span: Span) {
    if let Some(other) = to.resources.iter().find(|other| other.id.is_same(&resource.id)) {
        let message = format!("{} is taken in twice", resource.id.title());
        let label = "the second time";
        let other = other.included.last().copied();
        let finding = failure(span, message, label);
        to.log.fail(match other.filter(|other| *other != span) {
            Some(other) => finding.see(other, "the first time"),
            None => finding,
        });
        return;
    }
    to.resources.push(resource);
}

/// The objects of a document: the items of a list of any kind, or the document itself.
fn objects(node: Node, add: &mut dyn FnMut(Node)) {
    let is_list = node.text_at(&["kind"]).is_some_and(|kind| kind.ends_with("List"));
    match node.get("items").filter(|items| is_list && items.is_list()) {
        Some(items) => items.items().into_iter().for_each(|item| objects(item, add)),
        None => add(node),
    }
}

/// Whether an entry names something on another machine (kustomize, `api/internal/git/repospec.go`).
pub(in crate::render) fn is_remote(name: &str) -> bool {
    name.contains("://")
        || name.contains("?ref=")
        || ["github.com/", "github.com:", "git@", "git::", "gh:", "bitbucket.org/", "gitlab.com/"]
            .iter()
            .any(|start| name.starts_with(start))
}

/// An entry that nothing fits.
pub(in crate::render) fn without_effect(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&OVERRIDE_WITHOUT_EFFECT, span, message, "nothing fits")
        .effect("kustomize says nothing, and the entry changes nothing")
        .help("correct the name, or remove the entry")
}

/// A targeted patch that nothing fits.
pub(in crate::render) fn without_target(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&PATCH_WITHOUT_TARGET, span, message, "no object fits")
        .effect("kustomize says nothing, and the patch changes nothing")
        .help("correct the target, or remove the patch")
}
