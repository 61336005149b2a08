//! Each property fails where it must, and holds in the same neighbourhood.

use checker::properties::{ALL, LIVENESS, REGISTERED, STEP, UNPROMISED, shared};
use models::actions::Event;
use models::config::{ClientConfig, ClientKind, Config, ConsumerConfig, Reset, UncleanElection, Wants};
use models::controller::partition_change::Choice;
use models::fact::{Fact, Stored};
use models::faults::{Fault, Faults};
use models::features::Features;
use models::ids::{BrokerEpoch, BrokerId, Brokers, ClientId, LeaderEpoch, Node, Offset, Partition, RecordId};
use models::log::Log;
use models::message::{Acks, Command};
use models::settle::{next_harmless, settle, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::{Action, Failure, Model, Op, Scratch};

const P: Partition = Partition(0);
const PRODUCER: Node = Node::Client(ClientId(0));
const CONSUMER: Node = Node::Client(ClientId(1));

/// Three brokers, min.insync.replicas 2, a producer, a consumer, and some faults to build neighbourhoods with.
fn config() -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 2);
    let consumer = ClientKind::Consumer(ConsumerConfig {
        partition: P,
        reset: Reset::Earliest,
        wants: Wants::Records,
    });
    config.clients.push(ClientConfig {
        name: "c2".into(),
        kind: consumer,
    });
    config.faults = Faults::default().with(Fault::Kill, 3).with(Fault::Pause, 1);
    config
}

fn broker(id: u8) -> Node {
    Node::Broker(BrokerId(id))
}

fn ids(list: &[u8]) -> Brokers {
    list.iter().map(|id| BrokerId(*id)).collect()
}

fn decided(leader: u8, epoch: u16, electable: &[u8], choice: Choice) -> Fact {
    let leader = (leader > 0).then_some(BrokerId(leader));
    Fact::Decided {
        partition: P,
        leader,
        epoch: LeaderEpoch(epoch),
        electable: ids(electable),
        admitted: Brokers::new(),
        choice,
    }
}

/// `m{record}` of this epoch, committed at `offset`.
fn committed(epoch: u16, quorum: &[u8], offset: u32, record: u32) -> Fact {
    let stored = Stored {
        offset: Offset(offset),
        record: RecordId(record),
        epoch: LeaderEpoch(epoch),
    };
    Fact::Committed {
        partition: P,
        epoch: LeaderEpoch(epoch),
        isr: quorum.len() as u8,
        min_isr: 2,
        quorum: ids(quorum),
        high_watermark: Offset(offset + 1),
        records: [stored].into_iter().collect(),
    }
}

fn acked(offset: u32, record: u32) -> Fact {
    let records = [RecordId(record)].into_iter().collect();
    Fact::Acked {
        partition: P,
        acks: Acks::All,
        base: Offset(offset),
        records,
    }
}

fn delivered(from: u8, records: &[(u32, u32)], end: u32) -> Fact {
    let records = records
        .iter()
        .map(|(offset, record)| (Offset(*offset), RecordId(*record)))
        .collect();
    Fact::Delivered {
        partition: P,
        from: BrokerId(from),
        records,
        end: Offset(end),
    }
}

/// A disk loses `m1`, which stood at offset 0.
fn lost() -> Fact {
    let m1 = Stored {
        offset: Offset(0),
        record: RecordId(1),
        epoch: LeaderEpoch(0),
    };
    Fact::Lost {
        partition: P,
        from: Offset(0),
        records: [m1].into_iter().collect(),
    }
}

fn registered(id: u8) -> Fact {
    Fact::Registered(BrokerId(id), BrokerEpoch(2))
}

/// A world made by hand: facts that the ledger has heard, logs that brokers have.
struct Bench<'c>(World<'c>);

impl<'c> Bench<'c> {
    /// Broker 1 leads in epoch 0 and all are in sync; `m1` was committed and acknowledged at offset 0; brokers 1 and 2
    /// have it, broker 3 has an empty log.
    fn with_m1(config: &'c Config) -> Self {
        Self(World::new(config))
            .told(Node::Controller, decided(1, 0, &[1, 2], Choice::Clean))
            .told(broker(1), committed(0, &[1, 2], 0, 1))
            .told(PRODUCER, acked(0, 1))
            .log(1, &[(0, 1)], 1)
            .log(2, &[(0, 1)], 1)
    }

    fn told(self, node: Node, fact: Fact) -> Self {
        self.change(Slot::Ledger, |value| Kafka::operate(value, &Op::Record(node, fact)))
    }

    /// The log of a broker: (epoch, record), and its high watermark.
    fn log(self, id: u8, records: &[(u16, u32)], high_watermark: u32) -> Self {
        let mut log = Log::default();
        for (epoch, record) in records {
            log.append_as_leader(LeaderEpoch(*epoch), [RecordId(*record)].into_iter().collect());
        }
        log.set_high_watermark(Offset(high_watermark));
        self.change(Slot::Log(BrokerId(id), P), |value| *value = Value::Log(log))
    }

    fn change(mut self, slot: Slot, change: impl FnOnce(&mut Value)) -> Self {
        let at = self.0.index(slot);
        let mut values = self.0.values().to_vec();
        change(&mut values[at]);
        self.0.set_values(values);
        self
    }

    /// The state property of this name, all its instances.
    fn judge(&self, name: &str) -> Result<(), Failure> {
        let property = REGISTERED
            .iter()
            .chain(UNPROMISED)
            .find(|property| property.name == name)
            .expect("it is registered");
        (property.instances)(self.0.config()).iter().try_for_each(|instance| {
            let values: Vec<&Value> = instance.slots.iter().map(|slot| self.0.get(*slot)).collect();
            (instance.check)(self.0.config(), &values)
        })
    }

    /// The step property of this name, should this fact be announced now.
    fn announce(&self, name: &str, node: Node, fact: Fact) -> Result<(), Failure> {
        let property = STEP
            .iter()
            .find(|property| property.name == name)
            .expect("it is registered");
        (property.check)(self.0.config(), self.0.get(Slot::Ledger), node, &fact)
    }
}

fn fails(result: Result<(), Failure>, about: &str, reason: &str) {
    assert_eq!(result, Err(Failure::new(about, reason)));
}

#[test]
fn no_committed_loss_fails_when_the_leader_lacks_an_acknowledged_record() {
    let config = config();
    let bench = Bench::with_m1(&config);
    assert_eq!(bench.judge("no-committed-loss"), Ok(()));
    let bench = bench.told(Node::Controller, decided(3, 1, &[3], Choice::Unclean));
    let reason = "m1 was acknowledged at offset 0, but leader 3 ends at offset 0";
    fails(bench.judge("no-committed-loss"), "m1", reason);
    let bench = bench.log(3, &[(1, 2)], 0);
    fails(
        bench.judge("no-committed-loss"),
        "m1",
        "m1 was acknowledged at offset 0, but leader 3 has m2 of e1 there",
    );
}

#[test]
fn no_committed_loss_waits_for_the_next_life_and_ends_with_the_last_promised_copy() {
    let config = config();
    let bench = Bench::with_m1(&config).told(broker(1), lost()).log(1, &[], 0);
    assert_eq!(
        bench.judge("no-committed-loss"),
        Ok(()),
        "the leader is down and will be replaced"
    );
    let bench = bench.told(Node::Controller, registered(1));
    fails(
        bench.judge("no-committed-loss"),
        "m1",
        "m1 was acknowledged at offset 0, but leader 1 ends at offset 0",
    );
    let bench = bench.told(broker(2), lost());
    assert_eq!(
        bench.judge("no-committed-loss"),
        Ok(()),
        "both promised copies are lost: that is declared"
    );
}

#[test]
fn no_committed_loss_counts_disks_that_lost_the_record_before_its_producer_heard() {
    let config = config();
    let bench = Bench(World::new(&config))
        .told(Node::Controller, decided(1, 0, &[1, 2], Choice::Clean))
        .told(broker(1), committed(0, &[1, 2], 0, 1))
        .told(broker(2), lost())
        .told(PRODUCER, acked(0, 1));
    assert!(bench.judge("no-committed-loss").is_err(), "broker 1 leads without it");
    let bench = bench.told(broker(1), lost()).told(Node::Controller, registered(1));
    assert_eq!(bench.judge("no-committed-loss"), Ok(()), "both copies are gone");
}

#[test]
fn leader_complete_fails_when_the_leader_lacks_a_committed_record() {
    let config = config();
    let bench = Bench::with_m1(&config);
    assert_eq!(bench.judge("leader-complete"), Ok(()));
    let clean = bench
        .told(Node::Controller, decided(3, 1, &[3], Choice::Clean))
        .log(3, &[(1, 1)], 1);
    let reason = "m1 was committed in e0 at offset 0, but leader 3 has m1 of e1 there";
    fails(clean.judge("leader-complete"), "m1", reason);
    let unclean = clean.told(Node::Controller, decided(3, 2, &[3], Choice::Unclean));
    assert_eq!(
        unclean.judge("leader-complete"),
        Ok(()),
        "after an unclean election nothing committed is promised"
    );
}

#[test]
fn isr_complete_fails_when_an_electable_broker_lacks_a_committed_record() {
    let config = config();
    let bench = Bench::with_m1(&config);
    assert_eq!(bench.judge("isr-complete"), Ok(()));
    let bench = bench.told(Node::Controller, decided(1, 0, &[1, 2, 3], Choice::Clean));
    let reason = "m1 was committed in e0 at offset 0, but electable broker 3 ends at offset 0";
    fails(bench.judge("isr-complete"), "m1", reason);
    let bench = bench.told(broker(3), lost());
    assert_eq!(
        bench.judge("isr-complete"),
        Ok(()),
        "a lossy broker leaves the ISR before it comes back"
    );
}

#[test]
fn log_agreement_fails_when_records_differ_below_both_high_watermarks() {
    let config = config();
    let bench = Bench::with_m1(&config).log(3, &[(1, 2)], 0);
    assert_eq!(
        bench.judge("log-agreement"),
        Ok(()),
        "above a high watermark logs may differ"
    );
    let bench = bench.log(3, &[(1, 2)], 1);
    let reason = "at offset 0, below both high watermarks, broker 1 has m1 of e0, but broker 3 has m2 of e1 there";
    fails(bench.judge("log-agreement"), "p0", reason);
    let lossy = bench.told(broker(3), lost());
    assert_eq!(lossy.judge("log-agreement"), Ok(()), "a lossy broker is left out");
}

#[test]
fn quorum_superset_fails_when_an_electable_broker_was_not_counted() {
    let config = config();
    let bench = Bench::with_m1(&config).told(Node::Controller, decided(1, 1, &[1, 2, 3], Choice::Clean));
    let check = |epoch, quorum: &[u8]| bench.announce("quorum-superset", broker(1), committed(epoch, quorum, 1, 2));
    assert_eq!(check(1, &[1, 2, 3]), Ok(()));
    let reason = "broker 1 raised the high watermark to 2 in e1 counting 1,2, though broker 3 may be elected, too";
    fails(check(1, &[1, 2]), "p0", reason);
    assert_eq!(check(0, &[1, 2]), Ok(()), "a deposed leader is harmless");
    assert_eq!(check(1, &[1]), Ok(()), "below min.insync.replicas nothing is claimed");
}

#[test]
fn reads_stable_fails_when_a_record_that_was_read_is_gone_or_another() {
    let config = config();
    let bench = Bench::with_m1(&config).told(CONSUMER, delivered(1, &[(0, 1)], 1));
    assert_eq!(bench.judge("reads-stable"), Ok(()));
    let gone = bench.told(Node::Controller, decided(3, 1, &[3], Choice::Clean));
    let reason = "m1 was given to a consumer at offset 0, but leader 3 ends at offset 0";
    fails(gone.judge("reads-stable"), "m1", reason);
    let other = gone.told(CONSUMER, delivered(3, &[(0, 2)], 1));
    let reason = "a consumer was given m2 at offset 0, where m1 was committed";
    fails(other.judge("reads-stable"), "m2", reason);
    let unclean = other.told(Node::Controller, decided(3, 2, &[3], Choice::Unclean));
    assert_eq!(unclean.judge("reads-stable"), Ok(()));
}

#[test]
fn reads_below_hw_fails_when_a_record_is_given_before_it_is_committed() {
    let config = config();
    let bench = Bench::with_m1(&config);
    let check = |records: &[(u32, u32)], end| bench.announce("reads-below-hw", CONSUMER, delivered(1, records, end));
    assert_eq!(check(&[(0, 1)], 1), Ok(()));
    let reason = "broker 1 gave a consumer m2 at offset 1, but showed the end 1";
    fails(check(&[(0, 1), (1, 2)], 1), "m2", reason);
    fails(
        check(&[(0, 1), (1, 2)], 2),
        "p0",
        "broker 1 showed a consumer the end 2, but only 1 was ever reached",
    );
}

#[test]
fn end_offset_monotone_fails_when_a_shown_end_is_beyond_the_leader_or_committed_twice() {
    let config = config();
    let bench = Bench::with_m1(&config)
        .told(CONSUMER, delivered(1, &[(0, 1)], 1))
        .log(1, &[(0, 1)], 0);
    assert_eq!(
        bench.judge("end-offset-monotone"),
        Ok(()),
        "a high watermark that lags is no violation"
    );
    let check = |epoch| bench.announce("end-offset-monotone", broker(1), committed(epoch, &[1, 2], 0, 1));
    assert_eq!(check(1), Ok(()), "another leader commits what it has taken over");
    fails(
        check(0),
        "p0",
        "broker 1 committed offset 0 twice in e0: its high watermark had gone back",
    );
    let bench = bench.told(Node::Controller, decided(3, 1, &[3], Choice::Clean));
    let reason = "consumers were shown the end 1, but the log of leader 3 ends at 0";
    fails(bench.judge("end-offset-monotone"), "p0", reason);
}

#[test]
fn leader_in_isr_fails_when_a_clean_choice_comes_from_outside() {
    let config = config();
    let bench = Bench::with_m1(&config);
    let check = |fact| bench.announce("leader-in-isr", Node::Controller, fact);
    assert_eq!(check(decided(2, 1, &[2], Choice::Clean)), Ok(()));
    assert_eq!(check(decided(3, 1, &[3], Choice::Unclean)), Ok(()));
    let reason = "broker 3 leads in e1, but before only 1,2 could be elected";
    fails(check(decided(3, 1, &[3], Choice::Clean)), "p0", reason);
    fails(
        check(decided(2, 1, &[1], Choice::Clean)),
        "p0",
        "broker 2 leads in e1, but then only 1 could be elected",
    );
    let first = Bench(World::new(&config));
    assert_eq!(
        first.announce("leader-in-isr", Node::Controller, decided(3, 0, &[3], Choice::Clean)),
        Ok(())
    );
}

#[test]
fn one_leader_per_epoch_fails_when_a_second_broker_leads() {
    let config = config();
    let led = |epoch| Fact::Led {
        partition: P,
        epoch: LeaderEpoch(epoch),
    };
    let bench = Bench::with_m1(&config).told(broker(1), led(0));
    let check = |id, epoch| bench.announce("one-leader-per-epoch", broker(id), led(epoch));
    assert_eq!(check(1, 0), Ok(()));
    fails(check(2, 0), "p0", "broker 2 leads in e0, but broker 1 has led in it");
    let bench = bench.told(Node::Controller, decided(2, 1, &[2], Choice::Clean));
    let check = |id, epoch| bench.announce("one-leader-per-epoch", broker(id), led(epoch));
    assert_eq!(check(2, 1), Ok(()));
    fails(
        check(3, 1),
        "p0",
        "broker 3 leads in e1, but the controller gave it to broker 2",
    );
    let bench = bench.told(Node::Controller, decided(0, 2, &[2], Choice::Clean));
    let nobody = bench.announce("one-leader-per-epoch", broker(2), led(2));
    fails(
        nobody,
        "p0",
        "broker 2 leads in e2, but the controller gave it to nobody",
    );
}

#[test]
fn acks_respect_min_isr_fails_when_too_few_replicas_were_in_sync() {
    let config = config();
    let bench = Bench::with_m1(&config);
    let promised = |isr: &[u8]| Fact::Promised {
        partition: P,
        isr: ids(isr),
        min_isr: 2,
    };
    let check = |isr: &[u8]| bench.announce("acks-respect-min-isr", broker(1), promised(isr));
    assert_eq!(check(&[1, 2]), Ok(()));
    let reason = "broker 1 acknowledged under acks=all with the ISR 1, but min.insync.replicas is 2";
    fails(check(&[1]), "p0", reason);
}

/// Does this at once, without anything that follows from it.
fn perform(world: &mut World<'_>, action: Action<Kafka>) {
    let offer = world.find(&action).expect("it is possible now");
    world.apply_default(&offer, &mut Scratch::default());
}

fn in_the_end(name: &str, world: &World<'_>) -> Result<(), Failure> {
    let property = LIVENESS
        .iter()
        .find(|property| property.name == name)
        .expect("it is registered");
    (property.check)(world)
}

#[test]
fn leader_returns_fails_while_an_electable_broker_is_up_and_nobody_leads() {
    let config = config();
    let mut world = settled(&config);
    assert_eq!(in_the_end("leader-returns", &world), Ok(()));
    perform(&mut world, Action::Environment(Event::Kill(BrokerId(1))));
    let reason = "p0 has no leader that serves, though broker 2 is up and may be elected";
    fails(in_the_end("leader-returns", &world), "p0", reason);
    settle(&mut world, &mut Scratch::default());
    assert_eq!(in_the_end("leader-returns", &world), Ok(()));
}

#[test]
fn leader_returns_asks_for_any_replica_only_where_unclean_elections_are_allowed() {
    for unclean in [UncleanElection::Refused, UncleanElection::Allowed] {
        let mut config = config();
        config.topics[0].settings.unclean = unclean;
        let mut world = settled(&config);
        for id in [3, 2, 1] {
            perform(&mut world, Action::Environment(Event::Kill(BrokerId(id))));
            settle(&mut world, &mut Scratch::default());
        }
        assert_eq!(in_the_end("leader-returns", &world), Ok(()), "nobody is up");
        perform(&mut world, Action::Environment(Event::Start(BrokerId(3))));
        let reason = "p0 has no leader that serves, though broker 3 is up and may be elected";
        match unclean {
            UncleanElection::Refused => assert_eq!(in_the_end("leader-returns", &world), Ok(())),
            UncleanElection::Allowed => fails(in_the_end("leader-returns", &world), "p0", reason),
        }
        settle(&mut world, &mut Scratch::default());
        assert_eq!(in_the_end("leader-returns", &world), Ok(()));
    }
}

#[test]
fn write_answered_fails_while_a_record_is_in_hand() {
    let config = config();
    let mut world = settled(&config);
    assert_eq!(in_the_end("write-answered", &world), Ok(()));
    perform(&mut world, Action::Command(PRODUCER, Command::SendNext));
    let reason = "client c0 still has m1 in hand, though p0 has a leader and enough replicas";
    fails(in_the_end("write-answered", &world), "m1", reason);
    settle(&mut world, &mut Scratch::default());
    assert_eq!(in_the_end("write-answered", &world), Ok(()));
}

#[test]
fn isr_recovers_fails_while_the_dead_are_in_the_isr_or_the_living_are_not() {
    let config = config();
    let mut world = settled(&config);
    assert_eq!(in_the_end("isr-recovers", &world), Ok(()));
    perform(&mut world, Action::Environment(Event::Kill(BrokerId(3))));
    fails(
        in_the_end("isr-recovers", &world),
        "p0",
        "broker 1 leads p0, but broker 3 is down and has not left the ISR",
    );
    settle(&mut world, &mut Scratch::default());
    assert_eq!(in_the_end("isr-recovers", &world), Ok(()));
    perform(&mut world, Action::Environment(Event::Start(BrokerId(3))));
    let reason = "broker 1 leads p0, but broker 3 is up and has not come back into the ISR";
    fails(in_the_end("isr-recovers", &world), "p0", reason);
    settle(&mut world, &mut Scratch::default());
    assert_eq!(in_the_end("isr-recovers", &world), Ok(()));
}

#[test]
fn nothing_has_to_come_while_a_process_stands_still() {
    let config = config();
    let mut world = settled(&config);
    perform(&mut world, Action::Environment(Event::Kill(BrokerId(1))));
    perform(&mut world, Action::Environment(Event::Pause(BrokerId(2))));
    for property in LIVENESS {
        assert_eq!(in_the_end(property.name, &world), Ok(()), "{}", property.name);
    }
}

#[test]
fn every_property_holds_at_each_step_of_a_write_a_read_and_a_leader_change() {
    let config = config();
    let mut bench = Bench(settled(&config));
    let mut scratch = Scratch::watching(STEP.to_vec());
    let kill = Action::Environment(Event::Kill(BrokerId(1)));
    let (send, poll) = (
        Action::Command(PRODUCER, Command::SendNext),
        Action::Command(CONSUMER, Command::Poll),
    );
    for order in [send, poll, kill] {
        let mut next = bench.0.find(&order);
        while let Some(offer) = next {
            bench.0.apply_default(&offer, &mut scratch);
            assert_eq!(scratch.failures, [], "{}", offer.action);
            for property in REGISTERED.iter().chain(UNPROMISED) {
                assert_eq!(
                    bench.judge(property.name),
                    Ok(()),
                    "{}: {}",
                    property.name,
                    offer.action
                );
            }
            let mut offers = Vec::new();
            bench.0.enabled(&mut offers);
            next = next_harmless(&offers).cloned();
        }
    }
    for property in LIVENESS {
        assert_eq!(in_the_end(property.name, &bench.0), Ok(()), "{}", property.name);
    }
    let promises = shared::ledger(bench.0.get(Slot::Ledger)).promises(P);
    assert_eq!(
        (promises.acked.len(), promises.read.len(), promises.led),
        (1, 1, Some((LeaderEpoch(1), BrokerId(2))))
    );
}

#[test]
fn every_property_is_listed_once_and_its_file_opens_with_its_claim() {
    let states = REGISTERED.iter().chain(UNPROMISED);
    let states = states.map(|property| (property.name, property.claim));
    let steps = STEP.iter().map(|property| (property.name, property.claim));
    let in_the_end = LIVENESS.iter().map(|property| (property.name, property.claim));
    let mut registered: Vec<_> = states.chain(steps).chain(in_the_end).collect();
    registered.sort_unstable();
    registered.dedup();
    let mut listed: Vec<_> = ALL.iter().map(|about| (about.name, about.claim)).collect();
    listed.sort_unstable();
    assert_eq!(registered, listed);
    for about in ALL {
        let file = format!(
            "{}/src/properties/{}.rs",
            env!("CARGO_MANIFEST_DIR"),
            about.name.replace('-', "_")
        );
        let text = std::fs::read_to_string(&file).expect("one file each, named as the property");
        assert_eq!(
            text.lines().next(),
            Some(format!("//! {}", about.claim).as_str()),
            "{file}"
        );
        assert!(
            [about.formula, about.assumptions, about.source, about.korean]
                .iter()
                .all(|text| !text.is_empty())
        );
    }
}

#[test]
fn no_committed_loss_excuses_the_last_known_leader_only_where_a_disk_lost_the_record() {
    let config = config();
    let bench = Bench::with_m1(&config).told(Node::Controller, decided(3, 1, &[3], Choice::LastKnown));
    let reason = "m1 was acknowledged at offset 0, but leader 3 ends at offset 0";
    fails(bench.judge("no-committed-loss"), "m1", reason);
    let bench = bench.told(broker(1), lost());
    assert_eq!(bench.judge("no-committed-loss"), Ok(()));
}

#[test]
fn no_acked_loss_fails_also_where_nothing_was_promised() {
    let config = config();
    let lost_by_enough = Bench::with_m1(&config)
        .told(broker(1), lost())
        .told(broker(2), lost())
        .told(Node::Controller, decided(3, 1, &[3], Choice::LastKnown));
    assert_eq!(lost_by_enough.judge("no-committed-loss"), Ok(()));
    let reason = "m1 was acknowledged at offset 0, but leader 3 ends at offset 0";
    fails(lost_by_enough.judge("no-acked-loss"), "m1", reason);

    let alone = Fact::Acked {
        partition: P,
        acks: Acks::Leader,
        base: Offset(0),
        records: [RecordId(7)].into_iter().collect(),
    };
    let by_one = Bench(models::settle::settled(&config))
        .told(PRODUCER, alone)
        .told(Node::Controller, decided(3, 1, &[3], Choice::Clean));
    assert_eq!(by_one.judge("no-committed-loss"), Ok(()));
    let reason = "m7 was acknowledged at offset 0, but leader 3 ends at offset 0";
    fails(by_one.judge("no-acked-loss"), "m7", reason);
}

#[test]
fn isr_active_fails_for_a_fenced_member_of_a_partition_that_has_a_leader() {
    let config = config();
    let settled = Bench(models::settle::settled(&config));
    assert_eq!(settled.judge("isr-active"), Ok(()));
    let standing = |id: u8, state| {
        move |value: &mut Value| {
            let Value::Controller(controller) = value else {
                panic!("the slot of the controller holds {value:?}")
            };
            let known = *controller.cluster.broker(BrokerId(id)).expect("it is registered");
            let next = models::cluster::Registration { state, ..known };
            controller
                .cluster
                .apply(&models::cluster::Record::Broker(BrokerId(id), next));
        }
    };
    let member = settled.change(
        Slot::Controller,
        standing(2, models::cluster::BrokerState::ShuttingDown),
    );
    let reason = "p0 has the ISR member broker 2, which is shutting down";
    fails(member.judge("isr-active"), "p0", reason);
    let leader = member.change(Slot::Controller, standing(1, models::cluster::BrokerState::Fenced));
    fails(
        leader.judge("isr-active"),
        "p0",
        "p0 has the leader broker 1, which is fenced",
    );
}

#[test]
fn no_silent_skip_fails_when_a_consumer_goes_on_behind_another_record() {
    let config = config();
    let bench = Bench::with_m1(&config);
    let skipped = Fact::Skipped {
        partition: P,
        at: Offset(1),
        known: RecordId(1),
        found: RecordId(7),
    };
    let reason = "client c0 had read m1 before offset 1 and goes on behind m7";
    fails(bench.announce("no-silent-skip", PRODUCER, skipped), "p0", reason);
}

#[test]
fn end_offset_monotone_fails_when_a_client_is_told_a_smaller_end() {
    let config = config();
    let bench = Bench::with_m1(&config);
    let told = |end, before| Fact::EndTold {
        partition: P,
        end: Offset(end),
        before: Offset(before),
    };
    assert_eq!(bench.announce("end-offset-monotone", PRODUCER, told(1, 1)), Ok(()));
    let reason = "client c0 was told the end 1, and now 0";
    fails(
        bench.announce("end-offset-monotone", PRODUCER, told(0, 1)),
        "p0",
        reason,
    );
}
