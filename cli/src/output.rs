//! What goes where: the answer to stdout, the same bytes for the same input; the talk to stderr. Colours and `--ascii`.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use scenarios::scenario::diagnostic::Diagnostic;
use scenarios::scenario::render::{Color, render_all};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// How the answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[value(alias = "text")]
    Human,
    /// One object.
    Json,
    /// One object a line, where a command has events; else as json.
    Jsonl,
}

/// When colour is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum When {
    /// Only on a terminal, and only while `NO_COLOR` is unset or empty.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which characters may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Characters {
    /// All of them.
    Unicode,
    /// No box drawing, arrows or block elements.
    Ascii,
}

/// How much is said on stderr.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Talk {
    /// Errors and warnings only.
    Quiet,
    /// Hints and progress, too.
    Normal,
    /// What is done as well.
    Verbose,
    /// With its details.
    Detailed,
}

/// What a colour stands for. The words always say it, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Found, violated, lost.
    Bad,
    /// Holds.
    Good,
    /// Not settled.
    Open,
    /// A name that stands out.
    Strong,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Good => AnsiColor::Green.on_default().bold(),
            Tone::Open => AnsiColor::Yellow.on_default().bold(),
            Tone::Strong => Style::new().bold(),
        }
    }
}

/// The two streams of a call.
pub struct Output {
    stdout: BufWriter<io::Stdout>,
    /// How the answer is written.
    pub format: Format,
    stdout_color: Color,
    stderr_color: Color,
    characters: Characters,
    /// How much is said on stderr.
    pub talk: Talk,
    closed: Closed,
}

/// Whether anybody still reads stdout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Closed {
    No,
    Yes,
}

impl Output {
    /// Streams in this form.
    pub fn new(format: Format, when: When, characters: Characters, talk: Talk) -> Output {
        Output {
            stdout: BufWriter::new(io::stdout()),
            format,
            stdout_color: color(when, &io::stdout()),
            stderr_color: color(when, &io::stderr()),
            characters,
            talk,
            closed: Closed::No,
        }
    }

    /// Writes text of the answer.
    pub fn text(&mut self, text: impl Display) {
        let text = match self.characters {
            Characters::Unicode => text.to_string(),
            Characters::Ascii => ascii(&text.to_string()),
        };
        if self.closed == Closed::No && self.stdout.write_all(text.as_bytes()).is_err() {
            // Whoever read it has seen enough (`| head`): the rest is for nobody.
            self.closed = Closed::Yes;
        }
    }

    /// Writes a line of the answer, without spaces at its end.
    pub fn line(&mut self, text: impl Display) {
        let text = text.to_string();
        self.text(text.trim_end());
        self.text("\n");
    }

    /// Writes rows whose columns are lined up, two spaces apart.
    pub fn columns(&mut self, rows: &[Vec<String>]) {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..count).map(width).collect();
        for row in rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + 2));
            }
            self.line(line);
        }
    }

    /// Writes the answer as one object on one line.
    pub fn json(&mut self, object: &impl Serialize) {
        let text = serde_json::to_string(object).expect("numbers, texts and lists are always JSON");
        // JSON keeps its characters: `--ascii` is about drawings.
        let was = std::mem::replace(&mut self.characters, Characters::Unicode);
        self.text(text + "\n");
        self.characters = was;
    }

    /// The text in the colour of its meaning, where stdout has colour.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        match self.stdout_color {
            Color::Plain => text.to_owned(),
            Color::Ansi => format!("{}{text}{}", tone.style().render(), tone.style().render_reset()),
        }
    }

    /// Lets out what was written so far.
    pub fn flush(&mut self) {
        if self.stdout.flush().is_err() {
            self.closed = Closed::Yes;
        }
    }

    /// A word to the user, not to whoever reads the answer.
    pub fn hint(&mut self, text: impl Display) {
        self.say(Talk::Normal, text);
    }

    /// What is being done, for those who asked for more.
    pub fn note(&mut self, text: impl Display) {
        self.say(Talk::Verbose, text);
    }

    fn say(&mut self, from: Talk, text: impl Display) {
        if self.talk >= from {
            self.flush();
            eprintln!("{text}");
        }
    }

    /// Warnings and errors: they are said even when quiet.
    pub fn problems(&mut self, problems: &[Diagnostic]) {
        self.flush();
        if problems.is_empty() {
            return;
        }
        match self.format {
            Format::Human => eprint!("{}", render_all(problems, self.stderr_color)),
            Format::Json | Format::Jsonl => {
                for problem in problems {
                    let text = serde_json::to_string(&problem.to_json()).expect("texts are always JSON");
                    eprintln!("{text}");
                }
            }
        }
    }
}

/// What `auto` means for a stream.
fn color(when: When, stream: &impl IsTerminal) -> Color {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match when {
        When::Always => Color::Ansi,
        When::Never => Color::Plain,
        When::Auto if stream.is_terminal() && !refused => Color::Ansi,
        When::Auto => Color::Plain,
    }
}

/// The text without box drawing, arrows and block elements.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '→' | '⇒' => out.push_str("->"),
            '←' => out.push_str("<-"),
            '⇝' => out.push_str("~>"),
            '\u{2500}' | '\u{2501}' | '\u{2504}' | '\u{2505}' => out.push('-'),
            '\u{2502}' | '\u{2503}' => out.push('|'),
            '\u{2506}'..='\u{257f}' => out.push('+'),
            '\u{2580}'..='\u{259f}' => out.push('#'),
            '\u{2190}'..='\u{21ff}' => out.push('>'),
            letter => out.push(letter),
        }
    }
    out
}

/// `1967560` as `1,967,560`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `2 events`.
pub fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_become_plain_letters_and_other_languages_stay() {
        assert_eq!(ascii("a → b │ ─ █ ┼ 리더"), "a -> b | - # + 리더");
    }

    #[test]
    fn large_numbers_are_grouped_by_thousands() {
        assert_eq!(
            (grouped(7), grouped(1_000), grouped(1_967_560)),
            ("7".into(), "1,000".into(), "1,967,560".into())
        );
        assert_eq!(
            (counted(1, "run"), counted(2_000, "run")),
            ("1 run".into(), "2,000 runs".into())
        );
    }
}
