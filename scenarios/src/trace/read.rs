//! Owns the way from the text of a trace file to a trace, or to what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;

use models::Kafka;
use ron::error::SpannedError;
use ron::value::RawValue;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sim_core::trace::Decision;
use sim_core::{Action, Digest};

use super::{FORMAT_VERSION, Header, TraceFile, TraceStep, Violated};
use crate::build::names;
use crate::scenario::diagnostic::{Diagnostic, Kind, MarkStyle, Place};
use crate::scenario::load::check;
use crate::scenario::outline::{Flaw, Outline};
use crate::scenario::ron_options;
use crate::scenario::schema::{Clock, Scenario};
use crate::scenario::source::Source;
use crate::scenario::syntax::explain_flaw;
use crate::scenario::{diagnostic::Severity, text::Text};

/// Fields of a trace file.
const FIELDS: &[&str] = &[
    "format",
    "build",
    "rules_revision",
    "preset",
    "seed",
    "clock",
    "parent",
    "why",
    "violated",
    "labels",
    "scenario",
    "steps",
];

/// A trace file is at most this large, in bytes.
pub const FILE_BYTES_MAX: usize = 64 << 20;

impl TraceFile {
    /// Reads the text of a trace file that was given as `file`.
    ///
    /// # Errors
    /// When the text is no trace, has another format, or its scenario cannot be simulated by this build.
    pub fn parse(file: &str, text: &str) -> Result<TraceFile, Box<Diagnostic>> {
        if text.len() > FILE_BYTES_MAX {
            return Err(wrong(file, "the file is too large for a trace"));
        }
        let Format(format) = ron_options()
            .from_str(text)
            .map_err(|why| unreadable(file, text, &why))?;
        if format != FORMAT_VERSION {
            let sentence = format!("written by format {format}, this build reads {FORMAT_VERSION}");
            let problem = wrong(file, &sentence);
            return Err(if format > FORMAT_VERSION {
                Box::new(problem.help("use the newer sim"))
            } else {
                problem
            });
        }
        let Whole(trace) = ron_options()
            .from_str(text)
            .map_err(|why| unreadable(file, text, &why))?;
        if let Some(problem) = check(&trace.scenario, &names())
            .into_iter()
            .find(|p| p.severity == Severity::Error)
        {
            return Err(in_scenario(file, problem));
        }
        match trace.built() {
            Ok(_) => Ok(trace),
            Err(problem) => Err(in_scenario(file, *problem)),
        }
    }
}

fn wrong(file: &str, sentence: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Kind::Trace, sentence).in_file(file))
}

/// Why a text is no trace: it is something else, it ends too early, or a value is not what should stand there.
fn unreadable(file: &str, text: &str, why: &SpannedError) -> Box<Diagnostic> {
    let source = Source { file, text };
    let outline = Outline::of(text);
    if outline.has_fields(text, &["control", "brokers"]) {
        let problem = wrong(file, "this is a scenario, not a trace");
        return Box::new(problem.help(format!("`sim run {file}` plays it")));
    }
    if let Some(flaw) = outline.flaws.last() {
        let mut problem = explain_flaw(&source, flaw);
        problem.kind = Kind::Trace;
        if matches!(flaw, Flaw::NoValue { .. }) {
            problem.message = "there is no trace in this file".into();
        }
        return Box::new(problem);
    }
    if let ron::Error::Message(sentence) = &why.code {
        return wrong(file, sentence);
    }
    if let ron::Error::MissingStructField { field, .. } = &why.code {
        let sentence = format!("the field `{field}` is missing, which every trace has");
        return wrong(file, &sentence);
    }
    let at = |position: &ron::error::Position| Place {
        line: u32::try_from(position.line).unwrap_or(u32::MAX),
        column: u32::try_from(position.col).unwrap_or(u32::MAX),
    };
    let (start, end) = (source.offset(at(&why.span.start)), source.offset(at(&why.span.end)));
    let sentence = match &why.code {
        ron::Error::NoSuchEnumVariant { found, .. } => format!("`{found}` is no action that this build knows"),
        ron::Error::NoSuchStructField { found, .. } => format!("there is no field `{found}` here"),
        other => format!("this cannot be understood: {other}"),
    };
    let problem = wrong(file, &sentence).at(source.place(start));
    Box::new(problem.show(source.line(start, end, MarkStyle::Caret, None)))
}

/// A problem of the scenario inside a trace.
fn in_scenario(file: &str, problem: Diagnostic) -> Box<Diagnostic> {
    let path = problem
        .path
        .map_or("scenario".to_owned(), |path| format!("scenario.{path}"));
    let sentence: Text = problem.message;
    let mut told = Diagnostic::error(Kind::Trace, sentence).in_file(file).about(path);
    told.help = problem.help;
    told.notes = problem.notes;
    Box::new(told)
}

/// The format of a file, whatever else it says.
struct Format(u32);

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Format;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a trace")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Format, A::Error> {
                let mut format = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "format" {
                        format = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                format.map(Format).ok_or_else(|| de::Error::missing_field("format"))
            }
        }
        deserializer.deserialize_struct("", FIELDS, Look)
    }
}

#[derive(Deserialize)]
struct Row(usize, Action<Kafka>, Vec<u32>, String, String);

/// A whole file.
struct Whole(TraceFile);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("", FIELDS, Fields::default())
    }
}

#[derive(Default)]
struct Fields {
    format: Option<u32>,
    build: Option<String>,
    rules_revision: Option<u32>,
    preset: Option<String>,
    seed: Option<u64>,
    clock: Option<Clock>,
    parent: Option<String>,
    why: Option<String>,
    violated: Option<Violated>,
    labels: BTreeMap<String, usize>,
    unknown: BTreeMap<String, Box<RawValue>>,
    scenario: Option<Scenario>,
    steps: Option<Vec<Row>>,
}

impl<'de> Visitor<'de> for Fields {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a trace")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Whole, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "format" => self.format = Some(map.next_value()?),
                "build" => self.build = Some(map.next_value()?),
                "rules_revision" => self.rules_revision = Some(map.next_value()?),
                "preset" => self.preset = Some(map.next_value()?),
                "seed" => self.seed = Some(map.next_value()?),
                "clock" => self.clock = Some(map.next_value()?),
                "parent" => self.parent = map.next_value()?,
                "why" => self.why = map.next_value()?,
                "violated" => self.violated = map.next_value()?,
                "labels" => self.labels = map.next_value()?,
                "scenario" => self.scenario = Some(map.next_value()?),
                "steps" => self.steps = Some(map.next_value()?),
                _ => {
                    self.unknown.insert(key, map.next_value()?);
                }
            }
        }
        self.whole().map(Whole)
    }
}

impl Fields {
    fn whole<E: de::Error>(self) -> Result<TraceFile, E> {
        let missing = |field: &'static str| move || E::missing_field(field);
        let header = Header {
            format: self.format.ok_or_else(missing("format"))?,
            build: self.build.ok_or_else(missing("build"))?,
            rules_revision: self.rules_revision.ok_or_else(missing("rules_revision"))?,
            preset: self.preset.ok_or_else(missing("preset"))?,
            seed: self.seed.ok_or_else(missing("seed"))?,
            clock: self.clock.ok_or_else(missing("clock"))?,
            parent: self.parent,
            why: self.why,
            violated: self.violated,
            labels: self.labels,
            unknown: self.unknown,
        };
        let rows = self.steps.ok_or_else(missing("steps"))?;
        let steps = rows
            .into_iter()
            .enumerate()
            .map(|(at, row)| step(at + 1, row))
            .collect::<Result<_, _>>()?;
        Ok(TraceFile {
            header,
            scenario: self.scenario.ok_or_else(missing("scenario"))?,
            steps,
        })
    }
}

/// One row; its number must be that of its place, so that a lost line is noticed.
fn step<E: de::Error>(place: usize, row: Row) -> Result<TraceStep, E> {
    let Row(number, action, choices, digest, what) = row;
    if number != place {
        return Err(E::custom(format_args!(
            "step {number} stands where step {place} should"
        )));
    }
    let digest = match digest.as_str() {
        "" => None,
        text => Some(Digest::try_from(text.to_owned()).map_err(|why| E::custom(format_args!("step {number}: {why}")))?),
    };
    Ok(TraceStep {
        decision: Decision { action, choices },
        digest,
        what,
    })
}
