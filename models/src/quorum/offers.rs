//! What processes, links and connections offer, whatever protocol runs over them.

use alloc::vec::Vec;

use sim_core::{Action, Arrival, Broken, Hold, Input, Offer, Offers, Op, Queue};

use super::budget::{Fault, Kind};
use super::{End, Event, Healing, Lane, Layer, Links, Local, Mark, NodeId, Quorum, Slot, environment};

/// What may happen to a process: it ends, or it starts; a disk is replaced while it is down.
pub fn of_process<M: Quorum>(config: &M::Config, id: NodeId, is_up: bool, out: &mut Offers<'_, M>) {
    if is_up {
        for (event, end, kind) in [
            (Event::Kill(id), End::Kill, Kind::Kill),
            (Event::Power(id), End::Power, Kind::Power),
        ] {
            out.push(ended(config, id, event, end).spending(Fault::Of(kind)));
        }
    } else {
        out.push(started(config, id));
        let wipe = environment(Event::Wipe(id)).step(id, Input::Local(Local::Wipe));
        out.push(wipe.spending(Fault::Of(Kind::Wipe)));
    }
}

fn peers<M: Quorum>(config: &M::Config, id: NodeId) -> impl Iterator<Item = (NodeId, Lane)> {
    let others = M::nodes(config).without(id).iter();
    others.flat_map(|peer| [(peer, Lane::Ask), (peer, Lane::Answer)])
}

/// Its connections go with it.
///
/// Differs from Kafka: the others notice at once that nobody waits for their answers any more, which changes nothing for
/// them, and are not told that their own requests are lost: a timer of theirs runs out some day.
fn ended<M: Quorum>(config: &M::Config, id: NodeId, event: Event, end: End) -> Offer<M> {
    let mut offer = environment(event);
    for (peer, lane) in peers::<M>(config, id) {
        offer = offer.op(Slot::Queue(peer, id, lane), Op::Refuse);
        offer = offer.op(Slot::Queue(id, peer, lane), Op::Drop);
    }
    for peer in M::nodes(config).without(id).iter() {
        offer = offer.op(Slot::Member(peer), Op::Mark(Mark::Dead(id)));
    }
    let offer = offer.step(id, Input::Local(Local::End(end)));
    match M::controllers(config) {
        Layer::Absent => offer,
        Layer::Attached => offer
            .op(Slot::Queue(id, id, Lane::Ask), Op::Drop)
            .step(id, Input::Local(Local::EndController)),
    }
}

fn started<M: Quorum>(config: &M::Config, id: NodeId) -> Offer<M> {
    let listening = peers::<M>(config, id).fold(environment(Event::Start(id)), |offer, (peer, lane)| {
        offer.op(Slot::Queue(peer, id, lane), Op::Listen)
    });
    listening.step(id, Input::Local(Local::Start))
}

/// Links are cut, one or both ways, and healed.
pub fn of_links<M: Quorum>(config: &M::Config, links: &Links, out: &mut Offers<'_, M>) {
    let nodes: Vec<NodeId> = M::nodes(config).iter().collect();
    for (at, a) in nodes.iter().enumerate() {
        for b in &nodes[at + 1..] {
            if links.is_cut(*a, *b) || links.is_cut(*b, *a) {
                if M::healing(config) == Healing::Possible {
                    out.push(heal(*a, *b));
                }
                continue;
            }
            let both = held(environment(Event::Cut(*a, *b)), *a, *b);
            out.push(held(both, *b, *a).spending(Fault::Of(Kind::Cut)));
            for (from, to) in [(*a, *b), (*b, *a)] {
                let one = held(environment(Event::CutOneWay(from, to)), from, to);
                out.push(one.spending(Fault::Of(Kind::CutOneWay)));
            }
        }
    }
}

fn held<M: Quorum>(offer: Offer<M>, from: NodeId, to: NodeId) -> Offer<M> {
    let offer = offer.op(Slot::Links, Op::Mark(Mark::Close(from, to)));
    [Lane::Ask, Lane::Answer].into_iter().fold(offer, |offer, lane| {
        offer.op(Slot::Queue(from, to, lane), Op::Hold(Hold::Cut))
    })
}

fn heal<M: Quorum>(a: NodeId, b: NodeId) -> Offer<M> {
    let mut offer = environment(Event::Heal(a, b));
    for (from, to) in [(a, b), (b, a)] {
        offer = offer.op(Slot::Links, Op::Mark(Mark::Open(from, to)));
        for lane in [Lane::Ask, Lane::Answer] {
            offer = offer.op(Slot::Queue(from, to, lane), Op::Release(Hold::Cut));
        }
    }
    offer
}

/// The next delivery of a queue, and the faults of its connection.
pub fn of_queue<M: Quorum>((from, to, lane): (NodeId, NodeId, Lane), queue: &Queue<M::Msg>, out: &mut Offers<'_, M>) {
    let slot = Slot::Queue(from, to, lane);
    let received = |msg: &M::Msg, arrival| Input::Received {
        from,
        msg: msg.clone(),
        arrival,
    };
    match queue.head() {
        None => {}
        Some(Err(Broken)) => out.push(
            Offer::new(Action::Deliver(slot))
                .op(slot, Op::Acknowledge)
                .step(to, Input::Disconnected(slot)),
        ),
        Some(Ok(msg)) => {
            let offer = Offer::new(Action::Deliver(slot)).op(slot, Op::Pop);
            out.push(offer.step(to, received(msg, Arrival::InOrder)));
        }
    }
    if let Some(msg) = queue.overdue() {
        let offer = Offer::new(Action::DeliverOverdue(slot)).op(slot, Op::PopOverdue);
        out.push(offer.step(to, received(msg, Arrival::Overdue)));
    }
    if lane == Lane::Ask && from != to && !queue.is_empty() {
        let reset = environment(Event::Reset(from, to)).op(slot, Op::Drop);
        out.push(broken(reset, from, to).spending(Fault::Of(Kind::Reset)));
        let late = environment(Event::Late(from, to))
            .op(slot, Op::Outlive)
            .op(slot, Op::Drop);
        out.push(broken(late, from, to).spending(Fault::Of(Kind::Late)));
    }
}

/// Of a broken connection the one who asked is told; the other one has nobody to answer to any more.
fn broken<M: Quorum>(offer: Offer<M>, from: NodeId, to: NodeId) -> Offer<M> {
    offer
        .op(Slot::Queue(to, from, Lane::Answer), Op::Break)
        .op(Slot::Member(to), Op::Mark(Mark::Gone(from)))
}

/// An operation on a queue of these models.
pub fn on_queue<M: Quorum>(queue: &mut Queue<M::Msg>, op: &Op<M>) {
    match op {
        Op::Push(msg) => queue.push(msg.clone()),
        Op::Pop => queue.pop(),
        Op::PopOverdue => queue.pop_overdue(),
        Op::Acknowledge => queue.acknowledge(),
        Op::Refuse => queue.refuse(),
        Op::Listen => queue.listen(),
        Op::Break => queue.break_off(),
        Op::Drop => queue.drop_content(),
        Op::Outlive => queue.outlive(),
        Op::Hold(cause) => queue.hold(*cause),
        Op::Release(cause) => queue.release(*cause),
        Op::Open | Op::Learn | Op::Reset | Op::Keep | Op::Repeat | Op::Spend(_) | Op::Record(..) | Op::Mark(_) => {
            panic!("no such operation on a queue: {op}")
        }
    }
}
