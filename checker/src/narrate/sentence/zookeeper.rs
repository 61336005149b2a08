//! What travels where there is ZooKeeper, in words: sessions, the controller's orders, controlled shutdown.

use models::ids::{Listed, Node};
use models::kafka_controller::Fate;
use models::message::{Code, Msg};
use models::zookeeper::{Answer, Request, Watch};

use super::Teller;

impl Teller<'_, '_> {
    /// A session asks ZooKeeper.
    pub(super) fn request(&self, from: Node, request: &Request) -> String {
        let from = self.node(from);
        match request {
            Request::Connect => format!("{from} opens a session and registers"),
            Request::Ping => format!("{from} pings ZooKeeper"),
            Request::Close => format!("{from} closes its session"),
            Request::Elect => format!("{from} tries to become the controller"),
            Request::ReadBrokers => format!("{from} reads who is registered"),
            Request::ReadIsrChanges => format!("{from} reads which ISRs have changed"),
            Request::Multi { author, .. } => {
                format!(
                    "{from} writes (controller epoch {}); {}",
                    author.0,
                    self.decision("nothing changes")
                )
            }
        }
    }

    /// ZooKeeper answers, or a watch fires.
    pub(super) fn zk_answer(&self, to: Node, answer: &Answer) -> String {
        let me = self.node(to);
        match answer {
            Answer::Connected(epoch) => format!("{me} is registered ({epoch})"),
            Answer::NodeExists => format!("{me} finds the node of its earlier session and gives up"),
            Answer::Expired(_) => format!("{me} hears that its session has ended"),
            Answer::Elected(epoch, ..) => format!("{me} is the controller (controller epoch {})", epoch.0),
            Answer::NotElected => format!("{me} hears that there is a controller"),
            Answer::Fired(Watch::Controller) => format!("{me} hears that the controller is gone"),
            Answer::Fired(Watch::Brokers) => format!("{me} hears that brokers have come or gone"),
            Answer::Fired(Watch::IsrChanges) => format!("{me} hears that ISRs have changed"),
            Answer::Brokers(brokers) => {
                let ids: Vec<_> = brokers.iter().map(|(id, _)| *id).collect();
                format!("{me} reads that brokers {} are registered", Listed(&ids))
            }
            Answer::IsrChanges(_) => format!("{me} reads the ISRs that have changed"),
            Answer::Done(changed) if changed.iter().all(Result::is_ok) => {
                format!("{me} has written, and tells brokers")
            }
            Answer::Done(_) => format!("{me} finds that another has written: some of its writes are refused"),
            Answer::ControllerMoved => format!("{me} finds that it is the controller no longer"),
            Answer::Config(..) => format!("{me} hears of new settings"),
        }
    }

    /// A controller's order arrives.
    pub(super) fn order(&self, to: Node, from: Node, msg: &Msg) -> String {
        let (me, from, what) = (self.node(to), self.node(from), self.if_ignored());
        match msg {
            Msg::LeaderAndIsr(request) => {
                let leader = request.state.leader;
                let leader = leader.map_or_else(|| "nobody leads".into(), |leader| format!("broker {leader} leads"));
                let within = self.names.within(request.partition);
                format!(
                    "{me} hears from {from} that {leader}{within} (epoch {}){what}",
                    request.state.leader_epoch.0
                )
            }
            Msg::StopReplica(request) => {
                let stop = match request.fate {
                    Fate::Kept => "stop",
                    Fate::Deleted => "delete",
                };
                let within = self.names.within(request.partition);
                format!("{me} hears from {from} to {stop} its replica{within}{what}")
            }
            msg => format!("{me} gets {} from {from}{what}", metadata(msg)),
        }
    }

    /// A broker asks to be let go, or hears that it may go.
    pub(super) fn shutdown(&self, to: Node, from: Node, msg: &Msg) -> String {
        let (me, from) = (self.node(to), self.node(from));
        match msg {
            Msg::ControlledShutdownAnswer(Ok(0)) => format!("{me} hears from {from} that it may stop"),
            Msg::ControlledShutdownAnswer(Ok(left)) => {
                format!("{me} hears from {from} that nobody else can lead {left} of its partitions")
            }
            Msg::ControlledShutdownAnswer(Err(Code::NotController)) => {
                format!("{me} hears from {from} that it is not the controller")
            }
            Msg::ControlledShutdownAnswer(Err(code)) => format!("{me} hears from {from}: {code}"),
            _ => format!("{from} asks {me} to be let go"),
        }
    }
}

fn metadata(msg: &Msg) -> String {
    match msg {
        Msg::UpdateMetadata(request) => format!("metadata (brokers {})", Listed(&request.brokers)),
        msg => msg.to_string(),
    }
}
