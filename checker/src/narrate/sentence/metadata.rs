//! A broker applies metadata: which roles that gives it, in words.

use models::cluster::Record;
use models::fact::Fact;
use models::features::Truncation;
use models::ids::{BrokerId, Listed, Node, Offset, Partition};
use models::replication::{Replica, Role};
use models::slots::{Slot, Value};

use super::super::names::{count, log_of, or_none};
use super::Teller;

impl Teller<'_, '_> {
    /// A broker gets records of metadata (or several batches at once, when none are given).
    pub(super) fn metadata(&self, id: BrokerId, records: Option<&[Record]>) -> String {
        match (self.roles(id), records) {
            (Some(roles), _) => format!("broker {id} {roles}"),
            (None, Some(records)) => {
                let heard: Vec<String> = records.iter().map(|record| self.record(record)).collect();
                format!("broker {id} hears: {}", heard.join("; "))
            }
            (None, None) => format!("broker {id} takes in the metadata"),
        }
    }

    /// ` and follows broker 2`, or nothing.
    pub(super) fn roles_after(&self, node: Node) -> String {
        let Node::Broker(id) = node else { return String::new() };
        self.roles(id).map_or_else(String::new, |roles| format!(", {roles}"))
    }

    /// What a replica cut its log to in this step.
    pub(super) fn truncated_to(&self, node: Node, partition: Partition) -> Option<Offset> {
        self.step.facts().find_map(|(at, fact)| {
            let Fact::Truncated { partition: of, to, .. } = fact else {
                return None;
            };
            ((at, *of) == (node, partition)).then_some(*to)
        })
    }

    /// The new roles of a broker: the first two, and how many more.
    fn roles(&self, id: BrokerId) -> Option<String> {
        let roles = self
            .tale
            .config()
            .hosted(id)
            .filter_map(|partition| self.role(id, partition));
        let mut roles: Vec<String> = roles.collect();
        if roles.len() > 2 {
            let more = roles.len() - 2;
            roles.truncate(2);
            roles.push(format!("the like in {} more", count(more)));
        }
        (!roles.is_empty()).then(|| roles.join("; "))
    }

    fn role(&self, id: BrokerId, partition: Partition) -> Option<String> {
        let change = self.step.change(Slot::Replica(id, partition))?;
        let (Value::Replica(before), Value::Replica(after)) = (&change.before, &change.after) else {
            return None;
        };
        let within = self.names.within(partition);
        match (&before.role, &after.role) {
            (Role::Leader(old), Role::Leader(new)) if before.leader_epoch == after.leader_epoch => {
                (old.isr != new.isr).then(|| format!("hears that the ISR{within} is {}", Listed(&new.isr)))
            }
            (_, Role::Leader(leading)) => {
                let again = if matches!(before.role, Role::Leader(_)) {
                    "leads on"
                } else {
                    "leads"
                };
                Some(format!("{again}{within} from offset {}", leading.epoch_start))
            }
            (Role::Follower(old), Role::Follower(new)) if old.leader == new.leader && same_epoch(before, after) => None,
            (_, Role::Follower(following)) => {
                let cut = self.cut_clause(id, partition);
                Some(match following.leader {
                    Some(leader) => format!("follows broker {leader}{within}{cut}"),
                    None => format!("has no leader{within}{cut}"),
                })
            }
            (Role::Offline, Role::Offline) => None,
            (_, Role::Offline) => Some(format!("has no replica any more{within}")),
        }
    }

    fn cut_clause(&self, id: BrokerId, partition: Partition) -> String {
        let Some(to) = self.truncated_to(Node::Broker(id), partition) else {
            return String::new();
        };
        let before = log_of(self.tale, id, partition, self.step.number - 1);
        let own = before.is_some_and(|log| log.high_watermark() == to)
            && self.tale.config().rules(id).truncation() == Truncation::HighWatermark;
        let to = if own {
            format!("its own HW {to}")
        } else {
            to.to_string()
        };
        format!(" and cuts its log back to {to}")
    }

    fn record(&self, record: &Record) -> String {
        match record {
            Record::Broker(id, registration) => format!("broker {id} {}", registration.state),
            Record::Topic(topic, settings) => {
                format!("{} min.insync.replicas={}", self.topic(*topic), settings.min_isr)
            }
            Record::Placed(partition, id) => {
                let name = self.tale.config().partition_name(*partition);
                format!("{name} of broker {id} is on its disk")
            }
            Record::Partition(partition, state) => {
                let name = self.tale.config().partition_name(*partition);
                format!(
                    "{name} leader {} epoch {} ISR {}",
                    or_none(state.leader),
                    state.leader_epoch.0,
                    Listed(&state.isr)
                )
            }
        }
    }
}

fn same_epoch(before: &Replica, after: &Replica) -> bool {
    before.leader_epoch == after.leader_epoch
}
