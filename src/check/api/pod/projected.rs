//! Projected volumes: `validateProjectionSources`.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::FORBIDDEN_FIELD;
use crate::check::api::seen::Seen;

use super::volumes::{downward_file, file_mode, keys, not_reserved, same_file};

const SOURCES: &[&str] =
    &["clusterTrustBundle", "configMap", "downwardAPI", "podCertificate", "secret", "serviceAccountToken"];

pub(super) fn check<'t>(object: &mut Object<'_, 't>, volume: &Field<'_, 't>) {
    let [mode, sources] = fields!(volume, ["defaultMode", "sources"]);
    file_mode(object, mode.as_ref());
    let mut files = Seen::new();
    for source in sources.iter().flat_map(Field::items) {
        let mut first = None;
        source.each(|name, key, field| {
            if !field.value.is_mapping() || !SOURCES.contains(&name) {
                return;
            }
            match first {
                None => first = Some(key),
                Some(first) => {
                    let path = field.path();
                    let message = format!("{} is a second source in the same item", object.name(&path));
                    let finding = object
                        .refuse_at(&FORBIDDEN_FIELD, key, path, message, "a second source")
                        .cause(first, "the first source")
                        .help("make it an item of its own");
                    object.report(finding);
                }
            }
            match name {
                "configMap" | "secret" => {
                    keys(object, field);
                    if field.get("name").is_none_or(|name| name.text().is_some_and(|text| text.is_empty())) {
                        object.required(field, "name");
                    }
                }
                "downwardAPI" => {
                    let items = field.get("items");
                    items.iter().flat_map(Field::items).for_each(|item| downward_file(object, &item));
                }
                "serviceAccountToken" => token(object, field),
                _ => {}
            }
        });
        // A token and what else is at its path are not compared by the server.
        for name in ["secret", "configMap", "downwardAPI"] {
            let Some(part) = source.get(name) else { continue };
            let Some(items) = part.get("items") else { continue };
            for item in items.items() {
                if let Some(path) = item.get("path") {
                    same_file(object, &mut files, &path);
                }
            }
        }
        if let Some(part) = source.get("clusterTrustBundle")
            && let Some(path) = part.get("path")
        {
            same_file(object, &mut files, &path);
        }
    }
}

/// An absent `expirationSeconds` is an hour.
fn token<'t>(object: &mut Object<'_, 't>, token: &Field<'_, 't>) {
    let [seconds, path] = fields!(token, ["expirationSeconds", "path"]);
    if let Some(seconds) = seconds
        && seconds.integer().is_some_and(|number| !(600..=1 << 32).contains(&number))
    {
        object.out_of_range(&seconds, "between 600 (10 minutes) and 4294967296");
    }
    if let Some(path) = path {
        not_reserved(object, &path);
    }
}
