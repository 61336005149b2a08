//! What `sim` alone prints: all commands, grouped by what somebody wants.

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::Exit;

/// Groups of commands; the first are the two that a newcomer needs.
const GROUPS: [(&str, &[&str]); 6] = [
    ("start here", &["explore", "replay"]),
    ("find", &["check", "run", "spec"]),
    ("look", &["explain", "describe", "graph", "list"]),
    ("learn", &["lab"]),
    (
        "keep",
        &["shrink", "mutants", "new", "conform", "validate", "selfcheck"],
    ),
    ("", &["help"]),
];

/// The map of all commands.
pub fn text() -> String {
    let command = Cli::command();
    let about = |name: &str| match name {
        "help" => "the manual of a command: sim help explore".to_owned(),
        name => {
            let verb = command
                .find_subcommand(name)
                .expect("groups name only commands that exist");
            verb.get_about().map(ToString::to_string).unwrap_or_default()
        }
    };
    let mut text = format!("{}\n", command.get_about().map(ToString::to_string).unwrap_or_default());
    for (group, names) in GROUPS {
        text.push('\n');
        for (at, name) in names.iter().enumerate() {
            let group = if at == 0 { group } else { "" };
            text.push_str(format!("  {group:<12}sim {name:<11}{}", about(name).trim_end_matches('.')).trim_end());
            text.push('\n');
        }
    }
    text.push_str("\nThe first minute:   sim explore --seed 7\n\nExit codes\n");
    for (exit, meaning) in Exit::TABLE {
        text.push_str(&format!("  {:>3}  {meaning}\n", exit.code()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_has_every_command_once() {
        let command = Cli::command();
        let mut all: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.push("help");
        all.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(all, grouped);
    }
}
