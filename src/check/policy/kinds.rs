//! Which objects a rule looks at: known before it is evaluated, so that most rules never are.

use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Rule};

use super::rego::syntax::{Reference, text};

/// What a `kinds` word of a rule's metadata stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kinds {
    /// Every object; also where nothing is known.
    Any,
    /// These, by group and kind, in any version; the group `*` is any.
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

    /// As [`Kinds::read`], for people's own metadata, where a kind alone is one of any group.
    pub(super) fn read_loosely<'w>(words: impl IntoIterator<Item = &'w str>) -> Kinds {
        match Kinds::read(words) {
            Kinds::Of(pairs) => Kinds::Of(pairs.into_iter().map(any_group).collect()),
            Kinds::Any => Kinds::Any,
        }
    }

    /// What the text of a rule says: each of its bodies compares `input.kind` with words that are written out.
    pub(super) fn of_rule(rule: &Rule) -> Kinds {
        let Rule::Spec { bodies, .. } = rule else { return Kinds::Any };
        let compared = bodies.iter().map(|body| match body.is_else {
            true => None,
            false => body.query.stmts.iter().find_map(compared_kinds),
        });
        match compared.collect::<Option<Vec<_>>>() {
            Some(kinds) if !kinds.is_empty() => {
                Kinds::Of(kinds.concat().into_iter().map(|kind| ("*".to_owned(), kind)).collect())
            }
            _ => Kinds::Any,
        }
    }

    /// What either looks at.
    pub(super) fn or(self, other: Kinds) -> Kinds {
        match (self, other) {
            (Kinds::Of(own), Kinds::Of(others)) => Kinds::Of([own, others].concat()),
            _ => Kinds::Any,
        }
    }

    /// Whether the rule looks at objects of this group and kind.
    pub(super) fn include(&self, group: &str, kind: &str) -> bool {
        match self {
            Kinds::Any => true,
            Kinds::Of(pairs) => pairs.iter().any(|pair| pair.1 == kind && (pair.0 == group || pair.0 == "*")),
        }
    }
}

fn any_group((group, kind): (String, String)) -> (String, String) {
    if group.is_empty() { ("*".to_owned(), kind) } else { (group, kind) }
}

/// The words of `input.kind == "Pod"` or `input.kind in {"Pod", "Job"}`, where the statement is that and nothing else.
fn compared_kinds(statement: &LiteralStmt) -> Option<Vec<String>> {
    let Literal::Expr { expr, .. } = &statement.literal else { return None };
    if !statement.with_mods.is_empty() {
        return None;
    }
    match expr.as_ref() {
        Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } | Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
            match (is_kind(lhs.as_ref()), is_kind(rhs.as_ref())) {
                (true, false) => Some(vec![text(rhs.as_ref())?]),
                (false, true) => Some(vec![text(lhs.as_ref())?]),
                _ => None,
            }
        }
        Expr::Membership { key: None, value, collection, .. } if is_kind(value.as_ref()) => match collection.as_ref() {
            Expr::Set { items, .. } | Expr::Array { items, .. } => {
                items.iter().map(|item| text(item.as_ref())).collect()
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_kind(expr: &Expr) -> bool {
    Reference::of(expr)
        .is_some_and(|reference| reference.base == "input" && reference.keys == [Some("kind".to_owned())])
}
