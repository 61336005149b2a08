//! Judges clients: their names, their topics, and settings that exclude each other.

use super::{Finding, Judge, error, meant, name_list, topics};
use crate::scenario::messages as say;
use crate::scenario::path::Path;
use crate::scenario::schema::{Acks, Client};

pub(super) fn check(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let clients = &judge.scenario.clients;
    for (index, client) in clients.iter().enumerate() {
        let path = judge.element("clients", index);
        if client.id().is_empty() {
            findings.push(error(path.child("id"), &say::CLIENT_ID_EMPTY));
        } else if clients[..index].iter().any(|other| other.id() == client.id()) {
            findings.push(error(path.child("id"), say::CLIENT_TWICE.with(&[("id", &client.id())])));
        }
        check_client(judge, client, &path, findings);
    }
}

fn check_client(judge: &Judge<'_>, client: &Client, path: &Path, findings: &mut Vec<Finding>) {
    match client {
        Client::Producer {
            topic,
            partition,
            acks,
            idempotent,
            retries,
            batch,
            ..
        } => {
            findings.extend(topics::reference(
                judge,
                &format!("{path} writes to"),
                topic,
                *partition,
                path,
            ));
            if *idempotent == Some(true) {
                findings.extend(idempotence(*acks, *retries, path));
            }
            if *batch == Some(0) {
                findings.push(error(path.child("batch"), &say::BATCH_NONE));
            }
        }
        Client::Consumer { topic, .. } => {
            findings.extend(topics::reference(judge, &format!("{path} reads"), topic, None, path));
        }
        Client::Group { .. } => {
            findings.push(error(path.clone(), &say::GROUP_NOT_MODELLED).help(&say::HELP_GROUP));
        }
    }
}

/// Kafka: `ProducerConfig` refuses idempotence that was asked for together with what would break it.
fn idempotence(acks: Acks, retries: Option<u32>, path: &Path) -> Option<Finding> {
    let finding = match (acks, retries) {
        (Acks::One, _) => error(path.child("acks"), say::IDEMPOTENT_ACKS.with(&[("acks", &"One")])),
        (Acks::None, _) => error(path.child("acks"), say::IDEMPOTENT_ACKS.with(&[("acks", &"None")])),
        (Acks::All, Some(0)) => error(path.child("retries"), &say::IDEMPOTENT_RETRIES),
        (Acks::All, _) => return None,
    };
    Some(finding.note(&say::NOTE_IDEMPOTENT))
}

/// Complains about a producer that does not exist. `what` is the beginning of the sentence.
pub(super) fn producer(judge: &Judge<'_>, what: &str, id: &str, path: Path) -> Option<Finding> {
    let clients = &judge.scenario.clients;
    let of_producers = |client: &&Client| matches!(client, Client::Producer { .. });
    match clients.iter().find(|client| client.id() == id) {
        Some(Client::Producer { .. }) => None,
        Some(Client::Consumer { .. } | Client::Group { .. }) => Some(error(
            path,
            say::CLIENT_NO_PRODUCER.with(&[("what", &what), ("id", &id)]),
        )),
        None if !judge.gaps.is_complete("clients") => None,
        None => {
            let producers: Vec<&str> = clients.iter().filter(of_producers).map(Client::id).collect();
            let known = if producers.is_empty() {
                "no producers".to_owned()
            } else {
                name_list("producer", producers.iter().copied())
            };
            let message = say::CLIENT_UNKNOWN.with(&[("what", &what), ("id", &id), ("clients", &known)]);
            Some(error(path, message).maybe_help(meant(id, producers)))
        }
    }
}
