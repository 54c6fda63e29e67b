//! What calls cost: `costCall` and `functionCost`.

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{CallExpr, operators};

use super::library;
use super::path::{Path, Step};
use super::size::Size;
use super::{Coster, Entries};
use crate::check::cel::types::{Overload, Type};

/// To look at one letter of a text, and at one of an expression for texts.
pub(super) const LETTER: f64 = 0.1;
pub(super) const PATTERN: f64 = 0.25;

/// The first version whose servers count what `matches` costs that is not called on a text (cel-go 0.29).
const MATCHES_COSTS: u16 = 37;
/// What costs so much is without any limit.
const ENDLESS: u64 = 1 << 50;

/// An argument of a call: `AstNode`.
pub(super) struct Argument<'e> {
    pub(super) expression: &'e IdedExpr,
    pub(super) path: Option<Path<'e>>,
    pub(super) size: Option<Size>,
    pub(super) cost: u64,
}

impl Argument<'_> {
    /// `sizeOrUnknown`
    pub(super) fn known(&self) -> Size {
        self.size.unwrap_or(Size::UNKNOWN)
    }
}

/// What a call costs beside its arguments, and how big its result is.
pub(super) struct Estimate {
    pub(super) cost: u64,
    pub(super) result: Option<Size>,
}

impl Estimate {
    pub(super) fn of(cost: u64) -> Self {
        Estimate { cost, result: None }
    }

    pub(super) fn with(cost: u64, result: Size) -> Self {
        Estimate { cost, result: Some(result) }
    }
}

/// One way to mean a call.
pub(super) struct Call<'c, 'e> {
    pub(super) name: &'c str,
    /// Nothing for the choice of a field that may be absent, which has no signature.
    pub(super) overload: Option<&'static Overload>,
    pub(super) target: Option<&'c Argument<'e>>,
    pub(super) arguments: &'c [Argument<'e>],
}

impl Call<'_, '_> {
    /// Whether that argument, a target counted, is declared to be of such a simple type.
    pub(super) fn takes(&self, at: usize, name: &str) -> bool {
        let declared = self.overload.and_then(|overload| overload.takes.get(at));
        matches!(declared, Some(Type::Simple(is)) if *is == name)
    }

    fn takes_part(&self, at: usize, name: &str) -> bool {
        let declared = self.overload.and_then(|overload| overload.takes.get(at));
        declared.is_some_and(|is| is.parts(name).is_some())
    }
}

impl<'e> Coster<'e, '_, '_> {
    pub(super) fn call(&mut self, of: &'e IdedExpr, call: &'e CallExpr) -> u64 {
        if call.func_name == "dyn"
            && let [argument] = &*call.args
        {
            let cost = self.cost(argument);
            self.copy_sizes(of, argument);
            return cost.saturating_add(1);
        }
        let arguments: Vec<_> = call.args.iter().map(|one| self.argument(one)).collect();
        let space = self.notes.called(of.id);
        let name = space.unwrap_or_else(|| call.func_name.trim_start_matches('.'));
        let is_logical = matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR);
        let overloads = self.notes.overloads(of.id);
        if overloads.is_empty() && !is_logical && name != operators::OPT_SELECT {
            self.is_lost = true;
            return 0;
        }
        let target = call.target.as_deref().filter(|_| space.is_none()).map(|target| self.argument(target));
        let given = arguments.iter().fold(0_u64, |sum, one| sum.saturating_add(one.cost));
        if is_logical || name == operators::OPT_SELECT {
            let size = self.size(of);
            self.set_size(of, size);
            return given.saturating_add(u64::from(!is_logical));
        }
        let mut cost = 0_u64;
        let mut result: Option<Size> = None;
        for overload in overloads {
            let one = Call { name, overload: Some(overload), target: target.as_ref(), arguments: &arguments };
            let estimate = self.function(of, &one);
            let whole =
                if name == operators::CONDITIONAL { estimate.cost } else { estimate.cost.saturating_add(given) };
            cost = cost.max(whole);
            if estimate.cost > ENDLESS && self.endless.is_none() {
                let mut given = arguments.iter().chain(&target);
                self.endless = given.find(|one| one.size.is_none()).map(|one| (of, one.expression));
            }
            if let Some(size) = estimate.result {
                result = Some(result.map_or(size, |known| known.union(size)));
            }
            if name == operators::INDEX && !one.takes_part(0, "optional") {
                let step = if one.takes_part(0, "list") { Step::Items } else { Step::Values };
                result = self.entries(arguments[0].expression).map(|entries| entries.value);
                let path = Path::longer(self.path(arguments[0].expression).as_ref(), step);
                self.set_path(of, Some(path));
            }
            if result.is_none() {
                result = self.size(of);
            }
        }
        self.set_size(of, result);
        cost.saturating_add(target.map_or(0, |target| target.cost))
    }

    /// `newAstNode`, and what it costs.
    fn argument(&mut self, of: &'e IdedExpr) -> Argument<'e> {
        let cost = self.cost(of);
        Argument { expression: of, path: self.path(of), size: self.size(of), cost }
    }

    /// What a call costs beside its arguments; a choice costs one of them.
    fn function(&mut self, of: &'e IdedExpr, call: &Call<'_, 'e>) -> Estimate {
        if let Some(estimate) = library::lists(call).or_else(|| self.library(call)) {
            return estimate;
        }
        let known = |at: usize| call.arguments.get(at).map_or(Size::UNKNOWN, Argument::known);
        match (call.name, call.target, call.arguments) {
            ("format", Some(target), _) => Estimate::of(target.known().cost(LETTER)),
            ("bytes", None, [text]) if call.takes(0, "string") => {
                let size = text.known();
                Estimate::with(size.cost(LETTER), Size { min: size.min, max: size.max.wrapping_mul(4) })
            }
            ("string", None, [bytes]) if call.takes(0, "bytes") => {
                let size = bytes.known();
                Estimate::with(size.cost(LETTER), Size { min: size.min / 4, max: size.max })
            }
            ("strings.quote", None, [text]) => {
                let size = text.known();
                let max = size.max.wrapping_mul(2).wrapping_add(2);
                Estimate::with(size.cost(LETTER), Size { min: size.min + 2, max })
            }
            ("startsWith" | "endsWith", Some(_), [text]) => Estimate::of(text.known().cost(LETTER)),
            (operators::IN, None, [_, list]) if call.takes_part(1, "list") => Estimate::of(list.known().cost(1.0)),
            ("matches", Some(text), [pattern]) | ("matches", None, [text, pattern])
                if call.target.is_some() || self.extents.minor >= MATCHES_COSTS =>
            {
                let letters = text.known().add(Size::fixed(1)).cost(LETTER);
                Estimate::of(letters.saturating_mul(pattern.known().cost(PATTERN)))
            }
            ("contains", Some(text), [part]) => {
                Estimate::of(text.known().cost(LETTER).saturating_mul(part.known().cost(LETTER)))
            }
            (operators::CONDITIONAL, None, [condition, one, other]) => {
                let size = one.known().union(other.known());
                let both = (self.entries(one.expression), self.entries(other.expression));
                self.set_entries(of, joined(both));
                Estimate::with(condition.cost.saturating_add(one.cost.max(other.cost)), size)
            }
            (operators::ADD, None, [one, other])
                if call.takes(0, "string") || call.takes(0, "bytes") || call.takes_part(0, "list") =>
            {
                let size = one.known().add(other.known());
                let both = (self.entries(one.expression), self.entries(other.expression));
                self.set_entries(of, joined(both));
                let cost = if call.takes_part(0, "list") { 1 } else { size.cost(LETTER) };
                Estimate::with(cost, size)
            }
            (operators::EQUALS | operators::NOT_EQUALS, ..) => {
                Estimate::of(Size::up_to(known(0).max.min(known(1).max)).cost(LETTER))
            }
            (operators::LESS | operators::GREATER | operators::LESS_EQUALS | operators::GREATER_EQUALS, ..)
                if call.takes(0, "string") || call.takes(0, "bytes") =>
            {
                Estimate::of(Size::up_to(known(0).max.min(known(1).max)).cost(LETTER))
            }
            _ => Estimate::of(1),
        }
    }
}

/// The entries of two lists or maps together.
fn joined((one, other): (Option<Entries>, Option<Entries>)) -> Option<Entries> {
    let (one, other) = (one?, other?);
    Some(Entries { is_list: one.is_list, key: one.key.union(other.key), value: one.value.union(other.value) })
}
