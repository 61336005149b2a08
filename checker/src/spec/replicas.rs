//! Replicas by number, sets of them, and their renamings: what the specifications share.

use std::fmt::{self, Display, Formatter};

use super::packed::Bits;

/// The most replicas that a specification can have.
pub const MAX_REPLICAS: usize = 5;

/// One replica. Specifications number them from 0; they are printed as `r1`, `r2`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replica(pub(super) u8);

/// A set of replicas, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaSet(pub(super) u8);

impl Replica {
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(super) fn first(count: usize) -> impl Iterator<Item = Replica> + Clone {
        (0..count as u8).map(Replica)
    }

    /// What this replica is called after `renaming`.
    pub(super) fn renamed(self, renaming: &[Replica]) -> Replica {
        renaming[self.index()]
    }
}

impl ReplicaSet {
    pub(super) fn first(count: usize) -> ReplicaSet {
        Replica::first(count).fold(ReplicaSet::default(), ReplicaSet::with)
    }

    pub(super) fn only(replica: Replica) -> ReplicaSet {
        ReplicaSet::default().with(replica)
    }

    pub(super) fn contains(self, replica: Replica) -> bool {
        self.0 & (1 << replica.0) != 0
    }

    pub(super) fn with(self, replica: Replica) -> ReplicaSet {
        ReplicaSet(self.0 | 1 << replica.0)
    }

    pub(super) fn without(self, replica: Replica) -> ReplicaSet {
        ReplicaSet(self.0 & !(1 << replica.0))
    }

    pub(super) fn union(self, other: ReplicaSet) -> ReplicaSet {
        ReplicaSet(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn is_subset(self, of: ReplicaSet) -> bool {
        self.0 & !of.0 == 0
    }

    /// Passes a set of the first `replicas` through `bits`.
    pub(super) fn pass(&mut self, replicas: usize, bits: &mut impl Bits) {
        self.0 = bits.field(replicas as u32, self.0.into()) as u8;
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Replica> {
        Replica::first(MAX_REPLICAS).filter(move |&replica| self.contains(replica))
    }

    pub(super) fn renamed(self, renaming: &[Replica]) -> ReplicaSet {
        self.iter()
            .map(|replica| replica.renamed(renaming))
            .fold(ReplicaSet::default(), ReplicaSet::with)
    }
}

impl Display for Replica {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0 + 1)
    }
}

/// `{r1, r3}`
impl Display for ReplicaSet {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let members: Vec<String> = self.iter().map(|replica| replica.to_string()).collect();
        write!(f, "{{{}}}", members.join(", "))
    }
}

/// All ways to rename the first `count` replicas among themselves that leave the first `fixed` of them alone. The first
/// way changes nothing.
pub(super) fn renamings(count: usize, fixed: usize) -> Vec<Vec<Replica>> {
    let mut renamings: Vec<Vec<Replica>> = vec![Replica::first(fixed).collect()];
    for _ in fixed..count {
        let longer = |begun: Vec<Replica>| {
            let free = Replica::first(count)
                .filter(|replica| !begun.contains(replica))
                .collect::<Vec<_>>();
            free.into_iter()
                .map(move |next| begun.iter().copied().chain([next]).collect())
        };
        renamings = renamings.into_iter().flat_map(longer).collect();
    }
    renamings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamings_are_all_permutations_that_keep_the_fixed_ones() {
        let counts: Vec<usize> = [(1, 0), (3, 0), (4, 0), (3, 1), (4, 1)]
            .map(|(n, k)| renamings(n, k).len())
            .to_vec();
        assert_eq!(counts, [1, 6, 24, 2, 6]);
        assert!(renamings(4, 1).iter().all(|renaming| renaming[0] == Replica(0)));
        assert_eq!(renamings(3, 0)[0], [Replica(0), Replica(1), Replica(2)]);
    }
}
