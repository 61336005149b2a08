//! Class-uniform sampling: first a class of actions, then one of its actions, both with equal chances. A class with many
//! members does not crowd out one with a single member.

use std::mem::{Discriminant, discriminant};

use models::Kafka;
use models::actions::{Event, Timer};
use models::faults::Fault;
use models::message::Lane;
use models::slots::Slot;
use sim_core::{Action, Candidate, Sampler, Stream};

/// All classes that are there are equally likely, and within a class all actions.
#[derive(Default)]
pub struct ClassUniform {
    classes: Vec<Class>,
    members: Vec<usize>,
}

/// What actions have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// A fault of this kind.
    Fault(Fault),
    /// A delivery on a lane of this kind.
    Delivery(Discriminant<Lane>),
    /// A message that outlived its connection.
    Overdue,
    /// A timer of this kind.
    Timer(Discriminant<Timer>),
    /// What a client does next.
    Command,
    /// What the environment does without a fault: a start, the end of a fault.
    Environment(Discriminant<Event>),
}

fn class(candidate: &Candidate<Kafka>) -> Class {
    if let Some(fault) = candidate.spends {
        return Class::Fault(fault);
    }
    match &candidate.action {
        Action::Deliver(Slot::Queue(_, _, lane)) => Class::Delivery(discriminant(lane)),
        Action::Deliver(_) | Action::DeliverOverdue(_) => Class::Overdue,
        Action::Fire(_, timer) => Class::Timer(discriminant(timer)),
        Action::Command(..) => Class::Command,
        Action::Environment(event) => Class::Environment(discriminant(event)),
    }
}

impl Sampler<Kafka> for ClassUniform {
    fn pick(&mut self, candidates: &[&Candidate<Kafka>], stream: &mut Stream) -> Option<usize> {
        self.classes.clear();
        for candidate in candidates {
            let class = class(candidate);
            if !self.classes.contains(&class) {
                self.classes.push(class);
            }
        }
        let picked = *stream.pick(&self.classes)?;
        self.members.clear();
        let all = candidates.iter().enumerate();
        self.members.extend(
            all.filter(|(_, candidate)| class(candidate) == picked)
                .map(|(at, _)| at),
        );
        stream.pick(&self.members).copied()
    }
}
