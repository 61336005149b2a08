//! The template that newcomers copy: every search and the sampling find its planted bug, and nothing else.

use checker::{Sampling, Search, Verdict};

#[path = "../examples/primary_backup.rs"]
mod primary_backup;

use primary_backup::{Answering, NO_ANSWERED_LOSS, PrimaryBackup};

const SOUND: PrimaryBackup = PrimaryBackup {
    records: 3,
    answering: Answering::UpToConfirmed,
};
const BUGGY: PrimaryBackup = PrimaryBackup {
    records: 3,
    answering: Answering::EverythingWritten,
};

/// Two writes, one of them stored and confirmed; the answer is for both; then the backup takes over.
const SHORTEST: &str = "\
1  the client writes record 1
2  the client writes record 2
3  the backup stores record 1
4  the primary hears that the backup has record 1
5  the primary crashes
6  the backup takes over
";

#[test]
fn searches_find_the_shortest_run_to_the_planted_bug() {
    for search in [Search::breadth_first(), Search::iterative()] {
        let report = search.run(&BUGGY);
        let Verdict::Violated { property, trace } = &report.verdict else {
            panic!("{report}")
        };
        assert_eq!((*property, trace.to_string().as_str()), (NO_ANSWERED_LOSS, SHORTEST));
    }
    assert!(matches!(
        Search::depth_first().run(&BUGGY).verdict,
        Verdict::Violated { .. }
    ));
}

#[test]
fn sampling_finds_the_planted_bug_and_shrinks_it_to_the_optimum() {
    let found = Sampling::seeds(0..1_000)
        .run(&BUGGY)
        .found
        .expect("one of a thousand runs loses a record");
    let shrunk = found.shrink(&BUGGY);
    assert_eq!(shrunk.trace.len(), 6, "{shrunk}");
    assert!(shrunk.trace.len() <= found.trace.len());
    assert_eq!(
        shrunk.to_string(),
        format!(
            "seed {} violates no-answered-loss in 6 steps\n{}",
            found.seed, shrunk.trace
        )
    );
}

#[test]
fn the_same_seeds_find_the_same_run() {
    let run = || Sampling::seeds(0..1_000).run(&BUGGY).to_string();
    assert_eq!(run(), run());
}

#[test]
fn without_the_bug_the_claim_holds_and_not_hollowly() {
    let report = Search::breadth_first().run(&SOUND);
    assert!(matches!(report.verdict, Verdict::Holds), "{report}");
    assert!(!report.hollow(), "{report}");
    let sampled = Sampling::seeds(0..1_000).run(&SOUND);
    assert!(sampled.found.is_none(), "{sampled}");
    assert_eq!(
        (sampled.runs, sampled.reached),
        (1_000, vec!["takes-over-after-an-answer"])
    );
}

#[test]
fn the_example_runs() {
    primary_backup::main();
}
