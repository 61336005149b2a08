//! One sentence per step: what a reader who knows Kafka would say had happened.

mod deliveries;
mod metadata;
mod zookeeper;

use models::actions::{Event, Timer};
use models::cluster::PartitionState;
use models::config::UncleanElection;
use models::controller::partition_change::Choice;
use models::fact::Fact;
use models::ids::{BrokerId, LeaderEpoch, Listed, Node, Offset, Partition, TopicIndex};
use models::message::{Command, Election, FetchResult, Msg};
use models::slots::Slot;
use models::{authority_of, authority_slot};
use sim_core::{Action, Input};

use super::names::{Names, broker, count, log_of, records};
use super::tale::{Step, Tale};

/// Tells one step.
pub(super) struct Teller<'t, 'c> {
    tale: &'t Tale<'c>,
    step: &'t Step,
    names: Names<'c>,
}

/// One step in words, without its number.
pub fn sentence(tale: &Tale<'_>, step: &Step) -> String {
    Teller {
        tale,
        step,
        names: Names::new(tale.config()),
    }
    .tell()
}

impl Teller<'_, '_> {
    fn tell(&self) -> String {
        match &self.step.action {
            Action::Deliver(Slot::Queue(from, to, _)) => match self.step.received() {
                Some((to, from, msg)) => self.delivery(to, from, msg),
                None if self.is_told(*from) => {
                    format!("{} is refused: {} is down", self.node(*from), self.node(*to))
                }
                None => format!(
                    "{} sees that its connection to {} is gone",
                    self.node(*to),
                    self.node(*from)
                ),
            },
            Action::DeliverOverdue(_) => match self.step.received() {
                Some((to, from, msg)) => format!("late, over a dead connection: {}", self.delivery(to, from, msg)),
                None => "something late arrives".into(),
            },
            Action::Deliver(slot) => format!("{slot} delivers"),
            Action::Fire(node, timer) => self.timer(*node, *timer),
            Action::Command(node, command) => self.command(*node, command),
            Action::Environment(event) => self.event(*event),
        }
    }

    /// Whether it is this node that learns of the end of a connection.
    fn is_told(&self, node: Node) -> bool {
        let told = |(at, input): &(Node, Input<models::Kafka>)| *at == node && matches!(input, Input::Disconnected(_));
        self.step.inputs.iter().any(told)
    }

    fn node(&self, node: Node) -> String {
        self.names.node(node)
    }

    fn timer(&self, node: Node, timer: Timer) -> String {
        let me = self.node(node);
        match timer {
            Timer::Session(id) => format!(
                "{} ends; {}",
                self.session(id),
                self.decision("the controller fences it")
            ),
            Timer::IsrNotice => "ISR changes that leaders wrote are made known".into(),
            Timer::Leave => format!("{me} asks again to be let go"),
            Timer::Halt => format!("{me} ends"),
            Timer::Election(_) => format!("{me} has waited long enough for a leader of the quorum"),
            Timer::FetchTimeout => format!("{me} has not heard from the leader of the quorum for too long"),
            Timer::CheckQuorum => format!("{me} has not heard from a majority of the quorum for too long"),
            Timer::QuorumWait => format!("{me} answers the fetches of the metadata log that wait"),
            Timer::Channel => format!("{me} asks the controller again"),
            Timer::Balance => format!(
                "the time has come to balance leaders; {}",
                self.decision("nothing moves")
            ),
            Timer::Retry => format!("{me} asks again"),
            Timer::Heartbeat => format!("{me} sends a heartbeat"),
            Timer::IsrCheck => match self.proposal() {
                Some(asked) => format!("{me} looks for lagging replicas: {asked}"),
                None => format!("{me} looks for lagging replicas"),
            },
            Timer::Propose(partition) => format!(
                "{me} writes its proposal{}, with the lives that it knows by now",
                self.names.within(partition)
            ),
            Timer::LookAgain(partition) => {
                let asked = self.proposal().unwrap_or_else(|| "nothing follows".into());
                let within = self.names.within(partition);
                format!("{me} looks again who may enter the ISR{within}: {asked}")
            }
            Timer::Lag(partition, id) => {
                let asked = self.proposal().unwrap_or_else(|| "nothing follows".into());
                format!(
                    "broker {id} has lagged too long{}: {asked}",
                    self.names.within(partition)
                )
            }
            Timer::FetchWait(partition, id) => {
                let told = self.answered_high_watermark();
                let told = told.map_or_else(String::new, |told| format!(" (HW {told})"));
                format!(
                    "{me} answers the fetch of broker {id} that waited{}{told}",
                    self.names.within(partition)
                )
            }
            Timer::FetchBackoff(partition) => {
                format!("{me} fetches again after an error{}", self.names.within(partition))
            }
            Timer::Checkpoint(partition) => format!("{me} writes its HW to disk{}", self.names.within(partition)),
            Timer::ProduceWait(_, client) => {
                format!(
                    "the produce request of {} has waited too long at {me}",
                    self.names.client(client)
                )
            }
            Timer::Request => format!("the request of {me} times out"),
            Timer::ClientRetry => self.client_asks(node).unwrap_or_else(|| format!("{me} tries again")),
            Timer::Delivery => format!("{me} gives its batch up: it has waited too long"),
        }
    }

    /// Whose session ends: the broker's of the step before needs no name.
    fn session(&self, id: BrokerId) -> String {
        let before = self.tale.step(self.step.number - 1);
        let just_now = before.is_some_and(|step| match &step.action {
            Action::Environment(event) => stops(*event) == Some(id),
            Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..) | Action::Command(..) => false,
        });
        if just_now {
            "its session".into()
        } else {
            format!("the session of broker {id}")
        }
    }

    /// What the controller decided in this step.
    fn decision(&self, otherwise: &str) -> String {
        let decided = self.step.facts().filter_map(|(_, fact)| {
            let Fact::Decided {
                partition,
                leader,
                epoch,
                choice,
                ..
            } = fact
            else {
                return None;
            };
            Some((*partition, *leader, *epoch, *choice))
        });
        let decided: Vec<_> = decided.collect();
        let elected: Vec<_> = decided
            .iter()
            .filter(|(partition, _, epoch, _)| self.is_new(*partition, *epoch))
            .collect();
        match (&elected[..], &decided[..]) {
            ([], []) => otherwise.into(),
            ([], [(partition, ..)]) => format!("the ISR changes{}", self.names.within(*partition)),
            ([], all) => format!("the ISR of {} partitions changes", count(all.len())),
            ([(partition, None, ..)], _) => format!("no leader is left{}", self.names.within(*partition)),
            ([(partition, Some(leader), _, choice)], _) => {
                let how = match choice {
                    Choice::Clean => "",
                    Choice::LastKnown => " as the last known leader",
                    Choice::Unclean => " uncleanly",
                };
                format!(
                    "controller elects broker {leader}{}{how}",
                    self.names.within(*partition)
                )
            }
            (several, _) => format!("controller decides about {} leaders", count(several.len())),
        }
    }

    /// Whether this leader epoch was not there before the step.
    fn is_new(&self, partition: Partition, epoch: LeaderEpoch) -> bool {
        let before = partition_state(self.tale, partition, self.step.number - 1);
        before.is_none_or(|state| state.leader_epoch != epoch)
    }

    fn proposal(&self) -> Option<String> {
        self.step.sent().find_map(|(slot, msg)| {
            let (Slot::Queue(from, ..), Msg::AlterPartition(alter)) = (slot, msg) else {
                return None;
            };
            let isr: Vec<BrokerId> = alter.isr.iter().map(|(id, _)| *id).collect();
            Some(format!("{} asks for ISR {}", self.node(from), Listed(&isr)))
        })
    }

    fn answered_high_watermark(&self) -> Option<Offset> {
        self.step.sent().find_map(|(_, msg)| {
            let Msg::Fetched(fetched) = msg else { return None };
            let FetchResult::Records { high_watermark, .. } = &fetched.result else {
                return None;
            };
            Some(*high_watermark)
        })
    }

    fn command(&self, node: Node, command: &Command) -> String {
        let me = self.node(node);
        match command {
            Command::SendNext | Command::Send { .. } | Command::Poll | Command::Refresh => self
                .client_asks(node)
                .unwrap_or_else(|| format!("client {me} is busy: {command}")),
            Command::CreateTopic(topic) => format!("topic {} is created", self.topic(*topic)),
            Command::AlterTopic(topic, settings) => {
                let unclean = match settings.unclean {
                    UncleanElection::Allowed => "allowed",
                    UncleanElection::Refused => "refused",
                };
                let topic = self.topic(*topic);
                format!(
                    "operator: {topic} min.insync.replicas={}, unclean election {unclean}",
                    settings.min_isr
                )
            }
            Command::Reassign(partition, target) => {
                let name = self.tale.config().partition_name(*partition);
                format!("operator moves {name} to brokers {}", Listed(target))
            }
            Command::CancelReassignment(partition) => {
                let name = self.tale.config().partition_name(*partition);
                format!("operator calls off the reassignment of {name}")
            }
            Command::AddPartitions(topic, count) => {
                format!("operator gives topic {} {count} partitions", self.topic(*topic))
            }
            Command::DeleteTopic(topic) => format!("operator deletes topic {}", self.topic(*topic)),
            Command::Elect(partition, election) => {
                let kind = match election {
                    Election::Online => "an",
                    Election::Preferred => "a preferred",
                    Election::Unclean => "an unclean",
                };
                let within = self.names.within(*partition);
                format!(
                    "operator asks for {kind} election{within}; {}",
                    self.decision("nothing changes")
                )
            }
        }
    }

    fn topic(&self, topic: TopicIndex) -> &str {
        &self.tale.config().topics[usize::from(topic.0)].name
    }

    /// What a client sends.
    fn client_asks(&self, node: Node) -> Option<String> {
        let (slot, msg) = self.step.sent().next()?;
        let Slot::Queue(_, to, _) = slot else { return None };
        let line = format!("client {} -> {}", self.node(node), self.node(to));
        Some(match msg {
            Msg::Produce {
                records: list,
                acks,
                partition,
            } => {
                let within = self.names.within(*partition);
                format!("{line}   produce {}{within} (acks={})", records(list), acks.text())
            }
            Msg::Read { from, partition, .. } => {
                format!("{line}   read from offset {from}{}", self.names.within(*partition))
            }
            Msg::Who(partition) => format!("{line}   who leads{}?", self.names.within(*partition)),
            msg => format!("{line}   {msg}"),
        })
    }

    fn event(&self, event: Event) -> String {
        let between = |from, to| format!("{} and {}", self.node(from), self.node(to));
        match event {
            Event::Start(id) => format!("broker {id} starts again"),
            Event::Stop(id) => format!("broker {id} is asked to stop"),
            Event::Kill(id) => format!("broker {id} killed"),
            Event::Power(id) => format!("broker {id} loses power{}", self.power_loss(&[id])),
            Event::PowerAll => {
                let all: Vec<BrokerId> = self.tale.config().broker_ids().collect();
                format!("all brokers lose power{}", self.power_loss(&all))
            }
            Event::Wipe(id) => format!("the data of broker {id} is wiped"),
            Event::Pause(id) => format!("broker {id} stands still"),
            Event::Resume(id) => format!("broker {id} goes on"),
            Event::Stall(id) => format!("the disk of broker {id} stalls"),
            Event::Unstall(id) => format!("the disk of broker {id} works again"),
            Event::FailDisk(id) => format!("the disk of broker {id} fails, and it halts"),
            Event::FillDisk(id) => format!("the disk of broker {id} is full, and it halts"),
            Event::Cut(a, b) => format!("nothing passes any more between {}", between(a, b)),
            Event::CutOneWay(from, to) => {
                format!("nothing passes any more from {} to {}", self.node(from), self.node(to))
            }
            Event::Heal(a, b) => format!("everything passes again between {}", between(a, b)),
            Event::Reset(from, to, lane) => format!("the connection between {} breaks ({lane})", between(from, to)),
            Event::Late(from, to, lane) => {
                format!(
                    "the connection between {} breaks; one message was read in time ({lane})",
                    between(from, to)
                )
            }
            Event::KillServer(down) => format!("a ZooKeeper server is killed ({down} down)"),
            Event::StartServer(down) => format!("a ZooKeeper server starts ({down} down)"),
            Event::StartController(id) => format!("controller {id} starts again"),
            Event::KillController(id) => format!("controller {id} killed"),
            Event::StopController(id) => format!("controller {id} stops"),
            Event::PauseController(id) => format!("controller {id} stands still"),
            Event::ResumeController(id) => format!("controller {id} goes on"),
            Event::Merge(id) => format!("{} (all metadata at once)", self.metadata(id, None)),
        }
    }

    fn power_loss(&self, ids: &[BrokerId]) -> String {
        let after = self.step.number;
        let gone = ids
            .iter()
            .flat_map(|id| self.tale.config().hosted(*id).map(move |partition| (*id, partition)));
        let gone = gone.map(|(id, partition)| {
            let batches = |after| log_of(self.tale, id, partition, after).map_or(0, |log| log.batches().len());
            batches(after - 1).saturating_sub(batches(after))
        });
        match gone.sum::<usize>() {
            0 => ", nothing unflushed is lost".into(),
            1 => " and one unflushed batch".into(),
            lost => format!(" and {} unflushed batches", count(lost)),
        }
    }
}

/// The broker whose heartbeats end with this event.
fn stops(event: Event) -> Option<BrokerId> {
    match event {
        Event::Kill(id) | Event::Power(id) | Event::Pause(id) | Event::FailDisk(id) | Event::FillDisk(id) => Some(id),
        Event::Start(_) | Event::Stop(_) | Event::PowerAll | Event::Wipe(_) | Event::Resume(_) => None,
        Event::Stall(_) | Event::Unstall(_) | Event::Cut(..) | Event::CutOneWay(..) | Event::Heal(..) => None,
        Event::Reset(..) | Event::Late(..) | Event::Merge(_) => None,
        Event::KillServer(_) | Event::StartServer(_) => None,
        Event::StartController(_) | Event::KillController(_) | Event::StopController(_) => None,
        Event::PauseController(_) | Event::ResumeController(_) => None,
    }
}

/// The controller's state of a partition after so many steps.
pub(crate) fn partition_state<'t>(
    tale: &'t Tale<'_>,
    partition: Partition,
    after: usize,
) -> Option<&'t PartitionState> {
    authority_of(tale.value(authority_slot(tale.config()), after)?)?.partition(partition)
}

/// A short name of a step, for tables: its sentence without what the controller made of it.
pub fn short(tale: &Tale<'_>, step: &Step) -> String {
    let whole =
        if let Action::Fire(Node::Controller | Node::ZooKeeper | Node::Voter(_), Timer::Session(id)) = &step.action {
            format!("the session of {} ends", broker(*id))
        } else {
            sentence(tale, step)
        };
    whole.replace("   ", ": ")
}
