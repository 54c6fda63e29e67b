//! `plimsoll render`: the manifests that a definition makes, and where each of their values was written.

mod components;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::cli;
use crate::discover::{self, Inputs, printed_name};
use crate::examine::definitions;
use crate::examine::kustomize::{load_from, parse};
use crate::model::diagnostic::Diagnostic;
use crate::model::origin::Role;
use crate::model::report::NotChecked;
use crate::model::rule::Severity;
use crate::model::source::{FileId, LineIndex, Sources};
use crate::render::kustomize::rendered::{Built, From, Kustomizations, kustomization_in};
use crate::report;
use crate::settings::Refusal;

/// Renders the definition in a folder. Returns the exit code.
///
/// # Errors
/// The output cannot be written.
pub fn render(arguments: &cli::Render, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut sources = Sources::default();
    let (inputs, folder) = match find(&arguments.dir, &mut sources) {
        Ok(found) => found,
        Err(refusal) => return refusal.write(err),
    };
    if kustomization_in(&folder, &inputs.listing).is_none() {
        let plan = definitions::plan(&inputs, &sources, &arguments.environment);
        if let Some(definition) = plan.definitions.iter().find(|definition| definition.folder == folder) {
            return components::render(&plan, definition, arguments, &sources, out, err);
        }
        let message = format!("there is no definition in `{}`", arguments.dir.display());
        let help = "name a folder with a kustomization.yaml, or with the component.yaml that no other includes; charts are \
                    not rendered yet";
        let refusal = Refusal::argument(message, Some(help.to_owned()));
        return refusal.typed(&arguments.dir.to_string_lossy(), &[]).write(err);
    }
    if !arguments.environment.is_empty() {
        let help = "`--environment` is for Fabrikate definitions; a kustomization is an environment itself";
        let refusal = Refusal::argument("a kustomization has no environments", Some(help.to_owned()));
        return refusal.typed(&arguments.environment[0], &["--environment"]).write(err);
    }
    let files = load_from(&folder, &inputs, &sources);
    let bytes = |file: FileId| read(&sources, file);
    let syntax = files.iter().flat_map(|(_, parts)| parts).flat_map(|part| part.findings.clone());
    let syntax: Vec<Diagnostic> = syntax.filter(|finding| finding.severity == Severity::Error).collect();
    let mut built = Kustomizations::new(&inputs.listing, files, &parse, &bytes).build(&folder);
    if built.failed {
        built.findings.extend(syntax);
    }
    if !built.failed {
        let mut lines = arguments.origins.then(|| Lines::new(&sources));
        write(&built, lines.as_mut(), out)?;
    }
    let failed = built.failed;
    report(built, sources, err)?;
    Ok(u8::from(failed))
}

/// Lists the repository around a folder, and names the folder in it.
fn find(dir: &Path, sources: &mut Sources) -> Result<(Inputs, String), Refusal> {
    let unreadable = |why: String| {
        Refusal::argument(format!("`{}` cannot be read: {why}", dir.display()), None).typed(&dir.to_string_lossy(), &[])
    };
    let folder = dir.canonicalize().map_err(|error| unreadable(error.to_string()))?;
    if !folder.is_dir() {
        return Err(unreadable("it is no folder".to_owned()));
    }
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let repository = folder.ancestors().find(|above| above.join(".git").exists());
    let root = match repository {
        Some(root) => root.to_path_buf(),
        None if folder.starts_with(&here) => here,
        None => folder.clone(),
    };
    let options = discover::Options {
        paths: vec![root.clone()],
        working_directory: root.clone(),
        root: root.clone(),
        base: root.clone(),
        ..discover::Options::default()
    };
    let inputs = discover::discover(&options, sources).map_err(|error| unreadable(error.why))?;
    let name = printed_name(&folder, &root);
    Ok((inputs, if name == "." { String::new() } else { name }))
}

fn read(sources: &Sources, file: FileId) -> Option<Arc<[u8]>> {
    std::fs::read(&sources.get(file).path).ok().map(Arc::from)
}

fn write(built: &Built, mut lines: Option<&mut Lines<'_>>, out: &mut dyn Write) -> io::Result<()> {
    for (number, object) in built.objects.iter().enumerate() {
        if number > 0 {
            out.write_all(b"---\n")?;
        }
        let text = object.text();
        let Some(lines) = lines.as_mut() else {
            out.write_all(text.yaml.as_bytes())?;
            continue;
        };
        for span in &object.included {
            writeln!(out, "# included-by {}", lines.place(*span))?;
        }
        let mut origins = text.origins.iter().peekable();
        let mut start = 0;
        for line in text.yaml.split_inclusive('\n') {
            let end = start + line.len() as u32;
            let mut last: Option<&From> = None;
            while let Some(origin) = origins.next_if(|origin| origin.start < end) {
                last = Some(origin);
            }
            let line = line.trim_end_matches('\n');
            match last {
                Some(origin) => writeln!(out, "{line}  # {}", lines.origin(origin))?,
                None => writeln!(out, "{line}")?,
            }
            start = end;
        }
    }
    Ok(())
}

/// Lines of files.
struct Lines<'s> {
    sources: &'s Sources,
    indexes: BTreeMap<FileId, LineIndex>,
}

impl<'s> Lines<'s> {
    fn new(sources: &'s Sources) -> Self {
        Lines { sources, indexes: BTreeMap::new() }
    }

    /// `base/web.yaml:12`
    fn place(&mut self, span: crate::model::source::Span) -> String {
        let index = self
            .indexes
            .entry(span.file)
            .or_insert_with(|| LineIndex::new(&read(self.sources, span.file).unwrap_or_else(|| Arc::from([]))));
        let name = report::sanitise::clean(self.sources.name(span.file)).into_owned();
        format!("{name}:{}", index.line_of(span.start) + 1)
    }

    /// `overlay/kustomization.yaml:4, instead-of base/web.yaml:12`
    fn origin(&mut self, origin: &From) -> String {
        let mut text = self.place(origin.span);
        let mut known = BTreeSet::from([text.clone()]);
        // What was there before comes last.
        let links = || origin.chain.iter().rev();
        let old = links().filter(|link| link.role == Role::Replaced);
        for link in links().filter(|link| link.role != Role::Replaced).chain(old) {
            let place = self.place(link.span);
            if known.insert(place.clone()) {
                let role = if link.role == Role::Replaced { "instead-of" } else { link.role.as_str() };
                text.push_str(&format!(", {role} {place}"));
            }
        }
        text
    }
}

/// Writes what is wrong, and what was left out.
fn report(built: Built, mut sources: Sources, err: &mut dyn Write) -> io::Result<()> {
    let (mut findings, not_checked): (Vec<Diagnostic>, Vec<NotChecked>) = (built.findings, built.not_checked);
    // Advice is the business of `lint`.
    findings.retain(|finding| finding.severity > Severity::Note);
    if findings.is_empty() && not_checked.is_empty() {
        return Ok(());
    }
    let spans = findings.iter().flat_map(|finding| finding.labels.iter().chain([&finding.primary])).map(|one| one.span);
    let files: BTreeSet<FileId> =
        spans.chain(not_checked.iter().filter_map(|one| one.span)).map(|span| span.file).collect();
    for file in files {
        if let Some(text) = read(&sources, file) {
            sources.keep(file, text, Vec::new());
        }
    }
    for message in not_checked.iter().map(|one| &one.message).collect::<BTreeSet<_>>() {
        writeln!(err, "not rendered: {}", report::sanitise::clean(message))?;
    }
    report::write_findings(findings, sources, err)
}
