//! Functions: which one is called, and what its parameters stand for.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Ref};

use super::super::extensions;
use super::super::syntax::{Reference, text};
use super::Step;
use super::reader::{Name, Reader, WIDEST, variable};

/// A function of the program.
pub(super) struct Function {
    /// The number of the rule.
    pub(super) rule: usize,
    pub(super) package: Vec<String>,
    pub(super) name: String,
    /// The names of the parameters; `None` for a pattern.
    pub(super) parameters: Vec<Option<String>>,
}

impl Function {
    /// Whether it may be the one that is called by a path with this name at its end.
    fn ends_in(&self, name: &str) -> bool {
        self.name.rsplit('.').next() == Some(name)
    }
}

impl Reader<'_> {
    /// A call: of a function of the program each parameter stands for what is given for it.
    pub(super) fn call(&mut self, function: &Expr, arguments: &[Ref<Expr>]) {
        let path = Reference::of(function).map(|path| path.known()).unwrap_or_default();
        let called: Vec<(usize, Vec<Option<String>>)> = match path.as_slice() {
            [name] => match self.imports.get(name) {
                Some(path) => {
                    self.called(&|function: &Function| path.last().is_some_and(|name| function.ends_in(name)))
                }
                None => self.called(&|function: &Function| function.package == self.package && function.name == *name),
            },
            [first, .., name] if first == "data" || (self.imports.contains_key(first) && !is_taken(first)) => {
                self.called(&|function: &Function| function.ends_in(name))
            }
            _ => Vec::new(),
        };
        if called.is_empty() {
            // Whatever else is called by that name may be given anything.
            let last = path.last().cloned().unwrap_or_default();
            for (rule, parameters) in self.called(&|function: &Function| function.ends_in(&last)) {
                parameters.into_iter().flatten().for_each(|name| drop(self.texts.insert((rule, name), None)));
            }
        }
        for (at, argument) in arguments.iter().enumerate() {
            for (rule, parameters) in &called {
                if let Some(Some(name)) = parameters.get(at) {
                    self.is_given((*rule, name.clone()), argument.as_ref());
                }
            }
            let names: Option<Vec<Name>> = called
                .iter()
                .map(|(rule, parameters)| Some((*rule, parameters.get(at)?.clone()?)))
                .collect::<Option<Vec<_>>>()
                .filter(|names| !names.is_empty());
            match (names, self.taken(argument.as_ref())) {
                (Some(names), Some(routes)) => {
                    names.into_iter().for_each(|(rule, name)| self.stands_for(rule, name, routes.clone()));
                }
                _ => self.value(argument.as_ref()),
            }
        }
    }

    fn called(&self, is: &dyn Fn(&Function) -> bool) -> Vec<(usize, Vec<Option<String>>)> {
        let functions = self.functions.iter().filter(|function| is(function));
        functions.map(|function| (function.rule, function.parameters.clone())).collect()
    }

    /// The steps that an index may take.
    pub(super) fn steps(&self, index: &Expr) -> Vec<Step> {
        if let Some(key) = text(index) {
            return vec![Step::Key(key)];
        }
        let name = variable(index).filter(|name| *name != "_").map(|name| (self.rule, name.to_owned()));
        match name.and_then(|name| self.texts.get(&name)) {
            Some(Some(texts)) => texts.iter().cloned().map(Step::Key).collect(),
            _ => vec![Step::Each],
        }
    }

    /// Notes what a parameter is given.
    fn is_given(&mut self, parameter: Name, argument: &Expr) {
        let given: Option<BTreeSet<String>> = match (text(argument), variable(argument)) {
            (Some(text), _) => Some(BTreeSet::from([text])),
            (None, Some(name)) => self.texts.get(&(self.rule, name.to_owned())).cloned().flatten(),
            (None, None) => None,
        };
        let known = self.texts.entry(parameter).or_insert_with(|| Some(BTreeSet::new()));
        match (known.as_mut(), given) {
            (Some(known), Some(given)) => known.extend(given),
            _ => *known = None,
        }
        if known.as_ref().is_some_and(|known| known.len() > WIDEST) {
            *known = None;
        }
    }

    /// Whether it is a built-in function that is called, and none of the program of the same name.
    pub(super) fn is_built_in(&self, function: &Expr, name: &str) -> bool {
        let path = Reference::of(function).map(|path| path.known()).unwrap_or_default();
        let is_own = path.first().is_some_and(|first| self.imports.contains_key(first))
            || self.functions.iter().any(|own| own.name == name);
        path.join(".") == name && !is_own
    }

    /// Whether it is the built-in function for a field of an object.
    pub(super) fn is_object_get(&self, function: &Expr) -> bool {
        self.is_built_in(function, "object.get")
    }

    /// Whether a function has a parameter of that name, in the rule at hand.
    pub(super) fn is_parameter(&self, name: &str) -> bool {
        let mut own = self.functions.iter().filter(|function| function.rule == self.rule);
        own.any(|function| function.parameters.iter().any(|parameter| parameter.as_deref() == Some(name)))
    }
}

/// Whether built-in functions have names that begin so.
fn is_taken(first: &str) -> bool {
    extensions::in_namespace(&format!("{first}."))
}
