//! What a rule needs to find in an object before it can have anything to say: a look at our own tree, so that most
//! objects are neither converted for regorus nor evaluated.
//!
//! A need is a line of the `needs` of a rule's metadata:
//!
//! | line | what the object must have, anywhere |
//! | --- | --- |
//! | `hostPath` | this key, or this text |
//! | `hostNetwork: true`, `runAsUser: 0` | this key with this switch or zero |
//! | `image ~ :latest$` | this key with a text that the regular expression finds something in |
//! | `containers lack a.b or c` | a list under this key with an item that has none of these fields |
//! | `containers refer with port to ports.name` | a list with an item in which a text under `port` names nothing in `ports` |
//! | `env have value and name ~ TOKEN` | a list under this key with an item that has all of these fields |
//! | `annotations keys ~ -snippet$` | a mapping under this key with a key that the regular expression finds something in |
//! | `the object lacks spec.tls` | none of these fields, or nothing in them |
//! | `the text ~ AKIA` | text, as it is written, that the regular expression finds something in |

use std::collections::HashMap;

use regex::Regex;

use crate::model::node::Kind;
use crate::model::scalar::Scalar;
use crate::model::value::Value;

/// The needs of the rules that look at one kind.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// For each rule the lines of which one must be met, a bit each; `None` for a rule that is always asked.
    rules: Vec<Option<u128>>,
    /// The expressions that are looked for in the text itself.
    texts: Vec<(Regex, u32)>,
    /// The fields of which the object itself must have none.
    absent: Vec<(Vec<Field>, u32)>,
    /// What is asked for at a key, and at a text.
    words: HashMap<&'static str, Asked>,
    /// For each length of a word, up to 63, the first bytes of words of that length, a bit each: most words are told by
    /// it to be none of ours.
    outline: Vec<u64>,
    /// The length of the longest word.
    longest: usize,
}

/// What is asked for at one word.
#[derive(Debug, Default)]
struct Asked {
    /// The word itself.
    word: Option<u32>,
    /// With a switch or zero behind it.
    switches: Vec<(Switch, u32)>,
    /// With a text behind it.
    texts: Vec<(Regex, u32)>,
    /// With a list behind it, an item of which has none of the fields.
    lacking: Vec<(Vec<Field>, u32)>,
    /// With a list behind it, an item of which has all of the fields.
    having: Vec<(Vec<Field>, u32)>,
    /// With a list behind it, an item of which names something that it does not have.
    referring: Vec<(Reference, u32)>,
    /// With a mapping behind it that has such a key.
    keys: Vec<(Regex, u32)>,
}

/// `port to ports.name`
#[derive(Debug)]
struct Reference {
    key: &'static str,
    list: &'static str,
    name: &'static str,
}

impl Reference {
    fn read(written: &'static str) -> Option<Reference> {
        let (key, target) = written.split_once(" to ")?;
        let (list, name) = target.split_once('.')?;
        Some(Reference { key, list, name })
    }

    /// Whether a text in the item names nothing in its list.
    fn is_open_in(&self, item: Value<'_>) -> bool {
        let named = item.get(self.list).into_iter().flat_map(Value::items);
        let names: Vec<_> = named.filter_map(|one| one.get(self.name)?.as_str()).collect();
        self.is_open(item, &|text| names.iter().any(|name| name == text))
    }

    fn is_open(&self, value: Value<'_>, is_known: &dyn Fn(&str) -> bool) -> bool {
        value.entries().any(|entry| {
            let names_nothing = || entry.value.as_str().is_some_and(|text| !is_known(&text));
            (entry.key.is_key(self.key) && names_nothing()) || self.is_open(entry.value, is_known)
        }) || value.items().any(|item| self.is_open(item, is_known))
    }
}

/// A field of the items of a list, and what its text must match.
#[derive(Debug)]
struct Field {
    path: Vec<&'static str>,
    text: Option<Regex>,
}

impl Field {
    fn read(written: &'static str) -> Option<Field> {
        let (path, text) = match written.split_once(" ~ ") {
            Some((path, pattern)) => (path, Some(Regex::new(pattern).ok()?)),
            None => (written, None),
        };
        Some(Field { path: path.split('.').collect(), text })
    }

    /// Whether an item has it, and not as null.
    fn is_in(&self, item: Value<'_>) -> bool {
        let Some(value) = item.at(self.path.iter().copied()).filter(|value| !value.is_null()) else { return false };
        self.text.as_ref().is_none_or(|text| value.as_str().is_some_and(|value| text.is_match(&value)))
    }

    /// Whether an object has it, and neither as null nor as an empty collection.
    fn holds_something(&self, object: Value<'_>) -> bool {
        let value = object.at(self.path.iter().copied());
        value.is_some_and(|value| if value.is_scalar() { !value.is_null() } else { !value.is_empty() })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
    Zero,
}

/// Most lines; a rule with one more is always asked.
const MOST: usize = 128;

impl Needs {
    /// Reads the lines of each rule.
    pub(super) fn new(rules: impl Iterator<Item = &'static [&'static str]>) -> Self {
        let mut needs = Needs { outline: vec![0; 64], ..Needs::default() };
        let mut numbers: HashMap<&str, Option<u32>> = HashMap::new();
        for lines in rules {
            let mut bits = Some(0u128).filter(|_| !lines.is_empty());
            for &line in lines {
                let next = numbers.len();
                let number = *numbers.entry(line).or_insert_with(|| {
                    let number = u32::try_from(next).ok().filter(|_| next < MOST)?;
                    needs.read(line, number).map(|()| number)
                });
                bits = bits.zip(number).map(|(bits, number)| bits | 1 << number);
            }
            needs.rules.push(bits);
        }
        for word in needs.words.keys() {
            needs.outline[word.len().min(63)] |= bit(word);
            needs.longest = needs.longest.max(word.len());
        }
        needs
    }

    /// Reads a line; `None` if it makes no sense, which leaves the rule to be asked always.
    fn read(&mut self, line: &'static str, number: u32) -> Option<()> {
        if let Some(pattern) = line.strip_prefix("the text ~ ") {
            self.texts.push((Regex::new(pattern).ok()?, number));
        } else if let Some(fields) = line.strip_prefix("the object lacks ") {
            self.absent.push((fields.split(" or ").map(Field::read).collect::<Option<_>>()?, number));
        } else if let Some((key, fields)) = line.split_once(" have ") {
            let fields = fields.split(" and ").map(Field::read).collect::<Option<_>>()?;
            self.words.entry(key).or_default().having.push((fields, number));
        } else if let Some((key, fields)) = line.split_once(" lack ") {
            let fields = fields.split(" or ").map(Field::read).collect::<Option<_>>()?;
            self.words.entry(key).or_default().lacking.push((fields, number));
        } else if let Some((key, reference)) = line.split_once(" refer with ") {
            let reference = Reference::read(reference)?;
            self.words.entry(key).or_default().referring.push((reference, number));
        } else if let Some((key, pattern)) = line.split_once(" keys ~ ") {
            let pattern = Regex::new(pattern).ok()?;
            self.words.entry(key).or_default().keys.push((pattern, number));
        } else if let Some((key, pattern)) = line.split_once(" ~ ") {
            let pattern = Regex::new(pattern).ok()?;
            self.words.entry(key).or_default().texts.push((pattern, number));
        } else if let Some((key, switch)) = line.split_once(": ") {
            let switch = match switch {
                "true" => Switch::On,
                "false" => Switch::Off,
                "0" => Switch::Zero,
                _ => return None,
            };
            self.words.entry(key).or_default().switches.push((switch, number));
        } else {
            self.words.entry(line).or_default().word = Some(number);
        }
        Some(())
    }

    /// The rules that can have something to say about an object, a bit each. The depth is bounded by the loader's nesting
    /// budget.
    pub(super) fn look(&self, object: Value<'_>) -> u128 {
        let mut met = 0;
        if !self.words.is_empty() {
            self.value(object, &mut met);
        }
        for (pattern, number) in &self.texts {
            let node = object.node();
            let written = object.source().get(node.start as usize..node.end as usize);
            met |= u128::from(written.is_none_or(|text| pattern.is_match(text))) << number;
        }
        for (fields, number) in &self.absent {
            met |= u128::from(!fields.iter().any(|field| field.holds_something(object))) << number;
        }
        let asked = self.rules.iter().enumerate().filter(|(_, bits)| bits.is_none_or(|bits| bits & met != 0));
        asked.fold(0, |all, (rule, _)| all | 1 << rule)
    }

    fn value(&self, value: Value<'_>, met: &mut u128) {
        match value.kind() {
            Kind::Mapping => value.each_entry(|entry| {
                if let Some(asked) = self.asked(&entry.name()) {
                    asked.at_key(entry.value, met);
                }
                self.value(entry.value, met);
            }),
            Kind::Sequence => value.items().for_each(|item| self.value(item, met)),
            _ => self.text(value, met),
        }
    }

    fn text(&self, value: Value<'_>, met: &mut u128) {
        let node = value.node();
        // The longest spelling of a character is `\U0001F600`, and a block has its indentation.
        let is_word = node.end - node.start <= 16 + 10 * self.longest as u32;
        if is_word && let Some(asked) = value.as_str().and_then(|text| self.asked(&text)) {
            asked.word.iter().for_each(|number| *met |= 1 << number);
        }
    }

    fn asked(&self, word: &str) -> Option<&Asked> {
        let outline = self.outline.get(word.len().min(63)).copied().unwrap_or_default();
        if outline & bit(word) == 0 {
            return None;
        }
        self.words.get(word)
    }
}

impl Asked {
    fn at_key(&self, value: Value<'_>, met: &mut u128) {
        *met |= self.word.map_or(0, |number| 1 << number);
        if !self.switches.is_empty() {
            let switch = match value.scalar() {
                Some(Scalar::Bool(true)) => Some(Switch::On),
                Some(Scalar::Bool(false)) => Some(Switch::Off),
                Some(Scalar::Int(0)) => Some(Switch::Zero),
                Some(Scalar::Float(0.0)) => Some(Switch::Zero),
                _ => None,
            };
            let numbers = self.switches.iter().filter(|(wanted, _)| Some(*wanted) == switch);
            numbers.for_each(|(_, number)| *met |= 1 << number);
        }
        if !self.texts.is_empty()
            && let Some(text) = value.as_str()
        {
            for (pattern, number) in &self.texts {
                if *met & (1 << number) == 0 && pattern.is_match(&text) {
                    *met |= 1 << number;
                }
            }
        }
        for (fields, number) in &self.lacking {
            if value.items().any(|item| !fields.iter().any(|field| field.is_in(item))) {
                *met |= 1 << number;
            }
        }
        for (pattern, number) in &self.keys {
            if value.entries().any(|entry| pattern.is_match(&entry.name())) {
                *met |= 1 << number;
            }
        }
        for (reference, number) in &self.referring {
            if value.items().any(|item| reference.is_open_in(item)) {
                *met |= 1 << number;
            }
        }
        for (fields, number) in &self.having {
            if value.items().any(|item| fields.iter().all(|field| field.is_in(item))) {
                *met |= 1 << number;
            }
        }
    }
}

fn bit(word: &str) -> u64 {
    1 << (word.as_bytes().first().copied().unwrap_or_default() & 63)
}
