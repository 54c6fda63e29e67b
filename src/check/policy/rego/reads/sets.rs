//! Rules that are sets: `containers[c] { c := input.spec.containers[_] }` reads of its elements what those read who go
//! through it.

use std::collections::BTreeSet;

use regorus::unstable::Expr;

use super::super::syntax::Reference;
use super::reader::{Reader, longer, variable};
use super::{Route, Step};

impl Reader<'_> {
    /// The ways to rules that an expression can be, as far as it is written out: below `data`, by an import, or a set of
    /// this package. More than one where an import has the name of a rule.
    fn paths(&self, expr: &Expr) -> Vec<Vec<String>> {
        let Some(reference) = Reference::of(expr) else { return Vec::new() };
        let keys = || reference.keys.iter().map_while(Clone::clone);
        let mut paths = Vec::new();
        if reference.base == "data" {
            paths.push(keys().collect());
        }
        if let Some([first, path @ ..]) = self.imports.get(&reference.base).map(Vec::as_slice)
            && first == "data"
        {
            paths.push(path.iter().cloned().chain(keys()).collect());
        }
        let own = [self.package.as_slice(), std::slice::from_ref(&reference.base)].concat();
        if self.sets.keys().any(|set| set.starts_with(&own)) {
            paths.push(own.into_iter().chain(keys()).collect());
        }
        paths
    }

    /// The parts that the elements of a set stand for, if the expression names one and nothing else.
    pub(super) fn set(&self, expr: &Expr) -> Option<BTreeSet<Route>> {
        let is_written_out = Reference::of(expr)?.keys.iter().all(Option::is_some);
        match self.paths(expr).as_slice() {
            [only] if is_written_out => self.sets.get(only).cloned(),
            _ => None,
        }
    }

    /// What an element of a set is, in `containers[_]`.
    pub(super) fn element(&self, expr: &Expr) -> Option<BTreeSet<Route>> {
        match expr {
            Expr::RefBrack { refr, index, .. } if self.listing == 0 && variable(index.as_ref()) == Some("_") => {
                self.set(refr.as_ref())
            }
            _ => None,
        }
    }

    /// A name for each element of a collection. The key of an element of a set is the element.
    pub(super) fn goes_through(&mut self, name: &str, collection: &Expr, has_key: bool) {
        let elements = self.set(collection).filter(|_| self.listing == 0 && !has_key);
        if elements.is_none() {
            self.mark(collection);
        }
        let items = self.part(collection).map(|routes| longer(routes, &Step::Each));
        match elements.or(items.is_some().then(BTreeSet::new)) {
            Some(routes) => {
                let routes = routes.into_iter().chain(items.unwrap_or_default()).collect();
                self.stands_for(self.rule, name.to_owned(), routes);
            }
            None => self.value(collection),
        }
    }

    /// Sets that an expression names are read as wholes, unless it only goes through one.
    pub(super) fn mark(&mut self, expr: &Expr) {
        let mut at = expr;
        loop {
            if self.element(at).is_some() {
                return;
            }
            match at {
                Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => at = refr.as_ref(),
                _ => break,
            }
        }
        let paths = self.paths(expr);
        let is_named = |own: &[String]| paths.iter().any(|path| own.starts_with(path) || path.starts_with(own));
        let named = self.sets.iter().filter(|(own, _)| is_named(own));
        self.whole.extend(named.flat_map(|(_, routes)| routes.iter().cloned()).collect::<Vec<_>>());
    }
}
