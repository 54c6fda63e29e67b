//! Results as Markdown, for `benches/README.md`: ratios first, since absolute figures belong to one machine.

use crate::measure::{Cost, median};

/// One table: a row a contestant, ratios to the last contestant called kubeconform.
pub fn print(corpus: &str, labels: &[&str], costs: &[Vec<Cost>]) {
    println!("\n| {corpus} | wall ms | CPU ms | peak MiB | wall ratio (spread) | CPU ratio |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let peer = labels.iter().position(|label| *label == "kubeconform").map(|index| &costs[index]);
    for (label, own) in labels.iter().zip(costs) {
        let (wall, cpu, peak) = (median(own, wall), median(own, cpu), median(own, |cost| cost.peak as f64 / 1024.0));
        let ratios = peer.map_or("– | –".to_owned(), |peer| ratios(own, peer));
        println!("| {label} | {wall:.1} | {cpu:.1} | {peak:.1} | {ratios} |");
    }
}

/// How much less wall and processor time than the peer: the ratio of medians, and the extremes of single rounds.
fn ratios(own: &[Cost], peer: &[Cost]) -> String {
    let rounds = own.iter().zip(peer).map(|(own, peer)| wall(peer) / wall(own));
    let (least, most) = rounds.fold((f64::MAX, 0.0_f64), |(least, most), ratio| (least.min(ratio), most.max(ratio)));
    let ratio = median(peer, wall) / median(own, wall);
    format!("{ratio:.1} ({least:.1}–{most:.1}) | {:.1}", median(peer, cpu) / median(own, cpu))
}

/// One row: processor time at one and at four megabytes.
pub fn print_growth(name: &str, one: &[Cost], four: &[Cost]) {
    let (small, large) = (median(one, cpu), median(four, cpu));
    let peak = median(four, |cost| cost.peak as f64 / 1024.0);
    let code = four[0].code.map_or("signal".to_owned(), |code| code.to_string());
    println!("| {name} | {small:.1} | {large:.1} | {:.1} | {peak:.0} | {code} |", large / small);
}

fn wall(cost: &Cost) -> f64 {
    cost.wall.as_secs_f64() * 1e3
}

fn cpu(cost: &Cost) -> f64 {
    cost.cpu.as_secs_f64() * 1e3
}
