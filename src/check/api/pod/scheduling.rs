//! Tolerations and topology spread: `ValidateTolerations`, `validateTopologySpreadConstraints`.

use std::borrow::Cow;

use crate::check::api::object::{Field, MANY, Object, fields, is_placeholder};
use crate::check::api::rules::{CONFLICTING_FIELDS, DUPLICATE_NAME, REQUIRED_VALUE};
use crate::check::api::{names, selector};

pub(in crate::check::api) fn tolerations<'t>(object: &mut Object<'_, 't>, tolerations: &Field<'_, 't>) {
    for toleration in tolerations.items() {
        if !toleration.value.is_mapping() {
            continue;
        }
        let [key, operator, value, effect, seconds] =
            fields!(toleration, ["key", "operator", "value", "effect", "tolerationSeconds"]);
        if let Some(key) = &key {
            names::label_key(object, key);
        }
        // An empty operator is `Equal`.
        let word = operator.as_ref().map_or(Some(Cow::Borrowed("")), Field::text);
        let has_key = key.as_ref().is_some_and(|key| key.text().is_none_or(|text| !text.is_empty()));
        if let (false, Some("" | "Equal")) = (has_key, word.as_deref()) {
            tolerates_what(object, &toleration, operator.as_ref());
        }
        if let Some(value) = value.filter(|value| value.text().is_some_and(|text| !text.is_empty())) {
            match word.as_deref() {
                Some("Exists") => {
                    let mut finding = object
                        .not_allowed(&value, "with the operator `Exists`")
                        .help("remove the value, or write `operator: Equal`");
                    if let Some(operator) = &operator {
                        finding = finding.cause(object.span(&operator.path()), "takes any value");
                    }
                    object.report(finding);
                }
                Some("" | "Equal") => names::label_value(object, &value),
                _ => {}
            }
        }
        if let Some(seconds) = seconds {
            let named = effect.as_ref().map_or(Some(Cow::Borrowed("")), Field::text);
            if let Some(named) = named.filter(|effect| effect != "NoExecute" && !is_placeholder(effect)) {
                let because = if named.is_empty() {
                    "without `effect: NoExecute`".to_owned()
                } else {
                    format!("with the effect `{named}`: only pods that are evicted can wait")
                };
                object.forbidden(&seconds, &because, "write `effect: NoExecute`, or remove it");
            }
        }
    }
}

#[cold]
fn tolerates_what<'t>(object: &mut Object<'_, 't>, toleration: &Field<'_, 't>, operator: Option<&Field<'_, 't>>) {
    let place = object.place(&toleration.path());
    let path = toleration.path_to("key");
    let message = format!("{place} names no key, but does not tolerate all of them");
    let help = "add `key`, or write `operator: Exists` to tolerate every taint";
    let mut finding = object.refuse(&REQUIRED_VALUE, path, message, "needs `key`, or `operator: Exists`").help(help);
    if let Some(operator) = operator {
        finding.primary.span = object.span(&operator.path());
    }
    object.report(finding);
}

pub(super) fn spread<'t>(object: &mut Object<'_, 't>, constraints: &Field<'_, 't>) {
    for (at, constraint) in constraints.items().enumerate().take(MANY) {
        let [skew, domains, key, action, keys, selected] = fields!(
            constraint,
            ["maxSkew", "minDomains", "topologyKey", "whenUnsatisfiable", "matchLabelKeys", "labelSelector",]
        );
        for number in [&skew, &domains].into_iter().flatten() {
            if number.integer().is_some_and(|number| number <= 0) {
                object.out_of_range(number, "1 or more");
            }
        }
        let action_text = action.as_ref().and_then(Field::text);
        if let (Some(domains), Some("ScheduleAnyway"), Some(action)) = (&domains, action_text.as_deref(), &action) {
            let finding = object
                .not_allowed(domains, "with `whenUnsatisfiable: ScheduleAnyway`")
                .cause(object.span(&action.path()), "`DoNotSchedule` is asked for")
                .help("remove it, or write `whenUnsatisfiable: DoNotSchedule`");
            object.report(finding);
        }
        if let (Some(key), Some(text), Some(action)) = (&key, key.as_ref().and_then(Field::text), &action_text) {
            let first = constraints.items().take(at).find(|other| {
                other.text_of("topologyKey").as_ref() == Some(&text)
                    && other.text_of("whenUnsatisfiable").as_ref() == Some(action)
            });
            if let Some(first) = first {
                let message = format!("two constraints spread over `{text}` with `{action}`");
                let span = object.span(&first.path_to("topologyKey"));
                let finding = object
                    .refuse(&DUPLICATE_NAME, key.path(), message, "the second")
                    .cause(span, "the first")
                    .help("make one of the two");
                object.report(finding);
            }
        }
        if let Some(keys) = keys.filter(|keys| keys.count() > 0) {
            match &selected {
                None => no_selector(object, &keys),
                Some(selected) => {
                    for key in keys.items().take(MANY) {
                        object.is_empty(&key, "a label key");
                        names::label_key(object, &key);
                        // From 1.34 the server may have put it there.
                        let most = usize::from(object.version.minor >= 34);
                        selector::key_in_selector(object, &key, selected, most);
                    }
                }
            }
        }
        if let Some(selected) = &selected {
            selector::check(object, selected);
        }
    }
}

#[cold]
pub(super) fn no_selector<'t>(object: &mut Object<'_, 't>, keys: &Field<'_, 't>) {
    object.forbidden(keys, "without `labelSelector`", "add `labelSelector`, or remove it");
}

/// Keys of a pod affinity term: `validateMatchLabelKeysAndMismatchLabelKeys`.
pub(super) fn match_keys<'t>(
    object: &mut Object<'_, 't>,
    matching: Option<&Field<'_, 't>>,
    mismatching: Option<&Field<'_, 't>>,
    selected: Option<&Field<'_, 't>>,
) {
    for keys in [matching, mismatching].into_iter().flatten().filter(|keys| keys.count() > 0) {
        if selected.is_none() {
            no_selector(object, keys);
        } else {
            for key in keys.items() {
                object.is_empty(&key, "a label key");
                names::label_key(object, &key);
            }
        }
    }
    for key in matching.into_iter().flat_map(Field::items).take(MANY) {
        let Some(text) = key.text() else { continue };
        let twin = mismatching.into_iter().flat_map(Field::items).find(|other| other.text().as_ref() == Some(&text));
        if let Some(twin) = twin {
            let span = object.span(&twin.path());
            let fault = format!("names `{text}`, which is in `mismatchLabelKeys` as well");
            let finding = object
                .wrong(&CONFLICTING_FIELDS, &key, &fault, "asked to match")
                .cause(span, "asked not to match")
                .help("remove one of the two");
            object.report(finding);
        }
        // The server itself puts one expression for the key into the selector (`MatchLabelKeysInPodAffinity`, from 1.31).
        if let Some(selected) = selected
            && object.version.minor >= 31
        {
            selector::key_in_selector(object, &key, selected, 1);
        }
    }
}

/// The weight of a preference.
pub(super) fn weight<'t>(object: &mut Object<'_, 't>, preference: &Field<'_, 't>) {
    if let Some(weight) = preference.get("weight")
        && weight.integer().is_some_and(|weight| !(1..=100).contains(&weight))
    {
        object.out_of_range(&weight, "between 1 and 100");
    }
}
