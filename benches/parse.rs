//! How fast YAML is parsed: `cargo bench --bench parse -- FILE_OR_DIRECTORY [ROUNDS]` prints megabytes a second on one
//! core, for the pieces that can be read. Under callgrind, one round gives the instructions a byte:
//! `valgrind --tool=callgrind target/release/deps/parse-* DIRECTORY 1`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use plimsoll::load::yaml;
use plimsoll::model::node::Tree;
use plimsoll::model::source::FileId;

/// The texts of a file, or of all YAML files below a directory.
fn collect(path: &Path, texts: &mut Vec<String>) {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| collect(entry, texts));
    } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
        texts.extend(std::fs::read_to_string(path));
    }
}

/// The documents of a text, cut at separator lines.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let last = pieces.len() - 1;
        if line.starts_with("---") && !pieces[last].is_empty() {
            pieces.push(String::new());
        } else {
            pieces[last].push_str(line);
        }
    }
    pieces
}

fn main() {
    // Cargo adds an argument of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(path) = arguments.first() else {
        println!("usage: parse FILE_OR_DIRECTORY [ROUNDS]");
        return;
    };
    let rounds: usize = arguments.get(1).map_or(20, |rounds| rounds.parse().unwrap());
    let mut texts = Vec::new();
    collect(Path::new(path), &mut texts);
    let pieces: Vec<String> = texts.iter().flat_map(|text| pieces(text)).collect();

    let mut tree = Tree::new(FileId(0));
    let mut parse = |piece: &str| {
        tree.nodes.clear();
        let read = yaml::parse(piece, 0..piece.len(), &mut tree, &mut Vec::new()).is_ok();
        read.then_some(tree.nodes.len())
    };
    let readable: Vec<&String> = pieces.iter().filter(|piece| parse(piece).is_some()).collect();
    let bytes: usize = readable.iter().map(|piece| piece.len()).sum();
    let mut best = f64::INFINITY;
    let mut nodes = 0;
    for _ in 0..rounds {
        let begin = Instant::now();
        nodes = readable.iter().filter_map(|piece| parse(piece)).sum();
        best = best.min(begin.elapsed().as_secs_f64());
    }
    let speed = bytes as f64 / best / 1e6;
    println!("{} of {} pieces, {bytes} bytes, {nodes} nodes: {speed:.0} MB/s", readable.len(), pieces.len());
}
