//! Which limit a rule that is too expensive needs: the one that makes it cheapest, and how high it may be.

use std::rc::Rc;

use crate::check::cel::types::Checked;
use crate::check::cel::types::cost::{self, Extents, Limit};
use crate::model::path::{Path, Segment};
use crate::model::scalar::Scalar;
use crate::model::value::Value;

/// So many limits are looked for one after the other; where they are not enough, all that there can be are taken.
const KNOBS: usize = 4;
/// More limits than this are not listed.
const LISTED: usize = 6;
/// Above this a limit is none.
const HIGHEST: u64 = 1 << 22;

/// An expression, and what its cost depends on.
pub(super) struct Expression<'t> {
    checked: Checked,
    extents: Rc<Extents<'t>>,
    /// The way to the schema that it is about.
    way: Path,
    /// The limits above; nothing where it does not matter how often there is such a value.
    above: Option<Rc<[Knob]>>,
}

/// A limit that can be changed.
#[derive(Debug, Clone)]
pub(super) struct Knob {
    /// The way to the schema that has it.
    pub(super) path: Path,
    keyword: &'static str,
    now: Option<u64>,
    /// What it limits in the expression; nothing where it limits how often there is such a value.
    inner: Option<Limit>,
}

/// Limits that make an expression cheap enough, and how high each may be.
pub(super) struct Mend {
    pub(super) knobs: Vec<(Knob, u64)>,
    /// How many more it needs.
    more: usize,
    /// Whether they are enough.
    pub(super) fits: bool,
    /// What the expression then costs.
    pub(super) costs: u64,
}

impl Knob {
    /// The limits above a schema: `extractMaxElements`. Nothing where one of them cannot be read.
    pub(super) fn above(root: Value<'_>, way: &Path) -> Option<Rc<[Knob]>> {
        let mut above = Vec::new();
        let mut at = root;
        let mut segments = way.0.iter().enumerate();
        while let Some((depth, segment)) = segments.next() {
            let Segment::Key(key) = segment else { return None };
            let has_values = || present(at, "additionalProperties").is_some();
            let keyword = match present(at, "type").and_then(Value::as_str).as_deref() {
                Some("array") => Some("maxItems"),
                Some("object") if has_values() => Some("maxProperties"),
                _ => None,
            };
            if let Some(keyword) = keyword {
                let now = match present(at, keyword) {
                    None => None,
                    Some(limit) => match limit.scalar()? {
                        Scalar::Int(limit) => Some(u64::try_from(limit).unwrap_or(0)),
                        _ => return None,
                    },
                };
                above.push(Knob { path: Path(way.0[..depth].to_vec()), keyword, now, inner: None });
            }
            at = at.get(key)?;
            if **key == *"properties" {
                let (_, Segment::Key(name)) = segments.next()? else { return None };
                at = at.get(name)?;
            }
        }
        Some(above.into())
    }

    /// A limit that most people can live with.
    fn comfortable(&self) -> u64 {
        if self.keyword == "maxLength" { 256 } else { 64 }
    }

    /// What is said of it.
    pub(super) fn is_loose(&self) -> String {
        let what = match self.keyword {
            "maxItems" => "items",
            "maxProperties" => "keys",
            _ => "letters",
        };
        match self.now {
            Some(now) => format!("up to {now} {what}"),
            None if what == "letters" => "a text of any length".to_owned(),
            None => format!("any number of {what}"),
        }
    }

    /// What it limits, by its name.
    fn name(&self) -> String {
        name(&self.path.0)
    }
}

fn name(path: &[Segment]) -> String {
    match path {
        [.., Segment::Key(above), Segment::Key(name)] if **above == *"properties" => format!("`{name}`"),
        [above @ .., Segment::Key(key)] if **key == *"items" => format!("the items of {}", name(above)),
        [above @ .., Segment::Key(_)] => format!("the values of {}", name(above)),
        _ => "the schema".to_owned(),
    }
}

impl<'t> Expression<'t> {
    pub(super) fn new(checked: Checked, extents: Rc<Extents<'t>>, way: Path, above: Option<Rc<[Knob]>>) -> Self {
        Expression { checked, extents, way, above }
    }

    /// What it may cost.
    pub(super) fn cost(&self) -> Option<u64> {
        self.cost_with(&[])
    }

    /// What it may cost with other limits.
    fn cost_with(&self, limits: &[(&Knob, u64)]) -> Option<u64> {
        let inner = || limits.iter().filter_map(|(knob, most)| Some((knob.inner.as_ref()?, *most)));
        inner().for_each(|(limit, most)| self.extents.assume(limit, most));
        let once = cost::most(&self.checked, &self.extents);
        inner().for_each(|(limit, _)| self.extents.forget(limit));
        let times = self.above.as_ref().map_or(Some(1), |above| {
            let outer = |knob: &Knob| {
                let set = limits.iter().find(|(set, _)| set.inner.is_none() && set.path == knob.path);
                set.map(|(_, most)| *most).or(knob.now)
            };
            above.iter().try_fold(1_u64, |times, knob| Some(times.saturating_mul(outer(knob)?)))
        });
        Some(once?.saturating_mul(times.or_else(|| self.extents.times())?))
    }

    /// How much has to be done at most to look for limits.
    pub(super) fn effort(&self) -> u64 {
        let knobs = self.extents.limits().len() + self.above.as_ref().map_or(0, |above| above.len());
        let times = knobs * (KNOBS + 2) + 48;
        self.checked.weight().saturating_mul(times as u64)
    }

    /// The limits that bring it from what it costs to what it may cost. Nothing if none of them helps.
    pub(super) fn mend(&self, costs: u64, limit: u64) -> Option<Mend> {
        let mut knobs: Vec<Knob> = self.above.iter().flat_map(|above| above.iter()).cloned().collect();
        for inner in self.extents.limits() {
            let path = Path(self.way.0.iter().chain(&inner.way.0).cloned().collect());
            knobs.push(Knob { path, keyword: inner.keyword, now: inner.now, inner: Some(inner) });
        }
        // Those above help only together.
        let (above, inner): (Vec<_>, Vec<_>) =
            knobs.iter().filter(|knob| knob.now.is_none()).partition(|knob| knob.inner.is_none());
        let mut groups: Vec<Vec<&Knob>> = inner.into_iter().map(|knob| vec![knob]).collect();
        groups.extend(Some(above).filter(|above| !above.is_empty()));
        let bounded = knobs.iter().filter(|knob| knob.now.is_some_and(|now| now > knob.comfortable()));
        let mut chosen: Vec<(&Knob, u64)> = Vec::new();
        let mut costs = costs;
        for groups in [groups, bounded.map(|knob| vec![knob]).collect::<Vec<_>>()] {
            while costs > limit && chosen.len() < KNOBS {
                let with = groups.iter().filter_map(|group| {
                    let added = group.iter().map(|knob| (*knob, knob.comfortable()));
                    let all: Vec<(&Knob, u64)> = chosen.iter().copied().chain(added).collect();
                    Some((self.cost_with(&all)?, all))
                });
                let best = with.min_by_key(|(costs, _)| *costs);
                let Some((less, all)) = best.filter(|(less, _)| *less < costs) else { break };
                (costs, chosen) = (less, all);
            }
        }
        let fits_with = |all: &[(&Knob, u64)]| self.cost_with(all).is_some_and(|costs| costs <= limit);
        let mut fits = costs <= limit;
        if !fits {
            // What is endless in several ways costs no less with a limit for one of them.
            let is_loose = |knob: &&Knob| knob.now.is_none_or(|now| now > knob.comfortable());
            let all: Vec<_> = knobs.iter().filter(is_loose).map(|knob| (knob, knob.comfortable())).collect();
            let all = || if fits_with(&all) { Some(all.clone()) } else { self.lower(&all, limit) };
            if let Some(enough) = self.lower(&chosen, limit).or_else(all) {
                (chosen, fits) = (enough, true);
            }
        }
        // What was chosen first may not be needed any more.
        let mut at = 0;
        while fits && chosen.len() > 1 && at < chosen.len() {
            let mut fewer = chosen.clone();
            fewer.remove(at);
            if fits_with(&fewer) { chosen = fewer } else { at += 1 }
        }
        if let ([(knob, most)], true) = (&mut *chosen, fits) {
            *most = self.highest(knob, *most, limit);
        }
        let costs = self.cost_with(&chosen)?;
        let more = if chosen.len() > LISTED { chosen.len() - KNOBS } else { 0 };
        chosen.truncate(chosen.len() - more);
        let knobs: Vec<_> = chosen.into_iter().map(|(knob, most)| (knob.clone(), most)).collect();
        (!knobs.is_empty()).then_some(Mend { knobs, more, fits, costs })
    }

    /// Lower limits that are enough: loops inside of each other may need them.
    fn lower<'k>(&self, all: &[(&'k Knob, u64)], limit: u64) -> Option<Vec<(&'k Knob, u64)>> {
        let halved = |halves: u32| all.iter().map(|(knob, most)| (*knob, most >> halves)).collect::<Vec<_>>();
        let fits = |all: &Vec<_>| !all.is_empty() && self.cost_with(all).is_some_and(|costs| costs <= limit);
        (1..=4).map(halved).find(fits)
    }

    /// What to do where limits do not help; nothing if that is not known.
    pub(super) fn advice(&self) -> Option<String> {
        match cost::endless(&self.checked, &self.extents)? {
            endless if endless.is_added && endless.made_by == "string" => {
                "write it as `'… %s'.format([…])`: the server takes what `string` gives for endless, and what it is added to"
                    .to_owned()
                    .into()
            }
            endless if endless.made_by == "orValue" => {
                "write it with `has(…) ? … : …`: the server takes what `orValue` gives for endless".to_owned().into()
            }
            endless if endless.made_by.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                Some(format!("do without `{}` here: the server takes what it gives for endless", endless.made_by))
            }
            _ => None,
        }
    }

    /// How high a limit may be: in round numbers.
    fn highest(&self, knob: &Knob, fits: u64, limit: u64) -> u64 {
        let (mut low, mut high) = (fits, knob.now.unwrap_or(HIGHEST));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.cost_with(&[(knob, middle)]).is_some_and(|costs| costs <= limit) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        let unit = 10_u64.pow(low.checked_ilog10().unwrap_or(0).saturating_sub(1));
        (low / unit * unit).max(fits)
    }
}

impl Mend {
    /// What to do; in a sum it may be enough, or not.
    pub(super) fn help(&self, of_sum: Option<bool>) -> String {
        let what = if of_sum.is_some() { "they fit" } else { "it fits" };
        let is_enough = self.fits && of_sum != Some(false);
        if let ([(knob, most)], true) = (&*self.knobs, is_enough) {
            let (verb, to) = if knob.now.is_some() { ("lower", "of") } else { ("add", "to") };
            return format!("{verb} `{}` {to} {}: {what} with up to {most}", knob.keyword, knob.name());
        }
        let one = |(knob, most): &(Knob, u64)| match knob.now {
            Some(_) => format!("lower `{}` of {} to {most}", knob.keyword, knob.name()),
            None => format!("add `{}: {most}` to {}", knob.keyword, knob.name()),
        };
        let mut all = self.knobs.iter().map(one).collect::<Vec<_>>().join(", and ");
        if self.more > 0 {
            all.push_str(&format!(", and such limits to {} more", self.more));
        }
        match (is_enough, of_sum) {
            (true, _) => format!("{all}, for example: so {what}"),
            (_, Some(_)) => format!("{all}, for example, and limits to what the other rules look at"),
            _ => format!("{all}, and make the rule simpler"),
        }
    }
}

fn present<'t>(of: Value<'t>, key: &str) -> Option<Value<'t>> {
    of.get(key).filter(|value| !value.is_null())
}
