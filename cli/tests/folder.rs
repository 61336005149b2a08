//! What the tests of the `sim` command share: a folder of its own for each test, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// How a call ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// The answer.
    pub stdout: String,
    /// The talk.
    pub stderr: String,
}

/// An empty folder in which `sim` is run.
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    /// A new one.
    pub fn new() -> Folder {
        Folder {
            folder: TempDir::new().expect("the system has a folder for temporary files"),
        }
    }

    /// A new one in which the repository's `scenarios` can be reached.
    pub fn with_scenarios() -> Folder {
        let folder = Folder::new();
        copy(&root().join("scenarios"), &folder.path().join("scenarios"));
        folder
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        let folder = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(folder).expect("the folder can be made");
        std::fs::write(path, content).expect("the file can be written");
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// The files below it, as paths from here, in order.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.path(), self.path(), &mut found);
        found.sort();
        found
    }

    /// The program, about to be run here, without settings from outside.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        let ours = std::env::vars()
            .map(|(name, _)| name)
            .filter(|name| name.starts_with("SIM_"));
        ours.for_each(|name| {
            command.env_remove(name);
        });
        command.env_remove("NO_COLOR").env("LC_ALL", "C");
        command
    }

    /// Runs the program with these arguments.
    pub fn sim(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().expect("the program was built"))
    }

    /// Runs the program with the words of a line.
    pub fn line(&self, line: &str) -> Ran {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.sim(&words)
    }
}

/// What a finished process said.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("it ended by itself"),
        stdout: String::from_utf8(output.stdout).expect("answers are UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("talk is UTF-8"),
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a crate stands in a folder of the repository")
        .to_owned()
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("it stays while it is read").path();
        if path.is_dir() {
            list(root, &path, found);
        } else {
            let path = path.strip_prefix(root).expect("the walk began there");
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder exists") {
        let entry = entry.expect("it stays while it is read");
        let (path, kind) = (entry.path(), entry.file_type().expect("it stays while it is read"));
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("the file can be copied");
        }
    }
}
