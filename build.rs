//! Reads the `# METADATA` of the built-in pack, so that no run has to: every run wants to know every rule. The result is
//! a table in Rust, `<category>/<id>` to what the first block of `rule.rego` says; `src/check/policy/pack.rs` takes it in.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

#[path = "src/check/policy/rego/comments.rs"]
mod comments;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=policies");
    println!("cargo:rerun-if-changed=src/check/policy/rego/comments.rs");
    let mut table = "&[\n".to_owned();
    for category in folders(Path::new("policies"))? {
        for rule in folders(&category)? {
            let Ok(text) = fs::read_to_string(rule.join("rule.rego")) else { continue };
            let Some((_, yaml)) = comments::blocks(&text).into_iter().next() else { continue };
            let block = serde_yaml::from_str(&yaml).map_err(|error| format!("{}: {error}", rule.display()))?;
            let name = rule.strip_prefix("policies")?.to_str().ok_or("a name that is no text")?.replace('\\', "/");
            writeln!(table, "({name:?}, {}),", written(&block)?)?;
        }
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("pack.rs"), table)?;
    Ok(())
}

/// A block as an expression of the type `Block`.
fn written(block: &Value) -> Result<String, serde_json::Error> {
    let custom = &block["custom"];
    let mut parameters = Vec::new();
    for (name, value) in custom["parameters"].as_object().into_iter().flatten() {
        parameters.push((name.as_str(), serde_json::to_string(&value["default"])?, text(&value["help"])));
    }
    let link = |item: &Value| if item.is_string() { text(item) } else { text(&item["ref"]) };
    let links: Vec<String> = block["related_resources"].as_array().into_iter().flatten().map(link).collect();
    Ok(format!(
        "Block {{ title: {:?}, description: {:?}, help: {:?}, severity: {:?}, default: {}, links: &{links:?}, \
         profiles: &{:?}, kinds: &{:?}, needs: &{:?}, parameters: &{parameters:?} }}",
        text(&block["title"]),
        text(&block["description"]),
        text(&custom["help"]),
        text(&custom["severity"]),
        custom["default"].as_bool().unwrap_or(true),
        texts(&custom["profiles"]),
        texts(&custom["kinds"]),
        texts(&custom["needs"]),
    ))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
