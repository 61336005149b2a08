//! Values of records as a transcript writes them: long ones shortened, those of `produce` in quotes.

/// Values of more characters than this are shortened.
const LONGEST: usize = 24;
/// How many characters a shortened value keeps.
const KEPT: usize = 8;

/// A value as a transcript shows it: over 24 characters as `start…(length)`.
pub fn shorten(value: &str) -> String {
    let length = value.chars().count();
    if length <= LONGEST {
        return value.to_owned();
    }
    let start: String = value.chars().take(KEPT).collect();
    format!("{start}…({length})")
}

/// A value that [`shorten`] shows in this way: its last known character is repeated up to the length.
pub fn expand(shown: &str) -> String {
    let full = || {
        let (start, rest) = shown.split_once('…')?;
        let length: usize = rest.strip_prefix('(')?.strip_suffix(')')?.parse().ok()?;
        let last = start.chars().last()?;
        let missing = length.checked_sub(start.chars().count())?;
        Some(start.to_owned() + &last.to_string().repeat(missing))
    };
    full().unwrap_or_else(|| shown.to_owned())
}

/// Reads a quoted value at the beginning of `text`; the second value is what follows it.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((value, &text[at + c.len_utf8()..]));
        }
        value.push(match c {
            '\\' => match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other @ ('\\' | '\'' | '"') => other,
                _ => return None,
            },
            other => other,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_shortened_and_come_back_with_their_length() {
        let value = format!("0020{}", "x".repeat(96));
        assert_eq!(shorten(&value), "0020xxxx…(100)");
        assert_eq!(expand("0020xxxx…(100)"), value);
        assert_eq!(shorten("w11...................."), "w11....................");
        assert_eq!(expand("a"), "a");
    }

    #[test]
    fn quotes_end_where_they_began() {
        assert_eq!(quoted("'a' -> 0@0"), Some(("a".to_owned(), " -> 0@0")));
        assert_eq!(quoted("\"it's\" x"), Some(("it's".to_owned(), " x")));
        assert_eq!(quoted(r"'a\'b\\'"), Some((r"a'b\".to_owned(), "")));
        assert_eq!(quoted("'open"), None);
        assert_eq!(quoted("bare"), None);
    }
}
