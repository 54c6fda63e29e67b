//! Any text against libyaml: no panic, and the same verdict, tree, text and places, minus the list of differences in
//! `fixtures/yaml_differential/compare.rs`.
#![no_main]

#[path = "../../fixtures/yaml_differential/compare.rs"]
mod compare;
#[path = "../../fixtures/yaml_differential/libyaml.rs"]
mod libyaml;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(difference) = compare::compare(&compare::piece(text)) {
        panic!("{difference}");
    }
});
