//! Scenarios and other files as a command gets them: by path or by the name of one that comes with sim.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use scenarios::build::names;
use scenarios::builtin::{self, Builtin};
use scenarios::scenario::diagnostic::{Diagnostic, Kind, Severity};
use scenarios::scenario::load;
use scenarios::scenario::names::{Listing, did_you_mean, unknown_name};
use scenarios::scenario::schema::Scenario;

use crate::exit::Refusal;
use crate::output::Output;
use crate::overrides;
use crate::settings::Settings;

/// Refuses a word that is not among the valid names; `list` is where `sim list` shows them.
pub fn known(what: &str, list: &str, word: &str, valid: &[&str]) -> Result<(), Refusal> {
    match unknown_name(what, Listing::Command(list), word, valid) {
        None => Ok(()),
        Some(unknown) => Err(Diagnostic::error(Kind::Usage, unknown.message)
            .help(unknown.help)
            .into()),
    }
}

/// A scenario with what the command line changes in it, judged again afterwards. Warnings are said.
pub fn scenario(
    given: &str,
    settings: &Settings,
    change: impl FnOnce(&mut Scenario) -> Result<(), Refusal>,
    out: &mut Output,
) -> Result<Scenario, Refusal> {
    let loaded = read(given)?;
    let scenario = changed(loaded.scenario.clone(), given, settings, change, out)?;
    if scenario == loaded.scenario {
        out.problems(&loaded.warnings);
    }
    Ok(scenario)
}

/// A scenario that is known to be valid, with what the command line changes in it, judged again if that is anything.
pub fn changed(
    mut scenario: Scenario,
    given: &str,
    settings: &Settings,
    change: impl FnOnce(&mut Scenario) -> Result<(), Refusal>,
    out: &mut Output,
) -> Result<Scenario, Refusal> {
    let before = scenario.clone();
    if let Some(preset) = settings.preset() {
        preset.clone_into(&mut scenario.preset);
    }
    for word in &settings.overrides {
        overrides::set(&mut scenario, word)?;
    }
    change(&mut scenario)?;
    if scenario == before {
        return Ok(scenario);
    }
    let problems = load::check(&scenario, &names());
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        let note = "it was changed by flags, variables or sim.ron";
        return Err(Refusal(
            problems
                .into_iter()
                .map(|problem| problem.in_file(given).note(note))
                .collect(),
        ));
    }
    out.problems(&problems);
    Ok(scenario)
}

fn read(given: &str) -> Result<load::Loaded, Refusal> {
    let path = Path::new(given);
    if let Some(builtin) = builtin::find(given).filter(|_| !path.exists()) {
        return Ok(load::load(&builtin.file(), builtin.text.as_bytes(), &names())?);
    }
    let looks_like_path = given.contains(['/', '\\']) || given.ends_with(".ron");
    if !path.exists() && !looks_like_path {
        let refusal = Refusal::from(Diagnostic::error(
            Kind::Io,
            format!("there is no file and no scenario `{given}`"),
        ));
        let names = builtin::ALL.iter().map(Builtin::name);
        return Err(match did_you_mean(given, names) {
            Some(name) => refusal.help(format!(
                "did you mean `{name}`? write `sim list scenarios` for all scenarios"
            )),
            None => refusal.help("write `sim list scenarios` for those that come with it"),
        });
    }
    Ok(load::load_file(path, &names())?)
}

/// A problem of a scenario that was read without one, with its place in the file, where there is a file.
pub fn placed(problem: Diagnostic, given: &str) -> Refusal {
    let embedded = builtin::find(given).filter(|_| !Path::new(given).exists());
    let text = match embedded {
        Some(builtin) => Ok((builtin.file(), builtin.text.to_owned())),
        None => text(given, Kind::Scenario, load::FILE_BYTES_MAX as u64).map(|text| (given.to_owned(), text)),
    };
    match text {
        Ok((file, text)) => load::placed(problem, &file, &text).into(),
        Err(_) => problem.in_file(given).into(),
    }
}

/// The bytes of a file, or why it cannot be used. `-` is standard input.
pub fn bytes(given: &str, kind: Kind, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to know that there is too much.
    let read = match given {
        "-" => std::io::stdin().take(bytes_max + 1).read_to_end(&mut bytes),
        path => File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes)),
    };
    if let Err(why) = read {
        return Err(Refusal::io(format!("cannot read {given}: {}", reason(&why))));
    }
    if bytes.len() as u64 > bytes_max {
        let message = format!("this is larger than {} MiB", bytes_max >> 20);
        return Err(Diagnostic::error(kind, message)
            .in_file(given)
            .note("nothing was read")
            .into());
    }
    Ok(bytes)
}

/// The text of a file, or why it has none.
pub fn text(given: &str, kind: Kind, bytes_max: u64) -> Result<String, Refusal> {
    let bytes = bytes(given, kind, bytes_max)?;
    let refuse = |message: &str| {
        Diagnostic::error(kind, message.to_owned())
            .in_file(given)
            .note("nothing was read")
    };
    if bytes.contains(&0) {
        return Err(refuse("this is a binary file, not a text").into());
    }
    String::from_utf8(bytes).map_err(|_| refuse("this is not UTF-8 text").into())
}

/// The reason in words that are the same on every system.
pub fn reason(why: &std::io::Error) -> &'static str {
    match why.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a folder",
        std::io::ErrorKind::NotADirectory => "a part of the path is no folder",
        std::io::ErrorKind::AlreadyExists => "a file of this name is in the way",
        std::io::ErrorKind::StorageFull => "the disk is full",
        _ => "the system reports an error",
    }
}
