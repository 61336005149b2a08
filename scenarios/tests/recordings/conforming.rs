//! What the simulated cluster makes of each recording: equal in every cell, or with known differences.

use std::fmt::Write;

use super::replay;
use scenarios::conform::{Blueprint, FileReport, Kinds, NotModelled, SimulatedCluster, conform, not_modelled};
use scenarios::recording::Recording;

/// Recordings in which every cell is equal.
const EQUAL: [&str; 44] = [
    "acks-one-kraft-4.3",
    "divergence-kraft-3.9",
    "divergence-kraft-4.3",
    "elr-kraft-4.3",
    "epoch-gap-ibp-1.1-zk-2.5",
    "epoch-gap-zk-2.5",
    "hw-cut-ibp-0.10-zk-2.5",
    "hw-cut-zk-2.5",
    "isr-order-kraft-3.9",
    "isr-order-kraft-4.0",
    "isr-order-kraft-4.1",
    "isr-order-kraft-4.2",
    "isr-order-kraft-4.3",
    "last-in-sync-kraft-3.9",
    "last-in-sync-kraft-4.3",
    "last-replica-kraft-3.9",
    "last-replica-kraft-4.3",
    "leader-cut-from-controller-kraft-3.9",
    "leader-cut-from-controller-kraft-4.3",
    "leader-cut-from-followers-kraft-3.9",
    "leader-cut-from-followers-kraft-4.3",
    "lossy-leader-ibp-0.10-zk-2.5",
    "lossy-leader-zk-2.5",
    "missed-deposition-kraft-3.9",
    "missed-deposition-kraft-4.3",
    "multi-broker-kraft-3.9",
    "multi-broker-kraft-4.3",
    "placement-kraft-4.3",
    "power-all-forced-kraft-4.3",
    "power-all-kraft-4.3",
    "quick-restart-kraft-3.9",
    "quick-restart-kraft-4.3",
    "reassign-kraft-3.9",
    "reassign-kraft-4.3",
    "replaced-target-kraft-3.9",
    "replaced-target-kraft-4.3",
    "slow-follower-kraft-3.9",
    "slow-follower-kraft-4.3",
    "stale-expansion-kraft-3.4",
    "stale-expansion-kraft-3.9",
    "unclean-kraft-3.9",
    "unclean-kraft-4.3",
    "wipe-last-kraft-3.9",
    "wipe-last-kraft-4.3",
];

fn report(name: &str) -> FileReport {
    let recording = Recording::parse(&replay::text(name)).unwrap_or_else(|error| panic!("{}", error.render(name)));
    match Blueprint::of(&recording) {
        Ok(blueprint) => conform(name, &recording, &Kinds::all(), &mut SimulatedCluster::new(&blueprint)),
        Err(NotModelled(why)) => not_modelled(name, &recording, &Kinds::all(), &why),
    }
}

/// The differences, as a failing test shows them.
fn told(report: &FileReport) -> String {
    let mut out = String::new();
    for unknown in &report.not_understood {
        writeln!(out, "line {} not understood: {}", unknown.line, unknown.why).unwrap();
    }
    for difference in &report.differ {
        let got = difference.got.as_deref().unwrap_or("-");
        let (line, what, expected) = (difference.line, &difference.what, &difference.expected);
        writeln!(out, "line {line} {what}: expected {expected}, got {got}").unwrap();
    }
    out
}

#[test]
fn the_simulated_cluster_is_equal_in_every_cell_of_these_recordings() {
    for name in EQUAL {
        let report = report(name);
        assert_eq!(told(&report), "", "{name}");
        assert!(
            report.conforms() && report.cells == report.equal && report.cells > 80,
            "{name}"
        );
    }
}

#[test]
fn a_recording_is_compared_the_same_way_every_time() {
    for name in ["elr-kraft-4.3", "quick-restart-kraft-4.3"] {
        assert_eq!(report(name), report(name), "{name}");
    }
}

/// One line for each other recording: how many cells it has, how many are equal, and why the first others are not.
fn table() -> String {
    let mut out = format!("{:<37}{:>7}{:>7}  {}\n", "recording", "cells", "equal", "why not");
    for name in replay::names().iter().filter(|name| !EQUAL.contains(&name.as_str())) {
        let report = report(name);
        let why = report.not_understood.first().map_or("", |unknown| unknown.why.as_str());
        writeln!(out, "{name:<37}{:>7}{:>7}  {why}", report.cells, report.equal).unwrap();
    }
    out
}

#[test]
fn the_other_recordings_differ_as_the_golden_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/golden/differences.txt");
    let table = table();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        table, golden,
        "UPDATE_EXPECT=1 writes it again: only what is better may be committed"
    );
}
