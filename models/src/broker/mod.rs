//! A broker's process: start, registration, heartbeats, controlled shutdown, its side files. Kafka: `BrokerLifecycleManager`.

mod zookeeper;

use serde::{Deserialize, Serialize};
use sim_core::{Since, Timers};

use crate::Context;
use crate::actions::{End, Timer};
use crate::cluster::{BrokerState, Cluster, Record};
use crate::config::Pace;
use crate::fact::Fact;
use crate::ids::{BrokerEpoch, BrokerId, ClientId, Directory, Node, Partition};
use crate::message::{Msg, Standing, Wish};
use crate::slots::{Image, Slot, Value};

pub use zookeeper::{
    ZkBrokerSide, on_controller_lost, on_leave_due, on_let_go, on_update_metadata, on_zk_answer, on_zk_lost, on_zk_stop,
};

/// A broker's process and its disk, logs aside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Life {
    /// How far it has come.
    pub stage: Stage,
    /// Which life this is, or was.
    pub epoch: BrokerEpoch,
    /// `.kafka_cleanshutdown`: the life that ended politely. Deleted at the next start.
    pub clean_marker: Option<BrokerEpoch>,
    /// `directory.id`: a formatted disk is another.
    pub directory: Directory,
    /// Whether the disk works.
    pub disk: Disk,
    /// Registration and heartbeats.
    pub timers: Timers<Timer>,
}

/// How far a broker's process has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Stage {
    /// There is no process.
    #[default]
    Down,
    /// It registers; the life before this one ended politely, if one is named.
    Registering(Option<BrokerEpoch>),
    /// It has metadata, has loaded its logs, and asks to serve.
    Loaded,
    /// It serves.
    Serving,
    /// It has been asked to stop politely.
    Stopping,
    /// The same with ZooKeeper; so often it may still ask the controller to be let go.
    Leaving(u8),
}

/// Whether a disk works.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Disk {
    /// It does.
    #[default]
    Healthy,
    /// It stands still: nothing that needs the log goes on.
    Stalled,
    /// Its only log directory has failed; only a new disk helps.
    Failed,
}

impl Life {
    /// Whether there is a process.
    pub fn is_up(&self) -> bool {
        self.stage != Stage::Down
    }
}

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// A broker's process.
    pub struct LifeSide(me: BrokerId) {
        life: write Life(me),
    }

    /// A broker's process and its metadata.
    pub struct BrokerSide(me: BrokerId) {
        life: write Life(me),
        image: write Image(me),
    }

    /// A broker that answers questions about metadata.
    pub struct ImageSide(me: BrokerId) {
        image: read Image(me),
    }
}

/// The process begins. Kafka: `BrokerServer.startup`.
pub fn on_start(at: LifeSide<'_>, cx: &mut Context<'_>) {
    let previous = at.life.clean_marker.take();
    at.life.epoch = at.life.epoch.next();
    at.life.stage = Stage::Registering(previous);
    match cx.config().pace {
        Pace::Clock => {
            cx.arm(&mut at.life.timers, Timer::Retry, Since::Now);
            cx.arm(&mut at.life.timers, Timer::IsrCheck, Since::Now);
        }
        Pace::Free => register(at, cx),
    }
}

/// It tries again what was not granted.
pub fn on_retry(at: LifeSide<'_>, cx: &mut Context<'_>) {
    at.life.timers.cancel(Timer::Retry);
    match at.life.stage {
        Stage::Registering(_) => register(at, cx),
        Stage::Stopping => beat(at, cx, Wish::ShutDown),
        Stage::Loaded | Stage::Serving => beat(at, cx, Wish::Serve),
        Stage::Down | Stage::Leaving(_) => {}
    }
}

/// The periodic heartbeat. A link that is healed does not wake a process that stands still.
pub fn on_heartbeat_due(at: LifeSide<'_>, cx: &mut Context<'_>) {
    if at.life.timers.is_frozen() {
        return;
    }
    at.life.timers.cancel(Timer::Heartbeat);
    match at.life.stage {
        Stage::Serving | Stage::Loaded => beat(at, cx, Wish::Serve),
        Stage::Stopping | Stage::Leaving(_) => beat(at, cx, Wish::ShutDown),
        Stage::Down | Stage::Registering(_) => {}
    }
}

/// The task that looks for lagging replicas runs again after a while; the partitions follow as steps of their own.
pub fn on_isr_check(at: LifeSide<'_>, cx: &mut Context<'_>) {
    cx.arm(&mut at.life.timers, Timer::IsrCheck, Since::Now);
}

/// Another life of this broker still has a session.
pub fn on_duplicate(at: LifeSide<'_>, cx: &mut Context<'_>) {
    if matches!(at.life.stage, Stage::Registering(_)) {
        cx.arm(&mut at.life.timers, Timer::Retry, Since::Now);
    }
}

/// The registration was accepted: all metadata is here. The logs are loaded by the steps that follow.
pub fn on_snapshot(at: BrokerSide<'_>, cx: &mut Context<'_>, cluster: &Cluster) {
    let life = LifeSide {
        me: at.me,
        life: at.life,
    };
    let ours = cluster
        .broker(at.me)
        .is_some_and(|registration| registration.epoch == life.life.epoch);
    if !life.life.is_up() || !ours {
        return;
    }
    at.image.0 = cluster.clone();
    if matches!(life.life.stage, Stage::Registering(_)) {
        life.life.stage = Stage::Loaded;
        life.life.timers.cancel(Timer::Retry);
        beat(life, cx, Wish::Serve);
    }
}

/// A batch of committed metadata. Nothing is applied before the snapshot.
pub fn on_metadata(at: BrokerSide<'_>, cx: &mut Context<'_>, records: &[Record]) {
    if !matches!(at.life.stage, Stage::Loaded | Stage::Serving | Stage::Stopping) {
        return;
    }
    let was_active = at.image.0.is_active(at.me);
    records.iter().for_each(|record| at.image.0.apply(record));
    let own = at.image.0.broker(at.me).copied();
    let fenced = own.is_some_and(|own| own.epoch == at.life.epoch && own.state == BrokerState::Fenced);
    // With a clock the next periodic heartbeat asks to be unfenced.
    let wants_to_serve = matches!(at.life.stage, Stage::Loaded | Stage::Serving);
    if was_active && fenced && wants_to_serve && cx.config().pace == Pace::Free {
        beat(
            LifeSide {
                me: at.me,
                life: at.life,
            },
            cx,
            Wish::Serve,
        );
    }
}

/// The controller answers a heartbeat.
pub fn on_heartbeat_answer(at: LifeSide<'_>, cx: &mut Context<'_>, epoch: BrokerEpoch, standing: Standing) {
    if epoch != at.life.epoch || !at.life.is_up() {
        return;
    }
    match (at.life.stage, standing) {
        (Stage::Loaded, Standing::Unfenced) => at.life.stage = Stage::Serving,
        (Stage::Stopping, Standing::ShuttingDown) if cx.config().pace == Pace::Free => {
            cx.arm(&mut at.life.timers, Timer::Retry, Since::Now);
        }
        (Stage::Down | Stage::Registering(_) | Stage::Loaded | Stage::Serving, _) => {}
        (Stage::Stopping | Stage::Leaving(_), _) => {}
    }
    if cx.config().pace == Pace::Clock {
        cx.arm(&mut at.life.timers, Timer::Heartbeat, Since::Now);
    }
}

/// The connection to the controller is gone: whatever waits for an answer is asked again.
pub fn on_control_lost(at: LifeSide<'_>, cx: &mut Context<'_>) {
    match at.life.stage {
        Stage::Registering(_) | Stage::Loaded | Stage::Stopping => {
            cx.arm(&mut at.life.timers, Timer::Retry, Since::Now);
        }
        Stage::Serving if cx.config().pace == Pace::Clock => {
            cx.arm(&mut at.life.timers, Timer::Heartbeat, Since::Now);
        }
        // The heartbeat that asks to be unfenced may be gone.
        Stage::Serving => beat(at, cx, Wish::Serve),
        Stage::Down | Stage::Leaving(_) => {}
    }
}

/// An operator asks it to stop. Kafka: `BrokerServer.shutdown`, controlled.
pub fn on_stop(at: LifeSide<'_>, cx: &mut Context<'_>) {
    match at.life.stage {
        Stage::Serving | Stage::Loaded => {
            at.life.stage = Stage::Stopping;
            at.life.timers.cancel(Timer::Heartbeat);
            beat(at, cx, Wish::ShutDown);
        }
        Stage::Down | Stage::Registering(_) | Stage::Stopping | Stage::Leaving(_) => {}
    }
}

/// The process ends. What it knew is gone; its side files remain.
pub fn on_end(at: BrokerSide<'_>, cx: &mut Context<'_>, end: End) {
    if !at.life.is_up() {
        return;
    }
    let clean = end == End::Clean && matches!(at.life.stage, Stage::Stopping | Stage::Leaving(_));
    if clean && cx.config().has_zookeeper() {
        zookeeper::close(at.life.epoch, cx);
    }
    at.life.clean_marker = clean.then_some(at.life.epoch);
    at.life.stage = Stage::Down;
    if at.life.disk == Disk::Stalled {
        // Differs from Kafka: a stall ends with the process. The next one would get nowhere before it did.
        at.life.disk = Disk::Healthy;
    }
    at.life.timers = Timers::default();
    at.image.0 = Cluster::empty(cx.config());
    cx.announce(Fact::Ended);
}

/// The disk changes its state.
pub fn on_disk(at: LifeSide<'_>, _cx: &mut Context<'_>, disk: Disk) {
    at.life.disk = disk;
}

/// The data folder is emptied and formatted: a new directory id, no marker.
pub fn on_wipe(at: LifeSide<'_>, _cx: &mut Context<'_>) {
    at.life.clean_marker = None;
    at.life.directory = Directory(at.life.directory.0 + 1);
    at.life.disk = Disk::Healthy;
}

/// A client asks who leads; the answer is what this broker believes (Kafka: `KafkaApis.handleTopicMetadataRequest`).
pub fn on_who(at: ImageSide<'_>, cx: &mut Context<'_>, client: ClientId, partition: Partition) {
    let state = at.image.0.partition(partition);
    let leader = state.and_then(|state| Some((state.leader?, state.leader_epoch)));
    let known = |leader: &(BrokerId, _)| !cx.config().has_zookeeper() || at.image.0.is_active(leader.0);
    let leader = leader.filter(known);
    // Differs from Kafka: a leader that this broker takes for dead is not given out there; here it may be.
    cx.reply(Node::Client(client), Msg::Leader { partition, leader });
}

fn register(at: LifeSide<'_>, cx: &mut Context<'_>) {
    if cx.config().has_zookeeper() {
        return zookeeper::connect(at.life, cx);
    }
    if let Stage::Registering(previous) = at.life.stage {
        cx.send(
            Node::Controller,
            Msg::Register {
                epoch: at.life.epoch,
                previous,
                directory: at.life.directory,
            },
        );
    }
}

fn beat(at: LifeSide<'_>, cx: &mut Context<'_>, wish: Wish) {
    if cx.config().has_zookeeper() {
        return zookeeper::ping(at.life, cx);
    }
    cx.send(Node::Controller, Msg::Heartbeat(at.life.epoch, wish));
}
