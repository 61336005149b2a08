//! Owns the way from RON text to a scenario. Where the parser stops at a problem, the problem is explained, cut out of
//! a copy of the text, and the rest is read again, so that all problems are told at once.

use std::collections::BTreeSet;
use std::ops::Range;

use ron::extensions::Extensions;

use crate::scenario::diagnostic::{Diagnostic, Kind, MarkStyle};
use crate::scenario::explain::{self, Fault, Part};
use crate::scenario::gaps::Gaps;
use crate::scenario::messages as say;
use crate::scenario::names::did_you_mean;
use crate::scenario::outline::{Bracket, DEPTH_MAX, Flaw, Item, Node, Outline, Shape, key_of, repeated_keys};
use crate::scenario::path::{Path, Segment};
use crate::scenario::schema::Scenario;
use crate::scenario::source::Source;
use crate::scenario::text::Text;

/// How many problems of one file are told.
pub const PROBLEMS_MAX: usize = 50;

/// How scenarios are read and written, also inside a trace: optional values need no `Some`.
pub fn ron_options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// What was read of a text.
#[derive(Debug)]
pub struct Parsed {
    /// The scenario, as far as the problems let it be read.
    pub scenario: Option<Scenario>,
    /// What the parser did not accept.
    pub problems: Vec<Diagnostic>,
    /// What is missing from the scenario because of them.
    pub gaps: Gaps,
}

/// Reads a scenario, and goes on after each problem as far as it can.
pub fn parse(source: &Source<'_>, outline: &Outline) -> Parsed {
    let repeated = outline.root.iter().flat_map(|root| repeated_keys(source.text, root));
    let mut problems: Vec<Diagnostic> = repeated
        .take(PROBLEMS_MAX)
        .map(|item| key_twice(source, item))
        .collect();
    if let Ok(scenario) = ron_options().from_str::<Scenario>(source.text) {
        let scenario = Some(scenario);
        return Parsed {
            scenario,
            problems,
            gaps: Gaps::none(),
        };
    }
    problems.extend(told_flaws(&outline.flaws).map(|flaw| explain_flaw(source, flaw)));
    let Some(copy) = with_commas(source.text, &outline.flaws) else {
        return Parsed {
            scenario: None,
            problems,
            gaps: Gaps::none(),
        };
    };
    let copy = Source {
        file: source.file,
        text: &copy,
    };
    let mut recovery = Recovery {
        source,
        outline,
        problems,
        gaps: Gaps::none(),
        wounded: BTreeSet::new(),
    };
    let scenario = recovery.read_on(&copy);
    Parsed {
        scenario,
        problems: recovery.problems,
        gaps: recovery.gaps,
    }
}

/// The first flaws, and the last one, which may be what ended the reading.
fn told_flaws(flaws: &[Flaw]) -> impl Iterator<Item = &Flaw> {
    let (first, rest) = flaws.split_at(flaws.len().min(PROBLEMS_MAX - 1));
    first.iter().chain(rest.last())
}

/// A copy of the text with the missing commas written over white space, so that all offsets stay; nothing if another
/// flaw is left, or if there is no white space.
fn with_commas(text: &str, flaws: &[Flaw]) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    for flaw in flaws {
        let Flaw::MissingComma { after, .. } = flaw else {
            return None;
        };
        let byte = bytes.get_mut(after.end).filter(|byte| byte.is_ascii_whitespace())?;
        *byte = b',';
    }
    String::from_utf8(bytes).ok()
}

struct Recovery<'a> {
    /// The text as it was given.
    source: &'a Source<'a>,
    /// Its outline.
    outline: &'a Outline,
    problems: Vec<Diagnostic>,
    gaps: Gaps,
    /// Where the values begin from which a field was cut out: they may lack it.
    wounded: BTreeSet<usize>,
}

impl Recovery<'_> {
    /// Reads the copy again and again, each time with one more problem cut out.
    fn read_on(&mut self, copy: &Source<'_>) -> Option<Scenario> {
        let mut text = copy.text.to_owned();
        while self.problems.len() < PROBLEMS_MAX {
            let error = match ron_options().from_str::<Scenario>(&text) {
                Ok(scenario) => return Some(scenario),
                Err(error) => error,
            };
            let copy = Source {
                file: self.source.file,
                text: &text,
            };
            let fault = Fault::of(&error, &copy, self.source.text, self.outline);
            text = match self.with_plain_key(&fault, &text) {
                Some(text) => text,
                None => {
                    if !self.is_follow_up(&fault) {
                        self.problems.push(explain::explain(&fault, self.source, self.outline));
                    }
                    self.repaired(&fault, &text)?
                }
            };
        }
        None
    }

    /// The text with a word in place of a field's name that is none, such as `topic.replication`: the parser then says
    /// which names would be valid.
    fn with_plain_key(&self, fault: &Fault, text: &str) -> Option<String> {
        let trail = self.outline.trail(self.source.text, fault.offset);
        let above = trail.len().checked_sub(2).map(|above| &trail[above].1.value);
        let group = above.or(self.outline.root.as_ref())?;
        let is_struct = matches!(
            group.shape,
            Shape::Group {
                bracket: Bracket::Round,
                ..
            }
        );
        let word = "x".repeat(fault.span.len());
        let known = text.get(fault.span.clone()) == Some(word.as_str());
        (fault.part == Part::Key && is_struct && !known).then(|| replaced(text, fault.span.clone(), &word))
    }

    /// The text without what is wrong, or with a placeholder for a field that is missing from the scenario itself.
    fn repaired(&mut self, fault: &Fault, text: &str) -> Option<String> {
        if let Some(cut) = self.cut(fault) {
            return blanked(text, cut);
        }
        let ron::Error::MissingStructField { field, .. } = fault.code else {
            return None;
        };
        self.gaps.in_field(field);
        with_field(text, field)
    }

    /// Whether the fault is only that a field is missing which was cut out.
    fn is_follow_up(&self, fault: &Fault) -> bool {
        matches!(fault.code, ron::Error::MissingStructField { .. }) && self.wounded.contains(&fault.span.start)
    }

    /// The bytes to cut out: the innermost field, or the innermost element of one of the scenario's lists, around the
    /// fault. Nothing if that would be the whole scenario.
    fn cut(&mut self, fault: &Fault) -> Option<Range<usize>> {
        let trail = match fault.code {
            ron::Error::MissingStructField { .. } => self.outline.groups(self.source.text, fault.offset),
            _ => self.outline.trail(self.source.text, fault.offset),
        };
        let root = self.outline.root.as_ref()?;
        let around = |at: usize| at.checked_sub(1).map_or(root, |above| &trail[above].1.value);
        let can_go = |at: &usize| trail[*at].1.key.is_some() || is_list_element(&trail[*at].0, around(*at));
        let at = (0..trail.len()).rev().find(can_go)?;
        let ((path, item), around) = (&trail[at], around(at));
        self.wounded.insert(around.span.start);
        self.remember(path, item, fault);
        let end = item.comma.map_or(item.span().end, |comma| comma + 1);
        Some(item.span().start..end)
    }

    fn remember(&mut self, path: &Path, item: &Item, fault: &Fault) {
        let Some(Segment::Key(top)) = path.segments().first() else {
            return self.gaps.everywhere();
        };
        let unknown = matches!(fault.code, ron::Error::NoSuchStructField { .. });
        match (&fault.code, path.segments().len()) {
            (ron::Error::NoSuchStructField { expected, .. }, 1) if unknown => {
                let word = key_of(self.source.text, item).unwrap_or_default();
                match did_you_mean(word, expected.iter().copied()) {
                    Some(meant) => self.gaps.in_field(meant),
                    None => self.gaps.everywhere(),
                }
            }
            _ => self.gaps.in_field(top),
        }
        if let Some((Segment::Index(position), list)) = path.segments().split_last() {
            let list = list
                .iter()
                .fold(Path::root(), |path, segment| path.then(segment.clone()));
            self.gaps.element(&list.to_string(), *position);
        }
    }
}

/// Whether the path is that of an element of a list which is a field of the scenario, or of the operator commands.
fn is_list_element(path: &Path, around: &Node) -> bool {
    let listed = matches!(
        around.shape,
        Shape::Group {
            bracket: Bracket::Square,
            ..
        }
    );
    match path.segments() {
        [_, Segment::Index(_)] => listed,
        [_, Segment::Key(admin), Segment::Index(_)] => listed && admin == "admin",
        _ => false,
    }
}

/// The text with a placeholder for a field of the scenario that has no default, put behind all others so that no offset
/// before it moves.
fn with_field(text: &str, field: &str) -> Option<String> {
    let placeholder = match field {
        "name" => "name: \"unnamed\"",
        "control" => "control: Kraft(controllers: [])",
        "brokers" => "brokers: []",
        _ => return None,
    };
    let root = Outline::of(text).root?;
    let Shape::Group { items, .. } = &root.shape else {
        return None;
    };
    let comma = if items.last().is_some_and(|item| item.comma.is_none()) {
        ", "
    } else {
        ""
    };
    let end = root.span.end - 1;
    Some(replaced(text, end..end, &format!("{comma}{placeholder}")))
}

fn replaced(text: &str, span: Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..span.start], &text[span.end..])
}

/// The text with spaces in place of these bytes and of a comma put right behind them; nothing if they were blank.
fn blanked(text: &str, cut: Range<usize>) -> Option<String> {
    let end = if text.as_bytes().get(cut.end) == Some(&b',') {
        cut.end + 1
    } else {
        cut.end
    };
    if text[cut.start..end].trim().is_empty() {
        return None;
    }
    Some(replaced(text, cut.start..end, &" ".repeat(end - cut.start)))
}

/// The problem that brackets, commas or quotes are.
pub(crate) fn explain_flaw(source: &Source<'_>, flaw: &Flaw) -> Diagnostic {
    match flaw {
        Flaw::MissingComma { after, before } => missing_comma(source, after, before),
        Flaw::Unclosed { open, count } => {
            let bracket = &source.text[*open..*open + 1];
            let problem = pointed(source, say::UNCLOSED.with(&[("bracket", &bracket)]), *open..*open + 1);
            if *count > 1 {
                problem.note(say::NOTE_OPEN.with(&[("count", count)]))
            } else {
                problem
            }
        }
        Flaw::Mismatch { open, close } => mismatch(source, *open, *close),
        Flaw::UnclosedText { open } => pointed(source, (&say::UNCLOSED_TEXT).into(), *open..*open + 1),
        Flaw::UnclosedComment { open } => pointed(source, (&say::UNCLOSED_COMMENT).into(), *open..*open + 2),
        Flaw::Trailing { span } => pointed(source, (&say::TRAILING).into(), span.clone()),
        Flaw::NoValue { span } if span.start == source.text.len() => {
            Diagnostic::error(Kind::Scenario, &say::FILE_EMPTY)
                .in_file(source.file)
                .at(source.place(span.start))
        }
        Flaw::NoValue { span } => pointed(source, (&say::NO_VALUE).into(), span.clone()),
        Flaw::TooDeep { open } => pointed(source, say::TOO_DEEP.with(&[("max", &DEPTH_MAX)]), *open..*open + 1),
    }
}

/// An error at these bytes, with the line on which they begin.
pub(crate) fn pointed(source: &Source<'_>, message: Text, span: Range<usize>) -> Diagnostic {
    Diagnostic::error(Kind::Scenario, message)
        .in_file(source.file)
        .at(source.place(span.start))
        .show(source.line(span.start, span.end, MarkStyle::Caret, None))
}

fn key_twice(source: &Source<'_>, item: &Item) -> Diagnostic {
    let word = key_of(source.text, item).unwrap_or_default();
    let span = item.key.clone().unwrap_or_else(|| item.span());
    pointed(source, say::FIELD_TWICE.with(&[("word", &word)]), span)
}

fn missing_comma(source: &Source<'_>, after: &Range<usize>, before: &Range<usize>) -> Diagnostic {
    let problem = Diagnostic::error(Kind::Scenario, &say::COMMA_MISSING)
        .in_file(source.file)
        .at(source.place(before.start));
    let here = source.line(before.start, before.end, MarkStyle::Caret, None);
    if source.text[after.end..before.start].contains('\n') {
        let label = Some((&say::COMMA_AFTER).into());
        problem
            .show(source.line(after.end, after.end, MarkStyle::Dash, label))
            .show(here)
    } else {
        problem.show(here)
    }
}

fn mismatch(source: &Source<'_>, open: usize, close: usize) -> Diagnostic {
    let bracket = |at: usize| &source.text[at..at + 1];
    let message = say::MISMATCH.with(&[("close", &bracket(close)), ("open", &bracket(open))]);
    let here = source.line(close, close + 1, MarkStyle::Caret, None);
    let problem = Diagnostic::error(Kind::Scenario, message)
        .in_file(source.file)
        .at(source.place(close));
    if source.text[open..close].contains('\n') {
        problem
            .show(source.line(open, open + 1, MarkStyle::Dash, Some((&say::OPENED_HERE).into())))
            .show(here)
    } else {
        problem.show(here)
    }
}
