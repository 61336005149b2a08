//! What is said of a command line that asks for what does not exist.

use expect_test::expect;

use super::check;
use crate::folder::Folder;

#[test]
fn a_command_line_that_cannot_be_understood() {
    let folder = Folder::new();
    check(
        &folder,
        "explroe",
        expect![[r#"
        error[usage]: `explroe` is not a command
          = help: did you mean `explore`? write `sim` for all commands
        exit 2
    "#]],
    );
    check(
        &folder,
        "frobnicate",
        expect![[r#"
        error[usage]: `frobnicate` is not a command
          = help: write `sim` for all commands
        exit 2
    "#]],
    );
    check(
        &folder,
        "replay",
        expect![[r#"
        error[usage]: <TRACE> is missing
          = help: write the command with `--help` for its flags and examples
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --sed 7",
        expect![[r#"
        error[usage]: there is no flag or argument `--sed` here
          = help: did you mean `--seed`?
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --seed abc",
        expect![[r#"
        error[usage]: --seed expects a number from 0 to 18446744073709551615 (or 0x...), got `abc`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --seed 18446744073709551616",
        expect![[r#"
        error[usage]: --seed expects a number from 0 to 18446744073709551615 (or 0x...), got `18446744073709551616`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --runs -1",
        expect![[r#"
        error[usage]: --runs expects a number from 1, got `-1`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --runs 0",
        expect![[r#"
        error[usage]: --runs expects a number from 1, got `0`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --jobs 0",
        expect![[r#"
        error[usage]: --jobs expects a number from 1 to 1024, got `0`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --budget 3",
        expect![[r#"
        error[usage]: --budget expects a time with its unit, such as 30s or 5min, got `3`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --shard 3/2",
        expect![[r#"
        error[usage]: --shard expects I/N with I from 0 to N - 1, such as 0/4, got `3/2`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --runs 3 --budget 3s",
        expect![[r#"
        error[usage]: --runs and --budget cannot be used together
        exit 2
    "#]],
    );
    check(
        &folder,
        "check --search deep",
        expect![[r#"
        error[usage]: --search expects one of bfs, dfs, iterative, got `deep`
        exit 2
    "#]],
    );
    check(
        &folder,
        "run tour --until never",
        expect![[r#"
        error[usage]: --until expects a time such as 12.5s, a step, or quiet, got `never`
        exit 2
    "#]],
    );
    check(
        &folder,
        "run tour --show groups",
        expect![[r#"
            error[usage]: --show expects one of describe, logs, quorum, got `groups`
            exit 2
        "#]],
    );
    check(
        &folder,
        "spec kip-320 --replicas 99",
        expect![[r#"
        error[usage]: `--replicas 99` is out of range: the model has room for 1 to 5
        exit 2
    "#]],
    );
}

#[test]
fn names_that_do_not_exist_with_the_nearest_one() {
    let folder = Folder::new();
    check(
        &folder,
        "explore --preset kraft-4.9",
        expect![[r#"
            error[usage]: there is no preset `kraft-4.9`
              = help: did you mean `kraft-3.9`? write `sim list presets` for all presets
            exit 2
        "#]],
    );
    check(
        &folder,
        "explore --preset zk-2.5",
        expect![[r#"
            error[scenario]: the preset `zk-2.5` needs `control: ZooKeeper(...)`
             --> tour
              = note: it was changed by flags, variables or sim.ron
            exit 4
        "#]],
    );
    check(
        &folder,
        "explore --property no-comitted-loss",
        expect![[r#"
        error[usage]: there is no property `no-comitted-loss`
          = help: did you mean `no-committed-loss`? write `sim list properties` for all
                  properties
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --faults kil=1",
        expect![[r#"
        error[usage]: there is no fault `kil`
          = help: did you mean `kill`? write `sim list faults` for all faults
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --faults kill=many",
        expect![[r#"
        error[usage]: a budget is a number from 0 to 255, got `kill=many`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --sampler swrm",
        expect![[r#"
        error[usage]: there is no sampler `swrm`
          = help: did you mean `swarm`? write `sim list samplers` for all samplers
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --set min.isr=2",
        expect![[r#"
        error[usage]: --set knows no field, setting or switch `min.isr`
          = help: did you mean `min.insync.replicas`?
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore --set min.insync.replicas",
        expect![[r#"
        error[usage]: --set expects KEY=VALUE, got `min.insync.replicas`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explore tuor",
        expect![[r#"
        error[io]: there is no file and no scenario `tuor`
          = help: did you mean `tour`? write `sim list scenarios` for all scenarios
        exit 4
    "#]],
    );
    check(
        &folder,
        "explore scenarios/tuor.ron",
        expect![[r#"
        error[io]: cannot read scenarios/tuor.ron: there is no such file
          = help: write `sim list scenarios` for those that come with it
        exit 4
    "#]],
    );
    check(
        &folder,
        "list prsets",
        expect![[r#"
            error[usage]: WHAT expects one of scenarios, presets, switches, properties, witnesses, faults, samplers, settings, specs, bugs, got `prsets`
              = help: did you mean `presets`?
            exit 2
        "#]],
    );
    check(
        &folder,
        "list presets kraft-2.7",
        expect![[r#"
            error[usage]: there is no preset `kraft-2.7`
              = help: did you mean `kraft-3.7`? write `sim list presets` for all presets
            exit 2
        "#]],
    );
    check(
        &folder,
        "list properties log-agrement",
        expect![[r#"
            error[usage]: there is no property `log-agrement`
              = help: did you mean `log-agreement`? write `sim list properties` for all
                      properties
            exit 2
        "#]],
    );
    check(
        &folder,
        "spec raft --off flush_before_acks",
        expect![[r#"
        error[usage]: raft has no switch `flush_before_acks`
          = help: did you mean `flush_before_ack`?
        exit 2
    "#]],
    );
    check(
        &folder,
        "spec zab --faults elction=1",
        expect![[r#"
            error[usage]: a quorum has no fault `elction`
              = help: did you mean `election`?
            exit 2
        "#]],
    );
    check(
        &folder,
        "spec zab --property leader",
        expect![[r#"
        error[usage]: zab has no property `leader`
          = help: its properties are one-leader-per-epoch, zxid-unique,
                  leader-completeness, linear-history, no-rollback
        exit 2
    "#]],
    );
    check(
        &folder,
        "spec raft --off pre_vote=maybe",
        expect![[r#"
        error[usage]: switch `pre_vote` has no value `maybe`
          = help: its values are off, naive, kip996
        exit 2
    "#]],
    );
    check(
        &folder,
        "spec raft --voters 7",
        expect![[r#"
        error[usage]: `--voters 7` with 0 observers is out of range: the model has room for 1 to 5 voters, and 8 members in all
        exit 2
    "#]],
    );
    check(
        &folder,
        "spec kip-32",
        expect![[r#"
        error[usage]: there is no specification `kip-32`
          = help: did you mean `kip-320`? write `sim list specs` for all specs
        exit 2
    "#]],
    );
}

#[test]
fn what_cannot_be_compared() {
    let folder = Folder::new();
    check(
        &folder,
        "compare tour",
        expect![[r#"
        error[usage]: <--presets <NAME,..>|--vary <KEY=VALUE,..>|--control <PLANE,..>> is missing
          = help: write the command with `--help` for its flags and examples
        exit 2
    "#]],
    );
    check(
        &folder,
        "compare tour --presets kraft-4.3",
        expect![[r#"
        error[usage]: one set of rules is nothing to compare
          = help: name two or more, separated by commas
        exit 2
    "#]],
    );
    check(
        &folder,
        "compare tour --presets kraft-4.3,kraft-4.9",
        expect![[r#"
            error[usage]: there is no preset `kraft-4.9`
              = help: did you mean `kraft-3.9`? write `sim list presets` for all presets
            exit 2
        "#]],
    );
    check(
        &folder,
        "compare tour --vary elr",
        expect![[r#"
        error[usage]: --vary expects KEY=VALUE,VALUE, got `elr`
        exit 2
    "#]],
    );
    check(
        &folder,
        "compare tour --vary elrs=on,off",
        expect![[r#"
        error[usage]: --set knows no field, setting or switch `elrs`
          = help: did you mean `elr`?
        exit 2
    "#]],
    );
    check(
        &folder,
        "compare tour --vary elr=on,maybe",
        expect![[r#"
        error[scenario]: the switch `elr` cannot be `maybe`
         --> tour
          = help: one of off, on
          = note: it was changed by flags, variables or sim.ron
        exit 4
    "#]],
    );
}
