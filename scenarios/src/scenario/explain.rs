//! Owns the sentences for what the RON parser does not accept: from its error code to words about the scenario.

use std::ops::Range;

use ron::error::SpannedError;
use serde::de::DeserializeOwned;

use crate::scenario::diagnostic::{Diagnostic, Place};
use crate::scenario::event::{AdminCommand, Disk, ElectionKind, Event, StopKind};
use crate::scenario::messages as say;
use crate::scenario::names::{did_you_mean, listed};
use crate::scenario::outline::Outline;
use crate::scenario::path::{Path, Segment};
use crate::scenario::schema::{Acks, Client, Clock, Control, Expectation, Reset, Start};
use crate::scenario::source::Source;
use crate::scenario::syntax::{pointed, ron_options};
use crate::scenario::text::Text;
use crate::scenario::time_span::TimeSpan;

/// How many field names a help line shows.
const FIELDS_SHOWN: usize = 6;

/// How many characters of a wrong value a sentence shows.
const WORD_SHOWN: usize = 40;

/// An error of the parser with its place in the outline.
#[derive(Debug)]
pub struct Fault {
    /// The parser's error code.
    pub code: ron::Error,
    /// Offset that the parser stopped at.
    pub offset: usize,
    /// Bytes that are wrong: the misspelt word, the value, or the value that lacks a field.
    pub span: Range<usize>,
    /// Path of the value.
    pub path: Path,
    /// Which part of the element it is.
    pub part: Part,
}

/// A part of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its key, which is no name or not in quotes.
    Key,
    /// Anything else.
    Value,
}

impl Fault {
    /// Finds what the parser complains about. `copy` is the text that it read; offsets are the same in the original.
    pub fn of(error: &SpannedError, copy: &Source<'_>, original: &str, outline: &Outline) -> Fault {
        let place = |position: &ron::error::Position| Place {
            line: small(position.line),
            column: small(position.col),
        };
        let start = copy.offset(place(&error.span.start));
        let end = copy.offset(place(&error.span.end));
        let offset = start + copy.text[start..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let code = error.code.clone();
        let missing = matches!(code, ron::Error::MissingStructField { .. });
        let trail = if missing {
            outline.groups(original, offset)
        } else {
            outline.trail(original, offset)
        };
        let last = trail.last();
        let path = last.map(|(path, _)| path.clone()).unwrap_or_default();
        let key = last
            .and_then(|(_, item)| item.key.clone())
            .filter(|key| key.contains(&offset));
        let (span, part) = match &code {
            _ if missing => {
                let group = last.map(|(_, item)| &item.value).or(outline.root.as_ref());
                (group.map_or(0..0, |group| group.span.clone()), Part::Value)
            }
            ron::Error::NoSuchStructField { .. }
            | ron::Error::DuplicateStructField { .. }
            | ron::Error::NoSuchEnumVariant { .. } => (start..end, Part::Value),
            _ => match key {
                Some(key) => (key, Part::Key),
                None => (
                    last.map_or(offset..end.max(offset), |(_, item)| item.value.head()),
                    Part::Value,
                ),
            },
        };
        Fault {
            code,
            offset,
            span,
            path,
            part,
        }
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The problem in words.
pub fn explain(fault: &Fault, source: &Source<'_>, outline: &Outline) -> Diagnostic {
    let word = shortened(source.text.get(fault.span.clone()).unwrap_or_default());
    let problem = match &fault.code {
        ron::Error::NoSuchStructField { expected, .. } => {
            let problem = pointed(source, say::FIELD_UNKNOWN.with(&[("word", &word)]), fault.span.clone());
            problem.help(fields_help(&word, expected))
        }
        ron::Error::DuplicateStructField { .. } => {
            pointed(source, say::FIELD_TWICE.with(&[("word", &word)]), fault.span.clone())
        }
        ron::Error::MissingStructField { field, .. } => {
            let group = outline
                .groups(source.text, fault.offset)
                .last()
                .map(|(_, item)| item.value.head());
            return missing_field(source, group, fault, field);
        }
        ron::Error::NoSuchEnumVariant { expected, outer, .. } => {
            let kind = outer.as_deref().unwrap_or_default();
            let message = say::VARIANT_UNKNOWN.with(&[("word", &word), ("noun", &noun(kind))]);
            pointed(source, message, fault.span.clone()).help(variants_help(&word, kind, expected))
        }
        _ => wrong_value(fault, source, &word),
    };
    problem.about(fault.path.to_string())
}

fn fields_help(word: &str, expected: &[&str]) -> Text {
    let fields = listed(expected, FIELDS_SHOWN);
    match did_you_mean(word, expected.iter().copied()) {
        Some(name) => say::HELP_MEANT_FIELDS.with(&[("name", &name), ("fields", &fields)]),
        None => say::HELP_FIELDS.with(&[("fields", &fields)]),
    }
}

fn variants_help(word: &str, kind: &str, expected: &[&str]) -> Text {
    let meant = did_you_mean(word, expected.iter().copied());
    let names = listed(expected, usize::MAX);
    match (kind, meant) {
        ("Event", Some(name)) => {
            say::HELP_MEANT_LIST.with(&[("name", &name), ("list", &"faults"), ("what", &"events")])
        }
        ("Event", None) => say::HELP_LIST.with(&[("list", &"faults"), ("what", &"events")]),
        (_, Some(name)) => say::HELP_MEANT_ONE_OF.with(&[("name", &name), ("names", &names)]),
        (_, None) => say::HELP_ONE_OF.with(&[("names", &names)]),
    }
}

/// What the variants of an enum of the schema are.
fn noun(kind: &str) -> &'static str {
    match kind {
        "Event" => "an event",
        "AdminCommand" => "an operator command",
        "Client" => "a kind of client",
        "Control" => "a kind of control",
        "StopKind" => "a way to stop",
        "Disk" => "a state of a disk",
        "ElectionKind" => "a kind of election",
        "Expectation" => "an expectation",
        "Start" => "a way to start",
        _ => "a valid word here",
    }
}

fn missing_field(source: &Source<'_>, group: Option<Range<usize>>, fault: &Fault, field: &str) -> Diagnostic {
    let span = group.unwrap_or(fault.span.clone());
    let name = source.text.get(span.clone()).unwrap_or_default();
    let named = name.starts_with(|c: char| c.is_alphabetic());
    let (owner, span) = match fault.path.segments().len() {
        _ if named => (format!("`{name}`"), span),
        0 => ("the scenario".to_owned(), span.start..span.start + 1),
        _ => ("this".to_owned(), span.start..span.start + 1),
    };
    let message = say::FIELD_MISSING.with(&[("owner", &owner), ("word", &field)]);
    pointed(source, message, span).about(fault.path.to_string())
}

fn wrong_value(fault: &Fault, source: &Source<'_>, word: &str) -> Diagnostic {
    let told = |message: Text| pointed(source, message, fault.span.clone());
    let wrong = |expected: &str| told(say::VALUE_WRONG.with(&[("expected", &expected), ("word", &word)]));
    if fault.part == Part::Key {
        return wrong("a text in quotes");
    }
    if let ron::Error::Message(message) = &fault.code {
        return match word.trim_matches('"').parse::<TimeSpan>() {
            Err(why) if is_time(&fault.path) => {
                told(say::TIME_WRONG.with(&[("word", &word), ("why", &why)])).help(&say::HELP_TIME)
            }
            _ => told(Text::Plain(message.clone())),
        };
    }
    if let ron::Error::IntegerOutOfBounds = fault.code {
        let expected = bounds(&fault.path);
        return told(say::VALUE_OUT_OF_BOUNDS.with(&[("word", &word), ("expected", &expected)]));
    }
    if fault.path.last_name() == Some("between") {
        return wrong("two node ids such as (1, 2)");
    }
    let variants = variants_at(&fault.path);
    if !variants.is_empty() {
        return wrong_variant(fault, source, word, variants);
    }
    match &fault.code {
        // The parser reads `2.5` as a whole number and then misses a comma.
        ron::Error::ExpectedInteger | ron::Error::ExpectedComma => wrong("a whole number"),
        ron::Error::ExpectedBoolean => wrong("true or false"),
        ron::Error::ExpectedString if is_time(&fault.path) => wrong("a time in quotes").help(&say::HELP_TIME),
        ron::Error::ExpectedString => wrong("a text in quotes"),
        ron::Error::ExpectedArray => wrong("a list in [ ]"),
        ron::Error::ExpectedMap => wrong("a map in { }"),
        ron::Error::ExpectedStructLike
        | ron::Error::ExpectedNamedStructLike(_)
        | ron::Error::ExpectedStructLikeEnd
        | ron::Error::ExpectedIdentifier
        | ron::Error::InvalidIdentifier(_)
        | ron::Error::SuggestRawIdentifier(_) => wrong("fields in ( ), each as `name: value`"),
        ron::Error::InvalidValueForType { expected, .. } => wrong(expected),
        code => told(say::UNREADABLE.with(&[("why", &code.to_string().to_lowercase())])),
    }
}

/// A variant of an enum was expected: another value stands there, or the brackets are missing.
fn wrong_variant(fault: &Fault, source: &Source<'_>, word: &str, variants: &[&'static str]) -> Diagnostic {
    let span = fault.span.clone();
    if variants.contains(&word) {
        let problem = pointed(source, say::PARENTHESES_MISSING.with(&[("word", &word)]), span);
        return problem.help(say::HELP_PARENTHESES.with(&[("name", &word)]));
    }
    let expected = format!("one of {}", listed(variants, FIELDS_SHOWN));
    let message = say::VALUE_WRONG.with(&[("expected", &expected), ("word", &word)]);
    let problem = pointed(source, message, span);
    match did_you_mean(word.trim_matches('"'), variants.iter().copied()) {
        Some(name) => problem.help(say::HELP_MEANT.with(&[("name", &name)])),
        None => problem,
    }
}

/// The variants that are valid at a path, or nothing where no enum is expected.
fn variants_at(path: &Path) -> &'static [&'static str] {
    match path.segments() {
        [Segment::Key(list), Segment::Index(_)] if list == "script" => variants::<Event>(),
        [Segment::Key(list), Segment::Index(_)] if list == "clients" => variants::<Client>(),
        [_, Segment::Key(list), Segment::Index(_)] if list == "admin" => variants::<AdminCommand>(),
        [.., Segment::Key(field)] => match (field.as_str(), path.segments().len()) {
            ("control", 1) => variants::<Control>(),
            ("expect", 1) => variants::<Expectation>(),
            ("start", 1) => variants::<Start>(),
            ("clock", 1) => variants::<Clock>(),
            ("acks", _) => variants::<Acks>(),
            ("reset", _) => variants::<Reset>(),
            ("how", _) => variants::<StopKind>(),
            ("disk", _) => variants::<Disk>(),
            ("kind", _) => variants::<ElectionKind>(),
            _ => &[],
        },
        _ => &[],
    }
}

/// The variant names of an enum, asked from the parser itself.
fn variants<T: DeserializeOwned>() -> &'static [&'static str] {
    match ron_options().from_str::<T>("NoSuchVariant") {
        Err(SpannedError {
            code: ron::Error::NoSuchEnumVariant { expected, .. },
            ..
        }) => expected,
        _ => &[],
    }
}

/// Whether a time is expected at a path. The value of `Wait("5s")` has no name, as that of `Label("x")`.
fn is_time(path: &Path) -> bool {
    match path.segments() {
        [Segment::Key(list), Segment::Index(_), Segment::Index(0)] => list == "script",
        [.., Segment::Key(field)] => ["at", "time", "timeout", "session", "delay", "lasts"].contains(&field.as_str()),
        _ => false,
    }
}

fn bounds(path: &Path) -> &'static str {
    match (path.segments().first(), path.last_name()) {
        (Some(Segment::Key(top)), _) if top == "faults" => "a whole number from 0 to 255",
        (_, Some("steps")) => "a whole number from 0 to 18446744073709551615",
        (Some(Segment::Key(top)), _) if top == "settings" || top == "switches" => "a whole number of at most 64 bits",
        _ if path.to_string().contains("config") => "a whole number of at most 64 bits",
        _ => "a whole number from 0 to 4294967295",
    }
}

/// The beginning of a value, on one line.
fn shortened(word: &str) -> String {
    let line = word.lines().next().unwrap_or_default();
    match line.char_indices().nth(WORD_SHOWN) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}
