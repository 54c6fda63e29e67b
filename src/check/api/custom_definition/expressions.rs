//! Rules of a definition are compiled, with the types that its schema declares: `Compile` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go`.

use super::costs::Costs;
use crate::check::api::admission_policy::place;
use crate::check::api::object::{Field, Object, is_placeholder};
use crate::check::cel::on_deep_stack;
use crate::check::cel::types::{Checked, Names, Problem, Type, Wanted, checked};
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
    let compiled = on_deep_stack(move || {
        let mut compiler = Compiler { minor, found: Vec::new(), costs: Costs::new(schema, minor) };
        compiler.node(schema, &Trail::Root, Place { is_resource: true, is_ruled: false, is_strange: false }, DEPTH);
        (compiler.found, compiler.costs.bill())
    });
    let Some((problems, bill)) = compiled else { return };
    for (below, written, problem) in problems {
        place::report(object, joined(root.path(), below), written, *problem);
    }
    bill.report(object, &root.path());
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

/// Where a schema stands.
#[derive(Clone, Copy)]
struct Place {
    is_resource: bool,
    /// There are rules above.
    is_ruled: bool,
    /// What every resource has: for rules above the server does not look at its schema, and for its own rules it then
    /// takes the same.
    is_strange: bool,
}

struct Compiler<'t> {
    minor: u16,
    /// What is wrong, where it is written, and the way there.
    found: Vec<(Path, Value<'t>, Box<Problem>)>,
    costs: Costs<'t>,
}

impl<'t> Compiler<'t> {
    fn node(&mut self, schema: Value<'t>, trail: &Trail<'_>, place: Place, depth: usize) {
        if depth == 0 || !schema.is_mapping() {
            return;
        }
        let rules = schema.get("x-kubernetes-validations").filter(|rules| !rules.is_empty());
        let has_rules = rules.is_some();
        if let Some(rules) = rules {
            self.rules(schema, trail, rules, place);
        }
        let is_ruled = place.is_ruled || has_rules;
        let is_resource = place.is_resource || embeds(schema);
        each_below(schema, trail, &mut |inner, trail| {
            let is_strange = place.is_strange || (is_ruled && is_resource && is_of_resource(trail));
            self.node(inner, trail, Place { is_resource: false, is_ruled, is_strange }, depth - 1);
        });
    }

    fn rules(&mut self, schema: Value<'t>, trail: &Trail<'_>, rules: Value<'t>, place: Place) {
        let is_resource = place.is_resource || embeds(schema);
        let mut names = Names::default();
        let this = names.described(schema, is_resource);
        if let Some(this) = &this {
            names.declare("self", this.clone());
            names.declare("oldSelf", this.clone());
        }
        let here = if place.is_strange { None } else { self.costs.here(schema, is_resource, trail) };
        let trail = &trail.key("x-kubernetes-validations");
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
            for (key, wanted) in [("rule", Wanted::Truth), ("messageExpression", Wanted::Text)] {
                let Some(written) = rule.get(key) else { break };
                let Some(expression) = self.one(&names, written, (trail, key), wanted) else { break };
                if let (Some(here), Some(expression)) = (&here, expression) {
                    self.costs.add(here, expression, written, (trail, key));
                }
            }
            if optional {
                names.forget();
            }
        }
    }

    /// Compiles what is written under a key of a rule; nothing where that does not succeed.
    fn one(
        &mut self,
        names: &Names<'t>,
        written: Value<'t>,
        (trail, key): (&Trail<'_>, &str),
        wanted: Wanted,
    ) -> Option<Option<Checked>> {
        let text = written.as_str().filter(|text| !text.trim().is_empty() && !is_placeholder(text))?;
        match checked(&text, names, self.minor, wanted) {
            Ok(checked) => Some(checked),
            Err(problem) => {
                self.found.push((trail.key(key).path(), written, problem));
                None
            }
        }
    }
}

fn joined(mut path: Path, below: Path) -> Path {
    path.0.extend(below.0);
    path
}

fn embeds(schema: Value<'_>) -> bool {
    schema.get("x-kubernetes-embedded-resource").and_then(Value::as_bool) == Some(true)
}

fn is_of_resource(trail: &Trail<'_>) -> bool {
    matches!(trail, Trail::Key(_, "kind" | "apiVersion" | "metadata"))
}
