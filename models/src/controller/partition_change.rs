//! One change of a partition: the new ISR and ELR, the election that follows, and the fields that a record needs.
//! Kafka: `PartitionChangeBuilder`; KIP-966.

use crate::cluster::{PartitionChange, PartitionState, Recovery};
use crate::config::UncleanElection;
use crate::features::Rules;
use crate::ids::{BrokerId, Brokers};
use crate::message::Election;

/// How a leader came to be chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize, Default)]
pub enum Choice {
    /// From the ISR, or from the ELR when the ISR is empty; or nobody.
    #[default]
    Clean,
    /// ISR and ELR were both empty, and the last known leader leads again: so many brokers had an unclean shutdown that
    /// KIP-966 promises nothing any more. Records are lost if its disk has lost them.
    LastKnown,
    /// From outside: records may be lost.
    Unclean,
}

/// What a change starts from and aims at.
pub struct Change<'a> {
    /// The partition as it is.
    pub state: &'a PartitionState,
    /// The controller's rules.
    pub features: Rules<'a>,
    /// Whether a broker may lead now.
    pub acceptable: &'a dyn Fn(BrokerId) -> bool,
    /// The ISR as it should become.
    pub target_isr: Brokers,
    /// Members that lost their eligibility by an unclean restart.
    pub unclean_shutdown: &'a [BrokerId],
    /// Which leader to look for.
    pub election: Election,
    /// The effective min.insync.replicas.
    pub min_isr: usize,
    /// The recovery state as it should become, if somebody asked.
    pub recovery: Option<Recovery>,
}

/// The election type of changes that nobody asked for.
pub fn default_election(unclean: UncleanElection) -> Election {
    match unclean {
        UncleanElection::Allowed => Election::Unclean,
        UncleanElection::Refused => Election::Online,
    }
}

impl Change<'_> {
    /// The record of this change, and how its leader was chosen.
    pub fn build(self) -> (PartitionChange, Choice) {
        let mut change = PartitionChange::default();
        let mut isr = self.target_isr.clone();
        let mut elr = self.target_elr();
        let (leader, choice) = self.elect(&isr, &elr);
        if leader != self.state.leader {
            change.leader = Some(leader);
            match (leader, choice) {
                (Some(leader), Choice::Unclean | Choice::LastKnown) => {
                    isr = [leader].into_iter().collect();
                    elr.clear();
                    change.recovery = Some(Recovery::Recovering);
                }
                (Some(leader), Choice::Clean) if isr.is_empty() => {
                    isr.push(leader);
                    elr.retain(|id| *id != leader);
                }
                (Some(_) | None, _) => {}
            }
        }
        let shrank = self.state.isr.iter().any(|id| !isr.contains(id));
        if change.leader.is_none() && shrank && !self.features.shrink_keeps_epoch().is_on() {
            change.leader = Some(self.state.leader);
        }
        if elr != self.state.elr {
            change.elr = Some(elr);
        }
        if isr != self.state.isr && (!isr.is_empty() || self.features.elr().is_on()) {
            change.isr = Some(isr);
        }
        change.last_known_elr = self.last_known(&change);
        if change.recovery.is_none() {
            change.recovery = self.recovery.filter(|recovery| *recovery != self.state.recovery);
        }
        (change, choice)
    }

    fn target_elr(&self) -> Brokers {
        let mut elr = Brokers::new();
        if !self.features.elr().is_on() {
            return elr;
        }
        let enough = self.target_isr.len() >= self.min_isr;
        if enough && !self.features.elr_cleared().is_on() {
            elr.extend(self.state.elr.iter().copied());
            elr.retain(|id| !self.unclean_shutdown.contains(id));
            elr.retain(|id| !self.target_isr.contains(id));
        } else if !enough {
            elr.extend(self.state.elr.iter().chain(&self.state.isr).copied());
            elr.retain(|id| !self.target_isr.contains(id) && !self.unclean_shutdown.contains(id));
            elr.sort_unstable();
            elr.dedup();
        }
        elr
    }

    fn elect(&self, isr: &[BrokerId], elr: &[BrokerId]) -> (Option<BrokerId>, Choice) {
        let valid =
            |id: &BrokerId| (self.acceptable)(*id) && (isr.contains(id) || (isr.is_empty() && elr.contains(id)));
        let replicas = &self.state.replicas;
        let preferred = replicas
            .first()
            .filter(|id| self.election == Election::Preferred && valid(id));
        let current = self.state.leader.as_ref().filter(|id| valid(id));
        let clean = preferred.or(current).or_else(|| replicas.iter().find(|id| valid(id)));
        if let Some(leader) = clean {
            return (Some(*leader), Choice::Clean);
        }
        let anybody = || replicas.iter().copied().find(|id| (self.acceptable)(*id));
        if let Some(leader) = self.last_known_leader(isr, elr) {
            return (Some(leader), Choice::LastKnown);
        }
        match anybody().filter(|_| self.election == Election::Unclean) {
            Some(leader) => (Some(leader), Choice::Unclean),
            None => (None, Choice::Clean),
        }
    }

    fn last_known_leader(&self, isr: &[BrokerId], elr: &[BrokerId]) -> Option<BrokerId> {
        let [last] = self.state.last_known_elr[..] else {
            return None;
        };
        let nobody_else = self.features.elr().is_on() && isr.is_empty() && elr.is_empty();
        let acceptable = (self.acceptable)(last) || !self.features.last_known_acceptable().is_on();
        (nobody_else && acceptable).then_some(last)
    }

    fn last_known(&self, change: &PartitionChange) -> Option<Brokers> {
        if !self.features.elr().is_on() {
            return None;
        }
        let emptied = change.isr.as_ref().is_some_and(|isr| isr.is_empty());
        let known = &self.state.last_known_elr;
        match (emptied, self.state.leader) {
            (true, Some(leader)) if known[..] != [leader] => Some([leader].into_iter().collect()),
            (true, _) => None,
            (false, _) => {
                let leads = change.leader.unwrap_or(self.state.leader).is_some();
                (leads && !known.is_empty()).then(Brokers::new)
            }
        }
    }
}

/// The ISR without one member, in the same order.
pub fn without(isr: &[BrokerId], member: BrokerId) -> Brokers {
    isr.iter().copied().filter(|id| *id != member).collect()
}
