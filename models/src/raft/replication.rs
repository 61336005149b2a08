//! Entries from the leader to the others, and the high watermark. Kafka: `KafkaRaftClient`, `LeaderState`.

use alloc::vec::Vec;

use super::election::Heard;
use super::log::{Content, Entry};
use super::member::{Contact, Fetching, Parked, Role};
use super::message::{Fetch, Fetched, Msg, Notice, Tip};
use super::{Context, Fact, Side};
use crate::features::Switch;
use crate::ids::Offset;
use crate::quorum::{Epoch, Layer, NodeId};

impl Side<'_> {
    /// The end up to which this member acknowledges.
    fn acknowledged(&self, cx: &Context<'_>) -> Offset {
        match cx.config().rules.flush_before_ack {
            Switch::On => self.log.flushed(),
            Switch::Off => self.log.end(),
        }
    }

    /// A follower fetches, once all that it has is flushed.
    pub(super) fn fetch(&mut self, cx: &mut Context<'_>) {
        let from = self.log.tip();
        if self.acknowledged(cx) < from.end {
            return;
        }
        let (epoch, high_watermark, replica) =
            (self.member.epoch(), self.log.high_watermark(), self.member.key(self.me));
        if let Role::Follower(following) = &mut self.member.role
            && following.fetch == Fetching::Idle
        {
            following.fetch = Fetching::UnderWay;
            let fetch = Fetch {
                epoch,
                replica,
                from,
                high_watermark,
            };
            cx.send(following.leader, Msg::Fetch(fetch));
        }
    }

    /// Raises the high watermark of a leader as far as a majority has acknowledged, and tells those who wait.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) {
        let own = self.acknowledged(cx);
        let voters = self.voters(cx);
        let Role::Leader(leading) = &self.member.role else {
            return;
        };
        let end_of = |id: NodeId| match id == self.me {
            true => own,
            false => leading.ends.get(&id).copied().unwrap_or(Offset::ZERO),
        };
        let mut ends: Vec<Offset> = voters.iter().map(|voter| end_of(voter.id)).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let (reached, start) = (ends[ends.len() / 2], leading.start);
        let own_epoch = reached > start || cx.config().rules.commit_own_epoch == Switch::Off;
        let before = self.log.high_watermark();
        if own_epoch && reached > before {
            self.commit(cx, reached);
            if before <= start && start < reached && cx.config().controllers == Layer::Attached {
                cx.send(self.me, Msg::Notice(Notice::Leads(self.member.epoch())));
            }
        }
        self.wake(cx);
        self.leave_if_removed(cx);
    }

    /// Raises the high watermark and tells the ledger, and the controller on this node.
    fn commit(&mut self, cx: &mut Context<'_>, to: Offset) {
        let from = self.log.high_watermark();
        let entries = self.log.commit(to).to_vec();
        if entries.is_empty() {
            return;
        }
        if cx.config().controllers == Layer::Attached {
            cx.send(self.me, Msg::Notice(Notice::Committed(from, entries.clone())));
        }
        let epoch = self.member.epoch();
        cx.announce(Fact::Committed { epoch, from, entries });
    }

    /// Answers fetches for which there is something new.
    fn wake(&mut self, cx: &mut Context<'_>) {
        let epoch = self.member.epoch();
        let Role::Leader(leading) = &mut self.member.role else {
            return;
        };
        let high_watermark = self.log.high_watermark();
        let log = &*self.log;
        leading.parked.retain(|id, parked| {
            let entries = log.read(parked.offset, cx.config().fetch_max);
            let news = parked.high_watermark < high_watermark && cx.config().commit_news == Layer::Attached;
            if entries.is_empty() && !news {
                return true;
            }
            let fetched = Fetched::Entries {
                from: parked.offset,
                entries: entries.to_vec(),
                high_watermark,
            };
            cx.send(*id, Msg::Fetched(epoch, fetched));
            false
        });
    }

    /// A leader that a committed set of voters no longer has resigns (KIP-853).
    fn leave_if_removed(&mut self, cx: &mut Context<'_>) {
        let committed = self.log.voters().is_some_and(|(at, _)| at < self.log.high_watermark());
        if self.member.leads() && committed && !self.is_voter(cx, self.member.key(self.me)) {
            self.resign(cx);
        }
    }

    /// Appends an entry of its own epoch, and hands it to those who wait.
    pub(crate) fn append(&mut self, cx: &mut Context<'_>, content: Content) {
        let epoch = self.member.epoch();
        self.log.append(Entry { epoch, content });
        self.advance(cx);
    }
}

/// A follower fetches. Kafka: `handleFetchRequest`, `validateFetchOffsetAndEpoch`.
pub fn on_fetch(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, fetch: &Fetch) {
    let state = at.member.state();
    if fetch.epoch > state.epoch {
        // Kafka: UNKNOWN_LEADER_EPOCH. A fetch does not name the leader of its epoch.
        return;
    }
    let (epoch, start) = (state.epoch, at.log.start());
    if fetch.epoch < epoch || !at.member.leads() {
        return cx.reply(from, Msg::Current(epoch, state.leader));
    }
    if fetch.from.end < start {
        return cx.reply(from, Msg::Fetched(epoch, Fetched::Snapshot(at.log.tip_at(start))));
    }
    if let Some(tip) = parting(&at, cx, fetch.from) {
        return cx.reply(from, Msg::Fetched(epoch, Fetched::Diverging(tip)));
    }
    let is_voter = at.is_voter(cx, fetch.replica);
    if let Role::Leader(leading) = &mut at.member.role {
        if is_voter {
            leading.ends.insert(from, fetch.from.end);
        }
        if cx.arrival() == sim_core::Arrival::InOrder {
            let parked = Parked {
                directory: fetch.replica.directory,
                offset: fetch.from.end,
                high_watermark: fetch.high_watermark,
            };
            leading.parked.insert(from, parked);
        }
    }
    at.advance(cx);
}

/// Where the log of a follower parts from the leader's, if it does.
fn parting(at: &Side<'_>, cx: &Context<'_>, from: Tip) -> Option<Tip> {
    let tip = match cx.config().rules.fetch_divergence {
        Switch::On => at.log.end_of_epoch(from.epoch),
        Switch::Off => Tip {
            epoch: from.epoch,
            end: at.log.end(),
        },
    };
    (tip.epoch != from.epoch || tip.end < from.end).then_some(tip)
}

/// The leader answers. Kafka: `handleFetchResponse`.
pub fn on_fetched(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, fetched: &Fetched) {
    if !expects(&mut at, cx, from, epoch) {
        return;
    }
    match fetched {
        Fetched::Entries {
            from: base,
            entries,
            high_watermark,
        } => {
            // An answer to an earlier fetch, which came by another connection. Kafka: `RequestManager.isResponseExpected`.
            if *base != at.log.end() {
                return;
            }
            entries.iter().for_each(|entry| at.log.append(entry.clone()));
            // Kafka: a voter flushes in the same breath.
            if cx.config().rules.flush_before_ack == Switch::On {
                at.log.flush();
            }
            at.commit(cx, *high_watermark);
            at.contacted(cx);
            at.fetch(cx);
        }
        Fetched::Diverging(tip) => {
            let end = at.log.end_of_epoch(tip.epoch).end.min(tip.end);
            let high_watermark = at.log.high_watermark();
            cx.announce(Fact::Truncated { end, high_watermark });
            at.log.truncate(end);
            at.contacted(cx);
            at.fetch(cx);
        }
        Fetched::Snapshot(tip) => {
            at.contacted(cx);
            if let Role::Follower(following) = &mut at.member.role {
                following.fetch = Fetching::UnderWay;
            }
            cx.send(from, Msg::FetchSnapshot(epoch, *tip));
        }
    }
}

/// Whether this answer of the leader is one that the follower waits for.
fn expects(at: &mut Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch) -> bool {
    if at.learn(cx, epoch, Some(from)) == Heard::Old {
        return false;
    }
    let leader = at.member.state().leader;
    match &mut at.member.role {
        Role::Follower(following) if following.leader == from && following.fetch == Fetching::UnderWay => {
            following.fetch = Fetching::Idle;
            true
        }
        Role::Prospective { fetch, .. } if leader == Some(from) => {
            *fetch = Fetching::Idle;
            false
        }
        _ => false,
    }
}

impl Side<'_> {
    /// The follower has heard from its leader.
    fn contacted(&mut self, cx: &mut Context<'_>) {
        let epoch = self.member.epoch();
        if let Role::Follower(following) = &mut self.member.role
            && following.contact == Contact::None
        {
            following.contact = Contact::Fetched;
            if cx.config().leader_must_stay() {
                cx.announce(Fact::Follows(epoch));
            }
        }
    }
}

/// A follower asks for a snapshot.
pub fn on_fetch_snapshot(at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, tip: Tip) {
    let state = at.member.state();
    if epoch < state.epoch || !at.member.leads() {
        return cx.reply(from, Msg::Current(state.epoch, state.leader));
    }
    // A newer snapshot has the older one in it.
    let end = at.log.start().max(tip.end);
    let entries = at.log.read(Offset::ZERO, end.0 as usize).to_vec();
    cx.reply(from, Msg::Snapshot(epoch, entries));
}

/// A snapshot arrives, and takes the place of the log. Kafka: `handleFetchSnapshotResponse`.
pub fn on_snapshot(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, entries: &[Entry]) {
    if !expects(&mut at, cx, from, epoch) {
        return;
    }
    let before = at.log.high_watermark();
    at.log.load(entries);
    let loaded = entries.get(before.0 as usize..).unwrap_or(&[]).to_vec();
    if cx.config().controllers == Layer::Attached {
        cx.send(at.me, Msg::Notice(Notice::Committed(before, loaded.clone())));
    }
    cx.announce(Fact::Committed {
        epoch,
        from: before,
        entries: loaded,
    });
    at.fetch(cx);
}

/// What stands in the page cache is on the disk. Who is down takes no notice.
pub fn on_flush(mut at: Side<'_>, cx: &mut Context<'_>) {
    at.log.flush();
    at.advance(cx);
    at.fetch(cx);
}

/// Fetches have waited long enough: they are answered though there is nothing new, and voters that do not fetch are told
/// again who leads. Only a driver with a clock asks for it. Kafka: `FetchRequest.MaxWaitMs`, KAFKA-16526.
pub fn on_fetch_wait(at: Side<'_>, cx: &mut Context<'_>) {
    let voters = at.voters(cx);
    let epoch = at.member.epoch();
    let high_watermark = at.log.high_watermark();
    let Role::Leader(leading) = &mut at.member.role else {
        return;
    };
    let parked = core::mem::take(&mut leading.parked);
    for voter in voters.iter().map(|voter| voter.id) {
        if voter != at.me && !parked.contains_key(&voter) {
            cx.send(voter, Msg::Begin(epoch));
        }
    }
    for (id, parked) in parked {
        let fetched = Fetched::Entries {
            from: parked.offset,
            entries: Vec::new(),
            high_watermark,
        };
        cx.send(id, Msg::Fetched(epoch, fetched));
    }
}

/// A member that does not know who leads asks all voters. It names no epoch, so that nobody takes it for a follower.
pub fn on_seek(at: Side<'_>, cx: &mut Context<'_>) {
    let fetch = Fetch {
        epoch: Epoch(0),
        replica: at.member.key(at.me),
        from: at.log.tip(),
        high_watermark: at.log.high_watermark(),
    };
    for voter in at.voters(cx) {
        if voter.id != at.me {
            cx.send(voter.id, Msg::Fetch(fetch));
        }
    }
}

/// A client of the leader writes metadata.
pub fn on_write(mut at: Side<'_>, cx: &mut Context<'_>, number: u8) {
    if at.member.leads() {
        at.append(cx, Content::Metadata(number));
    }
}
