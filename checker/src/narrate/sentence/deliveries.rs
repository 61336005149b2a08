//! A message arrives: what its receiver does with it, in words.

use models::fact::Fact;
use models::ids::{BrokerId, LeaderEpoch, Listed, Node, Offset, Partition, RecordId};
use models::message::{
    AlterPartition, Altered, Code, EpochEnd, Fetch, FetchResult, Fetched, Msg, Standing, Visible, Wish,
};
use models::raft::message::{Msg as RaftMsg, Notice};
use models::slots::Value;

use super::super::names::records;
use super::Teller;

impl Teller<'_, '_> {
    pub(super) fn delivery(&self, to: Node, from: Node, msg: &Msg) -> String {
        match msg {
            Msg::Register { epoch, .. } => match self.refused() {
                true => format!(
                    "{} registers, too early: its old session is still valid",
                    self.node(from)
                ),
                false => format!("{} registers ({epoch})", self.node(from)),
            },
            Msg::DuplicateRegistration => format!("{} hears that its old session is still valid", self.node(to)),
            Msg::Heartbeat(_, wish) => self.heartbeat(from, *wish),
            Msg::HeartbeatAnswer(_, standing) => self.standing(to, *standing),
            Msg::Snapshot(_) => format!("{} gets all metadata{}", self.node(to), self.roles_after(to)),
            Msg::Metadata(records) => match to {
                Node::Broker(id) => self.metadata(id, Some(records)),
                Node::Controller | Node::Client(_) | Node::ZooKeeper | Node::Voter(_) => {
                    format!("{} gets metadata", self.node(to))
                }
            },
            Msg::AssignDirectory { partition, .. } => format!(
                "{} reports the disk of its replica{}",
                self.node(from),
                self.names.within(*partition)
            ),
            Msg::AlterPartition(alter) => self.alter(from, alter),
            Msg::Altered(altered) => self.altered(to, altered),
            Msg::Fetch(fetch) => self.fetch(to, from, fetch),
            Msg::Fetched(fetched) => self.fetched(to, from, fetched),
            Msg::Produce { records, partition, .. } => self.produce(to, records, *partition),
            Msg::Produced { first, result, .. } => self.produced(to, from, *first, *result),
            Msg::Read {
                from: offset,
                partition,
                ..
            } => {
                let within = self.names.within(*partition);
                format!("{} reads offset {offset}{within} at {}", self.node(from), self.node(to))
            }
            Msg::ReadAnswer { result, .. } => self.read_answer(to, from, result),
            Msg::Who(_) => format!("{} asks {} who leads", self.node(from), self.node(to)),
            Msg::Leader { leader, partition } => {
                let (me, within) = (self.node(to), self.names.within(*partition));
                match leader {
                    Some((leader, epoch)) => {
                        format!("{me} hears that broker {leader} leads{within} (epoch {})", epoch.0)
                    }
                    None => format!("{me} hears that nobody leads{within}"),
                }
            }
            Msg::Zk(_, request) => self.request(from, request),
            Msg::ZkAnswer(answer) => self.zk_answer(to, answer),
            Msg::LeaderAndIsr(_) | Msg::UpdateMetadata(_) | Msg::StopReplica(_) | Msg::CloseChannel => {
                self.order(to, from, msg)
            }
            Msg::ControlledShutdown(_) | Msg::ControlledShutdownAnswer(_) => self.shutdown(to, from, msg),
            Msg::Raft(said) => self.quorum(to, from, said),
            Msg::Forwarded(request) => self.delivery(to, from, request),
            Msg::NotController(_) => format!("{} hears from {}: {msg}", self.node(to), self.node(from)),
            Msg::NewController => format!("{} hears that another controller leads", self.node(to)),
            other => self.about_ends(to, from, other),
        }
    }

    /// What members of the quorum say to each other, and what a controller hears of the log under it.
    fn quorum(&self, to: Node, from: Node, said: &RaftMsg) -> String {
        match said {
            RaftMsg::Notice(Notice::Leads(epoch)) => format!("{} is active (epoch {epoch})", self.node(to)),
            RaftMsg::Notice(Notice::Lost) => format!("{} is active no longer", self.node(to)),
            RaftMsg::Notice(Notice::Committed(..)) => format!("{} hears what is committed", self.node(to)),
            said => format!("{} hears from {}: {said}", self.node(to), self.node(from)),
        }
    }

    /// Questions about where an epoch, or the log, ended, and their answers.
    fn about_ends(&self, to: Node, from: Node, msg: &Msg) -> String {
        match msg {
            Msg::AskEpochEnd { partition, epoch, .. } => {
                let within = self.names.within(*partition);
                let (asks, leader) = (self.node(from), self.node(to));
                format!("{asks} asks {leader} where epoch {} ended{within}", epoch.0)
            }
            Msg::EpochEnded {
                partition,
                asked,
                result,
                ..
            } => self.epoch_ended(to, *partition, *asked, *result),
            Msg::Validate { epoch, .. } => {
                let (asks, leader) = (self.node(from), self.node(to));
                format!("{asks} asks {leader} where epoch {} ended", epoch.0)
            }
            Msg::Validated { asked, result, .. } => {
                format!("{} {}", self.node(to), hears_of_end(*asked, *result))
            }
            Msg::AskEnd { .. } => format!("{} asks {} where the log ends", self.node(from), self.node(to)),
            Msg::End { result: Ok(end), .. } => {
                format!(
                    "{} hears from {} that the log ends at {end}",
                    self.node(to),
                    self.node(from)
                )
            }
            Msg::End { result: Err(code), .. } => format!("{} hears from {}: {code}", self.node(to), self.node(from)),
            other => other.to_string(),
        }
    }

    fn produce(&self, to: Node, list: &[RecordId], partition: Partition) -> String {
        let (me, list, within) = (self.node(to), records(list), self.names.within(partition));
        match (self.appended_at(), self.produce_error()) {
            (Some(base), _) => format!("{me} appends {list}{within} at offset {base}"),
            (None, Some(code)) => format!("{me} refuses {list}{within}: {code}"),
            (None, None) => format!("{me} drops {list}{within}"),
        }
    }

    fn produced(&self, to: Node, from: Node, first: RecordId, result: Result<Offset, Code>) -> String {
        let (client, broker, late) = (self.node(to), self.node(from), self.if_ignored());
        match result {
            Ok(_) => {
                let list = self.acknowledged().unwrap_or_else(|| first.to_string());
                format!("{broker} acknowledges {list} to {client}{late}")
            }
            Err(code) => format!("{client} hears from {broker} about {first}: {code}{late}"),
        }
    }

    fn read_answer(&self, to: Node, from: Node, result: &Result<Visible, Code>) -> String {
        let (client, broker) = (self.node(to), self.node(from));
        match result {
            Ok(visible) if visible.records.is_empty() => {
                format!("{client} gets nothing new from {broker} (end {})", visible.end)
            }
            Ok(visible) => {
                let list: Vec<_> = visible.records.iter().map(|(_, record)| *record).collect();
                format!("{client} gets {} from {broker} (end {})", records(&list), visible.end)
            }
            Err(code) => format!("{client} hears from {broker}: {code}"),
        }
    }

    pub(super) fn if_ignored(&self) -> &'static str {
        let silent = self.step.is_idle() && self.step.sent().next().is_none();
        let unheard = silent && self.step.facts().next().is_none();
        if unheard { ", too late to count" } else { "" }
    }

    fn refused(&self) -> bool {
        self.step
            .sent()
            .any(|(_, msg)| matches!(msg, Msg::DuplicateRegistration))
    }

    fn acknowledged(&self) -> Option<String> {
        self.step.facts().find_map(|(_, fact)| {
            let Fact::Acked { records: list, .. } = fact else {
                return None;
            };
            Some(records(list))
        })
    }

    fn heartbeat(&self, from: Node, wish: Wish) -> String {
        let me = self.node(from);
        let granted = self.step.sent().find_map(|(_, msg)| {
            let Msg::HeartbeatAnswer(_, standing) = msg else {
                return None;
            };
            Some(*standing)
        });
        let unfenced = matches!(granted, Some(Standing::Unfenced));
        match (wish, granted) {
            (_, Some(Standing::Stale)) => format!("a heartbeat of an earlier life of {me} is refused"),
            (Wish::Serve, _) if unfenced && !self.step.is_idle() => {
                format!("controller lets {me} serve{}", self.and_decision())
            }
            (Wish::ShutDown, _) => format!("{me} asks to stop{}", self.and_decision()),
            (Wish::Serve | Wish::StayFenced, _) => format!("controller hears {me}{}", self.and_decision()),
        }
    }

    fn and_decision(&self) -> String {
        match self.decision("").as_str() {
            "" => String::new(),
            decision => format!("; {decision}"),
        }
    }

    fn standing(&self, to: Node, standing: Standing) -> String {
        let me = self.node(to);
        match standing {
            Standing::Unfenced => format!("{me} hears that it may serve"),
            Standing::Fenced => format!("{me} hears that it is fenced"),
            Standing::ShuttingDown => format!("{me} hears that its partitions are being moved"),
            Standing::ShutDownNow => format!("{me} may stop, and ends cleanly"),
            Standing::Stale => format!("{me} hears that another life of it is registered"),
        }
    }

    fn alter(&self, from: Node, alter: &AlterPartition) -> String {
        let isr: Vec<BrokerId> = alter.isr.iter().map(|(id, _)| *id).collect();
        let (isr, within) = (Listed(&isr), self.names.within(alter.partition));
        let answer = self.step.sent().find_map(|(_, msg)| {
            let Msg::Altered(altered) = msg else { return None };
            Some(altered.result.as_ref().map(|_| ()).map_err(|code| *code))
        });
        match answer {
            Some(Ok(())) => format!("controller grants {} ISR {isr}{within}", self.node(from)),
            Some(Err(code)) => format!("controller refuses {} ISR {isr}{within}: {code}", self.node(from)),
            None => format!("controller hears that {} wants ISR {isr}{within}", self.node(from)),
        }
    }

    fn altered(&self, to: Node, altered: &Altered) -> String {
        let (me, late) = (self.node(to), self.if_ignored());
        match &altered.result {
            Ok((isr, _)) => format!("{me} hears that the ISR is {}{late}", Listed(isr)),
            Err(code) => format!("{me} hears that its ISR is refused: {code}{late}"),
        }
    }

    fn fetch(&self, to: Node, from: Node, fetch: &Fetch) -> String {
        let within = self.names.within(fetch.partition);
        let fetches = format!("{} fetches offset {}{within}", self.node(from), fetch.from);
        let answer = self.step.sent().find_map(|(_, msg)| {
            let Msg::Fetched(fetched) = msg else { return None };
            Some(&fetched.result)
        });
        match answer {
            Some(FetchResult::Error(code)) => format!("{fetches}; {} answers {code}", self.node(to)),
            Some(FetchResult::Fenced(epoch)) => {
                format!("{fetches}; {} answers: epoch {} is over", self.node(to), epoch.0)
            }
            Some(FetchResult::Diverging { epoch, end }) => {
                format!("{fetches}; {} answers: epoch {} ended at {end}", self.node(to), epoch.0)
            }
            Some(FetchResult::OutOfRange { end, .. }) => {
                format!("{fetches}; {} answers: my log ends at {end}", self.node(to))
            }
            Some(FetchResult::Records { .. }) | None => fetches,
        }
    }

    fn fetched(&self, to: Node, from: Node, fetched: &Fetched) -> String {
        let (me, within, late) = (self.node(to), self.names.within(fetched.partition), self.if_ignored());
        let cut = self.truncated_to(to, fetched.partition);
        let cut = cut.map_or_else(String::new, |end| format!(" and cuts its log to {end}"));
        match &fetched.result {
            FetchResult::Records {
                batches,
                high_watermark,
            } if batches.is_empty() => {
                format!("{me} hears from {}{within}: HW {high_watermark}{late}", self.node(from))
            }
            FetchResult::Records {
                batches,
                high_watermark,
            } => {
                let list: Vec<_> = batches.iter().flat_map(|batch| batch.records.iter().copied()).collect();
                format!(
                    "{me} receives {}{within} (HW {high_watermark} in the answer){late}",
                    records(&list)
                )
            }
            FetchResult::Diverging { epoch, end } => {
                format!("{me} hears{within} that epoch {} ended at {end}{cut}{late}", epoch.0)
            }
            FetchResult::OutOfRange { end, .. } => {
                format!(
                    "{me} hears{within} that the log of {} ends at {end}{cut}{late}",
                    self.node(from)
                )
            }
            FetchResult::Error(code) => format!("{me} hears that its fetch is refused{within}: {code}{late}"),
            FetchResult::Fenced(epoch) => {
                format!(
                    "{me} hears that its fetch is refused{within}: epoch {} is over{late}",
                    epoch.0
                )
            }
        }
    }

    fn epoch_ended(
        &self,
        to: Node,
        partition: Partition,
        asked: LeaderEpoch,
        result: Result<EpochEnd, Code>,
    ) -> String {
        let (within, late) = (self.names.within(partition), self.if_ignored());
        let cut = self.truncated_to(to, partition);
        let cut = cut.map_or_else(String::new, |end| format!(" and cuts its log to {end}"));
        format!("{}{within} {}{cut}{late}", self.node(to), hears_of_end(asked, result))
    }

    fn appended_at(&self) -> Option<Offset> {
        self.step.changed.iter().find_map(|change| {
            let (Value::Log(before), Value::Log(after)) = (&change.before, &change.after) else {
                return None;
            };
            (after.end() > before.end()).then(|| before.end())
        })
    }

    fn produce_error(&self) -> Option<Code> {
        self.step.sent().find_map(|(_, msg)| {
            let Msg::Produced { result, .. } = msg else { return None };
            result.err()
        })
    }
}

/// What a leader says about the end of an epoch.
fn hears_of_end(asked: LeaderEpoch, result: Result<EpochEnd, Code>) -> String {
    match result {
        Ok(EpochEnd::Unknown) => format!("hears that the leader cannot say where epoch {} ended", asked.0),
        Ok(EpochEnd::Unnamed(end)) => format!("hears that epoch {} ended at {end}", asked.0),
        Ok(EpochEnd::Named(epoch, end)) if epoch == asked => format!("hears that epoch {} ended at {end}", asked.0),
        Ok(EpochEnd::Named(epoch, end)) => {
            format!(
                "hears that the leader has epoch {} instead of {}, ended at {end}",
                epoch.0, asked.0
            )
        }
        Err(code) => format!("hears that its question about epoch {} is refused: {code}", asked.0),
    }
}
