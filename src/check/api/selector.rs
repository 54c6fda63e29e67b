//! Label selectors: `ValidateLabelSelector` in `k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go`, and
//! what they select, `LabelSelectorAsSelector` in `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`.

use std::borrow::Cow;

use super::names;
use super::object::{Field, MANY, Object, did_you_mean, fields, is_placeholder, shown};
use super::rules::{CONFLICTING_FIELDS, MISMATCHING_SELECTOR, REQUIRED_VALUE, UNSUPPORTED_VALUE};

const OPERATORS: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];

/// Checks a selector, wherever it stands. Whether it asks for nothing, and so would select everything.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, selector: &Field<'_, 't>) -> bool {
    let [labels, expressions] = fields!(selector, ["matchLabels", "matchExpressions"]);
    if let Some(labels) = &labels {
        names::labels(object, labels);
    }
    for expression in expressions.iter().flat_map(Field::items) {
        requirement(object, &expression, &OPERATORS, true);
    }
    let is_empty = |part: Option<Field<'_, 't>>| part.is_none_or(|part| part.value.is_empty());
    selector.value.is_mapping() && is_empty(labels) && is_empty(expressions)
}

/// Checks one expression of a label or node selector. Values are not looked at where the server only warns of them.
pub(super) fn requirement<'t>(
    object: &mut Object<'_, 't>,
    expression: &Field<'_, 't>,
    operators: &[&str],
    check_values: bool,
) {
    let [key, operator, values] = fields!(expression, ["key", "operator", "values"]);
    if let Some(operator) = &operator {
        let count = values.as_ref().map_or(0, Field::count);
        match operator.text().as_deref() {
            Some("In" | "NotIn") if count == 0 => needs_values(object, expression, operator, "at least one value"),
            Some("Gt" | "Lt") if operators.contains(&"Gt") && count != 1 => {
                needs_values(object, expression, operator, "exactly one value");
            }
            Some("Exists" | "DoesNotExist") if count > 0 => {
                if let Some(values) = &values {
                    let finding = object
                        .not_allowed(values, &format!("with the operator `{}`", shown(operator)))
                        .see(object.span(&operator.path()), "asks for no values")
                        .help("remove the values, or use the operator `In` or `NotIn`");
                    object.report(finding);
                }
            }
            Some(word) if !operators.contains(&word) && !word.is_empty() => {
                unknown_operator(object, operator, operators)
            }
            _ => {}
        }
    }
    if let Some(key) = key {
        names::label_key(object, &key);
    }
    if check_values {
        for value in values.iter().flat_map(Field::items) {
            names::label_value(object, &value);
        }
    }
}

#[cold]
fn needs_values<'t>(object: &mut Object<'_, 't>, expression: &Field<'_, 't>, operator: &Field<'_, 't>, amount: &str) {
    let path = expression.path_to("values");
    let message = format!(
        "the operator `{}` needs {amount} in `values`, in {}",
        shown(operator),
        object.place(&expression.path())
    );
    // The operator is what a person reads first, whether there are values or not.
    let span = object.span(&operator.path());
    let finding = object
        .refuse_at(&REQUIRED_VALUE, span, path, message, format!("needs {amount}"))
        .help("give `values`, or use the operator `Exists` or `DoesNotExist`");
    object.report(finding);
}

#[cold]
fn unknown_operator<'t>(object: &mut Object<'_, 't>, operator: &Field<'_, 't>, operators: &[&str]) {
    let written = shown(operator);
    if is_placeholder(&written) {
        return;
    }
    let known = operators.join("`, `");
    let finding = object.wrong(
        &UNSUPPORTED_VALUE,
        operator,
        &format!("is `{written}`, which is no operator of a selector"),
        "no such operator",
    );
    let help = did_you_mean(&written, operators.iter().copied()).unwrap_or(format!("the operators are `{known}`"));
    object.report(finding.help(help));
}

/// The labels of a template, as far as they matter to a selector.
pub(super) struct Labels<'f, 'p, 't> {
    /// `metadata.labels`, if it is there.
    pub(super) field: Option<&'f Field<'p, 't>>,
}

impl<'t> Labels<'_, '_, 't> {
    fn get(&self, key: &str) -> Option<Cow<'t, str>> {
        self.field?.text_of(key)
    }

    /// Whether a value stands there that is no text, which is reported elsewhere.
    fn is_unreadable(&self, key: &str) -> bool {
        self.field.is_some_and(|labels| labels.has(key) && labels.text_of(key).is_none())
    }
}

/// Checks that a selector matches the labels of the template beside it: `labels` stands below `template`.
pub(super) fn matches<'t>(
    object: &mut Object<'_, 't>,
    selector: &Field<'_, 't>,
    template: &Field<'_, 't>,
    labels: &Labels<'_, '_, 't>,
) {
    let [wanted, expressions] = fields!(selector, ["matchLabels", "matchExpressions"]);
    if let Some(wanted) = wanted {
        matches_labels(object, &wanted, template, labels);
    }
    for expression in expressions.iter().flat_map(Field::items).take(MANY) {
        let [key, operator, values] = fields!(expression, ["key", "operator", "values"]);
        let (Some(key), Some(operator)) = (key, operator) else { continue };
        let (Some(name), Some(word)) = (key.plain_text(), operator.text()) else { continue };
        let label = labels.get(&name);
        let is_among = || {
            let mut values = values.iter().flat_map(Field::items).filter_map(|value| value.text());
            values.any(|value| Some(&value) == label.as_ref() || is_placeholder(&value))
        };
        let holds = match &*word {
            "In" => label.is_some() && is_among(),
            "NotIn" => label.is_none() || !is_among(),
            "Exists" => label.is_some(),
            "DoesNotExist" => label.is_none(),
            _ => true,
        };
        if !holds && !labels.is_unreadable(&name) && !label.as_deref().is_some_and(is_placeholder) {
            mismatch(object, &key, &name, &format!("the selector wants `{name} {word}`"), template, labels);
        }
    }
}

/// Checks the plain form of a selector: labels and their values.
pub(super) fn matches_labels<'t>(
    object: &mut Object<'_, 't>,
    wanted: &Field<'_, 't>,
    template: &Field<'_, 't>,
    labels: &Labels<'_, '_, 't>,
) {
    if wanted.value.len() > MANY {
        return;
    }
    wanted.each(|name, _, value| {
        let Some(text) = value.text() else { return };
        let label = labels.get(name);
        if label.as_ref() != Some(&text)
            && !labels.is_unreadable(name)
            && ![Some(name), Some(&*text), label.as_deref()].into_iter().flatten().any(is_placeholder)
        {
            mismatch(object, value, name, &format!("the selector wants `{name}: {text}`"), template, labels);
        }
    });
}

/// Points at what the selector says, with the label that differs beside it.
#[cold]
fn mismatch<'t>(
    object: &mut Object<'_, 't>,
    at: &Field<'_, 't>,
    name: &str,
    wants: &str,
    template: &Field<'_, 't>,
    labels: &Labels<'_, '_, 't>,
) {
    if object.is_full() {
        return;
    }
    let kind = object.resource.kind.clone();
    let found = labels.get(name);
    let has = match &found {
        Some(value) => format!("`{name}: {value}`"),
        None if labels.field.is_none() => "no labels".to_owned(),
        None => format!("no label `{name}`"),
    };
    let message = format!("{wants}, but the pod template of this {kind} has {has}");
    let finding = object.refuse(&MISMATCHING_SELECTOR, at.path(), message, "not in the template");
    let (place, label) = match (labels.field, &found) {
        (Some(field), Some(value)) => (field.path_to(name), format!("`{name}` is `{value}` here")),
        (Some(field), None) => (field.path(), format!("without `{name}`")),
        (None, _) => (template.path(), "without labels".to_owned()),
    };
    let guess = labels.field.filter(|_| found.is_none()).and_then(|field| {
        let known: Vec<_> = field.value.entries().map(|entry| entry.name()).collect();
        did_you_mean(name, known.iter().map(|name| &**name))
    });
    let help = guess.unwrap_or_else(|| "give the selector and the labels of the template the same values".to_owned());
    let finding = finding.cause(object.span(&place), label).help(help);
    object.report(finding);
}

/// Keys that stand in `matchLabelKeys` and in the selector as well; `most` times is fine, since the server may have put
/// it there.
pub(super) fn key_in_selector<'t>(
    object: &mut Object<'_, 't>,
    key: &Field<'_, 't>,
    selector: &Field<'_, 't>,
    most: usize,
) {
    let Some(name) = key.text() else { return };
    let [labels, expressions] = fields!(selector, ["matchLabels", "matchExpressions"]);
    let in_labels = labels.as_ref().and_then(|labels| labels.value.entry(&name)).map(|entry| entry.key.span());
    let of_expressions = expressions.iter().flat_map(Field::items).filter_map(|expression| {
        let key = expression.get("key")?;
        (key.text().as_deref() == Some(&*name)).then(|| key.value.span())
    });
    if let Some(span) = in_labels.into_iter().chain(of_expressions).nth(most) {
        let fault = format!("names `{name}`, which the label selector has as well");
        let finding = object
            .wrong(&CONFLICTING_FIELDS, key, &fault, "selected by here")
            .cause(span, "and by here")
            .help("remove one of the two");
        object.report(finding);
    }
}
