//! Events of a script one by one: what is told about them, and that nothing else happens.

use models::config::Pace;
use scenarios::build::names;
use scenarios::player::{Ended, Options, Played, Until, Watched, event_lines, play};
use scenarios::scenario::load::load;
use sim_core::Span;

/// Three brokers, one partition, min.insync.replicas=2, and this script.
fn scenario(preset: &str, script: &str, more: &str) -> scenarios::scenario::schema::Scenario {
    let text = format!(
        r#"(
    name: "sample",
    preset: "{preset}",
    control: Kraft(controllers: [101]),
    brokers: [1, 2, 3],
    topics: [(name: "t", assignment: [[1, 2, 3]], config: {{"min.insync.replicas": 2}})],
    script: [{script}],
    {more}
)"#
    );
    let loaded = load("sample.ron", text.as_bytes(), &names());
    loaded
        .map_err(|problems| problems[0].to_string())
        .expect("the sample is valid")
        .scenario
}

fn played(preset: &str, script: &str, more: &str, until: Until) -> Played {
    let options = Options { seed: 0, until };
    let played = play(&scenario(preset, script, more), &options, None);
    played
        .map_err(|why| why.to_string())
        .expect("the sample can be simulated")
}

/// The events that are told of a script, without steps and times.
fn check(preset: &str, script: &str, expected: &str) {
    let played = played(preset, script, "", Until::Quiet);
    let told = event_lines(&played.entries);
    let sentences: Vec<&str> = told.lines().skip(1).map(|line| &line[17..]).collect();
    assert_eq!(sentences.join("\n"), expected.trim(), "{script}");
    assert!(played.violation.is_none());
}

#[test]
fn a_broker_that_starts_wiped_gets_its_records_back_from_the_leader() {
    check(
        "kraft-3.9",
        r#"Produce(topic: "t", value: "m1"), Stop(broker: 3, how: Clean), Start(broker: 3, disk: Wiped)"#,
        "\
fresh client writes m1 to t-0 (acks=all)
fresh client: m1 acknowledged at t-0 offset 0 (acks=all)
stop broker 3 (clean)
controller: broker 3 is fenced
t-0  isr 1,2,3 -> 1,2
broker 3 has stopped
wipe broker 3
t-0  broker 3 keeps what is below offset 0
start broker 3
controller: broker 3 registers (life 2)
controller: broker 3 serves
t-0  isr 1,2 -> 1,2,3",
    );
}

#[test]
fn a_stalled_disk_takes_a_follower_out_of_the_isr_until_it_works_again() {
    // The leader looks for lagging followers only every half lag time: the request times out first, and its retry is stored, too.
    check(
        "kraft-3.9",
        r#"SlowDisk(broker: 3, lasts: "60s"), Produce(topic: "t", value: "m1"), Wait("1min")"#,
        "\
the disk of broker 3 stalls
fresh client writes m1 to t-0 (acks=all)
t-0  isr 1,2,3 -> 1,2
fresh client: m1 acknowledged at t-0 offset 1 (acks=all)
t-0  isr 1,2 -> 1,2,3",
    );
}

#[test]
fn a_lost_directory_or_a_full_disk_ends_a_broker() {
    check(
        "kraft-3.9",
        "DirFail(broker: 3), Settle(), FullDisk(broker: 2)",
        "\
the disk of broker 3 fails
controller: broker 3 is fenced
t-0  isr 1,2,3 -> 1,2
the disk of broker 2 is full
controller: broker 2 is fenced
t-0  isr 1,2 -> 1",
    );
}

#[test]
fn orders_of_an_operator_are_carried_out_or_refused() {
    check(
        "kraft-4.3",
        r#"
        AlterConfig(topic: "t", key: "min.insync.replicas", value: 1),
        CreateTopic(topic: (name: "u", partitions: 2, replication: 2)),
        CreateTopic(topic: (name: "u", partitions: 2, replication: 2)),
        Elect(topic: "t", kind: Unclean)"#,
        "\
alter t: min.insync.replicas=1
create topic u
controller: topic u exists
u-0  leader 1   epoch 0   isr 1,2
u-1  leader 2   epoch 0   isr 2,3
create topic u
refused: INVALID_REQUEST
elect unclean leaders: t
Valid replica already elected for partitions t-0",
    );
}

#[test]
fn links_are_cut_and_healed_and_connections_reset() {
    check(
        "kraft-3.9",
        r#"
        CutOneWay(from: 2, to: 1), Cut(between: (1, 3)), Heal(),
        Reset(between: (1, 2)), Produce(topic: "t", value: "m1")"#,
        "\
cut broker 2 -> broker 1
cut broker 1 -- broker 3
heal broker 1 -- broker 2
heal broker 1 -- broker 3
reset the connections broker 1 -- broker 2
fresh client writes m1 to t-0 (acks=all)
fresh client: m1 acknowledged at t-0 offset 0 (acks=all)",
    );
}

#[test]
fn a_leader_that_is_cut_off_from_the_controller_is_replaced() {
    check(
        "kraft-3.9",
        "Cut(between: (1, 101)), Settle(), Heal()",
        "\
cut broker 1 -- controller
controller: broker 1 is fenced
t-0  leader 1 -> 2   epoch 0 -> 1   isr 1,2,3 -> 2,3
heal controller -- broker 1
controller: broker 1 serves
t-0  isr 2,3 -> 2,3,1",
    );
}

#[test]
fn an_event_that_is_not_possible_says_so_and_changes_nothing() {
    check("kraft-3.9", "Resume(broker: 1)", "resume broker 1: not possible here");
}

#[test]
fn a_power_loss_of_all_hosts_is_over_when_they_are_back() {
    let script = "PowerAll(), Wait(\"1s\"), Start(broker: 1), Start(broker: 2), Start(broker: 3), Settle()";
    let played = played("kraft-4.3", script, "", Until::Quiet);
    assert_eq!(played.ended, Ended::Quiet);
    assert!(played.violation.is_none());
}

#[test]
fn an_event_waits_for_its_time_and_a_play_ends_where_it_is_told_to() {
    let script = r#"Produce(topic: "t", value: "m1", at: "2s"), Settle()"#;
    let whole = played("kraft-4.3", script, "", Until::Quiet);
    assert!(event_lines(&whole.entries).contains("    2.000s  fresh client writes m1"));
    let second = played("kraft-4.3", script, "", Until::Time(Span::from_s(1)));
    assert_eq!((second.ended, second.time), (Ended::Bound, Span::from_s(1)));
    assert_eq!(second.decisions[..], whole.decisions[..second.decisions.len()]);
    let tenth = played("kraft-4.3", script, "", Until::Step(10));
    assert_eq!((tenth.ended, tenth.decisions.len()), (Ended::Bound, 10));
    let bounded = played("kraft-4.3", script, "bounds: (steps: 10),", Until::Quiet);
    assert_eq!(bounded.decisions, tenth.decisions);
}

#[test]
fn who_watches_hears_of_every_step_and_changes_none() {
    let mut heard = Vec::new();
    let mut watching = |watched: &Watched| heard.push(watched.clone());
    let script = r#"Produce(topic: "t", value: "m1")"#;
    let options = Options {
        seed: 0,
        until: Until::Quiet,
    };
    let watched = play(&scenario("kraft-4.3", script, ""), &options, Some(&mut watching));
    let watched = watched
        .map_err(|why| why.to_string())
        .expect("the sample can be simulated");
    let alone = played("kraft-4.3", script, "", Until::Quiet);
    assert_eq!(watched.decisions, alone.decisions);
    let trace = watched
        .trace()
        .map_err(|why| why.to_string())
        .expect("it was just played");
    assert_eq!(trace.pace(), Pace::Clock);
    let recorded: Vec<&str> = trace.steps.iter().map(|step| step.what.as_str()).collect();
    let said: Vec<&str> = heard.iter().map(|watched| watched.what.as_str()).collect();
    assert_eq!(said, recorded);
}

#[test]
fn a_cold_start_is_played_from_the_first_process() {
    let script = r#"Start(broker: 3, at: "20s"), Settle(), Produce(topic: "t", value: "m1")"#;
    let played = played("kraft-4.3", script, "start: Cold,", Until::Quiet);
    let told = event_lines(&played.entries);
    let sentences: Vec<&str> = told.lines().skip(1).map(|line| &line[7..]).collect();
    assert_eq!(
        sentences,
        [
            "  1.500s  controller: broker 1 registers (life 1)",
            "  1.500s  controller: broker 2 registers (life 1)",
            "  1.501s  controller: broker 1 serves",
            "  1.501s  controller: broker 2 serves",
            " 20.000s  start broker 3",
            " 21.500s  controller: broker 3 registers (life 1)",
            " 21.501s  controller: broker 3 serves",
            " 21.501s  controller: topic t exists",
            " 21.501s  t-0  leader 1   epoch 0   isr 1,2,3",
            " 25.502s  fresh client writes m1 to t-0 (acks=all)",
            " 25.505s  fresh client: m1 acknowledged at t-0 offset 0 (acks=all)",
        ]
    );
}

#[test]
fn what_the_model_has_no_word_for_is_refused_before_the_play() {
    let options = Options {
        seed: 0,
        until: Until::Quiet,
    };
    let refusal = |script: &str| {
        let played = play(&scenario("kraft-4.3", script, ""), &options, None);
        played.err().expect("it is not modelled").to_string()
    };
    assert_eq!(
        refusal(r#"SlowDisk(broker: 1, delay: "1s")"#),
        "error[scenario]: a disk that is only slower is not modelled yet: leave `delay` out, and it stands still\n"
    );
    assert_eq!(
        refusal(r#"AlterConfig(topic: "t", key: "flush.messages", value: 1)"#),
        "error[scenario]: changing `flush.messages` of a topic that exists is not modelled yet\n"
    );
}
