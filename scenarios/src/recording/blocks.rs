//! Lines into blocks: which line belongs to which block, and what must not happen between them.

use super::error::{Problem, RecordingError};
use super::ids::{Micros, NodeId};
use super::{Block, Content, Recording, Verb, act, command, disk, head, observed, verb};

/// Reads a whole transcript.
pub(super) fn parse(text: &str) -> Result<Recording, Box<RecordingError>> {
    let lines: Vec<&str> = text.lines().collect();
    let (head, head_lines) = head::parse(&lines)?;
    let mut blocks: Vec<Block> = Vec::new();
    for (index, line) in lines.iter().enumerate().skip(head_lines) {
        take_line(&mut blocks, index + 1, line)?;
    }
    let ended = blocks.iter().rev().find(|b| !matches!(b.content, Content::Remark(_)));
    if !ended.is_some_and(|b| b.content == Content::Verb(Verb::End)) {
        let last = lines.last().copied().unwrap_or("");
        return Err(
            RecordingError::line(Problem::NoEnd, lines.len(), last, "the recording stops before `== end`")
                .expected("expected `== end` after this")
                .help("the experiment was cut short, or the file was: make it again"),
        );
    }
    Ok(Recording { head, blocks })
}

/// Takes one line: a new block, or more of the last one.
fn take_line(blocks: &mut Vec<Block>, number: usize, line: &str) -> Result<(), Box<RecordingError>> {
    if line.is_empty() {
        return Ok(());
    }
    let over = blocks.iter().any(|b| b.content == Content::Verb(Verb::End));
    if over && !line.starts_with("# ") {
        return Err(RecordingError::line(
            Problem::AfterEnd,
            number,
            line,
            "this comes after `== end`",
        ));
    }
    if line.starts_with('[') {
        let at = blocks.last().map_or(Micros::default(), |b| b.at);
        blocks.push(block(number, line, at)?);
        return Ok(());
    }
    if let Some(status) = line.strip_prefix("# exit ") {
        return open_command(blocks, number, line)?
            .ended(status)
            .then_some(())
            .ok_or_else(|| {
                RecordingError::line(
                    Problem::OutputWithoutCommand,
                    number,
                    line,
                    "this is not an exit status",
                )
                .expected("expected `# exit 1` or `# exit timeout`")
            });
    }
    if let Some(remark) = line.strip_prefix("# ") {
        let at = blocks.last().map_or(Micros::default(), |b| b.at);
        blocks.push(Block {
            line: number,
            at,
            content: Content::Remark(remark.to_owned()),
        });
        return Ok(());
    }
    if let Some(text) = line.strip_prefix("  ") {
        open_command(blocks, number, line)?.stdout.push(text.to_owned());
    } else if let Some(text) = line.strip_prefix('!') {
        let text = text.strip_prefix(' ').unwrap_or(text);
        open_command(blocks, number, line)?.stderr.push(text.to_owned());
    } else if let Some(text) = line.strip_prefix("< ") {
        open_command(blocks, number, line)?.read(text);
    } else {
        return Err(no_time(number, line));
    }
    Ok(())
}

/// The command that output belongs to: the last block must be one.
fn open_command<'a>(
    blocks: &'a mut [Block],
    number: usize,
    line: &str,
) -> Result<&'a mut command::Command, Box<RecordingError>> {
    match blocks.last_mut() {
        Some(Block {
            content: Content::Command(command),
            ..
        }) => Ok(command),
        _ => Err(RecordingError::line(
            Problem::OutputWithoutCommand,
            number,
            line,
            "no command stands before this",
        )
        .expected("expected a block `[  18.60] $ ...` above")),
    }
}

/// Reads `[  18.60] == stop 2`.
fn block(number: usize, line: &str, earliest: Micros) -> Result<Block, Box<RecordingError>> {
    let (time, rest) = line[1..].split_once("] ").ok_or_else(|| no_time(number, line))?;
    let bad_time = || no_time(number, line).at(2, time.chars().count());
    let at: Micros = time.trim_start().parse().map_err(|()| bad_time())?;
    if at < earliest {
        let message = format!("this is before the block above, which began at {earliest}");
        return Err(RecordingError::line(Problem::TimeGoesBack, number, line, message).at(2, time.chars().count()));
    }
    let content = content(rest).unwrap_or_else(|why| Content::Unparsed {
        text: rest.to_owned(),
        why,
    });
    Ok(Block {
        line: number,
        at,
        content,
    })
}

fn no_time(number: usize, line: &str) -> Box<RecordingError> {
    RecordingError::line(
        Problem::NoTime,
        number,
        line,
        "no time in brackets at the beginning of this block",
    )
    .expected("expected something like `[  18.60] == stop 2`")
}

/// Reads what follows the time; an error says what was not understood.
fn content(text: &str) -> Result<Content, String> {
    let (sign, rest) = text.split_once(' ').unwrap_or((text, ""));
    match sign {
        "==" => verb::parse(rest).map(Content::Verb),
        "$" => command::parse(rest).map(Content::Command),
        ">" => act::parse(rest).map(Content::Act),
        "~" => observed::parse(rest).map(Content::Observed),
        "@" => disk::parse(rest).map(Content::Disk),
        "|" => log_line(rest).ok_or_else(|| "a log line names its node first: `| node 1 ...`".to_owned()),
        _ => Err(format!(
            "`{sign}` is not the sign of a block; signs are ==, $, >, ~, @, |"
        )),
    }
}

fn log_line(text: &str) -> Option<Content> {
    let (node, text) = text.strip_prefix("node ")?.split_once(' ')?;
    Some(Content::LogLine {
        node: NodeId(node.parse().ok()?),
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# x-kraft-3.9\n# kafka 3.9.1 · kraft · brokers 1,2 · controllers 10\n";

    #[track_caller]
    fn check(blocks: &str, expected: Problem, rendered: &str) {
        let error = Recording::parse(&format!("{HEAD}{blocks}")).unwrap_err();
        assert_eq!(error.problem, expected);
        assert_eq!(error.render("my.txt"), rendered);
    }

    #[test]
    fn a_block_without_time_is_refused_with_its_place() {
        check(
            "[   0.00] == start 1\n\n== stop 2\n",
            Problem::NoTime,
            "error[recording]: no time in brackets at the beginning of this block\n --> my.txt:5:1\n  |\n5 | == stop 2\n  \
             | ^^^^^^^^^ expected something like `[  18.60] == stop 2`\n  = note: nothing was run\n",
        );
    }

    #[test]
    fn a_time_that_cannot_be_read_is_marked() {
        check(
            "[  soon] == start 1\n",
            Problem::NoTime,
            "error[recording]: no time in brackets at the beginning of this block\n --> my.txt:3:2\n  |\n3 | [  soon] == start 1\n  \
             |  ^^^^^^ expected something like `[  18.60] == stop 2`\n  = note: nothing was run\n",
        );
    }

    #[test]
    fn a_recording_that_stops_early_is_refused() {
        let error = Recording::parse(&format!("{HEAD}[   0.00] == start 1\n")).unwrap_err();
        assert_eq!((error.problem, error.line), (Problem::NoEnd, 3));
        assert_eq!(
            error.help.as_deref(),
            Some("the experiment was cut short, or the file was: make it again")
        );
    }

    #[test]
    fn another_text_is_not_a_recording() {
        for text in ["", "hello\n", "# name\n# kafka three · kraft · brokers 1\n"] {
            let error = Recording::parse(text).unwrap_err();
            assert_eq!(error.problem, Problem::NotARecording, "{text}");
        }
    }

    #[test]
    fn output_needs_a_command_and_time_goes_forward() {
        let error = |blocks: &str| Recording::parse(&format!("{HEAD}{blocks}")).unwrap_err().problem;
        assert_eq!(error("[   0.00] == start 1\n  text\n"), Problem::OutputWithoutCommand);
        assert_eq!(error("[   0.00] == start 1\n# exit 1\n"), Problem::OutputWithoutCommand);
        assert_eq!(error("[   1.00] == start 1\n[   0.50] == end\n"), Problem::TimeGoesBack);
        assert_eq!(error("[   1.00] == end\n[   1.50] == start 1\n"), Problem::AfterEnd);
    }

    #[test]
    fn what_is_unknown_is_kept_with_the_reason() {
        let text = format!("{HEAD}[   0.00] == juggle 1\n[   0.10] ?? what\n[   0.20] == end\n# done\n");
        let recording = Recording::parse(&text).unwrap();
        let why = |i: usize| match &recording.blocks[i].content {
            Content::Unparsed { why, .. } => why.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(why(0), "`juggle 1` is not a verb of a transcript");
        assert_eq!(why(1), "`??` is not the sign of a block; signs are ==, $, >, ~, @, |");
        assert_eq!(recording.blocks[3].content, Content::Remark("done".to_owned()));
    }
}
