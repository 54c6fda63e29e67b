//! Expressions in CEL, read by the crate `cel` and evaluated with the functions of `kube-cel`. Nothing else uses the two.
//!
//! What cannot be evaluated here is told apart from what fails in the API server too; neither ever counts as kept.

mod functions;
mod names;
mod rewrite;
mod routes;
pub mod types;

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub use functions::{refill, weigh_steps};
pub use kube_cel::cel::common::ast::{CallExpr, Expr, LiteralValue};
use kube_cel::cel::objects::OptionalValue;
pub use kube_cel::cel::objects::{Key, Map};
use kube_cel::cel::parser::{Expression, Parser};
use kube_cel::cel::{Context, ExecutionError};
pub use kube_cel::cel::{IdedExpr, Value};
pub use names::escaped;
pub use rewrite::variable;
pub use routes::{Extract, Routes};

/// The longest expression that is read, in bytes.
const LENGTH: usize = 16 << 10;
/// The stack that expressions need, in bytes: the parser takes 60 kilobytes for each pair of brackets.
pub const STACK: usize = 32 << 20;
/// How the names of threads begin that have such a stack.
pub const DEEP: &str = "deep-";
/// The deepest nesting of brackets, and the most operators and members of an expression, that the stack has room for.
const NESTING: i32 = 100;
const OPERATORS: usize = 1_500;
/// What the rules of one object may cost together: steps of loops, times the values that each of them may visit.
pub const BUDGET: u64 = 100_000_000;

/// An expression, ready to be evaluated, or why it cannot be.
pub type Compiled = Arc<Result<Program, String>>;

/// What the parser makes of a text.
enum Read {
    Expression(Expression),
    /// Where it stops, line and column from 1, and what it says.
    Fault((isize, isize), String),
    /// It breaks down.
    Nothing,
}

/// Expressions by their text: reading one takes a quarter of a millisecond, and definitions repeat themselves.
static READ: LazyLock<Mutex<HashMap<String, Arc<Read>>>> = LazyLock::new(Mutex::default);
/// Expressions that are prepared, by their text, and by whether `oldSelf` is optional in them.
static COMPILED: LazyLock<Mutex<HashMap<(String, bool), Compiled>>> = LazyLock::new(Mutex::default);
/// How many are kept.
const KEPT: usize = 10_000;

/// An expression, ready to be evaluated.
#[derive(Debug)]
pub struct Program {
    expression: Expression,
    names: BTreeSet<String>,
    /// What it reads below each name.
    pub routes: Routes,
}

impl Program {
    /// Whether it names something.
    pub fn names(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// Names and what they stand for, for any number of expressions: to give something a name is to copy it.
pub struct Scope<'s> {
    context: Context<'s>,
}

/// What came out of an expression.
pub enum Answer<V = Value> {
    Value(V),
    /// It fails in the API server too, for a reason.
    Fails(String),
    /// It cannot be evaluated, for a reason.
    Unknown(String),
}

/// Runs something in a thread with room for deep expressions: in this one, if it has a name that says so.
pub fn on_deep_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    if std::thread::current().name().is_some_and(|name| name.starts_with(DEEP)) {
        return catch_unwind(AssertUnwindSafe(run)).ok();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.ok()?.join().ok()
    })
}

/// An expression on one line, and not too long.
pub fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Prepares an expression, unless that was done before.
pub fn compiled(text: &str, optional_old: bool) -> Compiled {
    let key = (text.to_owned(), optional_old);
    let known = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = known().get(&key) {
        return compiled.clone();
    }
    let compiled = Arc::new(compile(text, optional_old));
    let mut known = known();
    if known.len() < KEPT {
        known.insert(key, compiled.clone());
    }
    compiled
}

/// Prepares an expression. The parser is not ours, nor is the text: whatever goes wrong is a reason not to evaluate it.
pub fn compile(text: &str, optional_old: bool) -> Result<Program, String> {
    if text.len() > LENGTH || !is_flat(text) {
        return Err("it is too long".to_owned());
    }
    match &*read(text) {
        Read::Expression(expression) => {
            let mut expression = expression.clone();
            let names = rewrite::rewrite(&mut expression, text, optional_old)?;
            let routes = routes::routes(&expression);
            Ok(Program { expression, names, routes })
        }
        Read::Fault(..) | Read::Nothing => Err("it cannot be read".to_owned()),
    }
}

/// Reads an expression that is neither too long nor too deep, unless that was done before: to check its types and to
/// evaluate it are two matters.
fn read(text: &str) -> Arc<Read> {
    let known = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(read) = known().get(text) {
        return read.clone();
    }
    let parse = || Parser::new().enable_optional_syntax(true).parse(text);
    let read = Arc::new(match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Ok(expression)) => Read::Expression(expression),
        Ok(Err(errors)) => match errors.errors.into_iter().next() {
            Some(first) => Read::Fault(first.pos, first.msg),
            None => Read::Nothing,
        },
        Err(_) => Read::Nothing,
    });
    let mut known = known();
    if known.len() < KEPT {
        known.insert(text.to_owned(), read.clone());
    }
    read
}

/// Whether an expression is free of long chains and deep brackets, which parser and interpreter walk by recursion.
fn is_flat(text: &str) -> bool {
    let mut depth = 0;
    let mut operators = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ if b"+-*/%.?:&|!=<>".contains(&byte) => operators += 1,
            _ => continue,
        }
        if depth > NESTING {
            return false;
        }
    }
    operators <= OPERATORS
}

/// Makes room for names.
pub fn scope<T>(run: impl FnOnce(Scope<'_>) -> T) -> T {
    functions::with_functions(|base| run(Scope { context: base.new_inner_scope() }))
}

/// Evaluates an expression that was not read from text, and has no names in it.
///
/// # Errors
/// It fails.
pub fn without_names(expression: &IdedExpr) -> Result<Value, ExecutionError> {
    functions::with_functions(|base| base.resolve(expression))
}

impl Scope<'_> {
    /// Room for more names, or for other values under some of them.
    pub fn inner(&self) -> Scope<'_> {
        Scope { context: self.context.new_inner_scope() }
    }

    /// Gives a value a name.
    pub fn name(&mut self, name: &str, value: &Value) {
        self.context.add_variable_from_value(name, value.clone());
    }

    /// Gives what an expression makes a name. What is too big for one is no answer.
    pub fn define(&mut self, name: &str, program: &Program) -> Answer<()> {
        let evaluate = || {
            let value = Value::resolve_val(&program.expression, &self.context)?;
            functions::bounded(&*value).map(|()| value.into_owned())
        };
        let answer = Answer::of(evaluate);
        answer.map(|value| {
            if let Context::Child { variables, .. } = &mut self.context {
                variables.insert(name.to_owned(), value);
            }
        })
    }

    /// Evaluates an expression.
    pub fn run(&self, program: &Program) -> Answer {
        Answer::of(|| self.context.resolve(&program.expression))
    }
}

impl<V> Answer<V> {
    fn of(evaluate: impl FnOnce() -> Result<V, ExecutionError>) -> Self {
        match catch_unwind(AssertUnwindSafe(evaluate)) {
            Ok(Ok(value)) => Answer::Value(value),
            Ok(Err(error)) if fails_anywhere(&error) => Answer::Fails(reason(&error)),
            Ok(Err(error)) => Answer::Unknown(reason(&error)),
            Err(_) => Answer::Unknown("the interpreter cannot do it".to_owned()),
        }
    }

    fn map<W>(self, then: impl FnOnce(V) -> W) -> Answer<W> {
        match self {
            Answer::Value(value) => Answer::Value(then(value)),
            Answer::Fails(why) => Answer::Fails(why),
            Answer::Unknown(why) => Answer::Unknown(why),
        }
    }
}

/// A text.
pub fn text(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

/// A list of values.
pub fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::List(Arc::new(items.collect()))
}

/// A map of values.
pub fn map(members: impl Iterator<Item = (String, Value)>) -> Value {
    let map = members.map(|(name, value)| (Key::String(Arc::new(name)), value));
    Value::Map(Map { map: Arc::new(map.collect()) })
}

/// How many values there are.
pub fn weight(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.iter().map(weight).sum::<u64>() + 1,
        Value::Map(map) => map.map.values().map(weight).sum::<u64>() + 1,
        Value::String(text) => 1 + text.len() as u64 / 64,
        _ => 1,
    }
}

/// An optional value, which may not be there.
pub fn optional(value: Option<Value>) -> Value {
    Value::Opaque(Arc::new(value.map_or_else(OptionalValue::none, OptionalValue::of)))
}

/// Whether an error is one of the expression and its values, and not of this interpreter.
fn fails_anywhere(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::NoSuchKey(_)
            | ExecutionError::IndexOutOfBounds(_)
            | ExecutionError::DivisionByZero(_)
            | ExecutionError::RemainderByZero(_)
    )
}

fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::UndeclaredReference(name) => format!("`{name}` is not known here"),
        ExecutionError::NoSuchKey(name) => format!("there is no `{name}`"),
        ExecutionError::FunctionError { function, .. } if function == functions::STEP => "it takes too long".to_owned(),
        ExecutionError::FunctionError { function, .. } => format!("`{function}` fails"),
        ExecutionError::NoSuchOverload => "an operator meets values that it does not take".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "an index is out of bounds".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "it divides by zero".to_owned(),
        _ => "it fails".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What a chain of definitions ends in.
    fn defined(first: &str, next: &str) -> Answer<()> {
        refill(BUDGET);
        weigh_steps(1);
        scope(|mut scope| {
            let mut answer = scope.define("variables.x", &compile(first, false).unwrap());
            for _ in 0..40 {
                match answer {
                    Answer::Value(()) => answer = scope.define("variables.x", &compile(next, false).unwrap()),
                    other => return other,
                }
            }
            answer
        })
    }

    #[test]
    fn what_is_defined_does_not_grow_for_ever() {
        assert!(matches!(defined("['a']", "variables.x"), Answer::Value(())));
        for (first, next) in [
            ("'ab'", "variables.x + variables.x"),
            ("['a']", "variables.x + variables.x"),
            ("{'a': 'b'}", "{'a': variables.x, 'b': variables.x}"),
            ("optional.of('ab')", "optional.of(variables.x.value() + variables.x.value())"),
            ("'ab'", "cel.bind(y, variables.x + variables.x, cel.bind(z, y + y, z + z))"),
        ] {
            match defined(first, next) {
                Answer::Unknown(why) => assert_eq!(why, "it takes too long", "{next}"),
                Answer::Value(()) => panic!("{next}: bounds are passed"),
                Answer::Fails(why) => panic!("{next}: {why}"),
            }
        }
    }

    #[test]
    fn what_a_policy_has_computed_has_names_of_its_own() {
        refill(BUDGET);
        scope(|mut scope| {
            let mut define = |name: &str, text: &str| {
                matches!(scope.define(&variable(name), &compile(text, false).unwrap()), Answer::Value(()))
            };
            assert!(define("list", "[{'a': 1}, {'a': 2}]"));
            assert!(define("sums", "variables.list.map(one, one.a + variables.list[0].a)"));
            assert!(!define("broken", "variables.nothing.a"));
            for (text, expected) in [
                ("variables.sums == [2, 3] && has(variables.sums) && has(variables.list[1].a)", true),
                ("has(variables.list[0].b)", false),
            ] {
                let answer = scope.run(&compile(text, false).unwrap());
                assert!(matches!(answer, Answer::Value(Value::Bool(is)) if is == expected), "{text}");
            }
            let answer = scope.run(&compile("variables.list[0].b == 1", false).unwrap());
            assert!(matches!(answer, Answer::Fails(why) if why == "there is no `b`"));
        });
        assert!(compile("[1].all(variables, variables.x == 1)", false).is_err());
    }
}
