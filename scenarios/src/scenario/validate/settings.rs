//! Judges Kafka settings: those of all nodes, and those of topics.

use std::collections::BTreeMap;

use super::{Finding, Judge, error, meant, warning};
use crate::scenario::config_value::ConfigValue;
use crate::scenario::messages as say;
use crate::scenario::path::Path;
use crate::scenario::settings::{
    Release, SETTINGS, Scope, Setting, Support, Unit, client_setting, node_setting, topic_setting,
};
use crate::scenario::text::Text;

pub(super) fn check(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let settings = &judge.scenario.settings;
    for (word, value) in settings {
        let path = Path::field("settings").key(word);
        let Some(setting) = node_setting(word) else {
            findings.push(not_a_node_setting(word, path));
            continue;
        };
        let other = settings
            .keys()
            .take_while(|other| *other != word)
            .find(|other| setting.is_called(other));
        if let Some(other) = other {
            let message = say::SETTING_TWICE.with(&[("word", word), ("other", other)]);
            findings.push(error(path.clone(), message).at_key());
        }
        findings.extend(judge_value(judge, setting, word, value, path));
    }
}

fn not_a_node_setting(word: &str, path: Path) -> Finding {
    let finding = error(path, say::SETTING_NOT_NODE.with(&[("word", &word)])).at_key();
    if client_setting(word).is_some() {
        return finding.help(&say::HELP_CLIENT_SETTING);
    }
    let names = SETTINGS
        .iter()
        .filter(|setting| matches!(setting.scope, Scope::Node | Scope::Topic));
    finding.help(setting_help(
        word,
        names
            .flat_map(|setting| [Some(setting.name), setting.broker_name])
            .flatten(),
    ))
}

/// Judges the settings of a topic whose `config` has this path.
pub(super) fn topic_config(
    judge: &Judge<'_>,
    config: &BTreeMap<String, ConfigValue>,
    path: &Path,
    findings: &mut Vec<Finding>,
) {
    for (word, value) in config {
        let path = path.key(word);
        findings.extend(topic_entry(judge, word, value, path.clone(), path));
    }
}

/// Judges one setting of a topic, whose name and value have these paths.
pub(super) fn topic_entry(
    judge: &Judge<'_>,
    word: &str,
    value: &ConfigValue,
    name_path: Path,
    value_path: Path,
) -> Option<Finding> {
    match topic_setting(word) {
        Some(setting) => judge_value(judge, setting, word, value, value_path),
        None => Some(not_a_topic_setting(word, name_path)),
    }
}

fn not_a_topic_setting(word: &str, path: Path) -> Finding {
    let finding = error(path, say::SETTING_NOT_TOPIC.with(&[("word", &word)])).at_key();
    match node_setting(word) {
        Some(setting) if setting.scope == Scope::Topic => {
            finding.help(say::HELP_TOPIC_NAMED.with(&[("name", &setting.name)]))
        }
        Some(_) => finding.help(&say::HELP_BROKER_SETTING),
        None if client_setting(word).is_some() => finding.help(&say::HELP_CLIENT_SETTING),
        None => {
            let names = SETTINGS.iter().filter(|setting| setting.scope == Scope::Topic);
            finding.help(setting_help(word, names.map(|setting| setting.name)))
        }
    }
}

/// The name that was meant, or where all names are.
fn setting_help<'n>(word: &str, valid: impl Iterator<Item = &'n str>) -> Text {
    meant(word, valid).unwrap_or_else(|| say::HELP_LIST.with(&[("list", &"settings"), ("what", &"settings")]))
}

fn judge_value(judge: &Judge<'_>, setting: &Setting, word: &str, value: &ConfigValue, path: Path) -> Option<Finding> {
    if setting.support == Support::NotModelled {
        return Some(error(path, say::SETTING_NOT_MODELLED.with(&[("word", &word)])).at_key());
    }
    if let Some(expected) = setting.unit.refusal(value) {
        let args: [(&str, &dyn std::fmt::Display); 3] = [("word", &word), ("expected", &expected), ("value", value)];
        let note = say::NOTE_SETTING.with(&[("name", &word), ("meaning", &setting.meaning)]);
        return Some(error(path, say::SETTING_VALUE.with(&args)).note(note));
    }
    let release = Release::of_preset(&judge.scenario.preset);
    if setting.default_in(release).is_none() && judge.gaps.is_complete("preset") {
        let message = say::SETTING_NOT_IN_RELEASE.with(&[("word", &word), ("release", &release)]);
        return Some(warning(path, message).at_key());
    }
    None
}

/// The `min.insync.replicas` of a topic: its own, the cluster's, or Kafka's default.
pub(super) fn min_insync_replicas(judge: &Judge<'_>, config: &BTreeMap<String, ConfigValue>) -> u64 {
    let name = "min.insync.replicas";
    let value = config.get(name).or_else(|| judge.scenario.settings.get(name));
    let valid = value.filter(|value| Unit::Count(1).refusal(value).is_none());
    valid.and_then(|value| value.to_string().parse().ok()).unwrap_or(1)
}
