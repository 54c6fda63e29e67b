//! Which objects a rule looks at: known before it is evaluated, so that most rules never are.

/// What a `kinds` word of a rule's metadata stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kinds {
    /// Every object; also where nothing is known.
    Any,
    /// These, by group and kind, in any version.
    Of(Vec<(String, String)>),
}

/// Every kind with a pod spec, and the groups it has been in.
const WORKLOADS: &[(&str, &str)] = &[
    ("", "Pod"),
    ("", "PodTemplate"),
    ("", "ReplicationController"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("argoproj.io", "Rollout"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("extensions", "DaemonSet"),
    ("extensions", "Deployment"),
    ("extensions", "ReplicaSet"),
];

impl Kinds {
    /// Reads the words of a metadata block: `workload`, `Service`, `apps/Deployment`, `*`.
    pub(super) fn read<'w>(words: impl IntoIterator<Item = &'w str>) -> Kinds {
        let mut pairs = Vec::new();
        for word in words {
            match word {
                "*" => return Kinds::Any,
                "workload" => {
                    pairs.extend(WORKLOADS.iter().map(|(group, kind)| ((*group).to_owned(), (*kind).to_owned())));
                }
                _ => {
                    let (group, kind) = word.rsplit_once('/').unwrap_or(("", word));
                    pairs.push((group.to_owned(), kind.to_owned()));
                }
            }
        }
        if pairs.is_empty() { Kinds::Any } else { Kinds::Of(pairs) }
    }

    /// Whether the rule looks at objects of this group and kind.
    pub(super) fn include(&self, group: &str, kind: &str) -> bool {
        match self {
            Kinds::Any => true,
            Kinds::Of(pairs) => pairs.iter().any(|pair| pair.1 == kind && pair.0 == group),
        }
    }
}
