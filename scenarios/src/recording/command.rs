//! A command of Kafka's tools (`$`) with what it read and printed.

use std::fmt;

/// A command that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Name of the tool, `kafka-topics`.
    pub tool: String,
    /// Its arguments, quotes taken off.
    pub args: Vec<String>,
    /// What it read: files and lines of standard input.
    pub inputs: Vec<Input>,
    /// Lines of standard output.
    pub stdout: Vec<String>,
    /// Lines of standard error, stack frames left out.
    pub stderr: Vec<String>,
    /// How it ended.
    pub exit: Exit,
}

impl Command {
    /// The value behind a flag, `--topic` for example.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.values(name).next().map(String::as_str)
    }

    /// All values behind a flag that may be repeated.
    pub fn flags(&self, name: &str) -> Vec<&str> {
        self.values(name).map(String::as_str).collect()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &String> {
        let pairs = self.args.iter().zip(self.args.iter().skip(1));
        pairs.filter(move |(flag, _)| *flag == name).map(|(_, value)| value)
    }

    /// Whether a word is among the arguments.
    pub fn has(&self, word: &str) -> bool {
        self.args.iter().any(|a| a == word)
    }

    /// Content of a file that the command reads.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.inputs.iter().find_map(|input| match input {
            Input::File { name: n, content } if n == name => Some(content.as_str()),
            Input::File { .. } | Input::Line(_) => None,
        })
    }
}

/// Something a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file named by its arguments.
    File {
        /// Name of the file.
        name: String,
        /// Its content, one line.
        content: String,
    },
    /// A line of its standard input.
    Line(String),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With this status.
    Status(i32),
    /// It was still running after 90 seconds.
    Timeout,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Timeout => f.write_str("timeout"),
        }
    }
}

/// Reads what follows `$ `; the output comes later.
pub(super) fn parse(text: &str) -> Result<Command, String> {
    let mut words = words(text)
        .ok_or_else(|| format!("a quote in `{text}` is not closed"))?
        .into_iter();
    let tool = words.next().ok_or("there is no command")?;
    Ok(Command {
        tool,
        args: words.collect(),
        inputs: Vec::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        exit: Exit::Status(0),
    })
}

impl Command {
    /// Takes a line of input, what follows `< `: of a file that its arguments name, or of standard input.
    pub(super) fn read(&mut self, line: &str) {
        let file = line.split_once(": ").filter(|(name, _)| self.has(name));
        self.inputs.push(match file {
            Some((name, content)) => Input::File {
                name: name.to_owned(),
                content: content.to_owned(),
            },
            None => Input::Line(line.to_owned()),
        });
    }

    /// Takes its exit status, what follows `# exit `; whether it can be read.
    pub(super) fn ended(&mut self, status: &str) -> bool {
        self.exit = match status.parse() {
            Ok(status) => Exit::Status(status),
            Err(_) if status == "timeout" => Exit::Timeout,
            Err(_) => return false,
        };
        true
    }
}

/// Splits at spaces, except inside single quotes.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'')?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_arguments_keep_their_spaces() {
        let command = parse("kafka-x --config a=1 --config b=2 --say 'two words' --flag").unwrap();
        assert_eq!(command.tool, "kafka-x");
        assert_eq!(command.flag("--say"), Some("two words"));
        assert_eq!(command.flags("--config"), ["a=1", "b=2"]);
        assert!(command.has("--flag"));
        assert!(parse("kafka-x 'open").is_err());
    }

    #[test]
    fn a_file_is_told_from_a_line_by_the_arguments() {
        let mut command = parse("kafka-x --json plan.json").unwrap();
        command.read("plan.json: {\"version\":1}");
        command.read("key: value");
        assert_eq!(command.file("plan.json"), Some("{\"version\":1}"));
        assert_eq!(command.inputs[1], Input::Line("key: value".to_owned()));
    }
}
