//! Judges what a scenario claims: properties, omissions, witnesses, expectation, bounds.

use super::{Finding, Judge, error};
use crate::scenario::messages as say;
use crate::scenario::names::Listing;
use crate::scenario::path::Path;
use crate::scenario::schema::Expectation;
use crate::scenario::time_span::TimeSpan;

pub(super) fn check(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let (scenario, names) = (judge.scenario, judge.names);
    for (index, property) in scenario.properties.iter().enumerate() {
        let path = judge.element("properties", index);
        findings.extend(judge.name(
            "property",
            Listing::Command("properties"),
            property,
            names.properties,
            path.clone(),
        ));
        findings.extend(listed_twice(&scenario.properties, index, path));
    }
    for (index, witness) in scenario.witnesses.iter().enumerate() {
        let path = judge.element("witnesses", index);
        findings.extend(judge.name(
            "witness",
            Listing::Here("witnesses"),
            witness,
            names.witnesses,
            path.clone(),
        ));
        findings.extend(listed_twice(&scenario.witnesses, index, path));
    }
    omissions(judge, findings);
    findings.extend(expectation(judge));
    findings.extend(bounds(judge));
}

fn listed_twice(words: &[String], index: usize, path: Path) -> Option<Finding> {
    let word = &words[index];
    words[..index]
        .contains(word)
        .then(|| error(path, say::LISTED_TWICE.with(&[("word", word)])))
}

fn omissions(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let scenario = judge.scenario;
    for (index, omission) in scenario.omit.iter().enumerate() {
        let path = judge.element("omit", index);
        let property = &omission.property;
        let name_path = path.child("property");
        findings.extend(judge.name(
            "property",
            Listing::Command("properties"),
            property,
            judge.names.properties,
            name_path.clone(),
        ));
        if omission.reason.trim().is_empty() {
            findings.push(error(
                path.child("reason"),
                say::REASON_EMPTY.with(&[("property", property)]),
            ));
        }
        let conflict = if scenario.properties.contains(property) {
            "also listed in `properties`"
        } else if matches!(&scenario.expect, Expectation::Violates(expected) if expected == property) {
            "expected to be violated"
        } else {
            continue;
        };
        let message = say::PROPERTY_OMITTED.with(&[("property", property), ("where", &conflict)]);
        findings.push(error(name_path, message));
    }
}

fn expectation(judge: &Judge<'_>) -> Option<Finding> {
    let Expectation::Violates(property) = &judge.scenario.expect else {
        return None;
    };
    let path = Path::field("expect").index(0);
    let properties = &judge.scenario.properties;
    let unknown = judge.name(
        "property",
        Listing::Command("properties"),
        property,
        judge.names.properties,
        path.clone(),
    );
    if unknown.is_some() || properties.is_empty() || properties.contains(property) {
        return unknown;
    }
    let complete = judge.gaps.is_complete("properties");
    complete.then(|| error(path, say::PROPERTY_NOT_CHECKED.with(&[("property", property)])))
}

fn bounds(judge: &Judge<'_>) -> Option<Finding> {
    let bounds = &judge.scenario.bounds;
    let bound = if bounds.steps == Some(0) {
        "steps"
    } else if bounds.time == Some(TimeSpan::default()) {
        "time"
    } else {
        return None;
    };
    Some(error(
        Path::field("bounds").child(bound),
        say::BOUND_NONE.with(&[("bound", &bound)]),
    ))
}
