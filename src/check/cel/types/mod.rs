//! Whether the API server compiles an expression: names, fields and types, without any value.
//!
//! This follows `github.com/google/cel-go/checker` (v0.26) with the functions of Kubernetes. Whatever it is not sure of
//! is of the type `dyn`, and passes.

mod aggregates;
mod checker;
pub mod cost;
mod expand;
mod kind;
mod literals;
mod macros;
mod notes;
mod objects;
mod problem;
mod signatures;
mod unify;

use std::sync::Arc;

use super::{LENGTH, Read, is_flat};
pub use kind::Type;
use kube_cel::cel::IdedExpr;
pub use notes::Notes;
pub use objects::Names;
pub(super) use objects::says_what_it_is;
pub use problem::Problem;
use problem::{Mark, position};
pub use signatures::Overload;

/// The oldest minor version whose functions are told apart.
const OLDEST: u16 = 24;

/// What an expression must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// True or false.
    Truth,
    /// A text.
    Text,
    /// A text or null.
    TextOrNull,
    /// Whatever it is.
    Anything,
    /// True or false, or something that may be it.
    PerhapsTruth,
    /// An `Object` that is merged into another one: of types that are not followed here.
    Object,
    /// A list of `JSONPatch`, as little followed.
    Patches,
}

/// An expression of which all types are known.
pub struct Checked {
    read: Arc<Read>,
    /// The expression with all its loops written out, where the parser leaves some as calls.
    expanded: Option<Box<IdedExpr>>,
    notes: Notes,
}

impl Checked {
    /// How many parts it has, more or less.
    pub fn weight(&self) -> u64 {
        self.notes.weight()
    }

    fn expression(&self) -> Option<&IdedExpr> {
        match (&self.expanded, &*self.read) {
            (Some(expanded), _) => Some(expanded),
            (None, Read::Expression(expression)) => Some(expression),
            _ => None,
        }
    }
}

/// The type of an expression, in a server of that minor version: new expressions may use what the version before it has
/// (`DefaultCompatibilityVersion` in `k8s.io/apiserver/pkg/cel/environment`). Nothing where it cannot be told.
///
/// Has to run where there is room: see [`super::on_deep_stack`].
///
/// # Errors
/// The server refuses the expression.
pub fn type_of(text: &str, names: &Names<'_>, minor: u16, wanted: Wanted) -> Result<Option<Type>, Box<Problem>> {
    Ok(check(text, names, minor, wanted, None)?.map(|(is, ..)| is))
}

/// As [`type_of`], with the types of all parts; nothing where some of them cannot be told.
///
/// # Errors
/// The server refuses the expression.
pub fn checked(text: &str, names: &Names<'_>, minor: u16, wanted: Wanted) -> Result<Option<Checked>, Box<Problem>> {
    let Some((_, read, checker)) = check(text, names, minor, wanted, Some(Notes::default()))? else { return Ok(None) };
    if !checker.has_calls_of_loops {
        return Ok(checker.into_notes().map(|notes| Checked { read, expanded: None, notes }));
    }
    // The types of loops that are calls are known, but not those of their parts.
    let Some(expanded) = (match &*read {
        Read::Expression(expression) => expand::expanded(expression),
        _ => None,
    }) else {
        return Ok(None);
    };
    let mut checker = checker::Checker::new(names, checker.minor);
    checker.notes = Some(Notes::default());
    let is_fine = checker.whole(&expanded).is_ok();
    let notes = checker.into_notes().filter(|_| is_fine);
    Ok(notes.map(|notes| Checked { read, expanded: Some(Box::new(expanded)), notes }))
}

type Found<'c, 't> = (Type, Arc<Read>, checker::Checker<'c, 't>);

fn check<'c, 't>(
    text: &'c str,
    names: &'c Names<'t>,
    minor: u16,
    wanted: Wanted,
    notes: Option<Notes>,
) -> Result<Option<Found<'c, 't>>, Box<Problem>> {
    if text.len() > LENGTH || !is_flat(text) {
        return Ok(None);
    }
    let read = super::read(text);
    let expression = match &*read {
        Read::Expression(expression) => expression,
        // The server's parser has another opinion of some texts, and of names in back quotes.
        Read::Fault(_, message) if message.contains("literal") || text.contains('`') => return Ok(None),
        Read::Fault(place, message) => return Err(syntax(text, *place, message)),
        Read::Nothing => return Ok(None),
    };
    let mut checker = checker::Checker::new(names, minor.saturating_sub(1).max(OLDEST));
    (checker.notes, checker.text) = (notes, Some(text));
    let is = checker.whole(expression).map_err(|problem| problem.placed(text))?;
    let fits = match wanted {
        Wanted::Truth => is == kind::BOOL,
        Wanted::Text => is == kind::STRING,
        Wanted::TextOrNull => is == kind::STRING || is == kind::NULL,
        Wanted::PerhapsTruth => is == kind::BOOL || is.is_dyn(),
        Wanted::Anything => true,
        // What makes one is not followed, and so is not sure.
        Wanted::Object | Wanted::Patches => is.is_dyn(),
    };
    if fits || checker.is_unsure {
        return Ok(Some((is, read, checker)));
    }
    let (what, label) = match wanted {
        Wanted::Truth | Wanted::PerhapsTruth => ("`true` or `false`", "neither true nor false"),
        Wanted::Text => ("a text", "not a text"),
        Wanted::Object => ("an `Object{…}`", "not an `Object`"),
        Wanted::Patches => ("a list of `JSONPatch{…}`", "not a list of patches"),
        _ => ("a text or `null`", "not a text"),
    };
    let fault = match &is {
        Type::Dyn => format!("may give anything, but must give {what}: the server asks for its type"),
        is => format!("gives `{is}`, but must give {what}"),
    };
    let help = is.eq(&Type::Dyn).then(|| match wanted {
        Wanted::Truth => "compare it with something, or write `bool(…)`".to_owned(),
        _ => "write `string(…)`".to_owned(),
    });
    Err(Problem::new(Mark::All, fault, label).help(help))
}

fn syntax(text: &str, (line, column): (isize, isize), message: &str) -> Box<Problem> {
    let fault = match message {
        "invalid argument to has() macro" => "asks `has` for something that is no field",
        "argument must be a simple name" => "has a loop whose variable is no simple name",
        _ => "is no expression in CEL",
    };
    let mut problem = Problem::new(Mark::All, fault.to_owned(), "cannot be read");
    let is_about_all = fault != "is no expression in CEL";
    if let Some(at) = position(text, line, column).filter(|at| !is_about_all && *at < text.len()) {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let word = text[at..].find(|letter| !is_part(letter)).unwrap_or(text.len() - at);
        let first = text[at..].chars().next().map_or(0, char::len_utf8);
        problem.place = Some(at..at + word.max(first));
    }
    problem
}
