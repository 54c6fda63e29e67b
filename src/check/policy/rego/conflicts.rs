//! Names that OPA refuses because two things have them: a rule and a package, or a rule and one that lies within it
//! (OPA 1.21, `ast/compile.go`, `checkRuleConflicts`).

use super::syntax::{self, Reference};
use super::verify::{Definition, Problem, Program};

/// Rules within which other things lie.
pub fn conflicts(program: &Program<'_>) -> Vec<Problem> {
    program
        .definitions
        .iter()
        .filter(|whole| is_written_out(whole))
        .filter_map(|whole| within(program, whole))
        .collect()
}

/// A package, or a rule, within a rule.
fn within(program: &Program<'_>, whole: &Definition<'_>) -> Option<Problem> {
    let path = &whole.path;
    let package = program.packages.iter().position(|package| package == path);
    let (module, span, what, own) = match package {
        Some(module) => (module, program.modules[module].package.refr.span(), "package", path),
        None => {
            let is_inner = |inner: &&Definition<'_>| inner.path.len() > path.len() && inner.path.starts_with(path);
            let inner = program.definitions.iter().find(is_inner)?;
            let (module, rule) = *inner.rules.first()?;
            (module, syntax::name(rule).1.span(), "rule", &inner.path)
        }
    };
    let (name, above) = path.split_last()?;
    Some(Problem {
        module,
        start: span.start,
        end: span.end,
        message: format!("{what} `{}` conflicts with the rule `{}`", own.join("."), path.join(".")),
        label: format!("`{name}` is a rule of package `{}`", above.join(".")),
        help: Some("give one of them another name".to_owned()),
    })
}

/// Whether the name of a rule has no variables: what lies within is known then.
fn is_written_out(definition: &Definition<'_>) -> bool {
    let is_constant = |reference: Reference| reference.keys.iter().all(Option::is_some);
    definition.rules.iter().any(|(_, rule)| Reference::of(syntax::name(rule).1).is_some_and(is_constant))
}
