//! Arguments and `plimsoll.yaml` become the options of each stage. A worker never learns that flags exist.

pub mod config;
