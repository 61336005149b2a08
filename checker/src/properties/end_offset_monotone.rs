//! No end offset goes back: not a leader's, not one that consumers were shown, not one that a client was told.
//! Formula, assumptions and source: [`ABOUT`].
//!
//! Between two leaderships the end that a fetch shows may step back for a while: a new leader's high watermark lags
//! behind, and Kafka promises no more (KIP-207 hides it from those who ask for the end offset only).

use models::Kafka;
use models::config::Config;
use models::fact::Fact;
use models::ids::{BrokerId, Node, Offset, Partition};
use models::slots::Value;
use sim_core::{Failure, Property, StepProperty};

use super::About;
use super::shared::{OneReplica, elections_were_clean, ledger, replicas};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "end-offset-monotone",
    claim: "No end offset goes back: not a leader's, not one that consumers were shown, not one that a client was told.",
    formula: "(c is told the end o ⇒ o ≥ every end that c was told) ∧ (b commits (o, r, e) ∧ Live(b) ∧ v(b).le = e ⇒ no (o, _, e) ∈ Committed) ∧ \
              (unclean = 0 ∧ b = C.leader ∧ b ∉ lossy ∧ Declared = ∅ ⇒ leo(b) ≥ shown_end)",
    assumptions: "the first half asks for the leader of the decision in force, as a deposed one may come late; the \
                  second without an unclean election and without a declared loss; the end shown may step back over an \
                  election until the new leader's high watermark has caught up, but not the end that a client asks for \
                  alone; with ZooKeeper the first half is not asked for, as a leader that is back before its session \
                  ends leads on in its epoch, from the high watermark in its file",
    source: "KIP-207",
    korean: "끝 오프셋은 뒤로 가지 않는다. 리더의 하이워터마크도, 컨슈머에게 보인 끝도, 클라이언트가 들은 끝도 그렇다.",
};

/// See [`ABOUT`].
pub struct EndOffsetMonotone;

impl Property<Kafka> for EndOffsetMonotone {
    type View = OneReplica<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(BrokerId, Partition)> {
        replicas(config)
    }

    fn check(_config: &Config, at: OneReplica<'_>) -> Result<(), Failure> {
        let (promises, end) = (at.promises(), at.log.end());
        let shown = promises.shown_end;
        let excused = || (end.0..shown.0).any(|offset| at.loss_is_declared(Offset(offset)));
        if !at.leads() || !elections_were_clean(promises) || end >= shown || excused() {
            return Ok(());
        }
        let reason = format!(
            "consumers were shown the end {shown}, but the log of leader {} ends at {end}",
            at.broker
        );
        Err(Failure::new(at.partition.to_string(), reason))
    }
}

/// The check on each fact: what was appended in the epoch in force was committed by nobody but its leader.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(config: &Config, before: &Value, node: Node, fact: &Fact) -> Result<(), Failure> {
    if let Fact::EndTold {
        partition,
        end,
        before: known,
    } = fact
    {
        let promises = ledger(before).promises(*partition);
        let declared = |offset: u32| ledger(before).loss_is_declared(*partition, Offset(offset));
        if end >= known || !elections_were_clean(promises) || (end.0..known.0).any(declared) {
            return Ok(());
        }
        let reason = format!("{node} was told the end {known}, and now {end}");
        return Err(Failure::new(partition.to_string(), reason));
    }
    if config.has_zookeeper() {
        return Ok(());
    }
    let (
        Node::Broker(leader),
        Fact::Committed {
            partition,
            epoch,
            records,
            ..
        },
    ) = (node, fact)
    else {
        return Ok(());
    };
    let promises = ledger(before).promises(*partition);
    if promises.decided != Some((*epoch, Some(leader))) {
        return Ok(());
    }
    let own = records.iter().filter(|stored| stored.epoch == *epoch);
    let again = |offset: &Offset| {
        promises
            .committed_at(*offset)
            .is_some_and(|known| known.epoch == *epoch)
    };
    match own.map(|stored| stored.offset).find(again) {
        None => Ok(()),
        Some(offset) => {
            let reason = format!("{node} committed offset {offset} twice in {epoch}: its high watermark had gone back");
            Err(Failure::new(partition.to_string(), reason))
        }
    }
}
