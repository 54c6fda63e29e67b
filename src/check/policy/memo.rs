//! What a policy has answered: asked again about an input that is the same in all that it reads, it would say the same.
//! Objects of a fleet often differ in their names alone, and where a violation is shows by asking about many variants of
//! an object of which most are alike for the policy.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::mem::discriminant;

use regorus::Value as Rego;

/// A route into an input.
pub(super) type Route = Vec<String>;

/// A part of what an answer depends on. Parts that follow each other say where they stand.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Value(Rego),
    /// An object, of which only parts that follow are read.
    Object,
    /// An object of so many fields, of which names and parts follow.
    Fields(usize),
    /// A list, of which nothing else is read.
    List,
    /// A list of so many items, of which parts follow.
    Items(usize),
}

/// Most answers that are kept.
const MOST: usize = 512;

/// How many questions show whether inputs repeat themselves, and how many of them must have an answer then.
const TRIED: u32 = 512;
const FEWEST: u32 = TRIED / 16;

/// The answers of one policy.
pub(super) struct Memo<A> {
    answers: HashMap<u64, Vec<Known<A>>>,
    kept: usize,
    asked: u32,
    found: u32,
}

struct Known<A> {
    question: Question,
    answer: A,
}

/// What is asked, and all of the input that the answer can depend on.
pub(super) struct Question {
    /// Who asks: what they read is not the same.
    asking: usize,
    query: String,
    parts: Vec<Part>,
    digest: u64,
}

impl<A> Default for Memo<A> {
    fn default() -> Self {
        Memo { answers: HashMap::new(), kept: 0, asked: 0, found: 0 }
    }
}

impl<A: Clone> Memo<A> {
    /// A question about the `parts` of an input; `None` where inputs do not repeat themselves.
    pub(super) fn question(
        &mut self,
        asking: usize,
        query: &str,
        parts: impl FnOnce() -> Vec<Part>,
    ) -> Option<Question> {
        if self.asked >= TRIED {
            if self.found < FEWEST {
                self.answers = HashMap::new();
                return None;
            }
            (self.asked, self.found) = (0, 0);
        }
        self.asked += 1;
        let parts = parts();
        let mut hasher = DefaultHasher::new();
        hasher.write_usize(asking);
        hasher.write(query.as_bytes());
        parts.iter().for_each(|part| part.digest(&mut hasher));
        Some(Question { asking, query: query.to_owned(), parts, digest: hasher.finish() })
    }

    /// The answer to a question that was asked before.
    pub(super) fn answer(&mut self, question: &Question) -> Option<A> {
        let known = self.answers.get(&question.digest)?.iter().find(|known| known.question.is(question))?;
        self.found += 1;
        Some(known.answer.clone())
    }

    /// Keeps an answer, which must be about the parts of the input and nothing else.
    pub(super) fn keep(&mut self, question: Question, answer: A) {
        if self.kept >= MOST {
            self.answers.clear();
            self.kept = 0;
        }
        self.kept += 1;
        self.answers.entry(question.digest).or_default().push(Known { question, answer });
    }
}

impl Question {
    fn is(&self, other: &Question) -> bool {
        self.asking == other.asking
            && self.query == other.query
            && self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(own, other)| own.is(other))
    }
}

impl Part {
    pub(super) fn is(&self, other: &Part) -> bool {
        match (self, other) {
            (Part::Value(own), Part::Value(other)) => are_same(own, other),
            (Part::Fields(own), Part::Fields(other)) | (Part::Items(own), Part::Items(other)) => own == other,
            (own, other) => discriminant(own) == discriminant(other),
        }
    }

    fn digest(&self, hasher: &mut DefaultHasher) {
        match self {
            Part::Value(value) => digest(value, hasher),
            Part::Object => hasher.write_u8(7),
            Part::List => hasher.write_u8(8),
            Part::Fields(count) => hasher.write_usize(count + 9),
            Part::Items(count) => hasher.write_usize(count + 10),
        }
    }
}

fn digest(value: &Rego, hasher: &mut DefaultHasher) {
    match value {
        Rego::Null => hasher.write_u8(1),
        Rego::Bool(value) => hasher.write_u8(2 + u8::from(*value)),
        Rego::Number(number) => match value.as_i64() {
            Ok(number) => hasher.write_i64(number),
            Err(_) => hasher.write(format!("{number:?}\u{4}").as_bytes()),
        },
        Rego::String(text) => {
            hasher.write(text.as_bytes());
            hasher.write_u8(5);
        }
        Rego::Array(items) => {
            hasher.write_usize(items.len());
            items.iter().for_each(|item| digest(item, hasher));
        }
        Rego::Set(items) => {
            hasher.write_usize(items.len());
            items.iter().for_each(|item| digest(item, hasher));
        }
        Rego::Object(fields) => {
            hasher.write_usize(fields.len());
            for (key, value) in fields.iter_sorted() {
                digest(key, hasher);
                digest(value, hasher);
            }
        }
        Rego::Undefined => hasher.write_u8(6),
    }
}

/// Whether two values are the same, and not only equal, as 1 and 1.0 are.
fn are_same(one: &Rego, other: &Rego) -> bool {
    match (one, other) {
        (Rego::Number(one), Rego::Number(other)) => {
            discriminant(one) == discriminant(other) && format!("{one:?}") == format!("{other:?}")
        }
        (Rego::Array(one), Rego::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| are_same(one, other))
        }
        (Rego::Object(one), Rego::Object(other)) => {
            let same =
                |(one, other): ((&Rego, &Rego), (&Rego, &Rego))| are_same(one.0, other.0) && are_same(one.1, other.1);
            one.len() == other.len() && one.iter_sorted().zip(other.iter_sorted()).all(same)
        }
        (Rego::Set(_), Rego::Set(_)) => false,
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn json(text: &str) -> Rego {
        Rego::from_json_str(text).unwrap()
    }

    #[test]
    fn what_is_equal_is_not_always_the_same() {
        for (one, other, same) in [
            ("[1, {\"a\": null}]", "[1, {\"a\": null}]", true),
            ("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true),
            ("[\"a\", \"b\"]", "[\"ab\"]", false),
            ("{\"a\": null}", "{}", false),
            ("\"1\"", "1", false),
        ] {
            assert_eq!(are_same(&json(one), &json(other)), same, "{one} {other}");
        }
        assert_eq!(Rego::from(1i64), Rego::from(1.0f64));
        assert!(!are_same(&Rego::from(1i64), &Rego::from(1.0f64)));
        assert!(!are_same(&Rego::from(0.0f64), &Rego::from(-0.0f64)));
    }

    #[test]
    fn what_never_repeats_itself_is_not_kept() {
        let mut memo: Memo<i64> = Memo::default();
        for number in 0..i64::from(TRIED) {
            let question = memo.question(0, "a", || vec![Part::Value(Rego::from(number))]).unwrap();
            assert_eq!(memo.answer(&question), None);
            memo.keep(question, number);
        }
        assert!(memo.question(0, "a", Vec::new).is_none());
        let mut memo: Memo<i64> = Memo::default();
        for number in 0..3 * i64::from(TRIED) {
            let parts = || vec![Part::Value(Rego::from(number % 7))];
            let question = memo.question(0, "a", parts).unwrap();
            assert_eq!(memo.answer(&question), (number >= 7).then_some(number % 7));
            if number < 7 {
                memo.keep(question, number);
            }
        }
        let question = memo.question(0, "b", || vec![Part::Value(Rego::from(1i64))]).unwrap();
        assert_eq!(memo.answer(&question), None);
    }
}
