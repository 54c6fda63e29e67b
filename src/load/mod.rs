//! Files to documents.

pub mod yaml;
