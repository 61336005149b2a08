//! Narration and explanation of one loss, told step by step: what a high watermark on two disks can do to a promise.

use std::path::Path;

use checker::causality::{Causality, Finding, Rival, counterfactuals, explain, table, why};
use checker::narrate::{Diff, Glyphs, Layout, LogsView, Messages, Tale, page};
use models::actions::{Event, Timer};
use models::config::{
    Balance, BrokerConfig, ClientConfig, ClientKind, Config, Flush, Pace, PartitionConfig, ProducerConfig, Times,
    TopicConfig, TopicSettings, UncleanElection,
};
use models::faults::{Fault, Faults};
use models::features::preset;
use models::ids::{BrokerId, ClientId, Node, Partition, TopicIndex};
use models::message::{Acks, Command, Lane};
use models::settle::settled;
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::Action;
use sim_core::trace::Decision;

const T_0: Partition = Partition(0);
const PRODUCER: Node = Node::Client(ClientId(0));

/// Three brokers, one partition, one record with acks=all, and two kills.
fn cluster(rules: &str) -> Config {
    let features = preset(rules).expect("a preset of this name").features;
    let ids = (1..=3).map(BrokerId);
    let producer = ProducerConfig { partition: T_0, acks: Acks::All, batches: 1, batch_records: 1, retries: 0 };
    Config {
        pace: Pace::Free,
        brokers: ids.clone().map(|id| BrokerConfig { id, features }).collect(),
        controller: features,
        topics: vec![TopicConfig {
            name: "t".into(),
            settings: TopicSettings { min_isr: 2, unclean: UncleanElection::Refused },
            exists: true,
        }],
        partitions: vec![PartitionConfig { topic: TopicIndex(0), number: 0, assignment: ids.collect() }],
        clients: vec![ClientConfig { name: "c1".into(), kind: ClientKind::Producer(producer) }],
        faults: Faults::default().with(Fault::Kill, 2),
        admin: vec![],
        times: Times::default(),
        balance: Balance::Manual,
        flush: Flush::Never,
        fetch_batches: 4,
        reads: Default::default(),
    }
}

fn broker(id: u8) -> Node {
    Node::Broker(BrokerId(id))
}

fn deliver(from: Node, to: Node, lane: Lane) -> Action<Kafka> {
    Action::Deliver(Slot::Queue(from, to, lane))
}

fn kill(id: u8) -> Action<Kafka> {
    Action::Environment(Event::Kill(BrokerId(id)))
}

fn session_ends(id: u8) -> Action<Kafka> {
    Action::Fire(Node::Controller, Timer::Session(BrokerId(id)))
}

/// The first case of KIP-101 with three brokers.
fn loss() -> Vec<Decision<Kafka>> {
    let fetch = Lane::Fetch(T_0);
    let actions = [
        Action::Command(PRODUCER, Command::SendNext),
        deliver(PRODUCER, broker(1), Lane::Client),
        deliver(broker(1), broker(2), fetch),
        deliver(broker(1), broker(3), fetch),
        deliver(broker(2), broker(1), fetch),
        deliver(broker(3), broker(1), fetch),
        deliver(broker(1), PRODUCER, Lane::Client),
        kill(1),
        session_ends(1),
        deliver(Node::Controller, broker(3), Lane::Metadata),
        kill(2),
        session_ends(2),
        deliver(Node::Controller, broker(3), Lane::Metadata),
    ];
    actions.into_iter().map(|action| Decision { action, choices: vec![] }).collect()
}

/// Compares with a golden file; `UPDATE_EXPECT=1` rewrites it.
fn expect(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(&path, actual).expect("the golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name} differs; UPDATE_EXPECT=1 rewrites it\nexpected:\n{expected}\nactual:\n{actual}");
}

fn told(config: &Config, then: impl FnOnce(&Tale<'_>)) {
    let initial = settled(config).into_values();
    then(&Tale::of(config, &initial, &loss()).expect("the loss fits"));
}

#[test]
fn a_loss_is_told_with_every_changed_thing() {
    let layout = Layout { diff: Diff::Shown, ..Layout::default() };
    told(&cluster("hw-truncation"), |tale| expect("replay-diff.txt", &page(tale, 1, tale.last(), layout)));
}

#[test]
fn a_loss_is_told_in_one_sentence_a_step() {
    let layout = Layout { messages: Messages::Shown, ..Layout::default() };
    told(&cluster("hw-truncation"), |tale| expect("replay-messages.txt", &page(tale, 1, tale.last(), layout)));
}

#[test]
fn logs_show_who_is_behind_and_who_leads() {
    told(&cluster("hw-truncation"), |tale| {
        let at = |step| LogsView::of(&tale.world_after(step)).to_string();
        let shown = [5, 6, 10, 13].map(|step| format!("after step {step}\n{}", at(step))).concat();
        expect("logs.txt", &shown);
    });
}

#[test]
fn arrows_may_be_drawn_where_the_terminal_can() {
    let layout = Layout { diff: Diff::Shown, glyphs: Glyphs::Unicode, ..Layout::default() };
    told(&cluster("hw-truncation"), |tale| {
        let text = page(tale, 1, tale.last(), layout);
        assert!(text.contains('→') && text.contains('←') && !text.contains("->"), "{text}");
    });
}

/// The leader in force must have what was acknowledged.
fn leader_without_an_acknowledged_record(world: &World<'_>) -> Option<Finding> {
    let Value::Ledger(ledger) = world.get(Slot::Ledger) else { return None };
    let promises = ledger.promises(T_0);
    let (_, leader) = promises.led?;
    let Value::Log(log) = world.get(Slot::Log(leader, T_0)) else { return None };
    let has = |offset, record| log.at(offset).is_some_and(|(stored, _)| stored == record);
    let lost = promises.acked.iter().find(|(offset, promise)| !has(**offset, promise.record));
    let (_, promise) = lost?;
    Some(Finding { property: "no-committed-loss".into(), about: promise.record.to_string() })
}

#[test]
fn a_loss_is_explained_with_what_would_have_prevented_it() {
    let newest = cluster("kraft-4.3");
    let unclean = {
        let mut config = cluster("hw-truncation");
        config.topics[0].settings.unclean = UncleanElection::Allowed;
        config
    };
    let rivals =
        [Rival::settled("kraft-4.3", &newest), Rival::settled("unclean.leader.election.enable=true", &unclean)];
    told(&cluster("hw-truncation"), |tale| {
        let finding = leader_without_an_acknowledged_record(&tale.world_after(tale.last())).expect("m1 is lost");
        let explanation = explain(tale, &Causality::of(tale), &finding, tale.last());
        let rows = counterfactuals(tale, &explanation, &rivals, &leader_without_an_acknowledged_record);
        expect("explain.txt", &format!("{}\n{}", explanation.text(tale), table(tale, &explanation, &rows)));
    });
}

#[test]
fn any_other_property_is_explained_by_the_steps_it_rests_on() {
    told(&cluster("hw-truncation"), |tale| {
        let finding = Finding { property: "isr-complete".into(), about: "t-0".into() };
        let explanation = explain(tale, &Causality::of(tale), &finding, 10);
        expect("explain-slice.txt", &explanation.text(tale));
    });
}

#[test]
fn why_a_value_is_what_it_is_is_told_as_a_tree() {
    told(&cluster("hw-truncation"), |tale| {
        let causality = Causality::of(tale);
        let paths = ["broker3.t-0.log", "broker1.t-0.hw", "controller.t-0.leader", "broker2.t-0.isr", "c1.leader"];
        let text = paths.map(|path| why(tale, &causality, path).expect("the path names something").text(tale));
        expect("why.txt", &text.join("\n"));
    });
}

#[test]
fn the_graph_is_drawn_in_the_order_of_the_steps() {
    told(&cluster("hw-truncation"), |tale| {
        let causality = Causality::of(tale);
        expect("causality.dot", &causality.to_dot(tale, &causality.slice(&[tale.last()])));
    });
}
