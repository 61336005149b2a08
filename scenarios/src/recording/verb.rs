//! What was done to the cluster (`==`).

use super::ids::{NodeId, Process, list};

/// Something done to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Processes begin.
    Start(Vec<Process>),
    /// SIGTERM: controlled shutdown.
    Stop(Vec<Process>),
    /// SIGKILL of all at the same moment; the page cache survives.
    Kill(Vec<Process>),
    /// The hosts lose power at the same moment: SIGKILL, and every log of a partition loses what was not forced to disk.
    Power(Vec<Process>),
    /// SIGSTOP: the process stands still, its connections stay.
    Pause(Vec<Process>),
    /// SIGCONT.
    Resume(Vec<Process>),
    /// The data folder of a stopped node is removed.
    Wipe(Vec<NodeId>),
    /// Packets from `from` to `to` vanish, and back as well if it reaches both ways. Nobody is told.
    Cut {
        /// Who is not heard any more.
        from: NodeId,
        /// Who does not hear.
        to: NodeId,
        /// One direction or both.
        reach: Reach,
    },
    /// Packets pass again, both ways.
    Heal {
        /// One end.
        from: NodeId,
        /// The other end.
        to: NodeId,
    },
    /// All processes are ended; nothing follows.
    End,
}

/// In which directions a cut link loses packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// `A--B`
    BothWays,
    /// `A->B`
    OneWay,
}

/// Reads what follows `== `; an error says what was not understood.
pub(super) fn parse(text: &str) -> Result<Verb, String> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let unknown = || format!("`{text}` is not a verb of a transcript");
    let processes = |ids: &str| list(ids).filter(|l: &Vec<Process>| !l.is_empty()).ok_or_else(unknown);
    match verb {
        "start" => match rest.strip_prefix("zookeeper ") {
            Some(ids) => {
                let ids: Vec<u32> = list(ids).filter(|l: &Vec<u32>| !l.is_empty()).ok_or_else(unknown)?;
                Ok(Verb::Start(ids.into_iter().map(Process::ZooKeeper).collect()))
            }
            None => processes(rest).map(Verb::Start),
        },
        "stop" => processes(rest).map(Verb::Stop),
        "kill" => processes(rest.strip_prefix("-9 ").ok_or_else(unknown)?).map(Verb::Kill),
        "power" => processes(rest).map(Verb::Power),
        "pause" => processes(rest).map(Verb::Pause),
        "resume" => processes(rest).map(Verb::Resume),
        "wipe" => list(rest)
            .filter(|l: &Vec<NodeId>| !l.is_empty())
            .map(Verb::Wipe)
            .ok_or_else(unknown),
        "cut" => {
            let (reach, ends) = match rest.split_once("--") {
                Some(ends) => (Reach::BothWays, ends),
                None => (Reach::OneWay, rest.split_once("->").ok_or_else(unknown)?),
            };
            let (from, to) = ends_of(ends).ok_or_else(unknown)?;
            Ok(Verb::Cut { from, to, reach })
        }
        "heal" => {
            let (from, to) = rest.split_once("--").and_then(ends_of).ok_or_else(unknown)?;
            Ok(Verb::Heal { from, to })
        }
        "end" if rest.is_empty() => Ok(Verb::End),
        _ => Err(unknown()),
    }
}

fn ends_of((a, b): (&str, &str)) -> Option<(NodeId, NodeId)> {
    Some((a.parse().ok()?, b.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_of_the_format_is_read() {
        let nodes = |ids: &[i32]| ids.iter().map(|i| Process::Node(NodeId(*i))).collect::<Vec<_>>();
        assert_eq!(parse("start 1,2"), Ok(Verb::Start(nodes(&[1, 2]))));
        assert_eq!(
            parse("start zookeeper 2,3"),
            Ok(Verb::Start(vec![Process::ZooKeeper(2), Process::ZooKeeper(3)]))
        );
        assert_eq!(parse("kill -9 zk2"), Ok(Verb::Kill(vec![Process::ZooKeeper(2)])));
        assert_eq!(parse("power 1,2"), Ok(Verb::Power(nodes(&[1, 2]))));
        assert_eq!(parse("wipe 2"), Ok(Verb::Wipe(vec![NodeId(2)])));
        let (from, to) = (NodeId(1), NodeId(10));
        assert_eq!(
            parse("cut 1--10"),
            Ok(Verb::Cut {
                from,
                to,
                reach: Reach::BothWays
            })
        );
        assert_eq!(
            parse("cut 1->10"),
            Ok(Verb::Cut {
                from,
                to,
                reach: Reach::OneWay
            })
        );
        assert_eq!(parse("heal 1--10"), Ok(Verb::Heal { from, to }));
        assert_eq!(parse("end"), Ok(Verb::End));
        assert!(parse("kill 1").is_err());
        assert!(parse("stop").is_err());
        assert!(parse("explode 1").is_err());
    }
}
