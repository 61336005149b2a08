//! From a replayed trace to what its clients did and were told. Nothing else of the cluster is looked at.

use models::fact::Fact;
use models::ids::{ClientId, Node, Offset, Partition, RecordId};
use models::message::{Acks, Code, Command, Msg};
use models::slots::Slot;
use sim_core::Action;

use super::{Event, What};
use crate::narrate::{Names, Step, Tale};

/// The history of a tale, in the order of its steps.
pub fn history_of(tale: &Tale<'_>) -> Vec<Event> {
    let mut history: Vec<Event> = Vec::new();
    for step in tale.steps() {
        history.extend(deleted(tale, step));
        let told = told(tale, step, &history);
        history.extend(told);
        let sent = step.sent().filter_map(|(queue, msg)| sent(queue, msg));
        history.extend(sent.map(|(client, partition, what)| event(tale, step, client, partition, what)));
    }
    history
}

fn event(tale: &Tale<'_>, step: &Step, client: ClientId, partition: Partition, what: What) -> Event {
    Event {
        step: step.number,
        client: Names::new(tale.config()).client(client).to_owned(),
        partition: tale.config().partition_name(partition),
        what,
    }
}

/// The partitions of a topic that an operator deletes in this step.
fn deleted<'t>(tale: &'t Tale<'_>, step: &'t Step) -> impl Iterator<Item = Event> + 't {
    let topic = match step.action {
        Action::Command(Node::Controller, Command::DeleteTopic(topic)) => Some(topic),
        Action::Command(..) | Action::Deliver(_) | Action::DeliverOverdue(_) => None,
        Action::Fire(..) | Action::Environment(_) => None,
    };
    let partitions = tale.config().partitions.iter().zip(0..);
    let own = partitions.filter(move |(placed, _)| topic == Some(placed.topic));
    own.map(|(_, partition)| Event {
        step: step.number,
        client: "the operator".to_owned(),
        partition: tale.config().partition_name(Partition(partition)),
        what: What::Deleted,
    })
}

/// A batch that leaves a client.
fn sent(queue: Slot, msg: &Msg) -> Option<(ClientId, Partition, What)> {
    let (
        Slot::Queue(Node::Client(client), ..),
        Msg::Produce {
            partition,
            records,
            acks,
        },
    ) = (queue, msg)
    else {
        return None;
    };
    let (records, acks) = (records.to_vec(), *acks);
    Some((client, *partition, What::Sent { records, acks }))
}

/// What clients are told in this step.
fn told(tale: &Tale<'_>, step: &Step, history: &[Event]) -> Vec<Event> {
    let mut events = Vec::new();
    let read = match step.received() {
        Some((
            Node::Client(client),
            _,
            Msg::ReadAnswer {
                partition,
                from,
                result,
            },
        )) => {
            if *result == Err(Code::OffsetOutOfRange) {
                events.push(event(tale, step, client, *partition, What::Reset));
            }
            Some(*from)
        }
        Some(_) | None => None,
    };
    for (node, fact) in step.facts() {
        let Node::Client(client) = node else { continue };
        if let Some((partition, what)) = of_fact(fact, read) {
            events.push(event(tale, step, client, partition, what));
        } else if let Fact::GaveUp { first, code } = fact {
            let what = given_up(history, *first, *code);
            events.push(event(tale, step, client, tale.config().target(client), what));
        }
    }
    events
}

/// What a client announces; what brokers and the controller announce is not for clients.
fn of_fact(fact: &Fact, read: Option<Offset>) -> Option<(Partition, What)> {
    if let Fact::Acked {
        partition,
        base,
        records,
        ..
    } = fact
    {
        let (records, base) = (records.to_vec(), *base);
        return Some((*partition, What::Ok { records, base }));
    }
    if let Fact::Delivered { partition, records, .. } = fact {
        let (from, records) = (read?, records.to_vec());
        return Some((*partition, What::Polled { from, records }));
    }
    None
}

/// A batch is not stored for certain if the only attempt to send it was refused before anything was written.
fn given_up(history: &[Event], first: RecordId, code: Option<Code>) -> What {
    let attempts = history.iter().filter(|event| match &event.what {
        What::Sent { records, acks } => records.first() == Some(&first) && *acks != Acks::None,
        What::Ok { .. }
        | What::Failed { .. }
        | What::Unknown { .. }
        | What::Polled { .. }
        | What::Reset
        | What::Deleted => false,
    });
    let refused = code.filter(|code| {
        matches!(
            code,
            Code::NotLeaderOrFollower
                | Code::LeaderNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::NotEnoughReplicas
        )
    });
    match (refused, attempts.count()) {
        (Some(code), 0 | 1) => What::Failed { first, code },
        (Some(_) | None, _) => What::Unknown { first },
    }
}
