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

    /// The path that is written like this; nothing if no path is.
    pub fn parse(text: &str) -> Option<Path> {
        let mut path = Path::root();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (segment, after) = match inside.strip_prefix('"') {
                    Some(key) => key
                        .split_once("\"]")
                        .map(|(key, after)| (Segment::Key(key.to_owned()), after))?,
                    None => {
                        let (index, after) = inside.split_once(']')?;
                        (Segment::Index(index.parse().ok()?), after)
                    }
                };
                (path, rest) = (path.then(segment), after);
            } else {
                let name = rest.strip_prefix('.').unwrap_or(rest);
                let end = name.find(['.', '[']).unwrap_or(name.len());
                if end == 0 {
                    return None;
                }
                (path, rest) = (path.key(&name[..end]), &name[end..]);
            }
        }
        Some(path)
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

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_is_read_back_as_it_was_written() {
        for path in [
            Path::root(),
            Path::field("script").index(2).child("broker"),
            Path::field("topics")
                .index(0)
                .child("config")
                .key("min.insync.replicas"),
            Path::field("faults").child("admin").index(10),
            Path::field("switches").key("elr"),
        ] {
            let read = Path::parse(&path.to_string()).expect("it was written by us");
            assert_eq!(read.to_string(), path.to_string());
        }
        for wrong in ["a[", "a[x]", "a..b", "a[\"b]"] {
            assert_eq!(Path::parse(wrong), None, "{wrong}");
        }
    }
}
