//! conftest's `parse_config_file` and `parse_combined_config_files` (`builtins/parse_config.go`, 0.71): files beside a
//! policy, for tests of policies above all.
//!
//! A path is relative to the folder of the policy that asks, so that the rewrite puts this folder in front of it. Each file
//! is read once a run: what a policy has said once, it would say again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use regorus::unstable::{Expr, Module};
use regorus::value::{Array, Object};
use regorus::{Engine, Value};

use super::extensions::failing;
use super::syntax::{self, Node, Reference};
use super::value;
use super::verify::Problem;
use crate::model::value::Value as Written;

/// The functions, and what they are called after the rewrite.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("parse_config_file", "plimsoll__parse_config_file"),
    ("parse_combined_config_files", "plimsoll__parse_combined_config_files"),
];

/// `parse_config(parser, text)`, which reads no file, and reads as these do.
pub const TEXT_FUNCTION: (&str, &str) = ("parse_config", "plimsoll__parse_config");

/// Who reads files for policies, and knows which of them a policy may see.
pub trait Files: Send + Sync {
    /// Reads a file for a policy in a folder, both named from the working directory, and shows its documents, one after
    /// the other; `None` is an empty one.
    ///
    /// # Errors
    /// Why it is not read.
    fn read(&self, folder: &str, path: &str, show: &mut dyn FnMut(Option<Written<'_>>)) -> Result<(), String>;

    /// Reads a text, called `what`, as it does a file.
    ///
    /// # Errors
    /// Why it is not read.
    fn parse(
        &self,
        what: &str,
        is_json: bool,
        bytes: &[u8],
        show: &mut dyn FnMut(Option<Written<'_>>),
    ) -> Result<(), String>;
}

/// Files that were read, and where more come from.
#[derive(Clone, Default)]
pub struct Shelf(Option<Arc<Kept>>);

/// The folder of a policy, and a path.
type Asked = (String, String);

struct Kept {
    files: Arc<dyn Files>,
    read: Mutex<HashMap<Asked, Result<Vec<Value>, String>>>,
}

impl Shelf {
    /// An empty shelf.
    pub fn new(files: Option<Arc<dyn Files>>) -> Shelf {
        Shelf(files.map(|files| Arc::new(Kept { files, read: Mutex::default() })))
    }

    /// Adds the functions to an engine.
    pub fn add(&self, engine: &mut Engine) {
        let functions: [fn(&Shelf, &str, &Value) -> Answer; 2] = [Shelf::one, Shelf::combined];
        for (&(_, name), function) in FUNCTIONS.iter().zip(functions) {
            let shelf = self.clone();
            let call = move |arguments: Vec<Value>| {
                let folder = arguments[0].as_string().map(|folder| folder.to_string()).unwrap_or_default();
                Ok(failing(function(&shelf, &folder, &arguments[1])).map_err(std::io::Error::other)?)
            };
            // Fails only for a name that is taken.
            let _ = engine.add_extension(name.to_owned(), 2, Box::new(call));
        }
        let shelf = self.clone();
        let text = move |arguments: Vec<Value>| {
            Ok(failing(shelf.text(&arguments[0], &arguments[1])).map_err(std::io::Error::other)?)
        };
        let _ = engine.add_extension(TEXT_FUNCTION.1.to_owned(), 2, Box::new(text));
    }

    /// `parse_config_file(path)`: the document, or a list of them.
    fn one(&self, folder: &str, path: &Value) -> Answer {
        let path = path.as_string().map_err(|_| "it takes a text".to_owned())?;
        Ok(together(self.documents(folder, &joined(folder, path))?))
    }

    /// `parse_config(parser, text)`
    fn text(&self, parser: &Value, text: &Value) -> Answer {
        let (Ok(parser), Ok(text)) = (parser.as_string(), text.as_string()) else {
            return Err("it takes texts".to_owned());
        };
        let Some(kept) = &self.0 else { return Err("no files are read here".to_owned()) };
        if !matches!(&**parser, "yaml" | "json") {
            return Err(format!("files of the format `{parser}` are not read here"));
        }
        let mut documents = Vec::new();
        let mut show = |document: Option<Written<'_>>| documents.push(document.map_or(Value::Null, value::convert));
        kept.files.parse("the text", &**parser == "json", text.as_bytes(), &mut show)?;
        Ok(together(documents))
    }

    /// `parse_combined_config_files(paths)`: as the input of `conftest --combine`, in order of the paths.
    fn combined(&self, folder: &str, paths: &Value) -> Answer {
        let paths: Vec<&Value> = match paths {
            Value::Array(paths) => paths.iter().collect(),
            Value::Set(paths) => paths.iter().collect(),
            _ => return Err("it takes a list of texts".to_owned()),
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let path = joined(folder, path.as_string().map_err(|_| "it takes a list of texts".to_owned())?);
            let documents = self.documents(folder, &path)?;
            files.insert(path, documents);
        }
        let mut all = Vec::new();
        for (path, documents) in files {
            let documents = match documents.as_slice() {
                [Value::Array(items)] => items.to_vec(),
                _ => documents,
            };
            all.extend(documents.into_iter().map(|contents| {
                let fields = [(Value::from("path"), Value::from(path.as_str())), (Value::from("contents"), contents)];
                Value::from(fields.into_iter().collect::<Object>())
            }));
        }
        Ok(Value::from(all.into_iter().collect::<Array>()))
    }

    fn documents(&self, folder: &str, path: &str) -> Result<Vec<Value>, String> {
        let Some(kept) = &self.0 else { return Err("no files are read here".to_owned()) };
        let known = || kept.read.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (folder.to_owned(), path.to_owned());
        if let Some(read) = known().get(&key) {
            return read.clone();
        }
        let mut documents = Vec::new();
        let mut show = |document: Option<Written<'_>>| documents.push(document.map_or(Value::Null, value::convert));
        let read = kept.files.read(folder, path, &mut show);
        // Whoever was first is right.
        known().entry(key).or_insert(read.map(|()| documents)).clone()
    }
}

type Answer = Result<Value, String>;

fn together(mut documents: Vec<Value>) -> Value {
    match documents.len() {
        1 => documents.remove(0),
        _ => Value::from(documents.into_iter().collect::<Array>()),
    }
}

/// Go's `filepath.Join`: an absolute path is no other.
fn joined(folder: &str, path: &str) -> String {
    let both =
        if folder.is_empty() || path.is_empty() { format!("{folder}{path}") } else { format!("{folder}/{path}") };
    let is_absolute = both.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in both.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    match (is_absolute, path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => ".".to_owned(),
        (false, false) => path,
    }
}

/// Calls of these functions in a module that is no file of its own. Gatekeeper does not have them.
pub fn misplaced(number: usize, module: &Module) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in &module.policy {
        syntax::walk(rule.as_ref(), &mut |node| {
            let Node::Expr { expr: Expr::Call { fcn, .. }, .. } = node else { return };
            let name = Reference::of(fcn.as_ref()).map(|name| name.known().join(".")).unwrap_or_default();
            if FUNCTIONS.iter().chain([&TEXT_FUNCTION]).any(|(function, _)| *function == name) {
                let span = fcn.span();
                problems.push(Problem {
                    module: number,
                    start: span.start,
                    end: span.end,
                    message: format!("function `{name}` is not available"),
                    label: "conftest has it, Gatekeeper has not".to_owned(),
                    help: None,
                });
            }
        });
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn paths_are_joined_as_in_go() {
        for (folder, path, whole) in [
            ("policy", "a.yaml", "policy/a.yaml"),
            ("policy/deep", "../a.yaml", "policy/a.yaml"),
            ("policy", "../../a.yaml", "../a.yaml"),
            ("", "../a.yaml", "../a.yaml"),
            ("policy", "/etc/a.yaml", "policy/etc/a.yaml"),
            ("/x", "../../a.yaml", "/a.yaml"),
            ("../x", "./a//b.yaml", "../x/a/b.yaml"),
            ("", "", "."),
        ] {
            assert_eq!(joined(folder, path), whole);
        }
    }
}
