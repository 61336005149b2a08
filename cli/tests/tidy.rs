//! The part of the style that a machine can hold: walks the repository's sources and documents, names `file:line: rule`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file, and of a function from its first to its last line.
const FILE_LINES_MAX: usize = 900;
const FUNCTION_LINES_MAX: usize = 70;

/// Files that may be longer: (path, why).
const LONG_FILES: &[(&str, &str)] = &[];
/// Functions that may be longer: (path, function, why).
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// The crates that a run is a function of.
const CORE: [&str; 2] = ["sim-core", "models"];
/// Folders that hold nothing written by hand, beside the hidden ones.
const NOT_OURS: [&str; 2] = ["target", "out"];

/// Where a word is banned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everywhere,
    OutsideTests,
    Core,
}

/// Words of code (not of strings or comments), where they must not stand, and why.
const BANS: &[(Reach, &[&str], &str)] = &[
    (
        Reach::Core,
        &["HashMap", "HashSet"],
        "its order is not deterministic: use BTreeMap, BTreeSet or Vec",
    ),
    (
        Reach::Core,
        &["f32", "f64"],
        "no floats: a probability is a `Ratio`, time is integer microseconds",
    ),
    (
        Reach::Core,
        &["std::time", "SystemTime", "Instant::now"],
        "no clock reaches a run: handlers set timers",
    ),
    (
        Reach::OutsideTests,
        &[".unwrap()"],
        "say why it cannot fail with `expect`, or return the error",
    ),
    (
        Reach::Everywhere,
        &["todo!", "unimplemented!", "dbg!"],
        "unfinished code is not committed",
    ),
    (
        Reach::Everywhere,
        &["allow(dead_code)", "allow(unused"],
        "what nobody uses is removed",
    ),
    (
        Reach::Everywhere,
        &["#[ignore", "#[should_panic", "thread::sleep"],
        "tests run, return, and do not wait",
    ),
];

#[test]
fn sources_keep_the_style() {
    let mut violations = Vec::new();
    let mut long = BTreeSet::new();
    for path in files("rs") {
        violations.extend(source_violations(&path, &read(&path), &mut long));
    }
    violations.extend(CORE.iter().filter_map(|name| {
        let path = format!("{name}/src/lib.rs");
        (!read(&path).contains("#![no_std]")).then(|| format!("{path}:1: `#![no_std]` is missing"))
    }));
    let files = LONG_FILES.iter().map(|(path, _)| (path.to_string(), String::new()));
    let functions = LONG_FUNCTIONS
        .iter()
        .map(|(path, name, _)| (path.to_string(), name.to_string()));
    let stale = files.chain(functions).filter(|exception| !long.contains(exception));
    violations.extend(stale.map(|(path, name)| format!("{path}:1: listed as too long, which it is not: {name}")));
    check(&violations);
}

#[test]
fn documents_mention_only_paths_that_exist() {
    let mut violations = Vec::new();
    // The change log tells history, and history has files that are gone.
    for path in files("md").iter().filter(|path| *path != "CHANGELOG.md") {
        violations.extend(document_violations(path, &read(path)));
    }
    check(&violations);
}

#[test]
fn each_dependency_has_its_line_in_the_decisions() {
    let path = "docs/decisions/dependencies.md";
    let reasons = fs::read_to_string(root().join(path)).unwrap_or_default();
    let manifest = read("Cargo.toml");
    let lines = manifest
        .lines()
        .enumerate()
        .skip_while(|(_, line)| *line != "[workspace.dependencies]")
        .skip(1);
    let violations: Vec<String> = lines
        .take_while(|(_, line)| !line.starts_with('['))
        .filter(|(_, line)| !line.contains("path = ") && !line.starts_with('#'))
        .filter_map(|(at, line)| line.split_once(" = ").map(|(name, _)| (at, name)))
        .filter(|(_, name)| !reasons.contains(&format!("`{name}`")))
        .map(|(at, name)| format!("Cargo.toml:{}: `{name}` has no line in {path}", at + 1))
        .collect();
    check(&violations);
}

#[test]
fn each_rule_catches_what_it_names() {
    #[track_caller]
    fn found(path: &str, text: &str, expected: &[&str]) {
        let violations = source_violations(path, text, &mut BTreeSet::new());
        let short: Vec<&str> = violations
            .iter()
            .filter_map(|violation| violation.split(": ").nth(1))
            .collect();
        assert_eq!(short, expected, "{path}\n{text}");
    }
    found(
        "cli/src/a.rs",
        "fn a() {}\n",
        &["the first line is not a `//!` sentence"],
    );
    for (path, line, word) in [
        ("models/src/a.rs", "use x::HashMap;", "`HashMap`"),
        ("sim-core/src/a.rs", "let x: f64 = 1;", "`f64`"),
        ("sim-core/tests/a.rs", "let x = Instant::now();", "`Instant::now`"),
        ("cli/src/a.rs", "    x.unwrap();", "`.unwrap()`"),
        ("cli/tests/a.rs", "#[ignore]", "`#[ignore`"),
        ("cli/tests/a.rs", "fn a<'a>(x: &'a str) { todo!() }", "`todo!`"),
        ("cli/tests/a.rs", "let x = ('\"', '\\'', dbg!(1));", "`dbg!`"),
        ("cli/src/a.rs", "/* a /* b */ c */ dbg!(\"\\\"\", r#\"\"\"#);", "`dbg!`"),
        ("cli/src/a.rs", "let x = 1; // TODO: y", "TODO in a comment"),
    ] {
        found(path, &format!("//! A.\n{line}\n"), &[word]);
    }
    for (path, line) in [
        ("checker/src/a.rs", "use x::HashMap;"),
        (
            "sim-core/src/a.rs",
            "// No HashMap, no f64.\nlet x = \"f64\"; let f64_bits = r#\"\n f32\"#;",
        ),
        ("cli/tests/a.rs", "x.unwrap();"),
        (
            "cli/src/a.rs",
            "#[cfg(test)]\nmod tests {\n    fn a() {\n        x.unwrap();\n    }\n}",
        ),
    ] {
        found(path, &format!("//! A.\n{line}\n"), &[]);
    }
    found(
        "cli/src/a.rs",
        "//! A.\n#[cfg(test)]\nmod tests {\n}\nfn a() { x.unwrap() }\n",
        &["`.unwrap()`"],
    );
    let body = |lines: usize| "        x();\n".repeat(lines);
    found(
        "cli/src/a.rs",
        &format!("//! A.\nimpl A {{\n    pub fn a() {{\n{}    }}\n}}\n", body(68)),
        &[],
    );
    found(
        "cli/src/a.rs",
        &format!(
            "//! A.\ntrait A {{\n    fn b(\n        x: u8,\n    );\n    fn a() {{\n{}    }}\n}}\n",
            body(69)
        ),
        &["function `a` has 71 lines, at most 70 are read in one go"],
    );
    found(
        "cli/src/a.rs",
        &format!("//! A.\n{}", "use a;\n".repeat(900)),
        &["901 lines, at most 900"],
    );
}

#[test]
fn each_missing_path_of_a_document_is_caught() {
    let found = |line: &str| document_violations("docs/a.md", &format!("# A\n{line}\n")).len();
    assert_eq!(
        found("See `cli/nothing.rs` and [this](nothing.md) and [that](nothing/#there)."),
        3
    );
    assert_eq!(
        found("See `cli/tests/tidy.rs`, `cli/tests/tidy.rs:1`, [it](../cli/tests/tidy.rs#top), `cli/`."),
        0
    );
    assert_eq!(
        found("See `cli/NAME/*.rs`, `nobody/nothing.rs`, [web](https://kafka.apache.org), [here](#a)."),
        0
    );
    assert_eq!(found("```\n`cli/nothing.rs`\n```"), 0);
}

/// Fails with all violations, one a line.
#[track_caller]
fn check(violations: &[String]) {
    assert!(
        violations.is_empty(),
        "\n{}\n{} violations of the style",
        violations.join("\n"),
        violations.len()
    );
}

/// The violations of one source file. Files (name empty) and functions that are too long go to `long` as well.
fn source_violations(path: &str, text: &str, long: &mut BTreeSet<(String, String)>) -> Vec<String> {
    let lines = split(text);
    let mut violations = Vec::new();
    let mut report = |line: usize, rule: String| violations.push(format!("{path}:{}: {rule}", line + 1));
    if !text.starts_with("//! ") {
        report(
            0,
            "the first line is not a `//!` sentence: say what the module owns".into(),
        );
    }
    if lines.len() > FILE_LINES_MAX {
        long.insert((path.into(), String::new()));
        if !LONG_FILES.iter().any(|(listed, _)| *listed == path) {
            report(
                FILE_LINES_MAX,
                format!("{} lines, at most {FILE_LINES_MAX}: look for the seam", lines.len()),
            );
        }
    }
    let tests = test_lines(path, &lines);
    for (at, line) in lines.iter().enumerate() {
        if contains_word(&line.comment, "TODO") {
            report(at, "TODO in a comment: do it, or file it where work is kept".into());
        }
        for (word, why) in banned(path, line, tests[at]) {
            report(at, format!("`{word}`: {why}"));
        }
        let Some(name) = function_name(&line.code) else {
            continue;
        };
        let length = item_end(&lines, at) - at + 1;
        if length > FUNCTION_LINES_MAX {
            long.insert((path.into(), name.into()));
            if !LONG_FUNCTIONS
                .iter()
                .any(|(listed, function, _)| *listed == path && *function == name)
            {
                let bound = format!("at most {FUNCTION_LINES_MAX} are read in one go: find the leaf");
                report(at, format!("function `{name}` has {length} lines, {bound}"));
            }
        }
    }
    violations
}

/// The banned words in a line, each with the reason.
fn banned(path: &str, line: &Line, is_test: bool) -> Vec<(&'static str, &'static str)> {
    let in_core = CORE.iter().any(|name| path.starts_with(&format!("{name}/")));
    let applies = |reach: Reach| match reach {
        Reach::Everywhere => true,
        Reach::OutsideTests => !is_test,
        Reach::Core => in_core,
    };
    let bans = BANS.iter().filter(|(reach, _, _)| applies(*reach));
    bans.flat_map(|(_, words, why)| words.iter().map(|word| (*word, *why)))
        .filter(|(word, _)| contains_word(&line.code, word))
        .collect()
}

/// For each line, whether it is part of a test.
fn test_lines(path: &str, lines: &[Line]) -> Vec<bool> {
    let is_test_file = path
        .split('/')
        .any(|part| ["tests", "benches", "examples"].contains(&part));
    let mut tests = vec![is_test_file; lines.len()];
    for at in 0..lines.len() {
        if lines[at].code.trim() == "#[cfg(test)]" {
            let item = (at..lines.len()).find(|at| !lines[*at].code.trim_start().starts_with("#["));
            let end = item_end(lines, item.unwrap_or(at));
            tests[at..=end].fill(true);
        }
    }
    tests
}

/// The name, if a function begins in this line.
fn function_name(code: &str) -> Option<&str> {
    let (before, after) = code.trim_start().split_once("fn ")?;
    let qualifies = |word: &str| ["pub", "const", "async", "unsafe", "extern", "\"\""].contains(&word);
    let is_function = before
        .split_whitespace()
        .all(|word| qualifies(word) || word.starts_with("pub("));
    is_function.then(|| after.split(['(', '<']).next().unwrap_or(after))
}

/// The last line of the item that begins in line `start`, by the indentation that rustfmt gives it.
fn item_end(lines: &[Line], start: usize) -> usize {
    let indent = |code: &str| code.len() - code.trim_start().len();
    let mut is_open = false;
    for (at, line) in lines.iter().enumerate().skip(start) {
        let code = line.code.trim_end();
        let closes = indent(code) == indent(&lines[start].code) && code.trim_start().starts_with('}');
        let is_one_line = at == start && code.ends_with('}');
        let is_declaration = !is_open && code.ends_with(';');
        if closes || is_one_line || is_declaration {
            return at;
        }
        is_open |= code.ends_with('{');
    }
    lines.len() - 1
}

/// Whether the word stands in the text, and not as a part of a longer name.
fn contains_word(text: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let joins_before = word.starts_with(is_name) && before.ends_with(is_name);
        let joins_after = word.ends_with(is_name) && after.starts_with(is_name);
        !joins_before && !joins_after
    })
}

/// The violations of one document.
fn document_violations(path: &str, text: &str) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut violations = Vec::new();
    let mut is_fenced = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced {
            continue;
        }
        let spans = line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|span| is_path(span))
            .map(PathBuf::from);
        let links = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        let links = links
            .filter(|link| !link.is_empty() && !link.contains(':'))
            .map(|link| folder.join(link));
        for mentioned in spans.chain(links) {
            let mentioned = mentioned.to_string_lossy();
            let file = mentioned.split(':').next().unwrap_or(&mentioned);
            if !root().join(file).exists() {
                violations.push(format!("{path}:{}: `{file}` does not exist", at + 1));
            }
        }
    }
    violations
}

/// Whether a code span of a document is the path of a file or folder of the repository, and no pattern of one.
fn is_path(span: &str) -> bool {
    let is_pattern = |part: &str| {
        part.contains(['*', '<', '{', ' ', '$', '|']) || part.contains("...") || ["NAME", "NNNN"].contains(&part)
    };
    match span.split_once('/') {
        Some((top, _)) => root().join(top).is_dir() && !NOT_OURS.contains(&top) && !span.split('/').any(is_pattern),
        None => false,
    }
}

/// One line of source, taken apart. Strings are left out, only their quotes stay.
#[derive(Default)]
struct Line {
    code: String,
    comment: String,
}

/// What a line of source begins in the middle of.
enum Inside {
    Code,
    /// Block comments, this many deep.
    Comment(usize),
    /// A string, which ends with a quote.
    Text,
    /// A raw string, which ends with this.
    Raw(String),
}

/// Takes a source apart, line by line.
fn split(text: &str) -> Vec<Line> {
    let mut inside = Inside::Code;
    let split_line = |mut rest: &str| {
        let mut line = Line::default();
        while !rest.is_empty() {
            rest = match &inside {
                Inside::Code => take_code(rest, &mut line, &mut inside),
                Inside::Comment(depth) => take_comment(rest, *depth, &mut line, &mut inside),
                Inside::Text => match rest.find(['"', '\\']) {
                    Some(at) if rest[at..].starts_with('"') => {
                        line.code.push('"');
                        inside = Inside::Code;
                        &rest[at + 1..]
                    }
                    Some(at) => skip_chars(&rest[at..], 2),
                    None => "",
                },
                Inside::Raw(end) => match rest.split_once(end.as_str()) {
                    Some((_, after)) => {
                        line.code.push('"');
                        inside = Inside::Code;
                        after
                    }
                    None => "",
                },
            };
        }
        line
    };
    text.lines().map(split_line).collect()
}

/// Takes one character of code, or the beginning of something that is none; gives back what is left of the line.
fn take_code<'a>(rest: &'a str, line: &mut Line, inside: &mut Inside) -> &'a str {
    if let Some(comment) = rest.strip_prefix("//") {
        line.comment.push_str(comment);
        return "";
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        *inside = Inside::Comment(1);
        return comment;
    }
    let is_in_name = line.code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let raw = rest
        .strip_prefix("br")
        .or_else(|| rest.strip_prefix('r'))
        .filter(|_| !is_in_name);
    if let Some((hashes, text)) = raw.and_then(|raw| raw.split_once('"'))
        && hashes.chars().all(|c| c == '#')
    {
        line.code.push('"');
        *inside = Inside::Raw(format!("\"{hashes}"));
        return text;
    }
    if rest.starts_with('"') {
        *inside = Inside::Text;
    }
    // A character in quotes; a quote that begins no such thing is a lifetime's.
    if rest.starts_with("'\\") {
        return skip_chars(rest, 3).split_once('\'').map_or("", |(_, after)| after);
    }
    if rest.starts_with('\'') && rest.chars().nth(2) == Some('\'') {
        return skip_chars(rest, 3);
    }
    line.code.extend(rest.chars().next());
    skip_chars(rest, 1)
}

/// Takes a comment up to where its depth changes; gives back what is left of the line.
fn take_comment<'a>(rest: &'a str, depth: usize, line: &mut Line, inside: &mut Inside) -> &'a str {
    let (close, open) = (rest.find("*/"), rest.find("/*"));
    let at = close.into_iter().chain(open).min();
    line.comment.push_str(&rest[..at.unwrap_or(rest.len())]);
    let Some(at) = at else { return "" };
    *inside = match (Some(at) == open, depth) {
        (true, _) => Inside::Comment(depth + 1),
        (false, 1) => Inside::Code,
        (false, _) => Inside::Comment(depth - 1),
    };
    &rest[at + 2..]
}

/// The text behind its first `count` characters.
fn skip_chars(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or("", |(at, _)| &text[at..])
}

/// The repository's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a crate stands in a folder of the repository")
}

/// The text of a file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The repository's files with this extension, as paths from its root, in order.
fn files(extension: &str) -> Vec<String> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<String>) {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.map(|entry| entry.expect("the folder stays while it is read")) {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let kind = entry.file_type().expect("the file stays while its folder is read");
            if kind.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name.as_ref()) {
                walk(&path, extension, found);
            } else if kind.is_file() && path.extension().is_some_and(|found| found == extension) {
                let path = path.strip_prefix(root()).expect("the walk began there");
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), extension, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no .{extension} file found: the walk is broken");
    found
}
