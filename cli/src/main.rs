//! The `sim` command: parse, call, map to the exit code; nothing else.

mod args;
mod commands;
mod crash;
mod exit;
mod expected;
mod input;
mod interrupt;
mod map;
mod output;
mod overrides;
mod parse;
mod place;
mod progress;
mod settings;
mod traces;
mod usage;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::Cli;
use exit::{Exit, Refusal};
use output::{Characters, Format, Output, Talk, When};
use settings::Settings;

fn main() -> ExitCode {
    let typed: Vec<String> = std::env::args().skip(1).collect();
    crash::install(format!("sim {}", typed.join(" ")).trim_end().to_owned());
    interrupt::listen();
    let exit = match Cli::try_parse() {
        Ok(cli) => call(cli),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let mut out = plain(&typed);
            out.text(error);
            out.flush();
            Exit::Expected
        }
        Err(error) => refuse(&mut plain(&typed), &usage::diagnostic(&error).into()),
    };
    ExitCode::from(exit.code())
}

fn call(cli: Cli) -> Exit {
    let settings = match Settings::of(&cli.global) {
        Ok(settings) => settings,
        Err(refusal) => {
            let format = cli.global.format.unwrap_or(Format::Human);
            let when = cli.global.color.unwrap_or(When::Auto);
            return refuse(
                &mut Output::new(format, when, Characters::Unicode, Talk::Normal),
                &refusal,
            );
        }
    };
    let mut out = Output::new(
        settings.format(),
        settings.color(),
        settings.characters(),
        settings.talk,
    );
    let exit = match commands::call(cli.verb, settings, &mut out) {
        Ok(exit) => exit,
        Err(refusal) => refuse(&mut out, &refusal),
    };
    out.flush();
    exit
}

fn refuse(out: &mut Output, refusal: &Refusal) -> Exit {
    out.problems(&refusal.0);
    refusal.exit()
}

/// The streams of a call whose flags could not be read; the form of errors is looked for all the same.
fn plain(typed: &[String]) -> Output {
    let pairs = typed
        .windows(2)
        .any(|pair| pair[0] == "--format" && pair[1].starts_with("json"));
    let json = pairs || typed.iter().any(|word| word.starts_with("--format=json"));
    let format = if json { Format::Json } else { Format::Human };
    Output::new(format, When::Auto, Characters::Unicode, Talk::Normal)
}
