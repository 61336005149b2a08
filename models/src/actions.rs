//! Names of what can happen besides deliveries: events of the environment, timers, moments, local inputs, marks.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{BrokerEpoch, BrokerId, ClientId, ControllerId, Node, Partition};
use crate::message::Lane;
use crate::quorum::{Epoch, NodeId, Waiting};

/// How a process ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum End {
    /// At once; the page cache survives.
    Kill,
    /// With its host: each file keeps a prefix at or beyond its last flush.
    Power,
    /// After a controlled shutdown: everything is flushed and the clean marker written.
    Clean,
}

/// What the environment does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Event {
    /// A broker's process begins.
    Start(BrokerId),
    /// A broker is asked to stop politely.
    Stop(BrokerId),
    /// Its process ends at once.
    Kill(BrokerId),
    /// Its host loses power.
    Power(BrokerId),
    /// All hosts lose power at the same moment.
    PowerAll,
    /// The data folder of a stopped broker is emptied and formatted.
    Wipe(BrokerId),
    /// The process stands still.
    Pause(BrokerId),
    /// It runs again.
    Resume(BrokerId),
    /// Its disk stalls.
    Stall(BrokerId),
    /// The disk works again.
    Unstall(BrokerId),
    /// Its only log directory fails; it halts.
    FailDisk(BrokerId),
    /// Its disk is full; it halts.
    FillDisk(BrokerId),
    /// Nothing passes between two nodes.
    Cut(Node, Node),
    /// Nothing passes from the first to the second.
    CutOneWay(Node, Node),
    /// Everything passes again between two nodes.
    Heal(Node, Node),
    /// The connection of this lane breaks.
    Reset(Node, Node, Lane),
    /// The message at the head of this lane outlives its connection, which breaks.
    Late(Node, Node, Lane),
    /// All metadata batches in flight to this broker arrive and are applied at once.
    Merge(BrokerId),
    /// A server of the ZooKeeper ensemble ends; so many are down then.
    KillServer(u8),
    /// A server of the ensemble begins; so many are down then.
    StartServer(u8),
    /// The process of a controller that is no broker begins.
    StartController(ControllerId),
    /// It ends at once.
    KillController(ControllerId),
    /// It is asked to stop, and does: a leader of the quorum says that it resigns.
    StopController(ControllerId),
    /// It stands still.
    PauseController(ControllerId),
    /// It runs again.
    ResumeController(ControllerId),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(broker) => write!(f, "start broker {broker}"),
            Self::Stop(broker) => write!(f, "stop broker {broker} (clean)"),
            Self::Kill(broker) => write!(f, "kill broker {broker}"),
            Self::Power(broker) => write!(f, "power loss at broker {broker}"),
            Self::PowerAll => f.write_str("power loss at all brokers"),
            Self::Wipe(broker) => write!(f, "wipe broker {broker}"),
            Self::Pause(broker) => write!(f, "pause broker {broker}"),
            Self::Resume(broker) => write!(f, "resume broker {broker}"),
            Self::Stall(broker) => write!(f, "the disk of broker {broker} stalls"),
            Self::Unstall(broker) => write!(f, "the disk of broker {broker} works again"),
            Self::FailDisk(broker) => write!(f, "the disk of broker {broker} fails"),
            Self::FillDisk(broker) => write!(f, "the disk of broker {broker} is full"),
            Self::Cut(a, b) => write!(f, "cut {a} -- {b}"),
            Self::CutOneWay(from, to) => write!(f, "cut {from} -> {to}"),
            Self::Heal(a, b) => write!(f, "heal {a} -- {b}"),
            Self::Reset(from, to, lane) => write!(f, "reset {from} -> {to} {lane}"),
            Self::Late(from, to, lane) => write!(f, "late {from} -> {to} {lane}"),
            Self::Merge(broker) => write!(f, "deliver all metadata to broker {broker}"),
            Self::KillServer(down) => write!(f, "kill a zookeeper server ({down} down)"),
            Self::StartServer(down) => write!(f, "start a zookeeper server ({down} down)"),
            Self::StartController(id) => write!(f, "start controller {id}"),
            Self::KillController(id) => write!(f, "kill controller {id}"),
            Self::StopController(id) => write!(f, "stop controller {id} (clean)"),
            Self::PauseController(id) => write!(f, "pause controller {id}"),
            Self::ResumeController(id) => write!(f, "resume controller {id}"),
        }
    }
}

/// Names of timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer {
    /// The controller has not heard of this broker for a session timeout.
    Session(BrokerId),
    /// The controller looks for leaders that are not the preferred ones.
    Balance,
    /// A broker registers (again), or asks again to be let go.
    Retry,
    /// A broker's next heartbeat.
    Heartbeat,
    /// A follower has not been caught up for the lag limit.
    Lag(Partition, BrokerId),
    /// A follower's fetch has waited long enough.
    FetchWait(Partition, BrokerId),
    /// A follower tries again after an error.
    FetchBackoff(Partition),
    /// The high watermark goes to its file.
    Checkpoint(Partition),
    /// A produce request has waited long enough.
    ProduceWait(Partition, ClientId),
    /// A client's request got no answer in time.
    Request,
    /// A client tries again.
    ClientRetry,
    /// A client's batch is too old.
    Delivery,
    /// Where there is a clock: a broker looks for members of the ISRs that it leads which lag.
    IsrCheck,
    /// A proposal of an ISR that was decided is written, a moment later (before KAFKA-15221).
    Propose(Partition),
    /// ISR changes that leaders wrote into ZooKeeper are made known.
    IsrNotice,
    /// A broker that stops asks the controller again to be let go.
    Leave,
    /// A process ends by itself.
    Halt,
    /// Without a clock, with ZooKeeper: a leader looks again at followers that were refused as members of the ISR.
    LookAgain(Partition),
    /// A controller has waited long enough for the leader of an election; with a clock the number says how long.
    Election(u8),
    /// A member of the quorum has not heard from its leader for too long.
    FetchTimeout,
    /// The leader of the quorum has not heard from a majority for too long.
    CheckQuorum,
    /// Fetches of the metadata log have waited long enough at the leader.
    QuorumWait,
    /// Requests to a controller that was not the active one go out again.
    Channel,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(broker) => write!(f, "session of broker {broker} ends"),
            Self::Balance => f.write_str("balance leaders"),
            Self::Retry => f.write_str("try again"),
            Self::Heartbeat => f.write_str("heartbeat"),
            Self::Lag(partition, broker) => write!(f, "broker {broker} lags {partition}"),
            Self::FetchWait(partition, broker) => write!(f, "fetch of broker {broker} waited long enough {partition}"),
            Self::FetchBackoff(partition) => write!(f, "fetch again {partition}"),
            Self::Checkpoint(partition) => write!(f, "high watermark to its file {partition}"),
            Self::ProduceWait(partition, client) => write!(f, "produce of client {client} timed out {partition}"),
            Self::Request => f.write_str("request timed out"),
            Self::ClientRetry => f.write_str("retry"),
            Self::Delivery => f.write_str("delivery timed out"),
            Self::IsrCheck => f.write_str("look for lagging replicas"),
            Self::Propose(partition) => write!(f, "write the proposal {partition}"),
            Self::IsrNotice => f.write_str("notify of ISR changes"),
            Self::Leave => f.write_str("ask again to leave"),
            Self::Halt => f.write_str("halt"),
            Self::LookAgain(partition) => write!(f, "look again who may enter the ISR {partition}"),
            Self::Election(_) => f.write_str("election timeout"),
            Self::FetchTimeout => f.write_str("fetch timeout"),
            Self::CheckQuorum => f.write_str("check-quorum timeout"),
            Self::QuorumWait => f.write_str("answer the fetches that wait"),
            Self::Channel => f.write_str("ask the controller again"),
        }
    }
}

/// Names of moments that a timer may run from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Moment {
    /// A follower's last fetch.
    LastFetch(Partition, BrokerId),
    /// When a follower was last caught up.
    CaughtUp(Partition, BrokerId),
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastFetch(partition, broker) => write!(f, "last fetch of broker {broker} {partition}"),
            Self::CaughtUp(partition, broker) => write!(f, "broker {broker} caught up {partition}"),
        }
    }
}

/// Inputs that a node gets from the environment or from an earlier step of the same action.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Local {
    /// The process begins.
    Start,
    /// It is asked to stop politely.
    Stop,
    /// The process ends.
    End(End),
    /// What its end means for one replica.
    EndReplica(End, Partition),
    /// The metadata that the broker has applied reaches this partition. Kafka: `ReplicaManager.applyDelta`.
    Publish(Partition),
    /// The disk changes its state.
    Disk(crate::broker::Disk),
    /// The data folder is emptied.
    Wipe,
    /// One log in it.
    WipeReplica(Partition),
    /// Members of the ISR that lag leave it together.
    CheckIsr(Partition),
    /// With ZooKeeper: the broker's session has begun, and the controller on it hears of that.
    Session,
    /// With ZooKeeper: the session of this registration has ended.
    Expired(BrokerEpoch),
    /// With ZooKeeper: the connection was lost, and there is a new one.
    Reconnected,
    /// With ZooKeeper: what the process knew of controllers, and its own controller, are gone.
    EndController,
    /// With ZooKeeper: what brokers were told may let a follower into the ISR.
    Told(Partition),
    /// With ZooKeeper: who is asked for an ISR may be another one now.
    AskAgain(Partition),
    /// So many servers of the ensemble are down.
    Servers(u8),
    /// The ensemble has a majority again.
    Majority,
    /// With a quorum: the process begins, and its part of the metadata log with it.
    StartMember,
    /// With a quorum: the process ends, and its part of the metadata log with it.
    EndMember(End),
    /// With a quorum: the data folder is emptied.
    WipeMember,
    /// With a quorum: the controller that was asked is not the active one.
    Refused,
    /// With a quorum: the controller is active, and handles what came a little early.
    Claimed,
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Why a broker's heartbeats do not reach the controller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Silence {
    /// The process has ended, or one of the other causes has; none of its heartbeats has arrived since.
    Missed,
    /// The link is cut.
    Cut,
    /// The process stands still.
    Pause,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missed => "missed",
            Self::Cut => "cut",
            Self::Pause => "pause",
        })
    }
}

/// Small changes that only this model knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Mark {
    /// Timers of a process that stands still.
    Freeze,
    /// They run again.
    Thaw,
    /// Without a clock: heartbeats of this broker no longer reach the controller, so that its session may end.
    Silence(BrokerId, Silence),
    /// Nothing keeps them away for this cause any longer.
    Unsilence(BrokerId, Silence),
    /// Nothing passes in this direction.
    Close(Node, Node),
    /// Everything passes again.
    Heal(Node, Node),
    /// With a quorum: the connection that this member had opened is gone.
    Gone(NodeId),
    /// With a quorum: the process of this member has ended.
    Dead(NodeId),
    /// With a quorum, without a clock: this member cannot be heard.
    Apart(NodeId),
    /// With a quorum: the receiver is in this epoch, and takes no notice of some answers.
    Outdated(Epoch, Waiting),
    /// With a quorum, without a clock: another controller has heard of this broker.
    Heard(BrokerId),
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Freeze => f.write_str("freeze"),
            Self::Thaw => f.write_str("thaw"),
            Self::Silence(broker, Silence::Missed) => write!(f, "no longer hears broker {broker}"),
            Self::Silence(broker, why) => write!(f, "no longer hears broker {broker} ({why})"),
            Self::Unsilence(broker, why) => write!(f, "may hear broker {broker} again ({why})"),
            Self::Close(from, to) => write!(f, "closed {from} -> {to}"),
            Self::Heal(from, to) => write!(f, "opened {from} -> {to}"),
            Self::Gone(id) => write!(f, "the connection of {id} is gone"),
            Self::Dead(id) => write!(f, "{id} is dead"),
            Self::Apart(id) => write!(f, "{id} cannot be heard"),
            Self::Outdated(epoch, _) => write!(f, "the receiver is in epoch {epoch} of the quorum"),
            Self::Heard(id) => write!(f, "broker {id} was heard elsewhere"),
        }
    }
}
