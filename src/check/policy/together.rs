//! What can only be asked when all objects are known: rules over the list of all files.

use crate::model::diagnostic::Diagnostic;
use crate::model::report::NotChecked;
use crate::model::resource::Resource;

use super::{Policies, combined};

/// An object of the run.
#[derive(Debug)]
pub struct Object<'t> {
    /// The object.
    pub resource: Resource<'t>,
    /// The printed name of its file.
    pub name: &'t str,
}

/// Whether an object is a policy that the cluster would enforce.
#[must_use]
pub fn is_policy(_resource: &Resource<'_>) -> bool {
    false
}

/// The policies that need all objects, and these.
pub struct Together<'a> {
    policies: &'a Policies,
    objects: &'a [Object<'a>],
}

impl<'a> Together<'a> {
    pub(super) fn new(policies: &'a Policies, objects: &'a [Object<'a>]) -> Self {
        Together { policies, objects }
    }

    /// What one thread needs.
    #[must_use]
    pub fn worker(&'a self) -> TogetherWorker<'a> {
        TogetherWorker { _together: self }
    }

    /// What is wrong with all objects together.
    #[must_use]
    pub fn findings(&self) -> Vec<Diagnostic> {
        combined::check(&self.policies.user, self.objects)
    }

    /// What could not be checked.
    #[must_use]
    pub fn not_checked(&self) -> Vec<NotChecked> {
        Vec::new()
    }
}

/// One thread at work.
pub struct TogetherWorker<'a> {
    _together: &'a Together<'a>,
}

impl TogetherWorker<'_> {
    /// Checks the object of that number.
    pub fn check(&mut self, _at: usize) -> Vec<Diagnostic> {
        Vec::new()
    }
}
