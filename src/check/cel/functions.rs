//! The functions that expressions may call: those of `kube-cel`, and some of our own in the place of others, because
//! theirs count bytes, have no bounds, or are missing.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::common::types::{CelBytes, CelList, CelMap, CelOptional, CelString};
use kube_cel::cel::common::value::Val;
use kube_cel::cel::extractors::{Arguments, This};
use kube_cel::cel::objects::{Key, OptionalValue};
use kube_cel::cel::{Context, ExecutionError, ResolveResult, Value};
use regex::Regex;

use super::super::pattern;
use super::optional;

/// Counts a step of a loop.
pub(super) const STEP: &str = "@step";
/// Refuses values that have grown too big.
pub(super) const BOUNDED: &str = "@bounded";
/// A field of an optional value, or a field that may be absent.
pub(super) const SELECT: &str = "@select";

/// How big a value may become, in bytes and values.
const SIZE: usize = 200_000;
/// What compiling a pattern costs, in steps.
const COMPILE: u64 = 1_000;
/// How many patterns are kept.
const PATTERNS: usize = 256;

type Text = Arc<String>;

thread_local! {
    static BASE: Context<'static> = base();
    static LEFT: Cell<u64> = const { Cell::new(0) };
    static STEP_COST: Cell<u64> = const { Cell::new(1) };
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
}

/// Gives expressions a budget.
pub fn refill(budget: u64) {
    LEFT.set(budget);
}

/// Sets what a step of a loop costs: it may look at each value of the object.
pub fn weigh_steps(weight: u64) {
    STEP_COST.set(weight.max(50));
}

/// Runs something with all functions.
pub fn with_functions<T>(run: impl FnOnce(&Context<'static>) -> T) -> T {
    BASE.with(run)
}

fn base() -> Context<'static> {
    let mut context = Context::default().with_all();
    for name in ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type"] {
        context.add_variable_from_value(name, type_named(name));
    }
    context.add_function(STEP, |go_on: bool| pay(STEP_COST.get()).map(|()| go_on));
    context.add_function(BOUNDED, |value: Value| {
        let own: Box<dyn Val> = value.clone().try_into()?;
        bounded(&*own).map(|()| value)
    });
    context.add_function(SELECT, select);
    context.add_function("size", size);
    context.add_function("dyn", |value: Value| -> ResolveResult { Ok(value) });
    context.add_function("type", |value: Value| type_of(&value));
    context.add_function("matches", |This(text): This<Text>, pattern: Text| {
        with_pattern(&pattern, |pattern| Value::Bool(pattern.is_match(&text)))
    });
    context.add_function("find", |This(text): This<Text>, pattern: Text| {
        with_pattern(&pattern, |pattern| string(pattern.find(&text).map_or("", |found| found.as_str())))
    });
    context.add_function("findAll", find_all);
    context.add_function("replace", replace);
    context.add_function("join", join);
    context
}

fn string(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

fn too_long() -> ExecutionError {
    ExecutionError::function_error(STEP, "too long")
}

fn pay(cost: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().checked_sub(cost).ok_or_else(too_long)?;
    LEFT.set(left);
    Ok(())
}

/// Refuses a value that is bigger than anything that a rule needs.
pub(super) fn bounded(value: &dyn Val) -> Result<(), ExecutionError> {
    fn weigh(value: &dyn Val, left: &mut usize) -> Option<()> {
        let text = value.downcast_ref::<CelString>().map_or(0, |text| text.inner().len());
        let bytes = value.downcast_ref::<CelBytes>().map_or(0, |bytes| bytes.inner().len());
        *left = left.checked_sub(text + bytes + 1)?;
        let held = value.downcast_ref::<CelOptional>().and_then(CelOptional::inner);
        held.map_or(Some(()), |held| weigh(held, left))?;
        let (list, map) = (value.downcast_ref::<CelList>(), value.downcast_ref::<CelMap>());
        list.into_iter().flat_map(|list| list.iter()).try_for_each(|item| weigh(&**item, left))?;
        map.into_iter().flat_map(|map| map.values()).try_for_each(|member| weigh(&**member, left))
    }
    let mut left = SIZE;
    let fits = weigh(value, &mut left);
    pay((SIZE - left) as u64 + 1)?;
    fits.ok_or_else(too_long)
}

fn room(length: Option<usize>) -> Result<(), ExecutionError> {
    let length = length.filter(|length| *length <= SIZE).ok_or_else(too_long)?;
    pay(length as u64)
}

/// Characters of texts, not bytes.
fn size(This(this): This<Value>) -> ResolveResult {
    let size = match &this {
        Value::String(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.map.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => return Err(ExecutionError::function_error("size", "no size")),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn select(operand: Value, field: Text) -> ResolveResult {
    let holder = match &operand {
        Value::Opaque(_) => <&OptionalValue>::try_from(&operand)?.value(),
        other => Some(other),
    };
    match holder {
        None => Ok(optional(None)),
        Some(Value::Map(map)) => Ok(optional(map.map.get(&Key::String(field)).cloned())),
        Some(_) => Err(ExecutionError::NoSuchOverload),
    }
}

/// Types are compared, and nothing else is done with them: a text that no expression can write stands for each.
fn type_named(name: &str) -> Value {
    string(&format!("\u{0}{name}"))
}

fn type_of(value: &Value) -> ResolveResult {
    let name = match value {
        Value::Int(_) => "int",
        Value::UInt(_) => "uint",
        Value::Float(_) => "double",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Null => "null_type",
        _ => return Err(ExecutionError::function_error("type", "no name")),
    };
    Ok(type_named(name))
}

fn with_pattern(pattern: &str, then: impl FnOnce(&Regex) -> Value) -> ResolveResult {
    COMPILED.with_borrow_mut(|known| {
        if !known.contains_key(pattern) {
            pay(STEP_COST.get().saturating_mul(COMPILE))?;
            if known.len() >= PATTERNS {
                known.clear();
            }
            known.insert(pattern.to_owned(), pattern::compile(pattern));
        }
        match known.get(pattern) {
            Some(Some(pattern)) => Ok(then(pattern)),
            _ => Err(ExecutionError::function_error("matches", "no pattern")),
        }
    })
}

fn find_all(This(text): This<Text>, Arguments(arguments): Arguments) -> ResolveResult {
    let (pattern, limit) = match &arguments[..] {
        [Value::String(pattern)] => (pattern, usize::MAX),
        [Value::String(pattern), Value::Int(limit)] => (pattern, usize::try_from(*limit).unwrap_or(usize::MAX)),
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    with_pattern(pattern, |pattern| {
        let found: Vec<Value> = pattern.find_iter(&text).take(limit).map(|found| string(found.as_str())).collect();
        Value::List(Arc::new(found))
    })
}

fn replace(This(text): This<Text>, Arguments(arguments): Arguments) -> ResolveResult {
    let (from, to, limit) = match &arguments[..] {
        [Value::String(from), Value::String(to)] => (from, to, usize::MAX),
        [Value::String(from), Value::String(to), Value::Int(limit)] => {
            (from, to, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    let times = text.matches(from.as_str()).take(limit).count();
    room(times.checked_mul(to.len()).and_then(|more| more.checked_add(text.len())))?;
    Ok(string(&text.replacen(from.as_str(), to, times)))
}

fn join(This(items): This<Arc<Vec<Value>>>, Arguments(arguments): Arguments) -> ResolveResult {
    let between = match &arguments[..] {
        [] => "",
        [Value::String(between)] => between.as_str(),
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    let texts: Option<Vec<&str>> =
        items.iter().map(|item| if let Value::String(text) = item { Some(text.as_str()) } else { None }).collect();
    let texts = texts.ok_or(ExecutionError::NoSuchOverload)?;
    room(texts.iter().try_fold(0usize, |sum, text| sum.checked_add(text.len() + between.len())))?;
    Ok(string(&texts.join(between)))
}
