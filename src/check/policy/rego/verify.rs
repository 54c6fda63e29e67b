//! What OPA refuses when it compiles and regorus lets pass: unknown functions, wrong numbers of arguments, recursion.
//! Without these checks a misspelt function makes a rule silent, and a recursive one ends the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regorus::Value as Rego;
use regorus::unstable::{BUILTINS, Expr, Literal, LiteralStmt, Module, Rule, Span};

use super::conflicts;
use super::extensions;
use super::syntax::{self, Node, Reference};

/// Something that a policy may not contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The number of the module.
    pub module: usize,
    /// Bytes of its text.
    pub start: u32,
    pub end: u32,
    pub message: String,
    pub label: String,
    pub help: Option<String>,
}

/// Longest chain of rules and functions that use each other. The engine's own stack grows with it.
const LONGEST_CHAIN: usize = 64;

/// Checks all modules of a run together, since they may use each other.
pub fn verify(modules: &[&Module]) -> Vec<Problem> {
    let program = Program::new(modules);
    let mut problems = Vec::new();
    for (number, module) in modules.iter().enumerate() {
        for rule in &module.policy {
            program.calls(number, module, rule.as_ref(), &mut problems);
        }
    }
    problems.extend(program.recursion());
    problems.extend(conflicts::conflicts(&program));
    problems
}

/// What a policy reads and never gets, because nobody loaded it: the rule is silent then, which must not look like a pass.
pub fn missing_data(modules: &[&Module], data: &Rego) -> Vec<Problem> {
    let program = Program::new(modules);
    let mut problems: BTreeMap<(usize, Vec<String>), Problem> = BTreeMap::new();
    for (module, syntax_tree) in modules.iter().enumerate() {
        for rule in &syntax_tree.policy {
            syntax::walk(rule.as_ref(), &mut |node| {
                let Node::Expr { expr, .. } = node else { return };
                let Some(reference) = Reference::of(expr) else { return };
                let Some((written, message)) = program.unloaded(module, syntax_tree, &reference, data) else {
                    return;
                };
                let span = expr.span();
                let (start, end) = (span.start, span.end);
                let problem = Problem { module, start, end, message, label: "always undefined".to_owned(), help: None };
                problems.entry((module, written)).or_insert(problem);
            });
        }
    }
    problems.into_values().collect()
}

/// The paths of the rules that take the input for the list of files of `conftest --combine`, by themselves or through a
/// rule that they use.
pub fn combined(modules: &[&Module]) -> BTreeSet<Vec<String>> {
    let program = Program::new(modules);
    let count = program.definitions.len();
    let mut combined: Vec<bool> = (0..count).map(|at| program.reads_files(at)).collect();
    if !combined.contains(&true) {
        return BTreeSet::new();
    }
    let uses: Vec<Vec<usize>> =
        (0..count).map(|at| program.uses(at).into_iter().map(|(used, _)| used).collect()).collect();
    loop {
        let more = (0..count).find(|&at| !combined[at] && uses[at].iter().any(|&used| combined[used]));
        let Some(more) = more else { break };
        combined[more] = true;
    }
    let paths = program.definitions.iter().zip(combined).filter(|(_, combined)| *combined);
    paths.map(|(definition, _)| definition.path.clone()).collect()
}

/// `some file in input`
fn iterates_input(statement: &LiteralStmt) -> bool {
    match &statement.literal {
        Literal::SomeIn { collection, .. } => {
            matches!(collection.as_ref(), Expr::Var { span, .. } if span.text() == "input")
        }
        Literal::Every { domain, .. } => matches!(domain.as_ref(), Expr::Var { span, .. } if span.text() == "input"),
        _ => false,
    }
}

/// A rule name that has been defined, with everything that defines it.
pub(super) struct Definition<'m> {
    module: usize,
    /// The path below `data`.
    pub(super) path: Vec<String>,
    pub(super) rules: Vec<(usize, &'m Rule)>,
    function: Option<usize>,
}

pub(super) struct Program<'m> {
    pub(super) modules: &'m [&'m Module],
    pub(super) packages: Vec<Vec<String>>,
    pub(super) definitions: Vec<Definition<'m>>,
    by_path: BTreeMap<Vec<String>, usize>,
}

impl<'m> Program<'m> {
    fn new(modules: &'m [&'m Module]) -> Self {
        let packages: Vec<_> = modules.iter().map(|module| syntax::package(module)).collect();
        let mut program = Program { modules, packages, definitions: Vec::new(), by_path: BTreeMap::new() };
        for (number, module) in modules.iter().enumerate() {
            for rule in &module.policy {
                let path = [program.packages[number].clone(), syntax::name(rule.as_ref()).0].concat();
                let at = *program.by_path.entry(path.clone()).or_insert_with(|| {
                    program.definitions.push(Definition { module: number, path, rules: Vec::new(), function: None });
                    program.definitions.len() - 1
                });
                let definition = &mut program.definitions[at];
                definition.rules.push((number, rule.as_ref()));
                definition.function = definition.function.or(syntax::parameters(rule.as_ref()));
            }
        }
        program
    }

    fn calls(&self, number: usize, module: &'m Module, rule: &'m Rule, problems: &mut Vec<Problem>) {
        let mut statement: Option<&Expr> = None;
        syntax::walk(rule, &mut |node| match node {
            Node::Statement(LiteralStmt {
                literal: Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. },
                ..
            }) => {
                statement = Some(expr.as_ref());
            }
            Node::Expr { expr: expr @ Expr::Call { fcn, params, .. }, .. } => {
                let is_statement = statement.is_some_and(|statement| std::ptr::eq(statement, expr));
                problems.extend(self.call(number, module, fcn.as_ref(), params.len(), is_statement));
            }
            _ => {}
        });
    }

    fn call(
        &self,
        number: usize,
        module: &Module,
        function: &Expr,
        given: usize,
        is_statement: bool,
    ) -> Option<Problem> {
        let written = Reference::of(function)?.known();
        let name = written.join(".");
        let span = function.span();
        let problem = |message: String, label: &str, help: Option<String>| {
            let (start, end) = (span.start, span.start + name.len().max(1) as u32);
            Some(Problem { module: number, start, end, message, label: label.to_owned(), help })
        };
        if let Some(reason) = extensions::refused(&name) {
            return problem(format!("function `{name}` is not available"), reason, None);
        }
        let own = self.resolve(number, module, &written).and_then(|path| self.by_path.get(&path));
        let wanted = match own.map(|at| &self.definitions[*at]) {
            Some(definition) => definition.function?,
            None => match extensions::arity(&name).or_else(|| BUILTINS.get(name.as_str()).map(|builtin| builtin.1)) {
                Some(arity) => usize::from(arity),
                None if name == "print" || name == "trace" => return None,
                // The rewrite puts the comments in their place.
                None if matches!(name.as_str(), "rego.metadata.rule" | "rego.metadata.chain") => 0,
                None => {
                    let help = self.near(number, &name).map(|near| format!("did you mean {near}?"));
                    if help.is_none() && extensions::in_namespace(&name) {
                        return problem(format!("function `{name}` is not available"), "not supported yet", None);
                    }
                    let label = "neither built in nor defined by a loaded package";
                    return problem(format!("function `{name}` does not exist"), label, help);
                }
            },
        };
        // One more is the variable that takes the result, where nothing else does.
        if given == wanted || (is_statement && given == wanted + 1) {
            return None;
        }
        let plural = if wanted == 1 { "argument" } else { "arguments" };
        problem(format!("function `{name}` takes {wanted} {plural}, not {given}"), "", None)
    }

    /// The path below `data` that a reference in a module means, if it is not `input` or a local variable.
    fn resolve(&self, number: usize, module: &Module, written: &[String]) -> Option<Vec<String>> {
        let (base, rest) = written.split_first()?;
        if base == "data" {
            return Some(rest.to_vec());
        }
        for import in &module.imports {
            let Some(target) = Reference::of(import.refr.as_ref()).map(|reference| reference.known()) else { continue };
            let alias = match &import.r#as {
                Some(alias) => alias.text(),
                None => target.last()?,
            };
            if alias == base && target.first().is_some_and(|root| root == "data") {
                return Some([&target[1..], rest].concat());
            }
        }
        Some([self.packages[number].as_slice(), written].concat())
    }

    /// The path and the message for a reference that nothing can answer.
    fn unloaded(
        &self,
        number: usize,
        module: &Module,
        reference: &Reference,
        data: &Rego,
    ) -> Option<(Vec<String>, String)> {
        let written = reference.known();
        if reference.base == "input" {
            return None;
        }
        let path = self.resolve(number, module, &written)?;
        // The name of the file at hand, which is there when a rule is asked.
        if path.iter().map(String::as_str).take(2).eq(["conftest", "file"]) {
            return None;
        }
        let own = reference.base != "data" && path.starts_with(&self.packages[number]);
        if own || path.is_empty() || !self.below(&path).is_empty() {
            return None;
        }
        let mut at = data;
        let is_loaded = path.iter().take(2).all(|key| {
            at = &at[key.as_str()];
            !matches!(at, Rego::Undefined)
        });
        if is_loaded {
            return None;
        }
        let root = path.iter().take(2).cloned().collect::<Vec<_>>();
        let message = format!("`data.{}` is not loaded", root.join("."));
        Some((root, message))
    }

    /// Whether a definition takes the input for a list of files, `input[_].contents`: by itself, without what it uses.
    fn reads_files(&self, at: usize) -> bool {
        self.definitions[at].rules.iter().any(|(_, rule)| {
            let (mut iterates, mut contents, mut both) = (false, false, false);
            syntax::walk(rule, &mut |node| {
                if let Node::Statement(statement) = node {
                    iterates |= iterates_input(statement);
                }
                let Node::Expr { expr, .. } = node else { return };
                let Some(reference) = Reference::of(expr) else { return };
                let is_file =
                    |key: &Option<String>| key.as_deref().is_some_and(|key| key == "contents" || key == "path");
                if reference.base == "input" {
                    iterates |= matches!(reference.keys.as_slice(), [None]);
                    both |= matches!(reference.keys.as_slice(), [None, key, ..] if is_file(key));
                } else {
                    contents |= reference.keys.first().is_some_and(|key| key.as_deref() == Some("contents"));
                }
            });
            both || (iterates && contents)
        })
    }

    /// The known function whose name is nearest.
    fn near(&self, number: usize, name: &str) -> Option<String> {
        let own = self.definitions.iter().filter(|definition| definition.function.is_some());
        let own = own.filter(|definition| definition.path.starts_with(&self.packages[number]));
        let own = own.map(|definition| (definition.path[self.packages[number].len()..].join("."), "`"));
        let built_in =
            BUILTINS.keys().copied().chain(extensions::names()).map(|name| (name.to_owned(), "the built-in `"));
        own.chain(built_in)
            .map(|(known, kind)| (strsim::damerau_levenshtein(&known, name), known, kind))
            .filter(|(distance, known, _)| *distance <= 1 + known.len().min(name.len()) / 5)
            .min()
            .map(|(_, known, kind)| format!("{kind}{known}`"))
    }

    /// Functions that use themselves, and chains that are too long. A rule without parameters that uses itself is an
    /// error at run time, so only cycles through a function matter here; any other cycle is reported as well, since
    /// OPA refuses it.
    fn recursion(&self) -> Vec<Problem> {
        let edges: Vec<Vec<(usize, &Span)>> = (0..self.definitions.len()).map(|at| self.uses(at)).collect();
        let mut depths: HashMap<usize, usize> = HashMap::new();
        let mut problems = Vec::new();
        for at in 0..self.definitions.len() {
            let depth = self.descend(at, &edges, &mut vec![at], &mut depths, &mut problems);
            if depth > LONGEST_CHAIN && problems.is_empty() {
                let (_, expr) = syntax::name(self.definitions[at].rules[0].1);
                let message = format!("rule `{}` leads through {depth} others", self.definitions[at].path.join("."));
                problems.push(self.problem(at, expr.span(), message, format!("at most {LONGEST_CHAIN} are allowed")));
            }
        }
        problems
    }

    /// The longest chain from a definition on; cycles become problems.
    fn descend(
        &self,
        at: usize,
        edges: &[Vec<(usize, &Span)>],
        trail: &mut Vec<usize>,
        depths: &mut HashMap<usize, usize>,
        problems: &mut Vec<Problem>,
    ) -> usize {
        if let Some(depth) = depths.get(&at) {
            return *depth;
        }
        let mut deepest = 0;
        for (next, span) in &edges[at] {
            if let Some(start) = trail.iter().position(|known| known == next) {
                let names: Vec<String> = trail[start..].iter().map(|at| self.definitions[*at].path.join(".")).collect();
                let message = format!("rule `{}` uses itself", names[0]);
                let label =
                    if names.len() > 1 { format!("by way of `{}`", names[1..].join("`, `")) } else { String::new() };
                problems.push(self.problem(at, span, message, label));
                continue;
            }
            trail.push(*next);
            deepest = deepest.max(self.descend(*next, edges, trail, depths, problems));
            trail.pop();
        }
        depths.insert(at, deepest + 1);
        deepest + 1
    }

    fn problem(&self, at: usize, span: &Span, message: String, label: String) -> Problem {
        let rules = &self.definitions[at].rules;
        let module = rules.iter().find(|(_, rule)| rule.span().source.file() == span.source.file());
        let module = module.map_or(self.definitions[at].module, |(module, _)| *module);
        Problem { module, start: span.start, end: span.end, message, label, help: None }
    }

    /// The definitions that one uses, each with the place of a use.
    fn uses(&self, at: usize) -> Vec<(usize, &'m Span)> {
        let mut found: BTreeMap<usize, &'m Span> = BTreeMap::new();
        for (number, rule) in &self.definitions[at].rules {
            let mut local: BTreeSet<String> = BTreeSet::new();
            let mut references: Vec<(&'m Expr, Vec<String>)> = Vec::new();
            syntax::walk(rule, &mut |node| match node {
                Node::Declared(span) => {
                    local.insert(span.text().to_owned());
                }
                Node::Expr { expr: call @ Expr::Call { fcn, .. }, .. } => {
                    references.extend(Reference::of(fcn.as_ref()).map(|reference| (call, reference.known())));
                }
                Node::Expr { expr, .. } => {
                    references.extend(Reference::of(expr).map(|reference| (expr, reference.known())));
                }
                Node::Statement(_) => {}
            });
            for (expr, written) in references {
                if local.contains(&written[0]) && !matches!(expr, Expr::Call { .. }) {
                    continue;
                }
                if let Some(path) = self.resolve(*number, self.modules[*number], &written) {
                    for used in self.below(&path) {
                        found.entry(used).or_insert_with(|| expr.span());
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// The definition that a path leads to or through, or all below it.
    fn below(&self, path: &[String]) -> Vec<usize> {
        let through = (1..=path.len()).rev().find_map(|length| self.by_path.get(&path[..length]));
        if let Some(definition) = through {
            return vec![*definition];
        }
        let below = self.by_path.range(path.to_vec()..).take_while(|(known, _)| known.starts_with(path));
        if path.is_empty() { Vec::new() } else { below.map(|(_, definition)| *definition).collect() }
    }
}
