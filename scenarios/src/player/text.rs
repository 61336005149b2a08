//! Owns the text of a play: a head, its events, tables where the script names a moment and at the end, the verdict.

use std::fmt::Write;

use models::World;
use models::slots::Value;
use sim_core::Span;

use super::{Ended, Entry, Played};
use crate::tools::describe::Filter;
use crate::tools::logs::logs;
use crate::view::{Seen, View, dialect, quorum_text};

/// Tables that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `kafka-topics --describe`.
    Describe,
    /// Every replica's log.
    Logs,
    /// `kafka-metadata-quorum describe`.
    Quorum,
}

/// Which tables are shown, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Show(pub Vec<Table>);

impl Played {
    /// What is printed about this play.
    pub fn text(&self, show: &Show) -> String {
        let mut out = self.head();
        out.push_str(&self.event_text(show));
        let at_end = matches!(self.entries.last(), Some(Entry::Label { step, .. }) if *step == self.decisions.len());
        if !at_end {
            out.push_str(&self.tables(&self.values, show));
        }
        out.push_str(&self.verdict());
        out
    }

    /// `scenario  NAME      preset NAME      seed N`
    pub fn head(&self) -> String {
        let scenario = &self.scenario;
        format!(
            "scenario  {}      preset {}      seed {}\n",
            scenario.name, scenario.preset, self.seed
        )
    }

    fn event_text(&self, show: &Show) -> String {
        let mut out = String::from(HEADINGS);
        for entry in &self.entries {
            out.push_str(&line(entry));
            if let Entry::Label { values, .. } = entry {
                out.push_str(&self.tables(values, show));
            }
        }
        out
    }

    /// Tables of a state.
    pub fn tables(&self, values: &[Value], show: &Show) -> String {
        show.0.iter().map(|wanted| table(self, values, *wanted)).collect()
    }

    /// How many properties were checked, and what came of it.
    pub fn verdict(&self) -> String {
        let built = &self.built;
        let mut names: Vec<&str> = built.properties.iter().map(|property| property.name).collect();
        names.extend(built.step_properties.iter().map(|property| property.name));
        if self.ended == Ended::Quiet || self.violation.is_some() {
            names.extend(built.liveness.iter().map(|property| property.name));
        }
        names.sort_unstable();
        names.dedup();
        let checked = names.len();
        let mut out = match &self.violation {
            None => format!("properties  {checked} checked, {checked} ok\n"),
            Some(violation) => format!("properties  {checked} checked, violated: {}\n", violation.property),
        };
        let wanted = &built.witnesses;
        if !wanted.is_empty() {
            let missing: Vec<&str> = wanted
                .iter()
                .map(String::as_str)
                .filter(|name| !self.reached.has(name))
                .collect();
            let reached = wanted.len() - missing.len();
            let _ = write!(out, "witnesses   {reached} of {} reached", wanted.len());
            if !missing.is_empty() {
                let _ = write!(out, ", not {}", missing.join(", "));
            }
            out.push('\n');
        }
        if self.ended == Ended::Restless {
            out.push_str("the cluster did not settle\n");
        }
        out
    }
}

const HEADINGS: &str = " step      time  event\n";

/// The events of a play without its tables.
pub fn event_lines(entries: &[Entry]) -> String {
    let lines: String = entries.iter().map(line).collect();
    format!("{HEADINGS}{lines}")
}

fn line(entry: &Entry) -> String {
    match entry {
        Entry::Line { step, time, text } => format!("{step:>5}  {:>8}  {text}\n", seconds(*time)),
        Entry::Label { step, time, name, .. } => format!("{step:>5}  {:>8}  -- {name}\n", seconds(*time)),
    }
}

/// `4.004s`, cut to the millisecond.
fn seconds(time: Span) -> String {
    let ms = time.as_us() / 1_000;
    format!("{}.{:03}s", ms / 1_000, ms % 1_000)
}

/// One table of a state of a play.
pub fn table(played: &Played, values: &[Value], wanted: Table) -> String {
    let mut world = World::new(&played.built.config);
    world.set_values(values.to_vec());
    let view = View::new(&played.built, &world, Seen::ByController);
    match wanted {
        Table::Describe => view.describe(Filter::None, dialect(&played.built)).stdout_text(),
        Table::Logs => logs(&view.logs()).stdout_text(),
        Table::Quorum => quorum_text(&played.built, &world),
    }
}
