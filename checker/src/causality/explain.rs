//! The first screen about a violated property: for a lost record its story, for anything else the steps it rests on.

use std::collections::BTreeSet;

use models::controller::partition_change::Choice;
use models::ids::BrokerId;
use models::message::Acks;

use super::loss::{Committed, Gone, Loss, PassedBy, Vanished, loss_of};
use super::text::{brokers, paragraph};
use super::{Causality, Cause, LostMessage, in_brackets};
use crate::narrate::{Names, Tale, partition_state, short};
use crate::watch::Violation;

/// Properties that speak of a record which somebody was promised.
const ABOUT_RECORDS: [&str; 2] = ["no-committed-loss", "leader-complete"];
/// Faults that are listed before the rest is only counted.
const FAULTS_MAX: usize = 8;

/// A violated property, and about what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// Its name.
    pub property: String,
    /// The object concerned: `m1`, `t-0`.
    pub about: String,
}

impl From<&Violation> for Finding {
    fn from(violation: &Violation) -> Self {
        Self {
            property: violation.property.into(),
            about: violation.failure.about.clone(),
        }
    }
}

/// The steps on which something rests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfolding {
    /// The step in which the property broke.
    pub last: usize,
    /// Its direct causes, the latest first.
    pub causes: Vec<(usize, Vec<Cause>)>,
    /// Faults among its ancestors, in order.
    pub faults: Vec<usize>,
}

/// Why a property does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Which property, about what.
    pub finding: Finding,
    /// The story of the record, where it is about one.
    pub loss: Option<Loss>,
    /// The last step and what led to it.
    pub unfolding: Unfolding,
    /// The steps that play a part, in order.
    pub slice: BTreeSet<usize>,
    /// Messages that were lost by one of these steps.
    pub lost_messages: Vec<LostMessage>,
}

/// Explains why a property broke in a step (the last one, as a rule).
pub fn explain(tale: &Tale<'_>, causality: &Causality, finding: &Finding, last: usize) -> Explanation {
    let about_record = ABOUT_RECORDS.contains(&finding.property.as_str());
    let loss = about_record.then(|| loss_of(tale, causality, &finding.about)).flatten();
    let mut roots = vec![last];
    roots.extend(loss.iter().flat_map(Loss::named_steps));
    let slice = causality.slice(&roots);
    let is_fault = |step: &&usize| tale.step(**step).is_some_and(|step| step.is_fault());
    let faults = slice.iter().filter(is_fault).copied().collect();
    let causes = causality
        .causes(last)
        .into_iter()
        .map(|(step, how)| (step, how.to_vec()))
        .collect();
    let lost_messages = causality
        .lost_messages()
        .iter()
        .filter(|lost| slice.contains(&lost.lost))
        .copied()
        .collect();
    let unfolding = Unfolding { last, causes, faults };
    Explanation {
        finding: finding.clone(),
        loss,
        unfolding,
        slice,
        lost_messages,
    }
}

impl Explanation {
    /// The explanation as text, one screen.
    pub fn text(&self, tale: &Tale<'_>) -> String {
        match &self.loss {
            Some(loss) => loss_text(loss, tale),
            None => self.unfolding_text(tale),
        }
    }

    /// Steps that play no part.
    pub fn apart(&self, tale: &Tale<'_>) -> Vec<usize> {
        (1..=tale.last()).filter(|step| !self.slice.contains(step)).collect()
    }

    fn unfolding_text(&self, tale: &Tale<'_>) -> String {
        let Unfolding { last, causes, faults } = &self.unfolding;
        let words = |step: usize| tale.step(step).map_or_else(String::new, |step| short(tale, step));
        let mut text = format!(
            "{} does not hold of {} after step {last}.\n\n",
            self.finding.property, self.finding.about
        );
        text += &paragraph("last", Some(*last), &words(*last));
        for (at, (step, how)) in causes.iter().enumerate() {
            let label = if at == 0 { "because" } else { "" };
            text += &paragraph(
                label,
                Some(*step),
                &format!("{}{}", words(*step), in_brackets(tale, how)),
            );
        }
        for (at, step) in faults.iter().take(FAULTS_MAX).enumerate() {
            text += &paragraph(if at == 0 { "faults" } else { "" }, Some(*step), &words(*step));
        }
        if faults.len() > FAULTS_MAX {
            text += &paragraph("", None, &format!("and {} more", faults.len() - FAULTS_MAX));
        }
        let apart = self.apart(tale).len();
        text + &paragraph("apart", None, &format!("{apart} of {} steps play no part", tale.last()))
    }
}

fn loss_text(loss: &Loss, tale: &Tale<'_>) -> String {
    let kept = loss.gone.is_empty() && loss.passed_by.is_none() && loss.sealed.is_none();
    let headline = if kept {
        "was promised; no step here takes it away"
    } else {
        "was promised and then lost"
    };
    let mut text = format!("{} {headline}.\n\n", loss.record);
    text += &promised(loss, tale);
    if loss
        .gone
        .iter()
        .any(|gone| matches!(gone.how, Vanished::OwnHighWatermark { .. }))
    {
        text += &not_known(loss);
    }
    for gone in &loss.gone {
        text += &gone_text(loss, gone);
    }
    if let Some(passed) = &loss.passed_by {
        text += &passed_text(loss, passed);
    }
    if let Some(sealed) = &loss.sealed {
        let before = partition_state(tale, loss.partition, sealed.step - 1);
        let in_isr = before.is_some_and(|state| state.isr.contains(&sealed.leader));
        let leader = sealed.leader;
        let words = match sealed.choice {
            Choice::Clean if in_isr => format!("broker {leader} was still in the ISR, so its election was clean."),
            Choice::Clean => format!("broker {leader} was still eligible (ELR), so its election was clean."),
            Choice::LastKnown => {
                format!("nobody was eligible any more, and broker {leader}, the last known leader, was elected.")
            }
            Choice::Unclean => format!("broker {leader} was elected uncleanly, from outside the ISR."),
        };
        text += &paragraph("sealed", Some(sealed.step), &words);
    }
    text
}

/// What followers had not heard when it was promised: it matters where one trusts its own high watermark later.
fn not_known(loss: &Loss) -> String {
    let ids: Vec<BrokerId> = loss.unaware.iter().map(|unaware| unaware.broker).collect();
    if ids.is_empty() {
        return String::new();
    }
    let mut words = format!(
        "{} held {} but had not yet heard of the new high watermark: a follower learns it one fetch later.",
        brokers(&ids),
        loss.record
    );
    for unaware in &loss.unaware {
        if let Some(LostMessage { sent, lost, .. }) = unaware.lost_answer {
            let told = format!(
                "The answer of step {sent} that would have told broker {}",
                unaware.broker
            );
            words += &format!(" {told} was lost in step {lost}.");
        }
    }
    paragraph("not known", Some(loss.promised_in()), &words)
}

fn promised(loss: &Loss, tale: &Tale<'_>) -> String {
    let record = loss.record;
    let answered = loss
        .acked
        .map(|(step, id, acks)| (step, Names::new(tale.config()).client(id), acks));
    let at_once = |known: &&Committed| answered.is_none_or(|(step, ..)| known.step <= step);
    match (loss.committed.as_ref().filter(at_once), answered) {
        (Some(committed), answered) => {
            let answer = answered.map_or_else(String::new, |(step, client, _)| {
                format!(" {client} had its answer in step {step}.")
            });
            let leader = format!("broker {} had seen every in-sync replica", committed.leader);
            let words = format!(
                "{leader} fetch past offset {}, so it raised its high watermark to {}.{answer}",
                loss.offset, committed.high_watermark
            );
            paragraph("promised", Some(committed.step), &words)
        }
        (None, Some((step, client, Acks::All))) => paragraph(
            "promised",
            Some(step),
            &format!("{client} was told that {record} is stored."),
        ),
        (None, Some((step, client, acks))) => {
            let words = format!(
                "{client} asked for acks={} and was answered before any follower had fetched {record}.",
                acks.text()
            );
            paragraph("promised", Some(step), &words)
        }
        (None, None) => paragraph(
            "promised",
            Some(0),
            &format!("{record} was committed before the first step."),
        ),
    }
}

fn gone_text(loss: &Loss, gone: &Gone) -> String {
    let (who, record) = (brokers(&gone.brokers), loss.record);
    let (label, words) = match &gone.how {
        Vanished::OwnHighWatermark { to, leader } => {
            let follows = leader.map_or_else(String::new, |leader| {
                format!(" when it began to follow broker {leader}")
            });
            (
                "cut",
                format!("{who} trusted its own high watermark ({to}){follows}, and removed {record}."),
            )
        }
        Vanished::Divergence { to, leader } => {
            let place = format!("offset {to}, from where on the log of broker {leader} differs");
            (
                "cut",
                format!("{who} cut its log back to {place}, and removed {record}."),
            )
        }
        Vanished::Power => ("lost", format!("{who} had not flushed {record} when the power went.")),
        Vanished::Wipe => ("wiped", format!("the disk of {who} was emptied, {record} with it.")),
        Vanished::Otherwise => ("gone", format!("{record} went from the log of {who}.")),
    };
    let left = if gone.left.is_empty() {
        "No copy is left.".into()
    } else {
        format!("Left: {}.", brokers(&gone.left))
    };
    paragraph(label, Some(gone.step), &format!("{words} {left}"))
}

fn passed_text(loss: &Loss, passed: &PassedBy) -> String {
    let until_then = brokers(&passed.until_then);
    let (record, down) = (loss.record, passed.stranded.iter().filter(|copy| copy.down));
    let down: Vec<BrokerId> = down.map(|copy| copy.broker).collect();
    let still = |id: &BrokerId| passed.stranded.iter().any(|copy| copy.broker == *id);
    let words = if passed.until_then.iter().all(still) {
        let where_it_is = match down.len() {
            0 => String::new(),
            1 => format!(" {} still has it on disk, but is down.", capital(&brokers(&down))),
            2.. => format!(" {} still have it on disk, but are down.", capital(&brokers(&down))),
        };
        format!("until then {until_then} could have led with {record}; now nobody in the ISR has it.{where_it_is}")
    } else {
        format!("with {until_then} went the last copy that could still lead.")
    };
    paragraph("passed by", Some(passed.step), &words)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
