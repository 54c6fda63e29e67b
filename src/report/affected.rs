//! The environments that a finding reaches, in words.

/// Names in a text; the JSON output has all of them.
const NAMED: usize = 12;

/// `prod, staging`, or as many of many names as fit into `room` characters and how many more there are. The first name is
/// there however long it is.
pub(super) fn affected(names: &[String], room: usize) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        let is_first = at == 0;
        let ending = " and 9999 more".len();
        if !is_first && (at >= NAMED || text.chars().count() + 2 + name.chars().count() + ending > room) {
            return format!("{text} and {} more", names.len() - at);
        }
        text.push_str(if is_first { "" } else { ", " });
        text.push_str(name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_and_the_others_are_counted() {
        let names: Vec<String> = (0..20).map(|number| format!("overlays/{number}")).collect();
        assert_eq!(affected(&names[..2], 400), "overlays/0, overlays/1");
        assert!(affected(&names, 400).ends_with("overlays/11 and 8 more"));
        assert_eq!(affected(&names, 40), "overlays/0, overlays/1 and 18 more");
        assert_eq!(affected(&names, 5), "overlays/0 and 19 more");
    }
}
