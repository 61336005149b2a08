//! What a compact search has to say: verdict, counts, and the decisions that lead to what it found.

/// The result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompactReport<A> {
    /// The answer.
    pub verdict: CompactVerdict<A>,
    /// Distinct states reached.
    pub states: u64,
    /// Steps taken from them.
    pub transitions: u64,
    /// How many states there are 0, 1, 2, ... steps from the start; the last ones may be incomplete.
    pub levels: Vec<u64>,
    /// All levels up to this one are complete. `None`: not even the initial states.
    pub complete_to: Option<usize>,
    /// States that were reached and not expanded.
    pub frontier: u64,
    /// Sum of the fingerprints of all states: equal when two searches reached the same set.
    pub digest: u64,
    /// Each property by itself.
    pub properties: Vec<Counted>,
    /// Each witness, and after how many steps it was met first.
    pub witnesses: Vec<(&'static str, Option<usize>)>,
    /// How many steps of each kind were taken.
    pub kinds: Vec<(&'static str, u64)>,
    /// Whether whole states were compared, or their fingerprints.
    pub exact: bool,
    /// The most memory that visited set, parents and frontier took, in bytes.
    pub memory: u64,
}

/// The answer. It is given for the bounds of the system and of the search, and means nothing without them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CompactVerdict<A> {
    /// Every reachable state and step was seen (but for states taken for others, see
    /// [`expected_omissions_ppt`](CompactReport::expected_omissions_ppt)), and none violates a property.
    Holds,
    /// A property is violated; no violation of any property takes fewer steps.
    Violated {
        /// Its name.
        property: &'static str,
        /// The decisions from the start to the violation.
        trace: Vec<A>,
    },
    /// The search ended before the question was answered.
    Inconclusive(Stopped),
}

/// What ends a search early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// It may not keep more states.
    MaxStates,
    /// It may not go deeper.
    MaxDepth,
    /// It may not use more memory.
    MaxMemory,
    /// The watch broke it off.
    Interrupted,
}

/// What became of one property.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// Its name.
    pub name: &'static str,
    /// Distinct states that violate it.
    pub violating_states: u64,
    /// Steps that violate it.
    pub violating_steps: u64,
}

impl<A> CompactReport<A> {
    /// Steps from the start to the farthest state.
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// How many states were taken for others because they have the same fingerprint, on average, in 10^-12 states: the
    /// number of pairs divided by 2^64.
    pub fn expected_omissions_ppt(&self) -> u64 {
        if self.exact {
            return 0;
        }
        let pairs = u128::from(self.states) * u128::from(self.states.saturating_sub(1)) / 2;
        // All that fits into memory is below 2^37 states: the product fits.
        ((pairs * 1_000_000_000_000) >> 64) as u64
    }

    /// Witnesses that were never reached.
    pub fn unreached(&self) -> impl Iterator<Item = &'static str> {
        self.witnesses
            .iter()
            .filter(|(_, depth)| depth.is_none())
            .map(|(name, _)| *name)
    }
}
