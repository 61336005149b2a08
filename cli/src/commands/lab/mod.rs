//! `sim lab`: lessons. Lists them, shows one with its tables revealed, checks every cell of them.

mod page;

use scenarios::lab::{ALL, LabReport, Level, OnShelf, Plays, Unplayable, Words, check, find};
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use serde::Serialize;

use super::Call;
use crate::args::{Lab, LabVerb, Lang};
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, counted};
use crate::{crash, interrupt};

/// Does what the command line says.
pub fn run(call: &mut Call<'_>, args: &Lab) -> Ended {
    match &args.verb {
        LabVerb::List => list(call),
        LabVerb::Show { number } => show(call, *number),
        LabVerb::Check {
            number: Some(number), ..
        } => check_some(call, &[on_shelf(*number)?]),
        LabVerb::Check { number: None, .. } => check_some(call, &ALL.iter().collect::<Vec<_>>()),
    }
}

/// The text in the language of the call.
fn said(words: &Words, lang: Lang) -> &str {
    match lang {
        Lang::Ko => &words.ko,
        Lang::En | Lang::Auto => &words.en,
    }
}

/// The word for a level.
fn level(level: Level, lang: Lang) -> &'static str {
    match (level, lang) {
        (Level::FirstSteps, Lang::Ko) => "기초",
        (Level::Operator, Lang::Ko) => "운영",
        (Level::Protocol, Lang::Ko) => "심화",
        (Level::FirstSteps, Lang::En | Lang::Auto) => "first steps",
        (Level::Operator, Lang::En | Lang::Auto) => "operator",
        (Level::Protocol, Lang::En | Lang::Auto) => "protocol",
    }
}

#[derive(Serialize)]
struct Item<'l> {
    number: u16,
    title: &'l str,
    level: &'static str,
    minutes: u16,
}

#[derive(Serialize)]
struct Listing<'l> {
    schema: &'static str,
    labs: Vec<Item<'l>>,
}

fn list(call: &mut Call<'_>) -> Ended {
    let lang = call.settings.lang();
    let labs: Vec<_> = ALL.iter().map(OnShelf::lab).collect();
    if call.out.format != Format::Human {
        let items = labs.iter().map(|lab| Item {
            number: lab.number,
            title: said(&lab.title, lang),
            level: level(lab.level, Lang::En),
            minutes: lab.minutes,
        });
        call.out.json(&Listing {
            schema: "sim.lab.list/1",
            labs: items.collect(),
        });
        return Ok(Exit::Expected);
    }
    let head = match lang {
        Lang::Ko => ["번호", "제목", "수준", "분"],
        Lang::En | Lang::Auto => ["lab", "title", "level", "minutes"],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(labs.iter().map(|lab| {
        vec![
            lab.number.to_string(),
            said(&lab.title, lang).to_owned(),
            level(lab.level, lang).to_owned(),
            lab.minutes.to_string(),
        ]
    }));
    call.out.columns(&rows);
    Ok(Exit::Expected)
}

fn on_shelf(number: u16) -> Result<&'static OnShelf, Refusal> {
    find(number).ok_or_else(|| {
        let numbers: Vec<String> = ALL.iter().map(|lab| lab.lab().number.to_string()).collect();
        let message = format!("there is no lab {number}");
        Refusal::from(Diagnostic::error(Kind::Usage, message)).help(format!("there are {}", numbers.join(", ")))
    })
}

fn show(call: &mut Call<'_>, number: u16) -> Ended {
    let lab = on_shelf(number)?.lab();
    crash::working_on(format!("lab {number}"));
    let plays = Plays::of(&lab).map_err(unplayable)?;
    match call.out.format {
        Format::Human => {
            let page = page::page(&lab, &plays, call.settings.lang()).map_err(unplayable)?;
            call.out.text(page);
        }
        Format::Json | Format::Jsonl => call.out.json(&page::object(&lab, &plays).map_err(unplayable)?),
    }
    Ok(Exit::Expected)
}

fn unplayable(why: Unplayable) -> Refusal {
    Diagnostic::error(Kind::Lab, why.to_string()).into()
}

#[derive(Serialize)]
struct Checked {
    schema: &'static str,
    labs: Vec<LabReport>,
    cells: usize,
    equal: usize,
    exit: u8,
}

/// Plays these labs and compares every cell.
fn check_some(call: &mut Call<'_>, labs: &[&'static OnShelf]) -> Ended {
    let mut reports = Vec::new();
    for shelf in labs {
        if interrupt::asked() {
            return Ok(Exit::Interrupted);
        }
        crash::working_on(shelf.folder.to_owned());
        reports.push(check(shelf).map_err(unplayable)?);
    }
    let cells = reports.iter().map(|report| report.cells).sum();
    let equal = cells - reports.iter().map(equal_missing).sum::<usize>();
    let same = reports.iter().all(|report| report.differ.is_empty());
    let exit = if same { Exit::Expected } else { Exit::Unexpected };
    match call.out.format {
        Format::Json | Format::Jsonl => call.out.json(&Checked {
            schema: "sim.lab.check/1",
            labs: reports,
            cells,
            equal,
            exit: exit.code(),
        }),
        Format::Human => {
            for report in &reports {
                let count = report.cells - equal_missing(report);
                call.out.line(format_args!(
                    "lab {:>2}   cells {:>4}   equal {count:>4}",
                    report.number, report.cells
                ));
                for cell in &report.differ {
                    call.out.line(format_args!("  {cell}"));
                }
            }
            let labs = counted(reports.len() as u64, "lab");
            call.out.line(format_args!("{labs}   cells {cells}   equal {equal}"));
        }
    }
    Ok(exit)
}

/// Cells that should be there and are not as they should be; what is too much is none of those.
fn equal_missing(report: &LabReport) -> usize {
    report.differ.iter().filter(|cell| cell.expected.is_some()).count()
}
