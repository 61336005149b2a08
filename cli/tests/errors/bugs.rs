//! What is said of a catalogue of bugs that does not fit: the card, the scenario, the budget, the trace.

use expect_test::{Expect, expect};

use super::check;
use crate::folder::Folder;

/// A folder with one bug of the catalogue, in which `was` of this file became `is`.
fn changed(file: &str, was: &str, is: &str) -> Folder {
    let (all, folder) = (Folder::with_scenarios(), Folder::new());
    folder.write("bugs/budgets.ron", all.read("scenarios/bugs/budgets.ron"));
    for file in ["bug.ron", "scenario.ron", "regression.trace.ron"] {
        folder.write(
            &format!("bugs/kip-497/{file}"),
            all.read(&format!("scenarios/bugs/kip-497/{file}")),
        );
    }
    let text = folder.read(file);
    assert!(text.contains(was), "{file} has no `{was}`");
    folder.write(file, text.replacen(was, is, 1));
    folder
}

#[track_caller]
fn of(file: &str, was: &str, is: &str, expected: Expect) {
    check(&changed(file, was, is), "mutants --folder bugs", expected);
}

const CARD: &str = "bugs/kip-497/bug.ron";
const SCENARIO: &str = "bugs/kip-497/scenario.ron";

#[test]
fn a_card_that_cannot_be_read() {
    of(
        CARD,
        "    entry: 6,\n",
        "",
        expect![[r#"
        error[scenario]: the field `entry` is missing from this card
         --> bugs/kip-497/bug.ron:1:1
          = help: docs/adding-a-bug.md shows a whole card
        exit 4
    "#]],
    );
    of(
        CARD,
        "title",
        "titel",
        expect![[r#"
        error[scenario]: there is no field `titel` here
         --> bugs/kip-497/bug.ron:3:5
          |
        3 |     titel: "the high watermark moves without a replica that is in the ISR...
          |     ^^^^^
          = help: did you mean `title`? fields: entry, title, tickets, layer, tier,
                  kind, ...
        exit 4
    "#]],
    );
    of(
        CARD,
        "Replication",
        "Replicas",
        expect![[r#"
        error[scenario]: `Replicas` is not a valid word here
         --> bugs/kip-497/bug.ron:5:12
          |
        5 |     layer: Replicas,
          |            ^^^^^^^^
          = help: one of Replication, Disk, Controller, Consumer, History, Quorum,
                  ZooKeeper, Reassign
        exit 4
    "#]],
    );
    of(
        CARD,
        "entry: 6,",
        "entry: 6",
        expect![[r#"
        error[scenario]: a comma is missing before this
         --> bugs/kip-497/bug.ron:3:5
          |
        2 |     entry: 6
          |             - after this value
        3 |     title: "the high watermark moves without a replica that is in the ISR...
          |     ^^^^^
        exit 4
    "#]],
    );
}

#[test]
fn a_card_that_does_not_fit_its_scenario() {
    of(
        CARD,
        "\"isr-complete\"",
        "\"isr-complet\"",
        expect![[r#"
            error[scenario]: there is no property `isr-complet`
             --> bugs/kip-497/bug.ron:8:15
              |
            8 |     property: "isr-complet",
              |               ^^^^^^^^^^^^^
              = help: did you mean `isr-complete`? write `sim list properties` for all
                      properties
            exit 4
        "#]],
    );
    of(
        CARD,
        "\"isr-complete\"",
        "\"leader-in-isr\"",
        expect![[r#"
            error[scenario]: the scenario does not check `leader-in-isr`
             --> bugs/kip-497/bug.ron:8:15
              |
            8 |     property: "leader-in-isr",
              |               ^^^^^^^^^^^^^^^
              = help: name it in the scenario's `properties`, too
            exit 4
        "#]],
    );
    of(
        CARD,
        "maximal_isr",
        "maximal_irs",
        expect![[r#"
        error[scenario]: there is no switch and no topic setting `maximal_irs`
         --> bugs/kip-497/bug.ron:9:32
          |
        9 |     safeguard: {"maximal_irs": "on"},
          |                                ^^^^
          = help: did you mean `maximal_isr`?
        exit 4
    "#]],
    );
    of(
        CARD,
        "{\"maximal_isr\": \"on\"}",
        "{\"maximal_isr\": \"off\"}",
        expect![[r#"
            error[scenario]: `maximal_isr` is off in the scenario, too: the control run is the same run
             --> bugs/kip-497/bug.ron:9:32
              |
            9 |     safeguard: {"maximal_isr": "off"},
              |                                ^^^^^
              = help: the scenario has the safeguard off, the card says its value in the
                      control run
            exit 4
        "#]],
    );
    of(
        CARD,
        "{\"maximal_isr\": \"on\"}",
        "{\"maximal_isr\": \"maybe\"}",
        expect![[r#"
            error[scenario]: the control run cannot be played: the switch `maximal_isr` cannot be `maybe`
             --> bugs/kip-497/bug.ron:9:16
              |
            9 |     safeguard: {"maximal_isr": "maybe"},
              |                ^^^^^^^^^^^^^^^^^^^^^^^^
              = help: one of off, expand-only, shrink-only, on
            exit 4
        "#]],
    );
    of(
        CARD,
        "    safeguard: {\"maximal_isr\": \"on\"},\n",
        "",
        expect![[r#"
        error[scenario]: without a safeguard there is no control run
         --> bugs/kip-497/bug.ron:1:1
          |
        1 | (
          | ^
          = help: write `safeguard: {"switch": "on"}`
        exit 4
    "#]],
    );
    of(
        CARD,
        "tier: A,",
        "tier: A, explore: (sampler: \"swrm\"),",
        expect![[r#"
        error[scenario]: there is no sampler `swrm`
         --> bugs/kip-497/bug.ron:6:33
          |
        6 |     tier: A, explore: (sampler: "swrm"),
          |                                 ^^^^^^
          = help: did you mean `swarm`? write `sim list samplers` for all samplers
        exit 4
    "#]],
    );
    of(
        CARD,
        "tier: A,",
        "tier: A, check: {\"kill\": 9},",
        expect![[r#"
        error[scenario]: the exhaustive search gets 9 of kill, but the scenario has 3
         --> bugs/kip-497/bug.ron:6:30
          |
        6 |     tier: A, check: {"kill": 9},
          |                              ^
          = help: it gets a part of the budget
        exit 4
    "#]],
    );
}

#[test]
fn a_budget_that_is_not_that_of_the_layer() {
    of(
        SCENARIO,
        "kill: 3",
        "kill: 2",
        expect![[r#"
            error[scenario]: the scenario has 2 of kill, but the budget of Replication and the card come to 3
             --> bugs/kip-497/scenario.ron:15:13
               |
            15 |     faults: (
               |             ^
              = help: write `faults: (kill: 3, pause: 1, stop: 1, reset: 1, cut: 1, late: 1,
                      expiry: 4, admin: [Elect(topic: "t", kind: Preferred), Elect(topic:
                      "t", kind: Preferred)])`, or say on the card what it needs beyond the
                      budget
            exit 4
        "#]],
    );
    of(
        SCENARIO,
        "admin: [Elect(topic: \"t\", kind: Preferred), Elect(topic: \"t\", kind: Preferred)]",
        "admin: []",
        expect![[r#"
            error[scenario]: the operator commands are not those of Replication
             --> bugs/kip-497/scenario.ron:15:13
               |
            15 |     faults: (
               |             ^
              = help: write `faults: (kill: 3, pause: 1, stop: 1, reset: 1, cut: 1, late: 1,
                      expiry: 4, admin: [Elect(topic: "t", kind: Preferred), Elect(topic:
                      "t", kind: Preferred)])`, or say on the card what it needs beyond the
                      budget
            exit 4
        "#]],
    );
    of(
        CARD,
        "tier: A,",
        "tier: A, beyond: {\"wipe\": 1},",
        expect![[r#"
            error[scenario]: the scenario has 0 of wipe, but the budget of Replication and the card come to 1
             --> bugs/kip-497/scenario.ron:15:13
               |
            15 |     faults: (
               |             ^
              = help: write `faults: (kill: 3, wipe: 1, pause: 1, stop: 1, reset: 1, cut: 1,
                      late: 1, expiry: 4, admin: [Elect(topic: "t", kind: Preferred),
                      Elect(topic: "t", kind: Preferred)])`, or say on the card what it
                      needs beyond the budget
            exit 4
        "#]],
    );
    of(
        CARD,
        "tier: A,",
        "tier: A, beyond: {\"wpie\": 1},",
        expect![[r#"
        error[scenario]: there is no fault `wpie`
         --> bugs/kip-497/bug.ron:6:31
          |
        6 |     tier: A, beyond: {"wpie": 1},
          |                               ^
          = help: did you mean `wipe`? write `sim list faults` for all faults
        exit 4
    "#]],
    );
    of(
        CARD,
        "layer: Replication",
        "layer: Quorum",
        expect![[r#"
        error[scenario]: budgets.ron has no budget for Quorum
         --> bugs/kip-497/bug.ron:5:12
          |
        5 |     layer: Quorum,
          |            ^^^^^^
          = help: add one there: it is the same for all bugs of the layer
        exit 4
    "#]],
    );
}

#[test]
fn a_scenario_that_is_no_bug() {
    of(
        SCENARIO,
        "\"kip-497\"",
        "\"kip-498\"",
        expect![[r#"
        error[scenario]: the regression trace was recorded with other rules than those of the scenario
         --> bugs/kip-497/bug.ron:2:12
          |
        2 |     entry: 6,
          |            ^
          = help: record it anew: sim explore kip-497, and keep the trace

        error[scenario]: this scenario lies in the folder kip-497, but is called kip-498
         --> bugs/kip-497/scenario.ron:3:11
          |
        3 |     name: "kip-498",
          |           ^^^^^^^^^
          = help: call it "kip-497"
        exit 4
    "#]],
    );
    of(
        SCENARIO,
        "    faults: (",
        "    script: [Settle()],\n    faults: (",
        expect![[r#"
            error[scenario]: a bug has to be found, but this scenario has a script that may walk to it
             --> bugs/kip-497/scenario.ron:15:13
               |
            15 |     script: [Settle()],
               |             ^^^^^^^^^^
              = help: leave the script out; the budget of faults says what may happen
            exit 4
        "#]],
    );
    of(
        SCENARIO,
        "{\"maximal_isr\": \"off\"}",
        "{\"maximal_isr\": \"off\", \"elr\": \"off\"}",
        expect![[r#"
            error[scenario]: the regression trace was recorded with other rules than those of the scenario
             --> bugs/kip-497/bug.ron:2:12
              |
            2 |     entry: 6,
              |            ^
              = help: record it anew: sim explore kip-497, and keep the trace
            exit 4
        "#]],
    );
}

#[test]
fn a_catalogue_that_is_not_there() {
    let folder = Folder::new();
    check(
        &folder,
        "mutants --folder nothing",
        expect![[r#"
        error[io]: cannot read the folder nothing: there is no such file or folder
          = help: a catalogue has a folder for each bug, and budgets.ron
        exit 4
    "#]],
    );
    check(
        &folder,
        "mutants kip-102",
        expect![[r#"
        error[usage]: there is no bug `kip-102`
          = help: did you mean `kip-101`? write `sim list bugs` for all bugs
        exit 2
    "#]],
    );
    check(
        &folder,
        "mutants --layer Disks",
        expect![[r#"
        error[usage]: there is no layer `Disks`
          = help: layers: Replication, Disk, Controller, Consumer, History, Quorum,
                  ZooKeeper, Reassign
        exit 2
    "#]],
    );
    check(
        &folder,
        "new bug Big --from x",
        expect![[r#"
        error[usage]: `Big` is no name for a folder
          = help: use small letters, digits and `-`, such as kafka-7128
        exit 2
    "#]],
    );
}
