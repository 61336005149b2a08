//! Owns the repetition of a trace: decision by decision, until one no longer fits.

use checker::watch::{Violation, Watch};
use models::actions::{Event, Timer};
use models::ids::{Node, Partition, TopicIndex};
use models::kraft::quorum::Roster;
use models::message::Command;
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::trace::{Misfit, deed, perform};
use sim_core::{Action, Model, Scratch};

use super::{Divergence, TraceFile, TraceStep, Violated, what};
use crate::build::Built;

/// A trace under repetition: somebody else decides how far it goes.
pub struct Replay<'t> {
    trace: &'t TraceFile,
    world: World<'t>,
    scratch: Scratch<Kafka>,
    watch: Watch,
    done: usize,
}

/// One repeated step.
#[derive(Clone, Debug)]
pub struct Stepped<'t> {
    /// Its number, from 1.
    pub number: usize,
    /// As recorded.
    pub recorded: &'t TraceStep,
    /// For readers: the action and the message that arrived, as they are now.
    pub what: String,
    /// The first property that it broke.
    pub violation: Option<Violation>,
}

/// A trace that fitted to its end.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The state after the last step.
    pub values: Vec<Value>,
    /// The first violation, and the step that broke the property.
    pub violation: Option<(usize, Violation)>,
}

impl Replayed {
    /// Whether the violation that was recorded was seen again: the same property about the same object.
    pub fn confirms(&self, recorded: &Violated) -> bool {
        self.violation.as_ref().is_some_and(|(_, violation)| {
            violation.property == recorded.property && violation.failure.about == recorded.about
        })
    }
}

impl<'t> Replay<'t> {
    /// A trace before its first step.
    pub fn new(trace: &'t TraceFile, built: &'t Built) -> Self {
        let world = built.initial();
        let watch = Watch::new(&world, &built.properties, &built.step_properties);
        let scratch = Scratch::watching(built.step_properties.clone());
        Self {
            trace,
            world,
            scratch,
            watch,
            done: 0,
        }
    }

    /// The world as it is.
    pub fn world(&self) -> &World<'t> {
        &self.world
    }

    /// What the last step did.
    pub fn scratch(&self) -> &Scratch<Kafka> {
        &self.scratch
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Repeats the next step; `None` behind the last one.
    ///
    /// # Errors
    /// When it no longer fits.
    pub fn step(&mut self) -> Result<Option<Stepped<'t>>, Box<Divergence>> {
        let Some(recorded) = self.trace.steps.get(self.done) else {
            return Ok(None);
        };
        let number = self.done + 1;
        let what = what(&self.world, &recorded.decision.action);
        self.perform(recorded)
            .map_err(|misfit| Box::new(Divergence::new(number, recorded, &self.trace.header, misfit)))?;
        self.done = number;
        let violation = self.watch.after(&self.world, &self.scratch);
        Ok(Some(Stepped {
            number,
            recorded,
            what,
            violation,
        }))
    }

    fn perform(&mut self, recorded: &TraceStep) -> Result<(), Misfit> {
        let action = &recorded.decision.action;
        if !exists(&self.world, action) {
            return Err(Misfit::NotEnabled {
                action: action.to_string(),
                instead: Vec::new(),
            });
        }
        perform(&mut self.world, &recorded.decision, &mut self.scratch)?;
        let Some(digest) = recorded.digest else { return Ok(()) };
        let deed = deed(&self.scratch);
        if deed.digest == digest {
            return Ok(());
        }
        Err(Misfit::OtherDigest {
            recorded: digest,
            now: deed.digest,
            effects: deed.effects,
        })
    }

    /// Repeats all steps that are left.
    ///
    /// # Errors
    /// At the first step that no longer fits.
    pub fn finish(mut self) -> Result<Replayed, Box<Divergence>> {
        let mut first = None;
        while let Some(stepped) = self.step()? {
            if let (None, Some(violation)) = (&first, stepped.violation) {
                first = Some((stepped.number, violation));
            }
        }
        Ok(Replayed {
            values: self.world.into_values(),
            violation: first,
        })
    }
}

/// Whether this cluster has what an action names: a trace can be edited by hand.
fn exists(world: &World<'_>, action: &Action<Kafka>) -> bool {
    let config = world.config();
    let has_topic = |topic: &TopicIndex| usize::from(topic.0) < config.topics.len();
    let has_partition = |partition: &Partition| usize::from(partition.0) < config.partitions.len();
    let (node, fits) = match action {
        Action::Deliver(Slot::Queue(_, to, _)) | Action::DeliverOverdue(Slot::Queue(_, to, _)) => (*to, true),
        Action::Deliver(_) | Action::DeliverOverdue(_) => return false,
        Action::Fire(node, timer) => (*node, timer_belongs(*node, *timer)),
        Action::Command(node, command) => {
            let fits = match command {
                Command::CreateTopic(topic) | Command::AlterTopic(topic, _) => has_topic(topic),
                Command::AddPartitions(topic, _) | Command::DeleteTopic(topic) => has_topic(topic),
                Command::Reassign(partition, target) => {
                    let hosts = |id: &models::ids::BrokerId| config.placed(*partition).hosts.contains(id);
                    has_partition(partition) && target.iter().all(hosts)
                }
                Command::CancelReassignment(partition) => has_partition(partition),
                Command::Elect(partition, _) | Command::Send { partition, .. } => has_partition(partition),
                Command::SendNext | Command::Poll | Command::Refresh => true,
            };
            let at = if *node == Node::Controller {
                config.keeper()
            } else {
                *node
            };
            (at, fits && !matches!(node, Node::Broker(_) | Node::ZooKeeper))
        }
        Action::Environment(
            Event::StartController(id)
            | Event::KillController(id)
            | Event::StopController(id)
            | Event::PauseController(id)
            | Event::ResumeController(id),
        ) => (Node::Voter(*id), true),
        Action::Environment(_) => (config.keeper(), true),
    };
    let in_quorum = |roster: &Roster| node == Node::Controller || roster.member(node).is_some();
    let known = config.nodes().any(|known| known == node) || config.quorum.as_ref().is_some_and(in_quorum);
    fits && known && world.has(Kafka::offered_by(config, action))
}

/// Whether nodes of this kind have such a timer.
fn timer_belongs(node: Node, timer: Timer) -> bool {
    match timer {
        Timer::Session(_) => matches!(node, Node::Controller | Node::ZooKeeper | Node::Voter(_)),
        Timer::Balance => matches!(node, Node::Controller | Node::Broker(_) | Node::Voter(_)),
        Timer::Election(_) | Timer::CheckQuorum | Timer::QuorumWait => matches!(node, Node::Voter(_)),
        Timer::FetchTimeout | Timer::Channel => matches!(node, Node::Broker(_) | Node::Voter(_)),
        Timer::IsrNotice => node == Node::ZooKeeper,
        Timer::Leave | Timer::Halt => matches!(node, Node::Broker(_)),
        Timer::Request | Timer::ClientRetry | Timer::Delivery => matches!(node, Node::Client(_)),
        Timer::Retry | Timer::Heartbeat | Timer::IsrCheck => matches!(node, Node::Broker(_)),
        Timer::Lag(..) | Timer::FetchWait(..) | Timer::Propose(_) | Timer::LookAgain(_) => {
            matches!(node, Node::Broker(_))
        }
        Timer::FetchBackoff(_) | Timer::Checkpoint(_) | Timer::ProduceWait(..) => matches!(node, Node::Broker(_)),
    }
}

impl TraceFile {
    /// Repeats the whole trace.
    ///
    /// # Errors
    /// At the first step that no longer fits.
    ///
    /// # Panics
    /// When its scenario cannot be simulated: reading and recording refuse such a trace.
    pub fn replay(&self) -> Result<Replayed, Box<Divergence>> {
        let built = self.built().map_err(|why| why.to_string());
        let built = built.expect("a trace that was read or recorded has a scenario that can be simulated");
        Replay::new(self, &built).finish()
    }
}
