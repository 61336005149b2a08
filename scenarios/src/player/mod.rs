//! Owns one play of a scenario under the virtual clock: the script, the clients at work, and what is written down about it.

mod acts;
mod changes;
mod moves;
mod outages;
mod script;
mod text;

use std::collections::BTreeMap;

use checker::watch::{Violation, Watch};
use checker::witness::Reached;
use models::Kafka;
use models::config::Pace;
use models::ids::{ClientId, Partition, TopicIndex};
use models::slots::Value;
use sim_core::trace::Decision;
use sim_core::{Action, Instant, Purpose, Seeded, Span, Stream, Timed};

use crate::build::{Built, Refusal, Stillness, build};
use crate::scenario::event::Event;
use crate::scenario::schema::{Scenario, Start};
use crate::trace::{Run, TraceFile};
use changes::Changes;
use outages::Outages;

pub use outages::Outage;
pub use text::{Show, Table, event_lines, table};

/// A producer sends its next batch so long after the one before, if that is answered by then.
const PRODUCER_PAUSE: Span = Span::from_ms(100);
/// A consumer asks again after so long (Kafka: `fetch.max.wait.ms`).
const CONSUMER_PAUSE: Span = Span::from_ms(500);
/// A cluster that has not settled for so long does not settle.
const SETTLE_MAX: Span = Span::from_s(3_600);
/// More steps than any play needs.
const STEPS_MAX: usize = 1_000_000;

/// How a scenario is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The seed of choices.
    pub seed: u64,
    /// Where the play ends.
    pub until: Until,
}

/// Where a play ends, if no property is violated before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// Behind the script, when nothing but periodic work happens.
    #[default]
    Quiet,
    /// At this virtual time.
    Time(Span),
    /// After this step.
    Step(usize),
}

/// One step, for those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Its number, from 1.
    pub step: usize,
    /// The virtual time since the beginning.
    pub time: Span,
    /// The action and the message that arrived.
    pub what: String,
}

/// Something that is told about a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event, or what followed from one.
    Line {
        /// The step that it belongs to.
        step: usize,
        /// When it happened.
        time: Span,
        /// One sentence.
        text: String,
    },
    /// A moment that the script names.
    Label {
        /// The last step before it.
        step: usize,
        /// When it is.
        time: Span,
        /// Its name.
        name: String,
        /// The state at that moment.
        values: Vec<Value>,
    },
}

/// Why a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The script was over and nothing but periodic work happened.
    Quiet,
    /// The bound on time or steps was reached.
    Bound,
    /// A property was violated.
    Violated,
    /// It did not settle.
    Restless,
}

/// A scenario that was played.
pub struct Played {
    /// The cluster.
    pub built: Built,
    /// The scenario.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// What is told about it, in order.
    pub entries: Vec<Entry>,
    /// All decisions.
    pub decisions: Vec<Decision<Kafka>>,
    /// The last step before each label.
    pub labels: BTreeMap<String, usize>,
    /// What the last step violated.
    pub violation: Option<Violation>,
    /// Witnesses reached.
    pub reached: Reached,
    /// Times in which a partition had no leader that worked.
    pub outages: Vec<Outage>,
    /// The state at the end.
    pub values: Vec<Value>,
    /// The virtual time at the end.
    pub time: Span,
    /// Why it ended.
    pub ended: Ended,
}

impl Played {
    /// The play as a trace.
    ///
    /// # Errors
    /// Never, as the scenario was simulated once; the recorder cannot know that.
    pub fn trace(&self) -> Result<TraceFile, Refusal> {
        let mut trace = TraceFile::record(&Run {
            scenario: &self.scenario,
            pace: Pace::Clock,
            seed: self.seed,
            decisions: &self.decisions,
            violation: self.violation.as_ref(),
        })?;
        trace.header.labels.clone_from(&self.labels);
        Ok(trace)
    }
}

/// Plays a scenario once. `watching` hears of every step.
///
/// # Errors
/// When the scenario cannot be simulated.
pub fn play(
    scenario: &Scenario,
    options: &Options,
    watching: Option<&mut dyn FnMut(&Watched)>,
) -> Result<Played, Refusal> {
    let built = build(scenario, Some(Pace::Clock))?;
    let mut player = Player::new(&built, scenario, options, watching);
    player.play();
    let Outcome {
        notes,
        values,
        time,
        ended,
    } = player.outcome();
    Ok(Played {
        built,
        scenario: scenario.clone(),
        seed: options.seed,
        entries: notes.entries,
        decisions: notes.decisions,
        labels: notes.labels,
        violation: notes.violation,
        reached: notes.reached,
        outages: notes.outages.lasting(),
        values,
        time,
        ended,
    })
}

/// What is written down while playing.
#[derive(Default)]
struct Notes {
    entries: Vec<Entry>,
    decisions: Vec<Decision<Kafka>>,
    labels: BTreeMap<String, usize>,
    violation: Option<Violation>,
    reached: Reached,
    outages: Outages,
}

struct Outcome {
    notes: Notes,
    values: Vec<Value>,
    time: Span,
    ended: Ended,
}

/// What time is let run for.
#[derive(Clone, Debug)]
enum Goal {
    /// For the time alone.
    Time,
    /// Until nothing but periodic work happens.
    Settled,
    /// Until this can be done.
    Possible(Action<Kafka>),
    /// Until this client has nothing in hand.
    Idle(ClientId),
}

/// Whether the play goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Going {
    On,
    Ends(Ended),
}

struct Player<'p, 'w> {
    built: &'p Built,
    scenario: &'p Scenario,
    timed: Timed<'p, Kafka>,
    begin: Instant,
    choices: Stream,
    watch: Watch,
    stillness: Stillness,
    changes: Changes,
    /// When each client looks for something to do.
    clients: Vec<Instant>,
    /// What happens by itself at a time.
    later: Vec<(Instant, Action<Kafka>)>,
    /// Topics that exist from the beginning but, after a cold start, not yet.
    unborn: Vec<TopicIndex>,
    /// Writes of the script so far.
    writes: usize,
    /// The partition that each client wrote to last.
    wrote_to: BTreeMap<ClientId, Partition>,
    steps_end: usize,
    time_end: Option<Instant>,
    going: Going,
    notes: Notes,
    watching: Option<&'w mut dyn FnMut(&Watched)>,
}

impl<'p, 'w> Player<'p, 'w> {
    fn new(
        built: &'p Built,
        scenario: &'p Scenario,
        options: &Options,
        watching: Option<&'w mut dyn FnMut(&Watched)>,
    ) -> Self {
        let mut timed = built.timed(options.seed);
        timed.scratch.step_properties.clone_from(&built.step_properties);
        let begin = timed.now();
        let bound = scenario.bounds.time.map(|time| Span::from_us(time.micros()));
        let (steps, time) = match options.until {
            Until::Quiet => (None, bound),
            Until::Time(time) => (None, Some(time)),
            Until::Step(step) => (Some(step), None),
        };
        let steps_bound = scenario.bounds.steps.and_then(|steps| usize::try_from(steps).ok());
        Self {
            built,
            scenario,
            begin,
            choices: Stream::new(options.seed, Purpose::Choices),
            watch: Watch::new(&timed.world, &built.properties, &built.step_properties),
            stillness: Stillness::of(&timed),
            changes: Changes::of(&timed.world),
            clients: built.config.clients.iter().map(|_| begin).collect(),
            later: Vec::new(),
            unborn: unborn(built),
            writes: 0,
            wrote_to: BTreeMap::new(),
            steps_end: steps.or(steps_bound).unwrap_or(STEPS_MAX),
            time_end: time.map(|time| begin + time),
            going: Going::On,
            notes: Notes::default(),
            watching,
            timed,
        }
    }

    fn play(&mut self) {
        self.begin_cold();
        let script = &self.scenario.script;
        for (at, event) in script.iter().enumerate() {
            if self.going == Going::On {
                let next = script.get(at + 1).and_then(Event::at);
                self.event(event, next);
            }
        }
        if self.going == Going::On {
            let end = self.time_end.unwrap_or(self.timed.now() + SETTLE_MAX);
            let goal = if self.time_end.is_some() {
                Goal::Time
            } else {
                Goal::Settled
            };
            self.run(end, &goal);
        }
        if self.going == Going::On && self.time_end.is_none() {
            self.check_liveness();
        }
    }

    fn outcome(self) -> Outcome {
        let ended = match self.going {
            Going::Ends(ended) => ended,
            Going::On if self.time_end.is_some() => Ended::Bound,
            Going::On => Ended::Quiet,
        };
        let time = self.timed.now().saturating_since(self.begin);
        Outcome {
            notes: self.notes,
            values: self.timed.world.into_values(),
            time,
            ended,
        }
    }

    /// Lets time run up to `limit`, or until the goal is reached. Says whether it was.
    fn run(&mut self, limit: Instant, goal: &Goal) -> bool {
        let limit = self.time_end.map_or(limit, |end| limit.min(end));
        while self.going == Going::On {
            if self.is_reached(goal) {
                return true;
            }
            self.own_acts();
            if self.going != Going::On {
                break;
            }
            if self.timed.now() >= limit {
                break;
            }
            let until = self.next_own(goal).min(limit);
            let mut choices = Seeded(&mut self.choices);
            // For those who watch: the message is gone from its queue afterwards.
            let before = self.watching.is_some().then(|| self.timed.world.clone());
            match self.timed.advance(until, &mut choices) {
                Some(action) => self.after(before.as_ref(), &action),
                None => self.timed.wait_until(until),
            }
        }
        if self.time_end.is_some_and(|end| self.timed.now() >= end) && self.going == Going::On {
            self.going = Going::Ends(Ended::Bound);
        } else if self.going == Going::On && matches!(goal, Goal::Settled) {
            self.going = Going::Ends(Ended::Restless);
        }
        false
    }

    fn is_reached(&self, goal: &Goal) -> bool {
        match goal {
            Goal::Time => false,
            Goal::Settled => !self.has_work() && self.stillness.is_settled(&self.timed),
            Goal::Possible(action) => self.timed.world.find(action).is_some(),
            Goal::Idle(client) => self.is_idle(*client),
        }
    }

    /// The next time at which the player itself does something, or asks whether the goal is reached.
    fn next_own(&self, goal: &Goal) -> Instant {
        let clients = self.clients.iter().copied();
        let later = self.later.iter().map(|(at, _)| *at);
        let asks = matches!(goal, Goal::Settled).then(|| self.stillness.ask_again(&self.timed));
        let next = clients
            .chain(later)
            .chain(asks)
            .filter(|at| *at > self.timed.now())
            .min();
        next.unwrap_or(self.timed.now() + CONSUMER_PAUSE)
    }
}

/// Topics that a cold cluster gets as soon as it can.
fn unborn(built: &Built) -> Vec<TopicIndex> {
    let topics = built.config.topics.iter().enumerate();
    let first = topics.filter(|(_, topic)| built.start == Start::Cold && topic.exists);
    first.map(|(at, _)| TopicIndex(at as u8)).collect()
}
