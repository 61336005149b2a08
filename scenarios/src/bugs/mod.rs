//! Owns the catalogue of real bugs: one folder each, with a scenario in which its safeguard is off, a card, a story and a
//! regression trace. The checker is held to it: off, it finds the loss; on, it does not.
//!
//! | module | owns |
//! |---|---|
//! | [`card`] | the card as data |
//! | `read` | from texts to cards and budgets, or to what is wrong with one |
//! | `judge` | whether a card fits its scenario and its budget |
//! | [`trial`] | one entry, tried: sampled, searched, and with its safeguard on |
//! | [`draft`] | the files of a new entry, made from a trace |

pub mod card;
pub mod draft;
mod judge;
mod read;
pub mod trial;

use std::fs;
use std::path::Path;

use crate::builtin::Builtin;
use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::scenario::schema::Scenario;
use crate::trace::TraceFile;

use card::{Budgets, Card};
pub use judge::control;
use judge::judge;
use read::{FileText, budgets, card, regression, scenario};

/// Where the catalogue lies in the repository.
pub const FOLDER: &str = "scenarios/bugs";

/// The file with the budgets of all layers.
const BUDGETS_FILE: &str = "budgets.ron";
/// The files of an entry.
const CARD_FILE: &str = "bug.ron";
const SCENARIO_FILE: &str = "scenario.ron";
const REGRESSION_FILE: &str = "regression.trace.ron";

/// The budgets that ship with the program.
const BUDGETS: &str = include_str!("../../bugs/budgets.ron");

/// A folder that ships with the program.
struct Embedded {
    name: &'static str,
    card: Option<&'static str>,
    scenario: Option<Builtin>,
    regression: Option<&'static str>,
}

/// All folders that ship with the program, in the order of their names. The build script lists them.
const FOLDERS: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/bugs.rs"));

/// One entry.
#[derive(Clone, Debug)]
pub struct Bug {
    /// The name of its folder and of its scenario.
    pub name: String,
    /// Its card.
    pub card: Card,
    /// The scenario with the safeguard off.
    pub scenario: Scenario,
    /// The shrunk trace, if there is one yet.
    pub regression: Option<TraceFile>,
}

/// All entries, in the order of their numbers, then of their names.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The budget of each layer.
    pub budgets: Budgets,
    /// The entries.
    pub bugs: Vec<Bug>,
}

/// The files of one folder, before they are read.
struct Folder {
    name: String,
    card: FileText,
    scenario: FileText,
    regression: Option<FileText>,
}

impl Catalogue {
    /// The catalogue that ships with the program.
    ///
    /// # Errors
    /// Everything that is wrong with it; a test holds that nothing is.
    pub fn embedded() -> Result<Catalogue, Vec<Diagnostic>> {
        let budgets = FileText::given(format!("{FOLDER}/{BUDGETS_FILE}"), BUDGETS);
        let folders = FOLDERS.iter().map(|folder| {
            let path = |file: &str| format!("{FOLDER}/{}/{file}", folder.name);
            Folder {
                name: folder.name.to_owned(),
                card: FileText::embedded(path(CARD_FILE), folder.card),
                scenario: FileText::embedded(path(SCENARIO_FILE), folder.scenario.map(|scenario| scenario.text)),
                regression: folder
                    .regression
                    .map(|text| FileText::given(path(REGRESSION_FILE), text)),
            }
        });
        Catalogue::of(&budgets, folders.collect())
    }

    /// The catalogue in this folder.
    ///
    /// # Errors
    /// Everything that is wrong with it: of kind io where a file cannot be read, else of kind scenario or trace.
    pub fn read(folder: &Path) -> Result<Catalogue, Vec<Diagnostic>> {
        let unreadable = |why: std::io::Error| {
            let sentence = format!("cannot read the folder {}: {}", folder.display(), read::reason(&why));
            vec![Diagnostic::error(Kind::Io, sentence).help("a catalogue has a folder for each bug, and budgets.ron")]
        };
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.path().is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        let folders = names.into_iter().map(|name| {
            let file = |file: &str| FileText::on_disk(&folder.join(&name).join(file));
            Folder {
                card: file(CARD_FILE),
                scenario: file(SCENARIO_FILE),
                regression: Some(file(REGRESSION_FILE)).filter(|file| file.text.is_ok()),
                name,
            }
        });
        Catalogue::of(&FileText::on_disk(&folder.join(BUDGETS_FILE)), folders.collect())
    }

    fn of(budgets_file: &FileText, folders: Vec<Folder>) -> Result<Catalogue, Vec<Diagnostic>> {
        let budgets = budgets(budgets_file).map_err(|problem| vec![*problem])?;
        let (mut bugs, mut problems): (Vec<Bug>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
        for folder in folders {
            match entry(folder, &budgets) {
                Err(found) => problems.extend(found),
                Ok((bug, file)) => match bugs.iter().find(|other| other.card.title == bug.card.title) {
                    Some(other) => problems.push(judge::same_title(&file, &bug, other)),
                    None => bugs.push(bug),
                },
            }
        }
        bugs.sort_by(|a, b| (a.card.entry, &a.name).cmp(&(b.card.entry, &b.name)));
        if problems.is_empty() {
            Ok(Catalogue { budgets, bugs })
        } else {
            Err(problems)
        }
    }

    /// The entry of this name.
    pub fn find(&self, name: &str) -> Option<&Bug> {
        self.bugs.iter().find(|bug| bug.name == name)
    }
}

/// One folder: its files read, then held against each other.
fn entry(folder: Folder, budgets: &Budgets) -> Result<(Bug, FileText), Vec<Diagnostic>> {
    let card = card(&folder.card);
    let scenario = scenario(&folder.scenario);
    let regression = folder.regression.as_ref().map(regression).transpose();
    let (card, scenario, regression) = match (card, scenario, regression) {
        (Ok(card), Ok(scenario), Ok(regression)) => (card, scenario, regression),
        (card, scenario, regression) => {
            let problems = card.err().map(|problem| *problem).into_iter();
            let problems = problems.chain(scenario.err().into_iter().flatten());
            return Err(problems.chain(regression.err().map(|problem| *problem)).collect());
        }
    };
    let bug = Bug {
        name: folder.name,
        card,
        scenario,
        regression,
    };
    let problems = judge(&bug, budgets, &folder.card, &folder.scenario);
    if problems.is_empty() {
        Ok((bug, folder.card))
    } else {
        Err(problems)
    }
}

/// The scenarios of the catalogue that ships with the program, in the order of their folders.
pub fn scenarios() -> impl Iterator<Item = &'static Builtin> {
    FOLDERS.iter().filter_map(|folder| folder.scenario.as_ref())
}
