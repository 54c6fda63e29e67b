//! Rules of a definition are compiled, with the types that its schema declares: `Compile` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go`.

use crate::check::api::admission_policy::place;
use crate::check::api::object::{Field, Object, is_placeholder};
use crate::check::cel::on_deep_stack;
use crate::check::cel::types::{Names, Problem, Type, Wanted, type_of};
use crate::model::path::{Path, Trail};
use crate::model::value::Value;

/// The first version that has such rules without being asked for them.
const FIRST: u16 = 25;
/// Deeper than anything that people write.
const DEPTH: usize = 400;

/// Compiles the rules of a schema that is right otherwise.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, root: &Field<'_, 't>) {
    let minor = object.version.minor;
    if minor < FIRST || !has_rules(root.value, DEPTH) {
        return;
    }
    let schema = root.value;
    let problems = on_deep_stack(move || {
        let mut compiler = Compiler { minor, found: Vec::new() };
        compiler.node(schema, &Trail::Root, true, DEPTH);
        compiler.found
    });
    for (below, written, problem) in problems.unwrap_or_default() {
        let mut path = root.path();
        path.0.extend(below.0);
        place::report(object, path, written, *problem);
    }
}

/// The schemas below a schema, and the way to each.
fn each_below<'t>(schema: Value<'t>, trail: &Trail<'_>, look: &mut dyn FnMut(Value<'t>, &Trail<'_>)) {
    if let Some(properties) = schema.get("properties") {
        let trail = trail.key("properties");
        properties.each_entry(|entry| look(entry.value, &trail.key(&entry.name())));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.is_mapping()) {
            look(inner, &trail.key(key));
        }
    }
}

fn has_rules(schema: Value<'_>, depth: usize) -> bool {
    let mut found = schema.get("x-kubernetes-validations").is_some_and(|rules| !rules.is_empty());
    if !found && depth > 0 {
        each_below(schema, &Trail::Root, &mut |inner, _| found = found || has_rules(inner, depth - 1));
    }
    found
}

struct Compiler<'t> {
    minor: u16,
    /// What is wrong, where it is written, and the way there.
    found: Vec<(Path, Value<'t>, Box<Problem>)>,
}

impl<'t> Compiler<'t> {
    fn node(&mut self, schema: Value<'t>, trail: &Trail<'_>, is_resource: bool, depth: usize) {
        if depth == 0 || !schema.is_mapping() {
            return;
        }
        if let Some(rules) = schema.get("x-kubernetes-validations").filter(|rules| !rules.is_empty()) {
            self.rules(schema, trail, rules, is_resource);
        }
        each_below(schema, trail, &mut |inner, trail| self.node(inner, trail, false, depth - 1));
    }

    fn rules(&mut self, schema: Value<'t>, trail: &Trail<'_>, rules: Value<'t>, is_root: bool) {
        let trail = &trail.key("x-kubernetes-validations");
        let embeds = schema.get("x-kubernetes-embedded-resource").and_then(Value::as_bool) == Some(true);
        let mut names = Names::default();
        let this = names.described(schema, is_root || embeds);
        if let Some(this) = &this {
            names.declare("self", this.clone());
            names.declare("oldSelf", this.clone());
        }
        for (at, rule) in rules.items().enumerate() {
            let trail = &trail.index(at);
            let Some(this) = &this else {
                // `unable to convert structural schema to CEL declarations`
                if let Some(written) = rule.get("rule") {
                    self.found.push((trail.key("rule").path(), written, Problem::untyped()));
                }
                continue;
            };
            let optional = rule.get("optionalOldSelf").and_then(Value::as_bool) == Some(true);
            if optional {
                names.declare("oldSelf", Type::optional(this.clone()));
            }
            // The message is compiled where the rule is.
            if self.one(&names, rule, (trail, "rule"), Wanted::Truth) {
                self.one(&names, rule, (trail, "messageExpression"), Wanted::Text);
            }
            if optional {
                names.forget();
            }
        }
    }

    /// Compiles what stands under a key of a rule. Whether that succeeds.
    fn one(&mut self, names: &Names<'t>, rule: Value<'t>, (trail, key): (&Trail<'_>, &str), wanted: Wanted) -> bool {
        let Some(written) = rule.get(key) else { return false };
        let Some(text) = written.as_str().filter(|text| !text.trim().is_empty() && !is_placeholder(text)) else {
            return false;
        };
        match type_of(&text, names, self.minor, wanted) {
            Ok(_) => true,
            Err(problem) => {
                self.found.push((trail.key(key).path(), written, problem));
                false
            }
        }
    }
}
