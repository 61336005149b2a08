//! What a client did (`>`), and what it got.

use std::fmt;

use super::ids::{Micros, Offset, TopicPartition};
use super::value::quoted;

/// What a client did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// One record in a batch of its own, awaited before the next.
    Produce(Produce),
    /// All records from offset 0 to the end that a consumer may see.
    Consume(Consume),
    /// Another act: members of groups, transactional producers.
    Other {
        /// Name of the client when the act begins with it (`A1 begin`), or of the member (`leave c2`).
        client: String,
        /// The words of the act, the client's name included.
        words: Vec<String>,
        /// What it got, if written.
        answer: Option<String>,
    },
}

/// One record that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produce {
    /// Where to.
    pub partition: TopicPartition,
    /// Its key.
    pub key: Option<String>,
    /// Its value as the transcript shows it, long ones shortened; none is a tombstone.
    pub value: Option<String>,
    /// Which answer the client waits for.
    pub acks: Acks,
    /// A named client keeps its view of the cluster; without a name it is fresh and asks for metadata first.
    pub client: Option<String>,
    /// When the record is given up.
    pub timeout: Micros,
    /// Whether failed requests are sent again.
    pub retries: Retries,
    /// What the client got.
    pub answer: Answer,
}

impl Produce {
    /// When a single request is given up: after 5 s, or `timeout` if that is less.
    pub fn request_timeout(&self) -> Micros {
        self.timeout.min(Micros::seconds(5))
    }
}

/// Which answer a producer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// Of the whole ISR.
    All,
    /// Of the leader.
    Leader,
    /// None.
    None,
}

impl fmt::Display for Acks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Leader => "1",
            Self::None => "0",
        })
    }
}

/// Whether a producer sends a failed request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// Until the record is given up, so that it may be stored twice.
    UntilTimeout,
    /// Never.
    Never,
}

/// What a producer got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Stored: partition and offset.
    At(i32, Offset),
    /// An error of the protocol, or of the client library (with a leading underscore).
    Error(String),
    /// Nothing within `timeout` and five seconds more.
    NoAnswer,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(partition, offset) => write!(f, "{partition}@{offset}"),
            Self::Error(name) => f.write_str(name),
            Self::NoAnswer => f.write_str("no answer"),
        }
    }
}

/// A reading of a whole partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consume {
    /// What is read.
    pub partition: TopicPartition,
    /// Up to where.
    pub isolation: Isolation,
    /// Offsets and values in the order they came, long values shortened.
    pub got: Vec<(Offset, String)>,
}

/// Up to where a consumer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// The high watermark.
    ReadUncommitted,
    /// The last stable offset, aborted records left out.
    ReadCommitted,
}

/// Reads what follows `> `; an error says what was not understood.
pub(super) fn parse(text: &str) -> Result<Act, String> {
    let found = if let Some(rest) = text.strip_prefix("produce ") {
        produce(rest).map(Act::Produce)
    } else if let Some(rest) = text.strip_prefix("consume ") {
        consume(rest).map(Act::Consume)
    } else {
        other(text)
    };
    found.ok_or_else(|| format!("`{text}` is not an act of a client"))
}

/// Reads `acks=1 client=old timeout=6 retries=0 t-0 key=k 'value' -> 0@0`.
fn produce(text: &str) -> Option<Produce> {
    let (mut acks, mut client, mut timeout, mut retries) = (None, None, Micros::seconds(10), Retries::UntilTimeout);
    let mut rest = text;
    let partition = loop {
        let (word, after) = rest.split_once(' ')?;
        rest = after;
        match word.split_once('=') {
            Some(("acks", "all")) => acks = Some(Acks::All),
            Some(("acks", "1")) => acks = Some(Acks::Leader),
            Some(("acks", "0")) => acks = Some(Acks::None),
            Some(("client", name)) => client = Some(name.to_owned()),
            Some(("timeout", seconds)) => timeout = Micros::seconds(seconds.parse().ok()?),
            Some(("retries", "0")) => retries = Retries::Never,
            Some(_) => return None,
            None => break word.parse().ok()?,
        }
    };
    let key = match rest.strip_prefix("key=") {
        Some(keyed) => {
            let (key, after) = keyed.split_once(' ')?;
            rest = after;
            Some(key.to_owned())
        }
        None => None,
    };
    let (value, rest) = match rest.strip_prefix("(null)") {
        Some(after) => (None, after),
        None => quoted(rest).map(|(value, after)| (Some(value), after))?,
    };
    let answer = answer(rest.strip_prefix(" -> ")?)?;
    Some(Produce {
        partition,
        key,
        value,
        acks: acks?,
        client,
        timeout,
        retries,
        answer,
    })
}

fn answer(text: &str) -> Option<Answer> {
    if text == "no answer" {
        return Some(Answer::NoAnswer);
    }
    if let Some((partition, offset)) = text.split_once('@') {
        return Some(Answer::At(partition.parse().ok()?, Offset(offset.parse().ok()?)));
    }
    let name = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    name.then(|| Answer::Error(text.to_owned()))
}

/// Reads `t-0 read_committed -> 0:a 2:b`.
fn consume(text: &str) -> Option<Consume> {
    let (what, got) = text.split_once(" -> ")?;
    let (partition, isolation) = match what.split_once(' ') {
        None => (what, Isolation::ReadUncommitted),
        Some((partition, "read_committed")) => (partition, Isolation::ReadCommitted),
        Some(_) => return None,
    };
    let got = if got == "(nothing)" { Vec::new() } else { pairs(got)? };
    Some(Consume {
        partition: partition.parse().ok()?,
        isolation,
        got,
    })
}

/// Reads `0:a 1:two words 3:b`: a new pair begins at a word with a higher offset and a colon.
fn pairs(text: &str) -> Option<Vec<(Offset, String)>> {
    let mut pairs: Vec<(Offset, String)> = Vec::new();
    for word in text.split(' ') {
        let pair = word
            .split_once(':')
            .and_then(|(o, value)| Some((Offset(o.parse().ok()?), value.to_owned())));
        match (pair, pairs.last_mut()) {
            (Some(pair), None) => pairs.push(pair),
            (Some(pair), Some(last)) if pair.0 > last.0 => pairs.push(pair),
            (_, Some(last)) => last.1 = format!("{} {word}", last.1),
            (None, None) => return None,
        }
    }
    Some(pairs)
}

/// Reads `join c1 group=g topics=t`, `leave c1`, `A1 begin -> ok`, `A1 produce t-0 'a' -> ok`.
fn other(text: &str) -> Option<Act> {
    let (what, answer) = match text.rsplit_once(" -> ") {
        Some((what, answer)) => (what, Some(answer.to_owned())),
        None => (text, None),
    };
    let words: Vec<String> = what.split(' ').map(str::to_owned).collect();
    let client = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["join", member, _, ..] | ["leave", member] => member.to_owned(),
        [client, "init" | "begin" | "commit" | "abort" | "produce", ..] => client.to_owned(),
        _ => return None,
    };
    Some(Act::Other { client, words, answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_produce_is_read_with_all_its_options() {
        let text = "produce acks=1 client=old timeout=6 retries=0 z-0 key=k1 'd -> e' -> REQUEST_TIMED_OUT";
        let Ok(Act::Produce(produce)) = parse(text) else {
            panic!("a produce")
        };
        assert_eq!(produce.partition, TopicPartition::new("z", 0));
        assert_eq!(
            (produce.key.as_deref(), produce.value.as_deref()),
            (Some("k1"), Some("d -> e"))
        );
        assert_eq!((produce.acks, produce.retries), (Acks::Leader, Retries::Never));
        assert_eq!(
            (produce.client.as_deref(), produce.timeout),
            (Some("old"), Micros::seconds(6))
        );
        assert_eq!(produce.request_timeout(), Micros::seconds(5));
        assert_eq!(produce.answer, Answer::Error("REQUEST_TIMED_OUT".to_owned()));
    }

    #[test]
    fn what_is_not_written_is_the_default() {
        let Ok(Act::Produce(produce)) = parse("produce acks=all t-0 (null) -> 0@16") else {
            panic!("a produce")
        };
        assert_eq!((produce.value, produce.timeout), (None, Micros::seconds(10)));
        assert_eq!(produce.answer, Answer::At(0, Offset(16)));
    }

    #[test]
    fn values_may_contain_spaces() {
        let text = "consume t-0 -> 0:hello 1:before failover 3:you ok? at 2:00";
        let Ok(Act::Consume(consume)) = parse(text) else {
            panic!("a consume")
        };
        let values: Vec<&str> = consume.got.iter().map(|(_, v)| v.as_str()).collect();
        assert_eq!(values, ["hello", "before failover", "you ok? at 2:00"]);
    }

    #[test]
    fn other_acts_name_their_client() {
        let Ok(Act::Other { client, answer, .. }) = parse("A1 produce tx-0 'zombie' -> _FENCED") else {
            panic!("an act");
        };
        assert_eq!((client.as_str(), answer.as_deref()), ("A1", Some("_FENCED")));
        assert!(matches!(parse("leave c2"), Ok(Act::Other { client, .. }) if client == "c2"));
        assert!(parse("dance c2").is_err());
        assert!(parse("produce acks=all t-0 'a' -> whatever").is_err());
    }
}
