//! Rules of definitions in CEL (`x-kubernetes-validations`).
//!
//! The order and the words are those of `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`: rules
//! that compare with an earlier object (`oldSelf`) are evaluated where there is one and the two can be told to be the
//! same part of it; for a new object, and for a part that is new, the server leaves them out too. What cannot be
//! evaluated here is listed as not checked; it never counts as kept.

mod values;

use std::cell::OnceCell;
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::check::cel::{
    self, Answer, BUDGET, Compiled, Extract, Program, Scope, Value, compiled, on_deep_stack, shortened,
};
use crate::check::wording::is_placeholder;
use crate::model::path::{Path, Segment};
use crate::model::source::Span;

use super::super::table::{Shape, Table, Type};
use super::Asks;
use super::before::Items;
use super::conform::{Fault, Outcome, What};

/// What rules are about, in their own words, and what it was.
const SELF: &str = "self";
const OLD: &str = "oldSelf";

/// A rule.
#[derive(Debug, Default)]
pub(in super::super) struct Rule {
    /// The expression.
    pub(in super::super) text: String,
    pub(in super::super) message: Option<String>,
    /// An expression that gives the message.
    pub(in super::super) message_expression: Option<String>,
    /// The field that it is about, as a route from where the rule stands.
    pub(in super::super) field: Option<String>,
    /// It is evaluated without an earlier object too.
    pub(in super::super) optional_old: bool,
    /// Where the expression stands in the definition.
    pub(in super::super) span: Option<Span>,
    program: OnceLock<Compiled>,
    message_program: OnceLock<Compiled>,
}

/// A settled object and what it was.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Case<'c> {
    pub(in super::super) object: &'c Json,
    pub(in super::super) before: Before<'c>,
    pub(in super::super) table: Table<'c>,
    pub(in super::super) index: u32,
    pub(in super::super) asks: &'c Asks,
    /// Texts that begin with `ENC[` are of SOPS, and become something else.
    pub(in super::super) encrypted: bool,
    /// `status` is the cluster's, and not known here.
    pub(in super::super) status: bool,
}

/// What an object was.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Before<'b> {
    /// It is new, or as it was.
    Nothing,
    /// This, settled.
    Object(&'b Json),
    /// An object of another version, which a webhook converts.
    Converted(&'b str),
}

/// Evaluates all rules about an object.
pub(in super::super) fn evaluate(case: &Case<'_>, outcome: &mut Outcome) {
    let mut own = Outcome::default();
    let old = if let Before::Object(old) = case.before { Some(old) } else { None };
    let evaluated = on_deep_stack(|| {
        cel::refill(BUDGET);
        Evaluation { case, trail: Vec::new(), outcome: &mut own }.node(case.object, old, case.index, case.asks);
    });
    if evaluated.is_none() {
        own.left_out
            .insert("the rules in CEL of the definition are not evaluated: there is no room for a thread".to_owned());
    }
    outcome.faults.append(&mut own.faults);
    outcome.left_out.append(&mut own.left_out);
}

/// What rules read of the values that they are about.
pub(in super::super) fn read(rules: &[Rule]) -> Extract {
    let read = || {
        let programs: Option<Vec<_>> = rules.iter().map(Rule::only_program).collect();
        programs.map(|programs| Extract::below(SELF, programs.into_iter()))
    };
    on_deep_stack(read).flatten().unwrap_or_else(Extract::whole)
}

struct Evaluation<'e> {
    case: &'e Case<'e>,
    trail: Vec<Segment>,
    outcome: &'e mut Outcome,
}

impl Evaluation<'_> {
    fn node(&mut self, value: &Json, old: Option<&Json>, index: u32, asks: &Asks) {
        if value.is_null() || !asks.has_rules() {
            return;
        }
        let old = old.filter(|old| !old.is_null());
        if !asks.rules.is_empty() {
            self.rules(value, old, index, asks);
        }
        if asks.alternatives.as_ref().is_some_and(|alternatives| alternatives.has_rules()) {
            self.outcome.left_out.insert("rules in CEL below `allOf` are not evaluated".to_owned());
        }
        let table = self.case.table;
        let of = table.type_at(index);
        match value {
            Json::Object(members) => {
                let old = old.and_then(Json::as_object);
                for (name, member) in members {
                    let Some(below) = asks.property(name).or(asks.additional.as_deref()) else { continue };
                    let index = inner(table, &of, name);
                    self.trail.push(Segment::from(name.as_str()));
                    self.node(member, old.and_then(|old| old.get(name)), index, below);
                    self.trail.pop();
                }
            }
            Json::Array(items) => {
                let Some(below) = asks.items.as_deref() else { return };
                let index = if of.shape == Shape::Array { of.first } else { 0 };
                let old = Items::of(Some(asks), old.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default());
                for (at, item) in items.iter().enumerate() {
                    self.trail.push(Segment::Index(at));
                    self.node(item, old.get(item), index, below);
                    self.trail.pop();
                }
            }
            _ => {}
        }
    }

    fn rules(&mut self, value: &Json, old: Option<&Json>, index: u32, asks: &Asks) {
        let table = self.case.table;
        let this = values::read_to_cel(value, table, index, asks);
        let was = OnceCell::new();
        let was = || was.get_or_init(|| old.map(|old| values::to_cel(old, table, index, Some(asks))).transpose());
        let weight = this.as_ref().map_or(0, cel::weight);
        cel::scope(|mut scope| {
            if let Ok(this) = &this {
                scope.name(SELF, this);
            }
            for rule in &asks.rules {
                let program = rule.program().as_ref().as_ref();
                let compares = program.is_ok_and(|program| program.names(OLD));
                if let (true, Before::Converted(version)) = (compares, self.case.before) {
                    let why = format!("the object was one of {version}, and a webhook converts it");
                    self.leave_out(rule, &why);
                    continue;
                }
                if compares && old.is_none() && !rule.optional_old {
                    continue;
                }
                let was = if compares { was().clone() } else { Ok(None) };
                cel::weigh_steps(weight + was.as_ref().ok().and_then(Option::as_ref).map_or(0, cel::weight));
                let given = match (&this, was) {
                    (Ok(_), Ok(was)) => Ok(rule.names(&scope, was)),
                    (Err(why), _) => Err(why.clone()),
                    (_, Err(why)) => Err(why),
                };
                let answer = match (program, &given) {
                    (Ok(program), Ok(given)) => given.run(program),
                    (Err(why), _) | (_, Err(why)) => Answer::Unknown(why.clone()),
                };
                let is_unfinished = || {
                    self.has_unfinished(value, asks.read())
                        || old.is_some_and(|old| self.has_unfinished(old, &Extract::below(OLD, program.into_iter())))
                };
                match answer {
                    Answer::Value(Value::Bool(true)) => {}
                    Answer::Value(Value::Bool(false)) if is_unfinished() => {
                        self.leave_out(rule, "the object has values that another tool fills in");
                    }
                    Answer::Value(Value::Bool(false))
                        if compares && self.case.status && rule.text.contains("status") =>
                    {
                        self.leave_out(rule, "only the cluster knows the `status`");
                    }
                    Answer::Value(Value::Bool(false)) => {
                        self.broken(rule, given.as_ref().ok(), compares, old.filter(|_| compares));
                    }
                    Answer::Value(_) => self.leave_out(rule, "it is neither true nor false"),
                    Answer::Unknown(why) | Answer::Fails(why) => self.leave_out(rule, &why),
                }
            }
        });
    }

    fn broken(&mut self, rule: &Rule, given: Option<&Scope<'_>>, compares: bool, old: Option<&Json>) {
        let by_expression = rule.message_expression.as_deref().zip(given).and_then(|(text, given)| {
            let program = rule.message_program.get_or_init(|| compiled(text, rule.optional_old));
            let program = program.as_ref().as_ref().ok()?;
            match given.run(program) {
                Answer::Value(Value::String(text)) if !text.trim().is_empty() && !text.contains('\n') => {
                    Some(text.trim().to_owned())
                }
                _ => None,
            }
        });
        let message = by_expression.or_else(|| rule.message.clone());
        let field = rule.field.as_deref().map(route).unwrap_or_default();
        let path = Path(self.trail.iter().cloned().chain(field).collect());
        let was = old.map(|old| match old {
            Json::Object(_) | Json::Array(_) => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        });
        let what = What::Rule { text: rule.text.clone(), message, span: rule.span, was };
        let node = (!compares).then_some(self.trail.len());
        self.outcome.faults.push(Fault { path, what, blocks: false, node });
    }

    fn leave_out(&mut self, rule: &Rule, why: &str) {
        self.outcome.left_out.insert(format!("the rule `{}` is not evaluated: {why}", shortened(&rule.text)));
    }

    /// Whether something that is read of a value, if it is an object, will be filled in.
    fn has_unfinished(&self, value: &Json, read: &Extract) -> bool {
        match value {
            Json::Object(members) => {
                members.iter().any(|(name, member)| read.reads(name) && self.is_unfinished(member))
            }
            value => self.is_unfinished(value),
        }
    }

    fn is_unfinished(&self, value: &Json) -> bool {
        match value {
            Json::String(text) => is_placeholder(text) || (self.case.encrypted && text.starts_with("ENC[")),
            Json::Array(items) => items.iter().any(|item| self.is_unfinished(item)),
            Json::Object(members) => members.values().any(|member| self.is_unfinished(member)),
            _ => false,
        }
    }
}

impl Rule {
    fn program(&self) -> &Compiled {
        self.program.get_or_init(|| compiled(&self.text, self.optional_old))
    }

    /// Its program, if that is all that reads. What a message reads is not known before there is one to give.
    fn only_program(&self) -> Option<&Program> {
        self.program().as_ref().as_ref().ok().filter(|_| self.message_expression.is_none())
    }

    /// The names that the rule sees: those of all rules, and what there was.
    fn names<'s>(&self, all: &'s Scope<'_>, was: Option<Value>) -> Scope<'s> {
        let mut own = all.inner();
        match was {
            was if self.optional_old => own.name(OLD, &cel::optional(was)),
            Some(was) => own.name(OLD, &was),
            None => {}
        }
        own
    }
}

/// The type of a member.
fn inner(table: Table<'_>, of: &Type, name: &str) -> u32 {
    match of.shape {
        Shape::Object => table.field(of, name).map_or(0, |(_, field)| field.type_index()),
        Shape::Map => of.first,
        _ => 0,
    }
}

/// The segments of `.spec.x['a.b']`.
fn route(field: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("['") {
            let Some((key, after)) = quoted.split_once("']") else { break };
            segments.push(Segment::from(key.replace("\\'", "'").replace("\\\\", "\\").as_str()));
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                break;
            }
            segments.push(Segment::from(&name[..end]));
            rest = &name[end..];
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::check::cel::compile;

    fn answer(text: &str, this: &Json) -> Result<Value, String> {
        let answer = on_deep_stack(|| {
            cel::refill(BUDGET);
            let this = values::to_cel(this, Table::read(&[]), 0, None)?;
            cel::weigh_steps(cel::weight(&this));
            let program = compile(text, false)?;
            cel::scope(|mut scope| {
                scope.name("self", &this);
                match scope.run(&program) {
                    Answer::Value(value) => Ok(value),
                    Answer::Unknown(why) | Answer::Fails(why) => Err(why),
                }
            })
        });
        answer.unwrap()
    }

    #[test]
    fn expressions_mean_what_they_mean_to_the_server() {
        let this = serde_json::json!({
            "a": 1, "s": "é", "l": [1, 2], "m": {"x": 1}, "n": null, "port": 80, "name": "http", "f": 1.5, "d": "a.b"
        });
        for text in [
            "size(self.s) == 1 && self.s.size() == 1",
            "self.?zz.orValue(3) == 3 && !self.?zz.hasValue() && self.?a.orValue(3) == 1",
            "self.?m.x.orValue(5) == 1 && self.?m.?y.orValue(5) == 5 && self.?q.x.orValue(5) == 5",
            "has(self.m.x) && !has(self.m.y) && !has(self.q)",
            "cel.bind(x, self.a + 1, x * x == 4)",
            "type(self.port) == int && type(self.name) == string && dyn(self.a) == 1",
            "self.l.map(x, x * 2) == [2, 4] && self.l.filter(x, x > 1).size() == 1",
            "self.l.all(x, x > 0) && self.l.exists_one(x, x == 1) && self.m.all(k, k == 'x')",
            "self.d.matches('^[a-z.]+$') && !'१'.matches('^\\\\d$') && self.d.find('[a-z]') == 'a'",
            "self.d.findAll('[a-z]') == ['a', 'b'] && self.d.findAll('[a-z]', 1) == ['a']",
            "self.d.replace('.', '-') == 'a-b' && 'aaa'.replace('a', 'b', 2) == 'bba' && ['a', 'b'].join('-') == 'a-b'",
            "quantity('1Gi').isGreaterThan(quantity('500Mi')) && isQuantity('1') && url('https://a.b/c').getHost() == 'a.b'",
            "ip('10.0.0.1').family() == 4 && cidr('10.0.0.0/8').containsIP('10.1.1.1') && isIP('::1')",
            "semver('1.2.3').isLessThan(semver('2.0.0')) && '%s-%d'.format(['a', 3]) == 'a-3'",
            "duration('1h') > duration('5m') && timestamp('2024-01-01T00:00:00Z').getFullYear() == 2024",
            "self.zz == 1 || true",
            "!format.dns1123Label().validate('ab').hasValue()",
            "self.l.sum() == 3 && self.l.isSorted() && self.l.indexOf(2) == 1 && sets.contains([1, 2], self.l)",
            "1 in self.l && 'x' in self.m && self.l[0] == 1 && self.n == null",
        ] {
            assert_eq!(answer(text, &this), Ok(Value::Bool(true)), "{text}");
        }
        for (text, why) in [
            ("self.zz == 1", "there is no `zz`"),
            ("self.l[5] == 1", "an index is out of bounds"),
            ("self.l.frob()", "`frob` is not known here"),
            ("self.a ==", "it cannot be read"),
            ("Foo{a: 1} == 1", "it makes an object of a type that is not known here"),
        ] {
            assert_eq!(answer(text, &this), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_expression_takes_for_ever() {
        let list = Json::from(vec![1; 3000]);
        let nested = "self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d > 0))))";
        assert_eq!(answer(nested, &list), Err("it takes too long".to_owned()));
        let text = Json::from("a".repeat(100_000));
        let grows = format!("self{} == ''", ".replace('a', self)".repeat(5));
        assert_eq!(answer(&grows, &text), Err("it takes too long".to_owned()));
        let doubles = format!("[1]{}.size() == 1", ".map(x, [x, x])".repeat(60));
        assert!(answer(&doubles, &list).is_err());
        let adds = format!("['a']{}.size() == 1", ".map(x, x + x)".repeat(60));
        assert_eq!(answer(&adds, &list), Err("it takes too long".to_owned()));
    }

    #[test]
    fn no_expression_needs_a_deep_stack() {
        for text in [
            "1+".repeat(1400) + "1",
            "self".to_owned() + &".a".repeat(1400),
            "(".repeat(1400) + "1" + &")".repeat(1400),
            "(".repeat(99) + "1" + &")".repeat(99),
            "!".repeat(1400) + "true",
            "-".repeat(1400) + "1",
            "[".repeat(99) + &"]".repeat(99),
            "self".to_owned() + &".map(x, self".repeat(99) + &")".repeat(99),
            "true ? ".repeat(700) + "1" + &" : 1".repeat(700),
            "true && ".repeat(500) + "true",
            "{1:".repeat(99) + "1" + &"}".repeat(99),
        ] {
            drop(answer(&text, &Json::Null));
        }
    }

    /// Every rule and every pattern below a part of a schema.
    fn collect<'j>(schema: &'j Json, rules: &mut Vec<&'j str>, patterns: &mut Vec<&'j str>) {
        match schema {
            Json::Object(members) => {
                let listed = members.get("x-kubernetes-validations").and_then(Json::as_array);
                rules.extend(listed.into_iter().flatten().filter_map(|rule| rule["rule"].as_str()));
                patterns.extend(members.get("pattern").and_then(Json::as_str));
                members.values().for_each(|member| collect(member, rules, patterns));
            }
            Json::Array(items) => items.iter().for_each(|item| collect(item, rules, patterns)),
            _ => {}
        }
    }

    #[test]
    fn rules_and_patterns_of_embedded_definitions_are_read() {
        let (mut rules, mut patterns) = (0, 0);
        for (api_version, kind, _) in super::super::super::known_kinds() {
            let (group, version) = api_version.split_once('/').unwrap();
            let known = super::super::super::known(group, kind, &[version.to_owned()].into()).unwrap();
            let definition: Json = serde_json::from_str(&known.definition).unwrap();
            let (mut own_rules, mut own_patterns) = (Vec::new(), Vec::new());
            collect(&definition, &mut own_rules, &mut own_patterns);
            own_rules.sort_unstable();
            own_rules.dedup();
            for rule in &own_rules {
                let compiled = on_deep_stack(|| compile(rule, rule.contains("oldSelf.")).map(drop)).unwrap();
                assert_eq!(compiled, Ok(()), "{kind}: {rule}");
            }
            for pattern in &own_patterns {
                assert!(crate::check::pattern::compile(pattern).is_some(), "{kind}: {pattern}");
            }
            (rules, patterns) = (rules + own_rules.len(), patterns + own_patterns.len());
        }
        assert!(rules > 100 && patterns > 100, "{rules} {patterns}");
    }

    #[test]
    fn routes_are_read() {
        assert_eq!(Path(route(".spec.x['a.b'].c")).to_string(), "spec.x[\"a.b\"].c");
        assert_eq!(Path(route("spec")).to_string(), "spec");
    }
}
