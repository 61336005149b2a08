//! Owns the question whether a cluster with a clock has settled: nothing but periodic work happens, and nothing else is due.

use models::Kafka;
use models::actions::Timer;
use models::client::Work;
use models::replication::Role;
use models::slots::Value;
use sim_core::{Action, Digest, Instant, Model, Span, Timed, content};

/// The parts of a cluster that do not change by periodic work: metadata, roles, ISRs, logs, links, what clients do.
pub struct Stillness {
    seen: Vec<Digest>,
    changed: Instant,
    bytes: Vec<u8>,
}

impl Stillness {
    /// The cluster as it is now.
    pub fn of(timed: &Timed<'_, Kafka>) -> Self {
        let mut stillness = Self {
            seen: Vec::new(),
            changed: timed.now(),
            bytes: Vec::new(),
        };
        let values = timed.world.values();
        stillness.seen = values
            .iter()
            .map(|value| telling(value, &mut stillness.bytes))
            .collect();
        stillness
    }

    /// Takes note of what the last action changed.
    pub fn note(&mut self, timed: &Timed<'_, Kafka>) {
        for place in &timed.scratch.touched {
            let now = telling(&timed.world.values()[*place], &mut self.bytes);
            if now != self.seen[*place] {
                self.seen[*place] = now;
                self.changed = timed.now();
            }
        }
    }

    /// Something began now that the cluster itself cannot show yet.
    pub fn disturb(&mut self, timed: &Timed<'_, Kafka>) {
        self.changed = timed.now();
    }

    /// Whether nothing changed for so long that only a timer could change something, and no such timer runs.
    pub fn is_settled(&self, timed: &Timed<'_, Kafka>) -> bool {
        let window = window(timed);
        timed.now().saturating_since(self.changed) >= window && !something_is_due(timed, window)
    }

    /// When it is worth while to ask again.
    pub fn ask_again(&self, timed: &Timed<'_, Kafka>) -> Instant {
        let earliest = self.changed + window(timed);
        if earliest > timed.now() {
            earliest
        } else {
            timed.now() + Span::from_ms(100)
        }
    }
}

/// Periodic work comes back within this time: two heartbeats, or two waiting fetches where those are longer.
fn window(timed: &Timed<'_, Kafka>) -> Span {
    let times = &timed.world.config().times;
    Span::from_us(2 * times.heartbeat.max(times.fetch_wait).as_us())
}

/// Whether a timer runs that was not set anew for a while: a session, a lag, a write that waits for its end.
fn something_is_due(timed: &Timed<'_, Kafka>, window: Span) -> bool {
    timed.deadlines().any(|(node, timer, at)| {
        let span = Kafka::span(timed.world.config(), node, timer);
        let set_anew = at.saturating_since(timed.now()) + window > span;
        !is_background(timer) && !set_anew && timed.world.find(&Action::Fire(node, timer)).is_some()
    })
}

/// Timers that nobody waits for: they come again and again, or after minutes.
fn is_background(timer: Timer) -> bool {
    match timer {
        Timer::Balance | Timer::Checkpoint(_) | Timer::Heartbeat | Timer::FetchWait(..) | Timer::IsrCheck => true,
        Timer::Session(_) | Timer::Retry | Timer::Lag(..) | Timer::FetchBackoff(_) => false,
        Timer::IsrNotice | Timer::Leave | Timer::Halt => false,
        Timer::ProduceWait(..) | Timer::Request | Timer::ClientRetry | Timer::Delivery => false,
        Timer::Propose(_) | Timer::LookAgain(_) => false,
        // Without a majority elections never end.
        Timer::Election(_) | Timer::FetchTimeout | Timer::CheckQuorum | Timer::QuorumWait | Timer::Channel => true,
    }
}

/// A digest of what periodic work leaves alone.
fn telling(value: &Value, bytes: &mut Vec<u8>) -> Digest {
    match value {
        Value::Controller(controller) => content(&controller.cluster, bytes),
        Value::ZooKeeper(tree) => content(&(&tree.cluster, tree.controller, tree.servers_down), bytes),
        Value::KafkaController(controller) => content(&controller.active, bytes),
        Value::Life(life) => content(&(life.stage, life.epoch, life.disk), bytes),
        Value::Image(image) => content(image, bytes),
        Value::Replica(replica) => {
            let epochs = (replica.leader_epoch, replica.partition_epoch);
            match &replica.role {
                Role::Offline => content(&(0_u8, epochs), bytes),
                Role::Leader(leading) => content(&(1_u8, epochs, &leading.isr, &leading.pending), bytes),
                Role::Follower(following) => content(&(2_u8, epochs, following.leader), bytes),
            }
        }
        Value::Log(log) => content(&(log.batches(), log.epochs(), log.high_watermark()), bytes),
        Value::Client(client) => match &client.work {
            Work::Producer { left, sending } => {
                let records = sending.as_ref().map(|sending| &sending.records);
                content(&(left, records), bytes)
            }
            Work::Consumer(consuming) => content(&consuming.position, bytes),
        },
        Value::Links(links) => content(links, bytes),
        Value::Committed(committed) => content(&committed.cluster, bytes),
        Value::RaftManager(manager) => {
            // What is decided and not committed yet is on its way.
            content(
                &(manager.leader(), manager.log.end(), manager.log.high_watermark()),
                bytes,
            )
        }
        Value::QuorumController(controller) => content(&controller.active.is_some(), bytes),
        Value::Lent | Value::Faults(_) | Value::Queue(_) | Value::Ledger(_) | Value::Allegiance(_) => Digest::default(),
    }
}
