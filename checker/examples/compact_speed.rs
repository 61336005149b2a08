//! Speed of the compact search on a cluster world: `compact_speed BROKERS RECORDS KILLS LATE THREADS PRESET MAX_STATES`.

use std::ops::ControlFlow;
use std::time::Instant;

use checker::cluster::interned;
use checker::compact::Compact;
use checker::properties::{REGISTERED, STEP};
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::Features;

fn main() {
    let args: Vec<u64> = std::env::args()
        .skip(1)
        .map(|text| text.parse().expect("a number"))
        .collect();
    let features = if args[5] == 0 {
        Features::KRAFT_4_3
    } else {
        Features::HW_TRUNCATION
    };
    let mut config = Config::small(features, args[0] as u8, args[1] as u16);
    config.faults = Faults::default()
        .with(Fault::Kill, args[2] as u8)
        .with(Fault::Late, args[3] as u8)
        .with(Fault::Expiry, args[8] as u8)
        .with(Fault::Power, args[9] as u8);
    let reductions = checker::interned::Reductions {
        absorb: args[7] & 1 != 0,
        coarse: (args[7] & 2 != 0).then_some(checker::cluster::answers_a_fetch as _),
    };
    let space = interned(&config, REGISTERED, STEP).reduced(reductions);
    let search = Compact {
        threads: args[4] as usize,
        max_states: Some(args[6]),
        ..Compact::default()
    };
    let start = Instant::now();
    let report = search
        .run(&space, &mut |_| ControlFlow::Continue(()))
        .expect("no spill");
    let time = start.elapsed().as_secs_f64();
    println!("{:?}", report.levels);
    println!(
        "{:?}",
        match &report.verdict {
            checker::compact::CompactVerdict::Violated { property, trace } => format!("{property} {}", trace.len()),
            other => format!("{other:?}"),
        }
    );
    println!(
        "{} states {} transitions depth {} in {time:.2}s: {:.0} states/s {:.0} trans/s, {:.1} bytes/state",
        report.states,
        report.transitions,
        report.depth(),
        report.states as f64 / time,
        report.transitions as f64 / time,
        report.memory as f64 / report.states as f64
    );
    println!("{:?} runs {:?}", &space.values_per_slot()[..6], space.runs());
}
