//! Lists the folders of `bugs`, so that a bug is in the catalogue of the program as soon as it has a folder.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=bugs");
    let root = env::var("CARGO_MANIFEST_DIR").expect("Cargo says where the package is");
    let bugs = Path::new(&root).join("bugs");
    let mut names: Vec<String> = fs::read_dir(&bugs)
        .expect("the package has a folder of bugs")
        .map(|entry| entry.expect("it stays while it is read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut code = String::from("&[\n");
    for name in names {
        let text = |file: &str| {
            let there = bugs.join(&name).join(file).exists();
            there.then(|| format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/bugs/{name}/{file}\"))"))
        };
        let option = |text: Option<String>| text.map_or_else(|| "None".to_owned(), |text| format!("Some({text})"));
        let builtin = |text: String| format!("Builtin {{ folder: \"bugs/{name}\", text: {text} }}");
        let scenario = option(text("scenario.ron").map(builtin));
        let (card, regression) = (option(text("bug.ron")), option(text("regression.trace.ron")));
        writeln!(
            code,
            "Embedded {{ name: {name:?}, card: {card}, scenario: {scenario}, regression: {regression} }},"
        )
        .expect("a text takes every line");
    }
    code.push_str("]\n");
    let out = env::var("OUT_DIR").expect("Cargo says where to write");
    fs::write(Path::new(&out).join("bugs.rs"), code).expect("Cargo made the folder");
}
