//! Dispatch: one arm, one footprint, one handler.

use sim_core::Input;

use super::message::Msg;
use super::{Command, Side, Stages, Timer, Zab, broadcast, election, process};
use crate::quorum::{Local, NodeId, Slot};

/// Names the slots of a step or runs it.
pub fn step(me: NodeId, input: &Input<Zab>, stage: &mut Stages<'_>) {
    match input {
        Input::Received { from, msg, .. } => received(me, *from, msg, stage),
        Input::Disconnected(Slot::Queue(peer, ..)) => stage.run::<Side>((me,), |at, _| election::on_bye(at, *peer)),
        Input::Disconnected(slot) => panic!("{slot} is no connection"),
        Input::Fired(Timer::Election) => stage.run::<Side>((me,), election::on_election),
        Input::Fired(Timer::Flush) => stage.run::<Side>((me,), broadcast::on_flush),
        Input::Commanded(Command::Write(number)) => {
            stage.run::<Side>((me,), |at, cx| broadcast::on_write(at, cx, *number));
        }
        Input::Local(Local::Start) => stage.run::<Side>((me,), |at, _| process::on_start(at)),
        Input::Local(Local::End(end)) => stage.run::<Side>((me,), |at, cx| process::on_end(at, cx, *end)),
        Input::Local(Local::Wipe) => stage.run::<Side>((me,), process::on_wipe),
        Input::Local(local @ (Local::EndController | Local::Snapshot | Local::Fail)) => {
            panic!("an ensemble has no such step: {local}")
        }
    }
}

fn received(me: NodeId, from: NodeId, msg: &Msg, stage: &mut Stages<'_>) {
    match msg {
        Msg::Vote(tip) => stage.run::<Side>((me,), |at, cx| election::on_vote(at, cx, from, *tip)),
        Msg::Lead(leader) => stage.run::<Side>((me,), |at, cx| election::on_lead(at, cx, *leader)),
        Msg::Info(accepted) => stage.run::<Side>((me,), |at, cx| election::on_info(at, cx, from, *accepted)),
        Msg::NewEpoch(epoch) => stage.run::<Side>((me,), |at, cx| election::on_new_epoch(at, cx, from, *epoch)),
        Msg::AckEpoch(epoch, tip) => {
            stage.run::<Side>((me,), |at, cx| election::on_ack_epoch(at, cx, from, *epoch, *tip));
        }
        Msg::Sync(epoch, history) => {
            stage.run::<Side>((me,), |at, cx| election::on_sync(at, cx, from, *epoch, history));
        }
        Msg::Synced(epoch, end) => {
            stage.run::<Side>((me,), |at, cx| broadcast::on_synced(at, cx, from, *epoch, *end));
        }
        Msg::Proposal(position, txn) => {
            stage.run::<Side>((me,), |at, cx| broadcast::on_proposal(at, cx, from, *position, *txn));
        }
        Msg::Ack(epoch, end) => stage.run::<Side>((me,), |at, cx| broadcast::on_ack(at, cx, from, *epoch, *end)),
        Msg::Commit(epoch, end) => {
            stage.run::<Side>((me,), |at, cx| broadcast::on_commit(at, cx, from, *epoch, *end));
        }
        Msg::Bye => stage.run::<Side>((me,), |at, _| election::on_bye(at, from)),
    }
}
