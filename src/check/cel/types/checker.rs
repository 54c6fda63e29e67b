//! Types of expressions: `github.com/google/cel-go/checker/checker.go`, up to the first fault.

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, operators};

use super::super::names::RESERVED;
use super::kind::{BOOL, INT, NULL, STRING, Type};
use super::literals;
use super::notes::Notes;
use super::objects::Names;
use super::problem::{Mark, Problem};
use super::signatures;
use super::unify::Bindings;
use crate::model::near;

pub(super) type Result<T = Type> = std::result::Result<T, Box<Problem>>;

/// Types that values are asked for: `type(self) == string`.
const TYPES: [&str; 11] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint", "optional_type"];
/// What names of types begin with that are not looked up here.
const SPACES: [&str; 3] = ["google", "kubernetes", "net"];

/// Loops over one variable, which every server has (`StandardMacros` in `github.com/google/cel-go/cel/macro.go`).
const LOOPS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];

pub(super) struct Checker<'c, 't> {
    pub(super) names: &'c Names<'t>,
    /// What was read, where it is at hand.
    pub(super) text: Option<&'c str>,
    /// What the server is compatible with.
    pub(super) minor: u16,
    pub(super) scopes: Vec<(String, Type)>,
    pub(super) bindings: Bindings,
    /// Something was not followed, and is taken for anything.
    pub(super) is_unsure: bool,
    /// The items of lists and maps, which must be of one type each.
    pub(super) literals: Vec<Vec<(u64, Type)>>,
    pub(super) in_format: u32,
    /// There are loops that the parser leaves as calls.
    pub(super) has_calls_of_loops: bool,
    /// What is remembered of each part, for who asks for it.
    pub(super) notes: Option<Notes>,
}

impl<'c, 't> Checker<'c, 't> {
    pub(super) fn new(names: &'c Names<'t>, minor: u16) -> Self {
        let bindings = Bindings::default();
        let (scopes, literals) = (Vec::new(), Vec::new());
        Checker {
            names,
            text: None,
            minor,
            scopes,
            bindings,
            is_unsure: false,
            literals,
            in_format: 0,
            has_calls_of_loops: false,
            notes: None,
        }
    }

    /// What was remembered.
    pub(super) fn into_notes(self) -> Option<Notes> {
        let mut notes = self.notes.filter(|_| !self.is_unsure)?;
        notes.settle(self.bindings);
        Some(notes)
    }

    /// The type of a whole expression.
    pub(super) fn whole(&mut self, expression: &IdedExpr) -> Result {
        let is = self.of(expression)?;
        if self.minor >= 29 {
            self.mixed()?;
        }
        Ok(self.bindings.settled(&is, true))
    }

    pub(super) fn of(&mut self, at: &IdedExpr) -> Result {
        let is = self.of_part(at)?;
        if let Some(notes) = &mut self.notes {
            notes.is_of(at.id, &is);
        }
        Ok(is)
    }

    fn of_part(&mut self, at: &IdedExpr) -> Result {
        match &at.expr {
            Expr::Unspecified => Ok(self.unsure()),
            Expr::Literal(literal) => Ok(match literal {
                LiteralValue::Boolean(_) => BOOL,
                LiteralValue::Bytes(_) => Type::Simple("bytes"),
                LiteralValue::Double(_) => Type::Simple("double"),
                LiteralValue::Int(_) => INT,
                LiteralValue::Null => NULL,
                LiteralValue::String(_) => STRING,
                LiteralValue::UInt(_) => Type::Simple("uint"),
            }),
            Expr::Ident(name) => self.ident(at.id, name),
            Expr::Select(select) => self.select(at, select),
            Expr::Call(call) => self.call(at.id, call),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Struct(made) => {
                let name = made.type_name.trim_start_matches('.');
                let is_known = name.split('.').next().is_some_and(|first| self.names.named(first).is_some());
                if is_known || SPACES.iter().any(|space| name.starts_with(space)) {
                    return Ok(self.unsure());
                }
                let fault = format!("makes a `{}`, a type that is not known here", made.type_name);
                Err(Problem::new(Mark::Before(at.id, made.type_name.clone()), fault, "not known here"))
            }
            Expr::Comprehension(comprehension) => self.comprehension(at.id, comprehension),
        }
    }

    /// Something that is not followed.
    pub(super) fn unsure(&mut self) -> Type {
        self.is_unsure = true;
        Type::Dyn
    }

    /// The type of an expression, with all that is known of it now.
    pub(super) fn settled_of(&mut self, at: &IdedExpr) -> Result {
        let is = self.of(at)?;
        Ok(self.bindings.settled(&is, false))
    }

    /// A value must be of a type.
    pub(super) fn needs(&mut self, at: &IdedExpr, is: &Type, wanted: &Type) -> Result<()> {
        if self.bindings.fits(is, wanted) {
            return Ok(());
        }
        let is = self.bindings.settled(is, true);
        let fault = format!("has `{is}` where `{wanted}` is needed");
        Err(Problem::new(mark_of(at), fault, format!("is `{is}`")))
    }

    fn ident(&mut self, at: u64, name: &str) -> Result {
        if let Some((_, is)) = self.scopes.iter().rev().find(|(known, _)| known == name) {
            return Ok(is.clone());
        }
        if RESERVED.contains(&name) {
            let fault = format!("names `{name}`, a word that CEL keeps for itself");
            return Err(Problem::new(Mark::Token(at), fault, "a word of CEL"));
        }
        if let Some(is) = self.names.named(name) {
            return Ok(is);
        }
        if let Some(of) = TYPES.iter().find(|known| **known == name) {
            return Ok(Type::Applied("type", [Type::Simple(of)].into()));
        }
        if SPACES.contains(&name) {
            return Ok(self.unsure());
        }
        let scopes = self.scopes.iter().map(|(name, _)| &**name).filter(|name| !name.starts_with('@'));
        // Names of types begin with a big letter.
        let is_big = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
        let variables = self.names.variables().filter(|known| is_big(known) == is_big(name));
        let near = nearest(name, scopes.chain(variables));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.names.named("self").is_some() => "values of the object begin with `self`".to_owned(),
            None if self.names.named("device").is_some() => "values of the device begin with `device`".to_owned(),
            None => "values of the object begin with `object`".to_owned(),
        };
        let fault = format!("names `{name}`, which is not known here");
        Err(Problem::new(Mark::Token(at), fault, "not known here").help(Some(help)))
    }

    fn select(&mut self, at: &IdedExpr, select: &SelectExpr) -> Result {
        if let Some(name) = qualified(at)
            && let Some(is) = self.names.named(&name)
        {
            return Ok(is);
        }
        // What tests for a field stands where the test begins.
        let place = if select.test { select.operand.id } else { at.id };
        let is = self.member(place, &select.operand, &select.field, false)?;
        Ok(if select.test { BOOL } else { is })
    }

    /// `checkSelectField`
    fn member(&mut self, at: u64, operand: &IdedExpr, field: &str, optional: bool) -> Result {
        let holder = self.settled_of(operand)?;
        let held = holder.parts("optional").map(|parts| parts[0].clone());
        let is_optional = optional || held.is_some();
        let is = match held.as_ref().unwrap_or(&holder) {
            Type::Dyn => Type::Dyn,
            Type::Applied("map", parts) => parts[1].clone(),
            Type::Object(object) => match self.field(*object, field) {
                Some(is) => is,
                None => return Err(self.no_field(at, *object, field)),
            },
            open @ Type::Open(_) => {
                self.bindings.fits(&Type::Dyn, open);
                Type::Dyn
            }
            other => {
                let fault = format!("asks for the field `{field}` of `{other}`, which has no fields");
                let label = format!("`{other}` has no fields");
                return Err(Problem::new(Mark::Behind(at, field.to_owned()), fault, label));
            }
        };
        Ok(self.bindings.settled(&if is_optional { Type::optional(is) } else { is }, false))
    }

    /// The type of a field; words of CEL need no underscores around them, since a certain version
    /// (`SetRecognizeKeywordAsFieldName`).
    fn field(&self, object: usize, name: &str) -> Option<Type> {
        let fields = self.names.fields(object);
        let by_word = || fields.get(&format!("__{name}__")).filter(|_| self.minor >= 31 && RESERVED.contains(&name));
        fields.get(name).or_else(by_word).cloned().flatten()
    }

    #[cold]
    fn no_field(&self, at: u64, object: usize, field: &str) -> Box<Problem> {
        let mark = Mark::Behind(at, field.to_owned());
        let fields = self.names.fields(object);
        if let Some(None) = fields.get(field) {
            let fault = format!("asks for the field `{field}`, which has no type, so that expressions do not see it");
            return Problem::new(mark, fault, "has no type");
        }
        let written = format!("__{field}__");
        let near = match fields.contains_key(&written) {
            true => Some(&*written),
            false => nearest(field, fields.iter().filter(|(_, is)| is.is_some()).map(|(name, _)| &**name)),
        };
        let fault = format!("asks for the field `{field}`, which is not declared");
        let help = near.map(|near| format!("did you mean `{near}`?"));
        Problem::new(mark, fault, "no such field").help(help)
    }

    fn call(&mut self, at: u64, call: &CallExpr) -> Result {
        if call.func_name == operators::OPT_SELECT {
            return match &*call.args {
                [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }] if self.minor >= 28 => {
                    self.member(at, operand, field.inner(), true)
                }
                _ => Ok(self.unsure()),
            };
        }
        if let Some(is) = self.special(at, call) {
            self.has_calls_of_loops = true;
            return is;
        }
        let name = call.func_name.trim_start_matches('.');
        let space = call.target.as_deref().and_then(qualified).map(|space| format!("{space}.{name}"));
        let space = space.filter(|name| signatures::of(name, self.minor).next().is_some());
        // Only what makes patches has these (`plugin/cel/compile.go`, `hasPatchTypes`).
        let space = space.filter(|name| !name.starts_with("jsonpatch.") || self.names.named("JSONPatch").is_some());
        let target = call.target.as_deref().filter(|_| space.is_none());
        let name = space.as_deref().unwrap_or(name);
        let mark = if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            Mark::Before(at, name.rsplit('.').next().unwrap_or(name).to_owned())
        } else {
            Mark::Token(at)
        };
        let is_format = name == "format" && target.is_some();
        self.in_format += u32::from(is_format);
        let mut given = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = target {
            given.push(self.of(target)?);
        }
        if signatures::of(name, self.minor).next().is_none() {
            return Err(self.no_function(mark, name, target));
        }
        for one in &call.args {
            given.push(self.of(one)?);
        }
        self.in_format -= u32::from(is_format);
        if self.minor >= 29
            && let Some(first) = call.args.first()
            && let Some(what) = literals::fault(name, first)
        {
            let fault = format!("has a text that is not {what}");
            return Err(Problem::new(Mark::Token(first.id), fault, format!("not {what}")));
        }
        if matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR) {
            for (one, is) in call.args.iter().zip(&given) {
                self.needs(one, is, &BOOL)?;
            }
            return Ok(BOOL);
        }
        let is = self.overload((at, mark), name, target.is_some(), call, &given);
        if let (Some(notes), Some(name)) = (&mut self.notes, space) {
            notes.is_called(at, name);
        }
        is
    }

    /// `resolveOverload`
    fn overload(
        &mut self,
        (at, mark): (u64, Mark),
        name: &str,
        is_member: bool,
        call: &CallExpr,
        given: &[Type],
    ) -> Result {
        let mut found: Option<Type> = None;
        for overload in signatures::of(name, self.minor).filter(|overload| overload.is_member == is_member) {
            if overload.takes.len() != given.len() {
                continue;
            }
            let (takes, gives) = self.bindings.instance(&overload.takes, &overload.gives, overload.open);
            if self.bindings.all_fit(given, &takes) {
                if let Some(notes) = &mut self.notes {
                    notes.may_be(at, overload);
                }
                let gives = self.bindings.settled(&gives, false);
                found = Some(match found {
                    Some(before) if !before.is_dyn() && before != gives => Type::Dyn,
                    Some(before) => before,
                    None => gives,
                });
            }
        }
        if let Some(found) = found {
            return Ok(found);
        }
        if name == operators::CONDITIONAL
            && let (Some(condition), Some(is)) = (call.args.first(), given.first())
        {
            self.needs(condition, is, &BOOL)?;
        }
        let given: Vec<String> = given.iter().map(|one| format!("`{}`", self.bindings.settled(one, true))).collect();
        let shown = name.trim_matches('@').replace("_[_]", "[]").replace('_', "");
        let shown = if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { &shown };
        let (fault, label) = match &*given {
            [one] => (format!("applies `{shown}` to {one}, which it does not take"), format!("given {one}")),
            [] => (format!("calls `{shown}` without arguments"), "needs arguments".to_owned()),
            [one, other] if !mark_is_name(&mark) => {
                (format!("puts `{shown}` between {one} and {other}"), format!("{one} and {other} do not go together"))
            }
            all => {
                let all = all.join(", ");
                (format!("calls `{shown}` with {all}, which it does not take"), format!("given {all}"))
            }
        };
        Err(Problem::new(mark, fault, label))
    }

    #[cold]
    fn no_function(&self, mark: Mark, name: &str, target: Option<&IdedExpr>) -> Box<Problem> {
        if signatures::of(name, u16::MAX).next().is_some() {
            return later(mark, name);
        }
        let loops = LOOPS.into_iter().filter(|_| target.is_some());
        let near = nearest(name, signatures::names(self.minor, target.is_some()).chain(loops));
        no_such(mark, name, near.map(|near| format!("did you mean `{near}`?")))
    }
}

#[cold]
pub(super) fn no_such(mark: Mark, name: &str, help: Option<String>) -> Box<Problem> {
    Problem::new(mark, format!("calls `{name}`, which is not known here"), "no such function").help(help)
}

/// A function that only later servers have.
#[cold]
pub(super) fn later(mark: Mark, name: &str) -> Box<Problem> {
    no_such(mark, name, Some("servers of this version do not have it yet, or not for new objects".to_owned()))
}

/// A name that is near; short ones are near to anything.
fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    near::nearest(name, known).filter(|_| name.len() > 2)
}

fn mark_is_name(mark: &Mark) -> bool {
    matches!(mark, Mark::Before(..) | Mark::Behind(..))
}

/// What stands for an expression: its last name, as far as it has one.
pub(super) fn mark_of(at: &IdedExpr) -> Mark {
    match &at.expr {
        Expr::Select(select) if !select.test => Mark::Behind(at.id, select.field.clone()),
        Expr::Call(call) if call.func_name.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            Mark::Before(at.id, call.func_name.clone())
        }
        _ => Mark::Token(at.id),
    }
}

/// `a.b.c`, where an expression is nothing else.
fn qualified(at: &IdedExpr) -> Option<String> {
    match &at.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", qualified(&select.operand)?, select.field)),
        _ => None,
    }
}
