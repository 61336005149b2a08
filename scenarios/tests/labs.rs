//! Every lab is played, and must show what lies beside it; its questions must have answers that its tables give.
//!
//! `UPDATE_EXPECT=1` rewrites the tables: look at every changed cell.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use scenarios::builtin;
use scenarios::lab::{ALL, Cell, Lab, OnShelf, Plays, Question, See, Style, Words, cells, check, find};
use scenarios::recording::Recording;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn plays(lab: &Lab) -> Plays {
    Plays::of(lab)
        .map_err(|why| format!("lab {}: {why}", lab.number))
        .expect("labs that ship can be played")
}

/// All tables of a lab as they lie beside it.
fn tables(lab: &Lab) -> String {
    let plays = plays(lab);
    let mut out = String::new();
    for see in lab.tables() {
        let table = plays
            .show(see)
            .map_err(|why| why.to_string())
            .expect("it names its own moments");
        let _ = write!(out, "== {see}\n{table}");
    }
    out
}

#[test]
fn every_lab_shows_the_tables_that_lie_beside_it() {
    let mut problems = Vec::new();
    for shelf in ALL {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(root().join(shelf.folder).join("tables.txt"), tables(&shelf.lab())).expect("it can be written");
            continue;
        }
        match check(shelf) {
            Ok(report) => {
                assert!(report.cells > 0, "{}: nothing is compared", shelf.folder);
                problems.extend(report.differ.iter().map(|cell| format!("{}: {cell}", shelf.folder)));
            }
            Err(why) => problems.push(format!("{}: {why}", shelf.folder)),
        }
    }
    assert!(
        problems.is_empty(),
        "{}\n\nUPDATE_EXPECT=1 rewrites the tables",
        problems.join("\n")
    );
}

#[test]
fn a_changed_cell_and_a_wrong_answer_are_found() {
    let shelf = find(7).expect("lab 7 ships");
    let tables: &'static str = Box::leak(shelf.tables.replacen("Leader: 1", "Leader: 2", 1).into_boxed_str());
    let report = check(&OnShelf { tables, ..*shelf }).expect("it still can be played");
    assert_eq!(report.differ.len(), 1);
    let asked: &'static str = Box::leak(
        shelf
            .text
            .replacen("answer: \"3\"", "answer: \"2\"", 1)
            .into_boxed_str(),
    );
    assert_ne!(asked, shelf.text, "lab 7 has a question whose answer is 3");
    let report = check(&OnShelf { text: asked, ..*shelf }).expect("it still can be played");
    assert_eq!(report.differ.len(), 1);
}

#[test]
fn every_folder_with_a_lab_is_on_the_shelf_and_every_scenario_in_it_ships() {
    for folder in fs::read_dir(root().join("labs")).expect("the folder is part of the repository") {
        let folder = folder.expect("it can be listed");
        let name = format!("labs/{}", folder.file_name().to_string_lossy());
        assert!(ALL.iter().any(|lab| lab.folder == name), "{name} is not on the shelf");
        for inner in fs::read_dir(folder.path()).expect("it is a folder") {
            let inner = inner.expect("it can be listed");
            let name = format!("{name}/{}", inner.file_name().to_string_lossy());
            let ships = builtin::ALL.iter().any(|builtin| builtin.folder == name);
            assert!(ships || !inner.path().is_dir(), "{name} is not listed in builtin.rs");
        }
    }
    assert!(ALL.is_sorted_by_key(|lab| lab.lab().number));
}

/// Every text of a lab.
fn words(lab: &Lab) -> Vec<&Words> {
    let mut all = vec![&lab.title, &lab.story, &lab.what_if, &lab.property.text];
    for step in &lab.steps {
        all.extend([&step.action, &step.why]);
        for question in &step.predict {
            match question {
                Question::Cell { ask, .. } | Question::Number { ask, .. } | Question::Set { ask, .. } => all.push(ask),
                Question::Choice { ask, options } => {
                    all.push(ask);
                    all.extend(options.iter().flat_map(|option| [&option.text, &option.because]));
                }
                Question::Order { ask, answer } => {
                    all.push(ask);
                    all.extend(answer);
                }
            }
        }
    }
    all
}

fn is_korean(text: &str) -> bool {
    text.chars().any(|letter| ('가'..='힣').contains(&letter))
}

#[test]
fn every_text_has_both_languages_and_every_choice_one_right_answer() {
    for shelf in ALL {
        let lab = shelf.lab();
        for words in words(&lab) {
            assert!(!is_korean(&words.en), "{}: {}", shelf.folder, words.en);
            let says_nothing = words.en.chars().all(|letter| !letter.is_alphabetic());
            let is_a_name = words.en == words.ko;
            assert!(
                is_korean(&words.ko) || says_nothing || is_a_name,
                "{}: {}",
                shelf.folder,
                words.ko
            );
        }
        let questions: Vec<&Question> = lab.steps.iter().flat_map(|step| &step.predict).collect();
        assert!(!questions.is_empty(), "{}: it asks nothing", shelf.folder);
        for question in questions {
            if let Question::Choice { options, .. } = question {
                assert_eq!(
                    options.iter().filter(|option| option.right).count(),
                    1,
                    "{}",
                    shelf.folder
                );
            }
        }
        for property in &lab.property.names {
            assert!(
                checker::properties::about(property).is_some(),
                "{}: {property}",
                shelf.folder
            );
        }
        for name in &lab.recorded {
            assert!(
                root().join(format!("recordings/{name}.txt")).exists(),
                "{}: {name}",
                shelf.folder
            );
        }
    }
}

/// The tables of `kafka-topics --describe` in a transcript, as cells.
fn recorded_tables(name: &str) -> Vec<Vec<Cell>> {
    let path = root().join(format!("recordings/{name}.txt"));
    let text = fs::read_to_string(path).expect("the test above looked for it");
    assert!(Recording::parse(&text).is_ok());
    let mut tables: Vec<String> = Vec::new();
    for line in text.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)) {
        if line.starts_with("Topic: ") {
            tables.push(format!("{line}\n"));
        } else if line.starts_with("\tTopic: ")
            && let Some(table) = tables.last_mut()
        {
            table.push_str(line);
            table.push('\n');
        }
    }
    tables.iter().map(|table| cells(table, Style::Table)).collect()
}

/// How many describe tables each lab has, and how many of them stand in its recordings cell for cell. The others differ
/// in what the lab writes or names otherwise.
const RECORDED: &[(u16, usize, usize)] = &[
    (1, 7, 4),
    (4, 3, 0),
    (7, 8, 8),
    (8, 3, 3),
    (9, 2, 0),
    (10, 4, 4),
    (11, 5, 5),
    (12, 0, 0),
    (13, 3, 0),
    (19, 4, 0),
    (20, 2, 0),
    (21, 11, 9),
    (22, 5, 0),
    (23, 5, 0),
    (24, 9, 7),
];

#[test]
fn tables_that_real_clusters_showed_are_equal_cell_for_cell() {
    let mut counted = Vec::new();
    for lab in ALL.iter().map(OnShelf::lab) {
        let recorded: Vec<Vec<Cell>> = lab.recorded.iter().flat_map(|name| recorded_tables(name)).collect();
        let plays = plays(&lab);
        let describes: Vec<&See> = lab
            .tables()
            .into_iter()
            .filter(|see| matches!(see, See::Describe { .. } | See::Broker { .. }))
            .collect();
        let equal = |see: &&&See| {
            let table = plays.show(see).expect("it names its own moments");
            recorded.contains(&cells(&table, Style::Table))
        };
        counted.push((lab.number, describes.len(), describes.iter().filter(equal).count()));
    }
    assert_eq!(counted, RECORDED);
}
