//! After faults at random a cluster is let alone: what must come in the end has come, whatever the seed.

use checker::properties::LIVENESS;
use models::actions::Event;
use models::config::{ClientKind, Config, Control};
use models::faults::{Fault, Faults};
use models::features::preset;
use models::ids::{BrokerId, Partition};
use models::message::{Command, Msg};
use models::settle::{next_harmless, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::trace::Decision;
use sim_core::{Action, Purpose, Scratch, Seeded, Stream};

/// Seeds of each preset.
const SEEDS: u64 = 300;
/// Actions before the faults end.
const STEPS: usize = 120;
/// Actions after which a cluster should be at rest.
const REST_MAX: usize = 5_000;
/// One action in so many is a fault, if there is one left.
const FAULT_EVERY: u64 = 6;
/// So many actions of a run that failed are shown.
const SHOWN: usize = STEPS + 30;

/// Whether the fault `late` may bring an UpdateMetadata once more after the next one. It has no version: a broker then keeps
/// the old picture of who is alive until something changes again. So it is in Kafka.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pictures {
    InOrder,
    Late,
}

fn config(name: &str, faults: &Faults) -> Config {
    let features = preset(name).expect("a known preset").features;
    let mut config = Config::small(features, 3, 2);
    if name.starts_with("zk-") {
        config.control = Control::ZooKeeper { ensemble: 3 };
    }
    config.faults = faults.clone();
    let to = |ids: &[u8]| Command::Reassign(Partition(0), ids.iter().map(|id| BrokerId(*id)).collect());
    config.admin = vec![to(&[2, 3]), to(&[3, 1, 2]), Command::CancelReassignment(Partition(0))];
    if let ClientKind::Producer(producer) = &mut config.clients[0].kind {
        producer.retries = 3;
    }
    config
}

fn ends_a_fault(action: &Action<Kafka>) -> bool {
    let Action::Environment(event) = action else {
        return false;
    };
    matches!(event, Event::Resume(_) | Event::Unstall(_) | Event::Heal(..))
}

/// Whether this fault brings an UpdateMetadata out of order.
fn is_late_picture(world: &World<'_>, action: &Action<Kafka>) -> bool {
    let Action::Environment(Event::Late(from, to, lane)) = action else {
        return false;
    };
    match world.get(Slot::Queue(*from, *to, *lane)) {
        Value::Queue(queue) => matches!(queue.head(), Some(Ok(Msg::UpdateMetadata(_)))),
        _ => false,
    }
}

/// One run: what does not hold at rest, and how it came to that.
fn run(initial: &World<'_>, seed: u64, pictures: Pictures) -> Result<(), String> {
    let mut world = initial.clone();
    let (mut picks, mut choices) = (
        Stream::new(seed, Purpose::Schedule),
        Stream::new(seed, Purpose::Choices),
    );
    let (mut chooser, mut scratch) = (Seeded(&mut choices), Scratch::default());
    let (mut offers, mut told) = (Vec::new(), Vec::new());
    for _ in 0..STEPS {
        world.enabled(&mut offers);
        offers.retain(|offer| pictures == Pictures::Late || !is_late_picture(&world, &offer.action));
        let faulty = picks.below(FAULT_EVERY) == 0;
        let fits: Vec<_> = offers.iter().filter(|offer| offer.spends.is_some() == faulty).collect();
        let all = || offers.iter().collect();
        let from: Vec<_> = if fits.is_empty() { all() } else { fits };
        let Some(offer) = picks.pick(&from).map(|offer| (*offer).clone()) else {
            break;
        };
        world.apply(&offer, &mut chooser, &mut scratch);
        let choices = scratch.choices.iter().map(|choice| choice.taken).collect();
        told.push(Decision::<Kafka> {
            action: offer.action,
            choices,
        });
    }
    let tell = |what: String, told: &[Decision<Kafka>]| {
        let steps: Vec<_> = told
            .iter()
            .take(SHOWN)
            .map(|step| format!("  {} {:?}", step.action, step.choices))
            .collect();
        Err(format!("seed {seed}: {what}\n{}", steps.join("\n")))
    };
    for _ in 0..REST_MAX {
        world.enabled(&mut offers);
        let next = offers
            .iter()
            .find(|offer| ends_a_fault(&offer.action))
            .or_else(|| next_harmless(&offers));
        let Some(next) = next else {
            let broken = LIVENESS.iter().find_map(|property| {
                let failure = (property.check)(&world).err()?;
                Some(format!("{}: {failure}", property.name))
            });
            return broken.map_or(Ok(()), |what| tell(what, &told));
        };
        told.push(Decision {
            action: next.action.clone(),
            choices: Default::default(),
        });
        world.apply_default(next, &mut scratch);
    }
    tell("it does not come to rest".to_owned(), &told)
}

fn check(faults: &Faults) {
    check_under(&["hw-truncation", "kraft-3.9", "kraft-4.3"], faults, "nothing");
    check_under(&["zk-2.5", "zk-3.9"], faults, "nothing");
}

/// Under each preset; what is excused may fail.
fn check_under(presets: &[&str], faults: &Faults, excused: &str) {
    let excused = format!(": {excused}: ");
    for name in presets.iter().copied() {
        let config = config(name, faults);
        let initial = settled(&config);
        let failed: Vec<_> = (0..SEEDS)
            .filter_map(|seed| run(&initial, seed, Pictures::InOrder).err())
            .filter(|what| !what.contains(&excused))
            .collect();
        assert!(failed.is_empty(), "{name}: {} of {SEEDS}; {}", failed.len(), failed[0]);
    }
}

#[test]
fn what_must_come_has_come_after_a_pause_a_kill_and_a_stop() {
    check(
        &Faults::default()
            .with(Fault::Pause, 2)
            .with(Fault::Kill, 1)
            .with(Fault::Stop, 1),
    );
}

#[test]
fn what_must_come_has_come_after_late_messages_and_resets() {
    let faults = Faults::default().with(Fault::Pause, 1).with(Fault::Kill, 2);
    check(&faults.with(Fault::Late, 2).with(Fault::Reset, 2));
}

#[test]
fn what_must_come_has_come_after_cuts_and_stalls() {
    let faults = Faults::default().with(Fault::Cut, 1).with(Fault::CutOneWay, 1);
    check(
        &faults
            .with(Fault::SlowDisk, 1)
            .with(Fault::Pause, 1)
            .with(Fault::Kill, 1),
    );
}

#[test]
fn what_must_come_has_come_after_moves_of_replicas() {
    let faults = Faults::default().with(Fault::Admin, 3).with(Fault::Kill, 2);
    let faults = faults.with(Fault::Pause, 1).with(Fault::Reset, 1);
    check_under(&["hw-truncation", "kraft-3.9"], &faults, "nothing");
    // Under the rule of 4.3 a target that replaces another one may wait for a broker that goes: docs/fidelity.md.
    check_under(&["kraft-4.3"], &faults, "reassignment-completes");
}

#[test]
fn what_must_come_has_come_after_moves_of_replicas_with_zookeeper() {
    let faults = Faults::default().with(Fault::Admin, 3).with(Fault::Kill, 2);
    let faults = faults.with(Fault::Pause, 1).with(Fault::Reset, 1);
    // A leader that a reassignment removes may never hear of it: the order is lost with the controller that gave it, and the next one
    // has nothing to say to a broker without a replica. Who writes there waits for its request timeout, which spends here.
    check_under(&["zk-2.5", "zk-3.9"], &faults, "write-answered");
}

#[test]
fn an_update_of_metadata_that_comes_late_leaves_an_old_picture_of_who_is_alive() {
    let faults = Faults::default().with(Fault::Pause, 1).with(Fault::Kill, 2);
    let config = config("zk-3.9", &faults.with(Fault::Late, 2).with(Fault::Reset, 2));
    let initial = settled(&config);
    let mut failed = (0..4 * SEEDS).filter_map(|seed| run(&initial, seed, Pictures::Late).err());
    let first = failed.next().expect("a seed that finds it");
    assert!(first.contains(": isr-recovers: "), "{first}");
}

/// How many seeds find something under 2.5 with ZooKeeper and these faults, where a safeguard has this value.
fn found(switch: &str, value: &str, faults: &Faults) -> Vec<String> {
    let mut config = config("zk-2.5", faults);
    config
        .controller
        .set(switch, value)
        .expect("a switch and a value of it");
    for broker in &mut config.brokers {
        broker.features = config.controller;
    }
    let initial = settled(&config);
    (0..4 * SEEDS)
        .filter_map(|seed| run(&initial, seed, Pictures::Late).err())
        .collect()
}

/// Without the safeguard something does not come, or is written that must not be; with it nothing is found.
fn needs(switch: &str, off: &str, on: &str, faults: &Faults) {
    let (without, with) = (found(switch, off, faults), found(switch, on, faults));
    assert!(!without.is_empty(), "{switch}={off} is not found");
    assert!(with.is_empty(), "{switch}={on}: {} seeds; {}", with.len(), with[0]);
}

#[test]
fn an_order_for_an_earlier_life_stops_a_replica_unless_orders_name_lives() {
    // KIP-380.
    let faults = Faults::default().with(Fault::Stop, 1).with(Fault::Late, 3);
    needs("control_broker_epoch", "off", "on", &faults);
}
