//! Owns what the tests share: the names of presets and properties, and one check from a text to what is said about it.

use scenarios::scenario::diagnostic::Diagnostic;
use scenarios::scenario::load::{Loaded, load};
use scenarios::scenario::names::{Names, SwitchName};
use scenarios::scenario::render::{Color, render_all};

pub const NAMES: Names<'static> = Names {
    presets: &[
        "zk-2.5",
        "zk-3.9",
        "kraft-3.8",
        "kraft-3.9",
        "kraft-4.3",
        "hw-truncation",
        "kip-101",
        "kip-279",
        "kip-320",
    ],
    properties: &["no-committed-loss", "leader-in-isr", "log-agreement"],
    witnesses: &["leader-changed", "follower-truncated"],
    switches: &[
        SwitchName {
            name: "elr",
            values: &["off", "on"],
        },
        SwitchName {
            name: "hw-needs-min-isr",
            values: &["off", "on"],
        },
    ],
    samplers: &["swarm", "uniform"],
};

/// A scenario without any problem, with most fields in use.
pub const SAMPLE: &str = include_str!("sample.ron");

/// What is said about a text: its problems, or the warnings of one that can be simulated.
pub fn said(text: &str) -> String {
    render_all(&problems(text), Color::Plain)
}

/// The problems of a text, or the warnings of one that can be simulated.
pub fn problems(text: &str) -> Vec<Diagnostic> {
    match load("lab.ron", text.as_bytes(), &NAMES) {
        Ok(Loaded { warnings, .. }) => warnings,
        Err(problems) => problems,
    }
}

/// The sample with one piece of text replaced.
pub fn sample_with(old: &str, new: &str) -> String {
    assert!(SAMPLE.contains(old), "the sample has no {old}");
    SAMPLE.replacen(old, new, 1)
}
