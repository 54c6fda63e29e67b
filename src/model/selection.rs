//! Which rules speak, and how loud.

use std::collections::BTreeMap;

use super::rule::{Category, PROFILES, Rule, Severity};

/// One word of `--select` or `--ignore`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// Every rule.
    All,
    /// The rules that are on without being asked for.
    Default,
    /// A family; where it selects, its rules that are on by default.
    Category(Category),
    /// Rules that are selected together, or the one rule of that name.
    Profile(String),
    /// One rule.
    Rule(String),
}

impl Selector {
    /// Reads a word; anything that is no keyword, no category and no profile is taken for a rule id.
    #[must_use]
    pub fn parse(word: &str) -> Selector {
        match word {
            "all" => Selector::All,
            "default" => Selector::Default,
            word => match Category::parse(word) {
                Some(category) => Selector::Category(category),
                None if PROFILES.iter().any(|(name, _)| *name == word) => Selector::Profile(word.to_owned()),
                None => Selector::Rule(word.to_owned()),
            },
        }
    }

    /// How narrow the selector is where it covers the rule; `None` where it does not.
    fn reach(&self, rule: &Rule) -> Option<u8> {
        match self {
            Selector::Default => rule.default.then_some(0),
            Selector::All => Some(0),
            Selector::Category(category) => (*category == rule.category).then_some(1),
            Selector::Rule(id) => (*id == rule.id).then_some(2),
            Selector::Profile(name) if *name == rule.id => Some(2),
            Selector::Profile(name) => rule.profiles.iter().any(|own| own == name).then_some(1),
        }
    }
}

/// The rules of a run: the narrowest selector that covers a rule decides, and of two equally narrow ones `ignore`.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// What is on. Empty means [`Selector::Default`].
    pub select: Vec<Selector>,
    /// What is off.
    pub ignore: Vec<Selector>,
    /// Severities that the configuration changes.
    pub severities: BTreeMap<String, Severity>,
}

impl Selection {
    /// The severity a rule speaks with; `None` if it is off.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Option<Severity> {
        let narrowest = |selectors: &[Selector]| selectors.iter().filter_map(|selector| selector.reach(rule)).max();
        // A family floods nobody: what is off by default wants to be named, or its profile.
        let floods = |selector: &&Selector| rule.default || !matches!(selector, Selector::Category(_));
        let selected = || self.select.iter().filter(floods).filter_map(|selector| selector.reach(rule)).max();
        let on = if self.select.is_empty() { rule.default.then_some(0) } else { selected() };
        let off = narrowest(&self.ignore);
        let on = on?;
        if off.is_some_and(|off| off >= on) {
            return None;
        }
        Some(self.severities.get(&*rule.id).copied().unwrap_or(rule.severity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(default: bool) -> Rule {
        Rule { default, ..Rule::new("host-network", Category::Security, Severity::Error, "", "", "") }
    }

    fn selection(select: &[&str], ignore: &[&str]) -> Selection {
        let parse = |words: &[&str]| words.iter().map(|word| Selector::parse(word)).collect();
        Selection { select: parse(select), ignore: parse(ignore), severities: BTreeMap::new() }
    }

    #[test]
    fn the_narrower_selector_wins_and_ignore_wins_a_draw() {
        assert_eq!(selection(&[], &[]).level(&rule(true)), Some(Severity::Error));
        assert_eq!(selection(&[], &[]).level(&rule(false)), None);
        assert_eq!(selection(&["host-network"], &["security"]).level(&rule(true)), Some(Severity::Error));
        assert_eq!(selection(&["security"], &["host-network"]).level(&rule(true)), None);
        assert_eq!(selection(&["security"], &["security"]).level(&rule(true)), None);
        assert_eq!(selection(&["schema"], &[]).level(&rule(true)), None);
        assert_eq!(selection(&["all"], &[]).level(&rule(false)), Some(Severity::Error));
        assert_eq!(selection(&["security"], &[]).level(&rule(false)), None);
    }

    #[test]
    fn a_profile_selects_its_rules_and_the_rule_of_its_name() {
        let member = Rule { profiles: vec!["jobs".into()], ..rule(false) };
        assert_eq!(selection(&["jobs"], &[]).level(&member), Some(Severity::Error));
        assert_eq!(selection(&["default", "jobs"], &["host-network"]).level(&member), None);
        assert_eq!(selection(&["jobs"], &["jobs"]).level(&member), None);
        assert_eq!(selection(&["network"], &[]).level(&member), None);
    }

    #[test]
    fn the_configuration_changes_the_severity() {
        let mut selection = selection(&[], &[]);
        selection.severities.insert("host-network".into(), Severity::Note);
        assert_eq!(selection.level(&rule(true)), Some(Severity::Note));
    }
}
