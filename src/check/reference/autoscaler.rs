//! Autoscalers, and the number of replicas that somebody has written all the same.

use crate::model::diagnostic::Diagnostic;

use super::{Index, rules};

pub(super) fn check(index: &Index<'_>, out: &mut Vec<Diagnostic>) {
    for one in index.all() {
        let Some((kind, name)) = &one.scales else { continue };
        let target = index.beside(one).find(|other| other.kind == *kind && other.name.text == name.text);
        let Some((target, replicas)) = target.and_then(|target| Some((target, target.replicas?))) else { continue };
        let message = format!("{} has a number of replicas, and an autoscaler", target.title());
        out.push(
            Diagnostic::new(&rules::HPA_STATIC_REPLICAS, replicas, message, "set back with every apply")
                .see(name.span, "scaled by this autoscaler")
                .effect("each synchronisation sets the number back, and stops pods that the load needs")
                .help(
                    "remove `replicas`; the first apply afterwards may fall back to one pod until the autoscaler acts",
                ),
        );
    }
}
