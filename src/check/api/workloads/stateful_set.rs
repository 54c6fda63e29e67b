//! StatefulSets: `ValidateStatefulSetSpec`.
//!
//! Templates, claims and `serviceName` are validated from 1.34 (kubernetes/kubernetes#131790, #132212, #130233); older
//! servers take the StatefulSet, and refuse its pods.

use crate::check::api::object::{Field, Object, REFUSED, fields};
use crate::check::api::pod::Owner;
use crate::check::api::rules::OUT_OF_RANGE;
use crate::check::api::{claim, names, warnings};
use crate::model::rule::Severity;

use super::{amounts, controlled};

pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [replicas, ready, ordinals, service, strategy, claims, selected, template] = fields!(
        spec,
        [
            "replicas",
            "minReadySeconds",
            "ordinals",
            "serviceName",
            "updateStrategy",
            "volumeClaimTemplates",
            "selector",
            "template",
        ]
    );
    for field in [&replicas, &ready] {
        object.not_negative(field.as_ref());
    }
    object.not_negative(ordinals.as_ref().and_then(|ordinals| ordinals.get("start")).as_ref());
    if let Some(strategy) = strategy {
        rollout(object, &strategy);
    }
    controlled::by_its_pods(object);
    if let Some(service) = service {
        names::label(object, &service);
    }
    for template in claims.iter().flat_map(Field::items) {
        claim::template(object, &template, false);
        template.get("spec").iter().for_each(|spec| warnings::storage(object, spec));
        let metadata = template.get("metadata");
        let holder = metadata.as_ref().unwrap_or(&template);
        if holder.value.is_mapping() && metadata.as_ref().is_none_or(|metadata| !metadata.has("name")) {
            let key = if metadata.is_some() { "name" } else { "metadata" };
            object.needed(holder, key, "to call the volume by a name", "add `metadata.name`");
        }
    }
    object.effect = REFUSED;
    controlled::check(object, selected.as_ref(), template.as_ref(), Owner::StatefulSet(claims.as_ref()));
}

fn rollout<'t>(object: &mut Object<'_, 't>, strategy: &Field<'_, 't>) {
    let [kind, rolling] = fields!(strategy, ["type", "rollingUpdate"]);
    let Some(rolling) = rolling else { return };
    if let Some(kind) = kind.filter(|kind| kind.text().as_deref() == Some("OnDelete")) {
        let finding = object
            .not_allowed(&rolling, "with the strategy `OnDelete`")
            .cause(object.span(&kind.path()), "replaces no pod by itself")
            .help("remove it, or write `type: RollingUpdate`");
        return object.report(finding);
    }
    let [partition, unavailable] = fields!(rolling, ["partition", "maxUnavailable"]);
    object.not_negative(partition.as_ref());
    unavailable.iter().for_each(|amount| self::unavailable(object, amount));
}

/// Without the feature `MaxUnavailableStatefulSet`, which is off by default (`dropStatefulSetDisabledFields` in
/// `pkg/registry/apps/statefulset/strategy.go`), nobody looks at the amount.
fn unavailable<'t>(object: &mut Object<'_, 't>, amount: &Field<'_, 't>) {
    let mut found = Vec::new();
    let mut own = Object::new(object.resource, object.version, &mut found);
    if amounts::check(&mut own, amount, Some(100)) == Some(0) {
        let finding = own
            .wrong(&OUT_OF_RANGE, amount, "is 0: no pod could be replaced", "must be 1 or more")
            .help("write 1 or more, or remove it");
        own.report(finding);
    }
    for mut finding in found {
        finding.severity = Severity::Warning;
        object.report(finding.effect(
            "the API server drops the field, and pods are replaced one by one; where its feature \
             `MaxUnavailableStatefulSet` is on, it refuses the object",
        ));
    }
}
