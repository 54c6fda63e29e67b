//! The wording of what a walk finds.

use std::sync::Arc;

use crate::check::api::UNSUPPORTED_VALUE;
use crate::check::wording::{self, is_placeholder};
use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::node::Style;
use crate::model::path::{Path, Segment, Trail};
use crate::model::rule::{Rule, Severity};
use crate::model::scalar::{self, Scalar};
use crate::model::source::Span;
use crate::model::value::{Entry, Value};

use super::table::{Field, Shape, Type};
use super::version::Version;
use super::walk::Walk;
use super::{INVALID_QUANTITY, INVALID_VALUE, MISSING_FIELD, UNKNOWN_FIELD, WRONG_TYPE, quantity, suggest};

const REFUSED: &str = "the API server cannot decode this and refuses the object";

/// What a resource is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Against<'w> {
    /// A built-in kind of that version.
    BuiltIn(Version),
    /// A built-in kind by another API version than the one that is written.
    Instead(&'w str),
    /// A definition in the input.
    Custom,
    /// The definition of a project, which may be of another version than that of the cluster.
    Known(&'w str),
    /// A JSON Schema of that name.
    Schema(&'w str),
}

/// The cold half of a walk: everything that happens once there is something to say.
/// For so many findings of an object it is guessed which fields are meant: each is compared with all there are.
const GUESSES: usize = 500;

impl<'t> Walk<'_, 't> {
    #[cold]
    pub(super) fn unknown(&mut self, entry: Entry<'t>, name: &str, of: &Type, trail: &Trail<'_>) {
        let path = trail.path();
        let guess = if self.found.len() < GUESSES { suggest::guess(self, entry, name, &path) } else { None };
        let known = short_name(self.table.type_name(of));
        let label = if known.is_empty() { "no such field".to_owned() } else { format!("{known} has no such field") };
        let message = format!("unknown field `{name}` in {}", self.place(&path));
        let effect =
            "kubectl and server-side apply refuse this; for other clients the API server drops the field silently";
        let mut finding =
            self.finding(&UNKNOWN_FIELD, entry.key.span(), message, label, path, Some(name)).effect(effect);
        finding.may_be_newer = guess.is_none();
        if let Some(guess) = guess {
            finding = finding.help(guess.help);
            if let Some((safe, text)) = guess.rename {
                finding = finding.respell(safe, entry.key.span(), text);
            }
        }
        self.found.push(finding);
    }

    #[cold]
    pub(super) fn missing(&mut self, of: &Type, is_met: impl Fn(usize) -> bool, trail: &Trail<'_>) {
        let table = self.table;
        let missing = |(place, field): &(usize, Field)| field.has(Field::REQUIRED) && !is_met(*place);
        let mut names: Vec<_> = table.fields(of).filter(missing).map(|(_, field)| table.field_name(field)).collect();
        names.sort_unstable();
        let path = trail.path();
        let object = path.locate(self.resource.value).value;
        for name in names {
            let full = with(&path, name);
            let span = full.span(self.resource.value);
            let is_empty = object.get(name).is_some_and(|value| !value.is_null());
            let (message, label, help) = if is_empty {
                (
                    format!("{} is empty", self.field_and_place(&full)),
                    "empty".to_owned(),
                    format!("give `{name}` a value"),
                )
            } else {
                let message = format!("missing field `{name}` in {}", self.place(&path));
                let labels = template_labels(object).filter(|_| name == "selector");
                let help = match labels {
                    Some(labels) => format!("add `selector: {{matchLabels: {{{labels}}}}}`, as the template has them"),
                    None => format!("add `{name}`"),
                };
                (message, format!("needs `{name}`"), help)
            };
            let finding = self
                .finding(&MISSING_FIELD, span, message, label, path.clone(), Some(name))
                .effect("the API server refuses the object")
                .help(help);
            self.found.push(finding);
        }
    }

    #[cold]
    pub(super) fn wrong_type(&mut self, value: Value<'t>, of: &Type, trail: &Trail<'_>) {
        if self.is_encrypted(value) {
            return;
        }
        let path = trail.path();
        let secret = self.is_secret(&path);
        let found = if secret { "another type".to_owned() } else { found(value) };
        if of.shape == Shape::Quantity {
            let reason = "a quantity is a number, or a string such as `500m` or `1Gi`";
            return self.quantity_finding(value, &found, None, reason, path);
        }
        let wanted = wanted(of.shape, self.table.type_at(of.first).shape);
        let message = format!("expected {wanted} for {}, found {found}", self.field_and_place(&path));
        let span = path.span(self.resource.value);
        let mut finding = self.finding(&WRONG_TYPE, span, message, format!("not {wanted}"), path, None).effect(REFUSED);
        if secret && value.is_scalar() {
            finding = finding.help("quote it");
        } else if let Some((help, text)) = retype(value, of.shape) {
            finding = finding.help(help);
            if let Some(text) = text {
                finding = finding.fix(true, value.span(), text);
            }
        }
        self.push(value, finding);
    }

    #[cold]
    pub(super) fn out_of_range(&mut self, value: Value<'t>, of: &Type, scalar: &Scalar<'_>, trail: &Trail<'_>) {
        let bits = if of.shape == Shape::Int64 || self.custom { "64" } else { "32" };
        let number = match scalar {
            Scalar::Int(number) => number.to_string(),
            Scalar::Uint(number) => number.to_string(),
            Scalar::Float(number) => number.to_string(),
            _ => value.raw().to_owned(),
        };
        let range = if bits == "64" {
            "from -9223372036854775808 to 9223372036854775807"
        } else {
            "from -2147483648 to 2147483647"
        };
        let path = trail.path();
        let message = format!("{number} is out of range for {}", self.field_and_place(&path));
        let label = format!("does not fit an integer of {bits} bits");
        let finding = self
            .finding(&INVALID_VALUE, value.span(), message, label, path, None)
            .effect(REFUSED)
            .help(format!("write an integer {range}"));
        self.found.push(finding);
    }

    #[cold]
    pub(super) fn unsupported(&mut self, value: Value<'t>, of: &Type, text: &str, trail: &Trail<'_>) {
        if is_placeholder(text) || self.is_encrypted(value) {
            return;
        }
        let words: Vec<&str> = self.table.words(of).collect();
        let path = trail.path();
        let message = match text {
            "" => format!("{} is empty", self.field_and_place(&path)),
            _ => format!("unsupported value `{text}` for {}", self.field_and_place(&path)),
        };
        let label = format!("not one of {}", list_of(&words));
        let mut finding = self
            .finding(&UNSUPPORTED_VALUE, value.span(), message, label, path, None)
            .effect("the API server refuses the object");
        let spelled = words.iter().copied().find(|word| word.eq_ignore_ascii_case(text));
        finding = match (spelled, near::nearest(text, words.iter().copied())) {
            (Some(word), _) => {
                finding.help(format!("write `{word}`: the case matters")).respell(true, value.span(), word)
            }
            (None, Some(word)) => finding.help(format!("did you mean `{word}`?")).respell(false, value.span(), word),
            (None, None) => finding.help(format!("write one of {}", list_of(&words))),
        };
        self.found.push(finding);
    }

    #[cold]
    pub(super) fn invalid_quantity(&mut self, value: Value<'t>, text: &str, reason: &str, trail: &Trail<'_>) {
        if !self.is_encrypted(value) {
            self.quantity_finding(value, &format!("`{text}`"), quantity::suggest(text), reason, trail.path());
        }
    }

    fn quantity_finding(&mut self, value: Value<'t>, what: &str, better: Option<String>, reason: &str, path: Path) {
        let message = format!("{what} is not a quantity, for {}", self.field_and_place(&path));
        let span = path.span(self.resource.value);
        let mut finding = self.finding(&INVALID_QUANTITY, span, message, "not a quantity", path, None);
        finding = finding.effect(REFUSED);
        match better {
            Some(better) => {
                finding = finding.help(format!("did you mean `{better}`?")).note(reason);
                if value.style() == Style::Plain {
                    finding = finding.fix(false, span, better);
                }
            }
            None => finding = finding.help(reason),
        }
        self.push(value, finding);
    }

    #[cold]
    pub(super) fn not_base64(&mut self, value: Value<'t>, at: usize, trail: &Trail<'_>) {
        if self.is_encrypted(value) {
            return;
        }
        let path = trail.path();
        let message = format!("expected base64 for {}", self.field_and_place(&path));
        let label = format!("no base64 from byte {at} on");
        let mut finding = self.finding(&INVALID_VALUE, value.span(), message, label, path, None).effect(REFUSED);
        finding = match &*self.resource.kind {
            "Secret" => finding.help("encode the value, or move it as it is from `data` to `stringData`"),
            _ => finding.help("encode the value with `base64`"),
        };
        self.push(value, finding);
    }

    #[cold]
    pub(super) fn not_a_time(&mut self, value: Value<'t>, text: &str, trail: &Trail<'_>) {
        if self.is_encrypted(value) {
            return;
        }
        let path = trail.path();
        let message = format!("`{text}` is not a time, for {}", self.field_and_place(&path));
        let finding = self
            .finding(&INVALID_VALUE, value.span(), message, "not a time of RFC 3339", path, None)
            .effect(REFUSED)
            .help("write it as `2006-01-02T15:04:05Z`");
        self.push(value, finding);
    }

    /// A finding about the field `name` of the object at `path`, or about the value at `path` itself.
    pub(super) fn finding(
        &mut self,
        rule: &Rule,
        span: Span,
        message: String,
        label: impl Into<String>,
        path: Path,
        name: Option<&str>,
    ) -> Diagnostic {
        let resource = self.resource;
        let id = self.id.get_or_insert_with(|| Arc::new(resource.id())).clone();
        let inner = path.0.into_iter().chain(name.map(Segment::from));
        let path = Path(resource.prefix.0.iter().cloned().chain(inner).collect());
        Diagnostic::new(rule, span, message, label).about(id, path).note(self.checked())
    }

    fn checked(&self) -> String {
        let (api_version, kind) = (&self.resource.api_version, &self.resource.kind);
        match self.against {
            Against::BuiltIn(version) => format!("checked: {api_version} {kind} of Kubernetes {version}"),
            Against::Instead(instead) => format!("checked: {instead} {kind}"),
            Against::Custom => format!("checked: {api_version} {kind} as its CustomResourceDefinition declares it"),
            Against::Known(project) => {
                format!(
                    "checked: {api_version} {kind} as {project} declares it; name the version at hand with `--schema`"
                )
            }
            Against::Schema(name) => format!("checked: {api_version} {kind} as the schema `{name}` declares it"),
        }
    }

    /// `Deployment.spec.template`
    pub(super) fn place(&self, path: &Path) -> String {
        wording::place(&self.resource.kind, path)
    }

    /// `` `replicas` in Deployment.spec ``
    pub(super) fn field_and_place(&self, path: &Path) -> String {
        wording::field_and_place(&self.resource.kind, path)
    }

    /// Keeps a finding about a value. A placeholder that another tool fills in (Flux, envsubst, Kustomize) is wrong only if
    /// none does, and with a default (`${SIZE:=1Gi}`) nobody means it for the API server.
    fn push(&mut self, value: Value<'t>, mut finding: Diagnostic) {
        let text = value.as_str().unwrap_or_default();
        let inside = text.split_once("${").and_then(|(_, rest)| rest.split_once('}'));
        if inside.is_some_and(|(inside, _)| inside.contains(":=") || inside.contains(":-")) {
            return;
        }
        if is_placeholder(&text) && !is_for_people(&text) {
            finding.severity = Severity::Note;
            finding.primary.message = "a placeholder".to_owned();
            finding.effect =
                Some("the API server refuses this, unless something replaces the placeholder before".to_owned());
            finding.help = None;
        }
        self.found.push(finding);
    }

    /// A value that must not be repeated in words.
    fn is_secret(&self, path: &Path) -> bool {
        let within = |key: &Segment| matches!(key, Segment::Key(key) if matches!(&**key, "data" | "stringData"));
        self.resource.kind == "Secret" && path.0.first().is_some_and(within)
    }

    /// A value that SOPS encrypted: the type shows only after decryption.
    fn is_encrypted(&self, value: Value<'t>) -> bool {
        value.as_str().is_some_and(|text| text.starts_with("ENC["))
            && self.resource.value.get("sops").is_some_and(Value::is_mapping)
    }
}

/// Whether people fill in a placeholder: `<your token>`. Plug-ins of Argo CD fill in those that name a place or a function,
/// `<path:kv/data/db#password | base64encode>` (argocd-vault-plugin, `docs/howitworks.md`).
fn is_for_people(text: &str) -> bool {
    text.starts_with('<') && !text.contains([':', '|'])
}

/// `` `Cluster`, `Local` ``
fn list_of(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// `apps/v1.DeploymentSpec` -> `DeploymentSpec`
fn short_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn with(path: &Path, name: &str) -> Path {
    Path(path.0.iter().cloned().chain([Segment::from(name)]).collect())
}

/// Keys of labels that change with a release, that controllers set, or that say what all workloads of a chart have in
/// common: no selector should have them, since it cannot be changed.
const UNSTABLE: [&str; 8] = [
    "version",
    "app.kubernetes.io/version",
    "helm.sh/chart",
    "chart",
    "app.kubernetes.io/managed-by",
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
];

/// The labels of the template beside a selector, as they are to be written in it.
fn template_labels(object: Value<'_>) -> Option<String> {
    let labels = object.at(["template", "metadata", "labels"])?;
    let written = |text: &str| match text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)) {
        true if scalar::is_unquoted_string(text) => Some(text.to_owned()),
        true => Some(format!("\"{text}\"")),
        false => None,
    };
    let stable = labels.entries().filter(|entry| !UNSTABLE.contains(&&*entry.name()));
    let pair = |key: &str, value: &str| Some(format!("{}: {}", written(key)?, written(value)?));
    let pairs: Option<Vec<_>> = stable.map(|entry| pair(&entry.name(), &entry.value.as_str()?)).collect();
    pairs.filter(|pairs| (1..=4).contains(&pairs.len())).map(|pairs| pairs.join(", "))
}

fn wanted(shape: Shape, item: Shape) -> &'static str {
    match (shape, item) {
        (Shape::String | Shape::Word | Shape::Bytes | Shape::Time, _) => "a string",
        (Shape::Boolean, _) => "a boolean",
        (Shape::Int32 | Shape::Int64, _) => "an integer",
        (Shape::Number, _) => "a number",
        (Shape::IntOrString, _) => "an integer or a string",
        (Shape::Quantity, _) => "a quantity",
        (Shape::Array, Shape::String | Shape::Word) => "a list of strings",
        (Shape::Array, Shape::Object) => "a list of objects",
        (Shape::Array, _) => "a list",
        (Shape::Map, Shape::String) => "a map of strings",
        (Shape::Map, _) => "a map",
        (Shape::Object | Shape::Metadata, _) => "an object",
        (Shape::Any | Shape::Undeclared, _) => "a value",
    }
}

/// What is there instead. Only numbers and booleans are quoted: they are short.
fn found(value: Value<'_>) -> String {
    match value.scalar() {
        None if value.is_sequence() => "a list".to_owned(),
        None => "a mapping".to_owned(),
        Some(Scalar::Null) => "null".to_owned(),
        Some(Scalar::Bool(_)) => format!("the boolean `{}`", value.target().raw()),
        Some(Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_)) => format!("the number `{}`", value.target().raw()),
        Some(Scalar::Str(_)) => "a string".to_owned(),
    }
}

/// How a scalar gets the wanted type by its spelling alone: the help, and the replacement unless an alias stands
/// there.
fn retype(value: Value<'_>, shape: Shape) -> Option<(String, Option<String>)> {
    let raw = value.target().raw();
    let text = match (shape, value.scalar()?) {
        (
            Shape::String | Shape::Word | Shape::Bytes | Shape::Time,
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_),
        ) => {
            format!("\"{raw}\"")
        }
        (Shape::Int32 | Shape::Int64, Scalar::Str(text))
            if text.parse::<i32>().is_ok_and(|number| number.to_string() == *text) =>
        {
            text.into_owned()
        }
        (Shape::Boolean, Scalar::Str(text)) if matches!(&*text, "true" | "false") => text.into_owned(),
        _ => return None,
    };
    let help = if text.starts_with('"') {
        format!("quote it: `{text}`")
    } else {
        format!("write it without quotes: `{text}`")
    };
    let replaceable = value.written().kind == crate::model::node::Kind::Scalar && !raw.contains(['"', '\\', '\n']);
    Some((help, (replaceable || !text.starts_with('"')).then_some(text)))
}
