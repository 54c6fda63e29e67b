//! Types of expressions, as `github.com/google/cel-go/common/types` has them.

use std::fmt;
use std::sync::Arc;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Anything: looked at when the expression runs.
    Dyn,
    /// A type of that name without parts: `string`, `kubernetes.Quantity`.
    Simple(&'static str),
    /// A type with parts: `list`, `map`, `optional`, `type`.
    Applied(&'static str, Arc<[Type]>),
    /// An object with fields, by its number.
    Object(usize),
    /// A type that is yet to be found: a parameter of a signature, or a variable of the checker.
    Open(usize),
}

pub(super) const BOOL: Type = Type::Simple("bool");
pub(super) const INT: Type = Type::Simple("int");
pub(super) const STRING: Type = Type::Simple("string");
pub(super) const NULL: Type = Type::Simple("null_type");
/// Types of a value, which have no parts of their own in a rule.
const PLAIN: [&str; 8] = ["bool", "int", "uint", "double", "string", "bytes", "duration", "timestamp"];

impl Type {
    /// A list of such items.
    pub fn list(of: Type) -> Self {
        Type::Applied("list", [of].into())
    }

    /// A map from texts to such values.
    pub fn map(of: Type) -> Self {
        Type::Applied("map", [STRING, of].into())
    }

    /// A value that may be absent.
    pub fn optional(of: Type) -> Self {
        Type::Applied("optional", [of].into())
    }

    /// What other expressions see of a variable of this type: `convertCelTypeToDeclType`.
    #[must_use]
    pub fn into_variable(self) -> Self {
        match self {
            Type::Simple(name) if PLAIN.contains(&name) || name == "null_type" => self,
            Type::Applied(name @ ("list" | "map"), parts) => {
                Type::Applied(name, parts.iter().cloned().map(Type::into_variable).collect())
            }
            _ => Type::Dyn,
        }
    }

    pub(super) fn is_dyn(&self) -> bool {
        *self == Type::Dyn
    }

    /// The parts of a type of that name.
    pub(in crate::check::cel) fn parts(&self, wanted: &str) -> Option<&[Type]> {
        match self {
            Type::Applied(name, parts) if *name == wanted => Some(parts),
            _ => None,
        }
    }

    /// What null can be a value of: `isLegacyNullable`.
    pub(super) fn takes_null(&self) -> bool {
        match self {
            Type::Dyn | Type::Object(_) => true,
            Type::Simple(name) => matches!(*name, "null_type" | "duration" | "timestamp") || !PLAIN.contains(name),
            Type::Applied(name, _) => *name == "optional",
            Type::Open(_) => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dyn | Type::Open(_) => f.write_str("dyn"),
            Type::Simple("null_type") => f.write_str("null"),
            Type::Simple(name) => f.write_str(name),
            Type::Object(_) => f.write_str("object"),
            Type::Applied(name, parts) => {
                write!(f, "{name}(")?;
                for (at, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}
