//! Who is in the quorum of a cluster: which process is which member, and which is broker and controller at once.

use alloc::vec::Vec;

use crate::ids::{BrokerId, Brokers, ControllerId, Node};
use crate::quorum::{Faults, Layer, NodeId};
use crate::raft;
use crate::raft::Rules;

/// Most processes that a quorum can have, brokers included.
pub const MEMBERS_MAX: usize = 8;

/// The members of a quorum: controllers first, then brokers that are none.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The configuration of the quorum's own model.
    pub raft: raft::Config,
    controllers: Vec<ControllerId>,
    /// Brokers that are no controllers.
    observers: Brokers,
    /// Brokers that are controllers, too (`process.roles=broker,controller`).
    combined: Brokers,
}

impl Roster {
    /// The quorum of these controllers. A broker with the id of a controller is one process with it.
    ///
    /// # Panics
    /// When there is no controller, or there are more than [`MEMBERS_MAX`] processes.
    pub fn new(controllers: &[ControllerId], brokers: &[BrokerId], rules: Rules) -> Self {
        let is_controller = |id: &BrokerId| controllers.contains(&ControllerId(id.0));
        let combined: Brokers = brokers.iter().copied().filter(is_controller).collect();
        let observers: Brokers = brokers.iter().copied().filter(|id| !is_controller(id)).collect();
        let processes = controllers.len() + observers.len();
        assert!(!controllers.is_empty(), "a quorum has a controller");
        assert!(
            processes <= MEMBERS_MAX,
            "a quorum of {processes} processes is too large"
        );
        let mut raft = raft::Config::new(controllers.len() as u8, rules, Faults::entries(0));
        raft.observers = observers.len() as u8;
        raft.commit_news = Layer::Attached;
        raft.controllers = Layer::Attached;
        Self {
            raft,
            controllers: controllers.to_vec(),
            observers,
            combined,
        }
    }

    /// All members, controllers first.
    pub fn members(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=(self.controllers.len() + self.observers.len()) as u8).map(NodeId)
    }

    /// The controllers, each with its number in the quorum.
    pub fn voters(&self) -> impl Iterator<Item = (NodeId, ControllerId)> + '_ {
        (1..).map(NodeId).zip(self.controllers.iter().copied())
    }

    /// Controllers that are no brokers.
    pub fn separate(&self) -> impl Iterator<Item = (NodeId, ControllerId)> + '_ {
        self.voters().filter(|(_, id)| !self.combined.contains(&BrokerId(id.0)))
    }

    /// Whether this member is a controller.
    pub fn is_voter(&self, id: NodeId) -> bool {
        usize::from(id.0) <= self.controllers.len()
    }

    /// The node of a member: a controller, or a broker that is none.
    pub fn node(&self, id: NodeId) -> Node {
        let at = usize::from(id.0) - 1;
        match self.controllers.get(at) {
            Some(controller) => Node::Voter(*controller),
            None => Node::Broker(self.observers[at - self.controllers.len()]),
        }
    }

    /// The member at this node, if it is one: a broker that is a controller has its part of the metadata log there.
    pub fn member(&self, node: Node) -> Option<NodeId> {
        self.members().find(|id| self.node(*id) == node)
    }

    /// The member of this controller.
    pub fn voter(&self, id: ControllerId) -> NodeId {
        self.member(Node::Voter(id)).expect("a controller is in the quorum")
    }

    /// The member that is one process with this broker.
    pub fn host(&self, id: BrokerId) -> NodeId {
        let own = self.member(Node::Broker(id));
        own.unwrap_or_else(|| self.voter(ControllerId(id.0)))
    }

    /// The broker that is one process with this member.
    pub fn broker(&self, id: NodeId) -> Option<BrokerId> {
        match self.node(id) {
            Node::Broker(broker) => Some(broker),
            Node::Voter(controller) => Some(BrokerId(controller.0)).filter(|broker| self.combined.contains(broker)),
            Node::Controller | Node::Client(_) | Node::ZooKeeper => None,
        }
    }

    /// The nodes of one process: the broker first.
    pub fn process(&self, node: Node) -> Vec<Node> {
        let broker = match node {
            Node::Voter(id) => BrokerId(id.0),
            Node::Broker(id) => id,
            Node::Controller | Node::Client(_) | Node::ZooKeeper => return alloc::vec![node],
        };
        match self.combined.contains(&broker) {
            true => alloc::vec![Node::Broker(broker), Node::Voter(ControllerId(broker.0))],
            false => alloc::vec![node],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_with_the_id_of_a_controller_is_one_process_with_it() {
        let controllers = [1, 2, 101].map(ControllerId);
        let roster = Roster::new(&controllers, &[1, 2, 3].map(BrokerId), Rules::NEWEST);
        assert_eq!(roster.members().count(), 4);
        assert_eq!(roster.node(NodeId(2)), Node::Voter(ControllerId(2)));
        assert_eq!(roster.node(NodeId(4)), Node::Broker(BrokerId(3)));
        assert_eq!(roster.host(BrokerId(2)), NodeId(2));
        assert_eq!(roster.host(BrokerId(3)), NodeId(4));
        assert_eq!(roster.broker(NodeId(3)), None);
        let both = [Node::Broker(BrokerId(1)), Node::Voter(ControllerId(1))];
        assert_eq!(roster.process(Node::Voter(ControllerId(1))), both);
        let separate: Vec<_> = roster.separate().collect();
        assert_eq!(separate, [(NodeId(3), ControllerId(101))]);
    }
}
