//! What producers and consumers wait for, and the contents of the records that the model knows by number only.

use std::collections::BTreeMap;

use models::fact::Fact;
use models::ids::{ClientId, Partition, RecordId};
use models::log;
use models::message::{self, Code, Command, Knowledge};
use sim_core::SmallVec;

use super::{NotModelled, ProduceRequest, Reply, Ticket};
use crate::recording::{Acks, Answer, Batch, BatchKind, LeaderEpoch, LogRecord, NodeId, Offset, Retries, shorten};

/// How often a producer tries again that does so until its record is too old.
const ALWAYS: u8 = u8::MAX;

/// Requests of clients under way, and all records that were sent so far.
#[derive(Debug, Default)]
pub(super) struct Clients {
    contents: Vec<Content>,
    producing: BTreeMap<RecordId, Sent>,
    reading: BTreeMap<ClientId, Reading>,
    /// Whom a client would ask for metadata now, and what it should hear.
    pub(super) asking: Option<Asking>,
}

/// What a record says.
#[derive(Debug)]
struct Content {
    key: Option<String>,
    value: Option<String>,
}

/// A record that is not answered yet.
#[derive(Debug)]
struct Sent {
    ticket: Ticket,
    partition: i32,
}

/// A consumer at work.
#[derive(Debug)]
struct Reading {
    ticket: Ticket,
    got: Vec<(Offset, String)>,
}

/// A client that may ask for the leader of a partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub(super) partition: Partition,
    /// The leader that it was told in the recording.
    pub(super) told: Option<NodeId>,
}

impl Clients {
    /// The command that sends this record.
    ///
    /// # Errors
    /// When the client waits for no answer: what it reports then is not modelled.
    pub(super) fn produce(
        &mut self,
        ticket: Ticket,
        partition: Partition,
        request: &ProduceRequest,
    ) -> Result<Command, NotModelled> {
        let acks = match request.acks {
            Acks::All => message::Acks::All,
            Acks::Leader => message::Acks::Leader,
            Acks::None => {
                return Err(NotModelled(
                    "what a producer with acks=0 reports is not modelled".to_owned(),
                ));
            }
        };
        let number = u32::try_from(self.contents.len()).expect("a recording has fewer records than a number can count");
        let record = RecordId(number);
        self.contents.push(Content {
            key: request.key.clone(),
            value: request.value.clone(),
        });
        self.producing.insert(
            record,
            Sent {
                ticket,
                partition: request.partition.partition,
            },
        );
        let knowledge = if request.client.is_some() {
            Knowledge::Kept
        } else {
            Knowledge::Fresh
        };
        let retries = match request.retries {
            Retries::UntilTimeout => ALWAYS,
            Retries::Never => 0,
        };
        Ok(Command::Send {
            partition,
            records: SmallVec::from_elem(record, 1),
            acks,
            retries,
            knowledge,
        })
    }

    /// A consumer begins to read.
    pub(super) fn consume(&mut self, ticket: Ticket, client: ClientId) {
        self.reading.insert(
            client,
            Reading {
                ticket,
                got: Vec::new(),
            },
        );
    }

    /// Consumers that have not read to the end yet.
    pub(super) fn readers(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.reading.keys().copied()
    }

    /// Takes note of what a client learnt, and says which request that answers.
    pub(super) fn note(&mut self, client: ClientId, fact: &Fact) -> Option<(Ticket, Reply)> {
        match fact {
            Fact::Acked { base, records, .. } => {
                let sent = self.producing.remove(records.first()?)?;
                Some((
                    sent.ticket,
                    Reply::Produced(Answer::At(sent.partition, Offset(i64::from(base.0)))),
                ))
            }
            Fact::GaveUp { first, code } => {
                let sent = self.producing.remove(first)?;
                Some((sent.ticket, Reply::Produced(Answer::Error(error(*code)))))
            }
            Fact::Delivered { records, end, .. } => {
                let reading = self.reading.get_mut(&client)?;
                for (offset, record) in records {
                    let value = self.contents[record.0 as usize].value.clone().unwrap_or_default();
                    reading.got.push((Offset(i64::from(offset.0)), value));
                }
                let read = reading.got.last().map_or(0, |(offset, _)| offset.0 + 1);
                if read < i64::from(end.0) {
                    return None;
                }
                let reading = self.reading.remove(&client)?;
                Some((reading.ticket, Reply::Consumed(reading.got)))
            }
            _ => None,
        }
    }

    /// A batch as a dump of the log file shows it.
    pub(super) fn batch(&self, batch: &log::Batch) -> Batch {
        let data = |(offset, record): (models::ids::Offset, RecordId)| {
            let content = &self.contents[record.0 as usize];
            LogRecord::Data {
                offset: Offset(i64::from(offset.0)),
                key: content.key.clone(),
                value: content.value.as_deref().map(shorten),
            }
        };
        Batch {
            base_offset: Offset(i64::from(batch.base.0)),
            last_offset: Offset(i64::from(batch.end().0) - 1),
            epoch: LeaderEpoch(i32::from(batch.epoch.0)),
            kind: BatchKind::Plain,
            records: batch.offsets().map(data).collect(),
        }
    }
}

/// What librdkafka reports: its own errors begin with an underscore.
fn error(code: Option<Code>) -> String {
    match code {
        None => "_MSG_TIMED_OUT".to_owned(),
        Some(Code::NetworkException) => "_TRANSPORT".to_owned(),
        Some(code) => code.name().to_owned(),
    }
}
