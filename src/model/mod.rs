//! The nouns: plain data that the stages hand to each other. Nothing in here reads, writes or decides.
//!
//! Lowest first: [`source`] (files, spans, line index), [`node`] and [`value`] (the YAML tree and the cursor that
//! walks it), [`path`] (a route into a tree, and the span it leads to), [`document`] and [`resource`] (what a file
//! holds), [`change`] (what was there before), [`reference`] (what objects have to do with each other), [`rule`], [`origin`], [`diagnostic`] and [`report`] (what is said about it). [`near`] guesses what a misspelt
//! name was meant to be.

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
