//! Objects against their schemas: the built-in kinds of Kubernetes, and custom resources whose definitions are found in
//! the input.
//!
//! [`Schemas`] are those of one Kubernetes version. `table` is the compact form of schemas, `walk` goes through an
//! object beside it, `finding` and `suggest` put what it finds into words. `identity` and `kinds` judge what an object
//! says that it is.

mod compose;
mod crd;
mod custom;
mod defaults;
mod encoding;
mod finding;
mod formats;
mod identity;
mod judge;
mod kinds;
mod known;
mod quantity;
mod rules;
mod suggest;
mod table;
mod version;
mod walk;

use std::borrow::Cow;

use crate::check::deprecation;
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::rule::Rule;

pub use super::cel::{DEEP, STACK};
pub use crd::{
    CustomKind, CustomKinds, declared, described, json_schema, learn, learn_json_schema, learn_known, learn_versions,
};
pub use custom::before::Earlier;
pub use defaults::{DefaultFault, default_faults};
pub use identity::{Identity, Place, broken_items, identity};
pub use known::{Known, known, known_kinds};
pub use rules::{
    CEL_RULE, INVALID_QUANTITY, INVALID_VALUE, MISSING_API_VERSION, MISSING_FIELD, MISSING_KIND, NOT_AN_OBJECT,
    UNKNOWN_FIELD, UNKNOWN_KIND, VERSION_NOT_SERVED, WRONG_TYPE,
};
pub use version::Version;
pub use walk::Mode;

pub(in crate::check) use super::pattern::is_pattern;

use finding::Against;
use table::{BUILT_IN, Table};
use walk::{Root, Walk};

/// The rules of this room.
pub static RULES: &[Rule] = &[
    UNKNOWN_FIELD,
    MISSING_FIELD,
    WRONG_TYPE,
    INVALID_QUANTITY,
    INVALID_VALUE,
    UNKNOWN_KIND,
    VERSION_NOT_SERVED,
    CEL_RULE,
    MISSING_KIND,
    MISSING_API_VERSION,
    NOT_AN_OBJECT,
];

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was checked against its schema.
    Checked,
    /// It is a custom resource: whether its schema is known shows when the whole input was read.
    Waits,
    /// It is no object of a cluster but a file of another tool, such as a kubeconfig.
    Foreign,
    /// There is no such kind in the target version; that was said, and nothing else can be.
    Unknown,
}

/// Whether objects of a kind lie in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// They do.
    Namespaced,
    /// They do not.
    Cluster,
}

/// The type that an object was compared with, and what was found.
pub type Walked = Option<(u32, Vec<Diagnostic>)>;

/// A built-in kind of the target version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuiltIn {
    /// `apps/v1`
    pub api_version: &'static str,
    /// `Deployment`
    pub kind: &'static str,
}

/// The schemas of the built-in kinds of one Kubernetes version. Cheap to make and to copy.
#[derive(Debug, Clone, Copy)]
pub struct Schemas {
    table: Table<'static>,
    column: usize,
    version: Version,
    /// The type of `ObjectMeta`.
    metadata: u32,
}

impl Schemas {
    /// The versions that are known, oldest first.
    #[must_use]
    pub fn versions() -> Vec<Version> {
        Table::read(BUILT_IN).versions().collect()
    }

    /// The schemas of a version; `None` if it is not embedded.
    #[must_use]
    pub fn of(version: Version) -> Option<Self> {
        let table = Table::read(BUILT_IN);
        let column = table.versions().position(|known| known == version)?;
        let config_map = table.type_at(table.kind("v1", "ConfigMap")?.type_in(column)?);
        let metadata = table.field(&config_map, "metadata")?.1.type_index();
        Some(Schemas { table, column, version, metadata })
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// All kinds of this version, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<BuiltIn> {
        let mut kinds: Vec<_> = self
            .table
            .kinds()
            .filter(|row| row.type_in(self.column).is_some())
            .map(|row| BuiltIn { api_version: row.api_version, kind: row.kind })
            .collect();
        kinds.sort_unstable();
        kinds
    }

    /// Whether objects of a built-in kind lie in namespaces; `None` for kinds that this version does not serve.
    #[must_use]
    pub fn scope(&self, api_version: &str, kind: &str) -> Option<Scope> {
        let row = self.table.kind(api_version, kind)?;
        row.type_in(self.column)?;
        Some(if row.cluster { Scope::Cluster } else { Scope::Namespaced })
    }

    /// Checks a resource of a built-in kind, and says of others what they are. Patches are not asked what they are: the
    /// object that they change is.
    pub fn check(&self, resource: &Resource<'_>, mode: Mode, out: &mut Vec<Diagnostic>) -> Verdict {
        self.check_again(resource, mode, &mut None, out)
    }

    /// As [`Schemas::check`], for one version after the other: versions in which the kind has the same type share a walk.
    pub fn check_again(
        &self,
        resource: &Resource<'_>,
        mode: Mode,
        walked: &mut Walked,
        out: &mut Vec<Diagnostic>,
    ) -> Verdict {
        let row = self.table.kind(&resource.api_version, &resource.kind);
        let index = row.and_then(|row| row.type_in(self.column));
        if mode == Mode::Whole {
            deprecation::check(resource, self.version, self.changes(resource), out);
        }
        match index {
            Some(index) => {
                let known = walked.take().filter(|(known, _)| *known == index);
                let walk = || self.walk(resource, index, Against::BuiltIn(self.version)).run(mode);
                let (_, found) = walked.insert(known.unwrap_or_else(|| (index, walk())));
                out.extend(found.iter().cloned());
                Verdict::Checked
            }
            None if mode == Mode::Patch => Verdict::Waits,
            None => kinds::not_served(self, resource, out),
        }
    }

    fn walk<'w, 't>(&self, resource: &'w Resource<'t>, index: u32, against: Against<'w>) -> Walk<'w, 't> {
        let root = |index| Root { table: self.table, index };
        Walk::new(resource, root(index), root(self.metadata), against)
    }

    /// What would have to change in a resource if it were written by another API version: the answer to the question of
    /// [`deprecation::check`].
    fn changes<'s>(&'s self, resource: &'s Resource<'_>) -> impl Fn(&str) -> Option<Vec<Diagnostic>> + 's {
        move |instead| {
            let index = self.table.kind(instead, &resource.kind)?.type_in(self.column)?;
            let instead = Resource { api_version: Cow::Owned(instead.to_owned()), ..resource.clone() };
            Some(self.walk(&instead, index, Against::Instead(&instead.api_version)).run(Mode::Whole))
        }
    }
}

/// Whether objects of a built-in kind lie in no namespace, in whatever version of Kubernetes it is served.
#[must_use]
pub fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    Table::read(BUILT_IN).kind(api_version, kind).is_some_and(|row| row.cluster)
}

impl Default for Schemas {
    /// The newest version.
    fn default() -> Self {
        let newest = Schemas::versions().last().copied().and_then(Schemas::of);
        newest.unwrap_or(Schemas { table: Table::read(&[]), column: 0, version: Version::new(0), metadata: 0 })
    }
}
