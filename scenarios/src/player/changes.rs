//! Owns the sentences about what an action changed: metadata, lives, logs, and what clients were told.

use models::cluster::{BrokerState, Cluster, LogRecord, PartitionState};
use models::controller::partition_change::Choice;
use models::fact::Fact;
use models::ids::{BrokerId, ControllerEpoch, Listed, Node, Partition};
use models::message::{Acks, Code};
use models::slots::{Slot, Value};
use models::{Kafka, World, authority_slot};
use sim_core::{Action, Op, Scratch};

use crate::build::Built;
use crate::view::controlled;

/// The metadata as it was told last.
pub(super) struct Changes {
    told: Cluster,
    /// Of the last controller that was told of, where there is ZooKeeper.
    controller_epoch: ControllerEpoch,
}

fn controller_epoch(world: &World<'_>) -> ControllerEpoch {
    match world.has(Slot::ZooKeeper).then(|| world.get(Slot::ZooKeeper)) {
        Some(Value::ZooKeeper(tree)) => tree.controller_epoch,
        Some(_) | None => ControllerEpoch::default(),
    }
}

impl Changes {
    /// With ZooKeeper: who registers, whose session is over, who is the controller.
    fn sessions(&mut self, world: &World<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let Some(Value::ZooKeeper(tree)) = world.has(Slot::ZooKeeper).then(|| world.get(Slot::ZooKeeper)) else {
            return lines;
        };
        for id in world.config().broker_ids() {
            match (self.told.broker(id), tree.cluster.broker(id)) {
                (Some(old), Some(new)) if old.epoch == new.epoch => {}
                (_, Some(new)) => lines.push(format!("zookeeper: broker {id} registers ({})", new.epoch)),
                (Some(_), None) => lines.push(format!("zookeeper: the session of broker {id} is over")),
                (None, None) => {}
            }
        }
        if tree.controller_epoch > self.controller_epoch
            && let Some(id) = tree.controller
        {
            lines.push(format!(
                "zookeeper: broker {id} is the controller (controller epoch {})",
                tree.controller_epoch.0
            ));
        }
        self.controller_epoch = tree.controller_epoch;
        lines
    }

    pub(super) fn of(world: &World<'_>) -> Self {
        Self {
            told: controlled(world).clone(),
            controller_epoch: controller_epoch(world),
        }
    }

    /// Sentences about the last action, in order.
    pub(super) fn after(
        &mut self,
        built: &Built,
        world: &World<'_>,
        scratch: &Scratch<Kafka>,
        action: &Action<Kafka>,
    ) -> Vec<String> {
        let facts = || {
            scratch.ops.iter().filter_map(|(_, op)| match op {
                Op::Record(node, fact) => Some((*node, fact)),
                _ => None,
            })
        };
        let mut lines: Vec<String> = facts()
            .filter(|(_, fact)| !self.is_repeated(fact))
            .filter_map(|(node, fact)| sentence(built, node, fact, action))
            .collect();
        let keeper = authority_slot(&built.config);
        if scratch.touched.contains(&world.index(keeper)) {
            lines.extend(self.sessions(world));
            let now = controlled(world);
            let unclean = |partition| facts().any(|(_, fact)| is_unclean(fact, partition));
            for (partition, state) in now.partitions() {
                let change = difference(self.told.partition(partition), state, unclean(partition));
                lines.extend(change.map(|change| format!("{}  {change}", built.config.partition_name(partition))));
            }
            self.told = now.clone();
        }
        lines
    }
}

impl Changes {
    /// From 4.0 on the controller fences a broker that left politely a second time, when its last contact is too old.
    fn is_repeated(&self, fact: &Fact) -> bool {
        let Fact::Wrote(record) = fact else {
            return false;
        };
        let LogRecord::BrokerChange(id, epoch, state) = &**record else {
            return false;
        };
        let known = self.told.broker(*id);
        known.is_some_and(|known| known.state == *state && known.epoch == *epoch)
    }
}

fn is_unclean(fact: &Fact, partition: Partition) -> bool {
    matches!(fact, Fact::Decided { partition: other, choice: Choice::Unclean | Choice::LastKnown, .. } if *other == partition)
}

/// One sentence about a fact that a reader wants to know of; partitions are told by what changed in them.
fn sentence(built: &Built, node: Node, fact: &Fact, action: &Action<Kafka>) -> Option<String> {
    let partition = |partition: &Partition| built.config.partition_name(*partition);
    let records = |list: &[models::ids::RecordId]| {
        let names: Vec<String> = list.iter().map(|record| built.record(*record)).collect();
        names.join(", ")
    };
    let who = match node {
        Node::Client(id) => built.config.clients[usize::from(id.0)].name.clone(),
        Node::Controller | Node::Broker(_) | Node::ZooKeeper | Node::Voter(_) => node.to_string(),
    };
    match fact {
        Fact::Wrote(record) => metadata(built, record),
        Fact::Acked {
            partition: p,
            acks,
            base,
            records: list,
            ..
        } => Some(format!(
            "{who}: {} acknowledged at {} offset {base} (acks={})",
            records(list),
            partition(p),
            acks.text()
        )),
        Fact::GaveUp { first, code } => Some(format!(
            "{who}: {} {}",
            records(&[*first]),
            given_up(*code, sent_without_answer(built, node, action))
        )),
        Fact::Delivered {
            partition: p,
            records: list,
            ..
        } if !list.is_empty() => {
            let names: Vec<models::ids::RecordId> = list.iter().map(|(_, record)| *record).collect();
            Some(format!("{who}: read {} from {}", records(&names), partition(p)))
        }
        Fact::Truncated {
            partition: p,
            to,
            records: list,
        } if !list.is_empty() => {
            let names: Vec<models::ids::RecordId> = list.iter().map(|stored| stored.record).collect();
            Some(format!(
                "{}  {who} cuts its log to offset {to}: {} goes",
                partition(p),
                records(&names)
            ))
        }
        Fact::Skipped {
            partition: p,
            known,
            found,
            ..
        } => Some(format!(
            "{who}: reads on in {} behind {found}, where it had read {known}",
            partition(p)
        )),
        Fact::EndTold { partition: p, end, .. } => Some(format!("{who}: {} ends at {end}", partition(p))),
        Fact::Lost { partition: p, from, .. } => {
            Some(format!("{}  {who} keeps what is below offset {from}", partition(p)))
        }
        Fact::Ended if !matches!(action, Action::Environment(_)) => Some(format!("{who} has stopped")),
        Fact::Delivered { .. } | Fact::Truncated { .. } | Fact::Ended | Fact::Decided { .. } => None,
        Fact::Registered(..) | Fact::Led { .. } | Fact::Committed { .. } | Fact::Promised { .. } => None,
        Fact::Dropped(p) => Some(format!("{}  {who} deletes its replica", partition(p))),
        Fact::IsrProposed { .. } | Fact::Ordered(_) | Fact::Deleted(_) | Fact::WrittenBy { .. } => None,
    }
}

/// What became of a batch that a producer forgets.
fn given_up(code: Option<Code>, unasked: bool) -> String {
    match code {
        Some(code) => format!("given up ({code})"),
        None if unasked => "sent, no answer wanted".to_owned(),
        None => "given up (delivery timeout)".to_owned(),
    }
}

/// Whether a producer forgets a batch because it asked for no answer.
fn sent_without_answer(built: &Built, node: Node, action: &Action<Kafka>) -> bool {
    use models::message::Command;
    match (node, action) {
        (_, Action::Command(_, Command::Send { acks, .. })) => *acks == Acks::None,
        (Node::Client(id), Action::Command(..) | Action::Deliver(_)) => built
            .roster
            .producer(id)
            .is_some_and(|producer| producer.acks == Acks::None),
        _ => false,
    }
}

fn metadata(built: &Built, record: &LogRecord) -> Option<String> {
    match record {
        LogRecord::RegisterBroker(id, epoch) => Some(format!("controller: broker {id} registers ({epoch})")),
        LogRecord::BrokerChange(id, _, state) => Some(match state {
            BrokerState::Fenced => format!("controller: broker {id} is fenced"),
            BrokerState::Unfenced => format!("controller: broker {id} serves"),
            BrokerState::ShuttingDown => format!("controller: broker {id} enters controlled shutdown"),
            BrokerState::Controlling => format!("controller: is broker {id}"),
        }),
        LogRecord::Topic(topic) => {
            let name = &built.config.topics[usize::from(topic.0)].name;
            Some(format!("controller: topic {name} exists"))
        }
        LogRecord::RemoveTopic(topic) => {
            let name = &built.config.topics[usize::from(topic.0)].name;
            Some(format!("controller: topic {name} is gone"))
        }
        LogRecord::Config(..) | LogRecord::ClearElr(_) => None,
        LogRecord::Partition(..) | LogRecord::PartitionChange(..) | LogRecord::Directories(..) => None,
    }
}

/// What is new about a partition: `leader 2 -> 3   epoch 0 -> 1   isr 2,3,1 -> 3,1`.
fn difference(before: Option<&PartitionState>, now: &PartitionState, unclean: bool) -> Option<String> {
    let Some(before) = before else {
        let leader = led_by(now.leader);
        return Some(format!(
            "leader {leader}   epoch {}   isr {}",
            now.leader_epoch.0,
            list(&now.isr)
        ));
    };
    let mut parts = Vec::new();
    if before.leader != now.leader {
        let mark = if unclean { " (unclean)" } else { "" };
        parts.push(format!(
            "leader {} -> {}{mark}",
            led_by(before.leader),
            led_by(now.leader)
        ));
    }
    if before.leader_epoch != now.leader_epoch {
        parts.push(format!("epoch {} -> {}", before.leader_epoch.0, now.leader_epoch.0));
    }
    for (what, before, now) in [
        ("replicas", &before.replicas, &now.replicas),
        ("adding", &before.adding, &now.adding),
        ("removing", &before.removing, &now.removing),
        ("isr", &before.isr, &now.isr),
        ("elr", &before.elr, &now.elr),
        ("last known elr", &before.last_known_elr, &now.last_known_elr),
    ] {
        if before != now {
            parts.push(format!("{what} {} -> {}", list(before), list(now)));
        }
    }
    (!parts.is_empty()).then(|| parts.join("   "))
}

fn led_by(leader: Option<BrokerId>) -> String {
    leader.map_or("none".to_owned(), |leader| leader.to_string())
}

fn list(ids: &[BrokerId]) -> String {
    if ids.is_empty() {
        "none".to_owned()
    } else {
        Listed(ids).to_string()
    }
}
