//! Owns paths into a scenario, such as `script[2].broker`: what a check names and the outline finds again.

use std::fmt;

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A field of a struct or event.
    Field(&'static str),
    /// An element of a list or tuple, from 0.
    Index(usize),
    /// An entry of a map, or a field whose name came from the text.
    Key(String),
}

/// The way from the whole scenario to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
}

impl Path {
    /// The scenario itself.
    pub fn root() -> Path {
        Path::default()
    }

    /// A field of the scenario.
    pub fn field(name: &'static str) -> Path {
        Path::root().child(name)
    }

    /// A field of the value.
    pub fn child(&self, name: &'static str) -> Path {
        self.then(Segment::Field(name))
    }

    /// An element of the value, from 0.
    pub fn index(&self, index: usize) -> Path {
        self.then(Segment::Index(index))
    }

    /// An entry of the value.
    pub fn key(&self, key: impl fmt::Display) -> Path {
        self.then(Segment::Key(key.to_string()))
    }

    /// The path one segment longer.
    pub fn then(&self, segment: Segment) -> Path {
        let mut segments = self.segments.clone();
        segments.push(segment);
        Path { segments }
    }

    /// Its segments, from the scenario inwards.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The field of the scenario that the path begins with.
    pub fn top(&self) -> Option<&str> {
        self.segments.first().map(Segment::name)
    }

    /// The name of the last field or entry on the way.
    pub fn last_name(&self) -> Option<&str> {
        self.segments.iter().rev().find_map(|segment| match segment {
            Segment::Field(name) => Some(*name),
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if !is_word(key) => write!(f, "[\"{key}\"]")?,
                Segment::Field(_) | Segment::Key(_) if position > 0 => write!(f, ".{}", segment.name())?,
                Segment::Field(_) | Segment::Key(_) => f.write_str(segment.name())?,
            }
        }
        Ok(())
    }
}

impl Segment {
    fn name(&self) -> &str {
        match self {
            Segment::Field(name) => name,
            Segment::Key(key) => key,
            Segment::Index(_) => "",
        }
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
