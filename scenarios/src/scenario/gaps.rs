//! Owns the memory of what had to be left out of a broken scenario to read the rest, so that no check blames the rest
//! for it.

use std::collections::{BTreeMap, BTreeSet};

/// What is missing from a scenario that was read in spite of errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    fields: BTreeSet<String>,
    elements: BTreeMap<String, BTreeSet<usize>>,
    everywhere: bool,
}

impl Gaps {
    /// Nothing is missing.
    pub fn none() -> Gaps {
        Gaps::default()
    }

    /// Something inside this field of the scenario is missing.
    pub fn in_field(&mut self, field: &str) {
        self.fields.insert(field.to_owned());
    }

    /// Nobody knows what is missing.
    pub fn everywhere(&mut self) {
        self.everywhere = true;
    }

    /// An element of the list with this path is missing, by its position in the file.
    pub fn element(&mut self, list: &str, position: usize) {
        self.elements.entry(list.to_owned()).or_default().insert(position);
    }

    /// Whether all of this field of the scenario was read.
    pub fn is_complete(&self, field: &str) -> bool {
        !self.everywhere && !self.fields.contains(field)
    }

    /// Position in the file of the element that is the `index`th of those that were read.
    pub fn position(&self, list: &str, index: usize) -> usize {
        let mut position = index;
        for dropped in self.elements.get(list).into_iter().flatten() {
            if *dropped <= position {
                position += 1;
            }
        }
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_the_elements_that_were_left_out() {
        let mut gaps = Gaps::none();
        gaps.element("script", 1);
        gaps.element("script", 2);
        gaps.element("script", 5);
        let positions: Vec<usize> = (0..4).map(|index| gaps.position("script", index)).collect();
        assert_eq!(positions, [0, 3, 4, 6]);
        assert_eq!(gaps.position("clients", 2), 2);
    }
}
