//! What is kept of an object: a tree of its own that outlives the text, with values as the server compares them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::check::api::quantity::Quantity;
use crate::check::wording::is_placeholder;
use crate::model::scalar::{Scalar, json_float};
use crate::model::value::Value;

/// No object of a built-in kind is deeper, or has more values; what is, is not compared.
const DEEPEST: usize = 64;
const MOST: usize = 200_000;

/// The longest text of the old value that a message quotes, in characters.
const QUOTED: usize = 60;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    Word(Word),
    List(Vec<Plain>),
    Map(BTreeMap<String, Plain>),
}

/// A scalar and how it is written.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) meaning: Meaning,
    text: String,
}

/// What a scalar means to the server.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Number(i128),
    /// A number with a fraction, as Go writes it.
    Fraction(String),
    Text,
    /// A quantity, however it is written.
    Amount(Quantity),
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning && (self.meaning != Meaning::Text || self.text == other.text)
    }
}

impl Plain {
    /// Reads a value. Nulls in mappings are absent, as they are for the server. `None` for what is too large.
    pub(super) fn of(value: Value<'_>) -> Option<Plain> {
        read(value, DEEPEST, &mut { MOST })
    }

    /// The text of a default.
    pub(super) fn text(text: &str) -> Plain {
        Plain::Word(Word { meaning: Meaning::Text, text: text.to_owned() })
    }

    pub(super) fn number(number: i64) -> Plain {
        Plain::Word(Word { meaning: Meaning::Number(number.into()), text: number.to_string() })
    }

    pub(super) fn boolean(is_so: bool) -> Plain {
        Plain::Word(Word { meaning: Meaning::Bool(is_so), text: is_so.to_string() })
    }

    pub(super) fn empty() -> Plain {
        Plain::Map(BTreeMap::new())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Plain> {
        match self {
            Plain::Map(map) => map.get(key),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Plain> {
        match self {
            Plain::Map(map) => map.get_mut(key),
            _ => None,
        }
    }

    pub(super) fn at(&self, keys: &[&str]) -> Option<&Plain> {
        keys.iter().try_fold(self, |plain, key| plain.get(key))
    }

    pub(super) fn at_mut(&mut self, keys: &[&str]) -> Option<&mut Plain> {
        keys.iter().try_fold(self, |plain, key| plain.get_mut(key))
    }

    pub(super) fn items(&self) -> &[Plain] {
        match self {
            Plain::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn items_mut(&mut self) -> &mut [Plain] {
        match self {
            Plain::List(items) => items,
            _ => &mut [],
        }
    }

    /// The members of a mapping.
    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = (&String, &mut Plain)> {
        match self {
            Plain::Map(map) => Some(map.iter_mut()),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// Sets a field of a mapping.
    pub(super) fn set(&mut self, key: &str, value: Plain) {
        if let Plain::Map(map) = self {
            map.insert(key.to_owned(), value);
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Plain> {
        match self {
            Plain::Map(map) => map.remove(key),
            _ => None,
        }
    }

    /// Fills in a field that is absent.
    pub(super) fn default(&mut self, key: &str, value: impl FnOnce() -> Plain) {
        if let Plain::Map(map) = self {
            map.entry(key.to_owned()).or_insert_with(value);
        }
    }

    /// Fills in a field that is absent or empty, which is the same for fields without a pointer.
    pub(super) fn default_zero(&mut self, key: &str, value: impl FnOnce() -> Plain) {
        if self.get(key).is_none_or(Plain::is_zero) {
            self.set(key, value());
        }
    }

    /// The string.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Plain::Word(Word { meaning: Meaning::Text, text }) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Plain::Word(Word { meaning: Meaning::Bool(is_so), .. }) => Some(*is_so),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<i128> {
        match self {
            Plain::Word(Word { meaning: Meaning::Number(number), .. }) => Some(*number),
            _ => None,
        }
    }

    /// Reads a scalar as a quantity from now on.
    pub(super) fn read_amount(&mut self) {
        if let Plain::Word(word) = self
            && matches!(word.meaning, Meaning::Text | Meaning::Number(_) | Meaning::Fraction(_))
            && let Some(amount) = Quantity::parse(&word.text)
        {
            word.meaning = Meaning::Amount(amount);
        }
    }

    pub(super) fn as_amount(&self) -> Option<Quantity> {
        match self {
            Plain::Word(Word { meaning: Meaning::Amount(amount), .. }) => Some(*amount),
            _ => None,
        }
    }

    /// Whether it is what Go takes for absence: `false`, 0, an empty text or collection.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Plain::List(items) => items.is_empty(),
            Plain::Map(map) => map.is_empty(),
            Plain::Word(word) => match &word.meaning {
                Meaning::Null => true,
                Meaning::Bool(is_so) => !is_so,
                Meaning::Number(number) => *number == 0,
                Meaning::Text => word.text.is_empty(),
                Meaning::Fraction(_) | Meaning::Amount(_) => false,
            },
        }
    }

    /// Whether another tool fills something in before the server sees it.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Plain::Word(word) => word.meaning == Meaning::Text && is_placeholder(&word.text),
            Plain::List(items) => items.iter().any(Plain::is_open),
            Plain::Map(map) => map.iter().any(|(key, value)| is_placeholder(key) || value.is_open()),
        }
    }

    /// In a few words for a message: on one line and not long.
    pub(super) fn quoted(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        let is_long = text.chars().nth(QUOTED).is_some();
        let mut short: String = text.chars().take(QUOTED).map(|one| if one.is_control() { ' ' } else { one }).collect();
        if is_long {
            short.push('…');
        }
        short.replace('`', "'")
    }

    fn write(&self, out: &mut String) {
        // What is cut off anyway is not written.
        if out.len() > QUOTED * 4 {
            return;
        }
        match self {
            Plain::Word(word) if word.meaning == Meaning::Text && word.text.is_empty() => out.push_str("\"\""),
            Plain::Word(word) => out.push_str(word.text.get(..QUOTED * 8).unwrap_or(&word.text)),
            Plain::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Plain::Map(map) => {
                out.push('{');
                for (at, (key, value)) in map.iter().enumerate() {
                    let _ = write!(out, "{}{key}: ", if at > 0 { ", " } else { "" });
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn read(value: Value<'_>, depth: usize, room: &mut usize) -> Option<Plain> {
    *room = room.checked_sub(1)?;
    let below = depth.checked_sub(1)?;
    if value.is_mapping() {
        let mut map = BTreeMap::new();
        for entry in value.entries() {
            if entry.value.is_null() {
                // Of two equal keys the last counts, even if it is null.
                map.remove(&*entry.name());
            } else {
                map.insert(entry.name().into_owned(), read(entry.value, below, room)?);
            }
        }
        return Some(Plain::Map(map));
    }
    if value.is_sequence() {
        return value.items().map(|item| read(item, below, room)).collect::<Option<_>>().map(Plain::List);
    }
    let (meaning, text) = match value.scalar()? {
        Scalar::Null => (Meaning::Null, "null".to_owned()),
        Scalar::Bool(is_so) => (Meaning::Bool(is_so), is_so.to_string()),
        Scalar::Int(number) => (Meaning::Number(number.into()), number.to_string()),
        Scalar::Uint(number) => (Meaning::Number(number.into()), number.to_string()),
        Scalar::Float(number) if number.fract() == 0.0 && number.abs() < 2f64.powi(53) => {
            (Meaning::Number(number as i128), json_float(number))
        }
        Scalar::Float(number) => (Meaning::Fraction(json_float(number)), json_float(number)),
        Scalar::Str(text) => (Meaning::Text, text.into_owned()),
    };
    Some(Plain::Word(Word { meaning, text }))
}
