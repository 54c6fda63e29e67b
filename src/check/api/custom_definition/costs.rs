//! What the rules of a definition may cost: the server refuses those that may take too long. `getExpressionCost` and
//! `TotalCost` in `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation`.

use std::rc::Rc;

use super::limits::{Expression, Knob, Mend};
use crate::check::api::object::Object;
use crate::check::api::rules::EXPENSIVE_EXPRESSION;
use crate::check::cel::types::Checked;
use crate::check::cel::types::cost::Extents;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Trail};
use crate::model::value::Value;

/// What one rule may cost, and all rules of a schema together: `StaticEstimatedCostLimit`, `StaticEstimatedCRDCostLimit`.
const LIMIT: u64 = 10_000_000;
const LIMIT_OF_ALL: u64 = 100_000_000;
/// Less than this is not worth a word beside the limit of all.
const WORTH_A_WORD: u64 = LIMIT_OF_ALL / 100;
/// The first version whose estimates are known here: those before have others.
const FIRST: u16 = 33;
/// The last advice.
const SIMPLER: &str = "make it simpler, with fewer loops inside of each other";
/// How much may be done to find a way out, for all expressions of a schema: in parts of expressions that are computed.
const SEARCH: u64 = 4_000_000;
/// The advice where none was looked for.
const UNSOUGHT: &str = "limit what it looks at by `maxItems`, `maxProperties` and `maxLength`, or make it simpler";

/// What all rules of a schema may cost.
pub(super) struct Costs<'t> {
    minor: u16,
    root: Value<'t>,
    sum: u64,
    dear: Vec<Dear<'t>>,
}

/// An expression that costs a lot.
struct Dear<'t> {
    path: Path,
    written: Value<'t>,
    most: u64,
    expression: Expression<'t>,
}

/// What is to be said of a schema.
pub(super) struct Bill<'t> {
    /// Expressions that cost too much each.
    each: Vec<Item<'t>>,
    /// Expressions that cost too much together, the dearest first, and what they all cost.
    together: Vec<Item<'t>>,
    /// It is enough to mend the dearest of them.
    is_one_enough: bool,
    /// Where those that cost too much each are mended, all together may still cost too much.
    are_many: bool,
    sum: u64,
}

struct Item<'t> {
    path: Path,
    written: Value<'t>,
    most: u64,
    advice: Advice,
}

/// What to do.
enum Advice {
    Limits(Mend),
    Words(String),
}

impl Advice {
    /// What an expression costs with it, as far as that is known.
    fn costs(&self) -> u64 {
        match self {
            Advice::Limits(mend) => mend.costs.min(LIMIT),
            Advice::Words(_) => LIMIT,
        }
    }
}

/// What the rules in one place may cost.
pub(super) struct Here<'t> {
    extents: Rc<Extents<'t>>,
    way: Path,
    /// The limits above that tell how often there may be such a value.
    above: Rc<[Knob]>,
}

impl<'t> Costs<'t> {
    pub(super) fn new(root: Value<'t>, minor: u16) -> Self {
        Costs { minor, root, sum: 0, dear: Vec::new() }
    }

    /// For the rules of a schema. Nothing where their costs cannot be told.
    pub(super) fn here(&self, schema: Value<'t>, is_resource: bool, trail: &Trail<'_>) -> Option<Here<'t>> {
        if self.minor < FIRST {
            return None;
        }
        let way = trail.path();
        let above = Knob::above(self.root, &way)?;
        Some(Here { extents: Rc::new(Extents::new(schema, is_resource, self.minor)), way, above })
    }

    /// Counts an expression under a key of a rule.
    pub(super) fn add(
        &mut self,
        here: &Here<'t>,
        checked: Checked,
        written: Value<'t>,
        (trail, key): (&Trail<'_>, &str),
    ) {
        // The server counts what a message costs once.
        let above = (key == "rule").then(|| here.above.clone());
        let expression = Expression::new(checked, here.extents.clone(), here.way.clone(), above);
        let Some(most) = expression.cost() else { return };
        self.sum = self.sum.saturating_add(most);
        if most >= WORTH_A_WORD {
            self.dear.push(Dear { path: trail.key(key).path(), written, most, expression });
        }
    }

    /// What is too much, and what to do about it.
    pub(super) fn bill(mut self) -> Bill<'t> {
        let mut left = SEARCH;
        let mut item = |dear: Dear<'t>, limit: Option<u64>| {
            let limit = limit.filter(|_| {
                let effort = dear.expression.effort();
                let is_affordable = effort <= left;
                left = left.saturating_sub(effort);
                is_affordable
            });
            let mend = limit.and_then(|limit| dear.expression.mend(dear.most, limit));
            let advice = match mend {
                None if limit.is_none() => Advice::Words(UNSOUGHT.to_owned()),
                Some(mend) if mend.fits => Advice::Limits(mend),
                Some(mend) => dear.expression.advice().map_or(Advice::Limits(mend), Advice::Words),
                None => Advice::Words(dear.expression.advice().unwrap_or_else(|| SIMPLER.to_owned())),
            };
            Item { path: dear.path, written: dear.written, most: dear.most, advice }
        };
        let (over, mut rest): (Vec<_>, Vec<_>) = self.dear.drain(..).partition(|dear| dear.most > LIMIT);
        // Who mends those that cost too much by themselves may have mended all.
        let sum = over.iter().fold(self.sum, |sum, dear| sum.saturating_sub(dear.most));
        let sum = if over.is_empty() { self.sum } else { sum };
        let each: Vec<Item<'t>> = over.into_iter().map(|dear| item(dear, Some(LIMIT))).collect();
        let mended = each.iter().fold(sum, |sum, item| sum.saturating_add(item.advice.costs()));
        let are_many = each.len() > 1 && mended > LIMIT_OF_ALL;
        let (mut together, mut is_one_enough) = (Vec::new(), true);
        if sum > LIMIT_OF_ALL {
            rest.sort_by_key(|dear| std::cmp::Reverse(dear.most));
            let too_much = sum - LIMIT_OF_ALL;
            is_one_enough = rest.first().is_some_and(|first| first.most > too_much);
            let limit = |dear: &Dear<'_>| if is_one_enough { dear.most - too_much } else { dear.most / 100 };
            together = rest
                .into_iter()
                .take(4)
                .enumerate()
                .map(|(at, dear)| {
                    let limit = (at == 0).then(|| limit(&dear));
                    item(dear, limit)
                })
                .collect();
        }
        Bill { each, together, is_one_enough, are_many, sum }
    }
}

impl Bill<'_> {
    pub(super) fn report(self, object: &mut Object<'_, '_>, root: &Path) {
        for item in &self.each {
            let path = joined(root, &item.path);
            let fault = format!("may cost {} what the API server allows for one expression", factor(item.most, LIMIT));
            let message = format!("{} {fault}", object.name(&path));
            self.one(object, root, item, message, "too expensive");
        }
        let Some((first, others)) = self.together.split_first() else { return };
        let path = joined(root, &first.path);
        let by = factor(self.sum, LIMIT_OF_ALL);
        let message = format!(
            "{} and the other rules of this schema together may cost {by} what the API server allows",
            object.name(&path)
        );
        let mut finding = refused(object, path, message, "the most expensive of them");
        for other in others {
            finding = finding.see(other.written.span(), "costs much as well");
        }
        finding = mended(object, root, &first.advice, finding, Some(self.is_one_enough));
        object.report(finding);
    }

    fn one(&self, object: &mut Object<'_, '_>, root: &Path, item: &Item<'_>, message: String, label: &str) {
        let finding = refused(object, joined(root, &item.path), message, label);
        let mut finding = mended(object, root, &item.advice, finding, None);
        if self.are_many && matches!(item.advice, Advice::Limits(_)) {
            let all = "; lower, if all rules of this schema are to fit together";
            finding.help = finding.help.map(|help| help + all);
        }
        object.report(finding);
    }
}

/// An expression that costs too much. What servers before compute is not known.
fn refused(object: &mut Object<'_, '_>, path: Path, message: String, label: &str) -> Diagnostic {
    let mut finding = object.refuse(&EXPENSIVE_EXPRESSION, path, message, label);
    let checked =
        format!("checked: costs as Kubernetes {} computes them; not known for those before 1.{FIRST}", object.version);
    finding.notes = vec![checked];
    finding
}

/// A finding, of one expression or of a sum in which it may be enough, with what is without a limit, and which one it needs.
fn mended(
    object: &Object<'_, '_>,
    root: &Path,
    advice: &Advice,
    mut finding: Diagnostic,
    of_sum: Option<bool>,
) -> Diagnostic {
    let mend = match advice {
        Advice::Limits(mend) => mend,
        Advice::Words(words) => return finding.help(words),
    };
    for (knob, _) in &mend.knobs {
        let path = joined(root, &knob.path);
        finding = finding.cause(object.key_span(&path), knob.is_loose());
    }
    finding.help(mend.help(of_sum))
}

fn joined(root: &Path, below: &Path) -> Path {
    Path(root.0.iter().chain(&below.0).cloned().collect())
}

/// How many times too much something is, as the server says it.
fn factor(most: u64, limit: u64) -> String {
    let by = most as f64 / limit as f64;
    if by > 100.0 {
        "more than 100 times".to_owned()
    } else if by < 1.5 {
        format!("{:.2} times", (by * 100.0).ceil() / 100.0)
    } else {
        format!("{by:.1} times")
    }
}
