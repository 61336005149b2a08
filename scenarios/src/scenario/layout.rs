//! Owns the layout of a scenario's text: what fits on a line stands on one.

use crate::scenario::outline::{Bracket, Item, Node, Outline, Shape};

/// Columns of a line.
const WIDTH: usize = 110;

/// Columns of one level.
const INDENT: usize = 4;

/// Lays a RON text without comments out anew. A text without an outline stays as it is.
pub fn layout(text: &str) -> String {
    let Some(root) = Outline::of(text).root else {
        return text.to_owned();
    };
    let mut out = String::new();
    put(text, &root, 0, 0, &mut out);
    out.push('\n');
    out
}

/// Writes a value that begins at a column of a line of this level.
fn put(text: &str, node: &Node, level: usize, column: usize, out: &mut String) {
    let line = one_line(text, node);
    let Shape::Group { name, bracket, items } = &node.shape else {
        return out.push_str(&line);
    };
    let fits = column + line.chars().count() < WIDTH;
    if items.is_empty() || fits && !stands_alone(node, level) {
        return out.push_str(&line);
    }
    let (open, close) = signs(*bracket);
    out.push_str(&text[name.clone()]);
    out.push(open);
    for item in items {
        let indent = " ".repeat((level + 1) * INDENT);
        let key = key(text, item);
        out.extend(["\n", &indent, &key]);
        put(text, &item.value, level + 1, indent.len() + key.chars().count(), out);
        out.push(',');
    }
    out.push('\n');
    out.push_str(&" ".repeat(level * INDENT));
    out.push(close);
}

/// The scenario itself always has a line for each field, and its lists of topics, clients and events one for each
/// element, so that a changed element is a changed line.
fn stands_alone(node: &Node, level: usize) -> bool {
    match &node.shape {
        Shape::Group {
            bracket: Bracket::Square,
            items,
            ..
        } => level == 1 && items.iter().any(|item| matches!(item.value.shape, Shape::Group { .. })),
        Shape::Group { .. } => level == 0,
        Shape::Scalar => false,
    }
}

fn one_line(text: &str, node: &Node) -> String {
    let whole = &text[node.span.clone()];
    match &node.shape {
        // The writer marks every `None`, lest it be read as a value that is missing. No field here can be read so.
        Shape::Scalar if whole == "r#None" => "None".to_owned(),
        Shape::Scalar => whole.to_owned(),
        Shape::Group { name, bracket, items } => {
            let (open, close) = signs(*bracket);
            let item = |item: &Item| format!("{}{}", key(text, item), one_line(text, &item.value));
            let items: Vec<String> = items.iter().map(item).collect();
            format!("{}{open}{}{close}", &text[name.clone()], items.join(", "))
        }
    }
}

fn key(text: &str, item: &Item) -> String {
    item.key
        .clone()
        .map(|key| format!("{}: ", &text[key]))
        .unwrap_or_default()
}

fn signs(bracket: Bracket) -> (char, char) {
    match bracket {
        Bracket::Round => ('(', ')'),
        Bracket::Square => ('[', ']'),
        Bracket::Curly => ('{', '}'),
    }
}
