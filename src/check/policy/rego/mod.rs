//! The language: everything that knows regorus' engine and its syntax tree.
//!
//! [`engine`] sets up and asks regorus, under the eyes of [`watch`]; [`value`] gives it our tree, [`extensions`] the
//! functions that it lacks ([`functions`], [`texts`], [`digests`], [`addresses`], [`bounded`], [`clock`],
//! [`files`], [`patterns`],
//! [`sprintf`]). A text ([`text`]) is read by [`parse`], after [`scan`] has looked for what regorus would choke on and
//! [`repair`] has made up for differences in the grammar, and [`scopes`] for those in what a name means; [`verify`],
//! [`bindings`] and [`conflicts`] refuse what OPA would refuse, [`rewrite`], [`calls`], [`mocks`], [`outputs`] and [`negation`]
//! make regorus read the rest as OPA does, [`reads`] and [`requires`] say what of an input a rule needs. [`metadata`]
//! reads comments and [`result`] the answers. [`program`] is what is loaded together, and [`asker`] asks it.

mod addresses;
pub mod asker;
mod bindings;
mod bounded;
mod calls;
mod clock;
mod comments;
mod conflicts;
mod digests;
pub mod engine;
pub mod extensions;
pub mod files;
mod functions;
mod go_number;
pub mod metadata;
mod mocks;
mod negation;
mod outputs;
pub mod parse;
mod patterns;
pub mod program;
pub mod reads;
mod repair;
pub mod requires;
pub mod result;
pub mod rewrite;
mod scan;
pub mod scopes;
mod sprintf;
pub mod syntax;
pub mod text;
mod texts;
pub mod value;
pub mod verify;
mod watch;
