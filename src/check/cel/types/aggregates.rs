//! Lists and maps that an expression writes out: their values must be of one type.

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{EntryExpr, ListExpr, MapExpr};

use super::checker::{Checker, Result, mark_of};
use super::kind::Type;
use super::problem::{Mark, Problem};
use super::unify::most_general;

/// The biggest type, in parts: what is bigger is not followed.
const PARTS: usize = 300;

impl Checker<'_, '_> {
    pub(super) fn list(&mut self, list: &ListExpr) -> Result {
        let mut items = None;
        let mut all = Vec::with_capacity(list.elements.len());
        for (at, item) in list.elements.iter().enumerate() {
            let mut is = self.of(item)?;
            if list.optional_indices.contains(&at) {
                is = self.unwrapped(item, &is)?;
            }
            items = Some(self.joined(item, items, &is)?);
            all.push((item.id, is));
        }
        self.remember(all);
        let items = items.unwrap_or_else(|| self.bindings.fresh());
        Ok(self.bounded(Type::list(items)))
    }

    pub(super) fn map(&mut self, map: &MapExpr) -> Result {
        let (mut keys, mut values) = (None, None);
        let (mut all_keys, mut all_values) = (Vec::new(), Vec::new());
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { return Ok(self.unsure()) };
            let key = self.of(&entry.key)?;
            keys = Some(self.joined(&entry.key, keys, &key)?);
            let mut value = self.of(&entry.value)?;
            if entry.optional {
                value = self.unwrapped(&entry.value, &value)?;
            }
            values = Some(self.joined(&entry.value, values, &value)?);
            all_keys.push((entry.key.id, key));
            all_values.push((entry.value.id, value));
        }
        self.remember(all_keys);
        self.remember(all_values);
        let keys = keys.unwrap_or_else(|| self.bindings.fresh());
        let values = values.unwrap_or_else(|| self.bindings.fresh());
        Ok(self.bounded(Type::Applied("map", [keys, values].into())))
    }

    fn unwrapped(&mut self, item: &IdedExpr, is: &Type) -> Result {
        match (is.parts("optional"), is) {
            (Some([held]), _) => Ok(held.clone()),
            (_, Type::Dyn) => Ok(Type::Dyn),
            _ => Err(Problem::new(
                mark_of(item),
                format!("has `{is}` where an optional value is needed"),
                "not optional",
            )),
        }
    }

    /// `joinTypes`, where items must be of one type.
    fn joined(&mut self, item: &IdedExpr, before: Option<Type>, is: &Type) -> Result {
        let Some(before) = before else { return Ok(is.clone()) };
        if self.bindings.fits(&before, is) {
            return Ok(most_general(&before, is).clone());
        }
        if self.in_format > 0 {
            return Ok(Type::Dyn);
        }
        Err(self.not_alike(item.id, &before, is))
    }

    fn remember(&mut self, items: Vec<(u64, Type)>) {
        if self.in_format == 0 && items.len() > 1 {
            self.literals.push(items);
        }
    }

    /// `ValidateHomogeneousAggregateLiterals`
    pub(super) fn mixed(&self) -> Result<()> {
        for items in &self.literals {
            let mut items = items.iter().map(|(at, is)| (*at, self.bindings.settled(is, true)));
            let Some((_, first)) = items.next() else { continue };
            if let Some((at, other)) = items.find(|(_, is)| *is != first)
                && !self.is_unsure
            {
                return Err(self.not_alike(at, &first, &other));
            }
        }
        Ok(())
    }

    fn not_alike(&self, at: u64, first: &Type, other: &Type) -> Box<Problem> {
        let (first, other) = (self.bindings.settled(first, true), self.bindings.settled(other, true));
        let fault = format!("has values of several types in one list or map: `{first}` and `{other}`");
        Problem::new(Mark::Token(at), fault, format!("`{other}` beside `{first}`"))
    }

    fn bounded(&mut self, is: Type) -> Type {
        fn count(is: &Type, left: &mut usize) -> bool {
            *left = left.saturating_sub(1);
            *left > 0
                && match is {
                    Type::Applied(_, parts) => parts.iter().all(|part| count(part, left)),
                    _ => true,
                }
        }
        if count(&is, &mut PARTS.clone()) { is } else { self.unsure() }
    }
}
