//! Policies: the built-in pack and people's own.
//!
//! [`rego`] is the language, and alone knows regorus. [`pack`] lists the built-in rules and [`builtin`] chooses and asks
//! them by kind. [`conftest`] loads people's own rules, which [`reporting`] finds in their modules. [`worker`] is one
//! thread at work: it asks, unless [`choice`] or [`memo`] know the answer, and [`report`] makes findings of the answers:
//! [`position`] finds the place of what is wrong, [`condition`] the statement of the policy, and [`finding`] the words.

mod admission;
mod builtin;
mod choice;
mod combined;
mod condition;
mod conftest;
mod data;
mod finding;
mod gatekeeper;
mod item;
mod kinds;
mod memo;
mod native;
mod needs;
mod pack;
mod parameters;
mod position;
mod rego;
mod report;
mod reporting;
mod selector;
#[cfg(test)]
mod shortcuts;
pub mod testing;
mod together;
mod unanswered;
mod worker;

use std::sync::Arc;

use crate::check::schema::Version;
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::rule::{Category, Rule, Severity};
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use builtin::Builtin;
use conftest::User;
pub use pack::pack_rules;
pub use parameters::{Parameters, fault};
pub use rego::files::Files;
use rego::files::Shelf;
use together::Cluster;
pub use together::{Before, Former, Object, Sight, Together, TogetherWorker, is_policy};
pub use worker::Worker;

/// What this stage itself reports. The rules of the pack are in [`pack_rules`], the user's in [`Policies::rules`].
pub static RULES: &[Rule] = &[POLICY_ERROR, POLICY_TEST, NEVER_REPORTS, BUILTIN_FUNCTION_ERROR, DATA_MISSING];

/// A policy that does not compile or fails: the run cannot be trusted.
pub const POLICY_ERROR: Rule = Rule::new(
    "policy-error",
    Category::Policy,
    Severity::Error,
    "a policy does not load, or fails at run time",
    "the policy has checked nothing, so its silence must not be taken for a pass",
    "mend the policy; the message and the frame say where it stops",
)
.never_silenced();

/// A test of a policy that does not end as its author expects; `plimsoll test` alone says so.
pub const POLICY_TEST: Rule = Rule::new(
    "policy-test",
    Category::Policy,
    Severity::Error,
    "a test of a policy fails",
    "the policy does not do what its author expects of it",
    "mend the policy or the test",
)
.never_silenced();

/// A policy that loads and can never report anything.
const NEVER_REPORTS: Rule = Rule::new(
    "policy-never-reports",
    Category::Policy,
    Severity::Warning,
    "a policy can never report anything",
    "whoever wrote it believes that something is checked, and it is not",
    "make `deny`, `violation` or `warn` a set of messages: `deny contains msg if { … }`",
);

/// A policy that needs `--data`.
const DATA_MISSING: Rule = Rule::new(
    "policy-data-missing",
    Category::Policy,
    Severity::Warning,
    "a policy reads data that is not loaded",
    "what is read is undefined, so the rule may be silent whatever the objects say",
    "give the documents with `--data`, or with `data:` in plimsoll.yaml",
);

/// What OPA passes over in silence unless it is run with strict errors.
const BUILTIN_FUNCTION_ERROR: Rule = Rule::new(
    "policy-function-error",
    Category::Policy,
    Severity::Warning,
    "a built-in function failed inside a policy",
    "as in OPA, the expression counts as undefined: the rule may have been silent because of it",
    "test the type of the value before it is given to the function, for instance with `is_string`",
)
.not_by_comment();

/// All policies of a run, ready to be used by many threads.
#[derive(Default)]
pub struct Policies {
    builtin: Builtin,
    user: User,
    /// The policies of clusters among those that were given.
    cluster: Cluster,
    warnings: Vec<Diagnostic>,
}

/// Room for the recursion of regorus' parser and of its drop code on the worst policy that [`scan`] lets through.
const STACK: usize = 64 << 20;

impl Policies {
    /// Loads the pack, as far as its rules are `wanted`, and the user's Rego files, each with the name that is printed
    /// and its text. Files whose name ends in `_test.rego` are left out.
    ///
    /// The findings are what keeps the user's policies from being trusted: with one of them none is evaluated, and the
    /// run ends with exit code 2.
    #[must_use]
    pub fn load(wanted: &dyn Fn(&Rule) -> bool, user: &[(FileId, String, String)]) -> (Policies, Vec<Diagnostic>) {
        Policies::load_all(wanted, &Given { rego: user.to_vec(), ..Given::default() })
    }

    /// As [`Policies::load`], with everything that policies can be given.
    #[must_use]
    pub fn load_all(wanted: &dyn Fn(&Rule) -> bool, given: &Given<'_>) -> (Policies, Vec<Diagnostic>) {
        let builtin = Builtin::new(wanted);
        let (user, mut problems) = match data::merged(&given.data) {
            Ok(_) if given.rego.is_empty() => (User::default(), Vec::new()),
            Ok(data) => load_user(given, &data),
            Err(problem) => (User::default(), vec![*problem]),
        };
        let objects: Vec<&Resource<'_>> = given.objects.iter().collect();
        let (cluster, broken) = match objects.is_empty() {
            true => (Cluster::default(), Vec::new()),
            false => Cluster::read(&objects),
        };
        problems.extend(broken);
        let (mut errors, warnings): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.rule == POLICY_ERROR.id);
        for error in &mut errors {
            error
                .effect
                .get_or_insert("no policy was evaluated, so nothing is checked: exit code 2, not a pass".to_owned());
        }
        (Policies { builtin, user, cluster, warnings }, errors)
    }

    /// Changes the parameters of rules of the pack; they are as [`fault`] wants them.
    pub fn configure(&mut self, parameters: Parameters) {
        self.builtin.configure(parameters);
    }

    /// Says which versions of Kubernetes the objects have to be right for; without it, the newest that is known.
    pub fn aim(&mut self, versions: impl Iterator<Item = Version>) {
        let versions: Vec<Version> = versions.collect();
        if let (Some(oldest), Some(newest)) = (versions.iter().min(), versions.iter().max()) {
            self.builtin.aim(*oldest, *newest);
        }
    }

    /// What is doubtful about policies that load: findings like those of [`Worker::check`].
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The rules that the user's policies define. Two definitions of one name can have different metadata, and count
    /// as two rules then.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let all = self.user.rules.iter().chain(&self.user.combined).flat_map(|rule| {
            std::iter::once(&rule.rule).chain(rule.definitions.iter().map(|definition| &definition.rule))
        });
        let mut rules: Vec<Rule> = Vec::new();
        for rule in all {
            if rules.iter().all(|known| known.id != rule.id) {
                rules.push(rule.clone());
            }
        }
        rules
    }

    /// Whether no policy is left to check.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.builtin.is_empty() && self.user.rules.is_empty() && !self.wants_all()
    }

    /// Whether some policy has to know all objects at once.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        !self.user.combined.is_empty() || !self.cluster.is_empty()
    }

    /// The policies that need all objects, and these.
    #[must_use]
    pub fn sight<'a>(&'a self, objects: &'a [Object<'a>]) -> Sight<'a> {
        Sight::new(self, objects)
    }

    /// What one thread needs to check resources. It is cheap; engines are made when a resource needs them.
    #[must_use]
    pub fn worker(&self) -> Worker<'_> {
        Worker::new(self)
    }
}

/// What people's policies are read from.
#[derive(Default)]
pub struct Given<'t> {
    /// Rego files: the name that is printed, and the text.
    pub rego: Vec<(FileId, String, String)>,
    /// Documents that policies see as `data`, each below the keys that its folders are.
    pub data: Vec<(Vec<String>, Value<'t>)>,
    /// The objects of manifests that hold policies.
    pub objects: Vec<Resource<'t>>,
    /// Who reads the files that policies ask for.
    pub files: Option<Arc<dyn Files>>,
}

fn load_user(given: &Given<'_>, data: &regorus::Value) -> (User, Vec<Diagnostic>) {
    let shelf = Shelf::new(given.files.clone());
    on_big_stack(|| User::load(&given.rego, data, &shelf))
        .unwrap_or_else(|| (User::default(), vec![broke_down(Span::top(given.rego[0].0))]))
}

/// The finding for policies that brought down what reads them.
fn broke_down(span: Span) -> Diagnostic {
    let message = "the policies could not be loaded: the policy engine broke down";
    Diagnostic::new(&POLICY_ERROR, span, message, "")
}

/// Runs something in a thread of its own with room for regorus' parser; `None` if it breaks down.
fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}
