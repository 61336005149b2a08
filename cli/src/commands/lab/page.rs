//! A lab as a page: story, steps, questions with their answers, tables as the model shows them, explanations.

use std::fmt::Write;

use scenarios::lab::{Lab, Plays, Question, See, Step, Unplayable, Words};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{level, said};
use crate::args::Lang;

/// Columns of a line of prose.
const WIDTH: usize = 80;

/// Words of the page itself.
struct Labels {
    lab: &'static str,
    minutes: &'static str,
    predict: &'static str,
    answer: &'static str,
    see: &'static str,
    why: &'static str,
    what_if: &'static str,
    check: &'static str,
    recorded: &'static str,
}

const ENGLISH: Labels = Labels {
    lab: "Lab",
    minutes: "minutes",
    predict: "Predict",
    answer: "Answer",
    see: "See",
    why: "Why",
    what_if: "What if",
    check: "Check",
    recorded: "Recorded on real clusters",
};

const KOREAN: Labels = Labels {
    lab: "실습",
    minutes: "분",
    predict: "예측",
    answer: "정답",
    see: "결과",
    why: "이유",
    what_if: "만약에",
    check: "검사",
    recorded: "실제 클러스터의 실측 기록",
};

fn labels(lang: Lang) -> &'static Labels {
    match lang {
        Lang::Ko => &KOREAN,
        Lang::En | Lang::Auto => &ENGLISH,
    }
}

/// The whole lab, everything revealed.
///
/// # Errors
/// When it names a table that its plays do not have.
pub(super) fn page(lab: &Lab, plays: &Plays, lang: Lang) -> Result<String, Unplayable> {
    let labels = labels(lang);
    let mut out = format!(
        "{} {} · {}   ({}, {} {})\n\n",
        labels.lab,
        lab.number,
        said(&lab.title, lang),
        level(lab.level, lang),
        lab.minutes,
        labels.minutes
    );
    prose(&mut out, "", said(&lab.story, lang));
    for (at, step) in lab.steps.iter().enumerate() {
        put_step(&mut out, at + 1, step, plays, lang)?;
    }
    out.push('\n');
    prose(&mut out, &format!("{}: ", labels.what_if), said(&lab.what_if, lang));
    out.push('\n');
    prose(&mut out, &format!("{}: ", labels.check), said(&lab.property.text, lang));
    let _ = writeln!(out, "  {}", lab.property.names.join(", "));
    for command in &lab.property.commands {
        let _ = writeln!(out, "  $ {command}");
    }
    if !lab.recorded.is_empty() {
        out.push('\n');
        prose(&mut out, &format!("{}: ", labels.recorded), &lab.recorded.join(", "));
    }
    Ok(out)
}

fn put_step(out: &mut String, number: usize, step: &Step, plays: &Plays, lang: Lang) -> Result<(), Unplayable> {
    let labels = labels(lang);
    out.push('\n');
    prose(out, &format!("{number}. "), said(&step.action, lang));
    for command in &step.commands {
        let _ = writeln!(out, "   $ {command}");
    }
    for question in &step.predict {
        let (ask, answer) = asked(question, lang);
        out.push('\n');
        prose(out, &format!("   {}: ", labels.predict), ask);
        for line in answer {
            prose(out, &format!("     {}: ", labels.answer), &line);
        }
    }
    for see in &step.see {
        let _ = write!(out, "\n   {}: {see}\n\n", labels.see);
        out.push_str(&plays.show(see)?);
    }
    out.push('\n');
    prose(out, &format!("   {}: ", labels.why), said(&step.why, lang));
    Ok(())
}

/// A question and the lines of its answer; of a choice every option with its explanation.
fn asked(question: &Question, lang: Lang) -> (&str, Vec<String>) {
    match question {
        Question::Cell { ask, answer, .. } => (said(ask, lang), vec![answer.clone()]),
        Question::Number { ask, answer, .. } => (said(ask, lang), vec![answer.to_string()]),
        Question::Set { ask, answer, .. } => (said(ask, lang), vec![answer.join(", ")]),
        Question::Order { ask, answer } => {
            let steps: Vec<&str> = answer.iter().map(|step| said(step, lang)).collect();
            (said(ask, lang), vec![steps.join(" → ")])
        }
        Question::Choice { ask, options } => {
            let lines = options.iter().map(|option| {
                let mark = if option.right { "[x]" } else { "[ ]" };
                format!("{mark} {}. {}", said(&option.text, lang), said(&option.because, lang))
            });
            (said(ask, lang), lines.collect())
        }
    }
}

/// Writes paragraphs behind a head, broken at spaces; what follows is indented as the head is wide.
fn prose(out: &mut String, head: &str, text: &str) {
    let indent = " ".repeat(head.width());
    for (at, paragraph) in text.split("\n\n").enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let mut line = if at == 0 { head.to_owned() } else { indent.clone() };
        let mut is_empty = true;
        for word in paragraph.split_whitespace() {
            if !is_empty && line.width() + 1 + word.width() > WIDTH {
                out.push_str(line.trim_end());
                out.push('\n');
                line.clone_from(&indent);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// A lab as an object.
#[derive(Serialize)]
pub(super) struct Object<'l> {
    schema: &'static str,
    number: u16,
    title: &'l Words,
    level: &'static str,
    minutes: u16,
    story: &'l Words,
    steps: Vec<StepObject<'l>>,
    what_if: &'l Words,
    property: &'l scenarios::lab::Claim,
    recorded: &'l [String],
}

#[derive(Serialize)]
struct StepObject<'l> {
    #[serde(rename = "do")]
    action: &'l Words,
    commands: &'l [String],
    predict: &'l [Question],
    see: Vec<TableObject>,
    why: &'l Words,
}

#[derive(Serialize)]
struct TableObject {
    title: String,
    text: String,
}

/// The lab with its tables, for programs.
///
/// # Errors
/// When it names a table that its plays do not have.
pub(super) fn object<'l>(lab: &'l Lab, plays: &Plays) -> Result<Object<'l>, Unplayable> {
    let table = |see: &See| {
        Ok(TableObject {
            title: see.to_string(),
            text: plays.show(see)?,
        })
    };
    let step = |step: &'l Step| {
        Ok(StepObject {
            action: &step.action,
            commands: &step.commands,
            predict: &step.predict,
            see: step.see.iter().map(table).collect::<Result<_, Unplayable>>()?,
            why: &step.why,
        })
    };
    Ok(Object {
        schema: "sim.lab/1",
        number: lab.number,
        title: &lab.title,
        level: level(lab.level, Lang::En),
        minutes: lab.minutes,
        story: &lab.story,
        steps: lab.steps.iter().map(step).collect::<Result<_, Unplayable>>()?,
        what_if: &lab.what_if,
        property: &lab.property,
        recorded: &lab.recorded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_at_spaces_and_korean_letters_count_two() {
        let mut out = String::new();
        prose(&mut out, "1. ", &"리더 ".repeat(20));
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.width() <= WIDTH));
        assert!(lines[1].starts_with("   리더"));
    }
}
