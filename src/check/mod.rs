//! VERB 4: resources and definitions x rules -> diagnostics.

pub mod definition;
pub mod deprecation;
pub mod policy;
pub mod schema;
