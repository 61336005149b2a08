//! What must hold of the metadata quorum, and witnesses of what a search of it should have reached.

use models::ids::Offset;
use models::quorum::{Lane, Layer, NodeId, Slot};
use models::raft::ledger::Committed;
use models::raft::log::{Content, entries};
use models::raft::member::Role;
use models::raft::settle::goes_on;
use models::raft::{Config, Controller, Fact, Ledger, Log, Member, Raft, Value, World};
use sim_core::{Action, Failure, Offer, Op, Property, Registered, StepProperty, register, view};

use super::subject::Judged;
use crate::interned::AtRest;

view! { Raft, Slot, Value;
    /// Two logs.
    pub struct TwoLogs(a: NodeId, b: NodeId) { first: Log(a), second: Log(b) }
    /// A member with its log, and what was promised.
    pub struct Promised(id: NodeId) { ledger: Ledger(), member: Member(id), log: Log(id) }
    /// A controller, and what was promised.
    pub struct Told(id: NodeId) { ledger: Ledger(), controller: Controller(id) }
}

/// Names and claims, in the order in which they are listed.
pub const ABOUT: &[(&str, &str)] = &[
    (ELECTION_SAFETY.name, ELECTION_SAFETY.claim),
    (LogMatching::NAME, LogMatching::CLAIM),
    (LeaderCompleteness::NAME, LeaderCompleteness::CLAIM),
    (COMMITTED_STABLE.name, COMMITTED_STABLE.claim),
    (HW_MONOTONE.name, HW_MONOTONE.claim),
    (LEADER_UNDISTURBED.name, LEADER_UNDISTURBED.claim),
    (MetadataAgreement::NAME, MetadataAgreement::CLAIM),
    (
        LEADER_ACTIVE,
        "where nothing happens any more, the controller of a leader that commits is active",
    ),
];

/// The name of what must hold at rest.
const LEADER_ACTIVE: &str = "leader-active";

/// What is judged in this quorum.
pub(super) fn judged(config: &Config) -> Judged<Raft> {
    Judged {
        properties: registered(config),
        steps: steps(config),
        at_rest: at_rest(config),
        witnesses: WITNESSES.iter().map(|(name, _)| *name).collect(),
        witnessing: witness_of,
        answers,
    }
}

/// Properties of states.
fn registered(config: &Config) -> Vec<Registered<Raft>> {
    let mut all = vec![register::<Raft, LogMatching>(), register::<Raft, LeaderCompleteness>()];
    if config.controllers == Layer::Attached {
        all.push(register::<Raft, MetadataAgreement>());
    }
    all
}

/// Properties of steps.
fn steps(config: &Config) -> Vec<StepProperty<Raft>> {
    let mut all = vec![ELECTION_SAFETY, COMMITTED_STABLE, HW_MONOTONE];
    if config.leader_must_stay() {
        all.push(LEADER_UNDISTURBED);
    }
    all
}

/// What must hold at rest.
fn at_rest(config: &Config) -> AtRest<Raft> {
    AtRest {
        goes_on,
        properties: match config.controllers {
            Layer::Absent => Vec::new(),
            Layer::Attached => vec![(LEADER_ACTIVE, leader_is_active as fn(&World<'_>) -> Result<(), Failure>)],
        },
    }
}

const ELECTION_SAFETY: StepProperty<Raft> = StepProperty {
    name: "election-safety",
    claim: "an epoch has at most one leader",
    check: |_, ledger, node, fact| {
        let (Value::Ledger(ledger), Fact::Elected(epoch)) = (ledger, fact) else {
            return Ok(());
        };
        match ledger
            .elected
            .get(epoch)
            .filter(|elected| !elected.without(node).is_empty())
        {
            Some(other) => {
                let other = other.without(node);
                let text = format!("{node} leads epoch {epoch}, which node {other} was elected to lead");
                Err(Failure::new(format!("epoch {epoch}"), text))
            }
            None => Ok(()),
        }
    },
};

const COMMITTED_STABLE: StepProperty<Raft> = StepProperty {
    name: "committed-stable",
    claim: "what is committed at an offset never changes, whoever says so",
    check: |_, ledger, node, fact| {
        let (
            Value::Ledger(ledger),
            Fact::Committed {
                from, entries: list, ..
            },
        ) = (ledger, fact)
        else {
            return Ok(());
        };
        let known = ledger.committed.iter().skip(from.0 as usize);
        for ((offset, entry), before) in (from.0..).zip(list).zip(known) {
            if before.entry != *entry {
                let (now, then) = (entry, &before.entry);
                let text = format!("{node} takes {now} at offset {offset} for committed, where {then} was");
                return Err(Failure::new(format!("offset {offset}"), text));
            }
        }
        Ok(())
    },
};

const HW_MONOTONE: StepProperty<Raft> = StepProperty {
    name: "hw-monotone",
    claim: "a member never cuts its log below its own high watermark",
    check: |_, _, node, fact| match fact {
        Fact::Truncated { end, high_watermark } if end < high_watermark => Err(Failure::new(
            node.to_string(),
            format!("{node} cuts its log at {end}, below its high watermark {high_watermark}"),
        )),
        _ => Ok(()),
    },
};

const LEADER_UNDISTURBED: StepProperty<Raft> = StepProperty {
    name: "leader-undisturbed",
    claim: "a leader that a majority follows is not deposed, as long as only one member has waited too long",
    check: |config: &Config, ledger, node, fact| {
        let (Value::Ledger(ledger), Fact::Deposed(epoch)) = (ledger, fact) else {
            return Ok(());
        };
        let followers = ledger.following.values().filter(|followed| *followed == epoch).count();
        if 2 * (followers + 1) > usize::from(config.voters) {
            let text = format!("{node} no longer leads epoch {epoch}, though {followers} others follow it");
            return Err(Failure::new(format!("epoch {epoch}"), text));
        }
        Ok(())
    },
};

/// Same offset and same epoch: the same entry, and the same before it.
struct LogMatching;

impl Property<Raft> for LogMatching {
    type View = TwoLogs<'static>;
    const NAME: &'static str = "log-matching";
    const CLAIM: &'static str = "two logs with an entry of the same offset and epoch agree in it and in all before it";

    fn keys(config: &Config) -> Vec<(NodeId, NodeId)> {
        let nodes: Vec<NodeId> = config.nodes().iter().collect();
        let pairs = nodes.iter().flat_map(|a| nodes.iter().map(|b| (*a, *b)));
        pairs.filter(|(a, b)| a < b).collect()
    }

    fn check(_: &Config, at: TwoLogs<'_>) -> Result<(), Failure> {
        let pairs = || at.first.entries().iter().zip(at.second.entries());
        let Some(last) = pairs()
            .collect::<Vec<_>>()
            .iter()
            .rposition(|(a, b)| a.epoch == b.epoch)
        else {
            return Ok(());
        };
        match pairs().take(last + 1).position(|(a, b)| a != b) {
            None => Ok(()),
            Some(offset) => {
                let (a, b) = (&at.first.entries()[offset], &at.second.entries()[offset]);
                let text = format!(
                    "offset {offset}: {} has {a}, {} has {b}, and both have the same epoch at {last}",
                    at.a, at.b
                );
                Err(Failure::new(format!("{} and {}", at.a, at.b), text))
            }
        }
    }
}

/// A leader has all that was committed in the epochs before its own.
struct LeaderCompleteness;

impl Property<Raft> for LeaderCompleteness {
    type View = Promised<'static>;
    const NAME: &'static str = "leader-completeness";
    const CLAIM: &'static str = "a leader has every entry that was committed in an earlier epoch";

    fn keys(config: &Config) -> Vec<(NodeId,)> {
        config.nodes().iter().map(|id| (id,)).collect()
    }

    fn check(_: &Config, at: Promised<'_>) -> Result<(), Failure> {
        let Role::Leader(_) = at.member.role else { return Ok(()) };
        let epoch = at.member.epoch();
        let lacks = |(offset, committed): &(usize, &Committed)| {
            committed.epoch < epoch && at.log.entries().get(*offset) != Some(&committed.entry)
        };
        match at.ledger.committed.iter().enumerate().find(lacks) {
            None => Ok(()),
            Some((offset, committed)) => {
                let (id, entry, log) = (at.id, &committed.entry, entries(at.log.entries()));
                let text = format!("{id} leads epoch {epoch} without {entry} at offset {offset}: {log}");
                Err(Failure::new(format!("offset {offset}"), text))
            }
        }
    }
}

/// What a controller holds is what is committed, but for what it writes itself.
struct MetadataAgreement;

impl Property<Raft> for MetadataAgreement {
    type View = Told<'static>;
    const NAME: &'static str = "metadata-agreement";
    const CLAIM: &'static str = "what a controller holds for committed is a beginning of what is committed; who is not active holds nothing else";

    fn keys(config: &Config) -> Vec<(NodeId,)> {
        config.nodes().iter().map(|id| (id,)).collect()
    }

    fn check(_: &Config, at: Told<'_>) -> Result<(), Failure> {
        let committed = at
            .ledger
            .committed
            .iter()
            .filter_map(|committed| match committed.entry.content {
                Content::Metadata(number) => Some(number),
                Content::LeaderChange(_) | Content::Voters(_) | Content::Decision(_) => None,
            });
        let held = match at.controller.active {
            Some(_) => &at.controller.memory[..usize::from(at.controller.committed).min(at.controller.memory.len())],
            None => &at.controller.memory,
        };
        let committed: Vec<u8> = committed.collect();
        if committed.starts_with(held) {
            return Ok(());
        }
        let text = format!("the controller of {} holds {held:?}; committed is {committed:?}", at.id);
        Err(Failure::new(format!("controller of {}", at.id), text))
    }
}

fn leader_is_active(world: &World<'_>) -> Result<(), Failure> {
    for id in world.config().nodes().iter() {
        let slots = (
            world.get(Slot::Member(id)),
            world.get(Slot::Log(id)),
            world.get(Slot::Controller(id)),
        );
        let (Value::Member(member), Value::Log(log), Value::Controller(controller)) = slots else {
            panic!("a member has a member, a log and a controller");
        };
        let Role::Leader(leading) = &member.role else { continue };
        if log.high_watermark() > leading.start && controller.active != Some(member.epoch()) {
            let text = format!("{id} leads epoch {}, and no controller is active", member.epoch());
            return Err(Failure::new(id.to_string(), text));
        }
    }
    Ok(())
}

/// Whether the second delivery brings the answer to the request of the first.
fn answers(request: &Offer<Raft>, answer: &Offer<Raft>) -> bool {
    let (Action::Deliver(Slot::Queue(asker, asked, Lane::Ask)), Action::Deliver(Slot::Queue(from, to, Lane::Answer))) =
        (&request.action, &answer.action)
    else {
        return false;
    };
    (asker, asked) == (to, from)
}

/// Name and meaning of each witness; its position is its bit.
pub const WITNESSES: &[(&str, &str)] = &[
    ("leader-elected", "a member was elected"),
    ("elected-twice", "an epoch after the next one got a leader"),
    ("metadata-committed", "metadata was committed"),
    ("log-cut", "a follower cut its log"),
    ("tail-lost", "a disk lost what was not flushed"),
    ("voters-changed", "a leader changed the voters"),
];

/// The witnesses that an operation reaches, as bits.
fn witness_of(_config: &Config, op: &Op<Raft>) -> u32 {
    let Op::Record(_, fact) = op else { return 0 };
    match fact {
        Fact::Elected(epoch) => 1 | u32::from(epoch.0 > 2) << 1,
        Fact::Committed { entries, .. } => {
            let metadata = |content: &Content| matches!(content, Content::Metadata(_));
            u32::from(entries.iter().any(|entry| metadata(&entry.content))) << 2
        }
        Fact::Truncated { end, .. } if *end >= Offset::ZERO => 1 << 3,
        Fact::LostTail => 1 << 4,
        Fact::Reconfigured => 1 << 5,
        Fact::Truncated { .. } | Fact::Deposed(_) | Fact::Follows(_) | Fact::Left => 0,
        Fact::Active(_) | Fact::Renounced => 0,
    }
}
