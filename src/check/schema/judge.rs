//! A custom resource against one version of its definition: the order of the API server's checks
//! (`customResourceStrategy.Validate` and `ValidateUpdate` in
//! `k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go`).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Segment;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::value::Value;

use super::custom::before::{Earlier, Pair, is_unchanged};
use super::custom::conform::{Fault, Outcome, What, conform};
use super::custom::keywords::{asked, to_json};
use super::custom::settle::settle;
use super::custom::wording::{broken, was_there};
use super::custom::{Asks, cel};
use super::finding::Against;
use super::table::Table;
use super::walk::{Root, Walk};
use super::{MISSING_FIELD, Mode, Schemas, UNKNOWN_FIELD};

/// The deepest nesting of a custom resource that is looked into.
const DEPTH: u32 = 200;
/// The version of Kubernetes from which on an update may leave wrong what was wrong before, unless it is told otherwise
/// (`CRDValidationRatcheting`).
const RATCHETS: u16 = 30;

/// Said where the server says the same.
const BLOCKED: &str = "the rules in CEL of the definition are not evaluated before this is mended";

/// A table of one type, and what does not fit into it.
pub(super) struct CustomSchema {
    table: Vec<u8>,
    root: u32,
    asks: Asks,
    /// It has the subresource, which what people write has no say in.
    status: bool,
}

/// What is known of an object before an update.
#[derive(Clone, Copy)]
pub(super) struct Past<'p> {
    pub(super) earlier: &'p Earlier,
    /// A webhook makes an object of another version of it.
    pub(super) converted: bool,
}

/// What one definition says of a resource.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) found: Vec<Diagnostic>,
    pub(super) left_out: BTreeSet<String>,
}

impl std::fmt::Debug for CustomSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomSchema")
            .field("table", &self.table.len())
            .field("asks", &self.asks)
            .finish_non_exhaustive()
    }
}

impl CustomSchema {
    pub(super) fn new(table: Vec<u8>, root: u32, asks: Asks, status: bool) -> Self {
        CustomSchema { table, root, asks, status }
    }

    /// Forgets where rules stand: in a text that nobody can look at.
    pub(super) fn forget_places(&mut self) {
        self.asks.forget_places();
    }

    /// Checks a resource. `project` is the one that the definition is of, if it is embedded.
    pub(super) fn check(
        &self,
        schemas: &Schemas,
        resource: &Resource<'_>,
        mode: Mode,
        project: Option<&str>,
        past: Option<Past<'_>>,
    ) -> Checked {
        let against = project.map_or(Against::Custom, Against::Known);
        let root = Root { table: Table::read(&self.table), index: self.root };
        let metadata = Root { table: schemas.table, index: schemas.metadata };
        let mut walk = Walk::new(resource, root, metadata, against);
        let mut checked = Checked { found: walk.run(mode), left_out: BTreeSet::new() };
        if mode == Mode::Whole && !is_deep(resource.value, DEPTH) {
            self.judge(&mut walk, schemas.version.minor, past, &mut checked);
        }
        if let Some(project) = project {
            // What another version of the project says is not known.
            checked.found.iter_mut().for_each(|finding| finding.severity = finding.severity.min(Severity::Warning));
            checked.found.retain(|finding| {
                let is_open = finding.may_be_newer;
                if is_open {
                    checked.left_out.insert(format!("{}, which {project} does not know", finding.message));
                }
                !is_open
            });
        }
        checked
    }

    fn judge(&self, walk: &mut Walk<'_, '_>, minor: u16, past: Option<Past<'_>>, checked: &mut Checked) {
        let value = walk.resource.value;
        // Only a comparison looks at what nothing is asked about.
        let read = match past {
            Some(_) => to_json(value, DEPTH),
            None => asked(value, &self.asks, DEPTH),
        };
        let Some(mut object) = read else { return };
        let is_of_this_version = |past: &Past<'_>| !past.converted || past.earlier.version() == walk.resource.version();
        let mut was = past.filter(is_of_this_version).and_then(|past| past.earlier.object());
        let is_update = was.as_ref().is_some_and(|was| *was != object);
        self.settle(&mut object);
        was.iter_mut().for_each(|was| self.settle(was));
        let encrypted = value.get("sops").is_some_and(Value::is_mapping);
        let conform = |object: &Json| conform(object, &self.asks, minor, encrypted);
        let Outcome { mut faults, left_out } = conform(&object);
        checked.left_out = left_out;
        let table = Table::read(&self.table);
        let ratchet = was.as_ref().filter(|_| minor >= RATCHETS).map(|was| Ratchet {
            pair: Pair { new: &object, old: was, index: self.root, asks: Some(&self.asks) },
            table,
            had_repeated: conform(was).faults.iter().any(is_repeated),
        });
        let is_kept = |fault: &Fault| ratchet.as_ref().is_some_and(|ratchet| ratchet.keeps(fault));
        if let Some(ratchet) = &ratchet {
            let prefix = walk.resource.prefix.0.len();
            checked.found.iter_mut().filter(|finding| ratchet.keeps_finding(finding, prefix)).for_each(was_there);
        }
        let has_rules = self.asks.has_rules();
        let decides =
            |finding: &&mut Diagnostic| finding.rule != UNKNOWN_FIELD.id && finding.severity > Severity::Warning;
        if let Some(first) = checked.found.iter_mut().find(decides).filter(|_| has_rules) {
            first.notes.push(BLOCKED.to_owned());
        } else if has_rules && !faults.iter().any(|fault| fault.blocks && !is_kept(fault)) {
            let before = match (&was, past) {
                (Some(was), _) if is_update => cel::Before::Object(was),
                (None, Some(past)) => cel::Before::Converted(past.earlier.version()),
                _ => cel::Before::Nothing,
            };
            let (asks, status, index) = (&self.asks, self.status, self.root);
            let case = cel::Case { object: &object, before, table, index, asks, encrypted, status };
            let mut outcome = Outcome::default();
            cel::evaluate(&case, &mut outcome);
            faults.append(&mut outcome.faults);
            checked.left_out.append(&mut outcome.left_out);
        }
        let mut told = false;
        for fault in faults {
            let is_kept = is_kept(&fault);
            let mut finding = broken(walk, fault.path, fault.what);
            if is_kept {
                was_there(&mut finding);
            } else if has_rules && fault.blocks && !std::mem::replace(&mut told, true) {
                finding = finding.note(BLOCKED);
            }
            checked.found.push(finding);
        }
    }

    /// Makes the object that the server validates of what is written.
    fn settle(&self, object: &mut Json) {
        if let Some(members) = object.as_object_mut().filter(|_| self.status) {
            members.remove("status");
        }
        settle(object, Table::read(&self.table), self.root, Some(&self.asks));
    }
}

/// What an update may leave as it was, even if it is wrong.
struct Ratchet<'r> {
    pair: Pair<'r>,
    table: Table<'r>,
    /// The server does not look for equal items where there were some.
    had_repeated: bool,
}

impl Ratchet<'_> {
    fn keeps(&self, fault: &Fault) -> bool {
        match fault.node {
            Some(node) => is_unchanged(self.pair, self.table, &fault.path.0[..node]),
            None => self.had_repeated && is_repeated(fault),
        }
    }

    /// The same for what was found beside the table. Fields that are not known are refused before, and so is what is
    /// wrong with the metadata of an object.
    fn keeps_finding(&self, finding: &Diagnostic, prefix: usize) -> bool {
        let Some(route) = finding.path.as_ref().and_then(|path| path.0.get(prefix..)) else { return false };
        if finding.rule == UNKNOWN_FIELD.id || is_identity(route, self.pair.asks) {
            return false;
        }
        let node = if finding.rule == MISSING_FIELD.id { route.len().saturating_sub(1) } else { route.len() };
        is_unchanged(self.pair, self.table, &route[..node])
    }
}

fn is_repeated(fault: &Fault) -> bool {
    matches!(fault.what, What::Repeated { .. })
}

/// Whether a route leads to what makes an object one of a cluster, be it this one or one inside of it.
fn is_identity(route: &[Segment], asks: Option<&Asks>) -> bool {
    let (mut asks, mut is_object) = (asks, true);
    for segment in route {
        asks = match segment {
            Segment::Key(name) if is_object && matches!(&**name, "apiVersion" | "kind" | "metadata") => return true,
            Segment::Key(name) => asks.and_then(|asks| asks.property(name).or(asks.additional.as_deref())),
            Segment::Index(_) => asks.and_then(|asks| asks.items.as_deref()),
        };
        is_object = asks.is_some_and(|asks| asks.embedded);
    }
    false
}

/// Whether collections lie inside each other more deeply than that: nobody writes such an object, and whoever walks it
/// by recursion needs a bound.
fn is_deep(value: Value<'_>, limit: u32) -> bool {
    let inner = |value: Value<'_>| !value.is_scalar() && (limit == 0 || is_deep(value, limit - 1));
    value.entries().any(|entry| inner(entry.value)) || value.items().any(inner)
}
