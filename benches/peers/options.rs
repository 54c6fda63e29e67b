//! What was asked for, and the command lines that follow from it.

use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo bench --bench peers -- [OPTIONS] [CORPUS]...
corpora: syn scale one small real plain adversarial (default: syn one small)
options: --plimsoll FILE      default: the one cargo has just built
         --kubeconform FILE   with --schemas DIR, made by benches/schemas.py; without it plimsoll runs alone
         --schemas DIR
         --kubernetes V       default: 1.33
         --real DIR           a folder of real repositories, for real and plain
         --selector S         plimsoll runs once with `syntax,schema` and once with this, default: default
         --rounds N           default: 7, after one that is thrown away
         --cache DIR          where generated files are kept, default: target/corpora";

/// What to do.
pub enum Task {
    /// Measure these corpora.
    Measure { options: Options, corpora: Vec<String> },
    /// Compare which files below a path each contestant calls invalid.
    Compare { options: Options, path: String },
    /// Write one corpus and nothing else.
    Write { corpus: String, target: String },
}

#[derive(Default)]
pub struct Options {
    plimsoll: String,
    pub kubeconform: Option<String>,
    schemas: String,
    kubernetes: String,
    pub selector: String,
    pub real: Option<String>,
    pub rounds: usize,
    pub cache: PathBuf,
    typed: Vec<String>,
}

pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut options = Options {
        plimsoll: env!("CARGO_BIN_EXE_plimsoll").to_owned(),
        kubernetes: "1.33".to_owned(),
        selector: "default".to_owned(),
        rounds: 7,
        cache: Path::new(env!("CARGO_MANIFEST_DIR")).join("target/corpora"),
        ..Options::default()
    };
    let mut words = Vec::new();
    // cargo itself adds `--bench`.
    let mut arguments = arguments.filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        if !argument.starts_with("--") {
            words.push(argument);
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        options.typed.extend([argument.clone(), value.clone()]);
        match &*argument {
            "--plimsoll" => options.plimsoll = value,
            "--kubeconform" => options.kubeconform = Some(value),
            "--schemas" => options.schemas = value,
            "--kubernetes" => options.kubernetes = value,
            "--selector" => options.selector = value,
            "--real" => options.real = Some(value),
            "--rounds" => options.rounds = value.parse().ok().filter(|rounds| *rounds > 0).ok_or(USAGE)?,
            "--cache" => options.cache = value.into(),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match words[..] {
        ["write", corpus, target] => Task::Write { corpus: corpus.to_owned(), target: target.to_owned() },
        ["compare", path] => Task::Compare { options, path: path.to_owned() },
        [] => Task::Measure { options, corpora: ["syn", "one", "small"].map(str::to_owned).into() },
        ref corpora if corpora.iter().all(|name| NAMES.contains(name)) => {
            Task::Measure { options, corpora: corpora.iter().map(|name| (*name).to_owned()).collect() }
        }
        _ => return Err(USAGE.to_owned()),
    })
}

const NAMES: [&str; 7] = ["syn", "scale", "one", "small", "real", "plain", "adversarial"];

impl Options {
    /// plimsoll on two threads with the rules of a selector.
    pub fn plimsoll(&self, selector: &str, path: &str) -> Vec<String> {
        let fixed = ["lint", "--no-config", "--color", "never", "-q", "-j", "2", "--kubernetes-version"];
        let mut command = vec![self.plimsoll.clone()];
        command.extend(fixed.map(str::to_owned));
        command.extend([self.kubernetes.clone(), "--select".to_owned(), selector.to_owned(), path.to_owned()]);
        command
    }

    /// kubeconform at its best: two workers, stand-alone schemas on the disk.
    pub fn kubeconform(&self, path: &str) -> Option<Vec<String>> {
        let fixed = ["-strict", "-ignore-missing-schemas", "-summary", "-n", "2", "-kubernetes-version"];
        let mut command = vec![self.kubeconform.clone()?];
        command.extend(fixed.map(str::to_owned));
        command.push(format!("{}.0", self.kubernetes));
        let location = format!("{}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", self.schemas);
        command.extend(["-schema-location".to_owned(), location, path.to_owned()]);
        Some(command)
    }

    /// The path of a generated corpus, written now unless it is there already.
    pub fn corpus(&self, name: &str) -> String {
        let file = if name.starts_with("files-") || name == "small" { name.to_owned() } else { format!("{name}.yaml") };
        let path = self.cache.join(file).display().to_string();
        if !Path::new(&path).exists() {
            std::fs::create_dir_all(&self.cache).unwrap();
            self.child(&["write", name, &path]);
        }
        path
    }

    /// Prints the comparison of verdicts.
    pub fn compare(&self, path: &str) {
        self.child(&["compare", path]);
    }

    fn child(&self, words: &[&str]) {
        let program = std::env::current_exe().unwrap();
        let status = Command::new(program).args(&self.typed).args(words).status().unwrap();
        assert!(status.success(), "{words:?} failed");
    }
}
