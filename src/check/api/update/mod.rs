//! What the API server refuses in an update of an object: rules about what an object was and what it becomes.
//!
//! Only who has both versions can see these before the merge. The old object is kept as a [`Before`], which outlives its
//! tree and its texts: findings point into the new object and quote the old one in words. Defaults are filled in on both
//! sides before anything is compared, as the server does it, and values are compared as it compares them
//! (`apiequality.Semantic`): `1Gi` is `1024Mi`, and an absent field is its default.
//!
//! What is applied is taken to be the whole of what the author wants: a field that is gone from the file goes from the
//! object (`kubectl apply`, server-side apply). Fields that the server or a controller may have set in the meantime are
//! not known here, and a rule that depends on one is silent: an absent `clusterIP`, or the class of a claim that had none.
//!
//! Sources are the `Validate…Update` functions of Kubernetes 1.34.1, 1.35.4 and 1.36.3, named at each rule. Those three
//! agree unless a rule says otherwise.

mod claim;
mod config;
mod custom_definition;
mod defaults;
mod difference;
mod home;
mod job;
mod kinds;
mod pairs;
mod plain;
mod rbac;
mod recreated;
mod rules;
mod service;
mod storage;
mod workloads;

use std::sync::Arc;

use crate::check::schema::Version;
use crate::check::wording;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::{Resource, ResourceId};
use crate::model::rule::Rule;
use crate::model::source::Span;

pub use home::{Home, There};
pub use pairs::{Past, Present};
pub use rules::RULES;

use difference::{Difference, What, between};
use kinds::Kind;
use plain::Plain;
use rules::IMMUTABLE_FIELD;

const REFUSED: &str =
    "the API server refuses the update: Flux and Argo CD fail on the object until it is deleted and created again";

/// So many further differences are shown beside the first.
const SHOWN: usize = 4;

/// What is kept of an object of the tree before.
#[derive(Debug, Clone)]
pub struct Before {
    kind: Kind,
    id: ResourceId,
    /// The parts that an update may not change, and those that say whether it may.
    plain: Plain,
}

impl Before {
    /// Reads an object. `None` if no rule is about its kind, or if it has no name of its own.
    #[must_use]
    pub fn of(resource: &Resource<'_>) -> Option<Before> {
        let kind = Kind::of(resource)?;
        let id = resource.id();
        let is_named = id.name.as_deref().is_some_and(|name| !name.is_empty() && !wording::is_placeholder(name));
        let plain = is_named.then(|| kinds::read(kind, resource.value)).flatten()?;
        Some(Before { kind, id, plain })
    }

    /// Which object it was.
    #[must_use]
    pub fn id(&self) -> &ResourceId {
        &self.id
    }
}

/// Checks what becomes of an object: `resource` is it now, whole and of the same group and kind.
pub fn compare(before: &Before, resource: &Resource<'_>, version: Version, out: &mut Vec<Diagnostic>) {
    let Some(after) = Before::of(resource).filter(|after| after.kind == before.kind) else { return };
    if recreated::is(resource) {
        return;
    }
    let id = Arc::new(after.id.clone());
    let (old, new) = (&before.plain, &after.plain);
    let mut update = Update { resource, version, old, new, id, effect: REFUSED, is_secret: false, out };
    match before.kind {
        Kind::Selected => workloads::selected(&mut update),
        Kind::StatefulSet => workloads::stateful_set(&mut update),
        Kind::Job => job::job(&mut update),
        Kind::Pod => job::pod(&mut update),
        Kind::Binding => rbac::binding(&mut update),
        Kind::Claim => claim::claim(&mut update),
        Kind::Volume => claim::volume(&mut update),
        Kind::ConfigMap => config::config_map(&mut update),
        Kind::Secret => config::secret(&mut update),
        Kind::Service => service::service(&mut update),
        Kind::CustomDefinition => custom_definition::custom_definition(&mut update),
        _ => storage::fixed_fields(&mut update, before.kind),
    }
}

/// An update that is being checked.
struct Update<'u, 'o, 't> {
    resource: &'u Resource<'t>,
    version: Version,
    old: &'o Plain,
    new: &'u Plain,
    id: Arc<ResourceId>,
    /// What happens if it is merged.
    effect: &'static str,
    /// Whether values must not be shown.
    is_secret: bool,
    out: &'u mut Vec<Diagnostic>,
}

impl<'o> Update<'_, 'o, '_> {
    /// A field that must stay what it is, compared as it is kept.
    fn immutable(&mut self, keys: &[&str], help: &str) {
        let (old, new) = (self.old.at(keys), self.new.at(keys));
        let path = Path::of(keys.iter().copied());
        self.fixed(&path, between(path.clone(), old, new), help);
    }

    /// A field that must stay what it is, once defaults are filled in.
    fn immutable_with(&mut self, keys: &[&str], fill_in: impl Fn(&mut Option<Plain>), help: &str) {
        let (mut old, mut new) = (self.old.at(keys).cloned(), self.new.at(keys).cloned());
        fill_in(&mut old);
        fill_in(&mut new);
        let path = Path::of(keys.iter().copied());
        self.fixed(&path, between(path.clone(), old.as_ref(), new.as_ref()), help);
    }

    /// A field that must stay what it is; absent or empty, it is the default.
    fn immutable_or(&mut self, keys: &[&str], default: &Plain, help: &str) {
        self.immutable_with(
            keys,
            |field| {
                field.take_if(|field| field.is_zero());
                field.get_or_insert_with(|| default.clone());
            },
            help,
        );
    }

    /// Reports the differences of a field that cannot change as one finding at the first of them.
    fn fixed(&mut self, field: &Path, differences: Vec<Difference<'_>>, help: &str) {
        let differences: Vec<_> = differences.into_iter().filter(|one| !self.is_open(one)).collect();
        let Some(first) = differences.first() else { return };
        let words = self.words(field, first);
        let mut finding = self.finding(&IMMUTABLE_FIELD, words).help(help);
        for further in differences.iter().skip(1).take(SHOWN) {
            let words = self.words(field, further);
            if words.span != finding.primary.span && finding.labels.iter().all(|label| label.span != words.span) {
                finding = finding.cause(words.span, words.label);
            }
        }
        self.out.push(finding);
    }

    /// Whether a difference may vanish, or be another, once something is filled in.
    fn is_open(&self, one: &Difference<'_>) -> bool {
        let was_open = match one.what {
            What::Changed(old) | What::Removed(old) => old.is_open(),
            What::Added | What::Moved => false,
        };
        let now = one.path.0.iter().try_fold(self.new, |plain, segment| match segment {
            Segment::Key(key) => plain.get(key),
            Segment::Index(at) => plain.items().get(*at),
        });
        let is_named_later =
            one.path.0.iter().any(|segment| matches!(segment, Segment::Key(key) if wording::is_placeholder(key)));
        was_open || is_named_later || now.is_some_and(Plain::is_open)
    }

    /// What is said of a difference inside of `field`, and where. What is secret is not quoted.
    fn words(&self, field: &Path, one: &Difference<'_>) -> Words {
        let secret = self.is_secret;
        let root = self.resource.value;
        let kind = &*self.resource.kind;
        let place = one.path.locate(root);
        let is_written = place.depth == one.path.0.len();
        let cannot = match one.path == *field {
            true => ", and cannot change".to_owned(),
            false => format!(", but `{field}` cannot change"),
        };
        let quoted = |old: &Plain| if secret { "…".to_owned() } else { old.quoted() };
        let named = wording::field_and_place(kind, &one.path);
        let (span, fact, label) = match one.what {
            What::Changed(_) if secret => (one.path.span(root), format!("{named} is another"), "another".to_owned()),
            What::Changed(old) if is_written => {
                let old = quoted(old);
                (one.path.span(root), format!("{named} was `{old}`"), format!("was `{old}`"))
            }
            What::Added => (place.key_span(), format!("{named} is new"), "new".to_owned()),
            What::Moved => (place.key_span(), format!("{named} is in another order"), "in another order".to_owned()),
            What::Changed(old) | What::Removed(old) => {
                let is_word = matches!(old, Plain::Word(_));
                // Of an item that has a name, that is enough.
                let old = quoted(old.get("name").filter(|name| name.as_text().is_some()).unwrap_or(old));
                match one.path.0.split_last() {
                    Some((Segment::Key(key), above)) if !is_written => {
                        let above = wording::place(kind, &Path(above.to_vec()));
                        let was = if is_word { format!("{key}: {old}") } else { key.to_string() };
                        let fact = format!("`{was}` is gone from {above}");
                        (one.path.span(root), fact, format!("had `{key}`"))
                    }
                    _ => (one.path.span(root), format!("`{old}` is gone from {named}"), "had one more".to_owned()),
                }
            }
        };
        Words { path: one.path.clone(), span, message: format!("{fact}{cannot}"), label }
    }

    fn finding(&self, rule: &Rule, words: Words) -> Diagnostic {
        let resource = self.resource;
        let full = Path(resource.prefix.0.iter().cloned().chain(words.path.0).collect());
        let checked = format!(
            "checked: update of {} {} in Kubernetes {}, against the version before",
            resource.api_version, resource.kind, self.version
        );
        Diagnostic::new(rule, words.span, words.message, words.label)
            .about(self.id.clone(), full)
            .effect(self.effect)
            .note(checked)
    }
}

/// What is said, and where.
struct Words {
    path: Path,
    span: Span,
    message: String,
    label: String,
}
