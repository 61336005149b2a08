//! The replayed trace as text: numbers, sentences, changes and margins in columns, 100 wide. It knows no colour.

use std::fmt::Write;

use super::changes::{Line, changes, decisions, messages};
use super::names::Names;
use super::notes::{Note, notes};
use super::sentence::sentence;
use super::tale::{Step, Tale};

/// Where what stands beside a sentence begins.
const MARGIN: usize = 54;
/// Where what follows from a change begins.
const DETAIL: usize = 40;
/// Nothing is longer, if it can be helped.
const WIDTH: usize = 100;

/// Whether changed state is shown under each step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Diff {
    /// Sentences only.
    #[default]
    Hidden,
    /// Each changed thing on a line of its own.
    Shown,
}

/// Whether messages are shown as they are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Messages {
    /// They are not.
    #[default]
    Hidden,
    /// Each on a line of its own.
    Shown,
}

/// Which characters a page may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Glyphs {
    /// ASCII: `->`, `<-`.
    #[default]
    Ascii,
    /// Arrows.
    Unicode,
}

/// How a page looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Changed state.
    pub diff: Diff,
    /// Sent messages.
    pub messages: Messages,
    /// Characters.
    pub glyphs: Glyphs,
}

/// One step, told: what a page shows and a viewer may show otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number, from 1.
    pub number: usize,
    /// What happened.
    pub sentence: String,
    /// What the controller decided, where it is about one partition.
    pub decision: Option<String>,
    /// What changed.
    pub changes: Vec<Line>,
    /// What was sent.
    pub messages: Vec<String>,
    /// Remarks.
    pub notes: Vec<Note>,
}

/// Tells one step.
pub fn entry(tale: &Tale<'_>, step: &Step) -> Entry {
    let mut decided = decisions(tale, step);
    let single = if Names::new(tale.config()).several() {
        None
    } else {
        decided.pop().map(|(_, text)| text)
    };
    Entry {
        number: step.number,
        sentence: sentence(tale, step),
        decision: single,
        changes: changes(tale, step),
        messages: messages(tale, step),
        notes: notes(tale, step),
    }
}

/// The steps from one number to another (both included), as text.
pub fn page(tale: &Tale<'_>, from: usize, to: usize, layout: Layout) -> String {
    let mut text = String::new();
    for step in tale.steps().iter().filter(|step| (from..=to).contains(&step.number)) {
        text += &entry(tale, step).render(tale, layout);
    }
    text
}

/// What stands under the last step when a property failed. A check is no decision, so it has no number.
pub fn violated(property: &str, reason: &str) -> String {
    format!("    check: {reason}\n      VIOLATED {property}\n")
}

impl Entry {
    /// The lines of this step. Numbers are as wide as that of the last step of the tale.
    pub fn render(&self, tale: &Tale<'_>, layout: Layout) -> String {
        let names = Names::new(tale.config());
        let width = tale.last().to_string().len().max(2);
        let mut paper = Paper {
            text: String::new(),
            glyphs: layout.glyphs,
        };
        let subjects: Vec<_> = match layout.diff {
            Diff::Shown => self.changes.iter().map(|line| line.subject).collect(),
            Diff::Hidden => Vec::new(),
        };
        let beside = |note: &&Note| note.at.is_none_or(|at| !subjects.contains(&at));
        let mut margin: Vec<String> = self.decision.iter().cloned().collect();
        margin.extend(self.notes.iter().filter(beside).map(|note| format!("<- {}", note.text)));
        paper.line(&format!("{:>width$}  {}", self.number, self.sentence), MARGIN, &margin);
        if layout.diff == Diff::Shown {
            let column = names.subject_width() + 1;
            for (at, line) in self.changes.iter().enumerate() {
                let last = !self.changes[at + 1..].iter().any(|later| later.subject == line.subject);
                self.change(&mut paper, line, &line.subject.name(names), column, last);
            }
        }
        if layout.messages == Messages::Shown {
            self.messages
                .iter()
                .for_each(|message| paper.line(&format!("      . {message}"), MARGIN, &[]));
        }
        paper.text
    }

    fn change(&self, paper: &mut Paper, line: &Line, subject: &str, column: usize, last_of_subject: bool) {
        let mut start = format!("      {subject:<column$}{}", line.what);
        if !line.detail.is_empty() {
            let gap = DETAIL.saturating_sub(start.chars().count()).max(3);
            let _ = write!(start, "{:gap$}{}", "", line.detail);
        }
        let notes = self
            .notes
            .iter()
            .filter(|note| note.at == Some(line.subject) && last_of_subject);
        let notes: Vec<String> = notes.map(|note| format!("<- {}", note.text)).collect();
        paper.line(&start, MARGIN, &notes);
    }
}

/// Text that grows by lines with a margin.
struct Paper {
    text: String,
    glyphs: Glyphs,
}

impl Paper {
    /// One line; what does not fit beside it goes below, at the same column.
    fn line(&mut self, start: &str, column: usize, beside: &[String]) {
        let start = self.drawn(start);
        self.text += &start;
        let mut used = start.chars().count();
        for remark in beside {
            let remark = self.drawn(remark);
            let length = remark.chars().count();
            let mut gap = column.saturating_sub(used).max(3);
            if used + gap + length > WIDTH {
                self.text.push('\n');
                gap = column.min(WIDTH.saturating_sub(length));
                used = 0;
            }
            let _ = write!(self.text, "{:gap$}{remark}", "");
            used += gap + length;
        }
        self.text.push('\n');
    }

    fn drawn(&self, text: &str) -> String {
        match self.glyphs {
            Glyphs::Ascii => text.to_string(),
            Glyphs::Unicode => text.replace("->", "→").replace("<-", "←"),
        }
    }
}
