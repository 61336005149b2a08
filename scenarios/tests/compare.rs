//! One experiment under several rules: the same rules never part, and other rules part where their switch is read.

use models::config::Pace;
use scenarios::bugs::{Catalogue, control};
use scenarios::builtin;
use scenarios::compare::{Plane, differences, follow, played};
use scenarios::player::{Entry, Options, Table, Until, play, table};

#[test]
fn a_trace_parts_where_the_safeguard_acts_and_only_one_side_loses() {
    for bug in Catalogue::embedded().expect("it is valid").bugs {
        let trace = bug.regression.as_ref().expect("every bug has one");
        let decisions = trace.decisions();
        let off = follow("off", &trace.scenario, Pace::Free, &decisions).expect("it was recorded");
        assert!(off.impossible.is_empty(), "{}", bug.name);
        let (step, violation) = off.violation.as_ref().expect("it shows the bug");
        assert_eq!(
            (*step, violation.property),
            (decisions.len(), bug.card.property.as_str())
        );
        assert!(differences(&[off.clone(), off.clone()]).is_empty(), "{}", bug.name);
        // A risk that Kafka takes has no safeguard.
        if bug.card.safeguard.is_empty() {
            continue;
        }
        let on = follow("on", &control(&bug), Pace::Free, &decisions).expect("it can be played");
        assert!(on.violation.is_none(), "{}", bug.name);
        assert!(!differences(&[off, on]).is_empty(), "{}", bug.name);
    }
}

#[test]
fn a_script_is_the_same_under_the_same_rules_and_not_under_others() {
    let scenario = builtin::find("08-preferred-leaders").expect("it ships").scenario();
    let options = Options {
        seed: 0,
        until: Until::Quiet,
    };
    let under = |preset: &str| {
        let mut scenario = scenario.clone();
        preset.clone_into(&mut scenario.preset);
        played(preset, &scenario, &options).expect("it can be played")
    };
    let (old, new) = (under("kraft-3.9"), under("kraft-4.3"));
    assert!(differences(&[new.clone(), under("kraft-4.3")]).is_empty());
    assert!(!differences(&[old, new]).is_empty());
}

#[test]
fn the_same_script_under_two_control_planes_has_the_same_end_and_its_own_windows_without_a_leader() {
    let scenario = builtin::find("23-separate").expect("it ships").scenario();
    let options = Options {
        seed: 0,
        until: Until::Quiet,
    };
    let under = |plane: Plane| {
        let mut scenario = scenario.clone();
        plane.apply(&mut scenario);
        let shown = play(&scenario, &options, None).expect("it can be played");
        let side = played("plane", &scenario, &options).expect("it can be played");
        let last = shown.entries.iter().rev().find_map(|entry| match entry {
            Entry::Label { name, values, .. } if name == "written" => Some(values.clone()),
            Entry::Label { .. } | Entry::Line { .. } => None,
        });
        (table(&shown, &last.expect("the script names it"), Table::Logs), side)
    };
    let (zk, kraft) = (under(Plane::ZooKeeper), under(Plane::Kraft));
    let records = |logs: &str| -> Vec<String> {
        let rows = logs.lines().filter(|line| line.starts_with("  broker"));
        let without_epochs = |row: &str| {
            row.split('|')
                .skip(1)
                .map(|cell| cell.split(" e").next().map(str::to_owned))
                .collect::<Option<String>>()
        };
        rows.filter_map(without_epochs).collect()
    };
    assert_eq!(records(&zk.0), records(&kraft.0));
    // Without a majority nobody can shrink the ISR: what acks=all wrote stays in the log, and nobody is told.
    let combined = under(Plane::KraftCombined);
    assert!(records(&combined.0)[0].contains("two") && !records(&kraft.0)[0].contains("two"));
    for (_, side) in [&zk, &kraft, &combined] {
        let account = side.account.as_ref().expect("it was played");
        let windows: Vec<&str> = account.outages.iter().map(|outage| outage.partition.as_str()).collect();
        assert_eq!(windows, ["critical-data-1"]);
        assert!(side.violation.is_none() && account.messages > 0 && account.messages < account.steps);
    }
    assert!(!differences(&[zk.1, kraft.1]).is_empty());
}
