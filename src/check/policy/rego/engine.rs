//! The engine that evaluates Rego: how one is set up, how a rule is asked, and what its errors say.
//!
//! regorus' tree interpreter is used, never its virtual machine, which lacks parts of the language. Errors of built-in
//! functions are errors (`strict`) unless the caller asks otherwise.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, PolicyLengthConfig, Value};

use super::extensions;
use super::watch;

/// How long one rule may take on one object. The timer is asked for every expression, so a built-in function that runs
/// long is not interrupted.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Longest file and line of a policy. regorus' own limits are narrower than files that OPA takes.
const LENGTHS: PolicyLengthConfig = PolicyLengthConfig {
    max_col: NonZeroU32::new(16_384).expect("not zero"),
    max_file_bytes: NonZeroUsize::new(16 << 20).expect("not zero"),
    max_lines: NonZeroUsize::new(400_000).expect("not zero"),
};

/// Why a policy did not load or did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A lower-case fragment.
    pub message: String,
    /// Where in a policy.
    pub place: Option<Place>,
    /// The time was up.
    pub limit: bool,
    /// The engine broke down, and must not be used again.
    pub panic: bool,
}

/// A place in a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name under which the module was added.
    pub module: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// An engine without policies.
pub fn blank() -> Engine {
    let mut engine = Engine::new();
    engine.set_policy_length_config(LENGTHS);
    engine.set_gather_prints(true);
    if let Some(check_interval) = NonZeroU32::new(64) {
        engine.set_execution_timer_config(ExecutionTimerConfig { limit: TIME_LIMIT, check_interval });
    }
    extensions::add(&mut engine);
    engine
}

/// Parses a module and adds it. The engine is unchanged if that fails.
pub fn add(engine: &mut Engine, module: &str, text: &str, v0: bool) -> Result<(), Failure> {
    engine.set_rego_v0(v0);
    guarded("reading a policy", None, || {
        engine.add_policy(module.to_owned(), text.to_owned()).map(drop).map_err(|error| error.to_string())
    })
}

/// Adds what policies read as `data`.
pub fn add_data(engine: &mut Engine, data: &Value) -> Result<(), Failure> {
    guarded("reading data", None, || engine.add_data(data.clone()).map_err(|error| error.to_string()))
}

/// The value of a rule, `data.package.rule`, for an input. Something may be replaced for it: `data.package.rule with …`.
pub fn evaluate(engine: &mut Engine, rule: &str, input: &Value) -> Result<Value, Failure> {
    engine.set_input(input.clone());
    // Those of the last evaluation would pile up.
    drop(engine.take_prints());
    let mut evaluated = || match rule.contains(" with ") {
        true => engine.eval_query(rule.to_owned(), false).map(|mut results| {
            let expression = results.result.pop().and_then(|mut result| result.expressions.pop());
            expression.map_or(Value::Undefined, |expression| expression.value)
        }),
        false => engine.eval_rule(rule.to_owned()),
    };
    guarded(rule, Some(input), || evaluated().map_err(|error| error.to_string()))
}

/// What `print` was given in the last evaluation, without the place in front of it.
pub fn printed(engine: &mut Engine) -> Vec<String> {
    let lines = engine.take_prints().unwrap_or_default();
    let bare = |line: &String| line.split_once(": ").map_or(line.as_str(), |(_, text)| text).to_owned();
    lines.iter().map(bare).collect()
}

/// Begins to note which lines of the modules are evaluated.
pub fn cover(engine: &mut Engine) {
    engine.set_enable_coverage(true);
}

/// The lines of each module that say something, from 1, each with whether it was evaluated.
pub fn covered(engine: &Engine) -> Vec<(String, BTreeMap<u32, bool>)> {
    let files = engine.get_coverage_report().map(|report| report.files).unwrap_or_default();
    let lines = |file: regorus::coverage::File| {
        let (seen, missed) = (file.covered.into_iter(), file.not_covered.into_iter());
        (file.path, missed.map(|line| (line, false)).chain(seen.map(|line| (line, true))).collect())
    };
    files.into_iter().map(lines).collect()
}

/// Runs `work` under the [`watch`], turning regorus' error text, or a panic inside it, into a [`Failure`].
fn guarded<T>(what: &str, input: Option<&Value>, work: impl FnOnce() -> Result<T, String>) -> Result<T, Failure> {
    match watch::over(what, input, || catch_unwind(AssertUnwindSafe(work))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(text)) => Err(Failure::read(&text)),
        Err(_) => Err(Failure { panic: true, ..Failure::of("the policy engine broke down on it".to_owned()) }),
    }
}

impl Failure {
    /// A failure without a place.
    pub fn of(message: String) -> Failure {
        Failure { message, place: None, limit: false, panic: false }
    }

    /// Reads an error text of regorus: an empty line, `--> module:line:column`, a snippet, `error: message`.
    fn read(text: &str) -> Failure {
        let place = text.lines().find_map(|line| Place::read(line.strip_prefix("--> ")?));
        let message = text
            .lines()
            .find_map(|line| line.strip_prefix("error: "))
            .or_else(|| text.lines().find(|line| !line.trim().is_empty()))
            .unwrap_or("unknown error");
        let limit = text.contains("execution exceeded time limit");
        let message = match limit {
            true => format!("it takes longer than {} s on one object", TIME_LIMIT.as_secs()),
            false => message.trim().trim_end_matches('.').to_owned(),
        };
        Failure { message, place, limit, panic: false }
    }
}

impl Place {
    /// Reads `module:line:column`.
    pub fn read(text: &str) -> Option<Place> {
        let mut parts = text.trim_end().rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        Some(Place { module: parts.next()?.to_owned(), line, column })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_of_regorus_is_taken_apart() {
        let failure = add(&mut blank(), "p1", "package a\n\ndeny[msg] {{\n", true).unwrap_err();
        assert_eq!(failure.place.map(|place| (place.module, place.line)), Some(("p1".to_owned(), 3)));
        let failure = Failure::read("\n--> p:1:2:3\n  |\n1 | x\n  | ^\nerror: no such thing.");
        assert_eq!(failure.message, "no such thing");
        assert_eq!(failure.place, Some(Place { module: "p:1".to_owned(), line: 2, column: 3 }));
    }

    #[test]
    fn a_rule_that_runs_away_is_stopped() {
        let mut engine = blank();
        let text = "package a\n\nx := count([1 | some i in numbers.range(1, 9000); some j in numbers.range(1, 9000); i == j])\n";
        add(&mut engine, "p", text, false).unwrap();
        if let Some(check_interval) = NonZeroU32::new(1) {
            let limit = Duration::from_millis(20);
            engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval });
        }
        assert_eq!(
            evaluate(&mut engine, "data.a.x", &Value::new_object()).unwrap_err().message,
            "it takes longer than 5 s on one object"
        );
    }

    #[test]
    fn what_a_policy_prints_is_kept() {
        let mut engine = blank();
        add(&mut engine, "p", "package a\n\nx if print(\"loud\")\n", false).unwrap();
        assert_eq!(evaluate(&mut engine, "data.a.x", &Value::new_object()).unwrap(), Value::from(true));
        assert_eq!(printed(&mut engine), ["loud"]);
    }
}
