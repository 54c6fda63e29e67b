//! What can only be asked when all objects are known: rules over the list of all files, and the policies of a cluster.

use std::collections::HashMap;

use regorus::Value as Rego;

use crate::check::schema::{Schemas, Scope};
use crate::model::diagnostic::Diagnostic;
use crate::model::report::NotChecked;
use crate::model::resource::Resource;

use super::admission::matching::Request;
use super::admission::{self, Admission};
use super::gatekeeper::constraint::Point;
use super::gatekeeper::enforce::{Asked, Enforced, Enforcer};
use super::gatekeeper::{self, Gatekeeper};
use super::rego::value;
use super::report::Subject;
use super::{Policies, broke_down, combined, on_big_stack, position};

/// An object of the run.
#[derive(Debug)]
pub struct Object<'t> {
    /// The object.
    pub resource: Resource<'t>,
    /// The printed name of its file.
    pub name: &'t str,
    /// What it was before the change.
    pub before: Before<'t>,
}

/// What an object was.
#[derive(Debug, Clone)]
pub enum Before<'t> {
    /// It is new, or nobody knows.
    Nothing,
    /// What it is: this is the tree before the change, and what is wrong without a change is no news after it.
    Same,
    /// This; several where environments that differed are alike now.
    Old(Vec<&'t Former>),
}

/// An object as it was, for policies.
#[derive(Debug, Clone)]
pub struct Former(Rego);

/// Whether an object is a policy that the cluster would enforce.
#[must_use]
pub fn is_policy(resource: &Resource<'_>) -> bool {
    gatekeeper::is_policy(resource.group(), &resource.kind) || admission::is_policy(resource.group(), &resource.kind)
}

/// The policies of a cluster, read.
#[derive(Default)]
pub(super) struct Cluster {
    gatekeeper: Gatekeeper,
    admission: Admission,
    /// The other objects that came along.
    others: Vec<Rego>,
}

impl Cluster {
    /// Reads the policies among objects. Those that cannot be read are problems.
    pub(super) fn read(resources: &[&Resource<'_>]) -> (Cluster, Vec<Diagnostic>) {
        on_big_stack(|| Cluster::read_here(resources)).unwrap_or_else(|| {
            let span = resources.first().map(|first| first.value.title_span());
            (Cluster::default(), span.map(broke_down).into_iter().collect())
        })
    }

    fn read_here(resources: &[&Resource<'_>]) -> (Cluster, Vec<Diagnostic>) {
        let (mut cluster, mut problems) = (Cluster::default(), Vec::new());
        for resource in resources {
            if is_policy(resource) {
                cluster.gatekeeper.add(resource, &mut problems);
                cluster.admission.add(resource);
            } else {
                cluster.others.push(value::convert(resource.value));
            }
        }
        (cluster, problems)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gatekeeper.is_empty() && self.admission.is_empty()
    }
}

/// The policies of a run that need all objects, and those of the objects that are policies themselves.
pub struct Sight<'a> {
    policies: &'a Policies,
    objects: &'a [Object<'a>],
    converted: Vec<Rego>,
    /// For each object the first of the same shape, if it has a shape that others have too.
    like: Vec<Option<usize>>,
    found: Cluster,
    problems: Vec<Diagnostic>,
    schemas: Schemas,
}

impl<'a> Sight<'a> {
    pub(super) fn new(policies: &'a Policies, objects: &'a [Object<'a>]) -> Self {
        let own: Vec<&Resource<'_>> =
            objects.iter().map(|object| &object.resource).filter(|resource| is_policy(resource)).collect();
        let (found, problems) = match own.is_empty() {
            true => (Cluster::default(), Vec::new()),
            false => Cluster::read(&own),
        };
        let needed = !found.is_empty() || !policies.cluster.is_empty();
        let converted = objects.iter().map(|object| value::convert(object.resource.value));
        let converted: Vec<Rego> = if needed { converted.collect() } else { Vec::new() };
        let like = like(&converted);
        Sight { policies, objects, converted, like, found, problems, schemas: Schemas::default() }
    }

    fn admission(&self) -> [(&Admission, bool); 2] {
        [(&self.policies.cluster.admission, true), (&self.found.admission, false)]
    }

    fn sees_updates(&self) -> bool {
        self.objects.iter().any(|object| !matches!(object.before, Before::Nothing))
    }

    /// The objects, if some policy asks what objects were, for the tree after the change.
    #[must_use]
    pub fn formers(&self) -> Vec<(&'a Object<'a>, Former)> {
        let [given, found] = self.admission();
        let mut policies = given.0.policies.iter().chain(&found.0.policies);
        let mut templates = self.policies.cluster.gatekeeper.templates.iter().chain(&self.found.gatekeeper.templates);
        let is_asked = policies.any(|policy| policy.matching.is_about("UPDATE"))
            || templates.any(super::gatekeeper::template::Template::sees_changes);
        if !is_asked {
            return Vec::new();
        }
        self.objects.iter().zip(&self.converted).map(|(object, whole)| (object, Former(whole.clone()))).collect()
    }

    /// Makes the policies ready.
    #[must_use]
    pub fn together(&self) -> Together<'_> {
        let given = &self.policies.cluster;
        let known: Vec<Rego> = self.converted.iter().chain(&given.others).cloned().collect();
        let all = [(&given.gatekeeper, true), (&self.found.gatekeeper, false)];
        let enforced = on_big_stack(|| Enforced::new(&all, &self.converted, &given.others, Point::Cluster))
            .unwrap_or_else(|| {
                let constraints = all.iter().flat_map(|(all, _)| &all.constraints);
                let mut nothing = Enforced::default();
                nothing.findings.extend(constraints.map(|constraint| broke_down(constraint.span)).next());
                nothing
            });
        let admitted = admission::enforce::Enforced::new(&self.admission(), &known, self.sees_updates());
        Together { sight: self, enforced, admitted }
    }
}

/// For each object the first of the same shape, if there is another.
fn like(objects: &[Rego]) -> Vec<Option<usize>> {
    let shapes: Vec<u64> = objects.iter().map(position::shape).collect();
    let mut first: HashMap<u64, (usize, usize)> = HashMap::new();
    for (at, shape) in shapes.iter().enumerate() {
        first.entry(*shape).or_insert((at, 0)).1 += 1;
    }
    shapes.iter().map(|shape| first.get(shape).filter(|(_, count)| *count > 1).map(|(at, _)| *at)).collect()
}

/// The policies that need all objects, ready to be asked about each.
pub struct Together<'a> {
    sight: &'a Sight<'a>,
    enforced: Enforced<'a>,
    admitted: admission::enforce::Enforced<'a>,
}

impl<'a> Together<'a> {
    /// What one thread needs.
    #[must_use]
    pub fn worker(&'a self) -> TogetherWorker<'a> {
        TogetherWorker { together: self, enforcer: Enforcer::default() }
    }

    /// What is wrong with the policies, and with all objects together.
    #[must_use]
    pub fn findings(&self) -> Vec<Diagnostic> {
        let mut findings = self.sight.problems.clone();
        findings.extend(self.enforced.findings.iter().cloned());
        findings.extend(self.admitted.findings.iter().cloned());
        findings.extend(combined::check(&self.sight.policies.user, self.sight.objects));
        findings
    }

    /// What could not be checked; to be asked when every object was checked.
    #[must_use]
    pub fn not_checked(&self) -> Vec<NotChecked> {
        let mut lines = self.enforced.not_checked.clone();
        lines.extend(self.enforced.unanswered.lines());
        lines.extend(self.admitted.not_checked.iter().cloned());
        lines.extend(self.admitted.unanswered.lines());
        lines
    }
}

/// One thread at work.
pub struct TogetherWorker<'a> {
    together: &'a Together<'a>,
    enforcer: Enforcer,
}

impl TogetherWorker<'_> {
    /// Checks the object of that number.
    pub fn check(&mut self, at: usize) -> Vec<Diagnostic> {
        let Together { sight, enforced, admitted } = self.together;
        let mut out = Vec::new();
        let Some(object) = sight.converted.get(at) else { return out };
        let resource = &sight.objects[at].resource;
        let (group, version, kind) = (resource.group(), resource.version(), &*resource.kind);
        let scope = sight.schemas.scope(&resource.api_version, &resource.kind);
        let namespaced =
            matches!(scope, Some(Scope::Namespaced)) || (scope.is_none() && resource.namespace().is_some());
        let mut subject = Subject::new(resource, sight.objects[at].name);
        let old = match &sight.objects[at].before {
            Before::Nothing => None,
            Before::Same => Some(object),
            // It is asked about once, and what changes is worth it.
            Before::Old(all) => {
                let changes = all.iter().find(|former| former.0 != *object);
                changes.or(all.first()).map(|former| &former.0)
            }
        };
        if !enforced.is_empty() {
            let like = sight.like[at].map(|first| (first, &sight.converted[first]));
            let asked = Asked { group, version, kind, object, namespaced, like, old };
            self.enforcer.check(enforced, &asked, &mut subject, &mut out);
        }
        // The server asks no admission policy about these (`policy/generic/plugin.go`, `excludedResources`).
        if !admitted.is_empty() && !admission::is_policy(group, kind) {
            let request = Request { group, version, kind, resource: "", object, old, namespaced };
            admitted.check(request, &mut subject, &mut out);
        }
        out
    }
}
