//! Dispatch only: one arm, one footprint, one handler.

mod quorum;

use alloc::vec::Vec;

use sim_core::{Footprint, Input};

use crate::actions::{Local, Timer};
use crate::broker::{self, BrokerSide, ImageSide, LifeSide, ZkBrokerSide};
use crate::client::{self, ClientSide, Sending};
use crate::config::Config;
use crate::ids::{BrokerId, ClientId, Node};
use crate::kafka_controller::{self, ControllerEndSide, KafkaControllerSide};
use crate::kraft::{self, ControllerSide};
use crate::message::{Command, Lane, Msg};
use crate::replication::{self, OrderedSide, PartitionSide, ReplicaSide};
use crate::slots::{Slot, Value};
use crate::zookeeper::{self, Answer, ZooKeeperSide};
use crate::{Kafka, Stage};

/// Nothing is read and nothing written: whoever gets this does not care.
struct Nothing;

impl Footprint<Kafka> for Nothing {
    type Key = ();
    type At<'a> = ();

    fn slots(_key: (), _out: &mut Vec<Slot>) {}

    fn bind(_key: (), _values: &mut [Value]) {}
}

/// Runs the handler of this input, or names what it reads and writes.
pub fn step(config: &Config, node: Node, input: &Input<Kafka>, stage: &mut Stage<'_>) {
    match (node, input) {
        (Node::Controller, input) => at_controller(input, stage),
        (Node::Broker(me), Input::Received { from, msg, .. }) => {
            if !(config.has_quorum() && quorum::at_broker(config, me, *from, msg, stage)) {
                at_broker(me, *from, msg, stage);
            }
        }
        (Node::Broker(me), Input::Fired(timer @ (Timer::FetchTimeout | Timer::Channel))) => {
            quorum::fired(config, config.roster().host(me), *timer, stage);
        }
        (Node::Broker(me), Input::Fired(timer)) => fired_at_broker(me, *timer, stage),
        (Node::Broker(me), Input::Local(what)) => local(config, me, *what, stage),
        (Node::Broker(me), Input::Disconnected(lane)) => disconnected(config, me, *lane, stage),
        (Node::Broker(me), Input::Commanded(command)) => {
            stage.run::<KafkaControllerSide>((me,), |at, cx| kafka_controller::on_command(at, cx, command));
        }
        (Node::ZooKeeper, input) => at_zookeeper(input, stage),
        (Node::Voter(me), input) => quorum::at_voter(config, config.roster().voter(me), input, stage),
        (Node::Client(me), input) => at_client(me, input, stage),
    }
}

fn at_controller(input: &Input<Kafka>, stage: &mut Stage<'_>) {
    match input {
        Input::Received {
            from: Node::Broker(id),
            msg:
                Msg::Register {
                    epoch,
                    previous,
                    directory,
                },
            ..
        } => stage.run::<ControllerSide>((), |at, cx| {
            kraft::on_register(at, cx, *id, *epoch, *previous, *directory)
        }),
        Input::Received {
            from: Node::Broker(id),
            msg: Msg::Heartbeat(epoch, wish),
            ..
        } => {
            stage.run::<ControllerSide>((), |at, cx| kraft::on_heartbeat(at, cx, *id, *epoch, *wish));
        }
        Input::Received {
            from: Node::Broker(id),
            msg: Msg::AlterPartition(alter),
            ..
        } => {
            stage.run::<ControllerSide>((), |at, cx| kraft::on_alter_partition(at, cx, *id, alter));
        }
        Input::Received {
            from: Node::Broker(id),
            msg:
                Msg::AssignDirectory {
                    epoch,
                    partition,
                    directory,
                },
            ..
        } => {
            stage.run::<ControllerSide>((), |at, cx| {
                kraft::on_assign(at, cx, *id, *epoch, *partition, *directory)
            });
        }
        Input::Received { from, msg, .. } => unexpected(*from, msg),
        Input::Fired(Timer::Session(id)) => {
            stage.run::<ControllerSide>((), |at, cx| kraft::on_session_end(at, cx, *id));
        }
        Input::Fired(Timer::Balance) => stage.run::<ControllerSide>((), kraft::on_balance),
        Input::Fired(timer) => unexpected(Node::Controller, timer),
        Input::Commanded(command) => stage.run::<ControllerSide>((), |at, cx| kraft::on_command(at, cx, command)),
        // A broken connection is nothing to the controller: sessions end by time.
        Input::Disconnected(_) => stage.run::<Nothing>((), |_, _| {}),
        Input::Local(local) => unexpected(Node::Controller, local),
    }
}

fn at_broker(me: BrokerId, from: Node, msg: &Msg, stage: &mut Stage<'_>) {
    match (from, msg) {
        (Node::Controller, Msg::DuplicateRegistration) => stage.run::<LifeSide>((me,), broker::on_duplicate),
        (Node::Controller, Msg::HeartbeatAnswer(epoch, standing)) => {
            stage.run::<LifeSide>((me,), |at, cx| broker::on_heartbeat_answer(at, cx, *epoch, *standing));
        }
        (Node::Controller, Msg::Snapshot(cluster)) => {
            stage.run::<BrokerSide>((me,), |at, cx| broker::on_snapshot(at, cx, cluster));
        }
        (Node::Controller, Msg::Metadata(records)) => {
            stage.run::<BrokerSide>((me,), |at, cx| broker::on_metadata(at, cx, records));
        }
        (Node::Controller, Msg::Altered(altered)) => stage.run::<PartitionSide>((me, altered.partition), |at, cx| {
            replication::on_altered(at, cx, altered)
        }),
        (Node::Broker(follower), Msg::Fetch(fetch)) => stage.run::<PartitionSide>((me, fetch.partition), |at, cx| {
            replication::on_fetch(at, cx, follower, fetch)
        }),
        (Node::Broker(leader), Msg::Fetched(fetched)) => stage
            .run::<PartitionSide>((me, fetched.partition), |at, cx| {
                replication::on_fetched(at, cx, leader, fetched)
            }),
        (Node::Broker(_), Msg::AskEpochEnd { .. } | Msg::EpochEnded { .. }) => about_epochs(me, from, msg, stage),
        (Node::Client(_), Msg::Validate { .. } | Msg::AskEnd { .. }) => about_epochs(me, from, msg, stage),
        (
            Node::Client(client),
            Msg::Produce {
                partition,
                records,
                acks,
            },
        ) => stage.run::<PartitionSide>((me, *partition), |at, cx| {
            replication::on_produce(at, cx, client, records, *acks)
        }),
        (Node::Client(client), Msg::Read { partition, epoch, from }) => stage
            .run::<PartitionSide>((me, *partition), |at, cx| {
                replication::on_read(at, cx, client, *epoch, *from)
            }),
        (Node::Client(client), Msg::Who(partition)) => {
            stage.run::<ImageSide>((me,), |at, cx| broker::on_who(at, cx, client, *partition));
        }
        (Node::ZooKeeper, Msg::Altered(altered)) => stage.run::<PartitionSide>((me, altered.partition), |at, cx| {
            replication::on_altered(at, cx, altered)
        }),
        (Node::ZooKeeper, Msg::ZkAnswer(answer)) => zookeeper_answered(me, answer, stage),
        (Node::Broker(peer), msg) => from_broker(me, peer, msg, stage),
        (from, msg) => unexpected(from, msg),
    }
}

/// What a broker sends to the controller on another one, and what it gets from there.
fn from_broker(me: BrokerId, peer: BrokerId, msg: &Msg, stage: &mut Stage<'_>) {
    match msg {
        Msg::LeaderAndIsr(request) => stage.run::<OrderedSide>((me, request.partition), |at, cx| {
            replication::on_leader_and_isr(at, cx, request)
        }),
        Msg::StopReplica(request) => stage.run::<OrderedSide>((me, request.partition), |at, cx| {
            replication::on_stop_replica(at, cx, request)
        }),
        Msg::UpdateMetadata(request) => {
            stage.run::<ZkBrokerSide>((me,), |at, cx| broker::on_update_metadata(at, cx, request));
        }
        Msg::AlterPartition(alter) => stage.run::<KafkaControllerSide>((me,), |at, cx| {
            kafka_controller::on_alter_partition(at, cx, peer, alter)
        }),
        Msg::Altered(altered) => stage.run::<PartitionSide>((me, altered.partition), |at, cx| {
            replication::on_altered(at, cx, altered)
        }),
        Msg::ControlledShutdown(epoch) => stage.run::<KafkaControllerSide>((me,), |at, cx| {
            kafka_controller::on_controlled_shutdown(at, cx, peer, *epoch)
        }),
        Msg::ControlledShutdownAnswer(answer) => {
            stage.run::<LifeSide>((me,), |at, cx| broker::on_let_go(at, cx, *answer));
        }
        msg => unexpected(Node::Broker(peer), msg),
    }
}

/// ZooKeeper answers the broker, or the controller on it.
fn zookeeper_answered(me: BrokerId, answer: &Answer, stage: &mut Stage<'_>) {
    match answer {
        Answer::Connected(_) | Answer::NodeExists | Answer::Expired(_) | Answer::Config(..) => {
            stage.run::<ZkBrokerSide>((me,), |at, cx| broker::on_zk_answer(at, cx, answer));
        }
        Answer::Elected(..) | Answer::NotElected | Answer::Fired(_) | Answer::Brokers(_) | Answer::IsrChanges(_) => {
            stage.run::<KafkaControllerSide>((me,), |at, cx| kafka_controller::on_answer(at, cx, answer));
        }
        Answer::Done(_) | Answer::ControllerMoved => {
            stage.run::<KafkaControllerSide>((me,), |at, cx| kafka_controller::on_answer(at, cx, answer));
        }
    }
}

fn at_zookeeper(input: &Input<Kafka>, stage: &mut Stage<'_>) {
    match input {
        Input::Received {
            from: Node::Broker(from),
            msg: Msg::Zk(epoch, request),
            ..
        } => stage.run::<ZooKeeperSide>((), |at, cx| zookeeper::on_request(at, cx, *from, *epoch, request)),
        Input::Received {
            from: Node::Broker(from),
            msg: Msg::AlterPartition(alter),
            ..
        } => stage.run::<ZooKeeperSide>((), |at, cx| zookeeper::on_isr_write(at, cx, *from, alter)),
        Input::Received { from, msg, .. } => unexpected(*from, msg),
        Input::Fired(Timer::Session(id)) => {
            stage.run::<ZooKeeperSide>((), |at, cx| zookeeper::on_session_end(at, cx, *id));
        }
        Input::Fired(Timer::IsrNotice) => stage.run::<ZooKeeperSide>((), zookeeper::on_isr_notice),
        Input::Fired(timer) => unexpected(Node::ZooKeeper, timer),
        Input::Local(Local::Servers(down)) => {
            stage.run::<ZooKeeperSide>((), |at, cx| zookeeper::on_server(at, cx, *down));
        }
        Input::Local(Local::Majority) => stage.run::<ZooKeeperSide>((), zookeeper::on_majority_back),
        Input::Local(local) => unexpected(Node::ZooKeeper, local),
        Input::Commanded(command) => unexpected(Node::ZooKeeper, command),
        // Sessions end by time.
        Input::Disconnected(_) => stage.run::<Nothing>((), |_, _| {}),
    }
}

/// Questions about where an epoch, or the log, ended, and their answers.
fn about_epochs(me: BrokerId, from: Node, msg: &Msg, stage: &mut Stage<'_>) {
    match (from, msg) {
        (
            Node::Broker(follower),
            Msg::AskEpochEnd {
                partition,
                current,
                epoch,
            },
        ) => stage.run::<PartitionSide>((me, *partition), |at, cx| {
            replication::on_ask_epoch_end(at, cx, follower, *current, *epoch);
        }),
        (
            Node::Broker(leader),
            Msg::EpochEnded {
                partition,
                current,
                asked,
                result,
            },
        ) => stage.run::<PartitionSide>((me, *partition), |at, cx| {
            replication::on_epoch_ended(at, cx, leader, *current, *asked, *result);
        }),
        (
            Node::Client(client),
            Msg::Validate {
                partition,
                current,
                epoch,
            },
        ) => stage.run::<PartitionSide>((me, *partition), |at, cx| {
            replication::on_validate(at, cx, client, *current, *epoch);
        }),
        (Node::Client(client), Msg::AskEnd { partition, current }) => {
            stage.run::<PartitionSide>((me, *partition), |at, cx| {
                replication::on_ask_end(at, cx, client, *current);
            });
        }
        (from, msg) => unexpected(from, msg),
    }
}

fn fired_at_broker(me: BrokerId, timer: Timer, stage: &mut Stage<'_>) {
    match timer {
        Timer::Retry => stage.run::<LifeSide>((me,), broker::on_retry),
        Timer::Heartbeat => stage.run::<LifeSide>((me,), broker::on_heartbeat_due),
        Timer::IsrCheck => stage.run::<LifeSide>((me,), broker::on_isr_check),
        Timer::Lag(partition, id) => {
            stage.run::<PartitionSide>((me, partition), |at, cx| replication::on_lag(at, cx, id));
        }
        Timer::FetchWait(partition, id) => {
            stage.run::<PartitionSide>((me, partition), |at, cx| replication::on_fetch_wait(at, cx, id));
        }
        Timer::FetchBackoff(partition) => {
            stage.run::<PartitionSide>((me, partition), replication::on_fetch_backoff);
        }
        Timer::Propose(partition) => stage.run::<PartitionSide>((me, partition), replication::on_propose),
        Timer::LookAgain(partition) => stage.run::<PartitionSide>((me, partition), replication::on_look_again),
        Timer::Checkpoint(partition) => stage.run::<PartitionSide>((me, partition), replication::on_checkpoint),
        Timer::ProduceWait(partition, client) => {
            stage.run::<PartitionSide>((me, partition), |at, cx| replication::on_produce_wait(at, cx, client));
        }
        Timer::Leave => stage.run::<ZkBrokerSide>((me,), broker::on_leave_due),
        Timer::Balance => stage.run::<KafkaControllerSide>((me,), kafka_controller::on_balance),
        Timer::Session(_) | Timer::Request | Timer::ClientRetry | Timer::Delivery | Timer::IsrNotice | Timer::Halt => {
            unexpected(Node::Broker(me), &timer);
        }
        Timer::Election(_) | Timer::FetchTimeout | Timer::CheckQuorum | Timer::QuorumWait | Timer::Channel => {
            unexpected(Node::Broker(me), &timer);
        }
    }
}

fn local(config: &Config, me: BrokerId, local: Local, stage: &mut Stage<'_>) {
    match local {
        Local::Stop if config.has_zookeeper() => stage.run::<ZkBrokerSide>((me,), broker::on_zk_stop),
        Local::Start => stage.run::<LifeSide>((me,), broker::on_start),
        Local::Stop => stage.run::<LifeSide>((me,), broker::on_stop),
        Local::End(end) => stage.run::<BrokerSide>((me,), |at, cx| broker::on_end(at, cx, end)),
        Local::EndReplica(end, partition) => {
            stage.run::<ReplicaSide>((me, partition), |at, cx| replication::on_end(at, cx, end));
        }
        Local::Publish(partition) => stage.run::<PartitionSide>((me, partition), replication::on_publish),
        Local::Disk(disk) => stage.run::<LifeSide>((me,), |at, cx| broker::on_disk(at, cx, disk)),
        Local::Wipe => stage.run::<LifeSide>((me,), broker::on_wipe),
        Local::WipeReplica(partition) => stage.run::<ReplicaSide>((me, partition), replication::on_wipe),
        Local::CheckIsr(partition) => stage.run::<PartitionSide>((me, partition), replication::on_isr_check),
        Local::Told(partition) => stage.run::<PartitionSide>((me, partition), replication::on_told),
        Local::AskAgain(partition) if config.has_quorum() => {
            stage.run::<PartitionSide>((me, partition), replication::on_alter_lane_lost);
        }
        Local::AskAgain(partition) => stage.run::<PartitionSide>((me, partition), replication::on_ask_again),
        Local::Session => stage.run::<KafkaControllerSide>((me,), kafka_controller::on_session),
        Local::Expired(epoch) => {
            stage.run::<KafkaControllerSide>((me,), |at, cx| kafka_controller::on_expired(at, cx, epoch));
        }
        Local::Reconnected => stage.run::<KafkaControllerSide>((me,), kafka_controller::on_reconnected),
        Local::EndController => stage.run::<ControllerEndSide>((me,), kafka_controller::on_end),
        Local::StartMember | Local::EndMember(_) | Local::WipeMember | Local::Refused => {
            quorum::local(config, config.roster().host(me), local, stage);
        }
        Local::Servers(_) | Local::Majority | Local::Claimed => unexpected(Node::Broker(me), &local),
    }
}

fn disconnected(config: &Config, me: BrokerId, lane: Slot, stage: &mut Stage<'_>) {
    match lane {
        Slot::Queue(from, to, Lane::Ask | Lane::Answer) => {
            quorum::lost(config, config.roster().host(me), (from, to), stage);
        }
        Slot::Queue(Node::Voter(_), _, Lane::Alter(partition))
        | Slot::Queue(_, Node::Voter(_), Lane::Alter(partition)) => {
            stage.run::<PartitionSide>((me, partition), replication::on_alter_lane_lost);
        }
        Slot::Queue(Node::Voter(_), ..) | Slot::Queue(_, Node::Voter(_), _) => {
            stage.run::<LifeSide>((me,), broker::on_control_lost);
        }
        Slot::Queue(Node::ZooKeeper | Node::Broker(_), _, Lane::Alter(partition)) => {
            // A controller need not have a replica of what it is asked about.
            if config.placed(partition).assignment.contains(&me) {
                stage.run::<PartitionSide>((me, partition), replication::on_alter_lane_lost);
            } else {
                stage.run::<Nothing>((), |_, _| {});
            }
        }
        Slot::Queue(Node::ZooKeeper, ..) => stage.run::<LifeSide>((me,), broker::on_zk_lost),
        Slot::Queue(Node::Broker(_), _, Lane::Control) => stage.run::<ZkBrokerSide>((me,), broker::on_controller_lost),
        Slot::Queue(Node::Controller, _, Lane::Alter(partition)) => {
            stage.run::<PartitionSide>((me, partition), replication::on_alter_lane_lost);
        }
        Slot::Queue(Node::Controller, ..) => stage.run::<LifeSide>((me,), broker::on_control_lost),
        // Nobody listened there when it fetched; now somebody does.
        Slot::Queue(Node::Broker(asked), Node::Broker(leader), Lane::Fetch(partition)) if asked == me => {
            stage.run::<PartitionSide>((me, partition), |at, cx| {
                replication::on_fetch_answer_lost(at, cx, leader);
            });
        }
        Slot::Queue(Node::Broker(peer), _, Lane::Fetch(partition)) => {
            stage.run::<PartitionSide>((me, partition), |mut at, cx| {
                replication::on_fetch_lane_lost(&mut at, cx, peer);
                replication::on_fetch_answer_lost(at, cx, peer);
            });
        }
        // A client that is gone is nothing to a broker: its request is answered into the void.
        Slot::Queue(Node::Client(_), ..) => stage.run::<Nothing>((), |_, _| {}),
        lane => unexpected(Node::Broker(me), &lane),
    }
}

fn at_client(me: ClientId, input: &Input<Kafka>, stage: &mut Stage<'_>) {
    match input {
        Input::Commanded(Command::SendNext) => stage.run::<ClientSide>((me,), client::on_send_next),
        Input::Commanded(Command::Send {
            partition,
            records,
            acks,
            retries,
            knowledge,
        }) => {
            let (partition, acks, retries) = (*partition, *acks, *retries);
            let sending = Sending {
                partition,
                records: records.clone(),
                acks,
                retries,
            };
            stage.run::<ClientSide>((me,), |at, cx| client::on_send(at, cx, sending, *knowledge));
        }
        Input::Commanded(Command::Refresh) => stage.run::<ClientSide>((me,), client::on_refresh),
        Input::Commanded(Command::Poll) => stage.run::<ClientSide>((me,), client::on_poll),
        Input::Commanded(command) => unexpected(Node::Client(me), command),
        Input::Received {
            from: Node::Broker(from),
            msg,
            ..
        } => answered(me, *from, msg, stage),
        Input::Received { from, msg, .. } => unexpected(*from, msg),
        Input::Fired(Timer::Request) => stage.run::<ClientSide>((me,), client::on_request_timeout),
        Input::Fired(Timer::ClientRetry) => stage.run::<ClientSide>((me,), client::on_retry),
        Input::Fired(Timer::Delivery) => stage.run::<ClientSide>((me,), client::on_delivery_timeout),
        Input::Fired(timer) => unexpected(Node::Client(me), timer),
        Input::Disconnected(Slot::Queue(Node::Broker(from), ..)) => {
            stage.run::<ClientSide>((me,), |at, cx| client::on_connection_lost(at, cx, *from));
        }
        Input::Disconnected(Slot::Queue(_, Node::Broker(by), _)) => {
            stage.run::<ClientSide>((me,), |at, cx| client::on_refused(at, cx, *by));
        }
        Input::Disconnected(lane) => unexpected(Node::Client(me), lane),
        Input::Local(local) => unexpected(Node::Client(me), local),
    }
}

/// A broker answers a client.
fn answered(me: ClientId, from: BrokerId, msg: &Msg, stage: &mut Stage<'_>) {
    match msg {
        Msg::Produced { first, result, .. } => {
            stage.run::<ClientSide>((me,), |at, cx| client::on_produced(at, cx, from, *first, *result));
        }
        Msg::ReadAnswer {
            from: offset, result, ..
        } => stage.run::<ClientSide>((me,), |at, cx| client::on_read_answer(at, cx, from, *offset, result)),
        Msg::Leader { partition, leader } => {
            stage.run::<ClientSide>((me,), |at, cx| client::on_leader(at, cx, from, *partition, *leader));
        }
        Msg::Validated { asked, result, .. } => {
            stage.run::<ClientSide>((me,), |at, cx| client::on_validated(at, cx, from, *asked, *result));
        }
        Msg::End { result, .. } => stage.run::<ClientSide>((me,), |at, cx| client::on_end(at, cx, from, *result)),
        msg => unexpected(Node::Broker(from), msg),
    }
}

fn unexpected(node: Node, what: &dyn core::fmt::Display) {
    panic!("nobody handles this at or from {node}: {what}");
}
