//! Where a violation is, when the policy does not say so: by trial. One node of the object is taken away and the rule
//! is asked again; a node without which the violation is gone is responsible for it.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::time::{Duration, Instant};

use regorus::Value as Rego;

use crate::model::path::{Path, Segment};

use super::item::{item_named_in, with_item_alone};

/// Most evaluations that the search for one rule on one object may take.
const MOST_TRIALS: usize = 400;

/// Longest time that it may take, which only a policy that is slow by itself reaches.
const LONGEST: Duration = Duration::from_secs(2);

/// A node that a trial found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub path: Path,
    /// A leaf or a list item that takes the violation away, not only its text.
    pub sure: bool,
}

/// The rule that trials are made with.
pub(super) struct Tried<'a> {
    /// All its messages for the object.
    pub before: &'a [String],
    /// Those for another object.
    pub ask: &'a mut dyn FnMut(Rego) -> Option<Vec<String>>,
    /// Whether it can make a difference that a node is taken away.
    pub matters: &'a dyn Fn(&[Segment]) -> bool,
}

/// What is known of one node.
struct Responsible {
    path: Vec<Segment>,
    leaf: bool,
    /// The rule found less than before, rather than the same with another text.
    fewer: bool,
    /// The message says the value, so it may be missing only because the message cannot be made.
    quoted: bool,
}

/// What was found for another object of the same shape, by message.
pub(super) type Hints = [Hint];

/// What was found for a message.
#[derive(Debug, Clone)]
pub(super) struct Hint {
    /// Without the name of the object and without numbers.
    message: String,
    /// Without anything that is different in another object.
    gist: String,
    /// `None`: nothing is responsible for it.
    pub found: Option<Found>,
    /// The numbers of the definitions that say so.
    pub authors: Vec<usize>,
}

/// The hint for a message about an object that differs from another one in nothing but its name and numbers.
pub(super) fn hint<'h>(hints: &'h Hints, message: &str, object: &Rego) -> Option<&'h Hint> {
    if hints.is_empty() {
        return None;
    }
    let own = anonymous(message, object);
    hints.iter().find(|hint| hint.message == own)
}

/// As [`by_trial`], but what was found for an object of the same shape is tried first, which takes one evaluation.
pub(super) fn by_hint(input: &Rego, wanted: &[&str], hints: &Hints, rule: &mut Tried<'_>) -> Vec<Option<Found>> {
    let before = rule.before;
    let mut found: Vec<Option<Found>> = vec![None; wanted.len()];
    let mut open = Vec::new();
    let mut tried: Vec<(&Path, Option<Vec<String>>)> = Vec::new();
    for (at, message) in wanted.iter().enumerate() {
        let strict = hint(hints, message, input);
        if strict.is_some_and(|hint| hint.found.is_none()) {
            continue;
        }
        let strict = strict.and_then(|hint| hint.found.as_ref());
        let own = OnceCell::new();
        let own = || own.get_or_init(|| gist(message, input));
        // Without a value that it quotes there is no message, whatever it is about.
        let quotes = |found: &&Found| is_quoted(lookup(input, &found.path.0), message);
        let alike = hints.iter().filter(|hint| hint.gist == *own()).filter_map(|hint| hint.found.as_ref());
        for hint in strict.into_iter().chain(alike.filter(|found| !quotes(found))) {
            let known = tried.iter().position(|(path, _)| **path == hint.path).unwrap_or_else(|| {
                tried.push((&hint.path, (rule.ask)(without(input, &hint.path.0))));
                tried.len() - 1
            });
            let left = tried[known].1.as_ref();
            if left.is_some_and(|left| is_gone(message, before, left) && (!hint.sure || left.len() < before.len())) {
                found[at] = Some(hint.clone());
                break;
            }
        }
        if found[at].is_none() {
            open.push(at);
        }
    }
    let rest: Vec<&str> = open.iter().map(|at| wanted[*at]).collect();
    if !rest.is_empty() {
        for (at, trial) in open.into_iter().zip(by_trial(input, &rest, rule)) {
            found[at] = trial;
        }
    }
    found
}

/// What is found for each of the messages of an object, for objects of the same shape.
pub(super) fn hints(input: &Rego, rule: &mut Tried<'_>) -> Vec<Hint> {
    let before = rule.before;
    let wanted: Vec<&str> = before.iter().map(String::as_str).collect();
    let found = by_trial(input, &wanted, rule);
    let hint = |(message, found): (&String, Option<Found>)| Hint {
        message: anonymous(message, input),
        gist: gist(message, input),
        found,
        authors: Vec::new(),
    };
    before.iter().zip(found).map(hint).collect()
}

/// A message without the name of the object and without numbers.
fn anonymous(message: &str, object: &Rego) -> String {
    match object["metadata"]["name"].as_string() {
        Ok(name) if name.len() > 2 => masked(&message.replace(&**name, "*")),
        _ => masked(message),
    }
}

/// A message without what is different in another object: the texts that it has, and numbers with their units.
fn gist(message: &str, object: &Rego) -> String {
    let mut quoted: Vec<&str> = Vec::new();
    texts(object, &mut |text| {
        if text.len() > 2 && message.contains(text) {
            quoted.push(text);
        }
    });
    quoted.sort_unstable_by_key(|text| (Reverse(text.len()), *text));
    quoted.dedup();
    let message = quoted.into_iter().fold(message.to_owned(), |message, text| message.replace(text, "*"));
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '.';
    let words = message.split_inclusive(|char: char| !is_part(char));
    let without = |word: &str| match word.starts_with(|char: char| char.is_ascii_digit()) {
        true => format!("*{}", word.trim_start_matches(is_part)),
        false => masked(word),
    };
    words.map(without).collect()
}

/// Shows every text of an object to `visit`.
fn texts<'v>(value: &'v Rego, visit: &mut dyn FnMut(&'v str)) {
    match value {
        Rego::String(text) => visit(text),
        Rego::Object(fields) => fields.iter().for_each(|(_, value)| texts(value, visit)),
        Rego::Array(items) => items.iter().for_each(|item| texts(item, visit)),
        _ => {}
    }
}

/// A number for the shape of an object: equal for objects that differ in their scalars alone.
pub(super) fn shape(value: &Rego) -> u64 {
    fn visit(value: &Rego, hasher: &mut DefaultHasher) {
        match value {
            Rego::Object(fields) => {
                hasher.write_usize(fields.len());
                for (key, value) in fields.iter_sorted() {
                    if let Ok(key) = key.as_string() {
                        hasher.write(key.as_bytes());
                        hasher.write_u8(0xff);
                    }
                    visit(value, hasher);
                }
            }
            Rego::Array(items) => {
                hasher.write_usize(items.len());
                items.iter().for_each(|item| visit(item, hasher));
            }
            _ => hasher.write_u8(1),
        }
    }
    let mut hasher = DefaultHasher::new();
    for key in ["apiVersion", "kind"] {
        if let Ok(text) = value[key].as_string() {
            hasher.write(text.as_bytes());
        }
    }
    visit(value, &mut hasher);
    hasher.finish()
}

/// The responsible node for each of `wanted`; `None` where none is, or only one that says which object it is.
///
/// A message mostly names the item of a list that it is about. If the rule says the same of an object with nothing in
/// its lists but that item, all there is to try is what is in the item.
fn by_trial(input: &Rego, wanted: &[&str], rule: &mut Tried<'_>) -> Vec<Option<Found>> {
    let mut search = Search { rule, trials: 0, start: Instant::now() };
    let mut found: Vec<Vec<Responsible>> = wanted.iter().map(|_| Vec::new()).collect();
    let mut open: Vec<usize> = (0..wanted.len()).collect();
    let mut named: Vec<(Vec<Segment>, Vec<usize>)> = Vec::new();
    for (at, message) in wanted.iter().enumerate().take_while(|(at, _)| *at < MOST_TRIALS) {
        let Some(item) = item_named_in(message, input) else { continue };
        match named.iter_mut().find(|(known, _)| *known == item) {
            Some((_, messages)) => messages.push(at),
            None => named.push((item, vec![at])),
        }
    }
    for (item, about) in named {
        if search.is_over() {
            break;
        }
        for (at, responsible) in search.in_item(input, &item, wanted, about) {
            found[at] = responsible;
            open.retain(|own| *own != at);
        }
    }
    if !open.is_empty() {
        let rest: Vec<&str> = open.iter().map(|at| wanted[*at]).collect();
        let before = search.rule.before;
        for (at, responsible) in open.into_iter().zip(search.below(input, Vec::new(), &rest, before)) {
            found[at] = responsible;
        }
    }
    found.iter().map(|found| best(found)).collect()
}

/// The trials for one object.
struct Search<'s, 'a> {
    rule: &'s mut Tried<'a>,
    trials: usize,
    start: Instant,
}

impl Search<'_, '_> {
    fn is_over(&self) -> bool {
        self.trials >= MOST_TRIALS || self.start.elapsed() > LONGEST
    }

    /// The messages for an object without a node.
    fn left(&mut self, input: &Rego, path: &[Segment]) -> Option<Vec<String>> {
        self.trials += 1;
        (self.rule.ask)(without(input, path))
    }

    /// What is responsible below a node, for each of `wanted`. `before` are all messages about the object.
    fn below(&mut self, input: &Rego, node: Vec<Segment>, wanted: &[&str], before: &[String]) -> Vec<Vec<Responsible>> {
        let mut found: Vec<Vec<Responsible>> = wanted.iter().map(|_| Vec::new()).collect();
        let mut open = vec![node];
        while let Some(parent) = open.pop() {
            for segment in segments(lookup(input, &parent)) {
                let path = [parent.as_slice(), &[segment]].concat();
                let leaf = segments(lookup(input, &path)).is_empty();
                if (leaf && is_identity(&path)) || !(self.rule.matters)(&path) {
                    continue;
                }
                if self.is_over() {
                    return found;
                }
                let Some(left) = self.left(input, &path) else { continue };
                let mut responsible = false;
                for (at, message) in wanted.iter().enumerate() {
                    if is_gone(message, before, &left) {
                        responsible = true;
                        let quoted = leaf && is_quoted(lookup(input, &path), message);
                        found[at].push(Responsible {
                            path: path.clone(),
                            leaf,
                            fewer: left.len() < before.len(),
                            quoted,
                        });
                    }
                }
                // What leaves every message alone has nothing responsible below it.
                if responsible && !leaf {
                    open.push(path);
                }
            }
        }
        found
    }

    /// What is responsible for those messages about an item that are about nothing else, with their numbers.
    fn in_item(
        &mut self,
        input: &Rego,
        item: &[Segment],
        wanted: &[&str],
        mut about: Vec<usize>,
    ) -> Vec<(usize, Vec<Responsible>)> {
        let before = self.rule.before;
        let (alone, way) = with_item_alone(input, item);
        self.trials += 1;
        let Some(said) = (self.rule.ask)(alone.clone()) else { return Vec::new() };
        about.retain(|at| said.iter().any(|own| own == wanted[*at]));
        if about.is_empty() {
            return Vec::new();
        }
        let Some(left) = self.left(input, item).filter(|left| left.len() < before.len()) else { return Vec::new() };
        about.retain(|at| is_gone(wanted[*at], before, &left));
        if about.is_empty() {
            return Vec::new();
        }
        let messages: Vec<&str> = about.iter().map(|at| wanted[*at]).collect();
        let inside = self.below(&alone, way.clone(), &messages, &said);
        let whole = || Responsible { path: item.to_vec(), leaf: false, fewer: true, quoted: false };
        let placed = |mut node: Responsible| {
            node.path.splice(..way.len(), item.iter().cloned());
            node
        };
        let inside = inside.into_iter().map(|inside| inside.into_iter().map(placed).chain([whole()]).collect());
        about.into_iter().zip(inside).collect()
    }
}

/// Whether a message is missing, and has not merely another number in it: list items move when one of them goes.
fn is_gone(message: &str, before: &[String], left: &[String]) -> bool {
    let count = |messages: &[String]| messages.iter().filter(|other| masked(other) == masked(message)).count();
    left.iter().all(|other| other != message) && count(left) < count(before)
}

fn is_quoted(value: Option<&Rego>, message: &str) -> bool {
    match value {
        Some(Rego::String(text)) => !text.is_empty() && has_word(message, text),
        Some(value @ Rego::Number(_)) => has_word(message, &value.to_string()),
        _ => false,
    }
}

/// Whether a text stands in a message by itself: `100m` is no word of `1100m`, nor `1` of `1.5`.
fn has_word(message: &str, text: &str) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else { return false };
    message.match_indices(text).any(|(at, _)| {
        !goes_on(first, message[..at].chars().rev()) && !goes_on(last, message[at + text.len()..].chars())
    })
}

/// Whether a word or number that ends in `edge` goes on.
fn goes_on(edge: char, mut outside: impl Iterator<Item = char>) -> bool {
    match outside.next() {
        Some('.') => edge.is_ascii_digit() && outside.next().is_some_and(|next| next.is_ascii_digit()),
        next => edge.is_ascii_alphanumeric() && next.is_some_and(|next| next.is_ascii_alphanumeric()),
    }
}

/// The deepest responsible leaf, else the deepest list item, else the deepest field; one that takes a violation away
/// before one that only changes its text, and of equal ones one that the message does not quote.
fn best(found: &[Responsible]) -> Option<Found> {
    let pick = |fits: &dyn Fn(&Responsible) -> bool, sure: bool| {
        let fitting = || found.iter().filter(|node| !is_identity(&node.path) && fits(node));
        let depth = fitting().map(|node| node.path.len()).max()?;
        let deepest = fitting().filter(|node| node.path.len() == depth).min_by_key(|node| node.quoted);
        deepest.map(|node| Found { path: Path(node.path.clone()), sure })
    };
    pick(&|node| node.fewer && node.leaf, true)
        .or_else(|| pick(&|node| node.fewer && matches!(node.path.last(), Some(Segment::Index(_))), true))
        .or_else(|| pick(&|node| node.leaf, false))
        .or_else(|| pick(&|node| node.fewer && node.path.len() > 1, false))
}

/// `kind`, `apiVersion`, `metadata` and what only says which object or part it is.
pub(super) fn is_identity(path: &[Segment]) -> bool {
    match path {
        [Segment::Key(key)] => matches!(&**key, "kind" | "apiVersion" | "metadata"),
        [Segment::Key(first), Segment::Key(second)] if &**first == "metadata" && &**second == "namespace" => true,
        [.., Segment::Key(last)] => &**last == "name",
        _ => false,
    }
}

/// Messages may count list items, which move when one goes.
fn masked(message: &str) -> String {
    message.chars().filter(|char| !char.is_ascii_digit()).collect()
}

pub(super) fn segments(value: Option<&Rego>) -> Vec<Segment> {
    match value {
        Some(Rego::Object(fields)) => {
            fields.iter_sorted().filter_map(|(key, _)| key.as_string().ok().map(|key| Segment::from(&**key))).collect()
        }
        Some(Rego::Array(items)) => (0..items.len()).map(Segment::Index).collect(),
        _ => Vec::new(),
    }
}

/// The value at the end of a route.
pub(super) fn lookup<'v>(value: &'v Rego, path: &[Segment]) -> Option<&'v Rego> {
    let mut at = value;
    for segment in path {
        at = match (at, segment) {
            (Rego::Object(fields), Segment::Key(key)) => fields.get(&Rego::from(&**key))?,
            (Rego::Array(items), Segment::Index(index)) => items.get(*index)?,
            _ => return None,
        };
    }
    Some(at)
}

/// A copy without one node, sharing everything that is not on the way to it.
fn without(value: &Rego, path: &[Segment]) -> Rego {
    let Some((first, rest)) = path.split_first() else { return Rego::Undefined };
    match (value, first) {
        (Rego::Object(fields), Segment::Key(key)) => {
            let changed = fields.iter_sorted().filter_map(|(name, value)| {
                if name.as_string().is_ok_and(|name| **name == **key) {
                    (!rest.is_empty()).then(|| (name.clone(), without(value, rest)))
                } else {
                    Some((name.clone(), value.clone()))
                }
            });
            Rego::from(changed.collect::<regorus::value::Object>())
        }
        (Rego::Array(items), Segment::Index(index)) => {
            let changed = items.iter().enumerate().filter_map(|(at, value)| match at == *index {
                true => (!rest.is_empty()).then(|| without(value, rest)),
                false => Some(value.clone()),
            });
            Rego::from(changed.collect::<regorus::value::Array>())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_node_is_taken_out_and_the_rest_stays() {
        let value = Rego::from_json_str(r#"{"a": [1, {"b": 2, "c": 3}], "d": 4}"#).unwrap();
        let path = [Segment::from("a"), Segment::Index(1), Segment::from("b")];
        assert_eq!(without(&value, &path), Rego::from_json_str(r#"{"a": [1, {"c": 3}], "d": 4}"#).unwrap());
        assert_eq!(without(&value, &path[..2]), Rego::from_json_str(r#"{"a": [1], "d": 4}"#).unwrap());
        assert_eq!(lookup(&value, &path), Some(&Rego::from(2)));
    }

    #[test]
    fn an_item_that_a_message_names_is_tried_alone() {
        let text = r#"{"kind": "Pod", "metadata": {"name": "web"}, "spec": {"hostNetwork": true, "containers": [
            {"name": "app", "image": "a", "resources": {"limits": {"cpu": "9"}}},
            {"name": "app-2", "image": "b", "resources": {"limits": {"cpu": "8"}}}]}}"#;
        let pod = Rego::from_json_str(text).unwrap();
        let mut ask = |object: Rego| {
            let containers = object["spec"]["containers"].as_array().map(|all| all.to_vec()).unwrap_or_default();
            let greedy = containers.iter().filter(|own| own["resources"]["limits"]["cpu"] != Rego::Undefined);
            let mut messages: Vec<String> = greedy.map(|own| format!("<{}> is greedy", own["name"])).collect();
            // This one is about what is beside the containers, too.
            if object["spec"]["hostNetwork"] == Rego::from(true) && containers.len() > 1 {
                messages.push("app shares the network".to_owned());
            }
            Some(messages)
        };
        let before = ["<\"app\"> is greedy", "<\"app-2\"> is greedy", "app shares the network"].map(str::to_owned);
        let mut rule = Tried { before: &before, ask: &mut ask, matters: &|_| true };
        let found = by_trial(&pod, &["<\"app-2\"> is greedy", "app shares the network"], &mut rule);
        let found: Vec<String> = found.into_iter().map(|found| found.unwrap().path.to_string()).collect();
        assert_eq!(found, ["spec.containers[1].resources.limits.cpu", "spec.hostNetwork"]);
    }

    #[test]
    fn a_part_of_a_word_or_number_is_not_quoted() {
        for (message, text) in [
            ("limit 1100m", "1100m"),
            ("limit <100m>, not 1100m", "100m"),
            ("uses nginx:1.25.", "nginx:1.25"),
            ("runs as 1.", "1"),
            ("容器nginx", "nginx"),
            ("x--privileged", "--privileged"),
        ] {
            assert!(has_word(message, text), "{message}: {text}");
        }
        for (message, text) in
            [("limit 1100m", "100m"), ("limit 100mi", "100m"), ("1.5 cores", "1"), ("0.1 cores", "1"), ("1.25", "1.2")]
        {
            assert!(!has_word(message, text), "{message}: {text}");
        }
    }

    #[test]
    fn messages_about_other_values_have_the_same_gist() {
        let pod = |name: &str, cpu: &str| {
            let text = format!(
                r#"{{"metadata": {{"name": "web"}}, "spec": {{"containers": [{{"name": "{name}", "cpu": "{cpu}"}}]}}}}"#
            );
            Rego::from_json_str(&text).unwrap()
        };
        let message =
            |name: &str, cpu: &str| gist(&format!("container <{name}> asks for <{cpu}> of <2>"), &pod(name, cpu));
        assert_eq!(message("checkout", "250m"), "container <*> asks for <*> of <*>");
        assert_eq!(message("checkout", "250m"), message("cart-2", "1.5"));
        assert_ne!(message("checkout", "250m"), message("container", "1"));
    }

    #[test]
    fn a_hint_is_tried_and_dropped_where_it_does_not_hold() {
        let object = |name: &str, first: bool| {
            let text = format!(r#"{{"metadata": {{"name": "{name}"}}, "spec": {{"a": {first}, "b": {}}}}}"#, !first);
            Rego::from_json_str(&text).unwrap()
        };
        // Complains about whichever field is true.
        let mut asked = 0;
        let mut ask = |object: Rego| {
            asked += 1;
            let bad = ["a", "b"].iter().any(|key| object["spec"][*key] == Rego::from(true));
            Some(if bad { vec!["web is bad".to_owned()] } else { Vec::new() })
        };
        let first = object("web", true);
        let message = ["web is bad".to_owned()];
        let mut rule = Tried { before: &message, ask: &mut ask, matters: &|_| true };
        let hints = hints(&first, &mut rule);
        let path = |found: Vec<Option<Found>>| found[0].as_ref().unwrap().path.to_string();
        assert_eq!(path(by_hint(&first, &["web is bad"], &hints, &mut rule)), "spec.a");
        let before = asked;
        assert_eq!(shape(&first), shape(&object("api", false)));
        let other = object("web", false);
        let mut ask = |object: Rego| {
            asked += 1;
            let bad = ["a", "b"].iter().any(|key| object["spec"][*key] == Rego::from(true));
            Some(if bad { vec!["web is bad".to_owned()] } else { Vec::new() })
        };
        let mut rule = Tried { before: &message, ask: &mut ask, matters: &|_| true };
        assert_eq!(path(by_hint(&other, &["web is bad"], &hints, &mut rule)), "spec.b");
        assert!(asked > before + 1);
    }
}
