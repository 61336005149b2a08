//! Dispatch of what only a cluster with a quorum has.

use sim_core::Input;

use super::{Nothing, unexpected};
use crate::actions::{Local, Timer};
use crate::broker::{self, BrokerSide, LifeSide};
use crate::config::Config;
use crate::ids::{BrokerId, Node};
use crate::kraft::quorum::{
    self, ActiveSide, ObserverSide, Part, QuorumControllerSide, VoterSide, controller, manager,
};
use crate::message::{Lane, Msg};
use crate::quorum::NodeId;
use crate::raft::message::Msg as RaftMsg;
use crate::slots::Slot;
use crate::{Context, Stage};

/// Runs a handler of a process's part of the metadata log.
fn at_member(config: &Config, id: NodeId, stage: &mut Stage<'_>, handler: impl FnOnce(Part<'_>, &mut Context<'_>)) {
    if config.roster().is_voter(id) {
        stage.run::<VoterSide>((id,), |at, cx| handler(at.into(), cx));
    } else {
        stage.run::<ObserverSide>((id,), |at, cx| handler(at.into(), cx));
    }
}

/// What happens at a controller.
pub(super) fn at_voter(config: &Config, me: NodeId, input: &Input<crate::Kafka>, stage: &mut Stage<'_>) {
    match input {
        Input::Received { from, msg, .. } => received(config, me, *from, msg, stage),
        Input::Fired(timer @ (Timer::Session(_) | Timer::Balance)) => {
            stage.run::<ActiveSide>((me,), |at, cx| controller::on_timer(at, cx, *timer));
        }
        Input::Fired(timer) => fired(config, me, *timer, stage),
        Input::Commanded(command) => stage.run::<ActiveSide>((me,), |at, cx| controller::on_command(at, cx, command)),
        Input::Local(what) => local(config, me, *what, stage),
        Input::Disconnected(Slot::Queue(from, to, Lane::Ask | Lane::Answer)) => {
            lost(config, me, (*from, *to), stage);
        }
        // A broken connection to a broker is nothing to a controller: sessions end by time.
        Input::Disconnected(_) => stage.run::<Nothing>((), |_, _| {}),
    }
}

fn received(config: &Config, me: NodeId, from: Node, msg: &Msg, stage: &mut Stage<'_>) {
    match (from, msg) {
        (_, Msg::Raft(raft)) => match &**raft {
            RaftMsg::Notice(notice) => {
                stage.run::<QuorumControllerSide>((me,), |at, cx| controller::on_notice(at, cx, notice));
            }
            raft => said(config, me, from, raft, stage),
        },
        (Node::Broker(id), Msg::Forwarded(request)) => {
            stage.run::<ActiveSide>((me,), |at, cx| controller::on_request(at, cx, id, request));
        }
        (Node::Broker(id), msg) => at_member(config, me, stage, |at, cx| quorum::on_forward(at, cx, id, msg)),
        (from, msg) => unexpected(from, msg),
    }
}

/// A member of the quorum says something to another one.
fn said(config: &Config, me: NodeId, from: Node, msg: &RaftMsg, stage: &mut Stage<'_>) {
    let member = config
        .roster()
        .member(from)
        .expect("only members of the quorum say such things");
    at_member(config, me, stage, |at, cx| manager::on_message(at, cx, member, msg));
}

/// What a broker gets: metadata of its own process, answers of controllers, and its part of the metadata log. Says whether
/// that was it.
pub(super) fn at_broker(config: &Config, me: BrokerId, from: Node, msg: &Msg, stage: &mut Stage<'_>) -> bool {
    let host = config.roster().host(me);
    match msg {
        Msg::Raft(raft) => said(config, host, from, raft, stage),
        Msg::Snapshot(cluster) => stage.run::<BrokerSide>((me,), |at, cx| broker::on_snapshot(at, cx, cluster)),
        Msg::Metadata(records) => stage.run::<BrokerSide>((me,), |at, cx| broker::on_metadata(at, cx, records)),
        Msg::Register { .. } | Msg::Heartbeat(..) | Msg::AlterPartition(_) | Msg::AssignDirectory { .. } => {
            at_member(config, host, stage, |at, cx| quorum::on_forward(at, cx, me, msg));
        }
        Msg::DuplicateRegistration => stage.run::<LifeSide>((me,), broker::on_duplicate),
        Msg::HeartbeatAnswer(epoch, standing) => {
            stage.run::<LifeSide>((me,), |at, cx| broker::on_heartbeat_answer(at, cx, *epoch, *standing));
        }
        Msg::NewController | Msg::NotController(None) => stage.run::<LifeSide>((me,), broker::on_control_lost),
        Msg::NotController(Some(partition)) => {
            stage.run::<super::PartitionSide>((me, *partition), super::replication::on_alter_lane_lost);
        }
        Msg::Altered(altered) => stage.run::<super::PartitionSide>((me, altered.partition), |at, cx| {
            super::replication::on_altered(at, cx, altered);
        }),
        _ => return false,
    }
    true
}

/// A timer of a process's part of the metadata log.
pub(super) fn fired(config: &Config, me: NodeId, timer: Timer, stage: &mut Stage<'_>) {
    match (timer, config.roster().broker(me)) {
        (Timer::Channel, Some(id)) => at_member(config, me, stage, |at, cx| quorum::on_channel(at, cx, id)),
        (timer, _) => at_member(config, me, stage, |at, cx| quorum::on_timer(at, cx, timer)),
    }
}

/// What the environment, or an earlier step, asks of it.
pub(super) fn local(config: &Config, me: NodeId, local: Local, stage: &mut Stage<'_>) {
    match (local, config.roster().broker(me)) {
        (Local::StartMember, _) => at_member(config, me, stage, manager::on_start),
        (Local::EndMember(end), _) => at_member(config, me, stage, |at, cx| manager::on_end(at, cx, end)),
        (Local::WipeMember, _) => at_member(config, me, stage, manager::on_wipe),
        (Local::Refused, Some(id)) => at_member(config, me, stage, |at, cx| quorum::on_refused(at, cx, id)),
        (Local::EndController, _) => stage.run::<QuorumControllerSide>((me,), controller::on_end),
        (Local::Claimed, _) => stage.run::<ActiveSide>((me,), controller::on_early),
        (local, _) => unexpected(config.roster().node(me), &local),
    }
}

/// A connection to another member is gone.
pub(super) fn lost(config: &Config, me: NodeId, (from, to): (Node, Node), stage: &mut Stage<'_>) {
    let roster = config.roster();
    let peer = if roster.node(me) == from { to } else { from };
    let peer = roster
        .member(peer)
        .expect("the lanes of the quorum are between members");
    at_member(config, me, stage, |at, cx| manager::on_connection_lost(at, cx, peer));
}
