//! Policies: the built-in pack and people's own.
//!
//! [`rego`] is the language, and alone knows regorus. [`pack`] lists the built-in rules and [`builtin`] chooses and asks
//! them by kind. [`conftest`] loads people's own rules, which [`reporting`] finds in their modules. [`worker`] is one
//! thread at work: it asks, and [`report`] makes findings of the answers: [`position`] finds the place of what is wrong
//! and [`finding`] the words.

mod builtin;
mod combined;
mod conftest;
mod data;
mod finding;
mod kinds;
mod needs;
mod pack;
mod position;
mod rego;
mod report;
mod reporting;
mod together;
mod worker;

use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::rule::{Category, Rule, Severity};
use crate::model::source::FileId;
use crate::model::value::Value;

use builtin::Builtin;
use conftest::User;
pub use pack::pack_rules;
pub use together::{Object, Together, is_policy};
pub use worker::Worker;

/// What this stage itself reports. The rules of the pack are in [`pack_rules`], the user's in [`Policies::rules`].
pub static RULES: &[Rule] = &[POLICY_ERROR, NEVER_REPORTS, BUILTIN_FUNCTION_ERROR, DATA_MISSING];

/// A policy that could not do its work. A run with such a finding cannot be trusted: exit code 2.
/// A policy that does not compile or fails: the run cannot be trusted.
pub const POLICY_ERROR: Rule = Rule::new(
    "policy-error",
    Category::Policy,
    Severity::Error,
    "a policy does not load, or fails at run time",
    "the policy has checked nothing, so its silence must not be taken for a pass",
    "mend the policy; the message and the frame say where it stops",
);

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
);

/// All policies of a run, ready to be used by many threads.
#[derive(Default)]
pub struct Policies {
    builtin: Builtin,
    user: User,
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
        let (user, problems) = match data::merged(&given.data) {
            Ok(_) if given.rego.is_empty() => (User::default(), Vec::new()),
            Ok(data) => load_user(&given.rego, &data),
            Err(problem) => (User::default(), vec![*problem]),
        };
        let (mut errors, warnings): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.rule == POLICY_ERROR.id);
        for error in &mut errors {
            error
                .effect
                .get_or_insert("no policy was evaluated, so nothing is checked: exit code 2, not a pass".to_owned());
        }
        (Policies { builtin, user, warnings }, errors)
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
        self.builtin.is_empty() && self.user.rules.is_empty() && self.user.combined.is_empty()
    }

    /// Whether some policy has to know all objects at once.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        !self.user.combined.is_empty()
    }

    /// The policies that need all objects, and these.
    #[must_use]
    pub fn together<'a>(&'a self, objects: &'a [Object<'a>]) -> Together<'a> {
        Together::new(self, objects)
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
}

fn load_user(files: &[(FileId, String, String)], data: &regorus::Value) -> (User, Vec<Diagnostic>) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || User::load(files, data));
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(loaded)) => loaded,
            _ => {
                let message = "the policies could not be loaded: the policy engine broke down";
                let span = crate::model::source::Span::top(files[0].0);
                (User::default(), vec![Diagnostic::new(&POLICY_ERROR, span, message, "")])
            }
        }
    })
}
