//! Commands that documents show are run, and print what the document says: a lesson cannot rot.
//!
//! A block fenced as `console` has lines that begin with `$ sim` (or `$ cargo run ... --`), each with its output below. A
//! line `? 1` says that the exit code is not 0, a line `...` stands for any lines. The blocks of one document run one
//! after the other in the same folder. `UPDATE_EXPECT=1` rewrites outputs without `...`.

use std::collections::BTreeSet;

use crate::folder::{Folder, Ran, root};

/// A command of a document, with its output.
struct Documented {
    /// Its line in the document, from 0.
    line: usize,
    command: String,
    output: Vec<String>,
    /// How many lines stand below it, the one with the exit code included.
    lines: usize,
    code: i32,
}

#[test]
fn every_console_block_prints_what_it_says() {
    let mut wrong = Vec::new();
    for path in documents() {
        let text = std::fs::read_to_string(root().join(&path)).expect("it was listed just now");
        let commands = commands(&text);
        if commands.is_empty() {
            continue;
        }
        let folder = Folder::with_scenarios();
        let results: Vec<(Documented, Ran)> = commands
            .into_iter()
            .map(|documented| {
                let ran = folder.line(&documented.command);
                (documented, ran)
            })
            .collect();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let text = updated(&text, &results);
            std::fs::write(root().join(&path), text).expect("the document can be written");
        }
        wrong.extend(
            results
                .iter()
                .filter_map(|(documented, ran)| difference(&path, documented, ran)),
        );
    }
    assert!(
        wrong.is_empty(),
        "\n{}\nUPDATE_EXPECT=1 rewrites them",
        wrong.join("\n")
    );
}

#[test]
fn every_example_of_the_help_text_runs() {
    let folder = Folder::with_scenarios();
    let mut examples = 0;
    // What finds traces comes first: other examples use them.
    let verbs = [
        "explore", "check", "run", "replay", "shrink", "explain", "describe", "conform",
    ];
    for verb in verbs.iter().chain(&[
        "graph",
        "lab",
        "list",
        "validate",
        "selfcheck",
        "spec",
        "mutants",
        "new",
    ]) {
        let help = folder.line(&format!("help {verb}")).stdout;
        assert_eq!(
            help,
            folder.line(&format!("{verb} --help")).stdout,
            "sim help {verb} is sim {verb} --help"
        );
        let lines: Vec<&str> = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("$ sim "))
            .collect();
        assert!(!lines.is_empty(), "sim {verb} --help has no example");
        for line in lines {
            let ran = folder.line(line);
            assert!(
                [0, 1, 3].contains(&ran.code),
                "sim {line}: exit {}\n{}",
                ran.code,
                ran.stderr
            );
            assert!(!ran.stderr.contains("error["), "sim {line}\n{}", ran.stderr);
            examples += 1;
        }
    }
    assert!(examples > 20, "only {examples} examples");
}

/// Answers that end with commands, each with how many of them there are at least.
const WITH_FOLLOW_UPS: [(&str, usize); 10] = [
    (
        "mutants kip-101 --seeds 1 --check-max-states 1000 --control-events 1000",
        1,
    ),
    ("explore --seed 7", 3),
    ("explore tour --preset hw-truncation --no-shrink --out raw", 3),
    ("check --preset hw-truncation", 1),
    ("run tour --save tour.trace.ron", 1),
    (
        "shrink scenarios/regressions/truncation-to-high-watermark.trace.ron --out small.trace.ron",
        2,
    ),
    (
        "explain scenarios/regressions/truncation-to-high-watermark.trace.ron --counterfactuals",
        1,
    ),
    (
        "replay scenarios/regressions/truncation-to-high-watermark.trace.ron --continue quiet",
        0,
    ),
    ("conform scenarios/recordings/reassign-kraft-4.3.txt", 1),
    ("replay edited.trace.ron", 1),
];

#[test]
fn every_follow_up_command_runs_and_exits_with_0() {
    let folder = Folder::with_scenarios();
    let text = folder.read("scenarios/regressions/truncation-to-high-watermark.trace.ron");
    folder.write(
        "edited.trace.ron",
        text.replacen("Environment(Kill((1)))", "Environment(Kill((2)))", 1),
    );
    let mut left: Vec<String> = Vec::new();
    for (line, expected) in WITH_FOLLOW_UPS {
        let ran = folder.line(line);
        let found = follow_ups(&format!("{}{}", ran.stdout, ran.stderr));
        assert!(found.len() >= expected, "sim {line}\n{}{}", ran.stdout, ran.stderr);
        left.extend(found);
    }
    let mut done = BTreeSet::new();
    while let Some(command) = left.pop() {
        if !done.insert(command.clone()) {
            continue;
        }
        let ran = folder.line(&command);
        let codes: &[i32] = allowed(&command);
        assert!(
            codes.contains(&ran.code),
            "sim {command}: exit {}\n{}{}",
            ran.code,
            ran.stdout,
            ran.stderr
        );
        left.extend(follow_ups(&format!("{}{}", ran.stdout, ran.stderr)));
    }
    assert!(done.len() > 10, "{done:?}");
}

/// The exit codes that a suggested command may end with: 0, but for those whose answer is open.
fn allowed(command: &str) -> &'static [i32] {
    match command.split_whitespace().next() {
        // It shows a difference that is there.
        Some("conform") => &[1],
        // A search onward may find nothing, and says that it settled nothing.
        Some("replay") if command.contains("--continue explore") => &[0, 3],
        _ => &[0],
    }
}

/// Commands at the end of an answer: two spaces, a word, a gap, `sim ...`.
fn follow_ups(stdout: &str) -> Vec<String> {
    let lines = stdout
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains("  sim "));
    lines
        .filter_map(|line| line.split_once("  sim ").map(|(_, command)| command.trim().to_owned()))
        .collect()
}

/// The documents that may show commands, as paths from the root.
fn documents() -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.map(|entry| entry.expect("it stays while it is read")) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let path = path.strip_prefix(root()).expect("the walk began there").to_owned();
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    if root().join("README.md").exists() {
        found.push("README.md".to_owned());
    }
    for folder in ["docs", "scenarios"] {
        walk(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

fn commands(text: &str) -> Vec<Documented> {
    let mut found: Vec<Documented> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(fence) = line.strip_prefix("```") {
            inside = !inside && fence == "console";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            let command = command.split("  #").next().unwrap_or(command).trim();
            let sim = command
                .strip_prefix("sim")
                .or_else(|| command.split_once(" -- ").map(|(_, rest)| rest));
            let command = sim.unwrap_or_else(|| panic!("line {}: only sim is run, not `{command}`", number + 1));
            let (line, command) = (number, command.trim().to_owned());
            found.push(Documented {
                line,
                command,
                output: Vec::new(),
                lines: 0,
                code: 0,
            });
        } else if let Some(last) = found.last_mut() {
            last.lines += 1;
            match line.strip_prefix("? ").map(str::parse) {
                Some(Ok(code)) => last.code = code,
                Some(Err(_)) | None => last.output.push(line.to_owned()),
            }
        }
    }
    found
}

fn difference(path: &str, documented: &Documented, ran: &Ran) -> Option<String> {
    let place = format!("{path}:{}: sim {}", documented.line + 1, documented.command);
    if ran.code != documented.code {
        return Some(format!(
            "{place}: exit {}, not {}\n{}",
            ran.code, documented.code, ran.stderr
        ));
    }
    let actual: Vec<&str> = ran.stdout.lines().collect();
    let expected: Vec<&str> = documented.output.iter().map(String::as_str).collect();
    (!matches(&expected, &actual)).then(|| format!("{place} prints\n{}", ran.stdout))
}

/// Whether lines are those expected, where `...` stands for any.
fn matches(expected: &[&str], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((&"...", rest)) => (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..])),
        Some((line, rest)) => actual.first() == Some(line) && matches(rest, &actual[1..]),
    }
}

fn updated(text: &str, results: &[(Documented, Ran)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (documented, ran) in results
        .iter()
        .rev()
        .filter(|(d, _)| !d.output.iter().any(|line| line == "..."))
    {
        let from = documented.line + 1;
        let code = (ran.code != 0).then(|| format!("? {}", ran.code));
        let output = code.into_iter().chain(ran.stdout.lines().map(str::to_owned));
        lines.splice(from..from + documented.lines, output);
    }
    lines.join("\n") + "\n"
}

#[test]
fn an_output_that_is_not_the_documented_one_is_caught() {
    let text =
        "# A\n```console\n$ sim list\nx\n? 1\n$ cargo run --release -- explore --seed 7   # comment\n...\nb\n```\n";
    let commands = commands(text);
    assert_eq!(commands[0].command, "list");
    assert_eq!(
        (commands[0].code, commands[0].output.as_slice()),
        (1, &["x".to_owned()][..])
    );
    assert_eq!(commands[1].command, "explore --seed 7");
    assert!(matches(&["...", "b"], &["a", "a", "b"]) && !matches(&["...", "b"], &["a"]) && !matches(&["a"], &["b"]));
    let ran = Ran {
        code: 1,
        stdout: "y\n".into(),
        stderr: String::new(),
    };
    assert!(difference("a.md", &commands[0], &ran).is_some());
}
