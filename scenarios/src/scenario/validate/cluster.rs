//! Judges the cluster itself: name, format, preset, control, nodes, switches.

use super::{Finding, Judge, error};
use crate::scenario::messages as say;
use crate::scenario::names::{Listing, listed, switch_value};
use crate::scenario::path::Path;
use crate::scenario::schema::{Control, FORMAT_VERSION, NodeId};

/// Length of a scenario's name.
const NAME_LEN_MAX: usize = 80;

pub(super) fn check(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    findings.extend(version(judge));
    findings.extend(name(&judge.scenario.name));
    preset(judge, &judge.scenario.preset, &Path::field("preset"), findings);
    nodes(judge, findings);
    broker_presets(judge, findings);
    switches(judge, findings);
}

fn version(judge: &Judge<'_>) -> Option<Finding> {
    let version = judge.scenario.version;
    if version == FORMAT_VERSION {
        return None;
    }
    let message = say::VERSION_UNKNOWN.with(&[("version", &version), ("known", &FORMAT_VERSION)]);
    let finding = error(Path::field("version"), message);
    Some(if version > FORMAT_VERSION {
        finding.help(&say::HELP_NEWER)
    } else {
        finding
    })
}

fn name(name: &str) -> Option<Finding> {
    let path = Path::field("name");
    if name.is_empty() {
        return Some(error(path, &say::NAME_EMPTY));
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let starts_well = name.bytes().next().is_some_and(is_plain);
    if starts_well && name.len() <= NAME_LEN_MAX && name.bytes().all(|byte| is_plain(byte) || b"-_.".contains(&byte)) {
        return None;
    }
    Some(error(path, say::NAME_CHARACTERS.with(&[("name", &name)])).help(&say::HELP_NAME))
}

/// A preset must exist and, if it is a release, fit the control plane.
fn preset(judge: &Judge<'_>, preset: &str, path: &Path, findings: &mut Vec<Finding>) {
    if let Some(finding) = judge.name(
        "preset",
        Listing::Command("presets"),
        preset,
        judge.names.presets,
        path.clone(),
    ) {
        findings.push(finding);
        return;
    }
    let needed = match (&judge.scenario.control, preset.split_once('-')) {
        (Control::Kraft { .. } | Control::KraftCombined { .. }, Some(("zk", _))) => "ZooKeeper",
        (Control::ZooKeeper { .. }, Some(("kraft", _))) => "Kraft",
        _ => return,
    };
    if judge.gaps.is_complete("control") && judge.gaps.is_complete("preset") {
        let message = say::PRESET_NEEDS.with(&[("preset", &preset), ("control", &needed)]);
        findings.push(error(path.clone(), message));
    }
}

fn nodes(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let brokers = &judge.scenario.brokers;
    let list = Path::field("brokers");
    if brokers.is_empty() && judge.gaps.is_complete("brokers") {
        findings.push(error(list.clone(), &say::BROKERS_NONE));
    }
    twice(brokers, &list, findings);
    let (controllers, list) = match &judge.scenario.control {
        Control::Kraft { controllers } => (controllers, Path::field("control").child("controllers")),
        Control::KraftCombined { nodes } => (nodes, Path::field("control").child("nodes")),
        Control::ZooKeeper { .. } => return,
    };
    if controllers.is_empty() && judge.gaps.is_complete("control") {
        findings.push(error(list.clone(), &say::CONTROLLERS_NONE));
    }
    twice(controllers, &list, findings);
    if let Control::KraftCombined { nodes } = &judge.scenario.control {
        let unknown = |(index, node): (usize, &NodeId)| judge.broker("control names", *node, list.index(index));
        return findings.extend(nodes.iter().enumerate().filter_map(unknown));
    }
    for (index, node) in controllers
        .iter()
        .enumerate()
        .filter(|(_, node)| brokers.contains(node))
    {
        let message = say::NODE_BOTH.with(&[("node", node)]);
        findings.push(error(list.index(index), message).help(&say::HELP_COMBINED));
    }
}

fn twice(nodes: &[NodeId], list: &Path, findings: &mut Vec<Finding>) {
    for (index, node) in nodes.iter().enumerate() {
        if nodes[..index].contains(node) {
            findings.push(error(list.index(index), say::NODE_TWICE.with(&[("node", node)])));
        }
    }
}

fn broker_presets(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    for (broker, name) in &judge.scenario.broker_presets {
        let path = Path::field("broker_presets").key(broker);
        findings.extend(
            judge
                .broker("broker_presets names", *broker, path.clone())
                .map(Finding::at_key),
        );
        preset(judge, name, &path, findings);
    }
}

fn switches(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let names: Vec<&str> = judge.names.switches.iter().map(|switch| switch.name).collect();
    for (word, value) in &judge.scenario.switches {
        let path = Path::field("switches").key(word);
        let Some(switch) = judge.names.switches.iter().find(|switch| switch.name == word) else {
            let unknown = judge.name("switch", Listing::Here("switches"), word, &names, path);
            findings.extend(unknown.map(Finding::at_key));
            continue;
        };
        let value = switch_value(value);
        if !switch.values.contains(&value.as_str()) {
            let message = say::SWITCH_VALUE.with(&[("word", word), ("value", &value)]);
            let help = say::HELP_ONE_OF.with(&[("names", &listed(switch.values, usize::MAX))]);
            findings.push(error(path, message).help(help));
        }
    }
}
