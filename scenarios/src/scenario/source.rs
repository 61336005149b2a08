//! Owns the text of an input with its name: from byte offsets to lines and columns, and back to the line as it stands.

use crate::scenario::diagnostic::{Mark, MarkStyle, Place, SourceLine};
use crate::scenario::text::Text;

/// A text with the name of the file that it came from.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// The file as it was given.
    pub file: &'a str,
    /// Its content.
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn place(&self, offset: usize) -> Place {
        let before = &self.text[..self.boundary(offset)];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Place {
            line: small(line),
            column: small(column),
        }
    }

    /// The byte offset of a line and column; past the end of a line it is the line's end.
    pub fn offset(&self, place: Place) -> usize {
        let mut start = 0;
        for line in self.text.split_inclusive('\n').take(place.line as usize - 1) {
            start += line.len();
        }
        let line = self.text[start..].split('\n').next().unwrap_or_default();
        let column = line.char_indices().map(|(at, _)| at).nth(place.column as usize - 1);
        start + column.unwrap_or(line.len())
    }

    /// The line of the byte offset `from`, with the bytes up to `to` pointed at as far as they are on it.
    pub fn line(&self, from: usize, to: usize, style: MarkStyle, label: Option<Text>) -> SourceLine {
        let (from, to) = (self.boundary(from), self.boundary(to));
        let place = self.place(from);
        let start = self.text[..from].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[from..].find('\n').map_or(self.text.len(), |at| from + at);
        let len = self.text[from..to.clamp(from, end)].chars().count().max(1);
        let mark = Mark {
            column: place.column,
            len: small(len),
            style,
            label,
        };
        let text = self.text[start..end].trim_end_matches('\r').to_owned();
        SourceLine {
            number: Some(place.line),
            text,
            mark: Some(mark),
        }
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// Line and column numbers of a file of limited size.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_places_agree_at_every_character() {
        let source = Source {
            file: "t",
            text: "ab\n브로\r\n\nz",
        };
        for (offset, _) in source.text.char_indices().filter(|(_, c)| *c != '\n') {
            assert_eq!(source.offset(source.place(offset)), offset);
        }
        assert_eq!(source.place(6), Place { line: 2, column: 2 });
        assert_eq!(source.place(1000), Place { line: 4, column: 2 });
    }

    #[test]
    fn a_mark_ends_with_its_line() {
        let source = Source {
            file: "t",
            text: "a (b\nc)",
        };
        let line = source.line(2, 7, MarkStyle::Caret, None);
        assert_eq!((line.text.as_str(), line.mark.map(|mark| mark.len)), ("a (b", Some(2)));
    }
}
