//! Owns what is said when a trace no longer fits this build: the step, what was recorded, what happens now.

use std::fmt;

use sim_core::Digest;
use sim_core::trace::Misfit;

use super::{BUILD, Header, RULES_REVISION};
use crate::scenario::diagnostic::{Diagnostic, Kind};

/// How many effects of a step one line names.
const EFFECTS_SHOWN: usize = 4;

/// The first step that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Its number, from 1.
    pub step: usize,
    /// What was recorded, for readers.
    pub recorded: String,
    /// The digest that was recorded.
    pub digest: Option<Digest>,
    /// What differs now.
    pub now: Difference,
    /// Version, preset and rules of the build that recorded it.
    pub by: Recorder,
}

/// The build that recorded a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorder {
    /// Its version.
    pub build: String,
    /// The preset.
    pub preset: String,
    /// The revision of its rules.
    pub rules_revision: u32,
}

/// What differs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The action is not possible.
    NotPossible {
        /// What is possible there instead.
        instead: Vec<String>,
    },
    /// It asks other choices.
    OtherChoices {
        /// What it asks, with the number of alternatives.
        asked: Vec<(String, u32)>,
    },
    /// It has other effects.
    OtherEffects {
        /// Their digest.
        digest: Digest,
        /// What they are.
        effects: Vec<String>,
    },
}

impl Divergence {
    pub(super) fn new(step: usize, recorded: &super::TraceStep, header: &Header, misfit: Misfit) -> Self {
        let now = match misfit {
            Misfit::NotEnabled { instead, .. } => Difference::NotPossible { instead },
            Misfit::OtherChoices { asked } => Difference::OtherChoices { asked },
            Misfit::OtherDigest { now, effects, .. } => Difference::OtherEffects { digest: now, effects },
        };
        let by = Recorder {
            build: header.build.clone(),
            preset: header.preset.clone(),
            rules_revision: header.rules_revision,
        };
        Self {
            step,
            recorded: recorded.what.clone(),
            digest: recorded.digest,
            now,
            by,
        }
    }

    /// What the program says, with exit code 5.
    pub fn diagnostic(&self) -> Diagnostic {
        let sentence = format!("step {} no longer fits this build", self.step);
        let digest = self
            .digest
            .map_or(String::new(), |digest| format!(", digest {}", short(digest)));
        let by = &self.by;
        Diagnostic::error(Kind::Replay, sentence)
            .detail(format!("recorded  {}{digest}", self.recorded))
            .detail(format!("now       {}", self.now))
            .detail(format!(
                "recorded by sim {} with rules {} revision {}; this is {BUILD} with revision {RULES_REVISION}",
                by.build, by.preset, by.rules_revision
            ))
    }
}

/// The beginning of a digest, for people.
fn short(digest: Digest) -> String {
    format!("{}..", &digest.to_string()[..4])
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPossible { instead } if instead.is_empty() => f.write_str("not possible here"),
            Self::NotPossible { instead } => write!(f, "not possible here; possible there: {}", instead.join(", ")),
            Self::OtherChoices { asked } if asked.is_empty() => f.write_str("asks no choice any more"),
            Self::OtherChoices { asked } => {
                let asked: Vec<String> = asked.iter().map(|(what, of)| format!("{what} (of {of})")).collect();
                write!(f, "asks other choices: {}", asked.join(", "))
            }
            Self::OtherEffects { digest, effects } if effects.is_empty() => {
                write!(f, "digest {}   (it does nothing any more)", short(*digest))
            }
            Self::OtherEffects { digest, effects } => {
                let shown = &effects[..effects.len().min(EFFECTS_SHOWN)];
                write!(f, "digest {}   (it does: {}", short(*digest), shown.join("; "))?;
                match effects.len() - shown.len() {
                    0 => f.write_str(")"),
                    more => write!(f, "; and {more} more)"),
                }
            }
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic().fmt(f)
    }
}
