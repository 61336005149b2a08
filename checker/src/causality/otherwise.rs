//! What would have happened otherwise: the same decisions without one of them, with messages arriving before a fault,
//! or under other rules; as far as they still fit, and then everything harmless until nothing is left to do.

use std::collections::BTreeSet;
use std::fmt::Write;

use models::config::Config;
use models::settle::{next_harmless, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::trace::Decision;
use sim_core::{Action, Recorded, Scratch};

use super::judge::{Court, Judge};
use super::{Explanation, Finding, Loss, LostMessage, connection};
use crate::narrate::{Names, Tale, in_flight, short};

/// A world that has more harmless actions left than this is not going to settle.
const SETTLING_MAX: usize = 50_000;
/// Where the outcome stands in a table, at most.
const OUTCOME_AT: usize = 84;

/// Other rules for the same decisions.
#[derive(Clone, Debug)]
pub struct Rival<'c> {
    /// Their name.
    pub name: String,
    /// The same scenario under them.
    pub config: &'c Config,
    /// The contents of its slots at the beginning.
    pub initial: Vec<Value>,
}

impl<'c> Rival<'c> {
    /// Rules whose scenario starts settled.
    pub fn settled(name: impl Into<String>, config: &'c Config) -> Self {
        Self {
            name: name.into(),
            config,
            initial: settled(config).into_values(),
        }
    }
}

/// One thing that goes otherwise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Otherwise {
    /// Everything under way arrives before this step.
    ArrivesBefore(usize),
    /// This message arrives before the step that lost it.
    Delivered(LostMessage),
    /// This step is left out; a delivery or a timer comes later, when the rest is done, if it still can.
    Without(usize),
    /// All steps, under the rules of this name.
    Under(String),
}

/// What comes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The same property fails about the same object.
    Same,
    /// Something else fails first.
    Other(Finding),
    /// Nothing fails.
    Holds,
    /// Nothing fails, but the record was not promised in the first place.
    NeverPromised,
    /// Harmless actions go on and on; nothing failed so far.
    Unsettled,
}

/// One row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterfactual {
    /// What goes otherwise.
    pub otherwise: Otherwise,
    /// What comes of it.
    pub outcome: Outcome,
    /// Steps of the trace that no longer fitted and were left out, too.
    pub skipped: Vec<usize>,
}

/// Tries every fault and every step that plays a part, and then the other rules, in the order of the trace.
pub fn counterfactuals(
    tale: &Tale<'_>,
    explanation: &Explanation,
    rivals: &[Rival<'_>],
    judge: &Judge,
) -> Vec<Counterfactual> {
    let faults = tale
        .steps()
        .iter()
        .filter(|step| step.is_fault())
        .map(|step| step.number);
    let faults: BTreeSet<usize> = faults.collect();
    let mut rows = Vec::new();
    for step in faults.union(&explanation.slice) {
        let lost = explanation.lost_messages.iter().filter(|lost| lost.lost == *step);
        rows.extend(lost.copied().map(Otherwise::Delivered));
        if faults.contains(step) {
            rows.push(Otherwise::ArrivesBefore(*step));
        }
        rows.push(Otherwise::Without(*step));
    }
    let own = rows.into_iter().map(|otherwise| {
        let rerun = Rerun::new(tale.config(), tale.initial(), judge);
        rerun.row(tale, explanation, otherwise)
    });
    let others = rivals.iter().map(|rival| {
        let rerun = Rerun::new(rival.config, &rival.initial, judge);
        rerun.row(tale, explanation, Otherwise::Under(rival.name.clone()))
    });
    own.chain(others).collect()
}

/// A lenient replay.
struct Rerun<'c, 'j> {
    world: World<'c>,
    scratch: Scratch<Kafka>,
    court: Court<'j>,
    found: Option<Finding>,
    skipped: Vec<usize>,
}

/// Whether a world came to rest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Reached,
    Failed,
    NotReached,
}

impl<'c, 'j> Rerun<'c, 'j> {
    fn new(config: &'c Config, initial: &[Value], judge: &'j Judge) -> Self {
        let mut world = World::new(config);
        world.set_values(initial.to_vec());
        let (court, scratch) = judge.seated(&world);
        Self {
            world,
            scratch,
            court,
            found: None,
            skipped: Vec::new(),
        }
    }

    fn row(mut self, tale: &Tale<'_>, explanation: &Explanation, otherwise: Otherwise) -> Counterfactual {
        let rest = self.play(tale.decisions(), &otherwise);
        if rest == Rest::Reached {
            self.found = self.court.at_rest(&self.world);
        }
        let outcome = match (self.found.take(), rest) {
            (Some(found), _) if found == explanation.finding => Outcome::Same,
            (Some(found), _) => Outcome::Other(found),
            (None, Rest::NotReached) => Outcome::Unsettled,
            (None, Rest::Reached | Rest::Failed) => match &explanation.loss {
                Some(loss) if !is_promised(&self.world, loss) => Outcome::NeverPromised,
                Some(_) | None => Outcome::Holds,
            },
        };
        Counterfactual {
            otherwise,
            outcome,
            skipped: self.skipped,
        }
    }

    /// All decisions but for what goes otherwise; then everything harmless. Ends where something fails.
    fn play(&mut self, decisions: &[Decision<Kafka>], otherwise: &Otherwise) -> Rest {
        for (at, decision) in decisions.iter().enumerate() {
            let number = at + 1;
            if *otherwise == Otherwise::ArrivesBefore(number) {
                let rest = self.settle();
                if rest != Rest::Reached {
                    return rest;
                }
            }
            if let Otherwise::Delivered(message) = otherwise
                && message.lost == number
                && self.deliver(message.queue) == Rest::Failed
            {
                return Rest::Failed;
            }
            if *otherwise == Otherwise::Without(number) {
                continue;
            }
            let Some(offer) = self.world.find(&decision.action) else {
                self.skipped.push(number);
                continue;
            };
            self.world
                .apply(&offer, &mut Recorded::new(&decision.choices), &mut self.scratch);
            if self.fails() {
                return Rest::Failed;
            }
        }
        self.settle()
    }

    /// Everything in flight on one queue arrives.
    fn deliver(&mut self, queue: Slot) -> Rest {
        for _ in 0..in_flight(self.world.get(queue)) {
            if let Some(offer) = self.world.find(&Action::Deliver(queue)) {
                self.world.apply_default(&offer, &mut self.scratch);
                if self.fails() {
                    return Rest::Failed;
                }
            }
        }
        Rest::Reached
    }

    fn settle(&mut self) -> Rest {
        let mut offers = Vec::new();
        for _ in 0..SETTLING_MAX {
            self.world.enabled(&mut offers);
            let Some(next) = next_harmless(&offers) else {
                return Rest::Reached;
            };
            self.world.apply_default(next, &mut self.scratch);
            if self.fails() {
                return Rest::Failed;
            }
        }
        Rest::NotReached
    }

    fn fails(&mut self) -> bool {
        self.found = self.court.after(&self.world, &self.scratch);
        self.found.is_some()
    }
}

fn is_promised(world: &World<'_>, loss: &Loss) -> bool {
    let Value::Ledger(ledger) = world.get(Slot::Ledger) else {
        return false;
    };
    let known = ledger.promises(loss.partition);
    let acked = known.acked.values().any(|promise| promise.record == loss.record);
    acked || (loss.acked.is_none() && known.committed.values().any(|known| known.stored.record == loss.record))
}

impl Otherwise {
    fn text(&self, tale: &Tale<'_>) -> String {
        let words = |step: &usize| tale.step(*step).map_or_else(String::new, |step| short(tale, step));
        match self {
            Self::ArrivesBefore(step) => format!("everything under way arrives before step {step}: {}", words(step)),
            Self::Delivered(LostMessage { sent, lost, queue }) => {
                let of = format!(
                    "the message of step {sent} ({})",
                    connection(Names::new(tale.config()), *queue)
                );
                format!("{of} arrives before step {lost}")
            }
            Self::Without(step) if happens_by_itself(tale, *step) => format!("step {step} later: {}", words(step)),
            Self::Without(step) => format!("without step {step}: {}", words(step)),
            Self::Under(rules) => format!("same steps under {rules}"),
        }
    }
}

/// A delivery or a timer cannot be left out, only put off: it happens when everything settles, if it still can.
fn happens_by_itself(tale: &Tale<'_>, step: usize) -> bool {
    tale.step(step).is_some_and(|step| {
        matches!(
            step.action,
            Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..)
        )
    })
}

impl Outcome {
    fn text(&self, explanation: &Explanation) -> String {
        match (self, &explanation.loss) {
            (Self::Same, Some(_)) => "still lost".into(),
            (Self::Same, None) => "still broken".into(),
            (Self::Holds, Some(_)) => "nothing lost".into(),
            (Self::Holds, None) => "holds".into(),
            (Self::NeverPromised, _) => "never promised".into(),
            (Self::Other(found), _) => format!("{} ({})", found.property, found.about),
            (Self::Unsettled, _) => "comes to no end".into(),
        }
    }
}

/// The table under an explanation.
pub fn table(tale: &Tale<'_>, explanation: &Explanation, rows: &[Counterfactual]) -> String {
    let lines: Vec<_> = rows
        .iter()
        .map(|row| (row.otherwise.text(tale), row.outcome.text(explanation)))
        .collect();
    let longest = lines
        .iter()
        .map(|(what, _)| what.chars().count() + 5)
        .max()
        .unwrap_or(0);
    let column = longest.clamp(40, OUTCOME_AT);
    let mut text = String::new();
    let _ = writeln!(text, " {:<width$}outcome", "had it gone otherwise", width = column - 1);
    for (what, outcome) in lines {
        let gap = column.saturating_sub(3 + what.chars().count()).max(2);
        let _ = writeln!(text, "   {what}{:gap$}{outcome}", "");
    }
    text
}
