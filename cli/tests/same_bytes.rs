//! The answer depends on arguments and files alone: not on threads, folders, the environment, or what was there before.

use crate::folder::Folder;

/// All files below a folder with their content.
fn files(folder: &Folder, name: &str) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(folder.path().join(name)) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.expect("it stays").file_name().to_string_lossy().into_owned());
    let mut files: Vec<(String, String)> = names
        .map(|file| (file.clone(), folder.read(&format!("{name}/{file}"))))
        .collect();
    files.sort();
    files
}

#[test]
fn threads_and_folders_change_nothing() {
    for line in [
        "explore --seed 7",
        "explore --seed 7 --format json",
        "check --preset hw-truncation",
        "selfcheck --seeds 2",
        "mutants kip-101 --seeds 3 --check-max-states 5000 --control-events 5000",
        "mutants kip-101 --seeds 3 --check-max-states 5000 --control-events 5000 --format json",
    ] {
        let (one, two) = (Folder::new(), Folder::new());
        let (first, second) = (
            one.line(&format!("{line} --jobs 1")),
            two.line(&format!("{line} --jobs 2")),
        );
        assert_eq!(first.stdout, second.stdout, "sim {line}");
        assert_eq!(first.code, second.code, "sim {line}");
        assert_eq!(files(&one, "out"), files(&two, "out"), "sim {line}");
    }
}

#[test]
fn a_second_time_leaves_the_same_traces_and_says_the_same() {
    let folder = Folder::new();
    let first = folder.line("explore tour --preset hw-truncation");
    let traces = files(&folder, "out");
    let second = folder.line("explore tour --preset hw-truncation");
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(traces, files(&folder, "out"));
}

#[test]
fn a_trace_is_never_written_over_by_another_one() {
    let folder = Folder::new();
    folder.line("explore tour --preset hw-truncation");
    let (name, text) = files(&folder, "out").remove(0);
    folder.write(&format!("out/{name}"), "mine");
    let again = folder.line("explore tour --preset hw-truncation");
    assert!(again.stderr.contains("is another trace and stays"), "{}", again.stderr);
    assert_eq!(folder.read(&format!("out/{name}")), "mine");
    assert!(
        files(&folder, "out").iter().any(|(_, other)| *other == text),
        "the trace got another name"
    );
    let refused = folder.line(&format!("shrink out/{} --out out/{name}", files(&folder, "out")[0].0));
    assert_eq!(refused.code, 4, "{}", refused.stderr);
}

#[test]
fn answers_name_no_absolute_path_and_no_time_of_day() {
    let folder = Folder::new();
    let here = folder.path().to_string_lossy().into_owned();
    for line in [
        "explore --seed 7",
        "list settings",
        "check --preset hw-truncation",
        "run 08-preferred-leaders --show describe",
    ] {
        let ran = folder.line(line);
        assert!(
            !ran.stdout.contains(&here) && !ran.stdout.contains("/tmp"),
            "sim {line}\n{}",
            ran.stdout
        );
    }
    for (_, text) in files(&folder, "out") {
        assert!(!text.contains(&here), "{text}");
    }
}

#[test]
fn flags_win_over_variables_and_these_over_the_file_and_this_over_defaults() {
    let folder = Folder::new();
    let row = |folder: &Folder, args: &[&str], variable: Option<&str>| {
        let mut command = folder.command(args);
        if let Some(value) = variable {
            command.env("SIM_LANG", value);
        }
        let stdout = crate::folder::ran(command.output().expect("the program was built")).stdout;
        let row = stdout.lines().find(|line| line.starts_with("lang ")).map(str::to_owned);
        row.unwrap_or_else(|| panic!("{stdout}"))
            .split_whitespace()
            .skip(1)
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row(&folder, &["list", "settings"], None), "auto default");
    folder.write("sim.ron", "(lang: \"ko\")");
    assert_eq!(row(&folder, &["list", "settings"], None), "ko sim.ron");
    assert_eq!(row(&folder, &["list", "settings"], Some("en")), "en SIM_LANG");
    assert_eq!(
        row(&folder, &["list", "settings", "--lang", "ko"], Some("en")),
        "ko flag"
    );
    assert_eq!(
        row(&folder, &["list", "settings", "--no-config"], Some("en")),
        "auto default"
    );
    folder.write("deep/.git/HEAD", "");
    folder.write("deep/er/x", "");
    let mut command = folder.command(&["list", "settings"]);
    command.current_dir(folder.path().join("deep/er"));
    let stdout = crate::folder::ran(command.output().expect("the program was built")).stdout;
    assert!(
        !stdout.contains("sim.ron"),
        "the search ends at the repository's root:\n{stdout}"
    );
}
