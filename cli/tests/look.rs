//! How answers look: colour only where it is wanted and never alone, plain characters on request, 80 columns of help.

use crate::folder::{Folder, Ran, ran};

fn with(folder: &Folder, args: &[&str], no_color: Option<&str>) -> Ran {
    let mut command = folder.command(args);
    if let Some(value) = no_color {
        command.env("NO_COLOR", value);
    }
    ran(command.output().expect("the program was built"))
}

const FOUND: [&str; 5] = ["explore", "tour", "--preset", "hw-truncation", "--color"];

fn found(when: &'static str) -> [&'static str; 6] {
    let [a, b, c, d, e] = FOUND;
    [a, b, c, d, e, when]
}

#[test]
fn a_pipe_gets_no_colour_unless_it_is_asked_for() {
    let folder = Folder::new();
    let plain = with(&folder, &found("auto"), None).stdout;
    assert!(!plain.contains('\x1b'));
    assert_eq!(plain, with(&folder, &found("never"), None).stdout);
    let colored = with(&folder, &found("always"), None).stdout;
    assert!(colored.contains("\x1b["), "{colored}");
    assert_eq!(without_colour(&colored), plain);
    assert_eq!(
        with(&folder, &found("always"), Some("1")).stdout,
        colored,
        "--color always is stronger than NO_COLOR"
    );
}

#[test]
fn errors_read_the_same_with_and_without_colour() {
    let folder = Folder::new();
    folder.write("a.ron", "(name: \"a\", scrpt: [])");
    let plain = with(&folder, &["run", "a.ron", "--color", "never"], None).stderr;
    let colored = with(&folder, &["run", "a.ron", "--color", "always"], None).stderr;
    assert!(colored.contains("\x1b["));
    assert_eq!(without_colour(&colored), plain);
}

#[test]
fn ascii_has_no_drawings() {
    let folder = Folder::new();
    for line in [
        "list properties no-committed-loss --ascii",
        "explore --seed 7 --ascii",
        "list --ascii",
    ] {
        let stdout = folder.line(line).stdout;
        let drawn = stdout
            .chars()
            .find(|letter| ('\u{2190}'..='\u{21ff}').contains(letter) || ('\u{2500}'..='\u{259f}').contains(letter));
        assert_eq!(drawn, None, "sim {line}\n{stdout}");
    }
}

#[test]
fn help_fits_into_80_columns() {
    let folder = Folder::new();
    let map = folder.line("").stdout;
    let verbs: Vec<&str> = map
        .lines()
        .filter_map(|line| line.split("sim ").nth(1)?.split_whitespace().next())
        .collect();
    for verb in verbs.iter().filter(|verb| **verb != "help") {
        let help = folder.line(&format!("{verb} -h")).stdout;
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "sim {verb} -h: {line}");
        }
    }
}

#[test]
fn prose_can_be_korean_and_names_stay() {
    let folder = Folder::new();
    let english = folder.line("list properties --lang en").stdout;
    let korean = folder.line("list properties --lang ko").stdout;
    assert!(korean.contains("리더") && !english.contains("리더"), "{korean}");
    let names = |text: &str| {
        text.lines()
            .map(|line| line.split_whitespace().next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&english), names(&korean));
}

#[test]
fn json_is_one_object_on_one_line() {
    let folder = Folder::new();
    for line in [
        "list presets",
        "list settings",
        "explore --seed 7",
        "check --preset hw-truncation",
        "spec kip-320",
        "spec zab --faults kill=1",
        "selfcheck --seeds 1",
    ] {
        let stdout = folder.line(&format!("{line} --format json")).stdout;
        assert_eq!(stdout.lines().count(), 1, "sim {line}\n{stdout}");
        assert!(stdout.starts_with("{\"schema\":\"sim."), "sim {line}\n{stdout}");
    }
    let refused = folder.line("explore nothing --format json");
    assert!(
        refused.stderr.starts_with("{\"kind\":\"io\",\"severity\":\"error\","),
        "{}",
        refused.stderr
    );
}

fn without_colour(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        plain.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}
