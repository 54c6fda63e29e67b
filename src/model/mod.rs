//! The nouns: plain data that the stages hand to each other. Nothing in here reads or writes files, and nothing decides
//! what is wrong.
//!
//! - Text: [`source`] (files, spans, lines), [`node`] and [`value`] (the YAML tree, and the cursor that walks it),
//!   [`scalar`] (what a plain text means), [`path`] (a route into a tree, and the span it leads to), [`json`] (a tree as
//!   JSON).
//! - What files hold: [`listing`] (their names), [`document`], [`suppression`], [`resource`], [`definition`] (what makes
//!   which of them), [`reference`] (what objects have to do with each other), [`change`] (what was there before).
//! - What is said: [`rule`] and [`selection`] (which rules speak, and how loud), [`origin`] (what wrote a value), [`diagnostic`],
//!   [`report`].
//! - Small helps: [`near`] (what a misspelt name was meant to be), [`digest`] (hashes).

pub mod change;
pub mod definition;
pub mod diagnostic;
pub mod digest;
pub mod document;
pub mod json;
pub mod listing;
pub mod near;
pub mod node;
pub mod origin;
pub mod path;
pub mod reference;
pub mod report;
pub mod resource;
pub mod rule;
pub mod scalar;
pub mod selection;
pub mod source;
pub mod suppression;
pub mod value;
