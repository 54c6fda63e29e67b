//! Expressions of policies and webhooks are compiled; objects are of any type in them:
//! `k8s.io/apiserver/pkg/admission/plugin/cel/compile.go` and `composition.go`. What the types of the objects that are
//! matched say of them is a warning in the status of the policy, and not looked at.

use super::place;
use crate::check::api::object::{Field, Object, is_placeholder};
use crate::check::cel::on_deep_stack;
use crate::check::cel::types::{Names, Problem, Type, Wanted, type_of};
use crate::model::path::{Path, Segment};
use crate::model::value::Value;

type Found<'t> = (Path, Value<'t>, Box<Problem>);

/// The first version that has such policies, and conditions of webhooks, without being asked for them.
const FIRST: u16 = 28;

/// Compiles what a policy says.
pub(super) fn policy<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let (minor, spec_value, path) = (object.version.minor, spec.value, spec.path());
    compile(object, move |found| policy_in(spec_value, &path, minor, false, found));
}

/// Compiles what a policy says that changes objects. What it makes of them is of types that are not known here.
pub(super) fn mutating<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let (minor, spec_value, path) = (object.version.minor, spec.value, spec.path());
    compile(object, move |found| policy_in(spec_value, &path, minor, true, found));
}

/// Compiles the conditions of a webhook.
pub(in crate::check::api) fn webhook<'t>(object: &mut Object<'_, 't>, hook: &Field<'_, 't>) {
    if !hook.has("matchConditions") {
        return;
    }
    let (minor, value, path) = (object.version.minor, hook.value, hook.path());
    compile(object, move |found| {
        let names = names(Given { parameters: false, authorizer: true });
        each(value, "matchConditions", &path, "expression", &mut |way, text, written| {
            found.extend(judge(text.trim(), &names, minor, Wanted::Truth, way, written).err());
        });
    });
}

fn compile<'t>(object: &mut Object<'_, 't>, run: impl FnOnce(&mut Vec<Found<'t>>) + Send) {
    if object.version.minor < FIRST {
        return;
    }
    let found = on_deep_stack(move || {
        let mut found = Vec::new();
        run(&mut found);
        found
    });
    for (path, written, problem) in found.unwrap_or_default() {
        place::report(object, path, written, *problem);
    }
}

/// `validateValidatingAdmissionPolicySpec`, `validateMutatingAdmissionPolicySpec`
fn policy_in<'t>(spec: Value<'t>, path: &Path, minor: u16, mutates: bool, found: &mut Vec<Found<'t>>) {
    let parameters = spec.get("paramKind").is_some_and(|kind| !kind.is_null());
    let plain = names(Given { parameters, authorizer: true });
    each(spec, "matchConditions", path, "expression", &mut |way, text, written| {
        found.extend(judge(text.trim(), &plain, minor, Wanted::Truth, way, written).err());
    });
    let (mut all, mut for_messages) = (plain, names(Given { parameters, authorizer: false }));
    if spec.get("variables").is_some_and(|variables| !variables.is_empty()) {
        for names in [&mut all, &mut for_messages] {
            let none = names.object([]);
            names.declare("variables", none);
        }
    }
    let (variables, of_messages) = (all.named("variables"), for_messages.named("variables"));
    for (at, variable) in items(spec, "variables").enumerate() {
        let way = below(path, "variables", at, "expression");
        let Some(name) = variable.get("name").and_then(Value::as_str) else { continue };
        let text = variable.get("expression").and_then(|written| Some((written, written.as_str()?)));
        let is = match text.filter(|(_, text)| !is_placeholder(text) && !text.trim().is_empty()) {
            Some((written, text)) => match judge(&text, &all, minor, Wanted::Anything, way, written) {
                Ok(is) => is.map_or(Type::Dyn, Type::into_variable),
                Err(problem) => {
                    found.push(problem);
                    Type::Dyn
                }
            },
            None => Type::Dyn,
        };
        if let (Some(variables), Some(of_messages)) = (&variables, &of_messages) {
            all.extend(variables, &name, is.clone());
            for_messages.extend(of_messages, &name, is);
        }
    }
    if mutates {
        // Variables do not know these.
        for made in ["Object", "JSONPatch"] {
            all.declare(made, Type::Dyn);
        }
        for (at, mutation) in items(spec, "mutations").enumerate() {
            let kind = mutation.get("patchType").and_then(Value::as_str).unwrap_or_default();
            for (kind_of, key, wanted) in [
                ("ApplyConfiguration", "applyConfiguration", Wanted::Object),
                ("JSONPatch", "jsonPatch", Wanted::Patches),
            ] {
                if kind != kind_of {
                    continue;
                }
                let Some(written) = mutation.get(key).and_then(|of| of.get("expression")) else { continue };
                let Some(text) = written.as_str().filter(|text| !text.trim().is_empty() && !is_placeholder(text))
                else {
                    continue;
                };
                let mut way = below(path, "mutations", at, key);
                way.0.push(Segment::from("expression"));
                found.extend(judge(&text, &all, minor, wanted, way, written).err());
            }
        }
        return;
    }
    each(spec, "validations", path, "expression", &mut |way, text, written| {
        found.extend(judge(text, &all, minor, Wanted::Truth, way, written).err());
    });
    each(spec, "validations", path, "messageExpression", &mut |way, text, written| {
        found.extend(judge(text, &for_messages, minor, Wanted::Text, way, written).err());
    });
    each(spec, "auditAnnotations", path, "valueExpression", &mut |way, text, written| {
        found.extend(judge(text.trim(), &all, minor, Wanted::TextOrNull, way, written).err());
    });
}

/// Looks at an expression of each item of a list.
fn each<'t>(of: Value<'t>, list: &str, path: &Path, key: &str, look: &mut dyn FnMut(Path, &str, Value<'t>)) {
    for (at, item) in items(of, list).enumerate() {
        let Some(written) = item.get(key) else { continue };
        if let Some(text) = written.as_str().filter(|text| !text.trim().is_empty() && !is_placeholder(text)) {
            look(below(path, list, at, key), &text, written);
        }
    }
}

fn items<'t>(of: Value<'t>, list: &str) -> impl Iterator<Item = Value<'t>> {
    of.get(list).filter(|list| list.is_sequence()).into_iter().flat_map(Value::items)
}

fn below(path: &Path, list: &str, at: usize, key: &str) -> Path {
    let own = [Segment::from(list), Segment::Index(at), Segment::from(key)];
    Path(path.0.iter().cloned().chain(own).collect())
}

/// The type of an expression. The place of what is wrong with it is that in the text as it is written, blanks before it
/// included.
fn judge<'t>(
    text: &str,
    names: &Names<'_>,
    minor: u16,
    wanted: Wanted,
    way: Path,
    written: Value<'t>,
) -> Result<Option<Type>, Found<'t>> {
    type_of(text, names, minor, wanted).map_err(|mut problem| {
        let blanks = written.as_str().map_or(0, |all| all.find(text).unwrap_or(0));
        problem.place = problem.place.map(|place| place.start + blanks..place.end + blanks);
        (way, written, problem)
    })
}

/// What an expression is given besides the objects.
#[derive(Clone, Copy)]
struct Given {
    parameters: bool,
    authorizer: bool,
}

/// `createEnvForOpts`, `BuildRequestType` and `BuildNamespaceType`
fn names(given: Given) -> Names<'static> {
    let (text, truth, whole, time) =
        (Type::Simple("string"), Type::Simple("bool"), Type::Simple("int"), Type::Simple("timestamp"));
    let texts = || Type::list(Type::Simple("string"));
    let mut names = Names::default();
    let kind = names.object(["group", "version", "kind"].map(|name| (name, text.clone())));
    let resource = names.object(["group", "version", "resource"].map(|name| (name, text.clone())));
    let user = names.object([
        ("username", text.clone()),
        ("uid", text.clone()),
        ("groups", texts()),
        ("extra", Type::map(texts())),
    ]);
    let request = names.object([
        ("kind", kind.clone()),
        ("resource", resource.clone()),
        ("subResource", text.clone()),
        ("requestKind", kind),
        ("requestResource", resource),
        ("requestSubResource", text.clone()),
        ("name", text.clone()),
        ("namespace", text.clone()),
        ("operation", text.clone()),
        ("userInfo", user),
        ("dryRun", truth),
        ("options", Type::Dyn),
    ]);
    let condition = names.object([
        ("status", text.clone()),
        ("type", text.clone()),
        ("lastTransitionTime", time.clone()),
        ("message", text.clone()),
        ("reason", text.clone()),
    ]);
    let spec = names.object([("finalizers", texts())]);
    let status = names.object([("conditions", Type::list(condition)), ("phase", text.clone())]);
    let metadata = names.object([
        ("name", text.clone()),
        ("generateName", text.clone()),
        ("namespace", text.clone()),
        ("labels", Type::map(text.clone())),
        ("annotations", Type::map(text.clone())),
        ("UID", text.clone()),
        ("creationTimestamp", time.clone()),
        ("deletionGracePeriodSeconds", whole.clone()),
        ("deletionTimestamp", time),
        ("generation", whole),
        ("resourceVersion", text),
        ("finalizers", texts()),
    ]);
    let namespace = names.object([("metadata", metadata), ("spec", spec), ("status", status)]);
    let all = [("object", Type::Dyn), ("oldObject", Type::Dyn), ("namespaceObject", namespace), ("request", request)];
    for (name, is) in all {
        names.declare(name, is);
    }
    if given.parameters {
        names.declare("params", Type::Dyn);
    }
    if given.authorizer {
        names.declare("authorizer", Type::Simple("kubernetes.authorization.Authorizer"));
        names.declare("authorizer.requestResource", Type::Simple("kubernetes.authorization.ResourceCheck"));
    }
    names
}
