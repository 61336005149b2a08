//! The smallest pieces that are compared, in rows: a row of a table, a batch, a record, a line.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::recording::NodeId;

/// What kind of cell it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A field of a table: describe of topics, groups and the quorum; replicas of new topics.
    Table,
    /// A line of another command, or its exit status.
    Tool,
    /// What a client got.
    Answer,
    /// Leader, epoch or ISR of a change; the end of a process.
    Change,
    /// A batch, an entry of a leader-epoch-checkpoint, a file.
    Log,
    /// A field of a metadata record.
    Metadata,
    /// A field or the version of a znode.
    Znode,
    /// A field of quorum-state.
    Quorum,
    /// A partition that a member owns.
    Group,
    /// The offset of a truncation.
    Cut,
}

impl Kind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Table,
        Self::Tool,
        Self::Answer,
        Self::Change,
        Self::Log,
        Self::Metadata,
        Self::Znode,
        Self::Quorum,
        Self::Group,
        Self::Cut,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Tool => "tool",
            Self::Answer => "answer",
            Self::Change => "change",
            Self::Log => "log",
            Self::Metadata => "metadata",
            Self::Znode => "znode",
            Self::Quorum => "quorum",
            Self::Group => "group",
            Self::Cut => "cut",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The kinds that are compared and counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kinds(BTreeSet<Kind>);

impl Kinds {
    /// Every kind.
    pub fn all() -> Self {
        Self(Kind::ALL.into_iter().collect())
    }

    /// Whether `kind` is among them.
    pub fn contains(&self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }
}

/// Reads `table,log`; an error names the word that is no kind.
impl FromStr for Kinds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kind = |word: &str| {
            Kind::ALL.into_iter().find(|k| k.name() == word).ok_or_else(|| {
                let names: Vec<&str> = Kind::ALL.iter().map(|k| k.name()).collect();
                format!("`{word}` is not a kind of cell; kinds: {}", names.join(", "))
            })
        };
        text.split(',').map(kind).collect::<Result<_, _>>().map(Self)
    }
}

/// Something that lines of a recording are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A topic.
    Topic(String),
    /// A consumer group.
    Group(String),
    /// A broker or a controller.
    Node(NodeId),
    /// A member of a group, or a transactional producer.
    Client(String),
}

/// Cells that stand together. Rows with the same kind and name are compared in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Line of the recording; 0 in a row of the model.
    pub(crate) line: usize,
    /// Kind of its cells.
    pub(crate) kind: Kind,
    /// What it belongs to: a partition, a file, a tool.
    pub(crate) name: String,
    /// Rows of two variants are never the same thing seen differently: the type of a record.
    pub(crate) variant: String,
    /// What it is about.
    pub(crate) about: Vec<Thing>,
    /// Fields and values; the field is empty where the row is one cell.
    pub(crate) cells: Vec<(String, String)>,
}

impl Row {
    /// A row without cells.
    pub(crate) fn new(line: usize, kind: Kind, name: impl Into<String>, about: &[Thing]) -> Self {
        let (variant, about) = (String::new(), about.to_vec());
        Self {
            line,
            kind,
            name: name.into(),
            variant,
            about,
            cells: Vec::new(),
        }
    }

    /// The same row with one more cell.
    pub(crate) fn with(mut self, field: impl Into<String>, value: impl ToString) -> Self {
        self.cells.push((field.into(), value.to_string()));
        self
    }

    /// What a difference in one of its cells is called: `change careful-0 epoch`.
    pub(crate) fn what(&self, field: &str) -> String {
        let name = format!("{} {}", self.kind, self.name);
        if field.is_empty() {
            name
        } else {
            format!("{name} {field}")
        }
    }

    /// The value of a field.
    pub(crate) fn value(&self, field: &str) -> Option<&str> {
        self.cells
            .iter()
            .find(|(f, _)| f == field)
            .map(|(_, value)| value.as_str())
    }

    /// The whole row in one text, for one that the recording does not have.
    pub(crate) fn text(&self) -> String {
        let cell = |(field, value): &(String, String)| match field.is_empty() {
            true => value.clone(),
            false => format!("{field} {value}"),
        };
        let cells: Vec<String> = self.cells.iter().map(cell).collect();
        let text = cells.join(", ");
        if self.variant.is_empty() {
            text
        } else {
            format!("{} {text}", self.variant)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_from_a_list() {
        let kinds: Kinds = "table,log".parse().unwrap();
        assert!(kinds.contains(Kind::Log) && !kinds.contains(Kind::Tool));
        let error = "tables".parse::<Kinds>().unwrap_err();
        assert!(error.starts_with("`tables` is not a kind of cell; kinds: table, tool, answer"));
    }
}
