//! Owns the comparison of one experiment under several rules: the decisions of a trace as far as each set of rules allows
//! them, or the same script with the same seed; where they first go apart, and what each comes to.

use checker::narrate::{Diff, Layout, Step, Tale, entry};
use checker::watch::{Violation, Watch};
use models::Kafka;
use models::config::Pace;
use sim_core::trace::Decision;
use sim_core::{Action, Recorded, Scratch, Span};

use crate::build::{Refusal, build};
use crate::player::{Ended, Entry, Options, Played, play};
use crate::scenario::config_value::ConfigValue;
use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::scenario::schema::{Control, NodeId, Scenario};

/// One set of rules with what happened under it.
#[derive(Clone, Debug)]
pub struct Side {
    /// What the rules are called.
    pub name: String,
    /// What happened, row by row: of a trace its steps, of a script what is told about it.
    pub rows: Vec<Row>,
    /// Steps of the trace that are not possible under these rules, from 1.
    pub impossible: Vec<usize>,
    /// The step that broke a property, and how.
    pub violation: Option<(usize, Violation)>,
    /// Whether the cluster came to rest; a trace is not asked.
    pub settled: bool,
    /// What a play took; a trace is not asked.
    pub account: Option<Account>,
}

/// What a play took, and how long nobody led.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Actions performed.
    pub steps: usize,
    /// Messages delivered, those of the control plane included.
    pub messages: usize,
    /// The virtual time at the end.
    pub time: Span,
    /// Times in which a partition had no leader that worked.
    pub outages: Vec<Unserved>,
}

/// A time in which a partition had no leader that worked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unserved {
    /// Which.
    pub partition: String,
    /// When it begins.
    pub from: Span,
    /// When it ends; none if it goes on at the end of the play.
    pub to: Option<Span>,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The step.
    pub step: usize,
    /// What happened, one line or several.
    pub text: String,
}

/// What stands in a row of a step that these rules do not allow.
const IMPOSSIBLE: &str = "not possible under these rules";

/// Follows the decisions of a trace under these rules; what is not possible is left out.
///
/// # Errors
/// When the scenario cannot be simulated.
pub fn follow(name: &str, scenario: &Scenario, pace: Pace, decisions: &[Decision<Kafka>]) -> Result<Side, Refusal> {
    let built = build(scenario, Some(pace))?;
    let mut world = built.initial();
    let initial = world.values().to_vec();
    let watch = Watch::new(&world, &built.properties, &built.step_properties);
    let mut scratch = Scratch::watching(built.step_properties.clone());
    let (mut fitted, mut impossible, mut violation) = (Vec::new(), Vec::new(), None);
    for (decision, step) in decisions.iter().zip(1..) {
        let Some(offer) = world.find(&decision.action) else {
            impossible.push(step);
            continue;
        };
        world.apply(&offer, &mut Recorded::new(&decision.choices), &mut scratch);
        fitted.push(Decision {
            action: decision.action.clone(),
            choices: scratch.choices.iter().map(|choice| choice.taken).collect(),
        });
        violation = violation.or_else(|| Some((step, watch.after(&world, &scratch)?)));
    }
    let tale = Tale::of(&built.config, &initial, &fitted).map_err(|stuck| {
        let problem = Diagnostic::error(Kind::Internal, stuck.to_string());
        Box::new(problem.note("each of these decisions was performed just now"))
    })?;
    let mut told = tale.steps().iter();
    let rows = (1..=decisions.len()).map(|step| {
        let known = if impossible.contains(&step) { None } else { told.next() };
        let text = known.map_or_else(|| IMPOSSIBLE.to_owned(), |known| page(&tale, known));
        Row { step, text }
    });
    Ok(Side {
        name: name.to_owned(),
        rows: rows.collect(),
        impossible,
        violation,
        settled: true,
        account: None,
    })
}

/// A step with its changes, without its number.
fn page(tale: &Tale<'_>, step: &Step) -> String {
    let layout = Layout {
        diff: Diff::Shown,
        ..Layout::default()
    };
    let mut told = entry(tale, step);
    told.number = 0;
    let text = told.render(tale, layout);
    text.trim_start().trim_start_matches('0').trim().to_owned()
}

/// Plays a script under these rules.
///
/// # Errors
/// When the scenario cannot be simulated.
pub fn played(name: &str, scenario: &Scenario, options: &Options) -> Result<Side, Refusal> {
    let played = play(scenario, options, None)?;
    let rows = played.entries.iter().filter_map(|entry| match entry {
        Entry::Line { step, time, text } => {
            let ms = time.as_us() / 1_000;
            let text = format!("{}.{:03}s  {text}", ms / 1_000, ms % 1_000);
            Some(Row { step: *step, text })
        }
        Entry::Label { .. } => None,
    });
    let steps = played.decisions.len();
    Ok(Side {
        name: name.to_owned(),
        rows: rows.collect(),
        impossible: Vec::new(),
        violation: played.violation.clone().map(|violation| (steps, violation)),
        settled: played.ended != Ended::Restless,
        account: Some(account(&played)),
    })
}

fn account(played: &Played) -> Account {
    let arrives =
        |decision: &&Decision<Kafka>| matches!(decision.action, Action::Deliver(_) | Action::DeliverOverdue(_));
    let outages = played.outages.iter().map(|outage| Unserved {
        partition: played.built.config.partition_name(outage.partition),
        from: outage.from,
        to: outage.to,
    });
    Account {
        steps: played.decisions.len(),
        messages: played.decisions.iter().filter(arrives).count(),
        time: played.time,
        outages: outages.collect(),
    }
}

/// A control plane under which an experiment is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plane {
    /// ZooKeeper, and the controller on one of the brokers.
    ZooKeeper,
    /// KRaft controllers on nodes of their own: the scenario's, or one.
    Kraft,
    /// Three KRaft controllers on nodes of their own.
    KraftQuorum,
    /// Every broker is a KRaft controller, too.
    KraftCombined,
}

/// Servers of the ensemble that takes the place of controllers.
const ENSEMBLE: u32 = 3;
/// Controllers of a quorum that takes the place of one.
const CONTROLLERS: usize = 3;
/// How long a session lasts without a sign of life.
const KRAFT_SESSION: &str = "broker.session.timeout.ms";
const ZK_SESSION: &str = "zookeeper.session.timeout.ms";
/// What else only one of the planes has.
const OF_ONE_PLANE: [&str; 2] = ["broker.heartbeat.interval.ms", "zookeeper.connection.timeout.ms"];

impl Plane {
    /// The same experiment under this plane: the rules of a preset of it (3.9, where the scenario's own is of the other plane),
    /// and sessions of the same length, where the scenario says how long they are.
    pub fn apply(self, scenario: &mut Scenario) {
        let has_zookeeper = matches!(scenario.control, Control::ZooKeeper { .. });
        let brokers = &scenario.brokers;
        let control = match (self, &scenario.control) {
            (Self::ZooKeeper, Control::ZooKeeper { .. }) | (Self::Kraft, Control::Kraft { .. }) => return,
            (Self::ZooKeeper, _) => Control::ZooKeeper {
                ensemble: ENSEMBLE,
                session: None,
            },
            (Self::Kraft, _) => separate(brokers, 1),
            (Self::KraftQuorum, _) => separate(brokers, CONTROLLERS),
            (Self::KraftCombined, _) => Control::KraftCombined { nodes: brokers.clone() },
        };
        let before = std::mem::replace(&mut scenario.control, control);
        match (has_zookeeper, self) {
            (false, Self::ZooKeeper) => to_zookeeper(scenario),
            (true, Self::Kraft | Self::KraftQuorum | Self::KraftCombined) => to_kraft(scenario, &before),
            _ => return,
        }
        for name in OF_ONE_PLANE {
            scenario.settings.remove(name);
        }
    }
}

/// The session that brokers have with controllers is one with ZooKeeper now.
fn to_zookeeper(scenario: &mut Scenario) {
    let length = scenario.settings.remove(KRAFT_SESSION);
    if let Control::ZooKeeper { session, .. } = &mut scenario.control {
        *session = length.and_then(|value| format!("{value}ms").parse().ok());
    }
    "zk-3.9".clone_into(&mut scenario.preset);
}

/// The other way round.
fn to_kraft(scenario: &mut Scenario, before: &Control) {
    let own = match before {
        Control::ZooKeeper { session, .. } => session.map(|session| session.micros() / 1_000),
        Control::Kraft { .. } | Control::KraftCombined { .. } => None,
    };
    let own = own.and_then(|ms| i64::try_from(ms).ok()).map(ConfigValue::Int);
    let set = scenario.settings.remove(ZK_SESSION);
    if let Some(session) = own.or(set) {
        scenario.settings.insert(KRAFT_SESSION.to_owned(), session);
    }
    "kraft-3.9".clone_into(&mut scenario.preset);
}

/// So many KRaft controllers on nodes of their own.
fn separate(brokers: &[NodeId], controllers: usize) -> Control {
    let free = (101..).map(NodeId).filter(|id| !brokers.contains(id));
    Control::Kraft {
        controllers: free.take(controllers).collect(),
    }
}

/// Rows that are not the same on all sides, in order: each with what stands there on each side, if anything does.
pub fn differences(sides: &[Side]) -> Vec<Vec<Option<&Row>>> {
    let longest = sides.iter().map(|side| side.rows.len()).max().unwrap_or(0);
    let row = |at: usize| -> Vec<Option<&Row>> { sides.iter().map(|side| side.rows.get(at)).collect() };
    let text = |row: &Option<&Row>| row.map(|row| row.text.clone());
    (0..longest)
        .map(row)
        .filter(|cells| cells.iter().any(|cell| text(cell) != text(&cells[0])))
        .collect()
}
