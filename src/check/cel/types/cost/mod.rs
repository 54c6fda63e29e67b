//! What an expression may cost at most: `github.com/google/cel-go/checker/cost.go` (v0.26) with the estimates of
//! Kubernetes. The server refuses definitions whose rules may cost too much.
//!
//! This follows it step by step, in the same order: sizes that were asked for once are kept, so that order counts. Only
//! the greatest cost is computed; of sizes also the least, which the greatest of some results depends on.

mod calls;
mod extent;
mod library;
mod path;
mod size;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{
    ComprehensionExpr, EntryExpr, Expr, ListExpr, LiteralValue, MapExpr, SelectExpr, operators,
};

pub use extent::{Extents, Limit};
use path::{Path, Step};
use size::Size;

use super::{Checked, Notes, Type};

/// To name something, or to look at a field of it.
const NAME: u64 = 1;
const NEW_LIST: u64 = 10;
const NEW_MAP: u64 = 30;
const NEW_OBJECT: u64 = 40;

/// What an expression may cost at most, where the values of the schema are as big as it says. Nothing where some part of
/// it is not followed.
///
/// Has to run where there is room: see [`crate::check::cel::on_deep_stack`].
#[must_use]
pub fn most(of: &Checked, extents: &Extents<'_>) -> Option<u64> {
    let mut coster = Coster::new(of, extents);
    let most = coster.cost(of.expression()?);
    (!coster.is_lost && extents.is_sure()).then_some(most)
}

/// The first value of which nobody can tell how big it is, where that makes the expression too expensive.
#[must_use]
pub fn endless(of: &Checked, extents: &Extents<'_>) -> Option<Endless> {
    let mut coster = Coster::new(of, extents);
    coster.cost(of.expression()?);
    let (call, value) = coster.endless?;
    let name = |of: &IdedExpr| match &of.expr {
        Expr::Call(call) => Some(call.func_name.clone()),
        _ => None,
    };
    Some(Endless { made_by: name(value)?, is_added: name(call).is_some_and(|name| name == operators::ADD) })
}

/// A value of which nobody can tell how big it is.
#[derive(Debug)]
pub struct Endless {
    /// The function that gives it.
    pub made_by: String,
    /// It is put before or behind another one.
    pub is_added: bool,
}

/// What is known of a part of the expression.
#[derive(Debug, Clone, Default)]
struct Node<'e> {
    path: Option<Path<'e>>,
    size: Option<Size>,
    entries: Option<Entries>,
}

/// The sizes of what a list or map holds.
#[derive(Debug, Clone, Copy)]
struct Entries {
    is_list: bool,
    key: Size,
    value: Size,
}

/// What a variable of a loop stands for.
#[derive(Debug)]
struct Local<'e> {
    name: &'e str,
    is: Node<'e>,
}

struct Coster<'e, 'x, 't> {
    notes: &'e Notes,
    extents: &'x Extents<'t>,
    /// By their numbers.
    nodes: Vec<Node<'e>>,
    scopes: Vec<Local<'e>>,
    /// Something is not followed.
    is_lost: bool,
    /// The first call that is too expensive because of an argument without a limit.
    endless: Option<(&'e IdedExpr, &'e IdedExpr)>,
}

/// Which part of the entries of a list or map a variable stands for.
#[derive(Clone, Copy)]
enum Loop {
    Keys,
    Values,
    /// The items of a list, or the keys of a map.
    Single,
}

impl<'e, 'x, 't> Coster<'e, 'x, 't> {
    fn new(of: &'e Checked, extents: &'x Extents<'t>) -> Self {
        Coster { notes: &of.notes, extents, nodes: Vec::new(), scopes: Vec::new(), is_lost: false, endless: None }
    }

    fn cost(&mut self, of: &'e IdedExpr) -> u64 {
        match &of.expr {
            Expr::Unspecified => {
                self.is_lost = true;
                0
            }
            Expr::Literal(_) => 0,
            Expr::Ident(name) => {
                let path = match self.local(name) {
                    Some(local) => local.is.path.clone(),
                    None => Some(Path::longer(None, Step::Name(name))),
                };
                self.set_path(of, path);
                NAME
            }
            Expr::Select(select) => self.select(of, select),
            Expr::Call(call) => self.call(of, call),
            Expr::List(list) => self.list(of, list),
            Expr::Map(map) => self.map(of, map),
            Expr::Struct(made) => {
                let mut sum = 0_u64;
                for entry in &made.entries {
                    if let EntryExpr::StructField(field) = &entry.expr {
                        sum = sum.saturating_add(self.cost(&field.value));
                    }
                }
                sum.saturating_add(NEW_OBJECT)
            }
            Expr::Comprehension(over) if is_binding(over) => self.binding(of, over),
            Expr::Comprehension(over) => self.comprehension(of, over),
        }
    }

    fn select(&mut self, of: &'e IdedExpr, select: &'e SelectExpr) -> u64 {
        let sum = self.cost(&select.operand);
        if select.test {
            // `PresenceTestHasCost(false)`
            return sum;
        }
        let looks = match self.notes.type_of(select.operand.id) {
            Type::Applied("map", _) | Type::Object(_) => NAME,
            _ => 0,
        };
        let path = Path::longer(self.path(&select.operand).as_ref(), Step::Name(&select.field));
        self.set_path(of, Some(path));
        sum.saturating_add(looks)
    }

    fn list(&mut self, of: &'e IdedExpr, list: &'e ListExpr) -> u64 {
        let mut sum = NEW_LIST;
        let mut value = if list.elements.is_empty() { Size::fixed(0) } else { Size::NONE };
        for item in &list.elements {
            sum = sum.saturating_add(self.cost(item));
            value = value.union(self.size_or_unknown(item));
        }
        self.set_entries(of, Some(Entries { is_list: true, key: Size::fixed(1), value }));
        sum
    }

    fn map(&mut self, of: &'e IdedExpr, map: &'e MapExpr) -> u64 {
        let mut sum = NEW_MAP;
        let start = if map.entries.is_empty() { Size::fixed(0) } else { Size::NONE };
        let (mut key, mut value) = (start, start);
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
            sum = sum.saturating_add(self.cost(&entry.key));
            sum = sum.saturating_add(self.cost(&entry.value));
            key = key.union(self.size_or_unknown(&entry.key));
            value = value.union(self.size_or_unknown(&entry.value));
        }
        self.set_entries(of, Some(Entries { is_list: false, key, value }));
        sum
    }

    fn comprehension(&mut self, of: &'e IdedExpr, over: &'e ComprehensionExpr) -> u64 {
        let sum = self.cost(&over.iter_range);
        let sum = sum.saturating_add(self.cost(&over.accu_init));
        let depth = self.scopes.len();
        self.name(&over.accu_var, &over.accu_init);
        match &over.iter_var2 {
            Some(second) => {
                self.go_through(&over.iter_var, &over.iter_range, Loop::Keys);
                self.go_through(second, &over.iter_range, Loop::Values);
            }
            None => self.go_through(&over.iter_var, &over.iter_range, Loop::Single),
        }
        let condition = self.cost(&over.loop_cond);
        let step = self.cost(&over.loop_step);
        self.scopes.truncate(depth + 1);
        let sum = sum.saturating_add(self.cost(&over.result));
        self.scopes.truncate(depth);
        let times = self.size_or_unknown(&over.iter_range);
        let sum = sum.saturating_add(times.max.saturating_mul(step.saturating_add(condition)));
        match &over.accu_init.expr {
            Expr::Literal(_) => {
                let size = self.size(&over.accu_init);
                self.set_size(of, size);
            }
            Expr::List(_) | Expr::Map(_) => {
                self.set_size(of, Some(times));
                let entries = self.entries(&over.loop_step);
                self.set_entries(of, entries);
            }
            _ => {}
        }
        sum
    }

    fn binding(&mut self, of: &'e IdedExpr, over: &'e ComprehensionExpr) -> u64 {
        let sum = self.cost(&over.iter_range);
        let sum = sum.saturating_add(self.cost(&over.accu_init));
        let depth = self.scopes.len();
        self.name(&over.accu_var, &over.accu_init);
        let sum = sum.saturating_add(self.cost(&over.result));
        self.scopes.truncate(depth);
        self.copy_sizes(of, &over.result);
        sum
    }

    /// `pushLocalVar`
    fn name(&mut self, name: &'e str, is: &'e IdedExpr) {
        let is = Node { path: self.path(is), entries: self.entries(is), size: self.size(is) };
        self.scopes.push(Local { name, is });
    }

    /// `pushIterKey`, `pushIterValue`, `pushIterSingle`
    fn go_through(&mut self, name: &'e str, range: &'e IdedExpr, part: Loop) {
        let entries = self.entries(range);
        let is_list = match entries {
            Some(entries) => entries.is_list,
            None => matches!(self.notes.type_of(range.id), Type::Applied("list", _)),
        };
        let (size, step) = match (part, is_list) {
            (Loop::Keys, true) => (entries.map(|of| of.key), Step::Indices),
            (Loop::Values, false) => (entries.map(|of| of.value), Step::Values),
            (Loop::Values | Loop::Single, true) => (entries.map(|of| of.value), Step::Items),
            (Loop::Keys | Loop::Single, false) => (entries.map(|of| of.key), Step::Keys),
        };
        let path = Some(Path::longer(self.path(range).as_ref(), step));
        self.scopes.push(Local { name, is: Node { path, size, entries: None } });
    }

    fn local(&self, name: &str) -> Option<&Local<'e>> {
        self.scopes.iter().rev().find(|local| local.name == name)
    }

    /// `getPath`
    fn path(&self, of: &IdedExpr) -> Option<Path<'e>> {
        if let Expr::Ident(name) = &of.expr
            && let Some(local) = self.local(name)
        {
            return local.is.path.clone();
        }
        self.node(of)?.path.clone()
    }

    /// `computeSize`
    fn size(&mut self, of: &IdedExpr) -> Option<Size> {
        if let Some(known) = self.node(of).and_then(|node| node.size) {
            return Some(known);
        }
        let written = match &of.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().chars().count()),
            Expr::Literal(LiteralValue::Bytes(bytes)) => Some(bytes.inner().len()),
            Expr::Literal(_) => Some(1),
            Expr::List(list) => Some(list.elements.len()),
            Expr::Map(map) => Some(map.entries.len()),
            _ => None,
        };
        if let Some(written) = written {
            return Some(Size::fixed(written as u64));
        }
        if let Some(size) = self.extent(self.path(of).as_ref()) {
            self.set_size(of, Some(size));
            return Some(size);
        }
        if self.is_scalar(self.notes.type_of(of.id)) {
            return Some(Size::fixed(1));
        }
        match &of.expr {
            Expr::Ident(name) => self.local(name).and_then(|local| local.is.size),
            _ => None,
        }
    }

    fn size_or_unknown(&mut self, of: &IdedExpr) -> Size {
        self.size(of).unwrap_or(Size::UNKNOWN)
    }

    fn extent(&self, path: Option<&Path<'e>>) -> Option<Size> {
        path?.with(|steps| self.extents.most(steps)).map(Size::up_to)
    }

    /// `computeEntrySize`
    fn entries(&self, of: &IdedExpr) -> Option<Entries> {
        if let Some(known) = self.node(of).and_then(|node| node.entries) {
            return Some(known);
        }
        match &of.expr {
            Expr::Ident(name) => self.local(name).and_then(|local| local.is.entries),
            _ => None,
        }
    }

    fn is_scalar(&self, is: &Type) -> bool {
        match self.notes.known(is) {
            Type::Simple(name) => {
                matches!(*name, "bool" | "double" | "duration" | "int" | "timestamp" | "uint")
            }
            Type::Applied("optional", parts) => self.is_scalar(&parts[0]),
            _ => false,
        }
    }

    fn copy_sizes(&mut self, to: &IdedExpr, from: &IdedExpr) {
        let (size, entries) = (self.size(from), self.entries(from));
        self.set_size(to, size);
        self.set_entries(to, entries);
    }

    fn node(&self, of: &IdedExpr) -> Option<&Node<'e>> {
        self.nodes.get(of.id as usize)
    }

    fn node_mut(&mut self, of: &IdedExpr) -> &mut Node<'e> {
        let at = of.id as usize;
        if at >= self.nodes.len() {
            self.nodes.resize(at + 16, Node::default());
        }
        &mut self.nodes[at]
    }

    fn set_path(&mut self, of: &IdedExpr, path: Option<Path<'e>>) {
        self.node_mut(of).path = path;
    }

    fn set_size(&mut self, of: &IdedExpr, size: Option<Size>) {
        if size.is_some() {
            self.node_mut(of).size = size;
        }
    }

    fn set_entries(&mut self, of: &IdedExpr, entries: Option<Entries>) {
        if entries.is_some() {
            self.node_mut(of).entries = entries;
        }
    }
}

/// `isBind`
fn is_binding(over: &ComprehensionExpr) -> bool {
    matches!(&over.iter_range.expr, Expr::List(list) if list.elements.is_empty())
        && matches!(&over.loop_cond.expr, Expr::Literal(LiteralValue::Boolean(is)) if !is.inner())
        && over.accu_var != "__result__"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Extents, most};
    use crate::check::cel::on_deep_stack;
    use crate::check::cel::types::{Names, Wanted, checked};
    use crate::load::yaml;
    use crate::model::node::Tree;
    use crate::model::source::FileId;
    use crate::model::value::Value;

    /// With each rule: what the API server computed (Kubernetes 1.36).
    const SCHEMA: &str = "
type: object
required: [hosts, port]
properties:
  name: {type: string, maxLength: 20}
  text: {type: string}
  word: {type: string, enum: [one, three]}
  bytes: {type: string, format: byte, maxLength: 50}
  at: {type: string, format: date-time}
  port: {x-kubernetes-int-or-string: true, maxLength: 5}
  count: {type: integer}
  few: {type: array, maxItems: 5, items: {type: string, maxLength: 10}}
  hosts: {type: array, items: {type: string}}
  numbers: {type: array, maxItems: 7, items: {type: integer}}
  labels: {type: object, additionalProperties: {type: string, maxLength: 63}}
  lists: {type: object, maxProperties: 4, additionalProperties: {type: array, items: {type: boolean}}}
  objects:
    type: array
    items: {type: object, required: [a, if], properties: {a: {type: boolean}, b: {type: array, maxItems: 3, items: {type: string}}, if: {type: number}, d: {type: string, default: x}}}
";

    fn with_schema<T: Send>(text: &str, look: impl FnOnce(Value<'_>) -> T + Send) -> T {
        let mut tree = Tree::new(FileId(0));
        let root = yaml::parse(text, 0..text.len(), &mut tree, &mut Vec::new()).unwrap();
        on_deep_stack(|| look(Value::new(&tree, text, root))).unwrap()
    }

    fn cost(schema: Value<'_>, minor: u16, rule: &str) -> Option<u64> {
        let mut names = Names::default();
        let this = names.described(schema, false).unwrap();
        names.declare("self", this.clone());
        names.declare("oldSelf", this);
        let checked = checked(rule, &names, minor, Wanted::Truth).unwrap();
        most(&checked?, &Extents::new(schema, false, minor))
    }

    #[test]
    fn costs_are_those_of_the_server() {
        with_schema(SCHEMA, |schema| {
            for (rule, expected) in [
                ("self.name == 'a' && self.text != self.word", 8),
                (
                    "self.count > 1 ? self.name.startsWith(self.text) : has(self.at) && self.at > timestamp('2024-01-31T12:00:00Z')",
                    314_580,
                ),
                ("self.few.all(x, x.contains('abcdefghijkl'))", 63),
                ("self.hosts.exists(x, x == self.name)", 15_728_628),
                ("self.hosts.exists_one(x, x.matches('^[a-z]+$'))", 659_709_912_679),
                ("self.objects.all(o, o.b.all(b, b in self.few))", 6_456_999),
                ("self.objects.filter(o, o.__if__ > 1.5).map(o, o.d).exists(d, d == '')", 5_794_765),
                ("self.labels.all(k, k.size() > 1 && self.labels[k] == 'a')", 4_325_368),
                ("self.lists.all(k, self.lists[k].all(b, b))", 10_066_355),
                ("self.few.map(x, x + 'a') == self.hosts", 106),
                ("(self.few + ['abc']).join(',').size() > 3", 1_844_674_407_370_955_279),
                ("self.text.replace('ab', 'cdefg').lowerAscii() == ''", 1_415_580),
                ("self.text.split(',', 3).size() == 3 && self.name.split('').isSorted()", 18_446_744_073_709_551_615),
                ("self.few.indexOf(self.name) > 1 && self.numbers.sum() > 3 && self.text.indexOf('a') == 1", 314_616),
                ("string(self.bytes) == 'a' && bytes(self.name) == b'a'", 19),
                ("sets.contains(self.few, self.hosts) && sets.equivalent(self.few, self.few)", 5_242_935),
                ("quantity(self.name).isLessThan(quantity('1')) && isIP(self.name) && ip.isCanonical(self.name)", 40),
                (
                    "cidr(self.name).containsIP(self.text) && cidr(self.name).containsCIDR(cidr(self.name)) && cidr('a').ip() == ip('b')",
                    314_620,
                ),
                (
                    "url(self.text) == url(self.name) && self.name.find('a+') == '' && format.uuid().validate(self.name).hasValue()",
                    314_864,
                ),
                (
                    "matches(self.text, 'a+') || strings.quote(self.text) == '' || 'a%s'.format([self.text]) == ''",
                    314_591,
                ),
                ("type(self.port) == string && self.port.startsWith('a') && self.port == '50%'", 10),
                ("dyn(self.text) == dyn(self.name) || self.?text.orValue('') == 'a'", 18),
                ("self.numbers.sort() == self.numbers.distinct() && self.hosts.slice(1, 4).reverse().size() == 1", 259),
                (
                    "self.few.all(i, x, i > 0 && x == self.name) && self.labels.transformMap(k, v, v + k).size() == 1",
                    12_189_763,
                ),
                (
                    "self.few.transformList(i, x, i > 1, x).exists(y, y == self.name) && self.few.sortBy(x, x.size())[0] == ''",
                    281,
                ),
                (
                    "self.?name.optMap(n, n + self.text).orValue('') == '' && self.labels[?'a'].hasValue()",
                    1_844_674_407_370_955_289,
                ),
                ("self == oldSelf || self.objects == oldSelf.objects", 16_563),
                ("['a', self.text].exists(x, x == self.text) && {'a': self.text}.exists(k, k == self.text)", 67),
                ("self.objects.all(o, o.b.all(x, x == o.d) && o.a)", 163_838_713_742_130_171),
            ] {
                assert_eq!(cost(schema, 36, rule), Some(expected), "{rule}");
            }
        });
    }

    #[test]
    fn servers_differ() {
        with_schema(SCHEMA, |schema| {
            let is_either = "self.port.matches('^[0-9]+%$')";
            for (minor, rule, expected) in
                [(36, "matches(self.text, 'a+')", 3), (37, "matches(self.text, 'a+')", 314_575), (34, is_either, 11)]
            {
                assert_eq!(cost(schema, minor, rule), Some(expected), "{rule} in 1.{minor}");
            }
            assert!(cost(schema, 33, is_either) > Some(900_000));
        });
    }

    /// The way to `o.b` is overwritten by that to `o.d`, so that its size is that of a text (in Kubernetes 1.36).
    #[test]
    fn ways_of_the_server_overwrite_each_other() {
        let schema = "
type: object
properties:
  objects:
    type: array
    maxItems: 10
    items: {type: object, properties: {b: {type: array, maxItems: 3, items: {type: string}}, d: {type: string}}}";
        let found = with_schema(schema, |schema| cost(schema, 36, "self.objects.all(o, o.b.all(x, x == o.d))"));
        assert_eq!(found, Some(9_895_793_393_603));
    }

    #[test]
    fn names_of_resources_are_limited() {
        let rule = "self.metadata.name.matches('^[a-z]+$')";
        let limited = "{type: object, properties: {metadata: {type: object, properties: {name: {maxLength: 63}}}}}";
        for (minor, schema, expected) in
            [(36, "{type: object}", 629_149), (37, "{type: object}", 207), (36, limited, 629_149), (37, limited, 55)]
        {
            let found = with_schema(schema, |schema| {
                let mut names = Names::default();
                names.declare("self", names.described(schema, true).unwrap());
                let checked = checked(rule, &names, minor, Wanted::Truth).unwrap().unwrap();
                most(&checked, &Extents::new(schema, true, minor))
            });
            assert_eq!(found, Some(expected), "{schema} in 1.{minor}");
        }
    }

    #[test]
    fn what_is_not_followed_costs_nothing_known() {
        with_schema(
            "{type: object, properties: {list: {type: array, maxItems: '${MOST}', items: {type: string}}}}",
            |schema| {
                assert_eq!(cost(schema, 36, "self.list.all(x, x == '')"), None);
                assert_eq!(cost(schema, 36, "self.list.size() > 1"), None);
            },
        );
        with_schema("{type: object, properties: {word: {type: string, enum: [a, '${WORD}']}}}", |schema| {
            assert_eq!(cost(schema, 36, "self.word == 'a'"), None);
        });
    }

    #[test]
    fn how_often_there_is_a_value_depends_on_its_least_size() {
        for (schema, times) in [
            ("{type: object}", 1_048_576),
            (
                "{type: object, required: [a, b], properties: {a: {type: string}, b: {type: string, default: x}}}",
                314_572,
            ),
            ("{type: string, format: date-time}", 142_987),
            ("{type: array, items: {type: object}}", 1_048_576),
            ("{x-kubernetes-int-or-string: true}", 1_572_864),
        ] {
            let found = with_schema(schema, |schema| Extents::new(schema, false, 36).times());
            assert_eq!(found, Some(times), "{schema}");
        }
    }
}
