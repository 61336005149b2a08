//! Dispatch: one arm, one footprint, one handler.

use sim_core::Input;

use super::message::Msg;
use super::{
    Command, Config, ControllerSide, Raft, Side, Stage, Timer, WriteSide, controller, election, process, reconfig,
    replication,
};
use crate::quorum::{Layer, Local, NodeId, Slot};

/// Names the slots of a step or runs it.
pub fn step(config: &Config, me: NodeId, input: &Input<Raft>, stage: &mut Stage<'_>) {
    match input {
        Input::Received { from, msg, .. } => received(me, *from, msg, stage),
        Input::Disconnected(Slot::Queue(peer, ..)) => {
            stage.run::<Side>((me,), |at, cx| election::on_connection_lost(at, cx, *peer));
        }
        Input::Disconnected(slot) => panic!("{slot} is no connection"),
        Input::Fired(Timer::Election) => stage.run::<Side>((me,), election::on_election),
        Input::Fired(Timer::CheckQuorum) => stage.run::<Side>((me,), election::on_check_quorum),
        Input::Fired(Timer::Flush) => stage.run::<Side>((me,), replication::on_flush),
        Input::Commanded(Command::Write(number)) => match config.controllers {
            Layer::Absent => stage.run::<Side>((me,), |at, cx| replication::on_write(at, cx, *number)),
            Layer::Attached => stage.run::<WriteSide>((me,), |at, cx| controller::on_write(at, cx, *number)),
        },
        Input::Commanded(command) => stage.run::<Side>((me,), |at, cx| reconfig::on_change(at, cx, *command)),
        Input::Local(local) => on_local(me, *local, stage),
    }
}

fn on_local(me: NodeId, local: Local, stage: &mut Stage<'_>) {
    match local {
        Local::Start => stage.run::<Side>((me,), process::on_start),
        Local::End(end) => stage.run::<Side>((me,), |at, cx| process::on_end(at, cx, end)),
        Local::EndController => stage.run::<ControllerSide>((me,), |at, _| controller::on_end(at)),
        Local::Wipe => stage.run::<Side>((me,), process::on_wipe),
        Local::Snapshot => stage.run::<Side>((me,), |at, _| process::on_snapshot_due(at)),
        Local::Fail => stage.run::<WriteSide>((me,), controller::on_fail),
    }
}

fn received(me: NodeId, from: NodeId, msg: &Msg, stage: &mut Stage<'_>) {
    match msg {
        Msg::Vote(vote) => stage.run::<Side>((me,), |at, cx| election::on_vote(at, cx, from, vote)),
        Msg::Voted {
            ballot,
            epoch,
            leader,
            granted,
        } => stage.run::<Side>((me,), |at, cx| {
            election::on_voted(at, cx, from, (*ballot, *epoch, *leader), *granted)
        }),
        Msg::Begin(epoch) => stage.run::<Side>((me,), |at, cx| election::on_begin(at, cx, from, *epoch)),
        Msg::End(epoch, successor) => {
            stage.run::<Side>((me,), |at, _| election::on_end_epoch(at, from, *epoch, *successor));
        }
        Msg::Current(epoch, leader) => {
            stage.run::<Side>((me,), |at, cx| election::on_current(at, cx, *epoch, *leader));
        }
        Msg::Fetch(fetch) => stage.run::<Side>((me,), |at, cx| replication::on_fetch(at, cx, from, fetch)),
        Msg::Fetched(epoch, fetched) => {
            stage.run::<Side>((me,), |at, cx| replication::on_fetched(at, cx, from, *epoch, fetched));
        }
        Msg::FetchSnapshot(epoch, tip) => {
            stage.run::<Side>((me,), |at, cx| {
                replication::on_fetch_snapshot(at, cx, from, *epoch, *tip)
            });
        }
        Msg::Snapshot(epoch, entries) => {
            stage.run::<Side>((me,), |at, cx| replication::on_snapshot(at, cx, from, *epoch, entries));
        }
        Msg::Notice(notice) => stage.run::<ControllerSide>((me,), |at, cx| controller::on_notice(at, cx, notice)),
    }
}
