//! Values that hold where no flag says otherwise: flags, then variables `SIM_*`, then sim.ron, then defaults.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use scenarios::scenario::config_value::ConfigValue;
use scenarios::scenario::diagnostic::{Diagnostic, Kind, Place};
use scenarios::scenario::ron_options;
use serde::Deserialize;

use crate::args::{Global, Lang};
use crate::exit::Refusal;
use crate::output::{Characters, Format, Talk, When};
use crate::parse;

/// Name of the settings file.
const FILE: &str = "sim.ron";
/// A settings file is small.
const FILE_BYTES_MAX: u64 = 1 << 16;

/// One setting of the program.
pub struct Setting {
    /// Its name: `max-states` is `--max-states`, `SIM_MAX_STATES`, and `max_states` in sim.ron.
    pub name: &'static str,
    /// Its value where nobody sets it.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
    /// What is expected, if a value is not one.
    refuse: fn(&str) -> Result<(), String>,
}

/// Declares the settings, and the file's fields of the same names.
macro_rules! settings {
    ($($field:ident $name:literal $default:literal $about:literal $refuse:expr;)*) => {
        /// All settings.
        pub const SETTINGS: &[Setting] =
            &[$(Setting { name: $name, default: $default, about: $about, refuse: $refuse },)*];

        /// The fields of sim.ron.
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct File { $($field: Option<ConfigValue>,)* }

        impl File {
            fn get(&self, name: &str) -> Option<String> {
                match name {
                    $($name => self.$field.as_ref().map(ToString::to_string),)*
                    _ => None,
                }
            }
        }
    };
}

settings! {
    ascii "ascii" "false" "no box drawing, arrows or block elements" |text| one_of(&["true", "false"], text);
    color "color" "auto" "when colour is used: auto, always, never" word::<When>;
    format "format" "human" "how the answer is written: human, json, jsonl" word::<Format>;
    jobs "jobs" "auto" "threads; auto is all cores; speed only" jobs;
    lang "lang" "auto" "language of prose: en, ko, auto" word::<Lang>;
    max_mem "max-mem" "4GiB" "a search stops rather than use more memory" |text| parse::memory(text).map(|_| ());
    max_states "max-states" "1000000000" "a search stops rather than keep more states" |text| parse::size(text).map(|_| ());
    max_tries "max-tries" "20000" "candidates that shrinking replays at most" |text| parse::count(text).map(|_| ());
    out "out" "out" "folder for traces" |_| Ok(());
    preset "preset" "" "rules to run instead of the scenario's own" preset;
    runs "runs" "1000" "seeds that exploring tries" |text| parse::count(text).map(|_| ());
    sampler "sampler" "swarm" "who picks the next action while exploring" sampler;
}

fn one_of(words: &[&str], text: &str) -> Result<(), String> {
    if words.contains(&text) {
        Ok(())
    } else {
        Err(format!("one of {}", words.join(", ")))
    }
}

fn word<T: ValueEnum>(text: &str) -> Result<(), String> {
    let words: Vec<String> = T::value_variants()
        .iter()
        .filter_map(|v| Some(v.to_possible_value()?.get_name().to_owned()))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    one_of(&words, text)
}

fn jobs(text: &str) -> Result<(), String> {
    if text == "auto" {
        Ok(())
    } else {
        parse::jobs(text)
            .map(|_| ())
            .map_err(|expected| format!("auto or {expected}"))
    }
}

fn preset(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Ok(())
    } else {
        one_of(scenarios::build::names().presets, text)
    }
}

fn sampler(text: &str) -> Result<(), String> {
    one_of(scenarios::build::names().samplers, text)
}

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// The command line.
    Flag,
    /// A variable, by name.
    Variable(String),
    /// A settings file, as seen from the current folder.
    File(String),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag => f.write_str("flag"),
            Source::Variable(name) => f.write_str(name),
            Source::File(path) => f.write_str(path),
            Source::Default => f.write_str("default"),
        }
    }
}

/// The effective values.
pub struct Settings {
    values: Vec<(&'static Setting, String, Source)>,
    /// Words about the scenario, from `--set`.
    pub overrides: Vec<String>,
    /// Whether wall-clock figures are printed.
    pub timing: Timing,
    /// How much is said on stderr.
    pub talk: Talk,
}

/// Whether wall-clock figures are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timing {
    /// They are not: output stays the same from run to run.
    Hidden,
    /// They are.
    Shown,
}

impl Settings {
    /// Values for a call with these flags.
    ///
    /// # Errors
    /// When sim.ron cannot be understood, or a variable has a value that its setting cannot have.
    pub fn of(global: &Global) -> Result<Settings, Refusal> {
        let found = if global.no_config { None } else { find_file() };
        let file = found
            .map(|(path, shown)| read_file(&path, &shown).map(|file| (file, shown)))
            .transpose()?;
        let mut values = Vec::new();
        for setting in SETTINGS {
            let (value, source) = outside(setting, global, file.as_ref());
            (setting.refuse)(&value).map_err(|expected| refused(setting, &value, &source, &expected))?;
            values.push((setting, value, source));
        }
        let talk = match (global.quiet, global.verbose) {
            (true, _) => Talk::Quiet,
            (false, 0) => Talk::Normal,
            (false, 1) => Talk::Verbose,
            (false, _) => Talk::Detailed,
        };
        let timing = if global.timing { Timing::Shown } else { Timing::Hidden };
        let mut settings = Settings {
            values,
            overrides: global.set.clone(),
            timing,
            talk,
        };
        settings.flag("format", global.format.map(name_of));
        settings.flag("color", global.color.map(name_of));
        settings.flag("lang", global.lang.map(name_of));
        settings.flag("ascii", global.ascii.then(|| "true".to_owned()));
        if let Some(preset) = &global.preset {
            known_preset(preset)?;
            settings.flag("preset", Some(preset.clone()));
        }
        Ok(settings)
    }

    /// A flag of the command line, if it was given, wins over everything.
    pub fn flag(&mut self, name: &str, given: Option<String>) {
        if let Some(value) = given {
            let place = self.values.iter_mut().find(|(setting, ..)| setting.name == name);
            let place = place.expect("only settings of the table have flags");
            (place.1, place.2) = (value, Source::Flag);
        }
    }

    /// All values with their sources, by name.
    pub fn all(&self) -> impl Iterator<Item = (&'static Setting, &str, &Source)> {
        self.values
            .iter()
            .map(|(setting, value, source)| (*setting, value.as_str(), source))
    }

    fn get(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(setting, ..)| setting.name == name);
        &found.expect("only settings of the table are asked for").1
    }

    /// How the answer is written.
    pub fn format(&self) -> Format {
        Format::from_str(self.get("format"), false).expect("checked when it was read")
    }

    /// When colour is used.
    pub fn color(&self) -> When {
        When::from_str(self.get("color"), false).expect("checked when it was read")
    }

    /// Which characters may be used.
    pub fn characters(&self) -> Characters {
        if self.get("ascii") == "true" {
            Characters::Ascii
        } else {
            Characters::Unicode
        }
    }

    /// English or Korean; never auto.
    pub fn lang(&self) -> Lang {
        match Lang::from_str(self.get("lang"), false).expect("checked when it was read") {
            Lang::Auto => environment_lang(),
            named => named,
        }
    }

    /// Threads.
    pub fn jobs(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.get("jobs").parse().unwrap_or_else(|_| all())
    }

    /// A number among the settings.
    pub fn number(&self, name: &str) -> u64 {
        self.get(name).parse().expect("checked when it was read")
    }

    /// Memory that a search may use, in bytes.
    pub fn memory(&self) -> u64 {
        parse::memory(self.get("max-mem")).expect("a setting is refused when it is read, or fits")
    }

    /// The folder for traces.
    pub fn out(&self) -> &str {
        self.get("out")
    }

    /// Rules to run instead of the scenario's own.
    pub fn preset(&self) -> Option<&str> {
        Some(self.get("preset")).filter(|preset| !preset.is_empty())
    }

    /// The name of the sampler.
    pub fn sampler(&self) -> &str {
        self.get("sampler")
    }
}

fn name_of<T: ValueEnum>(value: T) -> String {
    value
        .to_possible_value()
        .expect("no value is hidden")
        .get_name()
        .to_owned()
}

/// Refuses a preset that does not exist.
pub fn known_preset(preset: &str) -> Result<(), Refusal> {
    let names = scenarios::build::names().presets;
    crate::input::known("preset", "presets", preset, names)
}

/// The value of a setting beside flags.
fn outside(setting: &Setting, global: &Global, file: Option<&(File, String)>) -> (String, Source) {
    let variable = variable_of(setting.name);
    if !global.no_config
        && let Ok(value) = std::env::var(&variable)
    {
        return (value, Source::Variable(variable));
    }
    if let Some((file, shown)) = file
        && let Some(value) = file.get(setting.name)
    {
        return (value, Source::File(shown.clone()));
    }
    (setting.default.to_owned(), Source::Default)
}

/// `SIM_MAX_STATES` for `max-states`.
fn variable_of(name: &str) -> String {
    format!("SIM_{}", name.to_ascii_uppercase().replace('-', "_"))
}

fn refused(setting: &Setting, value: &str, source: &Source, expected: &str) -> Refusal {
    let message = format!(
        "the setting {} from {source} expects {expected}, got `{value}`",
        setting.name
    );
    match source {
        Source::File(file) => Diagnostic::error(Kind::Io, message).in_file(file.clone()).into(),
        Source::Flag | Source::Variable(_) | Source::Default => Refusal::usage(message),
    }
}

fn environment_lang() -> Lang {
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let set = variables
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    if set.is_some_and(|value| value.starts_with("ko")) {
        Lang::Ko
    } else {
        Lang::En
    }
}

/// The settings file of the current folder or of a parent up to the repository's root, with its name as seen from here.
/// Outside a repository only the current folder counts.
fn find_file() -> Option<(PathBuf, String)> {
    let here = std::env::current_dir().ok()?;
    let root = here
        .ancestors()
        .position(|folder| folder.join(".git").exists())
        .unwrap_or(0);
    let folders = here.ancestors().take(root + 1).enumerate();
    let mut files = folders.map(|(up, folder)| (folder.join(FILE), format!("{}{FILE}", "../".repeat(up))));
    files.find(|(path, _)| path.is_file())
}

fn read_file(path: &Path, shown: &str) -> Result<File, Refusal> {
    let refuse = |message: String| Diagnostic::error(Kind::Io, message).in_file(shown);
    let size = fs::metadata(path).map(|meta| meta.len()).unwrap_or(0);
    if size > FILE_BYTES_MAX {
        return Err(refuse("the settings file is larger than 64 KiB".to_owned()).into());
    }
    let text = fs::read_to_string(path).map_err(|_| refuse("the settings file cannot be read as text".to_owned()))?;
    ron_options().from_str(&text).map_err(|error| {
        let names: Vec<String> = SETTINGS.iter().map(|setting| setting.name.replace('-', "_")).collect();
        let start = error.span.start;
        let place = Place {
            line: start.line as u32,
            column: start.col as u32,
        };
        let problem = refuse(format!("the settings cannot be understood: {}", error.code)).at(place);
        problem.help(format!("settings: {}", names.join(", "))).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_that_its_setting_may_have() {
        for setting in SETTINGS {
            assert_eq!((setting.refuse)(setting.default), Ok(()), "{}", setting.name);
        }
        assert!(SETTINGS.is_sorted_by_key(|setting| setting.name));
    }

    #[test]
    fn variables_are_named_after_settings() {
        assert_eq!(variable_of("max-states"), "SIM_MAX_STATES");
    }
}
