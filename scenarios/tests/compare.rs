//! One experiment under several rules: the same rules never part, and other rules part where their switch is read.

use models::config::Pace;
use scenarios::bugs::{Catalogue, control};
use scenarios::builtin;
use scenarios::compare::{differences, follow, played};
use scenarios::player::{Options, Until};

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
        if bug.card.safeguard.is_empty() {
            continue; // an accepted risk has no other side
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
