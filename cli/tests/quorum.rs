//! `sim spec raft` and `sim spec zab`: bounds, verdict, and the shortest way to what breaks without a rule.

use expect_test::{Expect, expect};

use crate::folder::Folder;

#[track_caller]
fn check(line: &str, expected: Expect) {
    let ran = Folder::new().line(&format!("spec {line}"));
    let text = format!("{}{}exit {}\n", ran.stdout, ran.stderr, ran.code);
    expected.assert_eq(&text);
}

#[test]
fn a_metadata_quorum_loses_what_it_acknowledged_unflushed() {
    check(
        "raft --entries 1 --faults election=1,power=1 --off flush_before_ack",
        expect![[r#"
            bounds     voters 3, entries 1, election<=1, power<=1   rules newest but flush_before_ack=off
            explored   9,070 states, 23,861 transitions, depth 10, ended at the first violation
                       reductions none   most values of one slot: 33 (node 3 -> node 1 ask)
            verdict    VIOLATED: leader-completeness, in 10 steps, the fewest possible
                         log-matching            no violation seen
                         leader-completeness     violated in 2 states
                         election-safety         no violation seen
                         committed-stable        no violation seen
                         hw-monotone             no violation seen
            reached    3 of 6 witnesses: "leader elected", "metadata committed", "tail lost"

                1  node 1: write m1
                2  node 1 -> node 2: epoch 1: from 1 [e1:m1], hw 1
                     node 2 in epoch 1 takes for committed from 0: [e1:leader 1]
                3  node 2 -> node 1: fetch from 2 (epoch 1) in epoch 1, hw 1
                     node 1 in epoch 1 takes for committed from 1: [e1:m1]
                4  power off node 2 (entries lost: 1)
                     node 2 lost what was not flushed
                5  start node 2
                6  node 3: election timeout
                7  node 3 -> node 2: pre-vote for 3 in epoch 1? end 1 (epoch 1)
                8  node 2 -> node 3: pre-vote given, epoch 1, led by node 1
                9  node 3 -> node 2: vote for 3 in epoch 2? end 1 (epoch 1)
               10  node 2 -> node 3: vote given, epoch 2
                     node 3 leads epoch 2

                  node 3 leads epoch 2 without e1:m1 at offset 1: [e1:leader 1, e2:leader 3]

              leader-completeness: a leader has every entry that was committed in an earlier epoch
            exit 1
        "#]],
    );
}

#[test]
fn an_ensemble_holds_within_its_bounds() {
    check(
        "zab --entries 1 --faults election=1,kill=1",
        expect![[r#"
        bounds     voters 3, entries 1, election<=1, kill<=1   rules newest
        explored   17,756 states, 55,336 transitions, depth 26, frontier empty
                   reductions none   most values of one slot: 102 (node 3)
        verdict    HOLDS within these bounds
                     zxid-unique             holds
                     leader-completeness     holds
                     one-leader-per-epoch    holds
                     linear-history          holds
                     no-rollback             holds
        reached    4 of 5 witnesses: "leader established", "established twice", "transaction committed",
                   "log cut"
        exit 0
    "#]],
    );
}

#[test]
fn controllers_come_along_where_their_rules_are_off() {
    check(
        "raft --faults election=1 --off snapshot_on_promotion,pre_vote --property metadata-agreement --format json",
        expect![[r#"
            {"schema":"sim.spec/1","variant":"raft","verdict":"violated","distinct":133,"transitions":201,"depth":4,"levels":[1,3,11,35,83],"frontier":83,"bounds":{"voters":3,"observers":0,"entries":1,"faults":{"election":1},"off":{"pre_vote":"off","snapshot_on_promotion":"off"},"reductions":[],"max_states":1000000000},"properties":[{"name":"metadata-agreement","verdict":"violated","violating_states":4,"violating_steps":0}],"witnesses":[{"name":"leader-elected","reached":true,"depth":3},{"name":"elected-twice","reached":false,"depth":null},{"name":"metadata-committed","reached":true,"depth":4},{"name":"log-cut","reached":false,"depth":null},{"name":"tail-lost","reached":false,"depth":null},{"name":"voters-changed","reached":false,"depth":null}],"property":"metadata-agreement","steps":4,"reason":"the controller of node 1 holds [1]; committed is []","trace":[{"action":"node 3: election timeout","facts":["node 3 follows nobody"]},{"action":"node 1: write m1","facts":[]},{"action":"node 3 -> node 1: vote for 3 in epoch 2? end 1 (epoch 1)","facts":["node 1 leads epoch 1 no longer"]},{"action":"node 1 -> node 1: leads no longer","facts":["node 1 controller active no longer"]}],"exit":1}
            exit 1
        "#]],
    );
}

#[test]
fn a_search_of_a_quorum_that_is_cut_short_is_inconclusive() {
    check(
        "zab --entries 1 --faults election=2 --max-states 1000",
        expect![[r#"
        bounds     voters 3, entries 1, election<=2   rules newest
        explored   2,134 states, 4,697 transitions, depth 6, frontier 1,256
                   reductions none   most values of one slot: 40 (node 1 -> node 3 ask)
        verdict    INCONCLUSIVE: stopped at 2,134 states (--max-states), deepest level complete 5
                     zxid-unique             no violation seen
                     leader-completeness     no violation seen
                     one-leader-per-epoch    no violation seen
                     linear-history          no violation seen
                     no-rollback             no violation seen
        reached    1 of 5 witnesses: "transaction committed"
        exit 3
    "#]],
    );
}

#[test]
fn threads_do_not_change_what_is_found_in_a_quorum() {
    let folder = Folder::new();
    let line = "spec raft --entries 1 --faults election=1,power=1";
    let one = folder.line(&format!("{line} --jobs 1"));
    assert_eq!(folder.line(&format!("{line} --jobs 2")).stdout, one.stdout);
    let coarse = folder.line(&format!("{line} --reduce coarse")).stdout;
    assert!(coarse.contains("reductions coarse"), "{coarse}");
}
