//! Records of the metadata log as a recording writes them: the fields that Kafka sets, by their names.

use models::cluster::{BrokerState, LogRecord, PartitionChange, PartitionState, Recovery};
use models::ids::BrokerId;
use serde_json::{Value, json};

use super::build::Blueprint;
use crate::recording::{Fields, MetadataRecord, Offset, Version};

/// The features that a new cluster of this release begins with.
pub(super) fn features(version: Version) -> Vec<MetadataRecord> {
    const ELR: (&str, u16) = ("eligible.leader.replicas.version", 1);
    const GROUP: (&str, u16) = ("group.version", 1);
    const SHARE: (&str, u16) = ("share.version", 1);
    const STREAMS: (&str, u16) = ("streams.version", 1);
    const TRANSACTION: (&str, u16) = ("transaction.version", 2);
    let (level, others): (u16, &[(&str, u16)]) = match version.line() {
        (3, 4) => (8, &[]),
        (3, 8) => (20, &[]),
        (3, _) => (21, &[]),
        (4, 0) => (25, &[GROUP, TRANSACTION]),
        (4, 1) => (27, &[ELR, GROUP, TRANSACTION]),
        (4, 2) => (29, &[ELR, GROUP, SHARE, STREAMS, TRANSACTION]),
        _ => (30, &[ELR, GROUP, SHARE, STREAMS, TRANSACTION]),
    };
    let all = [("metadata.version", level)].into_iter().chain(others.iter().copied());
    all.map(|(name, level)| record("FEATURE_LEVEL_RECORD", json!({"name": name, "featureLevel": level})))
        .collect()
}

/// A record of the model; none if recordings do not show its kind.
pub(super) fn written(blueprint: &Blueprint, written: &LogRecord) -> Option<MetadataRecord> {
    let partition = |partition| {
        let name = blueprint.name(partition);
        json!({"partitionId": name.partition, "topicId": name.topic})
    };
    Some(match written {
        LogRecord::Topic(_) | LogRecord::RemoveTopic(_) => return None,
        LogRecord::Config(..) | LogRecord::Directories(..) => return None,
        LogRecord::RegisterBroker(id, epoch) => record(
            "REGISTER_BROKER_RECORD",
            json!({
                "brokerId": id.0,
                "isMigratingZkBroker": false,
                "brokerEpoch": epoch.0,
                "fenced": true,
                "inControlledShutdown": false,
            }),
        ),
        LogRecord::BrokerChange(id, epoch, state) => {
            let (field, value) = match state {
                BrokerState::Fenced => ("fenced", 1),
                BrokerState::Unfenced => ("fenced", -1),
                BrokerState::ShuttingDown | BrokerState::Controlling => ("inControlledShutdown", 1),
            };
            let fields = json!({"brokerId": id.0, "brokerEpoch": epoch.0, field: value});
            record("BROKER_REGISTRATION_CHANGE_RECORD", fields)
        }
        LogRecord::ClearElr(topic) => record("CLEAR_ELR_RECORD", json!({"topicName": blueprint.topic_name(*topic)})),
        LogRecord::Partition(id, state) => record("PARTITION_RECORD", joined(partition(*id), created(state))),
        LogRecord::PartitionChange(id, change) => {
            record("PARTITION_CHANGE_RECORD", joined(partition(*id), changed(change)))
        }
    })
}

fn record(kind: &str, fields: Value) -> MetadataRecord {
    let Value::Object(fields) = fields else {
        panic!("the fields of a record are an object")
    };
    // Offsets of the metadata log are not modelled.
    MetadataRecord {
        offset: Offset(-1),
        epoch: 1,
        kind: kind.to_owned(),
        fields,
    }
}

fn joined(first: Value, second: Fields) -> Value {
    let Value::Object(mut fields) = first else {
        panic!("the fields of a record are an object")
    };
    fields.extend(second);
    Value::Object(fields)
}

fn created(state: &PartitionState) -> Fields {
    let fields = json!({
        "replicas": numbers(&state.replicas),
        "isr": numbers(&state.isr),
        "removingReplicas": [],
        "addingReplicas": [],
        "leader": leader(state.leader),
        "leaderEpoch": state.leader_epoch.0,
        "partitionEpoch": state.partition_epoch.0,
    });
    let Value::Object(fields) = fields else {
        panic!("the fields of a record are an object")
    };
    fields
}

/// Only what changes.
fn changed(change: &PartitionChange) -> Fields {
    let mut fields = Fields::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    set("isr", change.isr.as_deref().map(numbers));
    set("leader", change.leader.map(|id| json!(leader(id))));
    set("leaderRecoveryState", change.recovery.map(recovery));
    set("eligibleLeaderReplicas", change.elr.as_deref().map(numbers));
    set("lastKnownElr", change.last_known_elr.as_deref().map(numbers));
    set("replicas", change.replicas.as_deref().map(numbers));
    set("removingReplicas", change.removing.as_deref().map(numbers));
    set("addingReplicas", change.adding.as_deref().map(numbers));
    fields
}

fn numbers(ids: &[BrokerId]) -> Value {
    ids.iter().map(|id| id.0).collect()
}

fn leader(id: Option<BrokerId>) -> i32 {
    id.map_or(-1, |id| i32::from(id.0))
}

fn recovery(state: Recovery) -> Value {
    match state {
        Recovery::Recovered => json!(0),
        Recovery::Recovering => json!(1),
    }
}
