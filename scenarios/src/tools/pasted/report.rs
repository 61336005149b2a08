//! Owns the words about a paste that cannot be used.

use super::{Pasted, UnreadLine};

const HELP: &str = "  = help: kafka-topics.sh --bootstrap-server HOST:PORT --describe | sim audit -\n";

impl Pasted {
    /// The errors to print when this paste cannot be used, one for each line that was not understood; none when
    /// all were. `source` names where it came from: `standard input`, a file.
    pub fn errors(&self, source: &str) -> Option<String> {
        let lines = self.understood + self.unread.len();
        if self.lines == 0 {
            return Some(format!("error[layout]: {source} is empty\n{HELP}"));
        }
        if lines == 0 {
            return Some(format!(
                "error[layout]: {source} has no line of describe output\n{HELP}"
            ));
        }
        if self.unread.is_empty() {
            return None;
        }
        let blocks: String = self.unread.iter().map(|line| block(line, source)).collect();
        let understood = self.understood;
        Some(format!(
            "{blocks}  = note: {understood} of {lines} lines were understood; nothing was audited\n"
        ))
    }
}

/// The line without what stands around it, tabs as two spaces, and a caret under the trouble.
fn block(unread: &UnreadLine, source: &str) -> String {
    let before: String = unread.text.chars().take(unread.column - 1).collect();
    let indent = unread.text.chars().take_while(|c| c.is_whitespace()).count();
    let shown = |text: &str| text.chars().skip(indent).collect::<String>().replace('\t', "  ");
    let UnreadLine {
        line, width, message, ..
    } = unread;
    format!(
        "error[layout]: line {line} of {source} does not look like describe output\n  | {}\n  | {}{} {message}\n",
        shown(&unread.text).trim_end(),
        " ".repeat(shown(&before).chars().count()),
        "^".repeat(*width),
    )
}
