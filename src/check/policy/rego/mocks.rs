//! `with f as …` for functions that regorus does not have. It replaces its own and those of modules, so that what a test
//! replaces becomes a function of a module, which calls the other one.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{BUILTINS, LiteralStmt, Module, Rule};

use super::extensions;
use super::files;
use super::rewrite::{Edit, Names, bounds};
use super::syntax::{self, Node, Reference};

/// What is replaced somewhere, and where files are looked for.
#[derive(Debug, Clone, Default)]
pub struct Mocks {
    functions: BTreeSet<String>,
    /// The folders of all modules.
    folders: Vec<String>,
}

impl Mocks {
    /// The functions that are replaced in some modules, which lie in `folders`.
    pub fn new(modules: &[&Module], folders: BTreeSet<String>) -> Mocks {
        let mut functions = BTreeSet::new();
        for rule in modules.iter().flat_map(|module| &module.policy) {
            targets(rule.as_ref(), &mut |_, name, _| {
                functions.insert(name);
            });
        }
        Mocks { functions, folders: folders.into_iter().collect() }
    }

    /// What a function is called for a module in a folder, if it is replaced somewhere.
    pub fn name(&self, function: &str, folder: &str) -> Option<String> {
        let folder = || self.folders.iter().position(|known| known == folder).unwrap_or_default();
        self.functions.contains(function).then(|| path(function, if takes_folder(function) { folder() } else { 0 }))
    }

    /// The module with the functions; `None` if there are none.
    pub fn module(&self) -> Option<String> {
        let mut text = "package plimsoll.functions\n".to_owned();
        for function in &self.functions {
            let arguments: Vec<String> = (0..extensions::arity(function)?).map(|number| format!("a{number}")).collect();
            let arguments = arguments.join(", ");
            let mut add = |at: usize, call: &str, folder: &str| {
                text.push_str(&format!("\n{}({arguments}) := {call}({folder}{arguments})\n", short(function, at)));
            };
            let known = files::FUNCTIONS.iter().chain([&files::TEXT_FUNCTION]).find(|(own, _)| own == function);
            let call = known.map_or(function.as_str(), |(_, call)| *call);
            match takes_folder(function) {
                true => {
                    for (at, folder) in self.folders.iter().enumerate() {
                        add(at, call, &format!("{}, ", Value::from(folder.as_str())));
                    }
                }
                false => add(0, call, ""),
            }
        }
        (!self.functions.is_empty()).then_some(text)
    }

    /// The edits for what a rule replaces.
    pub fn edits(&self, text: &str, rule: &Rule, names: &Names, edits: &mut Vec<Edit>) {
        targets(rule, &mut |statement, name, at| {
            let Some(modifier) = statement.with_mods.get(at).filter(|_| !names.rules.contains(&name)) else { return };
            let (target, value) = (bounds(text, modifier.refr.span()), bounds(text, modifier.r#as.span()));
            edits.push(Edit { start: target.start, end: target.end, text: path(&name, 0) });
            if takes_folder(&name) {
                let written = text.get(value.clone()).unwrap_or_default().replace('\n', " ");
                let others = (1..self.folders.len()).map(|at| format!(" with {} as {written}", path(&name, at)));
                edits.push(Edit { start: value.end, end: value.end, text: others.collect() });
            }
        });
    }
}

/// Shows the functions that a rule replaces and regorus does not have, each with its statement and the number of the
/// `with`.
fn targets<'r>(rule: &'r Rule, show: &mut dyn FnMut(&'r LiteralStmt, String, usize)) {
    syntax::walk(rule, &mut |node| {
        let Node::Statement(statement) = node else { return };
        for (at, modifier) in statement.with_mods.iter().enumerate() {
            let Some(target) = Reference::of(modifier.refr.as_ref()) else { continue };
            let name = target.known().join(".");
            if extensions::arity(&name).is_some() && !BUILTINS.contains_key(name.as_str()) {
                show(statement, name, at);
            }
        }
    });
}

fn takes_folder(function: &str) -> bool {
    files::FUNCTIONS.iter().any(|(own, _)| *own == function)
}

fn short(function: &str, folder: usize) -> String {
    format!("{}__{folder}", function.replace('.', "__"))
}

fn path(function: &str, folder: usize) -> String {
    format!("data.plimsoll.functions.{}", short(function, folder))
}
