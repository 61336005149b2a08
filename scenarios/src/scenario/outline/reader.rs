//! Reads the outline of a text: tokens, brackets, commas.

use std::ops::Range;

use super::{Bracket, DEPTH_MAX, Flaw, Item, Node, Shape};

/// A word, a text in quotes or a single character of punctuation.
#[derive(Clone, Debug)]
struct Token {
    span: Range<usize>,
    sign: Option<u8>,
}

/// Reads values with a position that only moves on.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Missing commas so far.
    pub(super) commas: Vec<Flaw>,
}

/// What a text is made of beside words.
const SIGNS: &[u8] = b"()[]{},:";

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Reader<'t> {
        Reader {
            text,
            at: 0,
            depth: 0,
            commas: Vec::new(),
        }
    }

    /// The value that the whole text is, and what ends the reading after it.
    pub(super) fn document(&mut self) -> Result<(Node, Option<Flaw>), Flaw> {
        self.attributes()?;
        let root = self.value()?;
        let trailing = match self.peek() {
            Ok(None) => None,
            Ok(Some(token)) => Some(Flaw::Trailing { span: token.span }),
            Err(flaw) => Some(flaw),
        };
        Ok((root, trailing))
    }

    /// Skips `#![enable(...)]` lines.
    fn attributes(&mut self) -> Result<(), Flaw> {
        self.blank()?;
        while self.text[self.at..].starts_with("#!") {
            let Some(end) = self.text[self.at..].find(']') else {
                return Err(Flaw::Unclosed {
                    open: self.at,
                    count: 1,
                });
            };
            self.at += end + 1;
            self.blank()?;
        }
        Ok(())
    }

    /// A value: a word, and what stands in brackets behind it.
    fn value(&mut self) -> Result<Node, Flaw> {
        let end = self.text.len();
        let first = self.next()?.ok_or(Flaw::NoValue { span: end..end })?;
        let Some(sign) = first.sign else {
            let open = match self.peek()? {
                Some(Token { sign: Some(b'('), span }) if self.is_name(&first.span) => span.start,
                _ => {
                    return Ok(Node {
                        span: first.span,
                        shape: Shape::Scalar,
                    });
                }
            };
            self.at = open + 1;
            return self.group(first.span, open, Bracket::Round);
        };
        match Bracket::opened_by(sign) {
            Some(bracket) => self.group(first.span.start..first.span.start, first.span.start, bracket),
            None => Err(Flaw::NoValue { span: first.span }),
        }
    }

    fn is_name(&self, span: &Range<usize>) -> bool {
        self.text[span.clone()].starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// The elements up to the closing bracket; the opening one is read already.
    fn group(&mut self, name: Range<usize>, open: usize, bracket: Bracket) -> Result<Node, Flaw> {
        if self.depth == DEPTH_MAX {
            return Err(Flaw::TooDeep { open });
        }
        self.depth += 1;
        let mut items: Vec<Item> = Vec::new();
        let mut parted = true;
        loop {
            let token = self.peek()?.ok_or(Flaw::Unclosed {
                open,
                count: self.depth,
            })?;
            if let Some(closed) = token.sign.and_then(Bracket::closed_by) {
                if closed != bracket {
                    return Err(Flaw::Mismatch {
                        open,
                        close: token.span.start,
                    });
                }
                self.at = token.span.end;
                break;
            }
            if let (Some(b','), false, Some(last)) = (token.sign, parted, items.last_mut()) {
                self.at = token.span.end;
                last.comma = Some(token.span.start);
                parted = true;
                continue;
            }
            if let (false, Some(last)) = (parted, items.last()) {
                self.commas.push(Flaw::MissingComma {
                    after: last.span(),
                    before: token.span,
                });
            }
            items.push(self.item(open)?);
            parted = false;
        }
        self.depth -= 1;
        let span = name.start..self.at;
        Ok(Node {
            span,
            shape: Shape::Group { name, bracket, items },
        })
    }

    fn item(&mut self, open: usize) -> Result<Item, Flaw> {
        let unclosed = Flaw::Unclosed {
            open,
            count: self.depth,
        };
        let first = self.value()?;
        match self.peek()? {
            Some(Token { sign: Some(b':'), span }) => {
                self.at = span.end;
                if self.peek()?.is_none() {
                    return Err(unclosed);
                }
                Ok(Item {
                    key: Some(first.span),
                    value: self.value()?,
                    comma: None,
                })
            }
            _ => Ok(Item {
                key: None,
                value: first,
                comma: None,
            }),
        }
    }

    /// The next token, which stays the next.
    fn peek(&mut self) -> Result<Option<Token>, Flaw> {
        self.blank()?;
        let at = self.at;
        let token = self.next();
        self.at = at;
        token
    }

    fn next(&mut self) -> Result<Option<Token>, Flaw> {
        self.blank()?;
        let rest = &self.text.as_bytes()[self.at..];
        let start = self.at;
        let Some(first) = rest.first() else { return Ok(None) };
        let sign = SIGNS.contains(first).then_some(*first);
        self.at += match first {
            _ if sign.is_some() => 1,
            b'"' => quoted(rest).ok_or(Flaw::UnclosedText { open: start })?,
            b'r' if raw_hashes(rest).is_some() => raw_text(rest).ok_or(Flaw::UnclosedText { open: start })?,
            b'\'' => character(&self.text[start..]),
            _ => word(&self.text[start..]),
        };
        Ok(Some(Token {
            span: start..self.at,
            sign,
        }))
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Result<(), Flaw> {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += comment(trimmed.as_bytes()).ok_or(Flaw::UnclosedComment { open: self.at })?;
            } else {
                return Ok(());
            }
        }
    }
}

/// Length of a comment that begins with `/*`; comments nest.
fn comment(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match bytes.get(at..at + 2)? {
            b"/*" => (at, depth) = (at + 2, depth + 1),
            b"*/" => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    Some(at)
}

/// Length of a text that begins with a quote.
fn quoted(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Number of `#` in `r##"`, if a raw text begins here.
fn raw_hashes(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes[1..].iter().take_while(|byte| **byte == b'#').count();
    (bytes.get(1 + hashes) == Some(&b'"')).then_some(hashes)
}

/// Length of a raw text.
fn raw_text(bytes: &[u8]) -> Option<usize> {
    let hashes = raw_hashes(bytes)?;
    let mut at = hashes + 2;
    loop {
        let quote = at + bytes.get(at..)?.iter().position(|byte| *byte == b'"')?;
        let closing = bytes.get(quote + 1..quote + 1 + hashes)?;
        if closing.iter().all(|byte| *byte == b'#') {
            return Some(quote + 1 + hashes);
        }
        at = quote + 1;
    }
}

/// Length of a character literal, or of the lone quote.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    let closing = match chars.next() {
        Some((_, '\\')) => chars.nth(1),
        Some(_) => chars.next(),
        None => None,
    };
    closing.filter(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1)
}

/// Length of a word: everything up to white space, punctuation, a quote or a comment.
fn word(text: &str) -> usize {
    let ends = |at: usize, c: char| {
        at > 0
            && (c.is_whitespace()
                || c == '"'
                || u8::try_from(c).is_ok_and(|byte| SIGNS.contains(&byte))
                || text[at..].starts_with("//")
                || text[at..].starts_with("/*"))
    };
    text.char_indices()
        .find(|(at, c)| ends(*at, *c))
        .map_or(text.len(), |(at, _)| at)
}
