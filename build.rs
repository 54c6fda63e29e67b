//! Reads the `# METADATA` of the built-in pack, so that no run has to: YAML is slow to read, and every run wants to know
//! every rule. The result is one JSON object, `<category>/<id>` to the first block of `rule.rego`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/check/policy/rego/comments.rs"]
mod comments;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=policies");
    println!("cargo:rerun-if-changed=src/check/policy/rego/comments.rs");
    let mut pack = serde_json::Map::new();
    for category in folders(Path::new("policies"))? {
        for rule in folders(&category)? {
            let Ok(text) = fs::read_to_string(rule.join("rule.rego")) else { continue };
            let Some((_, yaml)) = comments::blocks(&text).into_iter().next() else { continue };
            let block = serde_yaml::from_str(&yaml).map_err(|error| format!("{}: {error}", rule.display()))?;
            let name = rule.strip_prefix("policies")?.to_str().ok_or("a name that is no text")?.replace('\\', "/");
            pack.insert(name, block);
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("pack.json"), serde_json::to_string(&pack)?)?;
    Ok(())
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
