//! Autoscalers, and the number of replicas that somebody has written all the same.

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::reference::Purpose;

use super::{Findings, Index, rules};

pub(super) fn check(index: &Index<'_>, out: &mut Findings) {
    for one in index.all() {
        for need in one.needs.iter().filter(|need| need.purpose == Purpose::Scaling && is_autoscaler(one.kind())) {
            let mut others = index.beside(one);
            let target = others.find(|other| other.kind() == need.kind && other.name.text == need.name.text);
            let Some((target, replicas)) = target.and_then(|it| Some((it, it.replicas.as_ref()?))) else { continue };
            let message = format!("{} has a number of replicas, and an autoscaler", target.title());
            let finding =
                Diagnostic::new(&rules::HPA_STATIC_REPLICAS, replicas.span, message, "set back with every apply")
                    .see(need.name.span, "scaled by this autoscaler")
                    .effect("each synchronisation sets the number back, and stops pods that the load needs")
                    .help(
                        "remove `replicas`; the first apply afterwards may fall back to one pod until the autoscaler \
                         acts",
                    );
            out.tell(target, Path::of(["spec", "replicas"]), finding);
        }
    }
}

/// What sets the number of replicas; a VerticalPodAutoscaler does not.
pub(super) fn is_autoscaler(kind: &str) -> bool {
    matches!(kind, "HorizontalPodAutoscaler" | "ScaledObject")
}
