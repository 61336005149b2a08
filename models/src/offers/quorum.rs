//! What a KRaft quorum makes possible: elections, the life of a controller, and what follows for the connections of a process.

use sim_core::{Action, Hold, Input, Offer, Op};

use super::{Offers, environment, fire, fire_sessions, ordered};
use crate::Kafka;
use crate::actions::{End, Event, Local, Mark, Timer};
use crate::config::{Config, Pace};
use crate::faults::Fault;
use crate::ids::{BrokerId, ControllerId, Node};
use crate::kraft::Controller;
use crate::kraft::quorum::{QuorumController, RaftManager};
use crate::message::{Lane, Msg};
use crate::quorum::NodeId;
use crate::raft::member::{Contact, Following, Role};
use crate::raft::message::{Msg as RaftMsg, Notice};
use crate::slots::{Slot, lanes, outbound};

/// Elections, and the process of a controller that is no broker.
pub(super) fn of_manager(config: &Config, id: NodeId, manager: &RaftManager, out: &mut Offers<'_>) {
    let roster = config.roster();
    let node = roster.node(id);
    fire(node, manager.timers.ready(), out);
    if config.pace == Pace::Free && !manager.timers.is_frozen() {
        of_elections(config, id, manager, out);
    }
    if let (Node::Voter(controller), None) = (node, roster.broker(id)) {
        of_process(config, controller, manager, out);
    }
}

/// Without a clock: a voter that has lost its leader may wait for another one a few times at no cost, and be told to stand; every
/// other timeout is one of a living leader.
fn of_elections(config: &Config, id: NodeId, manager: &RaftManager, out: &mut Offers<'_>) {
    let roster = config.roster();
    if !roster.is_voter(id) {
        return;
    }
    let fired = |timer| Offer::new(Action::Fire(roster.node(id), timer)).step(roster.node(id), Input::Fired(timer));
    match &manager.member.role {
        Role::Down => {}
        Role::Leader(_) if roster.raft.voters > 1 && roster.raft.rules.check_quorum.is_on() => {
            out.push(fired(Timer::CheckQuorum).spending(Fault::Expiry));
        }
        Role::Leader(_) => {}
        Role::Follower(Following {
            contact: Contact::Ended,
            ..
        }) => out.push(fired(Timer::Election(0))),
        Role::Unattached | Role::Prospective { .. } | Role::Candidate { .. } | Role::Follower(_) | Role::Resigned => {
            let offer = fired(Timer::Election(0));
            out.push(match manager.is_patient() {
                true => offer,
                false => offer.spending(Fault::Expiry),
            });
        }
    }
}

fn of_process(config: &Config, id: ControllerId, manager: &RaftManager, out: &mut Offers<'_>) {
    let member = config.roster().voter(id);
    if !manager.member.is_up() {
        return out.push(start_member(config, environment(Event::StartController(id)), member));
    }
    let end = |event, how| end_member(config, environment(event), member, how);
    out.push(end(Event::KillController(id), End::Kill).spending(Fault::Kill));
    out.push(end(Event::StopController(id), End::Clean).spending(Fault::Stop));
    if manager.timers.is_frozen() {
        let resumed = environment(Event::ResumeController(id));
        out.push(suspend_member(
            config,
            resumed,
            member,
            Mark::Thaw,
            &Op::Release(Hold::Pause),
        ));
    } else {
        let paused = environment(Event::PauseController(id)).spending(Fault::Pause);
        out.push(suspend_member(
            config,
            paused,
            member,
            Mark::Freeze,
            &Op::Hold(Hold::Pause),
        ));
    }
}

/// Sessions and the balance of a controller.
pub(super) fn of_controller(config: &Config, id: NodeId, controller: &QuorumController, out: &mut Offers<'_>) {
    let Controller { timers, silent, .. } = &controller.controller;
    fire_sessions(config, config.roster().node(id), timers.ready(), silent, out);
}

/// The orders of an operator.
pub(super) fn of_committed(config: &Config, out: &mut Offers<'_>) {
    let orders = config.admin.iter();
    out.extend(orders.map(|command| ordered(config, Node::Controller, command).spending(Fault::Admin)));
}

/// The part of a process that belongs to the quorum begins.
pub(super) fn start_member(config: &Config, offer: Offer<Kafka>, member: NodeId) -> Offer<Kafka> {
    let node = config.roster().node(member);
    let inbound = lanes(config).into_iter().filter(|(_, to, _)| *to == node);
    let listen = |offer: Offer<Kafka>, (from, to, lane)| offer.op(Slot::Queue(from, to, lane), Op::Listen);
    let offer = match node {
        Node::Voter(_) => inbound.fold(offer, listen),
        _ => offer,
    };
    offer.step(node, Input::Local(Local::StartMember))
}

/// It ends. Brokers learn that their connection to a controller is gone; of members of the quorum a timer tells.
pub(super) fn end_member(config: &Config, offer: Offer<Kafka>, member: NodeId, how: End) -> Offer<Kafka> {
    let roster = config.roster();
    let node = roster.node(member);
    let mut offer = offer;
    if let Node::Voter(_) = node {
        for (from, to, lane) in lanes(config) {
            let slot = Slot::Queue(from, to, lane);
            if from == node {
                let told = matches!(lane, Lane::Control | Lane::Alter(_));
                offer = offer.op(slot, if told { Op::Break } else { Op::Drop });
            }
            if to == node {
                offer = offer.op(slot, Op::Refuse);
            }
        }
    }
    for other in roster.members().filter(|other| *other != member) {
        offer = offer.op(Slot::RaftManager(other), Op::Mark(Mark::Dead(member)));
    }
    let offer = offer.step(node, Input::Local(Local::EndMember(how)));
    match node {
        Node::Voter(_) => offer.step(node, Input::Local(Local::EndController)),
        _ => offer,
    }
}

/// It stands still, or runs again.
pub(super) fn suspend_member(
    config: &Config,
    offer: Offer<Kafka>,
    member: NodeId,
    timers: Mark,
    traffic: &Op<Kafka>,
) -> Offer<Kafka> {
    let roster = config.roster();
    let node = roster.node(member);
    let mut offer = offer.op(Slot::RaftManager(member), Op::Mark(timers));
    if let Node::Voter(_) = node {
        offer = offer.op(Slot::QuorumController(member), Op::Mark(timers));
        for (from, to, lane) in lanes(config).into_iter().filter(|(_, to, _)| *to == node) {
            offer = offer.op(Slot::Queue(from, to, lane), traffic.clone());
        }
    }
    if let Some(broker) = roster.broker(member) {
        for slot in outbound(config, broker) {
            offer = offer.op(slot, traffic.clone());
        }
    }
    offer
}

/// Without a clock: a link between two nodes is cut, and a member that followed over it may look for another leader.
pub(super) fn apart(config: &Config, offer: Offer<Kafka>, from: Node, to: Node) -> Offer<Kafka> {
    let Some(roster) = config.quorum.as_ref().filter(|_| config.pace == Pace::Free) else {
        return offer;
    };
    let (Some(a), Some(b)) = (roster.member(from), roster.member(to)) else {
        return offer;
    };
    offer
        .op(Slot::RaftManager(a), Op::Mark(Mark::Apart(b)))
        .op(Slot::RaftManager(b), Op::Mark(Mark::Apart(a)))
}

/// What the arrival of this message brings besides: requests that came early are handled when the controller is active; a broker
/// that was refused waits a little, and asks again whatever it waits for.
pub(super) fn besides(config: &Config, offer: Offer<Kafka>, to: Node, msg: &Msg) -> Offer<Kafka> {
    match (to, msg) {
        (Node::Voter(_), Msg::Raft(raft)) if matches!(**raft, RaftMsg::Notice(Notice::Leads(_))) => {
            offer.step(to, Input::Local(Local::Claimed))
        }
        (Node::Broker(id), Msg::NotController(_)) => refused(config, offer, id),
        (Node::Broker(id), Msg::NewController) => config.hosted(id).fold(offer, |offer, partition| {
            offer.step(to, Input::Local(Local::AskAgain(partition)))
        }),
        _ => offer,
    }
}

/// A controller has not taken a broker's request.
pub(super) fn refused(config: &Config, offer: Offer<Kafka>, id: BrokerId) -> Offer<Kafka> {
    let roster = config.roster();
    offer.step(roster.node(roster.host(id)), Input::Local(Local::Refused))
}

/// Faults of a connection between two members.
pub(super) fn of_connection(config: &Config, (from, to, lane): (Node, Node, Lane), out: &mut Offers<'_>) {
    let roster = config.roster();
    let (slot, back) = (Slot::Queue(from, to, lane), Slot::Queue(to, from, Lane::Answer));
    let (Some(asking), Some(asked)) = (roster.member(from), roster.member(to)) else {
        panic!("only members of the quorum have a lane `{lane}`");
    };
    // Of a broken connection the one who asked is told; the other one has nobody to answer to any more.
    let broken = |offer: Offer<Kafka>| {
        offer
            .op(slot, Op::Drop)
            .op(back, Op::Break)
            .op(Slot::RaftManager(asked), Op::Mark(Mark::Gone(asking)))
    };
    out.push(broken(environment(Event::Reset(from, to, lane))).spending(Fault::Reset));
    let late = environment(Event::Late(from, to, lane)).op(slot, Op::Outlive);
    out.push(broken(late).spending(Fault::Late));
}
