//! Owns the face of this crate in `cargo test`: seeds of a scenario, and folders of traces, as ordinary tests.
//!
//! ```no_run
//! // In `tests/kafka.rs` of a package that depends on `scenarios`; paths are relative to the package.
//! scenarios::sim_test!("scenarios/transfer.ron", seeds = 0..64);
//! scenarios::sim_test!(survives_a_rack: "scenarios/rack.ron", seeds = 0..256);
//! scenarios::replay_all!("scenarios/regressions");
//! # fn main() {}
//! ```
//!
//! A seed that fails leaves a trace in the folder `out` of the package, as soon as it is found and again once it is
//! shrunk, and the test's output ends with the command that shows it. Move the trace into the folder of a [`replay_all!`]
//! to pin it: then the violation has to come about again, step by step, on every build. A trace of the repaired
//! behaviour is pinned in the same way: its header names no violation.
//!
//! [`replay_all!`]: crate::replay_all

mod replay;
mod seeds;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::build::names;
use crate::builtin;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::load::{check, load_file};
use crate::scenario::schema::Scenario;

pub use replay::{Folder, Unfit, replay_folder};
pub use seeds::{Failed, Finding, Passed, Shrinking, Why, try_seeds};

/// What [`check_seeds`] is about: a scenario, or the path of its file, or the name of one that ships with this crate.
#[derive(Clone, Debug)]
pub struct Subject {
    scenario: Result<Scenario, Unusable>,
    /// As it was given, for people.
    given: String,
}

/// Everything that is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable(pub Vec<Diagnostic>);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| problem.fmt(f))
    }
}

impl From<&Scenario> for Subject {
    /// Judged as a file would be: a scenario made in code can be as wrong as one that was written.
    fn from(scenario: &Scenario) -> Self {
        use crate::scenario::diagnostic::Severity;
        let problems = check(scenario, &names());
        let wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
        Self {
            given: scenario.name.clone(),
            scenario: if wrong {
                Err(Unusable(problems))
            } else {
                Ok(scenario.clone())
            },
        }
    }
}

impl From<&Path> for Subject {
    fn from(path: &Path) -> Self {
        let loaded = load_file(path, &names()).map(|loaded| loaded.scenario);
        Self {
            given: path.display().to_string(),
            scenario: loaded.map_err(Unusable),
        }
    }
}

impl From<&str> for Subject {
    fn from(given: &str) -> Self {
        match builtin::find(given) {
            Some(builtin) => Self {
                given: given.to_owned(),
                scenario: Ok(builtin.scenario()),
            },
            None => Self::from(package().join(given).as_path()),
        }
    }
}

/// Runs these seeds of a scenario, and fails unless they come to what it expects.
///
/// A scenario with a script, or with a cold start, is played under the virtual clock; any other is sampled from the
/// settled cluster, within the budget of its faults.
///
/// # Panics
/// When they do not: with the property, the beginning of the shrunk trace, its path, and the command that repeats it.
///
/// ```
/// # use scenarios::testing::check_seeds;
/// check_seeds("tour", 0..8);
/// ```
#[track_caller]
pub fn check_seeds(subject: impl Into<Subject>, seeds: Range<u64>) {
    if let Err(failed) = try_seeds(&subject.into(), seeds, &package().join("out")) {
        panic!("\n{failed}");
    }
}

/// Repeats all traces of a folder, and fails unless each still fits and still shows what its header says.
///
/// # Panics
/// When one does not: with the step and the difference. Also when the folder holds no trace, because then nothing is tested.
#[track_caller]
pub fn replay_all(folder: impl AsRef<Path>) {
    let replayed = replay_folder(&package().join(folder));
    if !replayed.is_sound() {
        panic!("\n{replayed}");
    }
}

/// The package under test (set by Cargo), or the current folder. An absolute path stays what it is.
fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from)
}

/// Makes a test of [`check_seeds`](crate::testing::check_seeds): `sim_test!("path.ron", seeds = 0..64)`. The path is
/// relative to the package.
///
/// A module has room for one without a name; more get names: `sim_test!(name_of_the_test: "path.ron", seeds = 0..64)`.
#[macro_export]
macro_rules! sim_test {
    ($path:literal, seeds = $seeds:expr $(,)?) => {
        $crate::sim_test!(seeds_come_to_what_the_scenario_expects: $path, seeds = $seeds);
    };
    ($name:ident: $path:literal, seeds = $seeds:expr $(,)?) => {
        #[test]
        fn $name() {
            $crate::testing::check_seeds($path, $seeds);
        }
    };
}

/// Makes a test of [`replay_all`](crate::testing::replay_all): `replay_all!("scenarios/regressions")` repeats every
/// `*.trace.ron` of the folder, which is relative to the package.
///
/// A module has room for one without a name; more get names: `replay_all!(name_of_the_test: "folder")`.
#[macro_export]
macro_rules! replay_all {
    ($folder:literal $(,)?) => {
        $crate::replay_all!(every_trace_fits_and_shows_what_its_header_says: $folder);
    };
    ($name:ident: $folder:literal $(,)?) => {
        #[test]
        fn $name() {
            $crate::testing::replay_all($folder);
        }
    };
}

#[cfg(test)]
mod tests;
