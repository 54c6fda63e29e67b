//! Proofs that what is not evaluated would have made no difference: every policy that there is, asked about every object
//! that there is, in full and by the shortcut.
//!
//! `PLIMSOLL_SHARED` names a folder with a `corpus` of real repositories, and `PLIMSOLL_POLICIES` one with more policies:
//! Rego files, and ConstraintTemplates, as in the sources of conftest and Gatekeeper.

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout)]

    use std::path::{Path, PathBuf};

    use regorus::Value as Rego;

    use crate::load::yaml;
    use crate::model::node::Tree;
    use crate::model::resource::Resource;
    use crate::model::source::FileId;
    use crate::model::value::Value;

    use super::super::conftest::User;
    use super::super::gatekeeper::review::Operation;
    use super::super::rego::asker::Asker;
    use super::super::rego::engine::Failure;
    use super::super::rego::files::Shelf;
    use super::super::rego::program::Program;
    use super::super::rego::reads::{Reads, Settled};
    use super::super::rego::{result, value};

    /// An object: its group, its kind, and all of it.
    type Object = (String, String, Rego);

    fn files(folder: &Path, ends: &[&str]) -> Vec<PathBuf> {
        let all = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
        let fits = |path: &PathBuf| path.extension().is_some_and(|end| ends.iter().any(|own| end == *own));
        all.map(walkdir::DirEntry::into_path).filter(fits).collect()
    }

    fn each_document(text: &str, then: &mut dyn FnMut(Value<'_>)) {
        for document in text.split("\n---") {
            let (mut tree, mut problems) = (Tree::new(FileId(0)), Vec::new());
            if let Ok(root) = yaml::parse(document, 0..document.len(), &mut tree, &mut problems) {
                then(Value::new(&tree, document, root));
            }
        }
    }

    fn objects(text: &str, objects: &mut Vec<Object>) {
        each_document(text, &mut |document| {
            if let Some(resource) = Resource::of(document) {
                objects.push((resource.group().to_owned(), resource.kind.to_string(), value::convert(document)));
            }
        });
    }

    /// The examples of the pack, a part of the corpus, and of a few objects what is left without any one line.
    fn all_objects() -> Vec<Object> {
        let mut all = Vec::new();
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        let examples: String =
            files(Path::new("policies"), &["yaml"]).iter().map(|path| read(path) + "\n---\n").collect();
        objects(&examples, &mut all);
        for document in examples.split("\n---").step_by(9) {
            let lines: Vec<&str> = document.lines().collect();
            for at in 0..lines.len() {
                let left = [&lines[..at], &lines[at + 1..]].concat();
                objects(&left.join("\n"), &mut all);
            }
        }
        if let Ok(shared) = std::env::var("PLIMSOLL_SHARED") {
            let corpus = files(&Path::new(&shared).join("corpus"), &["yaml", "yml"]);
            corpus.iter().step_by(11).for_each(|path| objects(&read(path), &mut all));
        } else {
            println!("skipped: objects of real repositories are not in this one; needs PLIMSOLL_SHARED");
        }
        all
    }

    /// Everybody's policies: each folder of Rego files is one set.
    fn all_users() -> Vec<(String, User)> {
        let mut sets: Vec<Vec<PathBuf>> = vec![vec![PathBuf::from("benches/forty.rego")]];
        let library = files(Path::new("policies/lib"), &["rego"]);
        let is_rule = |path: &PathBuf| path.ends_with("rule.rego");
        let rules = files(Path::new("policies"), &["rego"]).into_iter().filter(is_rule);
        sets.extend(rules.map(|rule| [library.as_slice(), &[rule]].concat()));
        sets.extend(files(Path::new("fixtures"), &["rego"]).into_iter().map(|path| vec![path]));
        if let Ok(more) = std::env::var("PLIMSOLL_POLICIES") {
            sets.extend(files(Path::new(&more), &["rego"]).into_iter().map(|path| vec![path]));
        }
        let mut users = Vec::new();
        for set in sets {
            let name = set.last().unwrap().display().to_string();
            let given = set
                .iter()
                .map(|path| (FileId(0), path.display().to_string(), std::fs::read_to_string(path).unwrap_or_default()));
            let (user, _) = User::load(&given.collect::<Vec<_>>(), &Rego::new_object(), &Shelf::default());
            users.push((name, user));
        }
        users
    }

    #[test]
    fn a_definition_that_is_passed_over_has_nothing_to_say() {
        let (objects, users) = (all_objects(), all_users());
        let (mut passed_over, mut said) = (0, 0);
        for (name, user) in &users {
            let mut asker = Asker::default();
            for rule in &user.rules {
                let Some(chooser) = &rule.chooser else { continue };
                for (group, kind, object) in objects.iter().filter(|(group, kind, _)| rule.kinds.include(group, kind)) {
                    let choice = chooser.choose(group, kind, object);
                    let whole = asker.ask(&user.program, None, &rule.query, object);
                    let whole = whole.ok().and_then(|(value, _)| result::violations(&value).ok()).unwrap_or_default();
                    said += usize::from(!whole.is_empty());
                    for (at, definition) in
                        rule.definitions.iter().enumerate().filter(|(at, _)| choice & (1 << at) == 0)
                    {
                        passed_over += 1;
                        let query = definition.query.as_ref().unwrap_or(&rule.query);
                        if !whole.is_empty() {
                            let (own, _) = asker.ask(&user.program, None, query, object).unwrap();
                            let own = result::violations(&own).unwrap();
                            assert!(own.is_empty(), "{name}: {} {at} about {object:?}: {own:?}", rule.query);
                        }
                    }
                }
            }
        }
        assert!(passed_over > 10_000 && said > 100, "{passed_over} passed over and {said} answers prove little");
    }

    /// Policies in the form of templates, and what parameters they are given.
    fn all_programs() -> Vec<(String, Program, String)> {
        use super::super::rego::parse::Version;
        use super::super::rego::program::Read;
        use super::super::rego::text::Text;
        let mut texts: Vec<(String, Vec<String>)> = Vec::new();
        for (at, text) in [
        "package a\n\nviolation[{\"msg\": msg}] { c := input.review.object.spec.containers[_]; not ok(c); msg := c.name }\n\
         ok(c) { startswith(c.image, input.parameters.repos[_]) }",
        "package a\n\nviolation[{\"msg\": msg}] { o := input.review.object; provided := {l | o.metadata.labels[l]}; \
         missing := {l | l := input.parameters.labels[_]} - provided; count(missing) > 0; msg := sprintf(\"%v\", [missing]) }",
        "package a\n\nviolation[{\"msg\": msg}] { not updates(input.review); p := spec(input.review.object); p.hostNetwork; \
         msg := object.get(p, \"serviceAccountName\", \"none\") }\nupdates(r) { r.operation == \"UPDATE\" }\n\
         spec(o) = s { s := o.spec.template.spec } else = s { s := o.spec }",
        "package a\n\nviolation[{\"msg\": msg}] { r := object.get(input.review.object, [\"spec\", \"replicas\"], 0); r < 3; \
         msg := sprintf(\"%v\", [r]) }",
    ]
    .into_iter()
    .enumerate()
    {
        texts.push((format!("{at}"), vec![text.to_owned()]));
    }
        for path in std::env::var("PLIMSOLL_POLICIES").iter().flat_map(|more| files(Path::new(more), &["yaml", "yml"]))
        {
            each_document(&std::fs::read_to_string(&path).unwrap_or_default(), &mut |document| {
                if document.get("kind").and_then(Value::as_str).as_deref() != Some("ConstraintTemplate") {
                    return;
                }
                for target in document.at(["spec", "targets"]).into_iter().flat_map(Value::items) {
                    let code =
                        target.get("code").into_iter().flat_map(Value::items).filter_map(|code| code.get("source"));
                    for source in std::iter::once(target).chain(code) {
                        let libraries = source.get("libs").into_iter().flat_map(Value::items);
                        let all = source.get("rego").into_iter().chain(libraries).filter_map(Value::as_str);
                        let all: Vec<String> = all.map(std::borrow::Cow::into_owned).collect();
                        if !all.is_empty() {
                            texts.push((path.display().to_string(), all));
                        }
                    }
                }
            });
        }
        let mut programs = Vec::new();
        for (name, texts) in texts {
            let texts = texts.iter().map(|text| (Text::of_file(FileId(0), "a.rego", text), Version::Either)).collect();
            let Ok(read) = Read::new(texts) else { continue };
            let package = super::super::rego::syntax::package(read.parsed[0].module.as_ref());
            let mut program = read.program();
            if program.prepare(None).is_ok() {
                programs.push((name, program, super::super::reporting::query(&package, "violation")));
            }
        }
        programs
    }

    #[test]
    fn what_is_not_read_makes_no_difference() {
        let parameters = Rego::from_json_str(
        r#"{"repos": ["docker.io/"], "labels": ["app", {"key": "owner"}], "cpu": "1", "memory": "1Gi", "exemptImages": [],
            "tags": ["latest"], "probes": ["readinessProbe"], "probeTypes": ["httpGet"], "ranges": [{"min": 1, "max": 2}]}"#,
    )
    .unwrap();
        let (objects, programs) = (all_objects(), all_programs());
        let (mut asked, mut said, mut silent) = (0, 0, 0);
        let none = Rego::new_object();
        for ((name, program, query), parameters) in programs.iter().flat_map(|one| [(one, &parameters), (one, &none)]) {
            let settled = Settled { name: "parameters", value: parameters };
            let Some(readings) = program.readings_with(settled, 1) else { continue };
            for (group, kind, object) in &objects {
                let review =
                    super::super::gatekeeper::review::Review::of([group, "v1", kind], Operation::Unsaid, object, None);
                let input = super::super::gatekeeper::review::input(review.with(object.clone()), parameters);
                // One that remembers nothing.
                let ask = |reads: &Reads| {
                    let left =
                        super::super::gatekeeper::review::input(reads.pruned(&input)["review"].clone(), parameters);
                    let answer = Asker::default().ask(program, None, query, &left).map_err(|failure| failure.message);
                    (answer, left)
                };
                let full = Asker::default().ask(program, None, query, &input).map_err(|failure| failure.message);
                let (by_parts, left) = ask(&readings.all);
                asked += 1;
                said += usize::from(full.as_ref().is_ok_and(|(value, _)| *value != Rego::new_set()));
                // An error may quote what is not read.
                match (&full, &by_parts) {
                    (Ok((full, None)), Ok((by_parts, None))) => {
                        assert_eq!(full, by_parts, "{name} about {object:?}, of which is read {left:?}");
                    }
                    (Ok((full, Some(_))), Ok((by_parts, Some(_)))) => assert_eq!(full, by_parts, "{name}"),
                    (full, by_parts) => assert!(full.is_err() && by_parts.is_err(), "{name}: {full:?} {by_parts:?}"),
                }
                let Some(reads) = &readings.silent else { continue };
                let (by_parts, left) = ask(reads);
                let says_nothing = |answer: &Result<(Rego, Option<Failure>), String>| {
                    let value = answer.as_ref().ok().filter(|(_, swallowed)| swallowed.is_none())?;
                    result::violations(&value.0).ok().map(|violations| violations.is_empty())
                };
                silent += usize::from(says_nothing(&full) == Some(true));
                assert_eq!(
                    says_nothing(&full),
                    says_nothing(&by_parts),
                    "{name} about {object:?}, of which is read {left:?}"
                );
            }
        }
        assert!(silent > 500, "{silent} times nothing is said");
        assert!(asked > 1_000 && said > 100, "{asked} questions and {said} answers prove little");
    }
}
