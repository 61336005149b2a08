//! Every recording is read whole, and its cells are counted.

use std::fmt::Write;

use super::replay;
use scenarios::conform::{Hints, Kind, Preset, ToolLuck, cells};
use scenarios::recording::{Content, LeaderEpoch, NodeId, PartitionState, Recording, TopicPartition};

/// One line for each recording: its preset and how many cells of each kind it has.
fn table() -> String {
    let mut out = format!("{:<37}{:>7}", "recording", "cells");
    for kind in Kind::ALL {
        write!(out, "{:>9}", kind.name()).unwrap();
    }
    out += "  preset\n";
    for name in replay::names() {
        let recording = Recording::parse(&replay::text(&name)).unwrap();
        let counts = cells(&recording);
        write!(out, "{name:<37}{:>7}", counts.values().sum::<usize>()).unwrap();
        for kind in Kind::ALL {
            write!(out, "{:>9}", counts.get(&kind).copied().unwrap_or(0)).unwrap();
        }
        writeln!(
            out,
            "  {}",
            Preset::of(&recording.head).expect("every recording has a preset")
        )
        .unwrap();
    }
    out
}

#[test]
fn every_recording_has_the_cells_of_the_golden_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/golden/cells.txt");
    let table = table();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(table, golden, "UPDATE_EXPECT=1 writes it again");
}

#[test]
fn every_line_of_every_recording_is_understood() {
    for name in replay::names() {
        let recording = Recording::parse(&replay::text(&name)).unwrap_or_else(|e| panic!("{}", e.render(&name)));
        assert_eq!(recording.head.name, name);
        for block in &recording.blocks {
            if let Content::Unparsed { text, why } = &block.content {
                panic!("{name}:{}: {text}: {why}", block.line);
            }
        }
    }
}

#[test]
fn a_recording_without_its_last_line_is_refused() {
    for name in replay::names() {
        let text = replay::text(&name);
        let cut = text.trim_end().rsplit_once('\n').unwrap().0;
        let error = Recording::parse(cut).unwrap_err();
        assert_eq!(error.message, "the recording stops before `== end`", "{name}");
    }
}

#[test]
fn the_choices_of_a_recording_are_found() {
    let hints = |name: &str| Hints::of(&Recording::parse(&replay::text(name)).unwrap());
    let all = [1, 2, 3].map(NodeId);
    let zombie = TopicPartition::new("zombie", 0);

    let mut cut = hints("leader-cut-from-controller-kraft-3.9");
    let order: Vec<NodeId> = (0..3).filter_map(|_| cut.first_to_register(&all)).collect();
    assert_eq!(order, [1, 2, 3].map(NodeId));
    assert_eq!(
        (cut.leader_told(19), cut.leader_told(31)),
        (Some(NodeId(1)), Some(NodeId(2)))
    );
    assert_eq!(cut.leader_told(30), None);
    let state = |leader, epoch, isr: &[i32]| PartitionState {
        leader: NodeId(leader),
        epoch: LeaderEpoch(epoch),
        isr: isr.iter().map(|id| NodeId(*id)).collect(),
    };
    assert_eq!(cut.next_state(&zombie), None);
    cut.reached(&zombie, &state(2, 1, &[2, 3]));
    assert_eq!(cut.next_state(&zombie), Some(&state(2, 1, &[2, 3, 1])));
    cut.reached(&zombie, &state(3, 2, &[3]));
    assert_eq!(cut.next_state(&zombie), None);

    let mut elr = hints("elr-kraft-4.3");
    let order: Vec<NodeId> = (0..6).filter_map(|_| elr.first_to_expire(&all)).collect();
    assert_eq!(order, [3, 2, 1, 3, 2, 1].map(NodeId));
    assert_eq!(elr.placement("plain"), Some(vec![all.to_vec()]));

    let mut slow = hints("slow-follower-kraft-3.9");
    let luck = [20, 33, 39].map(|line| slow.tool_luck(line));
    let frozen = [
        ToolLuck::ReassignmentsFromFrozen,
        ToolLuck::FrozenAgainAndAgain,
        ToolLuck::Answered,
    ];
    assert_eq!((luck, slow.used()), (frozen.map(Some), 3));

    let mut zk = hints("leader-killed-zk-3.9");
    assert_eq!(
        (zk.next_controller(&all), zk.next_controller(&all)),
        (Some(NodeId(1)), Some(NodeId(2)))
    );
}
