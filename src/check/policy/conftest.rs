//! The user's own policies: from files to rules that can be asked. The contract is conftest's: every rule called
//! `deny`, `violation` or `warn`, with or without a suffix, in any package.

use std::collections::BTreeSet;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::rule::Severity;
use crate::model::source::FileId;

use super::NEVER_REPORTS;
use super::rego::files::Shelf;
use super::rego::parse::Version;
use super::rego::program::{Program, Read};
use super::rego::text::Text;
use super::rego::{rewrite, syntax, verify};
use super::reporting::{self, Reporting};

/// The user's policies, loaded and checked.
#[derive(Default)]
pub(super) struct User {
    /// Those that look at one object at a time.
    pub rules: Vec<Reporting>,
    /// Those that look at all objects at once, as written for `conftest --combine`.
    pub combined: Vec<Reporting>,
    pub program: Program,
}

impl User {
    /// Reads policies. With a `policy-error` among the problems none is evaluated; the others are warnings.
    pub(super) fn load(files: &[(FileId, String, String)], data: &Rego, shelf: &Shelf) -> (User, Vec<Diagnostic>) {
        let files = files.iter().filter(|(_, name, _)| !name.ends_with("_test.rego"));
        let texts = files.map(|(file, name, text)| (Text::of_file(*file, name, text), Version::Either)).collect();
        let read = match Read::new(texts) {
            Ok(read) => read.with_files(shelf.clone()),
            Err(problems) => return (User::default(), problems),
        };
        let mut problems = read.missing_data(data);
        let mut rules = reporting::collect(&read, &severity, &mut problems);
        for (package, _) in read.names().iter().filter(|(_, names)| names.contains("exception")) {
            for rule in rules.iter_mut().filter(|rule| rule.path[..rule.path.len() - 1] == **package) {
                rule.exception = Some(reporting::query(package, "exception"));
            }
        }
        if let (true, Some(parsed)) = (rules.is_empty(), read.parsed.first()) {
            let package = parsed.module.package.refr.span();
            let span = read.texts[0].span(package.start as usize, package.end as usize);
            let message = "no policy has a rule called `deny`, `violation` or `warn`";
            problems.push(Diagnostic::new(&NEVER_REPORTS, span, message, ""));
        }
        let mut program = read.program();
        below_exceptions(&read, &mut rules, &mut program);
        reporting::copy_definitions(&mut rules, &mut program);
        if let Err(problem) = program.prepare(Some(data)) {
            problems.push(*problem);
            return (User::default(), problems);
        }
        reporting::find_choices(&mut rules, &program);
        let all: BTreeSet<Vec<String>> = verify::combined(&read.modules());
        let (combined, rules) = rules.into_iter().partition(|rule| all.contains(&rule.path));
        (User { rules, combined, program }, problems)
    }
}

/// `data.<package>.exception` may be more than a rule: a package, whose rules are lists of names, or a name in front of a
/// dot. The engine has a value for rules alone; the rules of such a package are asked one by one, because they may use
/// the package above them.
fn below_exceptions(read: &Read, rules: &mut [Reporting], program: &mut Program) {
    let names = read.names();
    for rule in rules.iter_mut() {
        let above = &rule.path[..rule.path.len() - 1];
        let package = [above, &["exception".to_owned()]].concat();
        rule.exceptions =
            names.get(&package).into_iter().flatten().map(|name| reporting::query(&package, name)).collect();
    }
    for (module, syntax) in read.modules().into_iter().enumerate() {
        let mut own = syntax.policy.iter().map(|rule| syntax::name(rule.as_ref()).0);
        if !own.any(|name| name.len() > 1 && name[0] == "exception") {
            continue;
        }
        let package = syntax::package(syntax);
        let all = rewrite::path_text(&[&["data".to_owned()], &*package, &["exception".to_owned()]].concat());
        program.append(module, &format!("plimsoll__exception := {all}\n"));
        for rule in rules.iter_mut().filter(|rule| rule.path[..rule.path.len() - 1] == *package) {
            rule.exception = Some(reporting::query(&package, "plimsoll__exception"));
        }
    }
}

/// `deny`, `violation`, `warn`, also with suffixes of letters and digits (conftest `policy/engine.go`).
fn severity(name: &str) -> Option<Severity> {
    let mut parts = name.split('_');
    let severity = match parts.next()? {
        "deny" | "violation" => Severity::Error,
        "warn" => Severity::Warning,
        _ => return None,
    };
    parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(severity)
}
