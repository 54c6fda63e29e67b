//! Lists whose items are told apart by keys (`x-kubernetes-list-type: map`).
//!
//! Only custom resources are looked at: the API server refuses them with two equal items, while it accepts most
//! built-in kinds (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`).

use std::collections::HashMap;

use crate::model::path::Trail;
use crate::model::value::Value;

use super::INVALID_VALUE;
use super::table::Type;
use super::walk::Walk;

impl<'t> Walk<'_, 't> {
    /// Finds items with the same keys.
    #[cold]
    pub(super) fn same_keys(&mut self, list: Value<'t>, of: &Type, trail: &Trail<'_>) {
        let (keys, defaults) = self.table.list_keys(of);
        let keys: Vec<(&str, &str)> = keys.split(',').zip(defaults.split(',').chain(std::iter::repeat(""))).collect();
        let mut known: HashMap<Vec<String>, Value<'t>> = HashMap::new();
        for (at, item) in list.items().enumerate().filter(|(_, item)| item.is_mapping()) {
            let own = keys.iter().map(|(key, default)| {
                let written = item.get(key).filter(|value| !value.is_null()).and_then(Value::text);
                written.map_or_else(|| (*default).to_owned(), |text| text.into_owned())
            });
            if let Some(first) = known.insert(own.collect(), item) {
                let path = trail.index(at).path();
                let names: Vec<_> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
                let message = format!(
                    "two items of {} have the same {}",
                    self.field_and_place(&trail.path()),
                    names.join(" and ")
                );
                let finding = self
                    .finding(&INVALID_VALUE, item.title_span(), message, "the same again", path, None)
                    .see(first.title_span(), "first here")
                    .effect("the API server refuses the object");
                self.found.push(finding);
            }
        }
    }
}
