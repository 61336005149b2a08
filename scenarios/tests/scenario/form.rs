//! How problems look: colour, long and wide lines, hostile text, and the forms of problems that are not scenarios'.

use crate::sample::{problems, sample_with};
use expect_test::{Expect, expect};
use scenarios::scenario::diagnostic::{Diagnostic, Kind, Mark, MarkStyle, Place, SourceLine};
use scenarios::scenario::render::{Color, render_all};
use unicode_width::UnicodeWidthStr;

fn check(diagnostic: &Diagnostic, expected: Expect) {
    expected.assert_eq(&diagnostic.render(Color::Plain));
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    for (position, piece) in text.split('\x1b').enumerate() {
        let after = if position == 0 {
            piece
        } else {
            piece.split_once('m').map_or("", |(_, after)| after)
        };
        plain.push_str(after);
    }
    plain
}

/// A line without a number, with these characters marked.
fn plain_line(text: &str, column: u32, len: u32, label: &str) -> SourceLine {
    let mark = Mark {
        column,
        len,
        style: MarkStyle::Caret,
        label: Some(label.into()),
    };
    SourceLine {
        number: None,
        text: text.to_owned(),
        mark: Some(mark),
    }
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let text = sample_with("how: Clean", "how: Claen").replace("broker: 3, delay", "broker: 9, delay");
    let problems = problems(&text);
    assert_eq!(problems.len(), 2);
    let colored = render_all(&problems, Color::Ansi);
    assert_ne!(colored, without_escapes(&colored));
    assert_eq!(without_escapes(&colored), render_all(&problems, Color::Plain));
    expect![[r#"
        ESC[1;31merror[scenario]ESC[0m: ESC[1m`Claen` is not a way to stopESC[0m
         ESC[1;34m-->ESC[0m lab.ron:18:30
        ESC[1;34m   |ESC[0m
        ESC[1;34m18 |ESC[0m         Stop(broker: 2, how: Claen),            // Clean | Kill | PowerLoss
        ESC[1;34m   |ESC[0m                              ESC[1;31m^^^^^ESC[0m
          ESC[1;34m=ESC[0m ESC[1mhelp:ESC[0m did you mean `Clean`? one of Clean, Kill, PowerLoss
    "#]]
    .assert_eq(&problems[0].render(Color::Ansi).replace('\x1b', "ESC"));
}

#[test]
fn section_9_forms_of_other_inputs() {
    let line = "Topic: orders  Partition: one  Leader: 1  Replicas: 1,2,3  Isr: 1,2,3";
    let layout = Diagnostic::error(
        Kind::Layout,
        "line 3 of standard input does not look like describe output",
    )
    .show(plain_line(line, 27, 3, "expected a number"))
    .note("2 of 4 lines were understood; nothing was audited");
    check(
        &layout,
        expect![[r#"
        error[layout]: line 3 of standard input does not look like describe output
          | Topic: orders  Partition: one  Leader: 1  Replicas: 1,2,3  Isr: 1,2,3
          |                           ^^^ expected a number
          = note: 2 of 4 lines were understood; nothing was audited
    "#]],
    );
    let json = "{\"partitions\":[{\"topic\":\"test\", \"partition\": 0, \"offset\":50}]}, \"version\":1}";
    let lab = Diagnostic::error(Kind::Lab, "the JSON of --offset-json-file ends too early")
        .in_file("delete-data.json")
        .at(Place { line: 1, column: 62 })
        .show(plain_line(json, 62, 1, "this brace closes the document"))
        .help("remove one `}` so that \"version\" stays inside");
    check(
        &lab,
        expect![[r#"
        error[lab]: the JSON of --offset-json-file ends too early
         --> delete-data.json:1:62
          | {"partitions":[{"topic":"test", "partition": 0, "offset":50}]}, "version":1}
          |                                                              ^ this brace closes the document
          = help: remove one `}` so that "version" stays inside
    "#]],
    );
    let mut shown = plain_line("== stop 2", 1, 9, "expected something like `[  18.60] == stop 2`");
    shown.number = Some(41);
    let recording = Diagnostic::error(Kind::Recording, "no time in brackets at the beginning of this block")
        .in_file("my.txt")
        .at(Place { line: 41, column: 1 })
        .show(shown)
        .note("nothing was run");
    check(
        &recording,
        expect![[r#"
        error[recording]: no time in brackets at the beginning of this block
         --> my.txt:41:1
           |
        41 | == stop 2
           | ^^^^^^^^^ expected something like `[  18.60] == stop 2`
          = note: nothing was run
    "#]],
    );
    let internal = "a rule of the simulator itself was broken: high watermark moved backwards";
    let internal = Diagnostic::error(Kind::Internal, internal)
        .detail("please report   sim run scenarios/x.ron --seed 4711 --preset kraft-3.8     (sim 0.4.0)");
    check(
        &internal,
        expect![[r#"
        error[internal]: a rule of the simulator itself was broken: high watermark moved backwards
          please report   sim run scenarios/x.ron --seed 4711 --preset kraft-3.8     (sim 0.4.0)
    "#]],
    );
    check(
        &Diagnostic::error(Kind::Usage, "--runs and --budget cannot be used together"),
        expect![[r#"
            error[usage]: --runs and --budget cannot be used together
        "#]],
    );
}

#[test]
fn marks_stand_below_wide_characters() {
    let text = "(about: (en: \"x\", ko: \"브로커 3대\", kr: \"x\"), name: \"x\", \
                control: Kraft(controllers: [101]), brokers: [1])";
    check(
        &problems(text)[0],
        expect![[r#"
        error[scenario]: there is no field `kr` here
         --> lab.ron:1:33
          |
        1 | (about: (en: "x", ko: "브로커 3대", kr: "x"), name: "x", control: Kraft(c...
          |                                     ^^
          = help: fields: en, ko
    "#]],
    );
}

#[test]
fn long_lines_are_cut_around_the_mark_at_80_columns() {
    for before in [0, 10, 36, 37, 60, 75, 76, 77, 78, 200, 1000] {
        for wide in ["x", "한"] {
            let text = format!(
                "(name: \"x\", /* {} */ control: Kraft(controllers: [101]), brokers: [1], bad: 1, properties: [{}])",
                wide.repeat(before),
                "\"log-agreement\", ".repeat(before),
            );
            let rendered = problems(&text)[0].render(Color::Plain);
            let lines: Vec<&str> = rendered.lines().collect();
            assert!(lines.iter().all(|line| line.width() <= 80), "{rendered}");
            let at = lines[3].split_once("bad").map(|(before, _)| before.width());
            assert_eq!(at, lines[4].find("^^^"), "{rendered}");
        }
    }
}

#[test]
fn text_of_the_input_cannot_steer_the_terminal() {
    let text = "(name: \"x\", control: Kraft(controllers: [101]), brokers: [1], preset: \"\x1b[2J\u{202e}\t\")";
    check(
        &problems(text)[0],
        expect![[r#"
        error[scenario]: there is no preset `?[2J? `
         --> lab.ron:1:71
          |
        1 | ...), brokers: [1], preset: "?[2J? ")
          |                             ^^^^^^^^
          = help: write `sim list presets` for all presets
    "#]],
    );
}
