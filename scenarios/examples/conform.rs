//! Does recordings on the simulated cluster and prints what differs: `cargo run --example conform -- elr-kraft-4.3`.

use scenarios::conform::{Blueprint, FileReport, Kinds, NotModelled, Report, SimulatedCluster, conform, not_modelled};
use scenarios::recording::Recording;

fn report(name: &str) -> FileReport {
    let path = format!("{}/recordings/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let recording = Recording::parse(&text).unwrap_or_else(|error| panic!("{}", error.render(name)));
    match Blueprint::of(&recording) {
        Ok(blueprint) => conform(name, &recording, &Kinds::all(), &mut SimulatedCluster::new(&blueprint)),
        Err(NotModelled(why)) => not_modelled(name, &recording, &Kinds::all(), &why),
    }
}

fn main() {
    let files = std::env::args().skip(1).map(|name| report(&name)).collect();
    print!("{}", Report { files }.human());
}
