//! Label selectors of policies (`k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`, `LabelSelectorAsSelector`).

use regorus::Value as Rego;

/// A label selector.
#[derive(Debug, Default, Clone)]
pub(super) struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<(String, Operator, Vec<String>)>,
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// The API server refuses it; nothing matches.
    Unknown,
}

impl Selector {
    /// Reads a selector; `None` where there is none, or an empty one, which selects everything.
    pub(super) fn read(value: &Rego) -> Option<Selector> {
        let text = |value: &Rego| value.as_string().map(|text| text.to_string()).unwrap_or_default();
        let mut selector = Selector::default();
        if let Ok(labels) = value["matchLabels"].as_object() {
            selector.labels = labels.iter().map(|(key, value)| (text(key), text(value))).collect();
        }
        if let Ok(expressions) = value["matchExpressions"].as_array() {
            selector.expressions = expressions
                .iter()
                .map(|expression| {
                    let operator = match text(&expression["operator"]).as_str() {
                        "In" => Operator::In,
                        "NotIn" => Operator::NotIn,
                        "Exists" => Operator::Exists,
                        "DoesNotExist" => Operator::DoesNotExist,
                        _ => Operator::Unknown,
                    };
                    (text(&expression["key"]), operator, texts(&expression["values"]))
                })
                .collect();
        }
        (!selector.labels.is_empty() || !selector.expressions.is_empty()).then_some(selector)
    }

    /// Whether labels fit.
    pub(super) fn matches(&self, labels: &Rego) -> bool {
        let value = |key: &str| labels[key].as_string().ok().map(|text| text.to_string());
        self.labels.iter().all(|(key, wanted)| value(key).as_ref() == Some(wanted))
            && self.expressions.iter().all(|(key, operator, values)| {
                let own = value(key);
                match operator {
                    Operator::In => own.is_some_and(|own| values.contains(&own)),
                    Operator::NotIn => own.is_none_or(|own| !values.contains(&own)),
                    Operator::Exists => own.is_some(),
                    Operator::DoesNotExist => own.is_none(),
                    Operator::Unknown => false,
                }
            })
    }
}

/// The texts of a list.
pub(super) fn texts(value: &Rego) -> Vec<String> {
    let items = value.as_array().map(|items| items.to_vec()).unwrap_or_default();
    items.iter().filter_map(|item| item.as_string().ok().map(|text| text.to_string())).collect()
}
