//! What must hold of a ZooKeeper ensemble: all its servers go through one sequence of transactions.

use models::quorum::{Lane, NodeId, Slot};
use models::zab::member::{Role, Stage, Txn, txns};
use models::zab::settle::goes_on;
use models::zab::{Config, Fact, Ledger, Log, Member, Value, Zab};
use sim_core::{Action, Failure, Offer, Op, Property, StepProperty, register, view};

use super::subject::Judged;
use crate::interned::AtRest;

view! { Zab, Slot, Value;
    /// Two logs.
    pub struct TwoLogs(a: NodeId, b: NodeId) { first: Log(a), second: Log(b) }
    /// A server with its log, and what was promised.
    pub struct Promised(id: NodeId) { ledger: Ledger(), member: Member(id), log: Log(id) }
}

/// Names and claims, in the order in which they are listed.
pub const ABOUT: &[(&str, &str)] = &[
    (ONE_LEADER.name, ONE_LEADER.claim),
    (ZxidUnique::NAME, ZxidUnique::CLAIM),
    (LeaderComplete::NAME, LeaderComplete::CLAIM),
    (LINEAR_HISTORY.name, LINEAR_HISTORY.claim),
    (NO_ROLLBACK.name, NO_ROLLBACK.claim),
];

/// What is judged in an ensemble.
pub(super) fn judged() -> Judged<Zab> {
    Judged {
        properties: vec![register::<Zab, ZxidUnique>(), register::<Zab, LeaderComplete>()],
        steps: vec![ONE_LEADER, LINEAR_HISTORY, NO_ROLLBACK],
        at_rest: AtRest {
            goes_on,
            properties: Vec::new(),
        },
        witnesses: WITNESSES.iter().map(|(name, _)| *name).collect(),
        witnessing: witness_of,
        answers,
    }
}

const ONE_LEADER: StepProperty<Zab> = StepProperty {
    name: "one-leader-per-epoch",
    claim: "a quorum accepts an epoch of one server only",
    check: |_, ledger, node, fact| {
        let (Value::Ledger(ledger), Fact::Accepted(epoch)) = (ledger, fact) else {
            return Ok(());
        };
        let others = ledger.accepted.get(epoch).map(|accepted| accepted.without(node));
        match others.filter(|others| !others.is_empty()) {
            Some(others) => {
                let text = format!("a quorum accepts epoch {epoch} of {node}, and has accepted that of node {others}");
                Err(Failure::new(format!("epoch {epoch}"), text))
            }
            None => Ok(()),
        }
    },
};

const LINEAR_HISTORY: StepProperty<Zab> = StepProperty {
    name: "linear-history",
    claim: "what each server commits is a beginning of one sequence of transactions, in the order of their zxids",
    check: |_, ledger, node, fact| {
        let (Value::Ledger(ledger), Fact::Committed(_, from, list)) = (ledger, fact) else {
            return Ok(());
        };
        let from = usize::from(*from);
        let committed: Vec<Txn> = ledger.committed.iter().map(|committed| committed.txn).collect();
        let known = &committed[from.min(committed.len())..];
        let parts = known.iter().zip(list).position(|(before, now)| before != now);
        let ordered = || {
            let before = committed[..from.min(committed.len())].iter();
            before.chain(list).is_sorted_by(|a, b| a.zxid < b.zxid)
        };
        if let Some(at) = parts {
            let (now, then) = (list[at], known[at]);
            let text = format!(
                "{node} commits {now} at position {}, where {then} was committed",
                from + at
            );
            return Err(Failure::new(format!("position {}", from + at), text));
        }
        if from > committed.len() || !ordered() {
            let text = format!("{node} commits {} from position {from}, out of order", txns(list));
            return Err(Failure::new(format!("position {from}"), text));
        }
        Ok(())
    },
};

const NO_ROLLBACK: StepProperty<Zab> = StepProperty {
    name: "no-rollback",
    claim: "no server cuts from its log what it has committed",
    check: |_, _, node, fact| match fact {
        Fact::Truncated(end, committed) if end < committed => Err(Failure::new(
            node.to_string(),
            format!("{node} cuts its log at {end}, and had committed {committed}"),
        )),
        _ => Ok(()),
    },
};

/// A zxid names one transaction.
struct ZxidUnique;

impl Property<Zab> for ZxidUnique {
    type View = TwoLogs<'static>;
    const NAME: &'static str = "zxid-unique";
    const CLAIM: &'static str = "a zxid names one transaction, whichever log it stands in";

    fn keys(config: &Config) -> Vec<(NodeId, NodeId)> {
        let nodes: Vec<NodeId> = config.nodes().iter().collect();
        let pairs = nodes.iter().flat_map(|a| nodes.iter().map(|b| (*a, *b)));
        pairs.filter(|(a, b)| a < b).collect()
    }

    fn check(_: &Config, at: TwoLogs<'_>) -> Result<(), Failure> {
        for mine in at.first.txns() {
            if let Some(other) = at
                .second
                .txns()
                .iter()
                .find(|txn| txn.zxid == mine.zxid && *txn != mine)
            {
                let text = format!("{} has {mine}, {} has {other}", at.a, at.b);
                return Err(Failure::new(format!("zxid {}", mine.zxid), text));
            }
        }
        Ok(())
    }
}

/// Who may lead has all that is committed.
struct LeaderComplete;

impl Property<Zab> for LeaderComplete {
    type View = Promised<'static>;
    const NAME: &'static str = "leader-completeness";
    const CLAIM: &'static str =
        "a server whose epoch a quorum has accepted has every transaction that was committed in earlier ones";

    fn keys(config: &Config) -> Vec<(NodeId,)> {
        config.nodes().iter().map(|id| (id,)).collect()
    }

    fn check(_: &Config, at: Promised<'_>) -> Result<(), Failure> {
        let Role::Leading(leading) = &at.member.role else {
            return Ok(());
        };
        let (Some(epoch), Stage::Accepted | Stage::Established) = (leading.epoch, leading.stage) else {
            return Ok(());
        };
        let committed = at.ledger.committed.iter().filter(|committed| committed.epoch < epoch);
        let lost = committed
            .map(|committed| committed.txn)
            .find(|txn| !at.log.txns().contains(txn));
        match lost {
            None => Ok(()),
            Some(txn) => {
                let text = format!("{} leads epoch {epoch} without {txn}: {}", at.id, txns(at.log.txns()));
                Err(Failure::new(format!("zxid {}", txn.zxid), text))
            }
        }
    }
}

fn answers(request: &Offer<Zab>, answer: &Offer<Zab>) -> bool {
    let (Action::Deliver(Slot::Queue(asker, asked, first)), Action::Deliver(Slot::Queue(from, to, second))) =
        (&request.action, &answer.action)
    else {
        return false;
    };
    (asker, asked) == (to, from) && (*first, *second) == (Lane::Answer, Lane::Ask)
}

/// Name and meaning of each witness; its position is its bit.
pub const WITNESSES: &[(&str, &str)] = &[
    ("leader-established", "a leader was established"),
    ("established-twice", "an epoch after the next one got a leader"),
    ("transaction-committed", "a transaction was committed"),
    ("log-cut", "a server cut its log"),
    ("tail-lost", "a disk lost what was not flushed"),
];

fn witness_of(_config: &Config, op: &Op<Zab>) -> u32 {
    let Op::Record(_, fact) = op else { return 0 };
    match fact {
        Fact::Accepted(_) => 0,
        Fact::Established(epoch, _) => 1 | u32::from(epoch.0 > 2) << 1,
        Fact::Committed(..) => 1 << 2,
        Fact::Truncated(..) => 1 << 3,
        Fact::LostTail => 1 << 4,
    }
}
