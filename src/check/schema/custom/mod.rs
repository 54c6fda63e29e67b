//! What custom resource definitions ask for beyond types and fields.
//!
//! `keywords` reads a node of a structural schema in one pass, [`Asks`] is what is left of it beside the table. `settle`
//! makes the object that the API server validates of the one that is written: nulls are dropped, defaults filled in.
//! `conform` checks it, with `pattern`, `alternatives`, `lists` and `embedded` for
//! their parts, `cel` evaluates the rules in CEL, `before` knows what an object was, and `wording` has the words.
//! `json_schema` is for kinds of which there is no definition, but a JSON Schema.

pub(super) mod alternatives;
pub(super) mod before;
pub(super) mod cel;
pub(super) mod conform;
mod embedded;
pub(super) mod json_schema;
pub(super) mod keywords;
mod limits;
mod lists;
pub(super) mod settle;
pub(super) mod wording;

use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::check::cel::Extract;

use alternatives::Alternatives;
pub(super) use limits::Limit;

/// What a node of a schema asks for, and its nodes below. Nodes that ask for nothing are left out.
#[derive(Debug, Default)]
pub(super) struct Asks {
    /// What takes the place of an absent value.
    pub(super) default: Option<Json>,
    /// Limits of single values.
    pub(super) limits: Vec<Limit>,
    /// How items are told apart.
    pub(super) list: List,
    /// `oneOf` and its siblings.
    pub(super) alternatives: Option<Box<Alternatives>>,
    /// It is an object of a cluster itself.
    pub(super) embedded: bool,
    /// `x-kubernetes-validations`
    pub(super) rules: Vec<cel::Rule>,
    /// See [`Asks::read`].
    read: OnceLock<Extract>,
    /// See [`Asks::has_rules`].
    has_rules: bool,
    /// By name, in order.
    properties: Vec<(Box<str>, Asks)>,
    pub(super) items: Option<Box<Asks>>,
    pub(super) additional: Option<Box<Asks>>,
}

/// `x-kubernetes-list-type`
#[derive(Debug, Default)]
pub(super) enum List {
    /// Not at all.
    #[default]
    Atomic,
    /// All items differ.
    Set,
    /// They differ in these keys.
    Map(Vec<String>),
}

impl Asks {
    /// Whether there is a rule in CEL here or below; known once [`Asks::note_rules`] was called.
    pub(super) fn has_rules(&self) -> bool {
        self.has_rules
    }

    /// Notes for every node whether there is a rule in CEL at it or below.
    pub(super) fn note_rules(&mut self) -> bool {
        let below = self.properties.iter_mut().fold(false, |found, (_, asks)| asks.note_rules() | found);
        let inside = [&mut self.items, &mut self.additional].into_iter().flatten();
        let inside = inside.fold(false, |found, asks| asks.note_rules() | found);
        let alternatives = self.alternatives.as_ref().is_some_and(|alternatives| alternatives.has_rules());
        self.has_rules = !self.rules.is_empty() || below || inside || alternatives;
        self.has_rules
    }

    /// Forgets where rules stand: in a text that nobody can look at.
    pub(super) fn forget_places(&mut self) {
        self.rules.iter_mut().for_each(|rule| rule.span = None);
        self.properties.iter_mut().for_each(|(_, asks)| asks.forget_places());
        self.items.iter_mut().chain(&mut self.additional).for_each(|asks| asks.forget_places());
    }

    /// Whether something at this node looks at all that is below it.
    fn sees_all(&self) -> bool {
        let is_told_apart = !matches!(self.list, List::Atomic);
        is_told_apart
            || self.embedded
            || self.alternatives.is_some()
            || !self.limits.is_empty()
            || (!self.rules.is_empty() && self.read().is_whole())
    }

    /// What the rules at this node read.
    fn read(&self) -> &Extract {
        self.read.get_or_init(|| cel::read(&self.rules))
    }

    /// Whether the rules at this node read a member of an object.
    fn reads(&self, name: &str) -> bool {
        !self.rules.is_empty() && self.read().reads(name)
    }

    /// Itself, unless it asks for nothing.
    pub(super) fn if_any(self) -> Option<Asks> {
        let nothing = self.default.is_none()
            && self.limits.is_empty()
            && matches!(self.list, List::Atomic)
            && self.alternatives.is_none()
            && !self.embedded
            && self.rules.is_empty()
            && self.properties.is_empty()
            && self.items.is_none()
            && self.additional.is_none();
        (!nothing).then_some(self)
    }

    /// Adds what a property asks for. [`Asks::sort`] follows.
    pub(super) fn put(&mut self, name: &str, asks: Option<Asks>) {
        if let Some(asks) = asks {
            self.properties.push((name.into(), asks));
        }
    }

    /// Puts the properties in order, so that they can be found. Of a property that is written twice the last counts.
    pub(super) fn sort(&mut self) {
        self.properties.sort_by(|one, other| one.0.cmp(&other.0));
    }

    /// The properties that ask for something.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, &Asks)> {
        self.properties.iter().map(|(name, asks)| (&**name, asks))
    }

    /// What a property asks for.
    pub(super) fn property(&self, name: &str) -> Option<&Asks> {
        let behind = self.properties.partition_point(|(known, _)| **known <= *name);
        let (known, asks) = self.properties.get(behind.checked_sub(1)?)?;
        (**known == *name).then_some(asks)
    }
}
