//! plimsoll beside kubeconform, on the same files in the same run. See `benches/README.md`.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

mod adversarial;
mod corpus;
mod kinds;
mod measure;
mod options;
mod pods;
mod random;
mod table;
mod verdicts;

use std::path::Path;

use options::{Options, Task};

fn main() {
    match options::parse(std::env::args().skip(1)) {
        Ok(Task::Write { corpus, target }) => write_corpus(&corpus, Path::new(&target)),
        Ok(Task::Compare { options, path }) => {
            verdicts::compare(&options.plimsoll("syntax,schema", &path), &options.kubeconform(&path).unwrap(), &path);
        }
        Ok(Task::Measure { options, corpora }) => corpora.iter().for_each(|corpus| measure_corpus(&options, corpus)),
        Err(usage) => {
            eprintln!("{usage}");
            std::process::exit(2);
        }
    }
}

/// Writes one corpus; run in a child, because a parent that has grown falsifies peak memory.
fn write_corpus(name: &str, target: &Path) {
    match name {
        "small" => corpus::tree(target, 1),
        "one" => corpus::single(target, 50_000_000),
        name => match (name.strip_prefix("files-"), name.strip_prefix("shape-")) {
            (Some(files), _) => corpus::tree(target, files.parse().unwrap()),
            (_, Some(shape)) => {
                let (index, size) = shape.split_once('-').unwrap();
                let make = adversarial::SHAPES[index.parse::<usize>().unwrap()].1;
                std::fs::write(target, make(size.parse().unwrap()))
            }
            _ => panic!("no corpus is called {name}"),
        },
    }
    .unwrap();
}

fn measure_corpus(options: &Options, corpus: &str) {
    match corpus {
        "adversarial" => growth(options),
        "real" => match &options.real {
            Some(path) => beside_peers(options, "real", path),
            None => eprintln!("real: skipped, needs --real DIR"),
        },
        "plain" => match &options.real {
            Some(path) => {
                let target = options.cache.join("plain");
                corpus::without_kustomizations(Path::new(path), &target).unwrap();
                beside_peers(options, "plain", &target.to_string_lossy());
            }
            None => eprintln!("plain: skipped, needs --real DIR"),
        },
        "scale" => {
            for files in ["files-250", "files-2500", "files-25000"] {
                beside_peers(options, files, &options.corpus(files));
            }
        }
        "syn" => beside_peers(options, "syn", &options.corpus("files-10000")),
        name => beside_peers(options, name, &options.corpus(name)),
    }
}

/// Schema only, with the API server's own validation, the default rules (or another selector), and kubeconform,
/// alternately.
fn beside_peers(options: &Options, name: &str, path: &str) {
    let more = format!("plimsoll, {} rules", options.selector);
    let mut contestants = vec![
        ("plimsoll, schema only", options.plimsoll("syntax,schema", path)),
        ("plimsoll, schema and api", options.plimsoll("syntax,schema,api", path)),
        (&*more, options.plimsoll(&options.selector, path)),
    ];
    contestants.extend(options.kubeconform(path).map(|command| ("kubeconform", command)));
    if name == "small" {
        contestants.push(("/bin/true", vec!["/bin/true".to_owned()]));
    }
    let (labels, commands): (Vec<_>, Vec<_>) = contestants.into_iter().unzip();
    let costs = measure::interleaved(&commands, options.rounds).unwrap();
    table::print(name, &labels, &costs);
    if options.kubeconform.is_some() {
        options.compare(path);
    }
}

/// Processor time of every adversarial shape at 4 MB against 1 MB; goal: at most 4.5.
fn growth(options: &Options) {
    println!(
        "\n| shape | 1 MB, ms CPU | 4 MB, ms CPU | growth | peak MiB | exit code |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (index, (name, _)) in adversarial::SHAPES.iter().enumerate() {
        let commands: Vec<_> = [1_000_000, 4_000_000]
            .map(|size| options.plimsoll("syntax,schema", &options.corpus(&format!("shape-{index}-{size}"))))
            .into();
        let costs = measure::interleaved(&commands, options.rounds).unwrap();
        table::print_growth(name, &costs[0], &costs[1]);
    }
}
