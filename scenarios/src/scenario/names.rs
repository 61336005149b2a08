//! Owns the search for what a misspelt word was meant to be. The valid names are handed in by their owners.

use std::fmt;

use crate::scenario::config_value::ConfigValue;
use crate::scenario::messages as say;
use crate::scenario::text::Text;

/// Names that a scenario may use and that other crates own.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Presets.
    pub presets: &'a [&'a str],
    /// Properties.
    pub properties: &'a [&'a str],
    /// Witnesses.
    pub witnesses: &'a [&'a str],
    /// Switches with their values.
    pub switches: &'a [SwitchName<'a>],
    /// Samplers. No scenario names one; the command line does.
    pub samplers: &'a [&'a str],
}

/// A switch with its values.
#[derive(Clone, Copy, Debug)]
pub struct SwitchName<'a> {
    /// Name of the switch.
    pub name: &'a str,
    /// Its values; `off` is the one before the fix.
    pub values: &'a [&'a str],
}

/// A switch's value as its owner writes it: `true` is `on` and `false` is `off`.
pub fn switch_value(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Bool(true) => "on".to_owned(),
        ConfigValue::Bool(false) => "off".to_owned(),
        ConfigValue::Int(_) | ConfigValue::Text(_) => value.to_string(),
    }
}

/// Slips that edit distance does not find, with what was meant.
const SLIPS: [(&str, &str); 10] = [
    ("min.isr", "min.insync.replicas"),
    ("min_isr", "min.insync.replicas"),
    ("min.insync", "min.insync.replicas"),
    ("unclean.leader.election", "unclean.leader.election.enable"),
    ("topic.replication", "replication"),
    ("replication-factor", "replication"),
    ("-1", "All"),
    ("1", "One"),
    ("0", "None"),
    ("--alert", "--alter"),
];

/// How many names a sentence lists.
const NAMES_SHOWN: usize = 12;

/// Longer words are no misspelt names, and comparing them would take time and memory.
const WORD_LEN_MAX: usize = 100;

/// The valid name that was probably meant: the same but for case, a known slip, or the nearest whose edit distance is
/// at most a third of the word's length. Of equally near names the first.
pub fn did_you_mean<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let valid: Vec<&str> = valid.into_iter().collect();
    if word.len() > WORD_LEN_MAX {
        return None;
    }
    let slip = SLIPS
        .iter()
        .filter(|(slip, _)| *slip == word)
        .find_map(|(_, meant)| valid.iter().find(|v| *v == meant));
    if let Some(name) = valid.iter().find(|name| name.eq_ignore_ascii_case(word)).or(slip) {
        return Some(name);
    }
    let distance = |name: &&str| strsim::damerau_levenshtein(word, name);
    let nearest = valid.iter().min_by_key(|name| distance(name))?;
    (distance(nearest) * 3 <= word.chars().count()).then_some(nearest)
}

/// What is said about a word that is not among the valid names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub help: Text,
}

/// Where a reader finds all valid names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing<'a> {
    /// `sim list` shows them under this word.
    Command(&'a str),
    /// The sentence itself lists them, under this word.
    Here(&'a str),
}

/// What is wrong with a word that should be a name, for scenarios and for flags alike; nothing if it is valid. `what`
/// is the kind of name: "preset".
pub fn unknown_name(what: &str, listing: Listing<'_>, word: &str, valid: &[&str]) -> Option<UnknownName> {
    if valid.contains(&word) {
        return None;
    }
    let message = say::NAME_UNKNOWN.with(&[("what", &what), ("word", &word)]);
    let names = listed(valid, NAMES_SHOWN);
    let help = match (did_you_mean(word, valid.iter().copied()), listing) {
        (Some(name), Listing::Command(list)) => {
            say::HELP_MEANT_LIST.with(&[("name", &name), ("list", &list), ("what", &list)])
        }
        (None, Listing::Command(list)) => say::HELP_LIST.with(&[("list", &list), ("what", &list)]),
        (Some(name), Listing::Here(_)) => say::HELP_MEANT.with(&[("name", &name)]),
        (None, Listing::Here(list)) => say::HELP_NAMES.with(&[("what", &list), ("names", &names)]),
    };
    Some(UnknownName { message, help })
}

/// A list of names for a sentence: all of them up to `shown`, then `...`.
pub fn listed<T: fmt::Display>(names: impl IntoIterator<Item = T>, shown: usize) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    let tail = if names.len() > shown { ", ..." } else { "" };
    format!("{}{tail}", names[..shown.min(names.len())].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, valid: &[&str], expected: Option<&str>) {
        assert_eq!(did_you_mean(word, valid.iter().copied()), expected, "{word}");
    }

    #[test]
    fn a_name_within_a_third_of_the_words_length_is_meant() {
        check("Stp", &["Start", "Stop"], Some("Stop"));
        check("scrpt", &["script", "start"], Some("script"));
        check("Sp", &["Stop"], None);
        check("kraft-9.9", &["zk-3.9", "kraft-3.9", "kraft-3.8"], Some("kraft-3.9"));
        check("elephant", &["script"], None);
        check("", &["script"], None);
        check("x", &[], None);
    }

    #[test]
    fn case_alone_is_always_forgiven() {
        check("STOP", &["Stop"], Some("Stop"));
        check("all", &["All", "One", "None"], Some("All"));
    }

    #[test]
    fn known_slips_win_over_distance_and_only_where_they_are_valid() {
        check(
            "min.isr",
            &["min.insync.replicas", "segment.ms"],
            Some("min.insync.replicas"),
        );
        check(
            "unclean.leader.election",
            &["unclean.leader.election.enable"],
            Some("unclean.leader.election.enable"),
        );
        check("topic.replication", &["name", "replication"], Some("replication"));
        check("-1", &["All", "One", "None"], Some("All"));
        check("--alert", &["--alter", "--all"], Some("--alter"));
        check("-1", &["Stop"], None);
    }
}
