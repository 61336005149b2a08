//! What is said when something is wrong, word by word: place, sentence, help. `UPDATE_EXPECT=1` rewrites it.

mod bugs;
mod scenarios;
mod traces;
mod usage;

use expect_test::{Expect, expect};

use crate::folder::Folder;

/// Runs a line that must be refused: the answer stays empty, no file appears, and the talk is this.
#[track_caller]
fn check(folder: &Folder, line: &str, expected: Expect) {
    let before = folder.files();
    let ran = folder.line(line);
    assert_eq!(ran.stdout, "", "sim {line}: an error leaves no answer");
    assert_eq!(folder.files(), before, "sim {line}: an error leaves no file");
    expected.assert_eq(&format!("{}exit {}\n", ran.stderr, ran.code));
}

/// Each of these lines is refused, with the same words.
#[track_caller]
fn check_each(folder: &Folder, verbs: &[&str], file: &str, expected: Expect) {
    let texts: Vec<String> = verbs
        .iter()
        .map(|verb| {
            let before = folder.files();
            let ran = folder.line(&format!("{verb} {file}"));
            assert_eq!(ran.stdout, "", "sim {verb} {file}: an error leaves no answer");
            assert_eq!(folder.files(), before, "sim {verb} {file}: an error leaves no file");
            format!("{}exit {}\n", ran.stderr, ran.code)
        })
        .collect();
    for (verb, text) in verbs.iter().zip(&texts) {
        assert_eq!(text, &texts[0], "sim {verb} {file} says something else");
    }
    expected.assert_eq(&texts[0]);
}

/// A valid beginning, to which something wrong is added.
fn scenario(rest: &str) -> String {
    format!("(\n name: \"lab\",\n control: Kraft(controllers: [101]),\n brokers: [1, 2, 3],\n{rest})\n")
}

/// A folder with the trace of a loss.
fn with_trace() -> (Folder, String) {
    let folder = Folder::new();
    let ran = folder.line("explore tour --preset hw-truncation");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let files = folder.files();
    let trace = files.first().expect("explore keeps the trace of what it finds");
    let text = folder.read(trace);
    folder.write("loss.trace.ron", &text);
    (folder, text)
}

#[test]
fn recordings() {
    let folder = Folder::with_scenarios();
    let text = folder.read("scenarios/recordings/elr-kraft-4.3.txt");
    let lines: Vec<&str> = text.lines().collect();
    folder.write("cut.txt", lines[..lines.len() - 1].join("\n") + "\n");
    check(
        &folder,
        "conform cut.txt",
        expect![[r#"
        error[recording]: the recording stops before `== end`
         --> cut.txt:252:1
            |
        252 |
            | ^ expected `== end` after this
          = help: the experiment was cut short, or the file was: make it again
          = note: nothing was run
        exit 4
    "#]],
    );
    folder.write(
        "no-time.txt",
        "# x\n# kafka 3.9.1 · kraft · brokers 1 2 3 · controllers 10\n== stop 2\n",
    );
    check(
        &folder,
        "conform no-time.txt",
        expect![[r#"
        error[recording]: this is not a recording
         --> no-time.txt:2:1
          |
        2 | # kafka 3.9.1 · kraft · brokers 1 2 3 · controllers 10
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected something like `# kafka 3.9.1 · kraft · brokers 1,2,3 · controllers 10`
          = help: see recordings/README.md for the format
          = note: nothing was run
        exit 4
    "#]],
    );
    folder.write("binary.txt", [b'#', 0, 1, 255]);
    check(
        &folder,
        "conform binary.txt",
        expect![[r#"
        error[recording]: this is a binary file, not a text
         --> binary.txt
          = note: nothing was read
        exit 4
    "#]],
    );
    check(
        &folder,
        "conform nothing.txt",
        expect![[r#"
        error[io]: cannot read nothing.txt: there is no such file
        exit 4
    "#]],
    );
}

#[test]
fn settings() {
    let folder = Folder::new();
    folder.write("sim.ron", "(jbs: 2)");
    check(
        &folder,
        "list",
        expect![[r#"
            error[io]: the settings cannot be understood: Unexpected field named `jbs` in `File`, expected one of `ascii`, `color`, `format`, `jobs`, `lang`, `max_mem`, `max_states`, `max_tries`, `out`, `preset`, `runs`, or `sampler` instead
             --> sim.ron:1:2
              = help: settings: ascii, color, format, jobs, lang, max_mem, max_states,
                      max_tries, out, preset, runs, sampler
            exit 4
        "#]],
    );
}

#[test]
fn all_problems_of_a_file_are_named_not_only_the_first() {
    let folder = Folder::new();
    folder.write(
        "a.ron",
        scenario(" scrpt: [],\n properties: [\"log-agrement\"],\n expct: Holds,\n"),
    );
    folder.write("b.ron", scenario("").replace("[101]", "[1, 101]"));
    folder.write("c.ron", scenario(""));
    let ran = folder.line("validate a.ron b.ron c.ron");
    assert_eq!(ran.code, 4);
    assert_eq!(ran.stderr.matches("error[scenario]").count(), 4, "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "a.ron   scenario   3 errors\nb.ron   scenario   1 error\nc.ron   scenario   valid\n"
    );
}

#[test]
fn an_error_as_json_is_one_object_a_line_on_stderr() {
    let folder = Folder::new();
    folder.write("field.ron", scenario(" scrpt: [],\n"));
    check(
        &folder,
        "run field.ron --format json",
        expect![[r#"
        {"kind":"scenario","severity":"error","file":"field.ron","line":5,"column":2,"path":"scrpt","message":"there is no field `scrpt` here","help":"did you mean `script`? fields: name, about, preset, control, brokers, topics, ...","notes":[]}
        exit 4
    "#]],
    );
    check(
        &folder,
        "explore --property no-comitted-loss --format json",
        expect![[r#"
        {"kind":"usage","severity":"error","file":null,"line":null,"column":null,"path":null,"message":"there is no property `no-comitted-loss`","help":"did you mean `no-committed-loss`? write `sim list properties` for all properties","notes":[]}
        exit 2
    "#]],
    );
    check(
        &folder,
        "explroe --format json",
        expect![[r#"
        {"kind":"usage","severity":"error","file":null,"line":null,"column":null,"path":null,"message":"`explroe` is not a command","help":"did you mean `explore`? write `sim` for all commands","notes":[]}
        exit 2
    "#]],
    );
}
