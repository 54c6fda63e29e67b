//! Objects that are in a file twice.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::rules::{DUPLICATE_RESOURCE, rule};
use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::resource::Resource;
use crate::model::source::Span;

/// The objects of one file so far, to tell which is there twice.
#[derive(Debug, Default)]
pub struct Names {
    seen: HashMap<(String, String, Option<String>, String), Span>,
}

impl Names {
    /// Notes an object, and tells if it was there before.
    pub fn check(&mut self, resource: &Resource<'_>, out: &mut Vec<Diagnostic>) {
        let Some(name) = resource.name().filter(|name| !name.is_empty() && !is_placeholder(name)) else { return };
        let namespace = resource.namespace().map(Cow::into_owned);
        let key = (resource.group().to_owned(), resource.kind.clone().into_owned(), namespace, name.into_owned());
        let path = Path::of(["metadata", "name"]);
        let span = path.span(resource.value);
        let Some(first) = self.seen.get(&key) else {
            self.seen.insert(key, span);
            return;
        };
        let (id, rule) = (Arc::new(resource.id()), rule(DUPLICATE_RESOURCE));
        let finding = Diagnostic::new(rule, span, format!("{id} is there twice"), "").see(*first, "first here");
        out.push(finding.effect(rule.why.clone()).help(rule.help.clone()).about(id, path));
    }
}
