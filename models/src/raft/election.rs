//! Who leads: epochs, votes, and the end of a leadership. Kafka: `QuorumState`, `KafkaRaftClient`.

use super::log::{Content, Entry};
use super::member::{Contact, Fetching, Following, Leading, QuorumState, Role};
use super::message::{Ballot, Msg, Notice, Vote, VoterKey};
use super::rules::{PreVote, VoterIdentity};
use super::{Context, Fact, Side};
use crate::features::Switch;
use crate::quorum::{Epoch, Lane, Layer, Mark, NodeId, NodeSet, Slot, Waiting};

/// What becomes of an answer that carries an epoch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is of an epoch that is over.
    Old,
    /// It is of the epoch that both know now.
    Current,
}

impl Side<'_> {
    /// The voters as this member knows them: the last set in its log, or the first one.
    pub(super) fn voters(&self, cx: &Context<'_>) -> alloc::vec::Vec<VoterKey> {
        match self.log.voters() {
            Some((_, voters)) => voters.to_vec(),
            None => cx.config().first_voters().collect(),
        }
    }

    /// Whether a replica is a voter.
    pub(super) fn is_voter(&self, cx: &Context<'_>, key: VoterKey) -> bool {
        let same = |voter: &VoterKey| match cx.config().rules.voter_identity {
            VoterIdentity::Id => voter.id == key.id,
            VoterIdentity::IdAndDir => *voter == key,
        };
        self.voters(cx).iter().any(same)
    }

    /// Whether these are more than half of the voters.
    pub(super) fn is_majority(&self, cx: &Context<'_>, who: NodeSet) -> bool {
        let voters = self.voters(cx);
        2 * voters.iter().filter(|voter| who.contains(voter.id)).count() > voters.len()
    }

    /// Writes epoch, leader and vote.
    pub(super) fn write(&mut self, cx: &Context<'_>, state: QuorumState) {
        self.member.write(state, cx.config().rules.vote_durable.is_on());
    }

    /// Whoever this member led or followed, it does so no longer.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>, next: Role) {
        let ends = next == Role::Down;
        match core::mem::replace(&mut self.member.role, next) {
            Role::Leader(_) => {
                cx.announce(Fact::Deposed(self.member.epoch()));
                if cx.config().controllers == Layer::Attached && !ends {
                    cx.send(self.me, Msg::Notice(Notice::Lost));
                }
            }
            Role::Follower(Following { contact, .. }) => {
                if contact != Contact::None && cx.config().leader_must_stay() {
                    cx.announce(Fact::Left);
                }
            }
            Role::Down | Role::Unattached | Role::Prospective { .. } | Role::Candidate { .. } | Role::Resigned => {}
        }
    }

    /// Answers on their way of which this member would take no notice go: dead state is no state.
    pub(super) fn forget(&self, cx: &mut Context<'_>) {
        let waiting = match self.member.role {
            Role::Candidate { .. } => Waiting::Votes,
            Role::Prospective { .. } => Waiting::PreVotes,
            Role::Down | Role::Unattached | Role::Leader(_) | Role::Follower(_) | Role::Resigned => Waiting::Nothing,
        };
        for peer in cx.config().nodes().without(self.me).iter() {
            let queue = Slot::Queue(peer, self.me, Lane::Answer);
            cx.mark(queue, Mark::Outdated(self.member.epoch(), waiting));
        }
    }

    /// Takes notice of an epoch and its leader.
    pub(super) fn learn(&mut self, cx: &mut Context<'_>, epoch: Epoch, leader: Option<NodeId>) -> Heard {
        if epoch < self.member.epoch() {
            return Heard::Old;
        }
        if epoch > self.member.epoch() {
            self.leave(cx, Role::Unattached);
            let state = QuorumState {
                epoch,
                ..QuorumState::default()
            };
            self.write(cx, state);
            self.forget(cx);
        }
        if let Some(leader) = leader.filter(|leader| *leader != self.me && self.member.state().leader.is_none()) {
            self.follow(cx, leader);
        }
        Heard::Current
    }

    /// Follows the leader of its epoch.
    pub(super) fn follow(&mut self, cx: &mut Context<'_>, leader: NodeId) {
        let fetch = match self.member.role {
            Role::Prospective { fetch, .. } => fetch,
            _ => Fetching::Idle,
        };
        let following = Following {
            leader,
            contact: Contact::None,
            fetch,
        };
        self.leave(cx, Role::Follower(following));
        let state = QuorumState {
            epoch: self.member.epoch(),
            leader: Some(leader),
            voted: None,
        };
        if *self.member.state() != state {
            self.write(cx, state);
        }
        self.forget(cx);
        self.fetch(cx);
    }

    /// Asks all other voters.
    fn ask(&self, cx: &mut Context<'_>, ballot: Ballot) {
        for voter in self.voters(cx).into_iter().filter(|voter| voter.id != self.me) {
            self.ask_one(cx, ballot, voter);
        }
    }

    fn ask_one(&self, cx: &mut Context<'_>, ballot: Ballot, voter: VoterKey) {
        let vote = Vote {
            ballot,
            epoch: self.member.epoch(),
            candidate: self.member.key(self.me),
            voter,
            tip: self.log.tip(),
        };
        cx.send(voter.id, Msg::Vote(vote));
    }

    /// Stands for election in its epoch, for which it has voted for itself.
    pub(super) fn stand(&mut self, cx: &mut Context<'_>) {
        let granted = NodeSet::EMPTY.with(self.me);
        self.leave(cx, Role::Candidate { granted });
        self.forget(cx);
        if self.is_majority(cx, granted) {
            return self.lead(cx);
        }
        self.ask(cx, Ballot::Binding);
    }

    /// Raises the epoch and stands for election.
    fn campaign(&mut self, cx: &mut Context<'_>) {
        let state = QuorumState {
            epoch: self.member.epoch().next(),
            leader: None,
            voted: Some(self.member.key(self.me)),
        };
        self.write(cx, state);
        self.stand(cx);
    }

    /// Leads its epoch: its first entry says so. Kafka: `onBecomeLeader`.
    pub(super) fn lead(&mut self, cx: &mut Context<'_>) {
        let epoch = self.member.epoch();
        let state = QuorumState {
            epoch,
            leader: Some(self.me),
            voted: None,
        };
        self.write(cx, state);
        let leading = Leading {
            start: self.log.end(),
            ..Leading::default()
        };
        self.leave(cx, Role::Leader(leading));
        self.forget(cx);
        self.log.append(Entry {
            epoch,
            content: Content::LeaderChange(self.me),
        });
        cx.announce(Fact::Elected(epoch));
        // Differs from Kafka: observers are told, too; there they ask any voter.
        for id in cx.config().nodes().without(self.me).iter() {
            cx.send(id, Msg::Begin(epoch));
        }
        self.advance(cx);
    }

    /// Leads no longer, and says so. Kafka: `transitionToResigned`.
    ///
    /// Differs from Kafka: a leader that restarts says nothing; there it says so without naming a successor, and its
    /// followers wait until their timers run out, as they do here.
    pub(crate) fn resign(&mut self, cx: &mut Context<'_>) {
        let by_end = |leading: &Leading| {
            let ends = leading.ends.iter().map(|(id, end)| (*end, core::cmp::Reverse(*id)));
            ends.max().map(|(_, core::cmp::Reverse(id))| id)
        };
        let successor = match &self.member.role {
            Role::Leader(leading) => by_end(leading),
            _ => None,
        };
        self.leave(cx, Role::Resigned);
        self.forget(cx);
        let epoch = self.member.epoch();
        for (voter, successor) in self.voters(cx).into_iter().zip(core::iter::repeat(successor)) {
            if let Some(successor) = successor.filter(|_| voter.id != self.me) {
                cx.send(voter.id, Msg::End(epoch, successor));
            }
        }
    }

    /// Back to the leader that it knows, or to none.
    fn stand_down(&mut self, cx: &mut Context<'_>) {
        match self.member.state().leader {
            Some(leader) if leader != self.me => self.follow(cx, leader),
            Some(_) | None => self.leave(cx, Role::Unattached),
        }
    }
}

/// The election timer or the fetch timer ran out.
pub fn on_election(mut at: Side<'_>, cx: &mut Context<'_>) {
    if !at.is_voter(cx, at.member.key(at.me)) {
        return;
    }
    let asks_first = cx.config().rules.pre_vote != PreVote::Off;
    match &at.member.role {
        Role::Down | Role::Leader(_) => {}
        Role::Unattached | Role::Candidate { .. } | Role::Follower(_) if asks_first => {
            let granted = NodeSet::EMPTY.with(at.me);
            let fetch = match &at.member.role {
                Role::Follower(following) => following.fetch,
                _ => Fetching::Idle,
            };
            let refused = NodeSet::EMPTY;
            at.leave(
                cx,
                Role::Prospective {
                    granted,
                    refused,
                    fetch,
                },
            );
            at.forget(cx);
            if at.is_majority(cx, granted) {
                return at.campaign(cx);
            }
            at.ask(cx, Ballot::Pre);
        }
        Role::Prospective { .. } => at.stand_down(cx),
        // Kafka 4.0: `ResignedState` goes on in the next epoch, without a vote.
        Role::Resigned if asks_first => {
            let state = QuorumState {
                epoch: at.member.epoch().next(),
                ..QuorumState::default()
            };
            at.write(cx, state);
            at.leave(cx, Role::Unattached);
        }
        Role::Unattached | Role::Candidate { .. } | Role::Follower(_) | Role::Resigned => at.campaign(cx),
    }
}

/// The leader has not heard from a majority for too long.
pub fn on_check_quorum(mut at: Side<'_>, cx: &mut Context<'_>) {
    if at.member.leads() && cx.config().rules.check_quorum.is_on() {
        at.resign(cx);
    }
}

/// Somebody asks for a vote. Kafka: `handleVoteRequest`.
pub fn on_vote(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, vote: &Vote) {
    let known = match cx.config().rules.voter_identity {
        VoterIdentity::Id => true,
        VoterIdentity::IdAndDir => vote.voter == at.member.key(at.me),
    };
    let granted = known && at.learn(cx, vote.epoch, None) == Heard::Current && grants(&at, cx, vote);
    if granted && vote.ballot == Ballot::Binding && at.member.state().voted.is_none() {
        let state = QuorumState {
            voted: Some(vote.candidate),
            ..at.member.state().clone()
        };
        at.write(cx, state);
        at.leave(cx, Role::Unattached);
    }
    let state = at.member.state();
    let answer = Msg::Voted {
        ballot: vote.ballot,
        epoch: state.epoch,
        leader: state.leader,
        granted,
    };
    cx.reply(from, answer);
}

fn grants(at: &Side<'_>, cx: &Context<'_>, vote: &Vote) -> bool {
    let rules = &cx.config().rules;
    let up_to_date = vote.tip >= at.log.tip() || rules.vote_up_to_date == Switch::Off;
    let state = at.member.state();
    let free = match (vote.ballot, &at.member.role) {
        (Ballot::Binding, Role::Unattached | Role::Prospective { .. }) => {
            state.leader.is_none() && state.voted.is_none_or(|voted| voted == vote.candidate)
        }
        (Ballot::Pre, Role::Unattached | Role::Prospective { .. }) => true,
        (Ballot::Pre, Role::Follower(following)) => {
            following.contact == Contact::None && rules.pre_vote == PreVote::Kip996
        }
        (_, Role::Follower(_) | Role::Candidate { .. } | Role::Leader(_) | Role::Resigned | Role::Down) => false,
    };
    free && up_to_date
}

/// An answer to a vote request.
pub fn on_voted(
    mut at: Side<'_>,
    cx: &mut Context<'_>,
    from: NodeId,
    (ballot, epoch, leader): (Ballot, Epoch, Option<NodeId>),
    is_granted: bool,
) {
    if at.learn(cx, epoch, leader) == Heard::Old {
        return;
    }
    match (&mut at.member.role, ballot) {
        (Role::Candidate { granted }, Ballot::Binding) if is_granted => {
            *granted = granted.with(from);
            let granted = *granted;
            if at.is_majority(cx, granted) {
                at.lead(cx);
            }
        }
        (Role::Prospective { granted, refused, .. }, Ballot::Pre) => {
            if is_granted {
                *granted = granted.with(from);
            } else {
                *refused = refused.with(from);
            }
            let (granted, refused) = (*granted, *refused);
            if at.is_majority(cx, granted) {
                at.campaign(cx);
            } else if !at.is_majority(cx, possible(cx, refused)) {
                at.stand_down(cx);
            }
        }
        _ => {}
    }
}

/// Who may still agree.
fn possible(cx: &Context<'_>, refused: NodeSet) -> NodeSet {
    refused.iter().fold(cx.config().nodes(), NodeSet::without)
}

/// The leader of an epoch makes itself known. Kafka: `handleBeginQuorumEpochRequest`.
///
/// Differs from Kafka: it is answered only where it is of an epoch that is over, and sent again only where its connection
/// broke.
pub fn on_begin(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch) {
    if at.learn(cx, epoch, Some(from)) == Heard::Old {
        let state = at.member.state();
        return cx.reply(from, Msg::Current(state.epoch, state.leader));
    }
    at.fetch(cx);
}

/// The leader of an epoch resigns. Kafka: `handleEndQuorumEpochRequest`.
///
/// Differs from Kafka: the first in the list of successors may stand at once, the others when they have waited long enough;
/// there each waits a little longer than the one before.
pub fn on_end_epoch(at: Side<'_>, from: NodeId, epoch: Epoch, successor: NodeId) {
    let current = at.member.epoch() == epoch && at.me == successor;
    if let Role::Follower(following) = &mut at.member.role
        && current
        && following.leader == from
    {
        following.contact = Contact::Ended;
    }
}

/// Somebody knows a newer epoch, or the leader of this one.
pub fn on_current(mut at: Side<'_>, cx: &mut Context<'_>, epoch: Epoch, leader: Option<NodeId>) {
    at.learn(cx, epoch, leader);
}

/// The connection that this member had opened to another is gone: what it waits for there, it asks again.
pub fn on_connection_lost(mut at: Side<'_>, cx: &mut Context<'_>, peer: NodeId) {
    let epoch = at.member.epoch();
    let voter = at.voters(cx).into_iter().find(|voter| voter.id == peer);
    match (&mut at.member.role, voter) {
        (Role::Follower(following), _) if following.leader == peer => {
            following.fetch = Fetching::Idle;
            at.fetch(cx);
        }
        (Role::Candidate { granted }, Some(voter)) if !granted.contains(peer) => {
            at.ask_one(cx, Ballot::Binding, voter);
        }
        (Role::Prospective { granted, refused, .. }, Some(voter))
            if !granted.contains(peer) && !refused.contains(peer) =>
        {
            at.ask_one(cx, Ballot::Pre, voter);
        }
        (Role::Leader(leading), _) if !leading.ends.contains_key(&peer) => cx.send(peer, Msg::Begin(epoch)),
        _ => {}
    }
}
