//! The first screen about a violated property: for a lost record its story, for anything else the steps it rests on.

use std::collections::BTreeSet;

use models::controller::partition_change::Choice;
use models::ids::BrokerId;
use models::message::Acks;

use super::loss::{Gone, Loss, PassedBy, Vanished, loss_of};
use super::text::{brokers, paragraph};
use super::{Causality, Cause};
use crate::narrate::{Names, Tale, short};

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
}

/// Explains why a property broke in a step (the last one, as a rule).
pub fn explain(tale: &Tale<'_>, causality: &Causality, finding: &Finding, last: usize) -> Explanation {
    let about_record = ABOUT_RECORDS.contains(&finding.property.as_str());
    let loss = about_record.then(|| loss_of(tale, &finding.about)).flatten();
    let mut roots = vec![last];
    roots.extend(loss.iter().flat_map(Loss::named_steps));
    let slice = causality.slice(&roots);
    let is_fault = |step: &&usize| tale.step(**step).is_some_and(|step| step.is_fault());
    let faults = slice.iter().filter(is_fault).copied().collect();
    let causes = causality.causes(last).into_iter().map(|(step, how)| (step, how.to_vec())).collect();
    Explanation { finding: finding.clone(), loss, unfolding: Unfolding { last, causes, faults }, slice }
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
        let mut text = format!("{} does not hold of {} after step {last}.\n\n", self.finding.property, self.finding.about);
        text += &paragraph("last", Some(*last), &words(*last));
        for (at, (step, how)) in causes.iter().enumerate() {
            let how = how.first().map_or_else(String::new, |how| format!(" [{how}]"));
            let label = if at == 0 { "because" } else { "" };
            text += &paragraph(label, Some(*step), &format!("{}{how}", words(*step)));
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
    let mut text = format!("{} was promised and then lost.\n\n", loss.record);
    text += &promised(loss, tale);
    if !loss.unaware.is_empty() && loss.committed.is_some() {
        let ids: Vec<BrokerId> = loss.unaware.iter().map(|unaware| unaware.broker).collect();
        let (who, had) = (brokers(&ids), loss.record);
        let words = format!(
            "{who} held {had} but had not yet heard of the new high watermark: a follower learns it one fetch later."
        );
        text += &paragraph("not known", Some(loss.promised_in()), &words);
    }
    for gone in &loss.gone {
        text += &gone_text(loss, gone);
    }
    if let Some(passed) = &loss.passed_by {
        text += &passed_text(loss, passed);
    }
    if let Some(sealed) = &loss.sealed {
        let words = match sealed.choice {
            Choice::Clean => format!("broker {} was still in the ISR, so its election was clean.", sealed.leader),
            Choice::Unclean => format!("broker {} was elected uncleanly, from outside the ISR.", sealed.leader),
        };
        text += &paragraph("sealed", Some(sealed.step), &words);
    }
    text
}

fn promised(loss: &Loss, tale: &Tale<'_>) -> String {
    let client = |id| Names::new(tale.config()).client(id).to_string();
    let answer = loss.acked.map(|(step, id, _)| format!(" {} had its answer in step {step}.", client(id)));
    let answer = answer.unwrap_or_default();
    match (&loss.committed, &loss.acked) {
        (Some(committed), _) => {
            let words = format!(
                "broker {} had seen every in-sync replica fetch past offset {}, so it raised its high watermark to {}.{answer}",
                committed.leader, loss.offset, committed.high_watermark
            );
            paragraph("promised", Some(committed.step), &words)
        }
        (None, Some((step, id, acks))) => {
            let words = format!(
                "{} was answered before any follower had fetched {} (acks={}).",
                client(*id),
                loss.record,
                acks.text()
            );
            let words = if *acks == Acks::All { format!("{} was told that {} is stored.", client(*id), loss.record) } else { words };
            paragraph("promised", Some(*step), &words)
        }
        (None, None) => paragraph("promised", Some(0), &format!("{} was committed before the first step.", loss.record)),
    }
}

fn gone_text(loss: &Loss, gone: &Gone) -> String {
    let (broker, record) = (gone.broker, loss.record);
    let (label, words) = match &gone.how {
        Vanished::OwnHighWatermark { to, leader } => {
            let follows = leader.map_or_else(String::new, |leader| format!(" when it began to follow broker {leader}"));
            ("cut", format!("broker {broker} trusted its own high watermark ({to}){follows}, and removed {record}."))
        }
        Vanished::Divergence { to, leader } => {
            ("cut", format!("broker {broker} cut its log to offset {to}, where broker {leader} said that it differs, and removed {record}."))
        }
        Vanished::Power => ("lost", format!("broker {broker} had not flushed {record} when its power went.")),
        Vanished::Wipe => ("wiped", format!("the disk of broker {broker} was emptied, {record} with it.")),
        Vanished::Otherwise => ("gone", format!("{record} went from the log of broker {broker}.")),
    };
    let left = if gone.left.is_empty() { " That was the last copy.".into() } else { format!(" Left: {}.", brokers(&gone.left)) };
    paragraph(label, Some(gone.step), &format!("{words}{left}"))
}

fn passed_text(loss: &Loss, passed: &PassedBy) -> String {
    let until_then = brokers(&passed.until_then);
    let (record, down) = (loss.record, passed.stranded.iter().filter(|copy| copy.down));
    let down: Vec<BrokerId> = down.map(|copy| copy.broker).collect();
    let still = |id: &BrokerId| passed.stranded.iter().any(|copy| copy.broker == *id);
    let words = if passed.until_then.iter().all(still) {
        let where_it_is = if down.is_empty() {
            String::new()
        } else {
            let verb = if down.len() == 1 { "has" } else { "have" };
            format!(" {} {verb} it still, on a disk whose process is down.", capital(&brokers(&down)))
        };
        format!("until then {until_then} could have led with {record}; now nobody in the ISR has it.{where_it_is}")
    } else {
        format!("with {until_then} went the last copy that could still lead.")
    };
    paragraph("passed by", Some(passed.step), &words)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
