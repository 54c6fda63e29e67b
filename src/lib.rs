//! plimsoll: the linter that a team trusts between `git push` and the cluster.
#![forbid(unsafe_code)]

pub mod check;
pub mod cli;
pub mod discover;
pub mod load;
pub mod model;
pub mod render;
pub mod report;
pub mod settings;
