//! The generated corpora, written below a cache folder once and then read by every contestant.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use crate::kinds;
use crate::pods::App;
use crate::random::Random;

const APPS: [&str; 10] =
    ["api", "web", "worker", "billing", "search", "gateway", "reports", "mailer", "catalog", "scheduler"];

/// Number of documents of a file: four on average.
const DOCUMENTS: [usize; 8] = [1, 2, 3, 4, 4, 5, 6, 7];

/// `files` files of fifty teams with ten applications each; half of them begin with a separator.
pub fn tree(root: &Path, files: usize) -> io::Result<()> {
    let mut random = Random::new(42);
    let mut text = String::new();
    for index in 0..files {
        let app = app(index);
        let folder = root.join(&app.namespace).join(&app.name);
        fs::create_dir_all(&folder)?;
        text.clear();
        for number in 0..*random.pick(&DOCUMENTS) {
            if number > 0 || random.one_in(2) {
                text.push_str("---\n");
            }
            kinds::document(&mut text, &mut random, &app);
        }
        fs::write(folder.join(format!("manifests-{index}.yaml")), &text)?;
    }
    Ok(())
}

/// One file of at least `bytes` bytes, with a separator before every document.
pub fn single(file: &Path, bytes: usize) -> io::Result<()> {
    let mut random = Random::new(7);
    let mut out = BufWriter::new(fs::File::create(file)?);
    let (mut text, mut written, mut index) = (String::new(), 0, 0);
    while written < bytes {
        text.clear();
        text.push_str("---\n");
        kinds::document(&mut text, &mut random, &app(index));
        out.write_all(text.as_bytes())?;
        written += text.len();
        index += 1;
    }
    out.flush()
}

fn app(index: usize) -> App {
    let (team, app) = (index / APPS.len() % 50, index % APPS.len());
    App { name: APPS[app].to_owned(), namespace: format!("team-{team:02}") }
}

/// Copies a folder without the files of kustomizations, so that nothing in it is built. Links are left out.
pub fn without_kustomizations(from: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let is_kustomization =
            ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|own| name == *own);
        if kind.is_dir() && name != ".git" {
            without_kustomizations(&entry.path(), &target.join(name))?;
        } else if kind.is_file() && !is_kustomization {
            fs::copy(entry.path(), target.join(name))?;
        }
    }
    Ok(())
}
