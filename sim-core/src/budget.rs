//! How many faults of one kind may still happen.

use serde::{Deserialize, Serialize};

/// A part of the state, so that a search is finite and a red result says what it assumed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Budget {
    /// So many.
    Left(u8),
    /// No end, where a clock runs. A search refuses it.
    Unlimited,
}

impl Default for Budget {
    fn default() -> Self {
        Self::Left(0)
    }
}

impl Budget {
    /// Whether one may happen.
    pub fn allows(self) -> bool {
        self != Self::Left(0)
    }

    /// One happened.
    pub fn spend(&mut self) {
        match self {
            Self::Left(0) => panic!("spent a fault that the budget does not have"),
            Self::Left(left) => *left -= 1,
            Self::Unlimited => {}
        }
    }
}
