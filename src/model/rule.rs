//! What is known of a rule without running it.

use std::borrow::Cow;
use std::fmt;

/// How bad a finding is, whatever `--fail-on` makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Works, and will hurt.
    Warning,
    /// Will be refused, ignored or broken, or is a leak.
    Error,
}

impl Severity {
    /// The word used in every output and in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The family a rule belongs to; also a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// The YAML or JSON text itself.
    Syntax,
    /// OpenAPI and CRD schemas.
    Schema,
    /// The API server's own validation.
    Api,
    /// API versions and fields on their way out.
    Deprecation,
    /// Fabrikate, Kustomize, Helm, Flux and Argo CD definitions.
    Definition,
    /// Between resources.
    Reference,
    /// Built-in pack: security.
    Security,
    /// Built-in pack: reliability.
    Reliability,
    /// Built-in pack: hygiene.
    Hygiene,
    /// The user's own policies, and what is wrong with them.
    Policy,
}

impl Category {
    /// Every category, in the order of the documentation.
    pub const ALL: [Category; 10] = [
        Category::Syntax,
        Category::Schema,
        Category::Api,
        Category::Deprecation,
        Category::Definition,
        Category::Reference,
        Category::Security,
        Category::Reliability,
        Category::Hygiene,
        Category::Policy,
    ];

    /// The word used in every output, as a selector and as a folder name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Syntax => "syntax",
            Category::Schema => "schema",
            Category::Api => "api",
            Category::Deprecation => "deprecation",
            Category::Definition => "definition",
            Category::Reference => "reference",
            Category::Security => "security",
            Category::Reliability => "reliability",
            Category::Hygiene => "hygiene",
            Category::Policy => "policy",
        }
    }

    /// The category of that name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|category| category.as_str() == word)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The command that tells more about a rule; `None` for the user's own rules, whose ids have a slash: their policies
/// speak for themselves.
#[must_use]
pub fn explain_command(id: &str) -> Option<String> {
    (!id.contains('/')).then(|| format!("plimsoll explain {id}"))
}

/// What can silence a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilencedBy {
    /// A comment beside the finding, and the configuration.
    Comment,
    /// The configuration alone. A run with such a finding has not checked everything, and a comment must not make that
    /// look like a pass; or the finding is about a comment itself.
    Configuration,
    /// Nothing: the run cannot be trusted.
    Nothing,
}

/// How the ids of rules begin that people's own policies make.
pub const CUSTOM: &str = "custom/";

/// What `explain`, `rules`, SARIF and the README say about a rule. Each stage lists its own in one table of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case, unique, and naming the problem.
    pub id: Cow<'static, str>,
    /// The family.
    pub category: Category,
    /// The severity unless configured otherwise.
    pub severity: Severity,
    /// Whether it is on without being selected.
    pub default: bool,
    /// Whether a finding can carry a fix.
    pub fixable: bool,
    /// What can silence it.
    pub silenced_by: SilencedBy,
    /// One line: what is wrong.
    pub title: Cow<'static, str>,
    /// Why it matters: what happens if it is merged.
    pub why: Cow<'static, str>,
    /// How to mend it.
    pub help: Cow<'static, str>,
    /// Sources and further reading.
    pub links: Vec<Cow<'static, str>>,
    /// The profiles it belongs to.
    pub profiles: Vec<Cow<'static, str>>,
    /// What the configuration can change about it.
    pub parameters: Vec<Parameter>,
}

/// What the configuration can change about a rule, under `parameters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The key.
    pub name: String,
    /// The value without configuration, as JSON; a configured value is of the same type.
    pub default: String,
    /// What it does.
    pub help: String,
}

/// Rules that are selected together, most of which are off by default: the name, and what it is for.
pub const PROFILES: [(&str, &str); 9] = [
    ("pod-security-baseline", "the baseline level of the Pod Security Standards"),
    ("pod-security-restricted", "the restricted level of the Pod Security Standards, the baseline level in it"),
    ("high-availability", "services that outlive the loss of a node"),
    ("network", "who can reach whom"),
    ("rbac-strict", "rights that only operators need"),
    ("supply-chain", "where images come from, and that they stay what they are"),
    ("jobs", "Jobs and CronJobs that end and do not pile up"),
    ("references", "objects that are asked for by name or by labels, and that nothing here makes"),
    ("metadata", "labels, annotations and namespaces"),
];

impl Rule {
    /// A rule that is on by default, with its texts in the program.
    #[must_use]
    pub const fn new(
        id: &'static str,
        category: Category,
        severity: Severity,
        title: &'static str,
        why: &'static str,
        help: &'static str,
    ) -> Self {
        Rule {
            id: Cow::Borrowed(id),
            category,
            severity,
            default: true,
            fixable: false,
            silenced_by: SilencedBy::Comment,
            title: Cow::Borrowed(title),
            why: Cow::Borrowed(why),
            help: Cow::Borrowed(help),
            links: Vec::new(),
            profiles: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// A rule that a policy of a user makes: its name in kebab case, and its texts, empty where it has none.
    #[must_use]
    pub fn custom(name: &str, severity: Severity, title: String, why: String, help: String) -> Self {
        Rule {
            id: format!("{CUSTOM}{name}").into(),
            title: title.into(),
            why: why.into(),
            help: help.into(),
            ..Rule::new("", Category::Policy, severity, "", "", "")
        }
    }

    /// The same rule, off unless somebody asks for it.
    #[must_use]
    pub const fn opt_in(mut self) -> Self {
        self.default = false;
        self
    }

    /// The same rule, whose findings can carry a fix.
    #[must_use]
    pub const fn fixable(mut self) -> Self {
        self.fixable = true;
        self
    }

    /// The same rule, which no comment silences.
    #[must_use]
    pub const fn not_by_comment(mut self) -> Self {
        self.silenced_by = SilencedBy::Configuration;
        self
    }

    /// The same rule, which nothing silences.
    #[must_use]
    pub const fn never_silenced(mut self) -> Self {
        self.silenced_by = SilencedBy::Nothing;
        self
    }
}
