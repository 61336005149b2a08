//! What is said of a trace that cannot be replayed, and of a file that is in the way.

use expect_test::expect;

use super::{check, check_each, scenario, with_trace};

#[test]
fn files_that_are_no_trace() {
    let (folder, text) = with_trace();
    check(
        &folder,
        "replay nothing.trace.ron",
        expect![[r#"
        error[io]: cannot read nothing.trace.ron: there is no such file
        exit 4
    "#]],
    );
    folder.write("future.trace.ron", "(\n format: 3,\n)\n");
    check(
        &folder,
        "replay future.trace.ron",
        expect![[r#"
        error[trace]: written by format 3, this build reads 1
         --> future.trace.ron
          = help: use the newer sim
        exit 4
    "#]],
    );
    folder.write("empty.trace.ron", "");
    check(
        &folder,
        "replay empty.trace.ron",
        expect![[r#"
        error[trace]: there is no trace in this file
         --> empty.trace.ron:1:1
        exit 4
    "#]],
    );
    let third = text.find("(3,Deliver(").expect("it has a third step") + "(3,Deliver(".len();
    folder.write("half.trace.ron", &text[..third]);
    check_each(
        &folder,
        &["replay", "shrink", "explain", "describe"],
        "half.trace.ron",
        expect![[r#"
            error[trace]: the file ends too early: this `(` is never closed
             --> half.trace.ron:32:19
               |
            32 |         (3,Deliver(
               |                   ^
              = note: 4 brackets are open at the end
            exit 4
        "#]],
    );
    folder.write("binary.trace.ron", [b'(', 0, 1, 255]);
    check(
        &folder,
        "replay binary.trace.ron",
        expect![[r#"
        error[trace]: this is a binary file, not a text
         --> binary.trace.ron
          = note: nothing was read
        exit 4
    "#]],
    );
    folder.write("plan.ron", scenario(""));
    check(
        &folder,
        "replay plan.ron",
        expect![[r#"
        error[trace]: this is a scenario, not a trace
         --> plan.ron
          = help: `sim run plan.ron` plays it
        exit 4
    "#]],
    );
    check(
        &folder,
        "run loss.trace.ron",
        expect![[r#"
        error[scenario]: this is a trace, not a scenario
         --> loss.trace.ron
          = help: `sim replay loss.trace.ron` runs it again
        exit 4
    "#]],
    );
    folder.write(
        "word.trace.ron",
        text.replacen("Environment(Kill(", "Environment(Kil(", 1),
    );
    check(
        &folder,
        "replay word.trace.ron",
        expect![[r#"
        error[trace]: `Kil` is no action that this build knows
         --> word.trace.ron:37:24
           |
        37 |         (8,Environment(Kil((1))),[],"bd65d1c7b23ff353","kill broker 1"),
           |                        ^^^
        exit 4
    "#]],
    );
    let lost: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("(5,"))
        .collect();
    folder.write("lost.trace.ron", lost.join("\n"));
    check(
        &folder,
        "replay lost.trace.ron",
        expect![[r#"
        error[trace]: step 6 stands where step 5 should
         --> lost.trace.ron
        exit 4
    "#]],
    );
}

#[test]
fn a_trace_in_which_one_decision_was_changed() {
    let (folder, text) = with_trace();
    let kill = text
        .lines()
        .find(|line| line.contains("Environment(Kill("))
        .expect("a loss needs a kill");
    let other = if kill.contains("Kill((1))") {
        kill.replace("Kill((1))", "Kill((2))")
    } else {
        kill.replace("Kill((2))", "Kill((1))").replace("Kill((3))", "Kill((1))")
    };
    folder.write("edited.trace.ron", text.replace(kill, &other));
    check_each(
        &folder,
        &["replay", "shrink", "explain", "describe"],
        "edited.trace.ron",
        expect![[r#"
            error[replay]: step 8 no longer fits this build
              recorded  kill broker 1, digest bd65..
              now       digest 59c1..   (it does: faults spend kill; broker 1 -> broker 2 fetch p0 refuse; broker 2 -> broker 1 fetch p0 drop; broker 2 -> controller control drop; and 11 more)
              recorded by sim 0.1.0 with rules hw-truncation revision 1; this is 0.1.0 with revision 1
              try       sim replay edited.trace.ron --at 7 --continue explore
            exit 5
        "#]],
    );
    let fetch = text
        .lines()
        .find(|line| line.trim_start().starts_with("(4,"))
        .expect("it has a fourth step");
    let nowhere = fetch.replace(
        "(4,Deliver(Queue(Broker((1)),Broker((3))",
        "(4,Deliver(Queue(Broker((1)),Broker((2))",
    );
    assert_ne!(fetch, nowhere);
    folder.write("nowhere.trace.ron", text.replace(fetch, &nowhere));
    check(
        &folder,
        "replay nowhere.trace.ron",
        expect![[r#"
            error[replay]: step 4 no longer fits this build
              recorded  deliver broker 1 -> broker 3 fetch p0: Fetched 0 [m1@0 e0] hw 0, digest 66b0..
              now       not possible here
              recorded by sim 0.1.0 with rules hw-truncation revision 1; this is 0.1.0 with revision 1
              try       sim replay nowhere.trace.ron --at 3 --continue explore
            exit 5
        "#]],
    );
}

#[test]
fn places_that_a_trace_does_not_have() {
    let (folder, _) = with_trace();
    check(
        &folder,
        "replay loss.trace.ron --at 99",
        expect![[r#"
        error[usage]: --at 99 lies behind the end: the trace has 12 steps
        exit 2
    "#]],
    );
    check(
        &folder,
        "replay loss.trace.ron --at label:x",
        expect![[r#"
        error[usage]: this trace has no label `x`
          = help: it has none at all
        exit 2
    "#]],
    );
    check(
        &folder,
        "replay loss.trace.ron --only brokr:2",
        expect![[r#"
        error[usage]: --only expects broker:2, partition:t-0 or message:m1, got `brokr:2`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explain loss.trace.ron --step 99",
        expect![[r#"
        error[usage]: there is no step 99: the trace has steps 1 to 12
        exit 2
    "#]],
    );
    check(
        &folder,
        "explain loss.trace.ron --message m9",
        expect![[r#"
        error[usage]: no step of this trace is about `m9`
        exit 2
    "#]],
    );
    check(
        &folder,
        "explain loss.trace.ron --why broker9.t-0.isr",
        expect![[r#"
        error[usage]: `broker9` in `broker9.t-0.isr` names nothing; expected one of: broker1, broker2, broker3, controller, c1
        exit 2
    "#]],
    );
    check(
        &folder,
        "describe loss.trace.ron --topic x",
        expect![[r#"
        error[usage]: there is no topic `x` at this place
        exit 2
    "#]],
    );
    check(
        &folder,
        "describe loss.trace.ron --view broker:9",
        expect![[r#"
        error[usage]: --view expects one of broker:1, broker:2, broker:3, got `broker:9`
        exit 2
    "#]],
    );
    check(
        &folder,
        "describe loss.trace.ron --kafka kraft-3.7",
        expect![[r#"
        error[usage]: --kafka expects one of zk-2.5, zk-3.9, kraft-3.9, kraft-4.3, got `kraft-3.7`
        exit 2
    "#]],
    );
    check(
        &folder,
        "describe loss.trace.ron --against loss.trace.ron",
        expect![[r#"
        error[layout]: this does not look like describe output
         --> loss.trace.ron
          = help: store a table first: `sim describe TRACE --at PLACE > FILE`, or name a
                  place instead of a file
        exit 4
    "#]],
    );
}

#[test]
fn a_file_that_is_there_already_is_not_written_over() {
    let (folder, text) = with_trace();
    folder.write("notes.txt", "mine\n");
    check(
        &folder,
        "run tour --save notes.txt",
        expect![[r#"
        error[io]: notes.txt is there already, with another content
          = help: choose another name
        exit 4
    "#]],
    );
    check(
        &folder,
        "run tour --save loss.trace.ron",
        expect![[r#"
        error[io]: loss.trace.ron is there already, with another content
          = help: choose another name
        exit 4
    "#]],
    );
    check(
        &folder,
        "shrink loss.trace.ron --out notes.txt",
        expect![[r#"
        error[io]: notes.txt is there already, with another content
          = help: choose another name
        exit 4
    "#]],
    );
    check(
        &folder,
        "run tour --save nowhere/x.trace.ron",
        expect![[r#"
        error[io]: cannot write nowhere/x.trace.ron: the folder does not exist
          = help: create it, or choose another place
        exit 4
    "#]],
    );
    check(
        &folder,
        "explore tour --preset hw-truncation --out notes.txt",
        expect![[r#"
        error[io]: cannot make the folder notes.txt: a file of this name is in the way
          = help: choose another place with --out
        exit 4
    "#]],
    );
    check(
        &folder,
        "run tour --show describe --expect-file nothing.txt",
        expect![[r#"
        error[io]: cannot read nothing.txt: there is no such file
        exit 4
    "#]],
    );
    assert_eq!(folder.read("notes.txt"), "mine\n");
    assert_eq!(folder.read("loss.trace.ron"), text);

    // A folder that has another trace of this name keeps it, and says so.
    let path = folder
        .files()
        .into_iter()
        .find(|path| path.starts_with("out/"))
        .expect("it was kept there");
    folder.write(&path, "mine\n");
    let ran = folder.line("explore tour --preset hw-truncation");
    assert_eq!(ran.code, 0);
    assert_eq!(folder.read(&path), "mine\n");
    assert_eq!(ran.stderr, format!("{path} is another trace and stays\n"));
    let second = path.replace(".trace.ron", "-2.trace.ron");
    assert_eq!(folder.read(&second), text);
    assert!(
        ran.stdout.contains(&format!("sim replay {second} --diff")),
        "{}",
        ran.stdout
    );
}
