//! Narration and explanation of one loss, told step by step: what a high watermark on two disks can do to a promise.

use std::path::Path;

use checker::causality::{
    Causality, Cause, Finding, Judge, Rival, counterfactuals, explain, first_failure, table, why,
};
use checker::narrate::{Diff, Glyphs, Layout, LogsView, Messages, Tale, page};
use models::Kafka;
use models::actions::{Event, Timer};
use models::config::{
    Balance, BrokerConfig, ClientConfig, ClientKind, Config, ConsumerConfig, Flush, Pace, PartitionConfig,
    ProducerConfig, Reset, Times, TopicConfig, TopicSettings, UncleanElection, Wants,
};
use models::faults::{Fault, Faults};
use models::features::{PRESETS, preset};
use models::ids::{BrokerId, ClientId, Node, Partition, TopicIndex};
use models::message::{Acks, Command, Election, Lane};
use models::settle::{next_harmless, settled};
use models::slots::Slot;
use sim_core::trace::{Decision, perform};
use sim_core::{Action, Purpose, Scratch, Seeded, Stream};

const T_0: Partition = Partition(0);
const PRODUCER: Node = Node::Client(ClientId(0));

/// Three brokers, one partition, one record with acks=all, and two kills.
fn cluster(rules: &str) -> Config {
    let features = preset(rules).expect("a preset of this name").features;
    let ids = (1..=3).map(BrokerId);
    let producer = ProducerConfig {
        partition: T_0,
        acks: Acks::All,
        batches: 1,
        batch_records: 1,
        retries: 0,
    };
    Config {
        control: models::config::Control::Kraft,
        pace: Pace::Free,
        brokers: ids.clone().map(|id| BrokerConfig { id, features }).collect(),
        controller: features,
        quorum: None,
        topics: vec![TopicConfig {
            name: "t".into(),
            settings: TopicSettings {
                min_isr: 2,
                unclean: UncleanElection::Refused,
            },
            exists: true,
        }],
        partitions: vec![PartitionConfig::new(TopicIndex(0), 0, ids.collect())],
        clients: vec![ClientConfig {
            name: "c1".into(),
            kind: ClientKind::Producer(producer),
        }],
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
    actions
        .into_iter()
        .map(|action| Decision {
            action,
            choices: vec![],
        })
        .collect()
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
    assert!(
        expected == actual,
        "{name} differs; UPDATE_EXPECT=1 rewrites it\nexpected:\n{expected}\nactual:\n{actual}"
    );
}

fn told(config: &Config, then: impl FnOnce(&Tale<'_>)) {
    let initial = settled(config).into_values();
    then(&Tale::of(config, &initial, &loss()).expect("the loss fits"));
}

#[test]
fn a_loss_is_told_with_every_changed_thing() {
    let layout = Layout {
        diff: Diff::Shown,
        ..Layout::default()
    };
    told(&cluster("hw-truncation"), |tale| {
        expect("replay-diff.txt", &page(tale, 1, tale.last(), layout))
    });
}

#[test]
fn a_loss_is_told_in_one_sentence_a_step() {
    let layout = Layout {
        messages: Messages::Shown,
        ..Layout::default()
    };
    told(&cluster("hw-truncation"), |tale| {
        expect("replay-messages.txt", &page(tale, 1, tale.last(), layout))
    });
}

#[test]
fn logs_show_who_is_behind_and_who_leads() {
    told(&cluster("hw-truncation"), |tale| {
        let at = |step| LogsView::of(&tale.world_after(step)).to_string();
        let shown = [5, 6, 10, 13]
            .map(|step| format!("after step {step}\n{}", at(step)))
            .concat();
        expect("logs.txt", &shown);
    });
}

#[test]
fn arrows_may_be_drawn_where_the_terminal_can() {
    let layout = Layout {
        diff: Diff::Shown,
        glyphs: Glyphs::Unicode,
        ..Layout::default()
    };
    told(&cluster("hw-truncation"), |tale| {
        let text = page(tale, 1, tale.last(), layout);
        assert!(
            text.contains('→') && text.contains('←') && !text.contains("->"),
            "{text}"
        );
    });
}

/// The decisions, and then everything harmless until nothing is left to do.
fn until_quiet(config: &Config, mut decisions: Vec<Decision<Kafka>>) -> Vec<Decision<Kafka>> {
    let mut world = settled(config);
    let mut scratch = Scratch::default();
    for decision in &decisions {
        perform(&mut world, decision, &mut scratch).expect("the decisions fit");
    }
    let mut offers = Vec::new();
    loop {
        world.enabled(&mut offers);
        let Some(next) = next_harmless(&offers) else {
            return decisions;
        };
        decisions.push(Decision {
            action: next.action.clone(),
            choices: vec![],
        });
        world.apply_default(next, &mut scratch);
    }
}

fn explained(tale: &Tale<'_>, rivals: &[Rival<'_>]) -> String {
    let judge = Judge::named("no-committed-loss").expect("a property of this name");
    let (last, finding) = first_failure(tale, &judge).expect("a promised record is lost");
    let explanation = explain(tale, &Causality::of(tale), &finding, last);
    let rows = counterfactuals(tale, &explanation, rivals, &judge);
    format!("{}\n{}", explanation.text(tale), table(tale, &explanation, &rows))
}

#[test]
fn a_loss_is_explained_with_what_would_have_prevented_it() {
    let newest = cluster("kraft-4.3");
    let unclean = {
        let mut config = cluster("hw-truncation");
        config.topics[0].settings.unclean = UncleanElection::Allowed;
        config
    };
    let rivals = [
        Rival::settled("kraft-4.3", &newest),
        Rival::settled("unclean.leader.election.enable=true", &unclean),
    ];
    told(&cluster("hw-truncation"), |tale| {
        expect("explain.txt", &explained(tale, &rivals))
    });
}

#[test]
fn an_answer_that_was_lost_with_its_connection_is_named() {
    let config = cluster("hw-truncation");
    let mut decisions = loss();
    let told = [2, 3].map(|id| Action::Fire(broker(1), Timer::FetchWait(T_0, BrokerId(id))));
    decisions.splice(
        7..7,
        told.map(|action| Decision {
            action,
            choices: vec![],
        }),
    );
    let tale = Tale::of(&config, &settled(&config).into_values(), &decisions).expect("the loss fits");
    let text = explained(&tale, &[]).split_whitespace().collect::<Vec<_>>().join(" ");
    for claim in [
        "The answer of step 8 that would have told broker 2 was lost in step 10.",
        "the message of step 8 (broker 1 -> broker 2) arrives before step 10 still lost",
        "the message of step 9 (broker 1 -> broker 3) arrives before step 10 nothing lost",
        "everything under way arrives before step 10: broker 1 killed nothing lost",
    ] {
        assert!(text.contains(claim), "{claim} is not in: {text}");
    }
}

#[test]
fn a_loss_by_power_is_told_as_one() {
    let mut config = cluster("kraft-4.3");
    config.faults = Faults::default().with(Fault::PowerAll, 1);
    let mut decisions = loss();
    decisions.truncate(7);
    // Each broker: the high watermark on disk is the new one, one batch is lost, it is not torn.
    let choices = vec![0, 1, 0, 1, 0, 1, 0];
    decisions.push(Decision {
        action: Action::Environment(Event::PowerAll),
        choices,
    });
    decisions.extend([1, 2, 3].map(|id| Decision {
        action: session_ends(id),
        choices: vec![],
    }));
    decisions.push(Decision {
        action: Action::Environment(Event::Start(BrokerId(1))),
        choices: vec![],
    });
    let decisions = until_quiet(&config, decisions);
    let tale = Tale::of(&config, &settled(&config).into_values(), &decisions).expect("the loss fits");
    let layout = Layout {
        diff: Diff::Shown,
        ..Layout::default()
    };
    let finding = Finding {
        property: "no-committed-loss".into(),
        about: "m1".into(),
    };
    let explanation = explain(&tale, &Causality::of(&tale), &finding, tale.last());
    expect(
        "power.txt",
        &format!("{}\n{}", page(&tale, 7, tale.last(), layout), explanation.text(&tale)),
    );
}

#[test]
fn any_other_property_is_explained_by_the_steps_it_rests_on() {
    told(&cluster("hw-truncation"), |tale| {
        let finding = Finding {
            property: "isr-complete".into(),
            about: "t-0".into(),
        };
        let explanation = explain(tale, &Causality::of(tale), &finding, 10);
        expect("explain-slice.txt", &explanation.text(tale));
    });
}

#[test]
fn why_a_value_is_what_it_is_is_told_as_a_tree() {
    told(&cluster("hw-truncation"), |tale| {
        let causality = Causality::of(tale);
        let paths = [
            "broker3.t-0.log",
            "broker1.t-0.hw",
            "controller.t-0.leader",
            "broker2.t-0.isr",
            "c1.leader",
        ];
        let text = paths.map(|path| {
            why(tale, &causality, path)
                .expect("the path names something")
                .text(tale)
        });
        expect("why.txt", &text.join("\n"));
    });
}

#[test]
fn the_graph_is_drawn_in_the_order_of_the_steps() {
    told(&cluster("hw-truncation"), |tale| {
        let causality = Causality::of(tale);
        expect(
            "causality.dot",
            &causality.to_dot(tale, &causality.slice(&[tale.last()])),
        );
    });
}

/// Two topics, three clients, an operator, and two of every fault.
fn busy(rules: &str) -> Config {
    let mut config = cluster(rules);
    let ids = || (1..=3).map(BrokerId).collect();
    let settings = TopicSettings {
        min_isr: 1,
        unclean: UncleanElection::Allowed,
    };
    config.topics.push(TopicConfig {
        name: "u.v".into(),
        settings,
        exists: true,
    });
    config.partitions.push(PartitionConfig::new(TopicIndex(1), 0, ids()));
    let producer = ProducerConfig {
        partition: Partition(1),
        acks: Acks::Leader,
        batches: 3,
        batch_records: 2,
        retries: 1,
    };
    config.clients.push(ClientConfig {
        name: "c2".into(),
        kind: ClientKind::Producer(producer),
    });
    let consumer = ConsumerConfig {
        partition: T_0,
        reset: Reset::Earliest,
        wants: Wants::Records,
    };
    config.clients.push(ClientConfig {
        name: "reader".into(),
        kind: ClientKind::Consumer(consumer),
    });
    config.faults = Fault::ALL
        .iter()
        .fold(Faults::default(), |faults, fault| faults.with(*fault, 2));
    config.admin = vec![
        Command::Elect(T_0, Election::Preferred),
        Command::AlterTopic(
            TopicIndex(0),
            TopicSettings {
                min_isr: 1,
                unclean: UncleanElection::Allowed,
            },
        ),
    ];
    config
}

/// Whatever happens, for so many steps.
fn walk(config: &Config, seed: u64, steps: usize) -> Vec<Decision<Kafka>> {
    let mut schedule = Stream::new(seed, Purpose::Schedule);
    let mut choices = Stream::new(seed, Purpose::Choices);
    let mut world = settled(config);
    let (mut scratch, mut offers, mut decisions) = (Scratch::default(), Vec::new(), Vec::new());
    for _ in 0..steps {
        world.enabled(&mut offers);
        let Some(last) = offers.len().checked_sub(1) else { break };
        let at = schedule.below(last as u64 + 1) as usize;
        world.apply(&offers[at], &mut Seeded(&mut choices), &mut scratch);
        let choices = scratch.choices.iter().map(|choice| choice.taken).collect();
        decisions.push(Decision {
            action: offers[at].action.clone(),
            choices,
        });
    }
    decisions
}

#[test]
fn whatever_happens_can_be_told_and_explained() {
    let layout = Layout {
        diff: Diff::Shown,
        messages: Messages::Shown,
        glyphs: Glyphs::Ascii,
    };
    for preset in PRESETS {
        let config = busy(preset.name);
        let initial = settled(&config).into_values();
        for seed in 0..8 {
            let tale = Tale::of(&config, &initial, &walk(&config, seed, 150)).expect("a walk fits itself");
            let text = page(&tale, 1, tale.last(), layout);
            let margins = text
                .lines()
                .filter(|line| line.contains("   <- ") || line.contains(", epoch "));
            margins.for_each(|line| assert!(line.chars().count() <= 100, "{line}"));
            let causality = Causality::of(&tale);
            for (step, sent) in tale.steps().iter().filter_map(|step| Some((step, step.received()?))) {
                let (to, from, _) = sent;
                let causes = causality.causes(step.number);
                let sender = causes
                    .iter()
                    .find(|(_, how)| how.iter().any(|how| matches!(how, Cause::Message(_))));
                assert!(
                    sender.is_some(),
                    "nobody sent what {to} got from {from} in step {}",
                    step.number
                );
            }
            for record in 1..=7 {
                let finding = Finding {
                    property: "no-committed-loss".into(),
                    about: format!("m{record}"),
                };
                let explanation = explain(&tale, &causality, &finding, tale.last());
                assert!(!explanation.text(&tale).is_empty());
            }
            for path in [
                "broker2.u.v-0.isr",
                "controller.t-0.epoch",
                "broker1.life",
                "reader.work",
                "broker3.t-0.leo",
            ] {
                why(&tale, &causality, path).expect("the path names something");
            }
            assert!(!LogsView::of(&tale.world_after(tale.last())).to_string().is_empty());
        }
    }
}

#[test]
fn a_path_that_names_nothing_says_which_part_and_what_could_stand_there() {
    told(&cluster("hw-truncation"), |tale| {
        let error = why(tale, &Causality::of(tale), "broker2.t-0.irs").expect_err("there is no such field");
        assert_eq!((error.part.as_str(), error.expected[0].as_str()), ("irs", "isr"));
    });
}

#[test]
fn a_judge_is_named_as_a_property_is() {
    for known in ["no-committed-loss", "leader-in-isr", "leader-returns"] {
        assert!(Judge::named(known).is_some(), "{known}");
    }
    assert!(Judge::named("no-loss").is_none());
}

#[test]
fn a_decision_that_does_not_fit_stops_the_tale_there() {
    let config = cluster("hw-truncation");
    let mut decisions = loss();
    decisions.remove(4);
    let stuck = Tale::of(&config, &settled(&config).into_values(), &decisions).expect_err("nothing was acknowledged");
    assert_eq!(stuck.step, 6);
}
