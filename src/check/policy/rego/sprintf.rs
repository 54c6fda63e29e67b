//! `sprintf` as OPA has it: each argument becomes a Go value, and Go's `fmt` formats it.
//!
//! regorus' own is undefined where Go writes an error into the text, so a wrong verb would make a rule silent. OPA
//! (`topdown/strings.go`): whole numbers are `int`, others `float64`, strings stay, anything else becomes its Rego text.

use std::iter::Peekable;
use std::str::Chars;

use regorus::Value;

use super::go_number;

/// An argument as Go gets it.
#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Int(i128),
    Float(f64),
    Text(String),
}

/// What stands between `%` and the verb.
#[derive(Debug, Clone, Copy, Default)]
pub struct Directive {
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

/// Widest padding and longest precision; Go refuses more than a million.
const WIDEST: usize = 1_000_000;

/// The formatted text. Never fails: what is wrong is written into the text, as Go does.
pub fn sprintf(format: &str, arguments: &[Value]) -> String {
    let arguments: Vec<Argument> = arguments.iter().map(argument).collect();
    Printer { out: String::new(), arguments: &arguments, next: 0, reordered: false, bad_index: false }.run(format)
}

struct Printer<'a> {
    out: String,
    arguments: &'a [Argument],
    next: usize,
    reordered: bool,
    bad_index: bool,
}

impl Printer<'_> {
    fn run(mut self, format: &str) -> String {
        let mut chars = format.chars().peekable();
        while let Some(char) = chars.next() {
            if char == '%' {
                self.directive(&mut chars);
            } else {
                self.out.push(char);
            }
        }
        if !self.reordered && self.next < self.arguments.len() {
            let extra: Vec<String> = self.arguments[self.next..].iter().map(described).collect();
            self.out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
        }
        self.out
    }

    fn directive(&mut self, chars: &mut Peekable<Chars<'_>>) {
        self.bad_index = false;
        let mut directive = flags(chars);
        self.index(chars);
        if let Some(width) = self.measure(chars) {
            directive.minus |= width < 0;
            directive.width = Some(width.unsigned_abs().min(WIDEST));
        }
        if chars.next_if_eq(&'.').is_some() {
            self.index(chars);
            directive.precision = Some(self.measure(chars).map_or(0, |n| n.max(0) as usize).min(WIDEST));
        }
        self.index(chars);
        if directive.minus {
            directive.zero = false;
        }
        let Some(verb) = chars.next() else {
            self.out.push_str("%!(NOVERB)");
            return;
        };
        if verb == '%' {
            self.out.push('%');
        } else if self.bad_index {
            self.out.push_str(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(argument) = self.arguments.get(self.next) {
            self.next += 1;
            self.out.push_str(&print(argument, verb, &directive));
        } else {
            self.out.push_str(&format!("%!{verb}(MISSING)"));
        }
    }

    /// `[n]`: the argument to take next, from 1.
    fn index(&mut self, chars: &mut Peekable<Chars<'_>>) {
        if chars.peek() != Some(&'[') {
            return;
        }
        let rest = chars.clone().skip(1).take_while(|&char| char != ']').collect::<String>();
        self.reordered = true;
        if !chars.clone().any(|char| char == ']') {
            chars.next();
            self.bad_index = true;
            return;
        }
        for _ in 0..rest.chars().count() + 2 {
            chars.next();
        }
        match rest.parse::<usize>() {
            Ok(at) if at >= 1 && at <= self.arguments.len() => self.next = at - 1,
            _ => self.bad_index = true,
        }
    }

    /// A width or a precision: digits, or `*` for the next argument.
    fn measure(&mut self, chars: &mut Peekable<Chars<'_>>) -> Option<isize> {
        if chars.next_if_eq(&'*').is_some() {
            let taken = self.arguments.get(self.next).cloned();
            self.next += 1;
            return match taken {
                Some(Argument::Int(number)) if number.unsigned_abs() <= WIDEST as u128 => Some(number as isize),
                _ => None,
            };
        }
        let mut number = None;
        while let Some(digit) = chars.peek().and_then(|char| char.to_digit(10)) {
            chars.next();
            number = Some((number.unwrap_or(0) * 10 + digit as isize).min(WIDEST as isize));
        }
        number
    }
}

fn flags(chars: &mut Peekable<Chars<'_>>) -> Directive {
    let mut directive = Directive::default();
    while let Some(char) = chars.peek() {
        match char {
            '-' => directive.minus = true,
            '+' => directive.plus = true,
            '#' => directive.sharp = true,
            ' ' => directive.space = true,
            '0' => directive.zero = true,
            _ => break,
        }
        chars.next();
    }
    directive
}

fn argument(value: &Value) -> Argument {
    match value {
        Value::String(text) => Argument::Text(text.to_string()),
        // 1e30 is a float in Go and a whole number to regorus; a whole number of more than 64 bits is rarer.
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), ..) => Argument::Int(whole.into()),
            (_, Some(whole), _) => Argument::Int(whole.into()),
            (.., Some(float)) => Argument::Float(float),
            _ => Argument::Text(number.format_decimal()),
        },
        other => Argument::Text(term(other)),
    }
}

/// The text of a Rego term: `[1, 2]`, `{"a": 1}`, `{1, 2}`, `set()`.
pub fn term(value: &Value) -> String {
    let join = |items: Vec<String>| items.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", join(items.iter().map(term).collect())),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => format!("{{{}}}", join(items.iter_sorted().map(term).collect())),
        Value::Object(fields) => {
            let fields = fields.iter_sorted().map(|(key, value)| format!("{}: {}", term(key), term(value)));
            format!("{{{}}}", join(fields.collect()))
        }
        Value::Undefined => "undefined".to_owned(),
        scalar => scalar.to_string(),
    }
}

fn print(argument: &Argument, verb: char, directive: &Directive) -> String {
    let printed = match (argument, verb) {
        (_, 'T') => Some(pad(type_name(argument), directive)),
        (Argument::Int(number), _) => go_number::int(*number, verb, directive),
        (Argument::Float(number), _) => go_number::float(*number, verb, directive),
        (Argument::Text(text), _) => print_text(text, verb, directive),
    };
    printed.unwrap_or_else(|| format!("%!{verb}({})", described(argument)))
}

fn type_name(argument: &Argument) -> &'static str {
    match argument {
        Argument::Int(_) => "int",
        Argument::Float(_) => "float64",
        Argument::Text(_) => "string",
    }
}

/// `string=x`, as Go names an argument that does not fit.
fn described(argument: &Argument) -> String {
    let plain = Directive::default();
    let value = match argument {
        Argument::Text(text) => text.clone(),
        other => print(other, 'v', &plain),
    };
    format!("{}={value}", type_name(argument))
}

fn print_text(text: &str, verb: char, directive: &Directive) -> Option<String> {
    let cut: String = match directive.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    let body = match verb {
        'v' if directive.sharp => quoted(&cut, false),
        's' | 'v' => cut,
        'q' if directive.sharp && !cut.contains('`') && !cut.chars().any(char::is_control) => format!("`{cut}`"),
        'q' => quoted(&cut, directive.plus),
        'x' | 'X' => hex(&cut, verb, directive),
        _ => return None,
    };
    Some(pad(&body, directive))
}

fn hex(text: &str, verb: char, directive: &Directive) -> String {
    let between = if directive.space { " " } else { "" };
    let bytes: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let digits = bytes.join(between);
    let digits = if directive.sharp && !digits.is_empty() { format!("0x{digits}") } else { digits };
    if verb == 'X' { digits.to_uppercase() } else { digits }
}

/// Go's `strconv.Quote`, or `QuoteToASCII`.
fn quoted(text: &str, ascii: bool) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            char if char.is_ascii_control() => out.push_str(&format!("\\x{:02x}", char as u32)),
            char if char.is_ascii() || (!ascii && !char.is_control()) => out.push(char),
            char if (char as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", char as u32)),
            char => out.push_str(&format!("\\U{:08x}", char as u32)),
        }
    }
    out.push('"');
    out
}

/// Pads to the width, with zeros where the flag says so.
pub fn pad(text: &str, directive: &Directive) -> String {
    let missing = directive.width.unwrap_or(0).saturating_sub(text.chars().count());
    let fill = if directive.zero { "0" } else { " " }.repeat(missing);
    if directive.minus { format!("{text}{fill}") } else { format!("{fill}{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, arguments: &[Value], expected: &str) {
        assert_eq!(sprintf(format, arguments), expected, "{format} of {arguments:?}");
    }

    #[test]
    fn texts_as_go_prints_them() {
        let text = |words: &[&str]| words.iter().map(|word| Value::from(*word)).collect::<Vec<_>>();
        check("%s %s", &text(&["x"]), "x %!s(MISSING)");
        check("100%", &[], "100%!(NOVERB)");
        check("%5s|%-5s|%06s", &text(&["ab", "cd", "ef"]), "   ab|cd   |0000ef");
        check("%[2]s %[1]s", &text(&["a", "b"]), "b a");
        check("%[3]d", &text(&["a"]), "%!d(BADINDEX)");
        check("%[x]d", &text(&["a"]), "%!d(BADINDEX)");
        check("%x|% x", &text(&["hi", "abc"]), "6869|61 62 63");
        check("%q|%#q|%+q", &text(&["a\"b\n", "abc", "é"]), "\"a\\\"b\\n\"|`abc`|\"\\u00e9\"");
        check("%d %t", &text(&["true", "a"]), "%!d(string=true) %!t(string=a)");
        check("%.2s|%10.3v|%+v|%#v", &text(&["abcdef", "abcdef", "a", "a"]), "ab|       abc|a|\"a\"");
        check("%z%c%U%w", &text(&["q", "x", "x", "e"]), "%!z(string=q)%!c(string=x)%!U(string=x)%!w(string=e)");
        check("%T", &text(&["s"]), "string");
        check("%%", &[], "%");
    }

    #[test]
    fn numbers_as_go_prints_them() {
        let int = |numbers: &[i64]| numbers.iter().map(|number| Value::from(*number)).collect::<Vec<_>>();
        let float = |numbers: &[f64]| numbers.iter().map(|number| Value::from(*number)).collect::<Vec<_>>();
        check("%d %v", &int(&[5, 5]), "5 5");
        check("%s %f %e", &int(&[5, 2, 65]), "%!s(int=5) %!f(int=2) %!e(int=65)");
        check("x", &[Value::from(1), Value::from("b")], "x%!(EXTRA int=1, string=b)");
        check("%", &int(&[1]), "%!(NOVERB)%!(EXTRA int=1)");
        check("%X %o %b %c %U %q %x", &int(&[255, 8, 5, 65, 65, 65, -255]), "FF 10 101 A U+0041 'A' -ff");
        check(
            "%#x %#o %+d %08d|% d|%-8d|%.3d",
            &int(&[255, 8, 5, -42, 7, 42, 7]),
            "0xff 010 +5 -0000042| 7|42      |007",
        );
        check("%*d|", &int(&[5, 42]), "   42|");
        check("%!", &int(&[1]), "%!!(int=1)");
        check("%T %p", &int(&[5, 5]), "int %!p(int=5)");
        check("%d", &float(&[2.5]), "%!d(float64=2.5)");
        check("%05.1f|%6.2f|%+.1f", &float(&[2.25, 3.24159, 1.5]), "002.2|  3.24|+1.5");
        check("%e %E %g %F", &float(&[65.5, 65.5, 65.5, 2.5]), "6.550000e+01 6.550000E+01 65.5 2.500000");
        check("%v %v %v", &float(&[1e30, 123_456_789.5, 0.000_01]), "1e+30 1.234567895e+08 1e-05");
        check("%v %v %G", &float(&[1_000_000.5, -0.000_001_234, 1.5e-10]), "1.0000005e+06 -1.234e-06 1.5E-10");
        check("%.3g %s", &float(&[1234.5678, 2.5]), "1.23e+03 %!s(float64=2.5)");
    }

    #[test]
    fn no_precision_is_too_long() {
        let print = |format: &str, number: f64| sprintf(format, &[Value::from(number)]);
        assert_eq!(print("%.70000f", 1.5), format!("1.5{}", "0".repeat(69_999)));
        assert_eq!(print("%.70000e", 1.5), format!("1.5{}e+00", "0".repeat(69_999)));
        assert_eq!(print("%.70000g", 1.5), "1.5");
        assert_eq!(print("%99999999.99999999f", 0.5).len(), 1_000_002);
        // All digits of the smallest number, which end with its 1,074th decimal.
        let smallest = print("%.1200f", 5e-324);
        assert!(smallest.trim_end_matches('0').ends_with("625") && smallest.len() == 1_202);
        assert_eq!(smallest.trim_end_matches('0').len(), 1_076);
        assert_eq!(print("%.70001d|", 1.5), "%!d(float64=1.5)|");
        assert_eq!(sprintf("%.70001d", &[Value::from(1)]).len(), 70_001);
    }

    #[test]
    fn anything_else_is_its_rego_text() {
        let json = |text: &str| Value::from_json_str(text).unwrap_or(Value::Undefined);
        check("%v", &[json(r#"{"a": [1, "b", null, true]}"#)], r#"{"a": [1, "b", null, true]}"#);
        check("%d", &[json("true")], "%!d(string=true)");
        check("%v", &[Value::new_set()], "set()");
    }
}
