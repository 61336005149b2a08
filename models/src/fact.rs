//! What happened, told to the ledger and to whoever watches: past, never an order.

use alloc::boxed::Box;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::SmallVec;

use crate::cluster::LogRecord;
use crate::controller::partition_change::Choice;
use crate::ids::{BrokerEpoch, BrokerId, Brokers, ControllerEpoch, LeaderEpoch, Listed, Offset, Partition, RecordId};
use crate::message::{Acks, Code, Records};

/// A record that stands somewhere in a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// Where.
    pub offset: Offset,
    /// What.
    pub record: RecordId,
    /// The epoch of its batch.
    pub epoch: LeaderEpoch,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fact {
    /// The controller wrote a record into the metadata log.
    Wrote(Box<LogRecord>),
    /// The controller decided about a partition.
    Decided {
        /// Which.
        partition: Partition,
        /// Its leader.
        leader: Option<BrokerId>,
        /// The leader epoch.
        epoch: LeaderEpoch,
        /// Who may be elected cleanly from now on: ISR and ELR.
        electable: Brokers,
        /// Whom the leader in office lets into the ISR with this very decision: the last replica that a reassignment waits
        /// for may enter and lead at once.
        admitted: Brokers,
        /// Whether the leader was in sync when it was chosen.
        choice: Choice,
    },
    /// A new life of a broker is registered.
    Registered(BrokerId, BrokerEpoch),
    /// A broker began to lead.
    Led {
        /// Which partition.
        partition: Partition,
        /// In which epoch.
        epoch: LeaderEpoch,
    },
    /// A leader raised its high watermark.
    Committed {
        /// Of which partition.
        partition: Partition,
        /// In its epoch.
        epoch: LeaderEpoch,
        /// The size of the ISR as the leader knows it confirmed.
        isr: u8,
        /// min.insync.replicas as the leader counts it, at most the number of replicas.
        min_isr: u8,
        /// The replicas it counted, itself included.
        quorum: Brokers,
        /// The new high watermark.
        high_watermark: Offset,
        /// Records that are committed now.
        records: SmallVec<[Stored; 1]>,
    },
    /// A leader answered a producer of acks=all with success.
    Promised {
        /// Of which partition.
        partition: Partition,
        /// The ISR as the leader counted it.
        isr: Brokers,
        /// min.insync.replicas as it counted it.
        min_isr: u8,
    },
    /// A producer got the answer that its batch is stored.
    Acked {
        /// In which partition.
        partition: Partition,
        /// With which acks.
        acks: Acks,
        /// The offset of the first record.
        base: Offset,
        /// The records.
        records: Records,
    },
    /// A producer gave up a batch, or an acks=0 batch was sent.
    GaveUp {
        /// The first record of the batch.
        first: RecordId,
        /// The last error, if there was one.
        code: Option<Code>,
    },
    /// A consumer got records.
    Delivered {
        /// From which partition.
        partition: Partition,
        /// By whom, at that moment.
        from: BrokerId,
        /// Record and offset.
        records: SmallVec<[(Offset, RecordId); 2]>,
        /// The end that the consumer was shown.
        end: Offset,
    },
    /// A consumer read on behind a record that is not the one that it had read there.
    Skipped {
        /// From which partition.
        partition: Partition,
        /// Where it read on.
        at: Offset,
        /// What it had read before that.
        known: RecordId,
        /// What stands there now.
        found: RecordId,
    },
    /// A client that asked for the end offset was told it.
    EndTold {
        /// Of which partition.
        partition: Partition,
        /// The end.
        end: Offset,
        /// The largest that this client was told before.
        before: Offset,
    },
    /// A replica cut its log.
    Truncated {
        /// Of which partition.
        partition: Partition,
        /// To which end.
        to: Offset,
        /// Records that went.
        records: SmallVec<[Stored; 1]>,
    },
    /// A power loss or a wipe took records from a log (perhaps none, but whoever reads it cannot know).
    Lost {
        /// Of which partition.
        partition: Partition,
        /// Records from here on are gone.
        from: Offset,
        /// What they were.
        records: SmallVec<[Stored; 1]>,
    },
    /// A proposal of an ISR was sent, granted, or refused.
    IsrProposed {
        /// Of which partition.
        partition: Partition,
        /// The ISR.
        isr: Brokers,
    },
    /// An operator's order was carried out, or refused.
    Ordered(Result<(), Code>),
    /// A broker's process ended.
    Ended,
    /// A partition went with its topic: nothing that was promised about it counts any more.
    Deleted(Partition),
    /// A broker deleted its replica, as the metadata no longer has one there.
    Dropped(Partition),
    /// A controller wrote into ZooKeeper.
    WrittenBy {
        /// Its epoch.
        author: ControllerEpoch,
        /// The epoch of the controller in force.
        current: ControllerEpoch,
    },
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrote(_) => f.write_str("wrote metadata"),
            Self::Decided {
                partition,
                leader,
                epoch,
                electable,
                choice,
                ..
            } => {
                write!(f, "decided {partition} {epoch} leader ")?;
                match leader {
                    Some(leader) => write!(f, "{leader}")?,
                    None => f.write_str("none")?,
                }
                write!(f, " electable {} {choice:?}", Listed(electable))
            }
            Self::Registered(id, epoch) => write!(f, "registered broker {id} {epoch}"),
            Self::Led { partition, epoch } => write!(f, "leads {partition} {epoch}"),
            Self::Committed {
                partition,
                high_watermark,
                quorum,
                ..
            } => {
                write!(f, "committed {partition} hw {high_watermark} by {}", Listed(quorum))
            }
            Self::Promised { partition, isr, .. } => write!(f, "promised {partition} isr {}", Listed(isr)),
            Self::Truncated { partition, to, records } => {
                write!(f, "truncated {partition} to {to}")?;
                records
                    .iter()
                    .try_for_each(|stored| write!(f, " -{}@{}", stored.record, stored.offset))
            }
            Self::Lost { partition, from, .. } => write!(f, "lost {partition} from {from}"),
            Self::IsrProposed { partition, isr } => write!(f, "proposed {partition} isr {}", Listed(isr)),
            Self::Ordered(Ok(())) => f.write_str("ordered"),
            Self::Ordered(Err(code)) => write!(f, "ordered {code}"),
            Self::WrittenBy { author, current } => write!(f, "written by {author} under {current}"),
            Self::Ended => f.write_str("ended"),
            Self::Deleted(partition) => write!(f, "deleted {partition}"),
            Self::Dropped(partition) => write!(f, "dropped its replica of {partition}"),
            other => other.of_client(f),
        }
    }
}

impl Fact {
    /// The text of what clients were told.
    fn of_client(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acked {
                partition,
                base,
                records,
                acks,
                ..
            } => {
                write!(f, "acked {partition} {base}")?;
                records.iter().try_for_each(|record| write!(f, " {record}"))?;
                write!(f, " acks={}", acks.text())
            }
            Self::GaveUp {
                first,
                code: Some(code),
            } => write!(f, "gave up {first} {code}"),
            Self::GaveUp { first, code: None } => write!(f, "gave up {first}"),
            Self::Delivered {
                partition,
                records,
                end,
                ..
            } => {
                write!(f, "delivered {partition}")?;
                records
                    .iter()
                    .try_for_each(|(offset, record)| write!(f, " {record}@{offset}"))?;
                write!(f, " end {end}")
            }
            Self::Skipped {
                partition,
                at,
                known,
                found,
            } => write!(f, "skipped {partition} {at} {known} {found}"),
            Self::EndTold { partition, end, .. } => write!(f, "told the end {partition} {end}"),
            other => panic!("no text for {other:?}"),
        }
    }
}
