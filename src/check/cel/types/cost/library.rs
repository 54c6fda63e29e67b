//! What the functions of Kubernetes cost, and those of lists and sets: `EstimateCallCost` in
//! `k8s.io/apiserver/pkg/cel/library/cost.go`, `ext/sets.go` and `ext/lists.go` of cel-go.

use kube_cel::cel::common::ast::{Expr, LiteralValue, operators};

use super::calls::{Argument, Call, Estimate, LETTER, PATTERN};
use super::path::{Path, Step};
use super::size::{Size, scaled};
use super::{Coster, NEW_LIST};
use crate::check::cel::types::Type;

/// A question to the authorizer.
const CHECK: u64 = 350_000;
/// The longest expression for names, and the longest name of a format: `MaxNameFormatRegexSize`, `MaxFormatSize`.
const NAME_PATTERN: f64 = 128.0;
const FORMAT: u64 = 64;
/// An address or network has 16 bytes at most.
const ADDRESS: Size = Size { min: 4, max: 16 };

impl<'e> Coster<'e, '_, '_> {
    /// `sizeEstimate`
    fn sized(&self, of: &Argument<'e>) -> Size {
        of.size.or_else(|| self.extent(of.path.as_ref())).unwrap_or(Size::UNKNOWN)
    }

    /// The type and size of the items of a list: `listElementNode`. The keys of a map are taken for items.
    fn items(&self, of: &Argument<'e>) -> Option<(&'e Type, Size)> {
        let Type::Applied(_, parts) = self.notes.type_of(of.expression.id) else { return None };
        let path = of.path.as_ref().map(|path| Path::copied(path, Step::Items));
        Some((self.notes.known(&parts[0]), self.extent(path.as_ref()).unwrap_or(Size::UNKNOWN)))
    }

    /// What a function of Kubernetes costs; nothing for any other.
    pub(super) fn library(&self, call: &Call<'_, 'e>) -> Option<Estimate> {
        let first = || call.arguments.first().map(|one| self.sized(one));
        let target = || call.target.map(|one| self.sized(one));
        Some(match call.name {
            "check" => Estimate::of(CHECK),
            "serviceAccount"
            | "path"
            | "group"
            | "resource"
            | "subresource"
            | "namespace"
            | "name"
            | "allowed"
            | "reason"
            | "error"
            | "errored"
            | "masked"
            | "prefixLength"
            | "family"
            | "isUnspecified"
            | "isLoopback"
            | "isLinkLocalMulticast"
            | "isLinkLocalUnicast"
            | "isGlobalUnicast"
            | "format.named"
            | "sign"
            | "asInteger"
            | "isInteger"
            | "asApproximateFloat"
            | "isGreaterThan"
            | "isLessThan"
            | "compareTo"
            | "add"
            | "sub"
            | "major"
            | "minor"
            | "patch"
            | "getScheme"
            | "getHostname"
            | "getHost"
            | "getPort"
            | "getEscapedPath"
            | "getQuery" => Estimate::of(1),
            "fieldSelector" | "labelSelector" => {
                let size = first()?;
                let requirements = scaled(size.cost(0.5), 50.0);
                Estimate::of(NEW_LIST.saturating_add(size.cost(LETTER)).saturating_add(requirements))
            }
            "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => {
                let size = target()?;
                let Some((is, item)) = self.items(call.target?) else { return Some(Estimate::of(size.cost(LETTER))) };
                let letters = matches!(is, Type::Simple("string" | "bytes")).then(|| item.cost(LETTER));
                Estimate::of(size.max.saturating_mul(letters.unwrap_or(0).saturating_add(1)))
            }
            "url" => {
                let size = first()?;
                Estimate::with(size.cost(LETTER), size)
            }
            "lowerAscii" | "upperAscii" | "substring" | "trim" => {
                let size = target()?;
                Estimate::with(size.cost(LETTER), size)
            }
            "replace" => {
                let [old, new, ..] = call.arguments else { return None };
                let size = target()?;
                Estimate::with(size.cost(2.0 * LETTER), replaced(size, self.sized(old), self.sized(new)))
            }
            "split" => {
                let size = target()?;
                let most = call.arguments.get(1).and_then(|most| match &most.expression.expr {
                    #[allow(clippy::cast_sign_loss)]
                    Expr::Literal(LiteralValue::Int(most)) => Some(*most.inner() as u64),
                    _ => None,
                });
                Estimate::with(size.cost(2.0 * LETTER), Size::up_to(most.unwrap_or(size.max)))
            }
            "join" => {
                let list = target()?;
                let mut size = self.items(call.target?).map_or(Size::fixed(0), |(_, item)| list.times(item));
                if let Some(between) = first() {
                    let times = Size { min: list.min.saturating_sub(1), max: list.max.saturating_sub(1) };
                    size = size.add(between.times(times));
                }
                Estimate::with(size.cost(LETTER), size)
            }
            "find" | "findAll" => {
                let (text, pattern) = (target()?, first()?);
                let cost = text.add(Size::fixed(1)).cost(LETTER).saturating_mul(pattern.cost(PATTERN));
                Estimate::with(cost, Size::up_to(text.max))
            }
            "ip" if call.takes(0, "net.CIDR") => Estimate::of(1),
            "cidr" | "isIP" | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver" => {
                Estimate::of(first()?.cost(LETTER))
            }
            "ip.isCanonical" => Estimate::of(first()?.cost(2.0 * LETTER)),
            "containsIP" | "containsCIDR" => {
                let text = if call.takes(1, "string") { first()?.cost(LETTER) } else { 0 };
                let parts = ADDRESS.add(ADDRESS).cost(LETTER);
                let network = if call.name == "containsCIDR" { ADDRESS.cost(LETTER) + 1 } else { 0 };
                Estimate::of((parts + network).saturating_add(text))
            }
            "validate" => Estimate::of(scaled(first()?.cost(LETTER), NAME_PATTERN * PATTERN)),
            operators::EQUALS => return self.equality(call),
            _ => return None,
        })
    }

    fn equality(&self, call: &Call<'_, 'e>) -> Option<Estimate> {
        let [one, other] = call.arguments else { return None };
        let types = (self.notes.type_of(one.expression.id), self.notes.type_of(other.expression.id));
        let (Type::Simple(name), Type::Simple(as_well)) = types else { return None };
        if name != as_well {
            return None;
        }
        match *name {
            "kubernetes.NamedFormat" => Some(Estimate::of(scaled(FORMAT, LETTER))),
            "kubernetes.URL" => Some(Estimate::of(scaled(other.size.map_or(1, |size| size.max), LETTER))),
            _ if name.starts_with("kubernetes.") || name.starts_with("net.") => Some(Estimate::of(1)),
            _ => None,
        }
    }
}

/// How long a text may be in which another is replaced.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn replaced(text: Size, old: Size, new: Size) -> Size {
    let per = |text: u64, old: u64| (text as f64 / old as f64).ceil() as u64;
    let (longest, stays_at_most) = match old.min {
        0 => (text.max.saturating_add(1), text.max),
        least if new.max <= least => (0, text.max),
        least => (per(text.max, least), 0),
    };
    let (shortest, stays_at_least) = match old.max {
        0 => (text.min.saturating_add(1), text.min),
        most if most <= new.min => (0, text.min),
        most => (per(text.min, most), 0),
    };
    Size { min: shortest, max: longest }.times(new).add(Size { min: stays_at_least, max: stays_at_most })
}

/// What the functions of lists and sets cost that tell it themselves; nothing for any other.
pub(super) fn lists(call: &Call<'_, '_>) -> Option<Estimate> {
    let known = |at: usize| call.arguments.get(at).map(Argument::known);
    let list = || call.target.map(Argument::known);
    let number = |at: usize| match &call.arguments.get(at)?.expression.expr {
        Expr::Literal(LiteralValue::Int(number)) => Some(u64::try_from(*number.inner()).unwrap_or(0)),
        _ => None,
    };
    #[allow(clippy::cast_precision_loss)]
    let (size, each) = match call.name {
        "sets.contains" | "sets.intersects" | "sets.equivalent" => {
            let each = if call.name == "sets.equivalent" { 2.0 } else { 1.0 };
            return Some(Estimate::of(known(0)?.times(known(1)?).cost(each).saturating_add(1)));
        }
        "slice" => {
            let end = number(1).unwrap_or(list()?.max);
            (Size::fixed(end.wrapping_sub(number(0).unwrap_or(0))), 1.0)
        }
        "lists.range" => (Size::fixed(number(0).unwrap_or(u64::MAX)), 1.0),
        "reverse" => (list()?, 1.0),
        "flatten" if call.arguments.is_empty() => (list()?, 1.0),
        "flatten" => (list()?, number(0).unwrap_or(u64::MAX) as f64),
        "distinct" => (list()?.times(list()?), 2.0),
        "sort" => (list()?.times(list()?), per_item(call, 0)),
        "@sortByAssociatedKeys" => (known(0)?.times(known(0)?), per_item(call, 1)),
        _ => return None,
    };
    Some(Estimate::with(size.cost(each).saturating_add(1 + NEW_LIST), size))
}

/// What it costs to compare two items of the list that is declared there.
fn per_item(call: &Call<'_, '_>, at: usize) -> f64 {
    let declared = call.overload.and_then(|overload| overload.takes.get(at)?.parts("list"));
    match declared {
        Some([Type::Simple("string" | "bytes")]) => 2.0 + LETTER,
        _ => 2.0,
    }
}
