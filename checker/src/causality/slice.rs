//! The steps that a step rests on: its ancestors in the happens-before graph, itself included.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;
use petgraph::visit::{Dfs, Reversed};

use super::Causality;

impl Causality {
    /// The steps without which these would not have happened as they did, themselves included, in order.
    pub fn slice(&self, roots: &[usize]) -> BTreeSet<usize> {
        let mut slice = BTreeSet::new();
        for root in roots
            .iter()
            .filter(|root| (1..=self.graph.node_count()).contains(*root))
        {
            let mut search = Dfs::new(Reversed(&self.graph), NodeIndex::new(root - 1));
            while let Some(node) = search.next(Reversed(&self.graph)) {
                slice.insert(self.graph[node]);
            }
        }
        slice
    }

    /// Whether the first step had a part in the second one.
    pub fn happens_before(&self, earlier: usize, later: usize) -> bool {
        earlier < later && self.slice(&[later]).contains(&earlier)
    }
}
