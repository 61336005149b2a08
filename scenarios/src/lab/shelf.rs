//! Owns the labs that ship with the program.

use super::schema::Lab;
use crate::scenario::syntax::ron_options;

/// A lab that ships with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnShelf {
    /// Its folder below `scenarios/`.
    pub folder: &'static str,
    /// The text of its file.
    pub text: &'static str,
    /// The tables that it must show, each below a line `== NAME`.
    pub tables: &'static str,
}

macro_rules! labs {
    ($($folder:literal,)*) => {
        /// All of them, in the order of their numbers.
        pub const ALL: &[OnShelf] = &[$(OnShelf {
            folder: $folder,
            text: include_str!(concat!("../../", $folder, "/lab.ron")),
            tables: include_str!(concat!("../../", $folder, "/tables.txt")),
        },)*];
    };
}

labs! {
    "labs/01-make-a-topic",
    "labs/04-kill-the-leader",
    "labs/07-one-broker-down-and-back",
    "labs/08-preferred-leaders",
    "labs/09-crash-or-polite-stop",
    "labs/10-wipe-and-refill",
    "labs/11-when-a-wipe-hurts",
    "labs/12-replication-without-acks",
    "labs/13-acks-and-min-isr",
    "labs/19-everybody-is-down",
    "labs/20-unclean-election",
    "labs/21-the-last-replica",
    "labs/22-one-controller",
    "labs/23-two-control-planes",
    "labs/24-growing-and-moving",
}

impl OnShelf {
    /// The lab.
    pub fn lab(&self) -> Lab {
        match ron_options().from_str(self.text) {
            Ok(lab) => lab,
            Err(problem) => panic!(
                "a lab that ships with the program is not valid: {}: {problem}",
                self.folder
            ),
        }
    }

    /// The tables by name, in their order.
    pub fn tables(&self) -> Vec<(String, String)> {
        let mut tables: Vec<(String, String)> = Vec::new();
        for line in self.tables.lines() {
            match (line.strip_prefix("== "), tables.last_mut()) {
                (Some(name), _) => tables.push((name.to_owned(), String::new())),
                (None, Some((_, table))) => {
                    table.push_str(line);
                    table.push('\n');
                }
                (None, None) => {}
            }
        }
        tables
    }
}

/// The lab of this number.
pub fn find(number: u16) -> Option<&'static OnShelf> {
    ALL.iter().find(|lab| lab.lab().number == number)
}
