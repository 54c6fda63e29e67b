//! Names of iSCSI: `validateISCSIVolumeSource` and `validateISCSIPersistentVolumeSource` with
//! `iscsiInitiatorIqnRegex`, `iscsiInitiatorEuiRegex` and `iscsiInitiatorNaaRegex`.

use crate::check::api::object::{Field, Object};
use crate::check::api::rules::INVALID_NAME;

/// Checks the name of a target or an initiator.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, name: Option<&Field<'_, 't>>) {
    let Some((name, text)) = name.and_then(|name| Some((name, name.plain_text()?))) else { return };
    if is_name(&text) {
        return;
    }
    let fault = format!("is `{text}`, which is no name in iSCSI");
    let help = "write a name such as `iqn.2001-04.com.example:storage.disk1`, `eui.` and 16 digits, or `naa.` and 32";
    let finding = object.wrong(&INVALID_NAME, name, &fault, "no such name").help(help);
    object.report(finding);
}

fn is_name(text: &str) -> bool {
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // Any character may stand behind these two.
    let numbered = |rest: &str, digits: usize| {
        let mut letters = rest.chars();
        letters.next().is_some() && letters.as_str().len() == digits && alphanumeric(letters.as_str())
    };
    match text.get(..3) {
        Some("iqn") => is_iqn(text),
        Some("eui") => numbered(&text[3..], 16),
        Some("naa") => numbered(&text[3..], 32),
        _ => false,
    }
}

/// `iqn\.\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`, found anywhere.
fn is_iqn(text: &str) -> bool {
    text.match_indices("iqn.").any(|(at, _)| {
        let rest = &text.as_bytes()[at + 4..];
        let is_date = rest.len() > 8
            && rest[..7]
                .iter()
                .enumerate()
                .all(|(at, byte)| if at == 4 { *byte == b'-' } else { byte.is_ascii_digit() })
            && rest[7] == b'.';
        let tail = if is_date { &rest[8..] } else { return false };
        let end = tail.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-.".contains(byte)));
        let Some((end, b':')) = end.map(|end| (end, tail[end])) else { return false };
        let name = &tail[end + 1..];
        end > 0 && !name.is_empty() && !name.iter().any(|byte| b",;*&$| \t\n\r\x0c".contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_texts() {
        for (text, is) in [
            ("iqn.2001-04.com.example:storage.disk1", true),
            ("iqn.2001-04.com.example", false),
            ("iqn.2001-4.com.example:a", false),
            ("iqn.2001-04.com.example:a b", false),
            ("iqn-iqn.2001-04.com.example:a:b", true),
            ("eui.0123456789abcdef", true),
            ("eui.0123456789", false),
            ("naa.0123456789abcdef0123456789abcdef", true),
            ("naa", false),
            ("foo", false),
        ] {
            assert_eq!(is_name(text), is, "{text}");
        }
    }
}
