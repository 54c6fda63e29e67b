//! Where a value came from: the chain of definition lines behind it.

use super::source::Span;

/// What a link of the chain did. The words are those of the JSON output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A definition line that pulled the next one in.
    IncludedBy,
    /// The line that wrote the value.
    SetBy,
    /// The line that wrote the value before, which has no part in it any more. To programs it is `set-by` as well.
    Replaced,
    /// A patch that changed it.
    PatchedBy,
    /// What chose the target of the change.
    SelectedBy,
    /// What names the element of a list that the change is for, or the sort of object that a name means: not the value
    /// itself, though another word there would lead elsewhere. To programs it is `selected-by` as well.
    FoundBy,
    /// The generator that made the file.
    GeneratedBy,
    /// A default of the tool or the chart.
    Default,
}

impl Role {
    /// The word used in the JSON output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::IncludedBy => "included-by",
            Role::SetBy | Role::Replaced => "set-by",
            Role::PatchedBy => "patched-by",
            Role::SelectedBy | Role::FoundBy => "selected-by",
            Role::GeneratedBy => "generated-by",
            Role::Default => "default",
        }
    }
}

/// One link, outermost definition first in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// What it did.
    pub role: Role,
    /// Where it is written.
    pub span: Span,
}
