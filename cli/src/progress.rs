//! How far a long command has come, on stderr: a line that moves on a terminal, else a line every ten seconds.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Talk;

/// The most updates a second on a terminal.
const UPDATES_PER_SECOND: u8 = 4;
/// The time between two lines where stderr is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// The progress of one command. Dropping it erases the bar.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    next_line: Option<Duration>,
}

impl Progress {
    /// Shows progress in the manner of this call.
    pub fn new(talk: Talk) -> Progress {
        let on_terminal = std::io::stderr().is_terminal();
        let target = match talk {
            Talk::Quiet => ProgressDrawTarget::hidden(),
            _ if on_terminal => ProgressDrawTarget::stderr_with_hz(UPDATES_PER_SECOND),
            Talk::Normal | Talk::Verbose | Talk::Detailed => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{spinner} {elapsed_precise}  {msg}");
        bar.set_style(style.expect("the template names known fields"));
        let next_line = (talk != Talk::Quiet && !on_terminal).then_some(BETWEEN_LINES);
        Progress {
            bar,
            start: Instant::now(),
            next_line,
        }
    }

    /// Says how far it is: `message` gets the seconds so far, at least one.
    pub fn tick(&mut self, message: impl FnOnce(u64) -> String) {
        let passed = self.start.elapsed();
        let seconds = passed.as_secs().max(1);
        if let Some(next) = self.next_line {
            if passed >= next {
                eprintln!("{:>5}s  {}", passed.as_secs(), message(seconds));
                self.next_line = Some(passed + BETWEEN_LINES);
            }
        } else if !self.bar.is_hidden() {
            self.bar.set_message(message(seconds));
            self.bar.tick();
        }
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
