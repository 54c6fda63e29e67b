//! Several Kubernetes versions at once: every finding is said once, with the versions for which it is true.

use std::fmt;

use super::api;
use super::deprecation::{DEPRECATED_API_VERSION, REMOVED_API_VERSION};
use super::schema::{Mode, Schemas, Verdict, Version};
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;

/// The Kubernetes versions that an object has to be right for.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Oldest first; at least one.
    schemas: Vec<Schemas>,
}

/// What became of a resource in each version, the oldest first. Most often there is one.
#[derive(Debug, Default)]
pub struct Verdicts(Option<Verdict>, Vec<Verdict>);

impl Verdicts {
    fn add(&mut self, verdict: Verdict) {
        match self.0 {
            None => self.0 = Some(verdict),
            Some(_) => self.1.push(verdict),
        }
    }

    /// That it was checked, if it was in any version, or else the verdict of the oldest.
    #[must_use]
    pub fn overall(&self) -> Option<Verdict> {
        let mut all = self.0.into_iter().chain(self.1.iter().copied());
        all.find(|verdict| *verdict == Verdict::Checked).or(self.0)
    }
}

impl Targets {
    /// The newest version that is known.
    #[must_use]
    pub fn newest() -> Self {
        Targets { schemas: vec![Schemas::default()] }
    }

    /// Reads versions and ranges of them as people write them: `1.33`, `1.31..1.34`. No text at all is the newest known.
    ///
    /// # Errors
    /// A text that names no version, or one that is not embedded.
    pub fn parse(written: &[String]) -> Result<Self, &str> {
        let mut versions: Vec<Version> = Vec::new();
        for text in written {
            let (first, last) = text.split_once("..").unwrap_or((text, text));
            let read = |text: &str| Version::parse(text.trim()).filter(|version| Schemas::of(*version).is_some());
            match (read(first), read(last)) {
                (Some(first), Some(last)) if first <= last => {
                    versions.extend((first.minor..=last.minor).map(Version::new));
                }
                _ => return Err(text),
            }
        }
        versions.sort_unstable();
        versions.dedup();
        let schemas: Vec<Schemas> = versions.into_iter().filter_map(Schemas::of).collect();
        Ok(if schemas.is_empty() { Targets::newest() } else { Targets { schemas } })
    }

    /// The newest of them. Custom resources are judged for it alone: their definition says what is right, and it is the
    /// same for every version. What differs is how the servers use it: older ones know fewer formats, and before 1.30
    /// they refuse an update for what was wrong before too, which is a warning then.
    #[must_use]
    pub fn last(&self) -> Schemas {
        self.schemas.last().copied().unwrap_or_default()
    }

    /// The oldest and the newest of them.
    pub fn ends(&self) -> impl Iterator<Item = Version> {
        [self.schemas.first(), self.schemas.last()].into_iter().flatten().map(Schemas::version)
    }

    /// Checks a resource against the schemas of every version.
    pub fn check(&self, resource: &Resource<'_>, mode: Mode, out: &mut Vec<Diagnostic>) -> Verdicts {
        let mut walked = None;
        let mut verdicts = Verdicts::default();
        self.each(out, |schemas, found| verdicts.add(schemas.check_again(resource, mode, &mut walked, found)));
        verdicts
    }

    /// Checks a whole resource against the API server's own validation in every version that has a verdict for it.
    pub fn check_api(&self, resource: &Resource<'_>, verdicts: &Verdicts, out: &mut Vec<Diagnostic>) {
        let mut verdicts = verdicts.0.into_iter().chain(verdicts.1.iter().copied());
        self.each(out, |schemas, found| match verdicts.next() {
            Some(Verdict::Checked) => api::check(resource, schemas.version(), found),
            Some(Verdict::Waits) => api::check_custom(resource, schemas.version(), found),
            Some(Verdict::Foreign | Verdict::Unknown) | None => {}
        });
    }

    /// Asks something for every version, and tells what was found with the versions for which it is true.
    pub fn each(&self, out: &mut Vec<Diagnostic>, mut ask: impl FnMut(&Schemas, &mut Vec<Diagnostic>)) {
        if let [only] = self.schemas.as_slice() {
            return ask(only, out);
        }
        let mut all: Vec<(Diagnostic, Vec<Version>)> = Vec::new();
        let mut found = Vec::new();
        for schemas in &self.schemas {
            ask(schemas, &mut found);
            found.drain(..).for_each(|finding| add(&mut all, finding, schemas.version()));
        }
        out.extend(self.told(all));
    }

    /// Findings with the versions for which they are true. What is gone in one version needs no word about being on its
    /// way out in the versions before.
    fn told(&self, all: Vec<(Diagnostic, Vec<Version>)>) -> impl Iterator<Item = Diagnostic> {
        let gone: Vec<_> = all.iter().filter(|(one, _)| one.rule == REMOVED_API_VERSION.id).cloned().collect();
        let is_implied = move |finding: &Diagnostic| {
            finding.rule == DEPRECATED_API_VERSION.id
                && gone.iter().any(|(removed, _)| removed.primary.span == finding.primary.span)
        };
        let targets = self.to_string();
        let number = self.schemas.len();
        all.into_iter().filter(move |(finding, _)| !is_implied(finding)).map(move |(mut finding, versions)| {
            if versions.len() < number {
                finding.message.push_str(&format!(" (Kubernetes {})", list(&versions)));
            }
            let newest = versions.last().map(|version| format!("Kubernetes {version}")).unwrap_or_default();
            for note in finding.notes.iter_mut().filter(|note| note.ends_with(&newest)) {
                note.truncate(note.len() - newest.len());
                note.push_str(&format!("Kubernetes {targets}"));
            }
            finding
        })
    }
}

impl Default for Targets {
    fn default() -> Self {
        Targets::newest()
    }
}

impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&list(&self.schemas.iter().map(Schemas::version).collect::<Vec<_>>()))
    }
}

/// The same rule at the same place is the same finding; the words are those for the newest version.
fn add(all: &mut Vec<(Diagnostic, Vec<Version>)>, finding: Diagnostic, version: Version) {
    let is_same = |known: &Diagnostic| {
        known.rule == finding.rule && known.primary.span == finding.primary.span && known.path == finding.path
    };
    match all.iter_mut().find(|(known, versions)| is_same(known) && versions.last() != Some(&version)) {
        Some((known, versions)) => {
            *known = finding;
            versions.push(version);
        }
        None => all.push((finding, vec![version])),
    }
}

/// `1.31`, `1.31 and 1.32`, `1.31 to 1.33, 1.36`
fn list(versions: &[Version]) -> String {
    let mut runs: Vec<(Version, Version)> = Vec::new();
    for &version in versions {
        match runs.last_mut() {
            Some((_, last)) if last.minor + 1 == version.minor => *last = version,
            _ => runs.push((version, version)),
        }
    }
    let run = |(first, last): &(Version, Version)| match last.minor - first.minor {
        0 => first.to_string(),
        1 => format!("{first} and {last}"),
        _ => format!("{first} to {last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn versions_and_ranges_are_read() {
        let read = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            Targets::parse(&texts).map(|targets| targets.to_string()).map_err(str::to_owned)
        };
        assert_eq!(read(&["1.31..1.34"]).unwrap(), "1.31 to 1.34");
        assert_eq!(read(&["1.33", "v1.31.4", "1.33"]).unwrap(), "1.31, 1.33");
        assert_eq!(read(&["1.33", "1.34"]).unwrap(), "1.33 and 1.34");
        for wrong in ["1.34..1.31", "1.4", "..", "1.31..", "latest"] {
            assert_eq!(read(&[wrong]).unwrap_err(), wrong);
        }
        assert_eq!(read(&[]).unwrap(), Schemas::default().version().to_string());
    }
}
