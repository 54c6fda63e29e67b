//! Which folders Flux and Argo CD apply, and whether they name the namespace for what is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::listing::{Listing, folder_of, join};
use crate::model::resource::Resource;
use crate::model::source::FileId;
use crate::model::value::Value;
use crate::render::kustomize::rendered::kustomization_in;

/// Where an object takes its manifests from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// From an address.
    Address(String),
    /// From a source of Flux: its namespace, if it is written, and its name.
    Source(Option<String>, String),
    /// That is not written, or filled in later.
    Unknown,
}

/// What an object applies of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All that is below it.
    Below,
    /// Only what is in it.
    Here,
    /// What some patterns match of all that is below it.
    Some,
}

/// What an object applies: a folder, from the root of the repository that it is in, and whether it names a namespace.
#[derive(Debug, Clone)]
struct Delivery {
    folder: String,
    names_namespace: bool,
    reach: Reach,
    origin: Origin,
    /// The file of the object.
    file: FileId,
}

/// The addresses of Flux's sources by their names, with their namespaces.
type Addresses = BTreeMap<String, Vec<(Option<String>, String)>>;

/// Everything that is applied from folders of repositories.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    all: Vec<Delivery>,
    sources: Addresses,
}

/// The repository that a run is about.
#[derive(Clone, Copy)]
pub struct Repository<'a> {
    /// The working directory as seen from its root.
    pub below: &'a str,
    /// Its files.
    pub listing: &'a Listing,
    /// The printed name of a file.
    pub names: &'a dyn Fn(FileId) -> &'a str,
    /// The addresses that it is known by; empty if nobody says.
    pub remotes: &'a [String],
}

impl Repository<'_> {
    /// A printed name as seen from the root.
    fn path_of(&self, name: &str) -> Option<String> {
        join(self.below, name)
    }

    fn has_kustomization(&self, folder: &str) -> bool {
        let inside = match self.below {
            "" => Some(folder),
            below if folder == below => Some(""),
            below => folder.strip_prefix(below).and_then(|rest| rest.strip_prefix('/')),
        };
        inside.is_some_and(|folder| kustomization_in(folder, self.listing).is_some())
    }
}

/// What is applied from the folders of this repository.
pub struct Ours<'d> {
    deliveries: Vec<&'d Delivery>,
    repository: Repository<'d>,
}

impl Deliveries {
    /// Reads an object. The namespace of a Flux Kustomization replaces every other
    /// (`fluxcd/pkg/kustomize/kustomize_generator.go`, `WriteFile`), that of an Argo CD Application is for what names none.
    pub fn add(&mut self, resource: &Resource<'_>) {
        let spec = resource.value.get("spec");
        let text = |route: &[&str]| spec?.at(route.iter().copied())?.as_str().map(std::borrow::Cow::into_owned);
        let file = resource.value.span().file;
        let own = || resource.namespace().map(std::borrow::Cow::into_owned);
        match (resource.group(), &*resource.kind) {
            ("source.toolkit.fluxcd.io", "GitRepository") => {
                let (Some(name), Some(url)) = (resource.name(), text(&["url"])) else { return };
                self.sources.entry(name.into_owned()).or_default().push((own(), url));
            }
            // What comes from a bucket or an image is no folder of a repository.
            ("kustomize.toolkit.fluxcd.io", "Kustomization")
                if text(&["sourceRef", "kind"]).is_none_or(|kind| kind == "GitRepository") =>
            {
                let (path, namespace) = (text(&["path"]).unwrap_or_default(), text(&["targetNamespace"]));
                let origin = match text(&["sourceRef", "name"]) {
                    Some(name) => Origin::Source(text(&["sourceRef", "namespace"]).or_else(own), name),
                    None => Origin::Unknown,
                };
                let note = |path: &str| Delivery::of(path, namespace.as_deref(), Reach::Below, origin.clone(), file);
                // Relative to the folder that they are added to.
                let components = spec.and_then(|spec| spec.get("components")).into_iter().flat_map(Value::items);
                let components = components.filter_map(Value::as_str);
                self.all.extend(components.filter_map(|component| note(&format!("{path}/{component}"))));
                self.all.extend(note(&path));
            }
            ("argoproj.io", "Application") => {
                let namespace = text(&["destination", "namespace"]);
                let several = spec.and_then(|spec| spec.get("sources")).into_iter().flat_map(Value::items);
                let sources = spec.and_then(|spec| spec.get("source")).into_iter().chain(several);
                for source in sources.filter(|source| source.get("chart").is_none()) {
                    let Some(path) = source.get("path").and_then(Value::as_str) else { continue };
                    let namespace = source
                        .at(["kustomize", "namespace"])
                        .and_then(Value::as_str)
                        .or(namespace.as_deref().map(Into::into));
                    let address = source.get("repoURL").and_then(Value::as_str);
                    let origin = address.map_or(Origin::Unknown, |url| Origin::Address(url.into_owned()));
                    self.all.extend(Delivery::of(&path, namespace.as_deref(), argo_reach(source), origin, file));
                }
            }
            _ => {}
        }
    }

    pub(super) fn merge(&mut self, other: Deliveries) {
        self.all.extend(other.all);
        for (name, more) in other.sources {
            self.sources.entry(name).or_default().extend(more);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What is applied from this repository. What comes from another one may well lie in folders of the same names.
    ///
    /// An address is ours if the repository is known by it, or if what is applied from it holds the very object that
    /// applies it. If no address is known to be ours, that of a fork is: it has the same last word. Where an address is
    /// not known, or nobody says which are ours, every folder counts except the whole.
    #[must_use]
    pub fn of<'d>(&'d self, repository: Repository<'d>) -> Ours<'d> {
        let holds_itself = |one: &&Delivery| {
            let name = repository.path_of((repository.names)(one.file));
            name.is_some_and(|name| is_within(&name, &one.folder))
        };
        let itself = self.all.iter().filter(|one| !one.folder.is_empty()).filter(holds_itself);
        let itself = itself.flat_map(|one| self.addresses(one)).map(words);
        let ours: BTreeSet<(String, String)> = repository.remotes.iter().map(|url| words(url)).chain(itself).collect();
        let is_told = |one: &Delivery| self.addresses(one).into_iter().any(|url| ours.contains(&words(url)));
        let sources = self.sources.values().flatten().map(|(_, url)| url);
        let is_any_told = self.all.iter().any(is_told) || sources.map(|url| words(url)).any(|url| ours.contains(&url));
        let is_fork = |one: &Delivery| {
            let last: Vec<_> = self.addresses(one).into_iter().map(|url| words(url).1).collect();
            ours.iter().any(|(_, own)| last.contains(own))
        };
        let counts = |one: &&Delivery| match self.addresses(one).is_empty() || ours.is_empty() {
            true => !one.folder.is_empty(),
            false => is_told(one) || (!is_any_told && is_fork(one)),
        };
        Ours { deliveries: self.all.iter().filter(counts).collect(), repository }
    }

    /// The addresses that it may come from: clusters have sources of the same name.
    fn addresses<'d>(&'d self, one: &'d Delivery) -> Vec<&'d str> {
        let written = match &one.origin {
            Origin::Address(url) => vec![&**url],
            Origin::Source(namespace, name) => {
                let known = self.sources.get(name).into_iter().flatten();
                let fits = |own: &Option<String>| own.is_none() || namespace.is_none() || own == namespace;
                known.filter(|(own, _)| fits(own)).map(|(_, url)| &**url).collect()
            }
            Origin::Unknown => Vec::new(),
        };
        if written.iter().any(|url| is_filled_in_later(url)) { Vec::new() } else { written }
    }
}

impl Delivery {
    fn of(path: &str, namespace: Option<&str>, reach: Reach, origin: Origin, file: FileId) -> Option<Self> {
        if is_filled_in_later(path) {
            return None;
        }
        let folder = join("", path.trim_start_matches('/'))?;
        let names_namespace = namespace.is_some_and(|namespace| !namespace.is_empty());
        Some(Delivery { folder, names_namespace, reach, origin, file })
    }
}

impl Ours<'_> {
    /// Whether all that apply a file name its namespace.
    #[must_use]
    pub fn name_namespace_of_file(&self, name: &str) -> bool {
        // Kustomize takes in what is below, unless it fails; then nobody knows.
        self.name_namespace(folder_of(name), |folder| self.repository.has_kustomization(folder))
    }

    /// Whether all that apply what the kustomization of a folder makes name its namespace.
    #[must_use]
    pub fn name_namespace_of_kustomization(&self, folder: &str) -> bool {
        self.name_namespace(folder, |_| false)
    }

    /// Of folders within each other the innermost counts. `takes_more` says of a folder whose files alone are applied
    /// whether more of it is.
    fn name_namespace(&self, folder: &str, takes_more: impl Fn(&str) -> bool) -> bool {
        let Some(folder) = self.repository.path_of(folder) else { return false };
        let is_reached = |one: &Delivery| match one.reach {
            Reach::Below => true,
            Reach::Here => folder == one.folder || takes_more(&one.folder),
            // Which files the patterns match is not known.
            Reach::Some => one.names_namespace,
        };
        let holds = |one: &&&Delivery| (folder == one.folder || is_within(&folder, &one.folder)) && is_reached(one);
        let Some(longest) = self.deliveries.iter().filter(holds).map(|one| one.folder.len()).max() else {
            return false;
        };
        self.deliveries.iter().filter(holds).filter(|one| one.folder.len() == longest).all(|one| one.names_namespace)
    }
}

/// What Argo CD takes of a folder without a kustomization (`reposerver/repository/repository.go`, `findManifests`).
fn argo_reach(source: Value<'_>) -> Reach {
    let directory = |key| source.at(["directory", key]);
    match directory("recurse").and_then(Value::as_bool) {
        _ if directory("include").is_some() || directory("exclude").is_some() => Reach::Some,
        Some(true) => Reach::Below,
        _ => Reach::Here,
    }
}

/// Whether a path is below a folder; all are below `""`.
fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_filled_in_later(text: &str) -> bool {
    text.contains("${") || text.contains("{{")
}

/// The last two words of the address of a repository, which are the same whatever way it is reached:
/// `git@github.com:shop/web.git` is `https://github.com/shop/web`.
fn words(url: &str) -> (String, String) {
    let url = url.trim_end_matches('/').to_lowercase();
    let url = url.strip_suffix(".git").unwrap_or(&url);
    // Azure DevOps has one more word in addresses of HTTPS.
    let mut words = url.rsplit(['/', ':']).filter(|word| !word.is_empty() && *word != "_git");
    let last = words.next().unwrap_or_default().to_owned();
    (words.next().unwrap_or_default().to_owned(), last)
}
