//! Timers of a member of the quorum, where there is a clock. The quorum's own model has none: which timers may run out
//! follows there from what a member is.

use sim_core::{Since, Span};

use super::Part;
use super::manager::{Kind, Standing};
use crate::Context;
use crate::actions::Timer;
use crate::ids::Node;
use crate::quorum::{NodeId, NodeSet};
use crate::raft::{election, replication};

/// How many lengths an election timeout may have.
const LENGTHS: u32 = 8;
/// `controller.quorum.election.timeout.ms`.
const ELECTION: Span = Span::from_ms(1_000);
/// `controller.quorum.fetch.timeout.ms`.
const FETCH: Span = Span::from_ms(2_000);
/// A leader resigns when no majority has fetched for one and a half fetch timeouts. Kafka: `LeaderState`.
const CHECK_QUORUM: Span = Span::from_ms(3_000);
/// How long a fetch waits at the leader. Kafka: `FETCH_MAX_WAIT_MS`.
const FETCH_WAIT: Span = Span::from_ms(500);
/// `retry.backoff.ms` of a broker's channel to the controller.
const CHANNEL: Span = Span::from_ms(100);

/// How long a timer of the quorum runs; of several members that wait for an election equally long, the first goes first.
pub(crate) fn span(node: Node, timer: Timer) -> Option<Span> {
    let place = match node {
        Node::Voter(id) => u64::from(id.0),
        Node::Broker(_) | Node::Controller | Node::Client(_) | Node::ZooKeeper => 0,
    };
    match timer {
        Timer::Election(0) => Some(Span::from_us(1)),
        // Uniform in [T, 2T) in Kafka.
        Timer::Election(length) => {
            let step = ELECTION.as_us() / u64::from(LENGTHS);
            Some(Span::from_us(
                ELECTION.as_us() + u64::from(length - 1) * step + place % 16 * 7_000,
            ))
        }
        Timer::FetchTimeout => Some(Span::from_us(FETCH.as_us() + place % 16 * 7_000)),
        Timer::CheckQuorum => Some(CHECK_QUORUM),
        Timer::QuorumWait => Some(FETCH_WAIT),
        Timer::Channel => Some(CHANNEL),
        _ => None,
    }
}

/// A timer of the quorum ran out; without a clock only elections and a leader's look for a majority do.
pub fn on_timer(mut at: Part<'_>, cx: &mut Context<'_>, timer: Timer) {
    at.manager.timers.cancel(timer);
    at.manager.wait_once();
    match timer {
        Timer::Election(_) => at.run(cx, election::on_election),
        Timer::FetchTimeout if cx.config().roster().is_voter(at.me) => at.run(cx, election::on_election),
        Timer::FetchTimeout => {
            cx.arm(&mut at.manager.timers, Timer::FetchTimeout, Since::Now);
            at.run(cx, replication::on_seek);
        }
        Timer::CheckQuorum => at.run(cx, election::on_check_quorum),
        Timer::QuorumWait => {
            cx.arm(&mut at.manager.timers, Timer::QuorumWait, Since::Now);
            at.run(cx, replication::on_fetch_wait);
        }
        timer => panic!("the quorum has no timer `{timer}`"),
    }
}

impl Part<'_> {
    fn disarm(&mut self) {
        self.manager.timers.cancel_where(|timer| timer != Timer::Channel);
    }

    /// What a member waits for follows from what it has become.
    pub(super) fn keep_time(&mut self, cx: &mut Context<'_>, before: Standing, after: Standing) {
        if before == after {
            return;
        }
        self.disarm();
        let timers = &mut self.manager.timers;
        let is_voter = cx.config().roster().is_voter(self.me);
        match after.kind {
            Kind::Down => {}
            Kind::Successor => cx.arm(timers, Timer::Election(0), Since::Now),
            Kind::Following => cx.arm(timers, Timer::FetchTimeout, Since::Now),
            Kind::Leading => {
                cx.arm(timers, Timer::QuorumWait, Since::Now);
                self.watch_majority(cx);
            }
            Kind::Waiting | Kind::Asking | Kind::Standing if is_voter => {
                let length = cx.choose("length of the election timeout", LENGTHS) as u8;
                cx.arm(&mut self.manager.timers, Timer::Election(1 + length), Since::Now);
            }
            Kind::Waiting | Kind::Asking | Kind::Standing => cx.arm(timers, Timer::FetchTimeout, Since::Now),
        }
    }

    fn watch_majority(&mut self, cx: &mut Context<'_>) {
        let raft = &cx.config().roster().raft;
        self.manager.heard = NodeSet::EMPTY.with(self.me);
        if raft.rules.check_quorum.is_on() && raft.voters > 1 {
            cx.arm(&mut self.manager.timers, Timer::CheckQuorum, Since::Now);
        }
    }

    /// The leader answered a fetch.
    pub(super) fn contacted(&mut self, cx: &mut Context<'_>) {
        if cx.config().pace == crate::config::Pace::Clock {
            cx.arm(&mut self.manager.timers, Timer::FetchTimeout, Since::Now);
        }
    }

    /// A voter fetched from this leader. Kafka: `LeaderState.updateCheckQuorumForFollowingVoter`.
    pub(super) fn heard_of(&mut self, cx: &mut Context<'_>, from: NodeId) {
        let roster = cx.config().roster();
        if cx.config().pace != crate::config::Pace::Clock || !roster.is_voter(from) {
            return;
        }
        self.manager.heard = self.manager.heard.with(from);
        if 2 * self.manager.heard.len() > usize::from(roster.raft.voters) {
            self.watch_majority(cx);
        }
    }
}
