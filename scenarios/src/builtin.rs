//! Owns the scenarios that ship with the program, and the rule sets of the tour.

use crate::bugs;
use crate::build::names;
use crate::scenario::config_value::ConfigValue;
use crate::scenario::load::load;
use crate::scenario::schema::{Expectation, Scenario};

/// A scenario that ships with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its folder below `scenarios/`, which is also its name: `labs/07-one-broker-down-and-back`.
    pub folder: &'static str,
    /// The text of its file.
    pub text: &'static str,
}

macro_rules! builtins {
    ($($folder:literal,)*) => {
        /// All of them, in the order of their folders.
        pub const ALL: &[Builtin] =
            &[$(Builtin { folder: $folder, text: include_str!(concat!("../", $folder, "/scenario.ron")) },)*];
    };
}

builtins! {
    "labs/01-make-a-topic/01-alone",
    "labs/01-make-a-topic/01-placed",
    "labs/01-make-a-topic/01-shop",
    "labs/04-kill-the-leader/04-kill-the-leader",
    "labs/07-one-broker-down-and-back",
    "labs/07-one-broker-down-and-back/07-two-in-turn",
    "labs/08-preferred-leaders",
    "labs/09-crash-or-polite-stop/09-crash",
    "labs/09-crash-or-polite-stop/09-polite",
    "labs/10-wipe-and-refill/10-wipe-and-refill",
    "labs/11-when-a-wipe-hurts/11-wiped-while-alone",
    "labs/12-replication-without-acks/12-fetches",
    "labs/13-acks-and-min-isr/13-critical-data",
    "labs/19-everybody-is-down/19-last-one-first",
    "labs/20-unclean-election/20-a-first",
    "labs/20-unclean-election/20-b-first",
    "labs/20-unclean-election/20-c-first",
    "labs/21-the-last-replica/21-careful",
    "labs/21-the-last-replica/21-power",
    "labs/22-one-controller/22-no-majority",
    "labs/22-one-controller/22-orders-without-epochs",
    "labs/22-one-controller/22-two-controllers",
    "labs/23-two-control-planes/23-combined",
    "labs/23-two-control-planes/23-separate",
    "labs/23-two-control-planes/23-zookeeper",
    "labs/24-growing-and-moving/24-another-order",
    "labs/24-growing-and-moving/24-growing-and-moving",
    "properties/acks-respect-min-isr",
    "properties/end-offset-monotone",
    "properties/isr-complete",
    "properties/isr-recovers",
    "properties/leader-complete",
    "properties/leader-in-isr",
    "properties/leader-returns",
    "properties/log-agreement",
    "properties/no-committed-loss",
    "properties/one-leader-per-epoch",
    "properties/quorum-superset",
    "properties/reads-below-hw",
    "properties/reads-stable",
    "properties/reassignment-completes",
    "properties/write-answered",
    "tour",
}

impl Builtin {
    /// The scenario.
    pub fn scenario(&self) -> Scenario {
        match load(&self.file(), self.text.as_bytes(), &names()) {
            Ok(loaded) => loaded.scenario,
            Err(problems) => panic!("a scenario that ships with the program is not valid: {}", problems[0]),
        }
    }

    /// Where the file lies in the repository.
    pub fn file(&self) -> String {
        format!("scenarios/{}/scenario.ron", self.folder)
    }

    /// The last part of the folder: `07-one-broker-down-and-back`.
    pub fn name(&self) -> &'static str {
        self.folder.rsplit('/').next().unwrap_or(self.folder)
    }
}

/// The scenario of this name or folder, those of the catalogue of bugs included.
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter()
        .chain(bugs::scenarios())
        .find(|builtin| builtin.folder == name || builtin.name() == name)
}

/// One set of rules of the tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// Its name: that of a preset, or of what is switched on beside one.
    pub name: &'static str,
    /// The tour under these rules, with what is expected of it.
    pub scenario: Scenario,
    /// Why that is expected.
    pub why: &'static str,
}

/// The rule sets of the tour, in the order in which they are shown.
pub fn tour() -> Vec<RuleSet> {
    let tour = find("tour").expect("the tour ships with the program").scenario();
    let with = |preset: &str, expect: Expectation| Scenario {
        preset: preset.to_owned(),
        expect,
        ..tour.clone()
    };
    let loss = || Expectation::Violates("no-committed-loss".to_owned());
    let mut unclean = with("kraft-4.3", loss());
    for topic in &mut unclean.topics {
        topic
            .config
            .insert("unclean.leader.election.enable".to_owned(), ConfigValue::Bool(true));
    }
    vec![
        RuleSet {
            name: "hw-truncation",
            scenario: with("hw-truncation", loss()),
            why: "has the rules before KIP-101",
        },
        RuleSet {
            name: "kraft-4.3",
            scenario: with("kraft-4.3", Expectation::Holds),
            why: "is sound",
        },
        RuleSet {
            name: "unclean-enabled",
            scenario: unclean,
            why: "allows it",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::{ALL, find, tour};
    use crate::build::build;

    #[test]
    fn every_scenario_that_ships_can_be_simulated_and_is_named_after_its_folder() {
        for builtin in ALL {
            let scenario = builtin.scenario();
            assert_eq!(scenario.name, builtin.name());
            assert_eq!(find(&scenario.name), Some(builtin));
            assert!(build(&scenario, None).is_ok(), "{}", builtin.folder);
        }
        assert!(ALL.is_sorted_by_key(|builtin| builtin.folder));
    }

    #[test]
    fn the_tour_has_one_sound_rule_set_and_two_that_lose_records() {
        let names: Vec<&str> = tour().iter().map(|rules| rules.name).collect();
        assert_eq!(names, ["hw-truncation", "kraft-4.3", "unclean-enabled"]);
        for rules in tour() {
            assert!(build(&rules.scenario, None).is_ok(), "{}", rules.name);
        }
    }
}
