//! Owns how a problem looks in a terminal: head, place, source lines with marks, help and notes, in 80 columns.

use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::scenario::diagnostic::{Diagnostic, Mark, MarkStyle, Severity, SourceLine};

/// Columns of the narrowest terminal that is served.
const WIDTH: usize = 80;

/// Whether colour is used. Colour repeats what the words say, it never adds to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Words only.
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// Roles of text that colour tells apart.
#[derive(Clone, Copy)]
enum Paint {
    Error,
    Warning,
    Margin,
    Strong,
}

impl Color {
    fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Error => "1;31",
            Paint::Warning => "1;33",
            Paint::Margin => "1;34",
            Paint::Strong => "1",
        };
        match self {
            Color::Plain => text.to_owned(),
            Color::Ansi if text.is_empty() => String::new(),
            Color::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

impl Diagnostic {
    /// The problem as text; the last line ends with a line feed.
    pub fn render(&self, color: Color) -> String {
        let mut out = self.head(color);
        if let (Some(file), Some(place)) = (&self.file, self.place) {
            let at = format!("{}:{}:{}", printable(file), place.line, place.column);
            out.push_str(&format!(" {} {at}\n", color.paint(Paint::Margin, "-->")));
        } else if let Some(file) = &self.file {
            out.push_str(&format!(" {} {}\n", color.paint(Paint::Margin, "-->"), printable(file)));
        }
        out.push_str(&excerpt(&self.source, color, self.severity));
        for line in &self.details {
            out.push_str(&format!("  {line}\n"));
        }
        if let Some(help) = &self.help {
            out.push_str(&remark("help", &help.to_string(), color));
        }
        for note in &self.notes {
            out.push_str(&remark("note", &note.to_string(), color));
        }
        out
    }

    fn head(&self, color: Color) -> String {
        let (word, paint) = match self.severity {
            Severity::Error => ("error", Paint::Error),
            Severity::Warning => ("warning", Paint::Warning),
        };
        let word = color.paint(paint, &format!("{word}[{}]", self.kind));
        let message = color.paint(Paint::Strong, &printable(&self.message.to_string()));
        format!("{word}: {message}\n")
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Color::Plain))
    }
}

/// All problems as text, parted by empty lines.
pub fn render_all(diagnostics: &[Diagnostic], color: Color) -> String {
    let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render(color)).collect();
    rendered.join("\n")
}

fn excerpt(lines: &[SourceLine], color: Color, severity: Severity) -> String {
    let digits = lines
        .iter()
        .filter_map(|line| line.number)
        .max()
        .map(|number| number.to_string().len());
    let mut out = String::new();
    if let Some(digits) = digits {
        out.push_str(&color.paint(Paint::Margin, &format!("{:digits$} |", "")));
        out.push('\n');
    }
    for line in lines {
        out.push_str(&source_line(line, digits, color, severity));
    }
    out
}

/// The line and, below it, its mark. Without numbers the margin is two spaces wide, so that it lines up with notes.
fn source_line(line: &SourceLine, digits: Option<usize>, color: Color, severity: Severity) -> String {
    let number = line.number.map(|number| number.to_string()).unwrap_or_default();
    let width = digits.map_or(1, |digits| digits);
    let margin = color.paint(Paint::Margin, &format!("{number:>width$} |"));
    let window = Window::of(line, WIDTH - width - 3);
    let mut out = format!("{margin} {}", window.text).trim_end().to_owned();
    out.push('\n');
    let Some(mark) = &line.mark else { return out };
    let empty = color.paint(Paint::Margin, &format!("{:width$} |", ""));
    let (sign, paint) = match (mark.style, severity) {
        (MarkStyle::Dash, _) => ("-", Paint::Margin),
        (MarkStyle::Caret, Severity::Error) => ("^", Paint::Error),
        (MarkStyle::Caret, Severity::Warning) => ("^", Paint::Warning),
    };
    let label = mark.label.as_ref().map(|label| format!(" {label}")).unwrap_or_default();
    let signs = color.paint(
        paint,
        &format!("{}{}", sign.repeat(window.mark_width), printable(&label)),
    );
    out.push_str(&format!("{empty} {:before$}{signs}\n", "", before = window.before_mark));
    out
}

/// The part of a line that fits beside the margin, chosen so that the mark is in it.
struct Window {
    text: String,
    before_mark: usize,
    mark_width: usize,
}

/// What stands for a part of a line that is left out.
const CUT: &str = "...";

impl Window {
    fn of(line: &SourceLine, room: usize) -> Window {
        let chars: Vec<char> = printable(&line.text).trim_end().chars().collect();
        let (column, len) = match &line.mark {
            Some(Mark { column, len, .. }) => ((*column as usize).max(1) - 1, (*len as usize).max(1)),
            None => (0, 1),
        };
        let column = column.min(chars.len());
        let marked = (column + len).min(chars.len()).max(column);
        if width(&chars) <= room {
            let mark_width = width(&chars[column..marked]).max(1);
            return Window {
                text: chars.iter().collect(),
                before_mark: width(&chars[..column]),
                mark_width,
            };
        }
        let from = first_shown(&chars, column, room);
        let (head, mut left) = if from == 0 { ("", room) } else { (CUT, room - CUT.len()) };
        let fits = width(&chars[from..]) <= left;
        left -= if fits { 0 } else { CUT.len() };
        let to = from + count_fitting(&chars[from..], left);
        let tail = if fits { "" } else { CUT };
        let text = format!("{head}{}{tail}", chars[from..to].iter().collect::<String>());
        let before_mark = head.len() + width(&chars[from..column.clamp(from, to)]);
        let mark_width = width(&chars[column.clamp(from, to)..marked.clamp(from, to)]).max(1);
        Window {
            text,
            before_mark,
            mark_width,
        }
    }
}

/// The first character shown: the line's first if the mark begins in the first half of the room, otherwise a third of
/// the room before the mark.
fn first_shown(chars: &[char], column: usize, room: usize) -> usize {
    if width(&chars[..column]) <= room / 2 {
        return 0;
    }
    let before: Vec<char> = chars[..column].iter().rev().copied().collect();
    column - count_fitting(&before, room / 3)
}

/// How many of the characters fit into `room` columns.
fn count_fitting(chars: &[char], room: usize) -> usize {
    let mut used = 0;
    chars
        .iter()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .count()
}

fn width(chars: &[char]) -> usize {
    chars.iter().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text with one visible character for each control character, so that columns stay and no input steers a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '?',
            // Marks that turn the direction of text would let a line read other than it is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => '?',
            c => c,
        })
        .collect()
}

/// A `help:` or `note:` line, broken at 80 columns with its continuation below the first word.
fn remark(word: &str, text: &str, color: Color) -> String {
    let head = format!("  = {word}: ");
    let indent = head.len();
    let mut lines = vec![String::new()];
    for piece in printable(text).split(' ') {
        let last = lines.last_mut().expect("there is always a last line");
        if !last.is_empty() && indent + last.width() + 1 + piece.width() > WIDTH {
            lines.push(piece.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(piece);
        }
    }
    let head = format!(
        "  {} {}",
        color.paint(Paint::Margin, "="),
        color.paint(Paint::Strong, &format!("{word}:"))
    );
    let continuation = format!("\n{:indent$}", "");
    format!("{head} {}\n", lines.join(&continuation))
}
