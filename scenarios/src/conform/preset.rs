//! Which preset does a recording: by version and mode of its head.

use std::fmt;

use crate::recording::{Head, Mode};

/// The setting by which a broker speaks to others as an older release did.
pub(super) const INTER_BROKER_PROTOCOL: &str = "inter.broker.protocol.version";

/// A preset by name, and what came later than the recorded release and is turned back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Name of the preset, `kraft-4.3`.
    pub name: &'static str,
    /// What is turned back.
    pub turned_back: Vec<TurnedBack>,
}

/// A rule of a later release that the recorded one does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TurnedBack {
    /// A leader appends to the ISR instead of proposing it in ascending order (4.2, KAFKA-19301).
    AppendsToIsr,
    /// New clusters have no eligible leader replicas (4.1, KIP-966).
    NoEligibleLeaderReplicas,
    /// Brokers speak as before 0.11 to each other: a follower cuts to its high watermark, records have no epochs (KIP-101).
    SpeaksWithoutEpochs,
    /// Brokers speak as 0.11 to 1.1 did: the answer where an epoch ended names no epoch, and a fetch neither (KIP-279,
    /// KIP-320).
    AnswersWithoutEpoch,
}

/// `kraft-4.3 that appends to the ISR`
impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (i, turned_back) in self.turned_back.iter().enumerate() {
            f.write_str(if i == 0 { " that " } else { " and " })?;
            f.write_str(match turned_back {
                TurnedBack::AppendsToIsr => "appends to the ISR",
                TurnedBack::NoEligibleLeaderReplicas => "has no eligible leader replicas",
                TurnedBack::SpeaksWithoutEpochs => "cuts to the high watermark",
                TurnedBack::AnswersWithoutEpoch => "names no epoch to its followers",
            })?;
        }
        Ok(())
    }
}

impl Preset {
    /// What is said when the recorded release has no preset of its own.
    pub fn note(&self, head: &Head) -> Option<String> {
        let (major, minor) = head.version.line();
        let own = self.name.ends_with(&format!("-{major}.{minor}"));
        (!own).then(|| format!("{} has no preset of its own: this is {self}", head.version))
    }

    /// The preset of a recording: its own, or the next newer one with the rules turned back that came later. None if
    /// the recorded release is newer than every preset.
    pub fn of(head: &Head) -> Option<Self> {
        let (name, mut turned_back) = match (head.mode, head.version.line()) {
            (Mode::Zk, (0..=1, _) | (2, 0..=5)) => ("zk-2.5", Vec::new()),
            (Mode::Zk, (2, _) | (3, 0..=9)) => ("zk-3.9", Vec::new()),
            (Mode::Kraft | Mode::Combined, (0..=2, _) | (3, 0..=4)) => ("kraft-3.3", Vec::new()),
            (Mode::Kraft | Mode::Combined, (3, 5)) => ("kraft-3.5", Vec::new()),
            (Mode::Kraft | Mode::Combined, (3, 6)) => ("kraft-3.6", Vec::new()),
            (Mode::Kraft | Mode::Combined, (3, 7)) => ("kraft-3.7", Vec::new()),
            (Mode::Kraft | Mode::Combined, (3, 8)) => ("kraft-3.8", Vec::new()),
            (Mode::Kraft | Mode::Combined, (3, _)) => ("kraft-3.9", Vec::new()),
            (Mode::Kraft | Mode::Combined, (4, 0)) => (
                "kraft-4.3",
                vec![TurnedBack::AppendsToIsr, TurnedBack::NoEligibleLeaderReplicas],
            ),
            (Mode::Kraft | Mode::Combined, (4, 1)) => ("kraft-4.3", vec![TurnedBack::AppendsToIsr]),
            (Mode::Kraft | Mode::Combined, (4, 2..=3)) => ("kraft-4.3", Vec::new()),
            (_, (3.., _)) => return None,
        };
        turned_back.extend(spoken(head));
        Some(Self { name, turned_back })
    }
}

/// What `inter.broker.protocol.version` turns back.
fn spoken(head: &Head) -> Option<TurnedBack> {
    let mut numbers = head
        .setting(INTER_BROKER_PROTOCOL)?
        .split(['.', '-'])
        .map(str::parse::<u32>);
    match (numbers.next()?.ok()?, numbers.next()?.ok()?) {
        (0, ..=10) => Some(TurnedBack::SpeaksWithoutEpochs),
        (0, _) | (1, _) => Some(TurnedBack::AnswersWithoutEpoch),
        (2.., _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;

    #[track_caller]
    fn check(cluster: &str, expected: &str) {
        let text = format!("# x\n# kafka {cluster}\n[   0.00] == end\n");
        let head = Recording::parse(&text).unwrap().head;
        assert_eq!(
            Preset::of(&head).map(|p| p.to_string()).as_deref().unwrap_or("none"),
            expected
        );
    }

    #[test]
    fn a_release_without_preset_takes_the_next_newer_one() {
        check("2.5.1 · zk · brokers 1 · 1 zookeeper", "zk-2.5");
        check("3.9.1 · zk · brokers 1 · 1 zookeeper", "zk-3.9");
        check("3.4.1 · kraft · brokers 1 · controllers 10", "kraft-3.3");
        check("3.8.1 · combined · brokers 1 · controllers 1", "kraft-3.8");
        check("3.9.1 · combined · brokers 1 · controllers 1", "kraft-3.9");
        let turned_back = "kraft-4.3 that appends to the ISR and has no eligible leader replicas";
        check("4.0.0 · kraft · brokers 1 · controllers 10", turned_back);
        check(
            "4.1.1 · kraft · brokers 1 · controllers 10",
            "kraft-4.3 that appends to the ISR",
        );
        check("4.2.0 · kraft · brokers 1 · controllers 10", "kraft-4.3");
        check("4.3.0 · combined · brokers 1 · controllers 1", "kraft-4.3");
        let old = "2.5.1 · zk · brokers 1 · 1 zookeeper\n# inter.broker.protocol.version=";
        check(&format!("{old}0.10.2"), "zk-2.5 that cuts to the high watermark");
        check(&format!("{old}1.1-IV0"), "zk-2.5 that names no epoch to its followers");
        check(&format!("{old}2.4"), "zk-2.5");
        check("5.0.0 · kraft · brokers 1 · controllers 10", "none");
    }
}
