//! `sim new bug`: the folder of a bug, made from a trace that shows it.

use std::path::Path;

use scenarios::bugs::draft::{Draft, draft};
use serde::Serialize;

use super::{Call, mutants, replay};
use crate::args::{New, Thing};
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, counted};
use crate::{input, traces};

/// Makes what the call names.
pub fn run(call: &mut Call<'_>, args: &New) -> Ended {
    match args.what {
        Thing::Bug => bug(call, args),
    }
}

fn bug(call: &mut Call<'_>, args: &New) -> Ended {
    call.settings
        .flag("max-tries", args.max_tries.map(|tries| tries.to_string()));
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if args.name.is_empty() || !args.name.chars().all(plain) {
        let refusal = Refusal::usage(format!("`{}` is no name for a folder", args.name));
        return Err(refusal.help("use small letters, digits and `-`, such as kafka-7128"));
    }
    let folder = format!("{}/{}", args.folder, args.name);
    if Path::new(&folder).exists() {
        return Err(Refusal::io(format!("{folder} is there already")).help("choose another name"));
    }
    let fitting = replay::load(&args.from)?;
    // A folder without budgets of its own takes those that come with sim.
    let budgets = Path::new(&args.folder).join("budgets.ron");
    let catalogue = mutants::catalogue(budgets.exists().then_some(args.folder.as_str()))?;
    let tries = call.settings.number("max-tries");
    let made =
        draft(&args.name, &fitting.trace, &catalogue.budgets, tries).map_err(|problem| Refusal::from(*problem))?;
    write(&folder, &made)?;
    let files = ["bug.ron", "scenario.ron", "story.md", "regression.trace.ron"];
    match call.out.format {
        Format::Human => {
            for file in files {
                call.out.line(format_args!("{folder}/{file}"));
            }
            let steps = counted(made.regression.steps.len() as u64, "step");
            call.out.line(format_args!(
                "\n{steps} show it. Fill in the card and the story: docs/adding-a-bug.md."
            ));
            call.out.line(format_args!(
                "  see it      sim replay {folder}/regression.trace.ron --diff"
            ));
        }
        Format::Json | Format::Jsonl => call.out.json(&Json {
            schema: "sim.new/1",
            folder: &folder,
            files: &files,
            steps: made.regression.steps.len(),
            exit: 0,
        }),
    }
    Ok(Exit::Expected)
}

#[derive(Serialize)]
struct Json<'n> {
    schema: &'static str,
    folder: &'n str,
    files: &'n [&'n str],
    steps: usize,
    exit: u8,
}

fn write(folder: &str, made: &Draft) -> Result<(), Refusal> {
    let refused = |what: &str, why: &std::io::Error| {
        let refusal = Refusal::io(format!("cannot write {what}: {}", input::reason(why)));
        refusal.help("choose another place with --folder")
    };
    std::fs::create_dir_all(folder).map_err(|why| refused(folder, &why))?;
    for (file, text) in [
        ("bug.ron", &made.card),
        ("scenario.ron", &made.scenario),
        ("story.md", &made.story),
    ] {
        let path = format!("{folder}/{file}");
        std::fs::write(&path, text).map_err(|why| refused(&path, &why))?;
    }
    traces::save_as(&made.regression, &format!("{folder}/regression.trace.ron"))
}
