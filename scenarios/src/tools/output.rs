//! Owns what a finished tool leaves behind: its lines on stdout and stderr, and its exit status.

/// What a tool printed, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a tool is run for what it prints"]
pub struct ToolOutput {
    /// Lines on standard output, without line ends.
    pub stdout: Vec<String>,
    /// Lines on standard error, without line ends; frames of a stack trace are left out.
    pub stderr: Vec<String>,
    /// Exit status of the process; 0 is success.
    pub exit_code: u8,
}

impl ToolOutput {
    /// A success that printed these lines.
    pub fn success(stdout: Vec<String>) -> ToolOutput {
        ToolOutput {
            stdout,
            ..ToolOutput::default()
        }
    }

    /// A failure with exit status 1, as all of Kafka's tools use it.
    pub fn failure(stdout: Vec<String>, stderr: Vec<String>) -> ToolOutput {
        ToolOutput {
            stdout,
            stderr,
            exit_code: 1,
        }
    }

    /// What the shell says when this release has no such script.
    pub fn no_such_script(script: &str) -> ToolOutput {
        ToolOutput {
            stdout: Vec::new(),
            stderr: vec![format!("{script}: command not found")],
            exit_code: 127,
        }
    }

    /// Standard output as one text; every line ends with a line feed.
    pub fn stdout_text(&self) -> String {
        self.stdout.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

/// Numbers joined by commas, as every table and message of Kafka joins them.
pub(crate) fn comma_list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}
