//! The record of a run: decisions by identity, the answers to their choices, and a digest of what they did.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::chooser::Recorded;
use crate::digest::{Digest, content};
use crate::model::Model;
use crate::offer::Action;
use crate::offers::Offers;
use crate::world::{Scratch, World};

/// One decision of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Decision<M: Model> {
    /// What happened, by identity.
    pub action: Action<M>,
    /// The answers to the choices in it; trailing zeros may be left out.
    #[serde(default)]
    pub choices: Vec<u32>,
}

/// What one replayed decision did, as text: the same under every driver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deed {
    /// The operations of the step, one line each.
    pub effects: Vec<String>,
    /// A digest over these lines: a new field of a slot does not change it, a new effect does.
    pub digest: Digest,
}

/// Why a decision does not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// The action is not possible here.
    NotEnabled {
        /// Its notation.
        action: String,
        /// What the slot that decides would offer instead.
        instead: Vec<String>,
    },
    /// The step asked other questions than the record answers.
    OtherChoices {
        /// What was asked, with the number of alternatives.
        asked: Vec<(String, u32)>,
    },
    /// It did something else.
    OtherDigest {
        /// As recorded.
        recorded: Digest,
        /// As now.
        now: Digest,
        /// What it did now.
        effects: Vec<String>,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnabled { action, instead } if instead.is_empty() => write!(f, "`{action}` is not possible here"),
            Self::NotEnabled { action, instead } => {
                write!(
                    f,
                    "`{action}` is not possible here; possible there: {}",
                    instead.join(", ")
                )
            }
            Self::OtherChoices { asked } if asked.is_empty() => f.write_str("the step asks no choice any more"),
            Self::OtherChoices { asked } => {
                let asked: Vec<_> = asked.iter().map(|(what, of)| format!("{what} (of {of})")).collect();
                write!(f, "the step asks other choices: {}", asked.join(", "))
            }
            Self::OtherDigest { recorded, now, effects } => {
                write!(f, "recorded {recorded}, now {now}; now it does: {}", effects.join("; "))
            }
        }
    }
}

/// The notation of what the last action did, and its digest.
pub fn deed<M: Model>(scratch: &Scratch<M>) -> Deed {
    let effects: Vec<String> = scratch.ops.iter().map(|(slot, op)| format!("{slot} {op}")).collect();
    let mut bytes = Vec::new();
    let digest = content(&effects, &mut bytes);
    Deed { effects, digest }
}

/// Performs one recorded decision.
///
/// # Errors
/// When it is not possible here, or asks other choices; the world is then as it was (not possible) or one step on.
pub fn perform<M: Model>(
    world: &mut World<'_, M>,
    decision: &Decision<M>,
    scratch: &mut Scratch<M>,
) -> Result<(), Misfit> {
    let Some(offer) = world.find(&decision.action) else {
        return Err(not_enabled(world, &decision.action));
    };
    let mut recorded = Recorded::new(&decision.choices);
    world.apply(&offer, &mut recorded, scratch);
    let asked = scratch.choices.len();
    let fits = decision.choices.len() <= asked
        && scratch
            .choices
            .iter()
            .zip(&decision.choices)
            .all(|(choice, answer)| choice.taken == *answer);
    if fits {
        Ok(())
    } else {
        let asked = scratch
            .choices
            .iter()
            .map(|choice| (choice.what.to_string(), choice.of))
            .collect();
        Err(Misfit::OtherChoices { asked })
    }
}

fn not_enabled<M: Model>(world: &World<'_, M>, action: &Action<M>) -> Misfit {
    let slot = M::offered_by(world.config(), action);
    let mut offers = Vec::new();
    if world.has(slot) {
        M::offers(world.config(), slot, world.get(slot), &mut Offers::names(&mut offers));
    }
    let instead = offers.iter().take(4).map(|offer| offer.action.to_string()).collect();
    Misfit::NotEnabled {
        action: action.to_string(),
        instead,
    }
}
