//! Owns what the player does besides waiting: it performs actions, lets clients act, and writes down what came of it.

use checker::watch::Violation;
use models::actions::{Event as Happening, Timer};
use models::client::{Client, Work};
use models::config::ClientKind;
use models::ids::{ClientId, Node, TopicIndex};
use models::kraft::quorum::Roster;
use models::message::{Command, Lane};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::trace::Decision;
use sim_core::{Action, Seeded, Span};

use super::{CONSUMER_PAUSE, Ended, Entry, Going, PRODUCER_PAUSE, Player, Watched};
use crate::scenario::event::Event;
use crate::scenario::schema::Start;
use crate::trace::what;
use crate::view::controlled;

impl Player<'_, '_> {
    /// Does this now, if it is possible. Says whether it was.
    pub(super) fn perform(&mut self, action: &Action<Kafka>) -> bool {
        let Some(offer) = self.timed.world.find(action) else {
            return false;
        };
        let before = self.watching.is_some().then(|| self.timed.world.clone());
        self.timed.perform(&offer, &mut Seeded(&mut self.choices));
        self.after(before.as_ref(), action);
        true
    }

    /// Writes down what the last action was and did.
    pub(super) fn after(&mut self, before: Option<&World<'_>>, action: &Action<Kafka>) {
        let scratch = &self.timed.scratch;
        let mut choices: Vec<u32> = scratch.choices.iter().map(|choice| choice.taken).collect();
        while choices.last() == Some(&0) {
            choices.pop();
        }
        self.notes.decisions.push(Decision {
            action: action.clone(),
            choices,
        });
        self.notes.reached.note(self.timed.world.config(), scratch);
        self.stillness.note(&self.timed);
        let now = self.timed.now().saturating_since(self.begin);
        self.notes.outages.note(&self.timed.world, now);
        for text in self.changes.after(self.built, &self.timed.world, scratch, action) {
            self.tell(text);
        }
        if let (Some(watching), Some(before)) = (self.watching.as_mut(), before) {
            let (step, time) = (
                self.notes.decisions.len(),
                self.timed.now().saturating_since(self.begin),
            );
            let what = what(before, action);
            watching(&Watched { step, time, what });
        }
        if let Some(violation) = self.watch.after(&self.timed.world, &self.timed.scratch) {
            self.violated(violation);
        } else if self.notes.decisions.len() >= self.steps_end && self.going == Going::On {
            self.going = Going::Ends(Ended::Bound);
        }
    }

    fn violated(&mut self, violation: Violation) {
        self.tell(format!("VIOLATED {}: {}", violation.property, violation.failure.reason));
        self.notes.violation = Some(violation);
        self.going = Going::Ends(Ended::Violated);
    }

    /// A line at this step and time.
    pub(super) fn tell(&mut self, text: String) {
        let (step, time) = self.moment();
        self.notes.entries.push(Entry::Line { step, time, text });
    }

    /// The last step, and the time since the beginning.
    pub(super) fn moment(&self) -> (usize, Span) {
        let time = self.timed.now().saturating_since(self.begin);
        (self.notes.decisions.len(), time)
    }

    /// Properties of what comes in the end, once nothing more comes.
    pub(super) fn check_liveness(&mut self) {
        for property in &self.built.liveness {
            if let Err(failure) = (property.check)(&self.timed.world) {
                let property = property.name;
                return self.violated(Violation { property, failure });
            }
        }
    }

    /// What is due by itself now: clients, and ends of what lasts for a time.
    pub(super) fn own_acts(&mut self) {
        self.bear_topics();
        let now = self.timed.now();
        let due: Vec<_> = self.later.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, action) in due {
            if self.perform(&action) {
                self.stillness.disturb(&self.timed);
            }
        }
        for client in self.built.config.client_ids() {
            let at = usize::from(client.0);
            if self.clients[at] <= now && self.going == Going::On {
                self.clients[at] = now + self.pause(client);
                self.client_acts(client);
            }
        }
    }

    /// After a cold start, brokers that the script does not start begin by themselves.
    pub(super) fn begin_cold(&mut self) {
        if self.built.start != Start::Cold {
            return;
        }
        let script = &self.scenario.script;
        for (_, id) in self.built.config.quorum.iter().flat_map(Roster::separate) {
            let starts = |event: &Event| matches!(event, Event::Start { broker, .. } if broker.0 == u32::from(id.0));
            if !script.iter().any(starts) {
                self.perform(&Action::Environment(Happening::StartController(id)));
            }
        }
        for id in self.built.config.broker_ids() {
            let starts = |event: &Event| matches!(event, Event::Start { broker, .. } if broker.0 == u32::from(id.0));
            if !script.iter().any(starts) {
                self.perform(&Action::Environment(Happening::Start(id)));
            }
        }
    }

    /// Topics of a cold cluster are made when all their replicas can be in sync.
    fn bear_topics(&mut self) {
        let config = &self.built.config;
        let cluster = controlled(&self.timed.world);
        let ready = |topic: &TopicIndex| {
            let mut replicas = config
                .partitions_of(*topic)
                .flat_map(|p| config.placed(p).assignment.iter());
            replicas.all(|id| cluster.is_active(*id))
        };
        let Some(at) = self.unborn.iter().position(ready) else {
            return;
        };
        let create = Command::CreateTopic(self.unborn.remove(at));
        self.perform(&Action::Command(Node::Controller, create));
    }

    fn pause(&self, client: ClientId) -> Span {
        match &self.built.config.clients[usize::from(client.0)].kind {
            ClientKind::Producer(_) => PRODUCER_PAUSE,
            ClientKind::Consumer(_) => CONSUMER_PAUSE,
        }
    }

    /// A client goes on with its workload. One that waits for a broker that is down is refused.
    ///
    /// Differs from Kafka: a refused connection is known at once there; here the request times out early.
    fn client_acts(&mut self, client: ClientId) {
        let node = Node::Client(client);
        let refused = self.client(client).waits_for.is_some_and(|broker| {
            let slot = Slot::Queue(node, Node::Broker(broker), Lane::Client);
            matches!(self.timed.world.get(slot), Value::Queue(queue) if !queue.is_attended())
        });
        if refused {
            self.perform(&Action::Fire(node, Timer::Request));
        } else if let Some(command) = self.client(client).next_command() {
            self.perform(&Action::Command(node, command));
        }
    }

    /// Whether a client has nothing in hand.
    pub(super) fn is_idle(&self, client: ClientId) -> bool {
        self.client(client).is_idle()
    }

    /// Whether a producer still has something to send.
    pub(super) fn has_work(&self) -> bool {
        let works = |client| match &self.client(client).work {
            Work::Producer { left, sending } => *left > 0 || sending.is_some(),
            Work::Consumer(_) => false,
        };
        self.built.config.client_ids().any(works)
    }

    fn client(&self, client: ClientId) -> &Client {
        match self.timed.world.get(Slot::Client(client)) {
            Value::Client(client) => client,
            other => panic!("the slot of a client holds {other:?}"),
        }
    }
}
