//! Owns the outline of a RON text: which value stands where. It knows brackets, commas and words, and no schema, so it
//! also reads texts that the parser refuses, and says which bracket or comma is the reason.

mod reader;

use std::collections::BTreeSet;
use std::ops::Range;

use reader::Reader;

use crate::scenario::path::{Path, Segment};

/// How deep brackets may be nested; a scenario needs seven.
pub const DEPTH_MAX: usize = 64;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// All bytes of the value, a name before its bracket included.
    pub span: Range<usize>,
    /// What it is.
    pub shape: Shape,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A word, number or text.
    Scalar,
    /// Something in brackets, maybe with a name before them.
    Group {
        /// The name, which may be empty.
        name: Range<usize>,
        /// Kind of the brackets.
        bracket: Bracket,
        /// What is in them.
        items: Vec<Item>,
    },
}

/// Kinds of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// `(` `)`
    Round,
    /// `[` `]`
    Square,
    /// `{` `}`
    Curly,
}

impl Bracket {
    fn opened_by(byte: u8) -> Option<Bracket> {
        match byte {
            b'(' => Some(Bracket::Round),
            b'[' => Some(Bracket::Square),
            b'{' => Some(Bracket::Curly),
            _ => None,
        }
    }

    fn closed_by(byte: u8) -> Option<Bracket> {
        match byte {
            b')' => Some(Bracket::Round),
            b']' => Some(Bracket::Square),
            b'}' => Some(Bracket::Curly),
            _ => None,
        }
    }
}

/// An element of a bracket: a value, or a value with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Bytes of the key, quotes included.
    pub key: Option<Range<usize>>,
    /// The value.
    pub value: Node,
    /// Offset of the comma behind it.
    pub comma: Option<usize>,
}

impl Node {
    /// The bytes that stand for the value when it is pointed at: its name if it has one, otherwise all of it.
    pub fn head(&self) -> Range<usize> {
        match &self.shape {
            Shape::Group { name, .. } if !name.is_empty() => name.clone(),
            Shape::Group { .. } | Shape::Scalar => self.span.clone(),
        }
    }
}

impl Item {
    /// All bytes of the element, its comma not included.
    pub fn span(&self) -> Range<usize> {
        self.key.as_ref().map_or(self.value.span.start, |key| key.start)..self.value.span.end
    }
}

/// Why brackets and commas do not fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A value follows another without a comma; the text can still be understood.
    MissingComma {
        /// Bytes of the value that comes first.
        after: Range<usize>,
        /// Bytes of the word that should have been parted from it.
        before: Range<usize>,
    },
    /// The text ends inside a bracket.
    Unclosed {
        /// Offset of the innermost open bracket.
        open: usize,
        /// How many brackets are open at the end.
        count: usize,
    },
    /// A bracket is closed by one of another kind.
    Mismatch {
        /// Offset of the opening bracket.
        open: usize,
        /// Offset of the closing one.
        close: usize,
    },
    /// The text ends inside quotes.
    UnclosedText {
        /// Offset of the opening quote.
        open: usize,
    },
    /// The text ends inside `/* */`.
    UnclosedComment {
        /// Offset of the `/*`.
        open: usize,
    },
    /// Something follows after the end of the value.
    Trailing {
        /// Bytes of the first word that follows.
        span: Range<usize>,
    },
    /// A value was expected.
    NoValue {
        /// Bytes of what is there instead.
        span: Range<usize>,
    },
    /// Brackets are nested too deeply.
    TooDeep {
        /// Offset of the bracket that is one too many.
        open: usize,
    },
}

/// Which value stands where in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The whole value, as far as it was understood.
    pub root: Option<Node>,
    /// What does not fit, in the order of the text: missing commas, then at most one flaw that ends the reading.
    pub flaws: Vec<Flaw>,
}

impl Outline {
    /// Reads the outline of any text. It never fails: what it does not understand becomes a flaw.
    pub fn of(text: &str) -> Outline {
        let mut reader = Reader::new(text);
        let read = reader.document();
        let mut flaws = reader.commas;
        let (root, end) = match read {
            Ok((root, trailing)) => (Some(root), trailing),
            Err(flaw) => (None, Some(flaw)),
        };
        flaws.extend(end);
        Outline { root, flaws }
    }

    /// The item that a byte offset belongs to, from the outermost to the innermost, with the path of each.
    pub fn trail<'o>(&'o self, text: &str, offset: usize) -> Vec<(Path, &'o Item)> {
        let mut trail = Vec::new();
        let mut path = Path::root();
        let mut node = self.root.as_ref();
        while let Some(Node {
            shape: Shape::Group { items, .. },
            ..
        }) = node
        {
            let inside = |item: &&Item| (item.span().start..=item.span().end).contains(&offset);
            let Some(item) = items.iter().rev().find(inside) else {
                break;
            };
            path = path.then(segment_of(text, items, item));
            trail.push((path.clone(), item));
            node = Some(&item.value);
        }
        trail
    }

    /// The values in brackets around a byte offset, the closing bracket included, with the path of each.
    pub fn groups<'o>(&'o self, text: &str, offset: usize) -> Vec<(Path, &'o Item)> {
        let mut trail = self.trail(text, offset);
        trail.retain(|(_, Item { value, .. })| {
            matches!(value.shape, Shape::Group { .. }) && value.span.contains(&offset)
        });
        trail
    }

    /// The value with this path, or the nearest value around it that exists.
    pub fn find(&self, text: &str, path: &Path) -> Option<&Node> {
        let mut node = self.root.as_ref()?;
        for segment in path.segments() {
            match child(text, node, segment) {
                Some(item) => node = &item.value,
                None => break,
            }
        }
        Some(node)
    }

    /// Whether the whole value has all of these fields.
    pub fn has_fields(&self, text: &str, names: &[&'static str]) -> bool {
        let has = |name: &&'static str| {
            let root = self.root.as_ref();
            root.is_some_and(|root| child(text, root, &Segment::Field(name)).is_some())
        };
        names.iter().all(has)
    }

    /// The key of the value with this path, if the path leads to a value with a key.
    pub fn find_key(&self, text: &str, path: &Path) -> Option<Range<usize>> {
        let mut node = self.root.as_ref()?;
        let mut key = None;
        for segment in path.segments() {
            let item = child(text, node, segment)?;
            (node, key) = (&item.value, item.key.clone());
        }
        key
    }
}

/// Entries of maps whose key an earlier entry of the same map has; the parser would let the later one win.
pub fn repeated_keys<'o>(text: &str, root: &'o Node) -> Vec<&'o Item> {
    let mut repeated = Vec::new();
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let Shape::Group { items, bracket, .. } = &node.shape else {
            continue;
        };
        nodes.extend(items.iter().map(|item| &item.value));
        let mut seen = BTreeSet::new();
        let again = |item: &&Item| *bracket == Bracket::Curly && !seen.insert(key_of(text, item));
        repeated.extend(items.iter().filter(again));
    }
    repeated
}

/// The element that a path segment names.
fn child<'o>(text: &str, node: &'o Node, segment: &Segment) -> Option<&'o Item> {
    let Shape::Group { items, .. } = &node.shape else {
        return None;
    };
    match segment {
        Segment::Index(index) => items.get(*index),
        Segment::Field(name) => items.iter().find(|item| key_of(text, item) == Some(*name)),
        Segment::Key(key) => items.iter().find(|item| key_of(text, item) == Some(key.as_str())),
    }
}

fn segment_of(text: &str, items: &[Item], item: &Item) -> Segment {
    match key_of(text, item) {
        Some(key) => Segment::Key(key.to_owned()),
        None => Segment::Index(items.iter().position(|other| std::ptr::eq(other, item)).unwrap_or(0)),
    }
}

/// The key of an element without its quotes.
pub fn key_of<'t>(text: &'t str, item: &Item) -> Option<&'t str> {
    item.key.clone().map(|key| text[key].trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_flaws(text: &str, expected: &[Flaw]) {
        assert_eq!(Outline::of(text).flaws, expected, "{text}");
    }

    #[test]
    fn what_the_parser_accepts_has_no_flaw() {
        for text in [
            "(a: 1, b: [2, 3,], c: {\"x\": 1})",
            "// comment with ( and \"\n(a: \"( , \\\" \", /* [ /* { */ */ b: 'x', c: '(', d: '\\'')",
            "#![enable(implicit_some)]\n(a: r#\"raw \" ( text\"#, b: r\"\\\")",
            "Scenario(name: \"x\", e: Violates(\"p\"), n: -1, t: (), u: ((1, 2), X))",
        ] {
            check_flaws(text, &[]);
        }
    }

    #[test]
    fn every_missing_comma_is_found() {
        check_flaws(
            "(a: 1 b: 2, c: [X(1) Y])",
            &[
                Flaw::MissingComma {
                    after: 1..5,
                    before: 6..7,
                },
                Flaw::MissingComma {
                    after: 16..20,
                    before: 21..22,
                },
            ],
        );
    }

    #[test]
    fn brackets_that_do_not_fit_are_told_apart() {
        check_flaws("(a: [1, 2)", &[Flaw::Mismatch { open: 4, close: 9 }]);
        check_flaws("(a: [1, 2", &[Flaw::Unclosed { open: 4, count: 2 }]);
        check_flaws("(a:", &[Flaw::Unclosed { open: 0, count: 1 }]);
        check_flaws("(a: 1) )", &[Flaw::Trailing { span: 7..8 }]);
        check_flaws("(a: \"x)", &[Flaw::UnclosedText { open: 4 }]);
        check_flaws("(a: 1 /* )", &[Flaw::UnclosedComment { open: 6 }]);
        check_flaws("(a: , b: 1)", &[Flaw::NoValue { span: 4..5 }]);
        check_flaws("", &[Flaw::NoValue { span: 0..0 }]);
        check_flaws(&"[".repeat(100), &[Flaw::TooDeep { open: DEPTH_MAX }]);
    }

    #[test]
    fn a_path_finds_its_value_and_an_offset_its_path() {
        let text = "(script: [Settle(), Stop(broker: 4)], config: {\"a.b\": 1}, between: (1, 2))";
        let outline = Outline::of(text);
        let check = |path: Path, value: &str| {
            let node = outline.find(text, &path).expect("the text has an outline");
            assert_eq!(&text[node.span.clone()], value);
            let trail = outline.trail(text, node.span.start);
            let (found, _) = trail.last().expect("the value is in a bracket");
            assert_eq!(found.to_string(), path.to_string());
        };
        check(Path::field("script").index(1).child("broker"), "4");
        check(Path::field("config").key("a.b"), "1");
        check(Path::field("between").index(1), "2");
    }

    #[test]
    fn a_path_that_leads_nowhere_ends_at_the_nearest_value_around_it() {
        let text = "(script: [Stop(broker: 4)])";
        let outline = Outline::of(text);
        let node = outline.find(text, &Path::field("script").index(0).child("disk"));
        assert_eq!(node.map(|node| &text[node.span.clone()]), Some("Stop(broker: 4)"));
    }
}
