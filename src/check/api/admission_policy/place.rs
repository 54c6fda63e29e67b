//! Expressions in CEL that do not compile: where they stand in a file.

use crate::check::cel::types::Problem;
use crate::model::node::{Kind, Node};
use crate::model::path::Path;
use crate::model::source::Span;
use crate::model::value::Value;

use crate::check::api::object::Object;
use crate::check::api::rules::INVALID_EXPRESSION;

/// Reports what is wrong with an expression.
#[cold]
pub(in crate::check::api) fn report(object: &mut Object<'_, '_>, path: Path, written: Value<'_>, problem: Problem) {
    let span = problem.place.clone().and_then(|place| inside(written, place)).unwrap_or_else(|| object.span(&path));
    let message = format!("{} {}", object.name(&path), problem.fault);
    let mut finding = object.refuse_at(&INVALID_EXPRESSION, span, path, message, problem.label);
    if let Some(help) = problem.help {
        finding = finding.help(help);
    }
    object.report(finding);
}

/// The place of a part of a text, in bytes of what Kubernetes reads, in the file. Where the text is not as it is written,
/// as in a block, the part is counted among its like; nothing if the two counts differ.
fn inside(written: Value<'_>, place: std::ops::Range<usize>) -> Option<Span> {
    let node = written.written();
    if node.kind != Kind::Scalar {
        return None;
    }
    let base = written.tree().base + node.a;
    let at = |start: usize, end: usize| Some(Span::new(written.tree().file, base + start as u32, base + end as u32));
    if !node.has(Node::ESCAPED) {
        return at(place.start, place.end);
    }
    let text = written.as_str()?;
    let source = written.source().get(node.a as usize..(node.a + node.b) as usize)?;
    let word = text.get(place.clone()).filter(|word| !word.is_empty())?;
    if text.matches(word).count() != source.matches(word).count() {
        return None;
    }
    let number = text[..place.start].matches(word).count();
    let (start, _) = source.match_indices(word).nth(number)?;
    at(start, start + word.len())
}
