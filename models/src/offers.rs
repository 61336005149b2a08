//! What each slot makes possible, and what an action does besides its steps: one slot decides alone.

mod quorum;
mod zookeeper;

use alloc::vec::Vec;

use sim_core::{Action, Arrival, Broken, Hold, Input, Offer, Op, Queue, SmallVec};

use crate::Kafka;
use crate::actions::{End, Event, Local, Mark, Silence, Timer};
use crate::broker::{Disk, Life, Stage};
use crate::client::Client;
use crate::cluster::Record;
use crate::config::{Config, Control, Pace};
use crate::faults::{Fault, Faults};
use crate::ids::{BrokerId, ClientId, Node, Partition};
use crate::kraft::{Controller, Silences};
use crate::message::{Command, Lane, Msg, Standing};
use crate::replication::Replica;
use crate::slots::{Links, Slot, Value, lanes};

type Offers<'a> = sim_core::Offers<'a, Kafka>;

/// The slots that know whose heartbeats do not arrive.
fn keepers(config: &Config) -> SmallVec<[Slot; 1]> {
    match config.control {
        Control::Kraft => [Slot::Controller].into_iter().collect(),
        Control::ZooKeeper { .. } => [Slot::ZooKeeper].into_iter().collect(),
        Control::Quorum => config
            .roster()
            .voters()
            .map(|(id, _)| Slot::QuorumController(id))
            .collect(),
    }
}

/// Whoever keeps sessions is told something about heartbeats.
fn to_keepers(config: &Config, offer: Offer<Kafka>, mark: Mark) -> Offer<Kafka> {
    let keepers = keepers(config).into_iter();
    keepers.fold(offer, |offer, keeper| offer.op(keeper, Op::Mark(mark)))
}

/// Where the sessions are kept that a cut of this link concerns: the one broker, and the slot.
fn session_over(config: &Config, from: Node, to: Node) -> Option<(BrokerId, Slot)> {
    match (from, to) {
        (Node::Broker(id), Node::Controller) if config.control == Control::Kraft => Some((id, Slot::Controller)),
        (Node::Broker(id), Node::ZooKeeper) => Some((id, Slot::ZooKeeper)),
        (Node::Broker(id), Node::Voter(controller)) => {
            Some((id, Slot::QuorumController(config.roster().voter(controller))))
        }
        _ => None,
    }
}

/// All actions that this slot makes possible.
pub fn offers(config: &Config, slot: Slot, value: &Value, out: &mut Offers<'_>) {
    match (slot, value) {
        (Slot::Queue(from, to, lane), Value::Queue(queue)) => of_queue(config, (from, to, lane), queue, out),
        (Slot::Life(id), Value::Life(life)) => of_life(config, id, life, out),
        (Slot::Replica(id, _), Value::Replica(replica)) => of_replica(id, replica, out),
        (Slot::Controller, Value::Controller(controller)) => of_controller(config, controller, out),
        (Slot::Client(id), Value::Client(client)) => of_client(id, client, out),
        (Slot::Faults, Value::Faults(faults)) => of_faults(config, faults, out),
        (Slot::Links, Value::Links(links)) => of_links(config, links, out),
        (Slot::ZooKeeper, Value::ZooKeeper(tree)) => zookeeper::of_tree(config, tree, out),
        (Slot::KafkaController(id), Value::KafkaController(controller)) => {
            fire(Node::Broker(id), controller.timers.ready(), out);
        }
        (Slot::RaftManager(id), Value::RaftManager(manager)) => quorum::of_manager(config, id, manager, out),
        (Slot::QuorumController(id), Value::QuorumController(controller)) => {
            quorum::of_controller(config, id, controller, out);
        }
        (Slot::Committed, Value::Committed(_)) => quorum::of_committed(config, out),
        (Slot::Allegiance(_), Value::Allegiance(_)) => {}
        (Slot::Image(_), Value::Image(_)) | (Slot::Log(..), Value::Log(_)) | (Slot::Ledger, Value::Ledger(_)) => {}
        (slot, value) => panic!("{slot} holds a content of another kind: {value:?}"),
    }
}

/// The slot that decides whether an action is possible.
pub fn offered_by(config: &Config, action: &Action<Kafka>) -> Slot {
    match action {
        Action::Deliver(queue) | Action::DeliverOverdue(queue) => *queue,
        Action::Fire(Node::Controller, _) => Slot::Controller,
        Action::Fire(Node::ZooKeeper, _) | Action::Command(Node::ZooKeeper, _) => Slot::ZooKeeper,
        Action::Fire(Node::Client(id), _) | Action::Command(Node::Client(id), _) => Slot::Client(*id),
        Action::Fire(Node::Broker(id), timer) => match timer {
            Timer::Lag(partition, _)
            | Timer::FetchWait(partition, _)
            | Timer::FetchBackoff(partition)
            | Timer::Checkpoint(partition)
            | Timer::Propose(partition)
            | Timer::LookAgain(partition)
            | Timer::ProduceWait(partition, _) => Slot::Replica(*id, *partition),
            Timer::Retry | Timer::Heartbeat | Timer::IsrCheck | Timer::Leave | Timer::Halt => Slot::Life(*id),
            Timer::Balance => Slot::KafkaController(*id),
            Timer::FetchTimeout | Timer::Channel => Slot::RaftManager(config.roster().host(*id)),
            Timer::Election(_) | Timer::CheckQuorum | Timer::QuorumWait => panic!("a broker has no timer `{timer}`"),
            Timer::Session(_) | Timer::IsrNotice | Timer::Request | Timer::ClientRetry | Timer::Delivery => {
                panic!("a broker has no timer `{timer}`")
            }
        },
        Action::Fire(Node::Voter(id), timer) => match timer {
            Timer::Session(_) | Timer::Balance => Slot::QuorumController(config.roster().voter(*id)),
            _ => Slot::RaftManager(config.roster().voter(*id)),
        },
        Action::Command(Node::Controller | Node::Broker(_) | Node::Voter(_), _) => match config.control {
            Control::Kraft => Slot::Controller,
            Control::ZooKeeper { .. } => Slot::ZooKeeper,
            Control::Quorum => Slot::Committed,
        },
        Action::Environment(event) => match event {
            Event::Start(id) | Event::Stop(id) | Event::Kill(id) | Event::Power(id) | Event::Wipe(id) => {
                Slot::Life(*id)
            }
            Event::Pause(id) | Event::Resume(id) | Event::Stall(id) | Event::Unstall(id) => Slot::Life(*id),
            Event::FailDisk(id) | Event::FillDisk(id) => Slot::Life(*id),
            Event::PowerAll => Slot::Faults,
            Event::Cut(..) | Event::CutOneWay(..) | Event::Heal(..) => Slot::Links,
            Event::Reset(from, to, lane) | Event::Late(from, to, lane) => Slot::Queue(*from, *to, *lane),
            Event::KillServer(_) | Event::StartServer(_) => Slot::ZooKeeper,
            Event::Merge(id) => Slot::Queue(teller(config, *id), Node::Broker(*id), Lane::Metadata),
            Event::StartController(id) | Event::KillController(id) | Event::StopController(id) => {
                Slot::RaftManager(config.roster().voter(*id))
            }
            Event::PauseController(id) | Event::ResumeController(id) => Slot::RaftManager(config.roster().voter(*id)),
        },
    }
}

/// From where a broker gets metadata: the controller, or its own process's part of the metadata log.
fn teller(config: &Config, id: BrokerId) -> Node {
    match &config.quorum {
        None => Node::Controller,
        Some(roster) => roster.node(roster.host(id)),
    }
}

/// A command that a script may give at any time, though no slot offers it.
pub fn scripted(config: &Config, action: &Action<Kafka>) -> Option<Offer<Kafka>> {
    match action {
        Action::Command(node, command) => Some(ordered(config, *node, command)),
        Action::Environment(Event::Cut(a, b)) => Some(cut(config, Offer::new(action.clone()), &[(*a, *b), (*b, *a)])),
        Action::Environment(Event::CutOneWay(from, to)) => {
            Some(cut(config, Offer::new(action.clone()), &[(*from, *to)]))
        }
        Action::Environment(_) | Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..) => None,
    }
}

/// An order. What the controller is told is told to every broker where one of them is it.
fn ordered(config: &Config, node: Node, command: &Command) -> Offer<Kafka> {
    let offer = Offer::new(Action::Command(node, command.clone()));
    match (node, config.control) {
        (Node::Controller, Control::Quorum) => config.roster().voters().fold(offer, |offer, (_, id)| {
            offer.step(Node::Voter(id), Input::Commanded(command.clone()))
        }),
        (Node::Controller, Control::ZooKeeper { .. }) => config.broker_ids().fold(offer, |offer, id| {
            offer.step(Node::Broker(id), Input::Commanded(command.clone()))
        }),
        (node, _) => offer.step(node, Input::Commanded(command.clone())),
    }
}

fn environment(event: Event) -> Offer<Kafka> {
    Offer::new(Action::Environment(event))
}

/// Deliveries: the head, the mark of a broken connection, what outlived one; and faults of the connection.
fn of_queue(config: &Config, (from, to, lane): (Node, Node, Lane), queue: &Queue<Msg>, out: &mut Offers<'_>) {
    let slot = Slot::Queue(from, to, lane);
    out.extend(arrival(config, (from, to, lane), queue));
    if let Some(msg) = queue.overdue() {
        let received = Input::Received {
            from,
            msg: msg.clone(),
            arrival: Arrival::Overdue,
        };
        out.push(
            Offer::new(Action::DeliverOverdue(slot))
                .op(slot, Op::PopOverdue)
                .step(to, received),
        );
    }
    if queue.is_empty() || lane == Lane::Metadata {
        if queue.len() > 1 && !queue.is_held() && matches!(to, Node::Broker(_)) {
            out.push(merged(config, slot, (from, to), queue.messages()));
        }
        return;
    }
    if config.has_quorum() && (from == to || to == Node::Controller || lane == Lane::Answer) {
        // What a process tells itself does not travel, and answers share the fate of requests.
        return;
    }
    if lane == Lane::Ask {
        return quorum::of_connection(config, (from, to, lane), out);
    }
    if lane == Lane::Channel {
        // The sender tries again until a request is taken: a broken connection only makes it come twice.
        let twice = environment(Event::Late(from, to, lane)).spending(Fault::Late);
        return out.push(twice.op(slot, Op::Repeat));
    }
    let back = Slot::Queue(to, from, lane);
    let reset = environment(Event::Reset(from, to, lane)).spending(Fault::Reset);
    out.push(reset.op(slot, Op::Reset).op(back, Op::Reset));
    // ZooKeeper handles what a session sends in order, over whichever connection, and so does its client.
    if [from, to].contains(&Node::ZooKeeper) {
        return;
    }
    // Only a request can have been read in time: nobody takes an answer from a connection that is gone.
    if queue.messages().first().is_some_and(Msg::is_request) {
        let late = environment(Event::Late(from, to, lane)).spending(Fault::Late);
        out.push(late.op(slot, Op::Outlive).op(slot, Op::Reset).op(back, Op::Reset));
    }
}

/// What comes next: the sender is told that it was refused; or the receiver gets the mark of a broken connection, or the
/// head.
fn arrival(config: &Config, (from, to, lane): (Node, Node, Lane), queue: &Queue<Msg>) -> Option<Offer<Kafka>> {
    let slot = Slot::Queue(from, to, lane);
    if queue.is_bounced() {
        let refused = Input::Disconnected(slot);
        let offer = Offer::new(Action::Deliver(slot))
            .op(slot, Op::Learn)
            .step(from, refused);
        return Some(match (from, to) {
            (Node::Broker(id), Node::Voter(_)) => quorum::refused(config, offer, id),
            _ => offer,
        });
    }
    match queue.head()? {
        Err(Broken) => {
            let back = match lane {
                Lane::Answer => Lane::Ask,
                lane => lane,
            };
            let broken = Offer::new(Action::Deliver(slot))
                .op(slot, Op::Acknowledge)
                .op(Slot::Queue(to, from, back), Op::Open)
                .step(to, Input::Disconnected(slot));
            Some(match from {
                Node::ZooKeeper if lane == Lane::Session => broken.step(to, Input::Local(Local::Reconnected)),
                Node::ZooKeeper | Node::Controller | Node::Broker(_) | Node::Client(_) | Node::Voter(_) => broken,
            })
        }
        Ok(msg) => Some(delivery(config, slot, from, to, msg)),
    }
}

fn delivery(config: &Config, slot: Slot, from: Node, to: Node, msg: &Msg) -> Offer<Kafka> {
    let received = Input::Received {
        from,
        msg: msg.clone(),
        arrival: Arrival::InOrder,
    };
    if let (Node::Broker(_), Node::Controller, true) = (from, to, config.has_quorum()) {
        // The broker's own process knows where that goes.
        let roster = config.roster();
        let process = roster
            .member(from)
            .map_or_else(|| roster.process(from)[1], |member| roster.node(member));
        return Offer::new(Action::Deliver(slot))
            .op(slot, Op::Pop)
            .step(process, received);
    }
    let mut offer = Offer::new(Action::Deliver(slot)).op(slot, Op::Pop).step(to, received);
    if let (Node::Broker(id), Msg::Snapshot(_)) = (to, msg) {
        publish(&mut offer, id, config.hosted(id));
    } else if let (Node::Broker(id), Msg::Metadata(records)) = (to, msg) {
        publish(&mut offer, id, concerned(config, id, records));
    } else if let (Node::Broker(id), Msg::HeartbeatAnswer(_, Standing::ShutDownNow)) = (to, msg) {
        offer = end(config, offer, id, End::Clean);
    } else if let (Node::Broker(id), Msg::ZkAnswer(answer)) = (to, msg) {
        offer = zookeeper::answered(config, offer, id, answer);
    } else if let (Node::Broker(id), Msg::UpdateMetadata(request)) = (to, msg) {
        offer = zookeeper::told(config, offer, id, request);
    } else if config.has_quorum() {
        offer = quorum::besides(config, offer, to, msg);
    }
    offer
}

/// All metadata batches in flight at once: intermediate states are not seen. Kafka: `MetadataLoader`.
fn merged(config: &Config, slot: Slot, (from, to): (Node, Node), messages: &[Msg]) -> Offer<Kafka> {
    let Node::Broker(id) = to else {
        panic!("metadata goes to brokers")
    };
    let mut offer = environment(Event::Merge(id));
    for msg in messages {
        let received = Input::Received {
            from,
            msg: msg.clone(),
            arrival: Arrival::InOrder,
        };
        offer = offer.op(slot, Op::Pop).step(to, received);
    }
    publish(&mut offer, id, config.hosted(id));
    offer
}

/// Partitions of a broker that these records may concern: all of them when a broker's standing changed.
fn concerned<'c>(config: &'c Config, id: BrokerId, records: &'c [Record]) -> impl Iterator<Item = Partition> + 'c {
    config.hosted(id).filter(move |partition| {
        records.iter().any(|record| match record {
            Record::Broker(..) | Record::Topic(..) | Record::NoTopic(_) => true,
            Record::Partition(other, _) | Record::Placed(other, _) | Record::NoPartition(other) => other == partition,
        })
    })
}

fn publish(offer: &mut Offer<Kafka>, id: BrokerId, partitions: impl Iterator<Item = Partition>) {
    for partition in partitions {
        offer
            .steps
            .push((Node::Broker(id), Input::Local(Local::Publish(partition))));
    }
}

/// The process of a broker ends: its connections go, then what each slot keeps.
fn end(config: &Config, offer: Offer<Kafka>, id: BrokerId, how: End) -> Offer<Kafka> {
    let me = Node::Broker(id);
    let mut offer = offer;
    for (from, to, lane) in lanes(config) {
        let slot = Slot::Queue(from, to, lane);
        if to == me && from != me && lane == Lane::Channel {
            offer = offer.op(slot, Op::Keep);
        } else if config.has_zookeeper() && matches!(lane, Lane::Fetch(_)) {
            // A broker that is back before its session ends leads in the same epoch: followers try again until then.
            offer = if from == me {
                offer.op(slot, Op::Break)
            } else if to == me {
                offer.op(slot, Op::Refuse).op(slot, Op::Hold(Hold::Down))
            } else {
                offer
            };
        } else if from == me && matches!(to, Node::Client(_)) {
            // The client is told; until it has been, it sends into the void.
            offer = offer.op(slot, Op::Break).op(Slot::Queue(to, from, lane), Op::Reset);
        } else if from == me {
            // Differs from Kafka: other brokers are not told. They wait for new metadata in any case, as a broker
            // comes back only after it was fenced, and so in another leader epoch.
            offer = offer.op(slot, Op::Drop);
            if to == me {
                offer = offer.op(slot, if lane == Lane::Channel { Op::Keep } else { Op::Refuse });
            }
        } else if to == me {
            offer = offer.op(slot, Op::Refuse);
        }
    }
    if config.pace == Pace::Free {
        offer = to_keepers(config, offer, Mark::Silence(id, Silence::Missed));
    }
    offer = offer.step(me, Input::Local(Local::End(how)));
    if let Some(roster) = &config.quorum {
        offer = quorum::end_member(config, offer, roster.host(id), how);
    }
    if config.has_zookeeper() {
        offer = offer.step(me, Input::Local(Local::EndController));
    }
    for partition in config.hosted(id) {
        offer = offer.step(me, Input::Local(Local::EndReplica(how, partition)));
    }
    offer
}

fn of_life(config: &Config, id: BrokerId, life: &Life, out: &mut Offers<'_>) {
    let me = Node::Broker(id);
    let simple = |event, fault, local| environment(event).spending(fault).step(me, Input::Local(local));
    out.extend(
        life.timers
            .ready()
            .iter()
            .map(|timer| firing_of_life(config, id, life, *timer)),
    );
    if !life.is_up() {
        if life.disk != Disk::Failed {
            out.push(start(config, id));
        }
        let wipe = environment(Event::Wipe(id)).step(me, Input::Local(Local::Wipe));
        let wipe = if life.disk == Disk::Failed {
            wipe
        } else {
            wipe.spending(Fault::Wipe)
        };
        let wipe = match &config.quorum {
            None => wipe,
            Some(roster) => wipe.step(roster.node(roster.host(id)), Input::Local(Local::WipeMember)),
        };
        let replicas = config.hosted(id);
        out.push(replicas.fold(wipe, |wipe, p| wipe.step(me, Input::Local(Local::WipeReplica(p)))));
        return;
    }
    let mut fault = |event, fault, complete: &dyn Fn(Offer<Kafka>) -> Offer<Kafka>| {
        out.add(Action::Environment(event), Some(fault), complete);
    };
    fault(Event::Kill(id), Fault::Kill, &|offer| end(config, offer, id, End::Kill));
    fault(Event::Power(id), Fault::Power, &|offer| {
        end(config, offer, id, End::Power)
    });
    let failed = Input::Local(Local::Disk(Disk::Failed));
    fault(Event::FailDisk(id), Fault::DirFail, &|offer| {
        end(config, offer, id, End::Kill).step(me, failed.clone())
    });
    // Differs from Kafka: the broker halts when the disk is full, not at its next append.
    fault(Event::FillDisk(id), Fault::FullDisk, &|offer| {
        end(config, offer, id, End::Kill)
    });
    if matches!(life.stage, Stage::Serving | Stage::Loaded) {
        out.push(simple(Event::Stop(id), Fault::Stop, Local::Stop));
    }
    if life.timers.is_frozen() {
        out.push(resume(config, id));
    } else {
        let pausing = Action::Environment(Event::Pause(id));
        out.add(pausing, Some(Fault::Pause), |_| pause(config, id));
    }
    if life.disk == Disk::Stalled {
        out.push(stall(
            config,
            id,
            Event::Unstall(id),
            Disk::Healthy,
            Op::Release(Hold::Stall),
        ));
    } else {
        let stalling = Action::Environment(Event::Stall(id));
        out.add(stalling, Some(Fault::SlowDisk), |_| {
            stall(config, id, Event::Stall(id), Disk::Stalled, Op::Hold(Hold::Stall))
        });
    }
}

fn start(config: &Config, id: BrokerId) -> Offer<Kafka> {
    let me = Node::Broker(id);
    // Orders of a controller are taken once the broker is registered.
    let inbound = lanes(config)
        .into_iter()
        .filter(|(_, to, lane)| *to == me && *lane != Lane::Channel);
    let listen = |offer: Offer<Kafka>, (from, to, lane)| offer.op(Slot::Queue(from, to, lane), Op::Listen);
    let offer = inbound
        .fold(environment(Event::Start(id)), listen)
        .step(me, Input::Local(Local::Start));
    match &config.quorum {
        None => offer,
        Some(roster) => quorum::start_member(config, offer, roster.host(id)),
    }
}

/// A process stands still.
fn pause(config: &Config, id: BrokerId) -> Offer<Kafka> {
    let offer = suspended(config, id, Event::Pause(id), Mark::Freeze, &Op::Hold(Hold::Pause));
    match config.pace {
        Pace::Free => to_keepers(config, offer, Mark::Silence(id, Silence::Pause)),
        Pace::Clock => offer,
    }
}

/// It runs again. Without a clock its next heartbeat goes out now.
fn resume(config: &Config, id: BrokerId) -> Offer<Kafka> {
    let offer = suspended(config, id, Event::Resume(id), Mark::Thaw, &Op::Release(Hold::Pause));
    match config.pace {
        Pace::Free => to_keepers(config, offer, Mark::Unsilence(id, Silence::Pause))
            .step(Node::Broker(id), Input::Fired(Timer::Heartbeat)),
        Pace::Clock => offer,
    }
}

/// What a process that stands still or runs again means for its timers, and for everything on the way to it.
fn suspended(config: &Config, id: BrokerId, event: Event, timers: Mark, traffic: &Op<Kafka>) -> Offer<Kafka> {
    let me = Node::Broker(id);
    let mut offer = environment(event).op(Slot::Life(id), Op::Mark(timers));
    if config.has_zookeeper() {
        offer = offer.op(Slot::KafkaController(id), Op::Mark(timers));
    }
    if let Some(roster) = &config.quorum {
        offer = quorum::suspend_member(config, offer, roster.host(id), timers, traffic);
    }
    for partition in config.hosted(id) {
        offer = offer.op(Slot::Replica(id, partition), Op::Mark(timers));
    }
    for (from, to, lane) in lanes(config).into_iter().filter(|(_, to, _)| *to == me) {
        offer = offer.op(Slot::Queue(from, to, lane), traffic.clone());
    }
    offer
}

/// A disk stalls or works again: everything that needs the log waits, heartbeats and metadata do not.
fn stall(config: &Config, id: BrokerId, event: Event, disk: Disk, traffic: Op<Kafka>) -> Offer<Kafka> {
    let me = Node::Broker(id);
    let mut offer = environment(event);
    for (from, to, lane) in lanes(config).into_iter().filter(|(_, to, _)| *to == me) {
        match lane {
            Lane::Fetch(_) | Lane::Client => offer = offer.op(Slot::Queue(from, to, lane), traffic.clone()),
            Lane::Control | Lane::Metadata | Lane::Alter(_) | Lane::Session | Lane::Channel => {}
            Lane::Ask | Lane::Answer => {}
        }
    }
    offer.step(me, Input::Local(Local::Disk(disk)))
}

fn fire(node: Node, timers: &[Timer], out: &mut Offers<'_>) {
    out.extend(timers.iter().map(|timer| firing(node, *timer)));
}

fn firing(node: Node, timer: Timer) -> Offer<Kafka> {
    let offer = Offer::new(Action::Fire(node, timer)).step(node, Input::Fired(timer));
    match timer {
        Timer::Lag(..) | Timer::Request | Timer::ProduceWait(..) => offer.spending(Fault::Expiry),
        Timer::Session(_) | Timer::Balance | Timer::Retry | Timer::Heartbeat => offer,
        Timer::FetchWait(..) | Timer::FetchBackoff(_) | Timer::Checkpoint(_) => offer,
        Timer::ClientRetry | Timer::Delivery | Timer::IsrCheck | Timer::Propose(_) => offer,
        Timer::IsrNotice | Timer::Leave | Timer::Halt | Timer::LookAgain(_) => offer,
        Timer::Election(_) | Timer::FetchTimeout | Timer::CheckQuorum | Timer::QuorumWait | Timer::Channel => offer,
    }
}

/// Timers of whoever keeps sessions: without a clock one ends at no cost where the broker cannot be heard.
fn fire_sessions(config: &Config, keeper: Node, timers: &[Timer], silent: &Silences, out: &mut Offers<'_>) {
    out.extend(timers.iter().map(|timer| match timer {
        Timer::Session(id) if config.pace == Pace::Free && !silent.concern(*id) => {
            firing(keeper, *timer).spending(Fault::Expiry)
        }
        timer => firing(keeper, *timer),
    }));
}

/// A broker's periodic look at its ISRs is one step for the broker and one for each partition.
fn firing_of_life(config: &Config, id: BrokerId, life: &Life, timer: Timer) -> Offer<Kafka> {
    let me = Node::Broker(id);
    if timer == Timer::Halt {
        let how = match life.stage {
            Stage::Leaving(_) => End::Clean,
            Stage::Down | Stage::Registering(_) | Stage::Loaded | Stage::Serving | Stage::Stopping => End::Kill,
        };
        return end(config, Offer::new(Action::Fire(me, timer)), id, how);
    }
    let mut offer = firing(me, timer);
    if timer == Timer::IsrCheck {
        let checks = config
            .hosted(id)
            .map(|partition| (me, Input::Local(Local::CheckIsr(partition))));
        offer.steps.extend(checks);
    }
    offer
}

fn of_replica(id: BrokerId, replica: &Replica, out: &mut Offers<'_>) {
    fire(Node::Broker(id), replica.timers.ready(), out);
}

/// Sessions: at no cost where the broker cannot be heard, else the expiry of a living broker's session.
fn of_controller(config: &Config, controller: &Controller, out: &mut Offers<'_>) {
    fire_sessions(
        config,
        Node::Controller,
        controller.timers.ready(),
        &controller.silent,
        out,
    );
    for command in &config.admin {
        let action = Action::Command(Node::Controller, command.clone());
        let order = Offer::new(action).step(Node::Controller, Input::Commanded(command.clone()));
        out.push(order.spending(Fault::Admin));
    }
}

fn of_client(id: ClientId, client: &Client, out: &mut Offers<'_>) {
    let me = Node::Client(id);
    fire(me, client.timers.ready(), out);
    if let Some(command) = client.next_command() {
        out.push(Offer::new(Action::Command(me, command.clone())).step(me, Input::Commanded(command)));
    }
}

fn of_faults(config: &Config, faults: &Faults, out: &mut Offers<'_>) {
    if faults.left(Fault::PowerAll).allows() {
        let all = Action::Environment(Event::PowerAll);
        out.add(all, Some(Fault::PowerAll), |offer| {
            let each = config.broker_ids();
            each.fold(offer, |offer, id| end(config, offer, id, End::Power))
        });
    }
}

fn of_links(config: &Config, links: &Links, out: &mut Offers<'_>) {
    let mut nodes: Vec<Node> = config.nodes().filter(|node| !matches!(node, Node::Client(_))).collect();
    nodes.sort_unstable();
    for (at, a) in nodes.iter().enumerate() {
        for b in &nodes[at + 1..] {
            let (there, back) = (links.is_cut(*a, *b), links.is_cut(*b, *a));
            if there || back {
                out.push(heal(config, *a, *b));
                continue;
            }
            let both = Action::Environment(Event::Cut(*a, *b));
            out.add(both, Some(Fault::Cut), |offer| {
                cut(config, offer, &[(*a, *b), (*b, *a)])
            });
            for (from, to) in [(*a, *b), (*b, *a)] {
                let one = Action::Environment(Event::CutOneWay(from, to));
                out.add(one, Some(Fault::CutOneWay), |offer| cut(config, offer, &[(from, to)]));
            }
        }
    }
}

/// What two nodes mean by a link: all that their processes are.
fn between(config: &Config, from: Node, to: Node) -> SmallVec<[(Node, Node); 1]> {
    let Some(roster) = &config.quorum else {
        return [(from, to)].into_iter().collect();
    };
    let (from, to) = (roster.process(from), roster.process(to));
    let pairs = from.iter().flat_map(|a| to.iter().map(move |b| (*a, *b)));
    pairs.collect()
}

fn cut(config: &Config, offer: Offer<Kafka>, directions: &[(Node, Node)]) -> Offer<Kafka> {
    let mut offer = offer;
    let all = directions.iter().flat_map(|(from, to)| between(config, *from, *to));
    for (from, to) in &all.collect::<Vec<_>>() {
        offer = offer.op(Slot::Links, Op::Mark(Mark::Close(*from, *to)));
        offer = on_lanes(config, offer, *from, *to, &Op::Hold(Hold::Cut));
        if let (Some((id, keeper)), Pace::Free) = (session_over(config, *from, *to), config.pace) {
            offer = offer.op(keeper, Op::Mark(Mark::Silence(id, Silence::Cut)));
        }
        offer = quorum::apart(config, offer, *from, *to);
    }
    offer
}

fn heal(config: &Config, a: Node, b: Node) -> Offer<Kafka> {
    let mut offer = environment(Event::Heal(a, b));
    let all = [(a, b), (b, a)].into_iter();
    for (from, to) in all.flat_map(|(from, to)| between(config, from, to)) {
        offer = offer.op(Slot::Links, Op::Mark(Mark::Heal(from, to)));
        offer = on_lanes(config, offer, from, to, &Op::Release(Hold::Cut));
        if let (Some((id, keeper)), Pace::Free) = (session_over(config, from, to), config.pace) {
            offer = offer
                .op(keeper, Op::Mark(Mark::Unsilence(id, Silence::Cut)))
                .step(Node::Broker(id), Input::Fired(Timer::Heartbeat));
        }
    }
    offer
}

fn on_lanes(config: &Config, offer: Offer<Kafka>, from: Node, to: Node, op: &Op<Kafka>) -> Offer<Kafka> {
    let between = lanes(config).into_iter().filter(|(a, b, _)| (*a, *b) == (from, to));
    between.fold(offer, |offer, (a, b, lane)| {
        offer.op(Slot::Queue(a, b, lane), op.clone())
    })
}
