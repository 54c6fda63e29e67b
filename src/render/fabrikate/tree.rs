//! Resolves subcomponents: where each lies, which file describes it, and under which path it writes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{Component, ComponentKind, Definition, Method, Missing, Unit};
use crate::model::listing::{Listing, folder_of, join};
use crate::model::report::NotChecked;
use crate::model::source::Span;

use super::super::{Input, count};

/// More than any definition has. Files that include each other many times would grow without end.
const UNITS: usize = 10_000;

/// Grows a tree from every component file that no other one includes.
pub(super) fn grow(input: &Input<'_>, plan: &mut Plan) {
    let forest = Forest {
        plan,
        by_folder: plan.components.iter().enumerate().map(|(at, file)| (file.folder.as_str(), at)).collect(),
    };
    let included: BTreeSet<usize> = (0..plan.components.len()).flat_map(|at| forest.includes(at)).collect();
    let mut reached = BTreeSet::new();
    let mut definitions = Vec::new();
    let roots = (0..plan.components.len()).filter(|at| !included.contains(at));
    // Files that only include each other in a circle have no root of their own: the first of them serves.
    for root in roots.chain(included.iter().copied()) {
        if !reached.contains(&root) {
            let mut definition = forest.definition(root, &mut reached);
            definition.units.iter_mut().for_each(|unit| find_material(unit, input.listing));
            definitions.push(definition);
        }
    }
    report_what_is_elsewhere(&definitions, plan);
    plan.definitions = definitions;
}

struct Forest<'p> {
    plan: &'p Plan,
    by_folder: HashMap<&'p str, usize>,
}

impl Forest<'_> {
    /// The other component files that a component file includes.
    fn includes(&self, at: usize) -> Vec<usize> {
        let file = &self.plan.components[at];
        let mut found = Vec::new();
        let mut open = vec![&file.component];
        while let Some(component) = open.pop() {
            for child in &component.subcomponents {
                if child.kind() == ComponentKind::Component {
                    let target = folder_of_child(&file.folder, child).and_then(|folder| self.file_in(&folder));
                    found.extend(target.filter(|target| *target != at));
                } else {
                    open.push(child);
                }
            }
        }
        found
    }

    fn file_in(&self, folder: &str) -> Option<usize> {
        self.by_folder.get(folder).copied()
    }

    fn definition(&self, root: usize, reached: &mut BTreeSet<usize>) -> Definition {
        let file = &self.plan.components[root];
        let mut units = vec![Unit {
            parent: None,
            component: file.component.clone(),
            entry: file.component.clone(),
            file: Some(root),
            folder: Some(file.folder.clone()),
            logical_path: String::new(),
            missing: None,
            material: None,
            statics: Vec::new(),
        }];
        reached.insert(root);
        let mut at = 0;
        while at < units.len() {
            if units[at].missing.is_none() {
                for child in units[at].component.subcomponents.clone() {
                    if units.len() < UNITS {
                        let unit = self.child(&units, at, child);
                        reached.extend(unit.file);
                        units.push(unit);
                    }
                }
            }
            at += 1;
        }
        Definition { folder: file.folder.clone(), units, environments: Vec::new() }
    }

    fn child(&self, units: &[Unit], parent: usize, entry: Arc<Component>) -> Unit {
        let above = &units[parent];
        let mut unit = Unit {
            parent: Some(parent),
            component: entry.clone(),
            entry: entry.clone(),
            file: None,
            folder: above.folder.clone(),
            logical_path: above.logical_path.clone(),
            missing: None,
            material: None,
            statics: Vec::new(),
        };
        // Charts and static manifests live in their parent's folder; components have a folder of their own.
        if entry.kind() != ComponentKind::Component {
            return unit;
        }
        unit.logical_path = join(&above.logical_path, entry.name()).unwrap_or_default();
        unit.folder = above.folder.as_deref().and_then(|folder| folder_of_child(folder, &entry));
        let file = unit.folder.as_deref().and_then(|folder| self.file_in(folder));
        match file {
            Some(file) if is_ancestor(units, parent, file) => unit.missing = Some(Missing::Cycle),
            Some(file) => {
                unit.file = Some(file);
                unit.component = self.plan.components[file].component.clone();
            }
            None if entry.method() == Method::Git => unit.missing = Some(Missing::Remote),
            None => unit.missing = Some(Missing::NotFound),
        }
        unit
    }
}

fn is_ancestor(units: &[Unit], from: usize, file: usize) -> bool {
    std::iter::successors(Some(from), |at| units[*at].parent).any(|at| units[at].file == Some(file))
}

/// The folder of a child of type `component`; `None` if it leads out of the working directory.
fn folder_of_child(parent: &str, child: &Component) -> Option<String> {
    let path = child.path().trim_start_matches('/');
    if child.method() == Method::Git {
        join(&join(parent, &format!("components/{}", child.name()))?, path)
    } else {
        join(&join(parent, child.source())?, path)
    }
}

/// Finds the chart or the static manifests of a unit.
fn find_material(unit: &mut Unit, listing: &Listing) {
    let component = &unit.component;
    let (kind, method) = (component.kind(), component.method());
    let below = |folder: &str, rest: &str| join(folder, rest.trim_start_matches('/'));
    let Some(folder) = unit.folder.as_deref().filter(|_| unit.missing.is_none()) else { return };
    unit.material = match (kind, method) {
        (ComponentKind::Helm, Method::Git) => {
            below(folder, &format!("helm_repos/{}/{}", component.name(), component.path()))
        }
        (ComponentKind::Helm, Method::Helm) => below(folder, &format!("helm_repos/{}", component.name())),
        (ComponentKind::Static, Method::Http) => below(folder, &format!("components/{}", component.name())),
        (ComponentKind::Helm | ComponentKind::Static, _) => below(folder, component.path()),
        _ => None,
    };
    if let (ComponentKind::Static, Some(folder)) = (kind, &unit.material) {
        let direct = |name: &str| folder_of(name) == folder.as_str();
        let files = listing.below(folder).filter(|(name, _)| direct(name));
        unit.statics = files.map(|(name, file)| (name.clone(), file)).collect();
    }
}

/// One line for the components and one for the charts that are not in the repository.
fn report_what_is_elsewhere(definitions: &[Definition], plan: &mut Plan) {
    let units = || definitions.iter().flat_map(|definition| &definition.units);
    let components: BTreeSet<Span> =
        units().filter(|unit| unit.missing == Some(Missing::Remote)).map(Unit::name_span).collect();
    let is_remote_chart = |unit: &&Unit| {
        unit.component.kind() == ComponentKind::Helm && matches!(unit.component.method(), Method::Git | Method::Helm)
    };
    let charts: BTreeSet<Span> = units().filter(is_remote_chart).map(Unit::name_span).collect();
    let mut report = |places: &BTreeSet<Span>, one, many| {
        if let Some(first) = places.first() {
            let verb = if places.len() == 1 { "comes" } else { "come" };
            let message = format!("{} {verb} from elsewhere and cannot be looked into", count(places.len(), one, many));
            plan.not_checked.push(NotChecked { message, span: Some(*first) });
        }
    };
    report(&components, "Fabrikate component", "Fabrikate components");
    report(&charts, "chart of a Fabrikate component", "charts of Fabrikate components");
}
