//! `plimsoll.yaml`, typed. The one place that reads YAML with serde: it keeps no spans but the place of an error, which
//! is all that a configuration needs.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::near::nearest;
use crate::model::rule::Severity;

/// The file as it is written. Keys that this release does not know are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The Kubernetes versions to check against: `1.33`, or `1.31..1.34` for a range.
    pub kubernetes: Vec<String>,
    /// Globs, relative to the folder of this file, of what is left out.
    pub exclude: Vec<String>,
    /// Selectors of the rules that are on.
    pub select: Vec<String>,
    /// Selectors of the rules that are on as well.
    pub extend_select: Vec<String>,
    /// Selectors of the rules that are off.
    pub ignore: Vec<String>,
    /// Settings of single rules.
    pub rules: BTreeMap<String, RuleConfig>,
    /// Files and folders of policies, relative to the folder of this file.
    pub policies: Vec<String>,
    /// Files and folders of documents that policies see as `data`, relative to the folder of this file.
    pub data: Vec<String>,
    /// Custom resource definitions and JSON Schemas: files, folders and templates, relative to the folder of this file.
    pub schemas: Vec<String>,
    /// What is different for some of the files; of several entries for a file the last counts.
    pub environments: Vec<Environment>,
    /// Findings that are known and accepted.
    pub suppress: Vec<Suppress>,
    /// Objects that are applied from elsewhere, so that they may be referred to.
    pub external: Vec<External>,
    /// Whether a suppression without a reason is a warning.
    pub require_reason: bool,
    /// What it means that something could not be checked.
    pub unchecked: Unchecked,
}

/// Settings of one rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleConfig {
    /// The severity instead of the rule's own.
    pub severity: Option<Level>,
    /// Values instead of those that the rule brings along.
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// A severity, as it is written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `error`
    Error,
    /// `warning`
    Warning,
    /// `note`
    Note,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Note,
        }
    }
}

/// `unchecked:`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unchecked {
    /// It is listed.
    #[default]
    List,
    /// It fails the run.
    Error,
}

/// One entry of `environments:`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// A glob for the files, relative to the folder of this file.
    pub path: String,
    /// The Kubernetes versions instead of those for all files.
    #[serde(default)]
    pub kubernetes: Vec<String>,
    /// The lowest severity that fails the run, instead of `--fail-on`.
    pub fail_on: Option<Threshold>,
}

/// The lowest severity that fails the run, as it is written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Threshold {
    /// `error`
    Error,
    /// `warning`
    Warning,
    /// `note`
    Note,
    /// `never`
    Never,
}

impl From<Threshold> for Option<Severity> {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Error => Some(Severity::Error),
            Threshold::Warning => Some(Severity::Warning),
            Threshold::Note => Some(Severity::Note),
            Threshold::Never => None,
        }
    }
}

/// One entry of `suppress:`: all parts that are given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppress {
    /// The rule's id.
    pub rule: String,
    /// A glob for the file, relative to the folder of this file.
    pub path: Option<String>,
    /// The kind of the object.
    pub kind: Option<String>,
    /// The namespace of the object.
    pub namespace: Option<String>,
    /// The name of the object.
    pub name: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// One entry of `external:`: all parts that are given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// The kind of the objects.
    pub kind: String,
    /// A glob for their names.
    pub name: Option<String>,
    /// A glob for their namespaces.
    pub namespace: Option<String>,
    /// With `kind: Pod`, labels that pods there have.
    pub labels: Option<BTreeMap<String, String>>,
}

/// What is wrong with the file, and where.
#[derive(Debug)]
pub struct Broken {
    /// Byte offset of the fault.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// Reads the text of a configuration file. An empty file is the default configuration.
///
/// # Errors
/// Text that is no YAML, an unknown key, or a value of the wrong type.
pub fn parse(text: &str) -> Result<Config, Broken> {
    let config: Option<Config> = serde_yaml::from_str(text).map_err(|error| broken(text, &error))?;
    Ok(config.unwrap_or_default())
}

fn broken(text: &str, error: &serde_yaml::Error) -> Broken {
    // serde's words are "path: unknown field `x`, expected one of … at line 1 column 2"; the place becomes the frame.
    let words = error.to_string();
    let plain = without_quoted(&words);
    let message = plain.rfind(" at line ").map_or(words.as_str(), |end| &words[..end]);
    // The way to the value goes first, and is made of what people call things.
    let begins = FACTS.iter().map(|(theirs, _)| *theirs).chain([UNKNOWN_FIELD]);
    let fact = begins.filter_map(|theirs| plain.rfind(theirs)).max().unwrap_or(0);
    let (way, rest) = message.split_at(fact.min(message.len()));
    let (fact, known) = match plain[way.len()..message.len()].find(EXPECTED) {
        Some(end) => (&rest[..end], &rest[end + EXPECTED.len()..]),
        None => (rest, ""),
    };
    let key = fact.strip_prefix(UNKNOWN_FIELD).and_then(|rest| rest.strip_prefix('`')?.split_once('`'));
    let key = key.map(|(key, _)| key);
    let offset = key
        .and_then(|key| find_key(text, key, error.location().map_or(0, |location| location.index())))
        .or_else(|| error.location().map(|location| location.index()))
        .unwrap_or(0);
    let help = match key {
        Some(key) => nearest(key, known.split('`').skip(1).step_by(2)).map(|near| format!("did you mean `{near}`?")),
        None => None,
    };
    let help = help.or_else(|| (!known.is_empty()).then(|| format!("expected {}", in_words_of_yaml(known, &TYPES))));
    let message = format!("{way}{}", in_words_of_yaml(fact, &FACTS));
    Broken { offset: offset.min(text.len()), message, help }
}

const EXPECTED: &str = ", expected ";
const UNKNOWN_FIELD: &str = "unknown field ";

/// What serde says of a value.
const FACTS: [(&str, &str); 8] = [
    ("invalid type: sequence", "a list cannot stand here"),
    ("invalid type: map", "a mapping cannot stand here"),
    ("invalid type: unit value", "nothing cannot stand here"),
    ("invalid type: string", "cannot be the text"),
    ("invalid type: integer", "cannot be the number"),
    ("invalid type: floating point", "cannot be the number"),
    ("invalid type: boolean", "cannot be"),
    ("unknown variant", "there is no"),
];

/// What serde calls types.
const TYPES: [(&str, &str); 2] = [("a sequence", "a list, `[…]`"), ("a boolean", "`true` or `false`")];

/// serde speaks of Rust's types. What a person has written follows its words, and stays.
fn in_words_of_yaml(words: &str, known: &[(&str, &str)]) -> String {
    if words.starts_with("struct ") {
        return "a mapping, `key: …`".to_owned();
    }
    let ours = known.iter().find_map(|(theirs, ours)| Some(format!("{ours}{}", words.strip_prefix(theirs)?)));
    ours.unwrap_or_else(|| words.to_owned())
}

/// The text with blanks where something stands in quotes: byte by byte, so that places in both are the same. serde puts
/// texts into double quotes, with escapes, and other values and names into back quotes.
fn without_quoted(words: &str) -> String {
    let mut quote = None;
    let mut is_escaped = false;
    let blank = |letter: char| match quote {
        None => {
            quote = Some(letter).filter(|letter| matches!(letter, '"' | '`'));
            letter.to_string()
        }
        Some(open) => {
            if letter == open && !is_escaped {
                quote = None;
            }
            is_escaped = open == '"' && letter == '\\' && !is_escaped;
            " ".repeat(letter.len_utf8())
        }
    };
    words.chars().map(blank).collect()
}

/// The place of a key as a whole word that begins a line, at or after the place of the error, else anywhere.
fn find_key(text: &str, key: &str, from: usize) -> Option<usize> {
    let begins = |at: usize| {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        text[line..at].bytes().all(|byte| matches!(byte, b' ' | b'-' | b'{' | b',')) && {
            let rest = text[at + key.len()..].trim_start();
            rest.starts_with(':')
        }
    };
    let places: Vec<usize> = text.match_indices(key).map(|(at, _)| at).filter(|&at| begins(at)).collect();
    places.iter().copied().find(|&at| at >= from).or_else(|| places.first().copied())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_documented_keys_are_read() {
        let config = parse(
            "kubernetes: [\"1.33\"]\nignore: [naked-pod]\nrules:\n  image-tag: {severity: error}\nsuppress:\n- {rule: host-network, path: 'infra/**', kind: DaemonSet, reason: cni}\n",
        )
        .unwrap();
        assert_eq!(config.kubernetes, ["1.33"]);
        assert_eq!(config.suppress[0].kind.as_deref(), Some("DaemonSet"));
        assert!(parse("").unwrap().policies.is_empty());
        assert!(parse("# nothing\n").unwrap().policies.is_empty());
    }

    #[test]
    fn an_unknown_key_is_shown_where_it_stands() {
        let text = "exclude: []\nignor: [naked-pod]\n";
        let broken = parse(text).unwrap_err();
        assert_eq!((broken.offset, &*broken.message), (12, "unknown field `ignor`"));
        assert_eq!(broken.help.as_deref(), Some("did you mean `ignore`?"));
    }

    #[test]
    fn a_wrong_value_is_shown_where_it_stands() {
        let text = "rules:\n  image-tag:\n    severity: fatal\n";
        let broken = parse(text).unwrap_err();
        assert_eq!(&text[broken.offset..broken.offset + 5], "fatal", "{broken:?}");
        for (text, message, help) in [
            ("select: a\n", "select: cannot be the text \"a\"", "expected a list, `[…]`"),
            ("require_reason: 1\n", "require_reason: cannot be the number `1`", "expected `true` or `false`"),
            ("[]\n", "a list cannot stand here", "expected a mapping, `key: …`"),
            ("rules: {a: b}\n", "rules.a: cannot be the text \"b\"", "expected a mapping, `key: …`"),
            (
                "rules: {a: {severity: fatal}}\n",
                "rules.a.severity: there is no `fatal`",
                "expected one of `error`, `warning`, `note`",
            ),
        ] {
            let broken = parse(text).unwrap_err();
            assert_eq!((&*broken.message, broken.help.as_deref()), (message, Some(help)), "{text}");
        }
    }

    #[test]
    fn what_people_have_written_is_quoted_as_they_wrote_it() {
        for (text, message, help) in [
            ("select: a boolean\n", "select: cannot be the text \"a boolean\"", "expected a list, `[…]`"),
            (
                "select: 'a \" invalid type: map, expected b at line 3'\n",
                "select: cannot be the text \"a \\\" invalid type: map, expected b at line 3\"",
                "expected a list, `[…]`",
            ),
            (
                "rules: {a sequence: {severity: unknown variant}}\n",
                "rules.a sequence.severity: there is no `unknown variant`",
                "expected one of `error`, `warning`, `note`",
            ),
            (
                "rules: {'invalid type: map, expected ä': 1}\n",
                "rules.invalid type: map, expected ä: cannot be the number `1`",
                "expected a mapping, `key: …`",
            ),
            (
                "select: 'unknown field `ignor`'\n",
                "select: cannot be the text \"unknown field `ignor`\"",
                "expected a list, `[…]`",
            ),
        ] {
            let broken = parse(text).unwrap_err();
            assert_eq!((&*broken.message, broken.help.as_deref()), (message, Some(help)), "{text}");
        }
    }
}
