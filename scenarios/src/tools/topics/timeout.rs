//! Owns what `kafka-topics` prints when the cluster does not answer.

use super::{EXECUTION, logged};
use crate::tools::edition::{Edition, Release};
use crate::tools::ids::BrokerId;
use crate::tools::output::ToolOutput;

/// A call to the cluster that nobody answered within 60 s.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout {
    /// The call.
    pub call: AdminCall,
    /// What it waited for in the end.
    pub waited: Waited,
    /// Milliseconds since 1970 at which the client gave up at the latest.
    pub deadline_ms: i64,
    /// Milliseconds since 1970 at which it did.
    pub timed_out_at_ms: i64,
}

/// Calls of the admin client that `kafka-topics` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdminCall {
    /// `createTopics`
    CreateTopics,
    /// `createPartitions`
    CreatePartitions,
    /// `deleteTopics`
    DeleteTopics,
    /// `listTopics`
    ListTopics,
    /// `describeTopics`
    DescribeTopics,
    /// `describeConfigs`
    DescribeConfigs,
    /// `listPartitionReassignments`, which the controller answers.
    ListPartitionReassignments,
}

/// What a call waited for when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waited {
    /// For an answer to a request that was sent.
    ForAnswer {
        /// Number of the request.
        correlation_id: u32,
        /// The broker asked.
        node: BrokerId,
        /// Milliseconds since 1970 at which the client would have tried again (not printed by 2.5).
        next_allowed_try_ms: i64,
    },
    /// For a connection on which the request could be sent.
    ToSend,
    /// For a broker to which it could be sent.
    ForNode,
}

/// The line on stderr about a broker that refuses connections; how often it comes depends on the moment.
pub fn connection_warning(node: BrokerId, address: &str) -> String {
    format!(
        "WARN [AdminClient clientId=adminclient-1] Connection to node {node} ({address}) could not be established. Node \
         may not be available. (org.apache.kafka.clients.NetworkClient)"
    )
}

const TIMEOUT: &str = "org.apache.kafka.common.errors.TimeoutException";
const DISCONNECT: &str = "org.apache.kafka.common.errors.DisconnectException";

/// Prints what the tool says in the end.
pub(super) fn timed_out(edition: Edition, timeout: &Timeout) -> ToolOutput {
    let message = timeout_message(edition, timeout);
    let thrown = format!("{TIMEOUT}: {message}");
    let cause = timeout_cause(edition, timeout).map(|cause| format!("Caused by: {cause}"));
    match (timeout.call, edition.release()) {
        (AdminCall::ListPartitionReassignments, Release::V2_5) => {
            logged(edition, &message, &thrown, cause.into_iter().collect())
        }
        (_, Release::V2_5) => {
            let causes = [format!("Caused by: {thrown}")].into_iter().chain(cause).collect();
            logged(edition, &thrown, &format!("{EXECUTION}: {thrown}"), causes)
        }
        (AdminCall::ListPartitionReassignments, _) => {
            let wrapped = format!("{EXECUTION}: {thrown}");
            let causes = [
                format!("Caused by: {wrapped}"),
                "\t... 4 more".to_owned(),
                format!("Caused by: {thrown}"),
            ];
            let causes = causes.into_iter().chain(cause).collect();
            logged(
                edition,
                &wrapped,
                &format!("java.lang.RuntimeException: {wrapped}"),
                causes,
            )
        }
        (
            AdminCall::CreateTopics
            | AdminCall::CreatePartitions
            | AdminCall::DeleteTopics
            | AdminCall::ListTopics
            | AdminCall::DescribeTopics
            | AdminCall::DescribeConfigs,
            _,
        ) => logged(edition, &message, &thrown, cause.into_iter().collect()),
    }
}

fn timeout_message(edition: Edition, timeout: &Timeout) -> String {
    let Timeout {
        call,
        waited,
        deadline_ms,
        timed_out_at_ms,
    } = timeout;
    let call = call.name();
    match (edition.release(), waited) {
        (Release::V2_5, Waited::ForAnswer { .. } | Waited::ToSend | Waited::ForNode) => {
            format!("Call(callName={call}, deadlineMs={deadline_ms}) timed out at {timed_out_at_ms} after 1 attempt(s)")
        }
        (
            _,
            Waited::ForAnswer {
                next_allowed_try_ms, ..
            },
        ) => format!(
            "Call(callName={call}, deadlineMs={deadline_ms}, tries=1, nextAllowedTryMs={next_allowed_try_ms}) timed out \
             at {timed_out_at_ms} after 1 attempt(s)"
        ),
        (_, Waited::ToSend) => format!("{WAITING_TO_SEND} Call: {call}"),
        (_, Waited::ForNode) => format!("{WAITING_FOR_NODE} Call: {call}"),
    }
}

const WAITING_TO_SEND: &str = "Timed out waiting to send the call.";
const WAITING_FOR_NODE: &str = "Timed out waiting for a node assignment.";

fn timeout_cause(edition: Edition, timeout: &Timeout) -> Option<String> {
    match (edition.release(), timeout.waited) {
        (
            _,
            Waited::ForAnswer {
                correlation_id, node, ..
            },
        ) => Some(format!(
            "{DISCONNECT}: Cancelled {} request with correlation id {correlation_id} due to node {node} being \
             disconnected",
            timeout.call.name()
        )),
        (Release::V2_5, Waited::ToSend) => Some(format!("{TIMEOUT}: {WAITING_TO_SEND}")),
        (Release::V2_5, Waited::ForNode) => Some(format!("{TIMEOUT}: {WAITING_FOR_NODE}")),
        (_, Waited::ToSend | Waited::ForNode) => None,
    }
}

impl AdminCall {
    /// All calls.
    pub const ALL: [AdminCall; 7] = [
        AdminCall::CreateTopics,
        AdminCall::CreatePartitions,
        AdminCall::DeleteTopics,
        AdminCall::ListTopics,
        AdminCall::DescribeTopics,
        AdminCall::DescribeConfigs,
        AdminCall::ListPartitionReassignments,
    ];

    /// The call as Kafka's client names it.
    pub const fn name(self) -> &'static str {
        match self {
            AdminCall::CreateTopics => "createTopics",
            AdminCall::CreatePartitions => "createPartitions",
            AdminCall::DeleteTopics => "deleteTopics",
            AdminCall::ListTopics => "listTopics",
            AdminCall::DescribeTopics => "describeTopics",
            AdminCall::DescribeConfigs => "describeConfigs",
            AdminCall::ListPartitionReassignments => "listPartitionReassignments",
        }
    }
}
