//! Owns what a lab shows: its scenarios played once each, and tables of their moments.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write;

use models::World;
use models::ids::{BrokerId, Listed};
use models::ledger::Ledger;
use models::slots::{Slot, Value};

use super::cells::Style;
use super::schema::{Lab, Playing, See};
use crate::builtin;
use crate::expect::{Meeting, Verdict, meets};
use crate::player::{Entry, Options, Played, Table, Until, play, table};
use crate::scenario::schema::Scenario;
use crate::tools::describe::Filter;
use crate::view::{Seen, View, controlled, dialect, log, name};

/// Why a lab cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplayable(pub String);

impl fmt::Display for Unplayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The plays of a lab.
pub struct Plays {
    played: BTreeMap<String, Played>,
}

impl Plays {
    /// Plays every scenario of a lab once.
    ///
    /// # Errors
    /// When a scenario does not exist, cannot be simulated, or does not come to what it claims.
    pub fn of(lab: &Lab) -> Result<Self, Unplayable> {
        let mut plays = BTreeMap::new();
        for playing in &lab.plays {
            let scenario = scenario(playing)?;
            let options = Options {
                seed: 0,
                until: Until::Quiet,
            };
            let played = play(&scenario, &options, None)
                .map_err(|refusal| Unplayable(format!("{}: {}", playing.id, refusal.message)))?;
            let verdict = match &played.violation {
                Some(violation) => Verdict::Violated(violation.property),
                None => Verdict::NoneFound,
            };
            if meets(&scenario.expect, verdict) != Meeting::AsExpected {
                return Err(Unplayable(format!("{}: {}", playing.id, played.verdict().trim_end())));
            }
            plays.insert(playing.id.clone(), played);
        }
        Ok(Self { played: plays })
    }

    /// A table as the model shows it.
    ///
    /// # Errors
    /// When there is no such play or moment.
    pub fn show(&self, see: &See) -> Result<String, Unplayable> {
        let played = self
            .played
            .get(see.play())
            .ok_or_else(|| Unplayable(format!("`{see}`: there is no play `{}`", see.play())))?;
        let moment = |at: &str| moment(played, at).ok_or_else(|| no_moment(see, at));
        Ok(match see {
            See::Describe { at, topic, .. } => describe(played, moment(at)?, Seen::ByController, topic.as_deref()),
            See::Broker { at, broker, .. } => {
                let id = BrokerId(u8::try_from(*broker).unwrap_or(u8::MAX));
                describe(played, moment(at)?, Seen::ByBroker(id), None)
            }
            See::Partitions { at, .. } => partitions(played, moment(at)?),
            See::Logs { at, .. } => table(played, moment(at)?, Table::Logs),
            See::Missing { at, .. } => missing(played, moment(at)?),
            See::Events { from, to, .. } => events(played, from, to).ok_or_else(|| no_moment(see, from))?,
        })
    }
}

impl See {
    /// How its text is taken apart.
    pub fn style(&self) -> Style {
        match self {
            Self::Describe { .. } | Self::Broker { .. } | Self::Partitions { .. } => Style::Table,
            Self::Logs { .. } | Self::Missing { .. } => Style::Table,
            Self::Events { .. } => Style::Events,
        }
    }
}

fn no_moment(see: &See, at: &str) -> Unplayable {
    Unplayable(format!("`{see}`: the play has no moment `{at}`"))
}

/// The scenario as this lab plays it.
fn scenario(playing: &Playing) -> Result<Scenario, Unplayable> {
    let builtin = builtin::find(&playing.scenario)
        .ok_or_else(|| Unplayable(format!("{}: there is no scenario `{}`", playing.id, playing.scenario)))?;
    let mut scenario = builtin.scenario();
    if let Some(preset) = &playing.preset {
        scenario.preset.clone_from(preset);
    }
    for topic in &mut scenario.topics {
        topic.config.extend(playing.config.clone());
    }
    Ok(scenario)
}

/// The state at a label, or at the end.
fn moment<'p>(played: &'p Played, at: &str) -> Option<&'p [Value]> {
    if at == "end" {
        return Some(&played.values);
    }
    played.entries.iter().find_map(|entry| match entry {
        Entry::Label { name, values, .. } if name == at => Some(values.as_slice()),
        Entry::Label { .. } | Entry::Line { .. } => None,
    })
}

fn world<'p>(played: &'p Played, values: &[Value]) -> World<'p> {
    let mut world = World::new(&played.built.config);
    world.set_values(values.to_vec());
    world
}

fn describe(played: &Played, values: &[Value], seen: Seen, topic: Option<&str>) -> String {
    let world = world(played, values);
    let view = View::new(&played.built, &world, seen);
    let dialect = dialect(&played.built);
    match topic {
        None => view.describe(Filter::None, dialect).stdout_text(),
        Some(_) => {
            let topics = view.topics(dialect).into_iter();
            let wanted: Vec<_> = topics.filter(|known| topic == Some(known.name.as_str())).collect();
            crate::tools::describe::describe(&wanted, Filter::None, &view.live_brokers(), dialect).stdout_text()
        }
    }
}

/// `orders-0  leader 3  epoch 1  version 2  isr 3,1`
fn partitions(played: &Played, values: &[Value]) -> String {
    let world = world(played, values);
    let mut out = String::new();
    for (partition, state) in controlled(&world).partitions() {
        let leader = state.leader.map_or("none".to_owned(), |leader| leader.to_string());
        let _ = writeln!(
            out,
            "{}  leader {leader}  epoch {}  version {}  isr {}",
            name(&played.built, partition),
            state.leader_epoch.0,
            state.partition_epoch.0,
            Listed(&state.isr)
        );
    }
    out
}

/// `t-0  acknowledged 30  missing 20  from m11 to m30`
fn missing(played: &Played, values: &[Value]) -> String {
    let world = world(played, values);
    let ledger: &Ledger = match world.get(Slot::Ledger) {
        Value::Ledger(ledger) => ledger,
        other => panic!("the slot of the ledger holds {other:?}"),
    };
    let mut out = String::new();
    for (partition, state) in controlled(&world).partitions() {
        let acked = &ledger.promises(partition).acked;
        let kept = |offset: models::ids::Offset, record| {
            state.leader.is_some_and(|leader| {
                let log = log(&world, leader, partition);
                log.records(log.start(), log.end())
                    .any(|(at, other, _)| at == offset && other == record)
            })
        };
        let missing: Vec<String> = acked
            .iter()
            .filter(|(offset, promise)| !kept(**offset, promise.record))
            .map(|(_, promise)| played.built.record(promise.record))
            .collect();
        let _ = write!(
            out,
            "{}  acknowledged {}  missing {}",
            name(&played.built, partition),
            acked.len(),
            missing.len()
        );
        if let (Some(first), Some(last)) = (missing.first(), missing.last()) {
            let _ = write!(out, "  first {first}  last {last}");
        }
        out.push('\n');
    }
    out
}

/// Lines between two moments, with the time since the first of them.
fn events(played: &Played, from: &str, to: &str) -> Option<String> {
    let at = |label: &str| {
        played
            .entries
            .iter()
            .position(|entry| matches!(entry, Entry::Label { name, .. } if name == label))
    };
    let (first, begin) = match (from, at(from)) {
        (_, Some(at)) => (at, entry_time(&played.entries[at])),
        ("start", None) => (0, 0),
        (_, None) => return None,
    };
    let last = match (to, at(to)) {
        (_, Some(at)) => at,
        ("end", None) => played.entries.len(),
        (_, None) => return None,
    };
    let mut out = String::new();
    for entry in played.entries.get(first..last)? {
        if let Entry::Line { text, .. } = entry {
            let ms = entry_time(entry).saturating_sub(begin) / 1_000;
            let _ = writeln!(out, "{:>6}.{:03}s  {text}", ms / 1_000, ms % 1_000);
        }
    }
    Some(out)
}

/// Microseconds since the beginning of the play.
fn entry_time(entry: &Entry) -> u64 {
    match entry {
        Entry::Line { time, .. } | Entry::Label { time, .. } => time.as_us(),
    }
}
