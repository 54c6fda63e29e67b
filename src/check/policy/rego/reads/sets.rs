//! Rules that are sets: `containers[c] { c := input.spec.containers[_] }` reads of its elements what those read who go
//! through it.

use std::collections::BTreeSet;

use regorus::unstable::Expr;

use super::super::syntax::Reference;
use super::Route;
use super::reader::{Reader, variable};

impl Reader {
    /// The way to a rule, as far as it is written out: below `data`, by an import, or a set of this package.
    fn path(&self, expr: &Expr) -> Option<Vec<String>> {
        let reference = Reference::of(expr)?;
        let keys = reference.keys.iter().map_while(Clone::clone);
        if reference.base == "data" {
            return Some(keys.collect());
        }
        if let Some([first, path @ ..]) = self.imports.get(&reference.base).map(Vec::as_slice)
            && first == "data"
        {
            return Some(path.iter().cloned().chain(keys).collect());
        }
        let own = [self.package.as_slice(), std::slice::from_ref(&reference.base)].concat();
        self.sets.contains_key(&own).then(|| own.into_iter().chain(keys).collect())
    }

    /// The parts that the elements of a set stand for, if the expression names one.
    pub(super) fn set(&self, expr: &Expr) -> Option<BTreeSet<Route>> {
        let is_written_out = Reference::of(expr)?.keys.iter().all(Option::is_some);
        is_written_out.then(|| self.sets.get(&self.path(expr)?).cloned())?
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
        let Some(path) = self.path(expr) else { return };
        let named = self.sets.iter().filter(|(own, _)| own.starts_with(&path) || path.starts_with(own));
        self.whole.extend(named.flat_map(|(_, routes)| routes.iter().cloned()).collect::<Vec<_>>());
    }
}
