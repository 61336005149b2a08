//! A command line that cannot be understood, in the words of all other errors.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use scenarios::scenario::names::did_you_mean;

use crate::args::Cli;

/// What is wrong with the command line.
pub fn diagnostic(error: &clap::Error) -> Diagnostic {
    let flag = first_word(&get(error, ContextKind::InvalidArg));
    let value = get(error, ContextKind::InvalidValue);
    let message = match error.kind() {
        ErrorKind::ArgumentConflict => match get(error, ContextKind::PriorArg) {
            prior if first_word(&prior) == flag => format!("{flag} is given twice"),
            prior => format!("{flag} and {} cannot be used together", first_word(&prior)),
        },
        ErrorKind::UnknownArgument => format!("there is no flag or argument `{flag}` here"),
        ErrorKind::InvalidSubcommand => format!("`{}` is not a command", get(error, ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue if !flag.starts_with('-') => {
            format!("{} expects {}, got `{value}`", name(&flag), expected(error))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{flag} expects {}", expected(error)),
        ErrorKind::InvalidValue => format!("{flag} expects {}, got `{value}`", expected(error)),
        ErrorKind::ValueValidation => format!("{flag} expects {}, got `{value}`", expected(error)),
        ErrorKind::MissingRequiredArgument => format!("{} is missing", get(error, ContextKind::InvalidArg)),
        ErrorKind::TooManyValues => format!("{flag} has one value too many: `{value}`"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            format!("{flag} needs a value")
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => error.kind().to_string(),
    };
    let mut problem = Diagnostic::error(Kind::Usage, message);
    problem.help = help(error).map(Into::into);
    problem
}

/// What would have been right.
fn expected(error: &clap::Error) -> String {
    let own = std::error::Error::source(error).map(ToString::to_string);
    let words = || match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(words)) if !words.is_empty() => format!("one of {}", words.join(", ")),
        _ => "a value".to_owned(),
    };
    own.unwrap_or_else(words)
}

fn help(error: &clap::Error) -> Option<String> {
    if error.kind() == ErrorKind::InvalidSubcommand {
        return Some(command_meant(&get(error, ContextKind::InvalidSubcommand)));
    }
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let suggested = suggested
        .into_iter()
        .map(|kind| get(error, kind))
        .find(|words| !words.is_empty());
    let meant = |words: String| {
        words
            .split(", ")
            .next()
            .map(|word| format!("did you mean `{}`?", first_word(word)))
    };
    let general = match error.kind() {
        ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument => {
            Some("write the command with `--help` for its flags and examples".to_owned())
        }
        _ => None,
    };
    suggested.and_then(meant).or(general)
}

/// The command that was meant, by the measure that all names are compared with.
fn command_meant(word: &str) -> String {
    let commands = Cli::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    match did_you_mean(word, names) {
        Some(name) => format!("did you mean `{name}`? write `sim` for all commands"),
        None => "write `sim` for all commands".to_owned(),
    }
}

/// `WHAT` of `[WHAT]`, which clap puts in brackets.
fn name(argument: &str) -> &str {
    argument.trim_matches(['[', ']', '<', '>', '.'])
}

fn get(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(all)) => all.join(", "),
        _ => String::new(),
    }
}

/// `--runs` of `--runs <N>`.
fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or(text).to_owned()
}
