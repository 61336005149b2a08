//! Owns clients: a client of the scenario that works on several partitions is several clients of the model.

use std::collections::BTreeMap;

use models::config::{ClientConfig, ClientKind, ConsumerConfig, Pace, ProducerConfig, Reset, Wants};
use models::ids::{ClientId, Partition, RecordId};
use models::message::Acks;

use super::topics::Placed;
use super::{Refusal, byte, refuse};
use crate::scenario::event::Event;
use crate::scenario::schema::{self, Client, PartitionIndex, Scenario};

/// The name of the client that writes what the script writes without naming one.
pub const FRESH: &str = "fresh client";

/// How often a batch is sent again where a scenario without a clock does not say it: retries have to end.
const RETRIES_FREE: u8 = 1;

/// Clients of the model, and the records that the script writes.
#[derive(Clone, Debug)]
pub struct Roster {
    members: Vec<Member>,
    first_scripted: u32,
}

#[derive(Clone, Debug)]
struct Member {
    /// The client's name in the scenario; none for the fresh one.
    id: Option<String>,
    config: ClientConfig,
}

impl Roster {
    pub(super) fn configs(&self) -> Vec<ClientConfig> {
        self.members.iter().map(|member| member.config.clone()).collect()
    }

    pub(super) fn values(&self, scenario: &Scenario) -> BTreeMap<RecordId, String> {
        let produced = scenario.script.iter().filter_map(|event| match event {
            Event::Produce { value, .. } => Some(value.clone()),
            _ => None,
        });
        produced
            .enumerate()
            .map(|(at, value)| (self.scripted(at), value))
            .collect()
    }

    /// The record of the script's `at`-th write, from 0.
    pub fn scripted(&self, at: usize) -> RecordId {
        RecordId(self.first_scripted + at as u32)
    }

    /// The client that writes to this partition under this name; the fresh one without a name.
    pub fn writer(&self, id: Option<&str>, partition: Partition) -> Option<ClientId> {
        let named = |member: &&(usize, &Member)| member.1.id.as_deref() == id;
        let of_partition = |member: &&(usize, &Member)| match &member.1.config.kind {
            ClientKind::Producer(producer) => producer.partition == partition,
            ClientKind::Consumer(_) => false,
        };
        let members: Vec<(usize, &Member)> = self.members.iter().enumerate().collect();
        let exact = members.iter().filter(named).find(of_partition);
        let (at, _) = exact.or_else(|| members.iter().find(named))?;
        Some(ClientId(*at as u8))
    }

    /// The settings of a producer.
    pub fn producer(&self, client: ClientId) -> Option<&ProducerConfig> {
        match &self.members[usize::from(client.0)].config.kind {
            ClientKind::Producer(producer) => Some(producer),
            ClientKind::Consumer(_) => None,
        }
    }
}

/// All clients of the scenario; a fresh one if the script needs it.
pub(super) fn enlist(scenario: &Scenario, placed: &Placed, pace: Pace) -> Result<Roster, Refusal> {
    let mut members = Vec::new();
    for (at, client) in scenario.clients.iter().enumerate() {
        let path = format!("clients[{at}]");
        let partitions = partitions(placed, client.topic(), partition_of(client));
        let share = partitions.len() as u32;
        for (turn, partition) in partitions.into_iter().enumerate() {
            let kind = kind(client, partition, (turn as u32, share), pace, &path)?;
            let name = match share {
                1 => client.id().to_owned(),
                _ => format!("{}-{turn}", client.id()),
            };
            members.push(Member {
                id: Some(client.id().to_owned()),
                config: ClientConfig { name, kind },
            });
        }
    }
    let first_scripted = 1 + members.iter().map(|member| workload(&member.config)).sum::<u32>();
    if let Some(partition) = first_fresh(scenario, placed) {
        let fresh = ProducerConfig {
            partition,
            acks: Acks::All,
            batches: 0,
            batch_records: 1,
            retries: retries_default(pace),
        };
        let config = ClientConfig {
            name: FRESH.to_owned(),
            kind: ClientKind::Producer(fresh),
        };
        members.push(Member { id: None, config });
    }
    byte(
        "clients",
        "number of clients, one for each of their partitions,",
        members.len() as u64,
    )?;
    Ok(Roster {
        members,
        first_scripted,
    })
}

fn partition_of(client: &Client) -> Option<PartitionIndex> {
    match client {
        Client::Producer { partition, .. } => *partition,
        Client::Consumer { .. } | Client::Group { .. } => None,
    }
}

fn partitions(placed: &Placed, topic: &str, number: Option<PartitionIndex>) -> Vec<Partition> {
    let of_topic = |at: &usize| placed.topics[usize::from(placed.partitions[*at].topic.0)].name == topic;
    let wanted = |at: &usize| number.is_none_or(|number| placed.partitions[*at].number == number.0);
    (0..placed.partitions.len())
        .filter(of_topic)
        .filter(wanted)
        .map(|at| Partition(at as u8))
        .collect()
}

/// The part that one model client has of a client: `turn` of so many that `share` its records.
fn kind(
    client: &Client,
    partition: Partition,
    (turn, share): (u32, u32),
    pace: Pace,
    path: &str,
) -> Result<ClientKind, Refusal> {
    match client {
        Client::Producer {
            acks,
            records,
            retries,
            batch,
            ..
        } => {
            let batch = batch.unwrap_or(1);
            let own = records / share + u32::from(turn < records % share);
            if own % batch != 0 {
                let sentence = format!("{own} records for one partition do not fill batches of {batch}");
                return Err(refuse(path, sentence));
            }
            let batches = u16::try_from(own / batch)
                .map_err(|_| refuse(path, format!("{own} records are more than can be simulated")))?;
            Ok(ClientKind::Producer(ProducerConfig {
                partition,
                acks: model_acks(*acks),
                batches,
                batch_records: byte(path, "a batch of", u64::from(batch))?,
                retries: retries.map_or_else(|| retries_default(pace), |given| given.min(255) as u8),
            }))
        }
        Client::Consumer { reset, wants, .. } => Ok(ClientKind::Consumer(ConsumerConfig {
            partition,
            reset: model_reset(*reset),
            wants: match wants {
                schema::Wants::Records => Wants::Records,
                schema::Wants::EndOffset => Wants::EndOffset,
            },
        })),
        Client::Group { reset, .. } => Ok(ClientKind::Consumer(ConsumerConfig {
            partition,
            reset: model_reset(*reset),
            wants: Wants::Records,
        })),
    }
}

/// Kafka tries until the delivery timeout; without a clock there is none.
fn retries_default(pace: Pace) -> u8 {
    match pace {
        Pace::Clock => u8::MAX,
        Pace::Free => RETRIES_FREE,
    }
}

fn workload(config: &ClientConfig) -> u32 {
    match &config.kind {
        ClientKind::Producer(producer) => u32::from(producer.batches) * u32::from(producer.batch_records),
        ClientKind::Consumer(_) => 0,
    }
}

/// The partition that the script's first write without a client goes to.
fn first_fresh(scenario: &Scenario, placed: &Placed) -> Option<Partition> {
    scenario.script.iter().find_map(|event| match event {
        Event::Produce {
            client: None,
            topic,
            partition,
            ..
        } => partitions(placed, topic, Some(*partition)).first().copied(),
        _ => None,
    })
}

/// The model's word for an `acks` of the scenario.
pub(crate) fn model_acks(acks: schema::Acks) -> Acks {
    match acks {
        schema::Acks::All => Acks::All,
        schema::Acks::One => Acks::Leader,
        schema::Acks::None => Acks::None,
    }
}

fn model_reset(reset: schema::Reset) -> Reset {
    match reset {
        schema::Reset::Earliest => Reset::Earliest,
        schema::Reset::Latest => Reset::Latest,
        schema::Reset::None => Reset::Fail,
    }
}
