//! Owns sentences with placeholders: every message has an id, so that a table in another language can stand beside.

use std::fmt;

/// One sentence of the program, with `{placeholders}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// Stable name of the sentence: the key of a translation.
    pub id: &'static str,
    /// The sentence in English.
    pub en: &'static str,
}

impl Message {
    /// The sentence with its placeholders filled; every placeholder must be among `args`.
    pub fn with(&'static self, args: &[(&'static str, &dyn fmt::Display)]) -> Text {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, value.to_string())).collect();
        for name in placeholders(self.en) {
            assert!(
                args.iter().any(|(known, _)| *known == name),
                "message {} got no `{name}`",
                self.id
            );
        }
        Text::Keyed { message: self, args }
    }
}

/// A sentence ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Words that are the same in every language, or that came from outside.
    Plain(String),
    /// A sentence of the table with its values.
    Keyed {
        /// Which sentence.
        message: &'static Message,
        /// Value of each placeholder.
        args: Vec<(&'static str, String)>,
    },
}

impl fmt::Display for Text {
    /// The sentence in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Plain(text) => f.write_str(text),
            Text::Keyed { message, args } => f.write_str(&fill(message.en, args)),
        }
    }
}

impl From<&'static Message> for Text {
    fn from(message: &'static Message) -> Text {
        message.with(&[])
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::Plain(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Plain(text.to_owned())
    }
}

/// Names of the placeholders of a sentence, in order.
pub fn placeholders(template: &str) -> Vec<&str> {
    pieces(template).into_iter().filter_map(|(_, name)| name).collect()
}

/// The sentence with its placeholders replaced; one without a value stays as it is. Values are not looked into.
pub fn fill(template: &str, args: &[(&'static str, String)]) -> String {
    let mut out = String::new();
    for (literal, name) in pieces(template) {
        out.push_str(literal);
        let Some(name) = name else { continue };
        match args.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["{", name, "}"]),
        }
    }
    out
}

/// Literal text, each piece with the placeholder that follows it. A brace that is no placeholder is literal.
fn pieces(template: &str) -> Vec<(&str, Option<&str>)> {
    let mut pieces = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some(open) = template[from..].find('{').map(|at| from + at) {
        let name_end = template[open..].find('}').map(|at| open + at);
        let name = name_end
            .map(|end| &template[open + 1..end])
            .filter(|name| is_placeholder(name));
        match (name, name_end) {
            (Some(name), Some(end)) => {
                pieces.push((&template[start..open], Some(name)));
                start = end + 1;
                from = start;
            }
            _ => from = open + 1,
        }
    }
    pieces.push((&template[start..], None));
    pieces
}

fn is_placeholder(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    static SAMPLE: Message = Message {
        id: "sample",
        en: "{what} has {count} `{`s, not {}",
    };

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        assert_eq!(
            SAMPLE.with(&[("what", &"it"), ("count", &3)]).to_string(),
            "it has 3 `{`s, not {}"
        );
        assert_eq!(placeholders(SAMPLE.en), ["what", "count"]);
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_not_filled_again() {
        assert_eq!(
            SAMPLE.with(&[("what", &"{count}"), ("count", &3)]).to_string(),
            "{count} has 3 `{`s, not {}"
        );
    }
}
