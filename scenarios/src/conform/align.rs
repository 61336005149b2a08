//! Which row of the model stands for which row of the recording: the pairing with the fewest differences.

use super::cells::Row;

/// A step through both lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// The same thing: index in the recording, index in the model.
    Both(usize, usize),
    /// Only the recording has it.
    Missing(usize),
    /// Only the model has it.
    Extra(usize),
}

/// How many cells of a pair differ; none when the two cannot be the same thing.
fn distance(expected: &Row, got: &Row) -> Option<usize> {
    if expected.variant != got.variant {
        return None;
    }
    let different = expected
        .cells
        .iter()
        .filter(|(field, value)| got.value(field) != Some(value))
        .count();
    let added = got
        .cells
        .iter()
        .filter(|(field, _)| expected.value(field).is_none())
        .count();
    Some(different + added)
}

/// Pairs two lists, both in order, so that as few cells as possible differ. Of equals the first in order is taken.
pub(crate) fn align(expected: &[Row], got: &[Row]) -> Vec<Pair> {
    let (rows, columns) = (expected.len(), got.len());
    // `cost[i][j]`: differences of what follows the first i rows of the recording and the first j of the model.
    let mut cost = vec![vec![0_usize; columns + 1]; rows + 1];
    for i in (0..=rows).rev() {
        for j in (0..=columns).rev() {
            let both = (i < rows && j < columns)
                .then(|| distance(&expected[i], &got[j]))
                .flatten();
            let ways = [
                both.map(|d| d + cost[i + 1][j + 1]),
                (i < rows).then(|| expected[i].cells.len().max(1) + cost[i + 1][j]),
                (j < columns).then(|| 1 + cost[i][j + 1]),
            ];
            cost[i][j] = ways.into_iter().flatten().min().unwrap_or(0);
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while i < rows || j < columns {
        let both = (i < rows && j < columns)
            .then(|| distance(&expected[i], &got[j]))
            .flatten();
        if both.is_some_and(|d| d + cost[i + 1][j + 1] == cost[i][j]) {
            pairs.push(Pair::Both(i, j));
            (i, j) = (i + 1, j + 1);
        } else if i < rows && expected[i].cells.len().max(1) + cost[i + 1][j] == cost[i][j] {
            pairs.push(Pair::Missing(i));
            i += 1;
        } else {
            pairs.push(Pair::Extra(j));
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::cells::Kind;
    use super::*;

    fn rows(values: &[&str]) -> Vec<Row> {
        values
            .iter()
            .map(|v| Row::new(0, Kind::Log, "t-0", &[]).with("", *v))
            .collect()
    }

    #[track_caller]
    fn check(expected: &[&str], got: &[&str], pairs: &[Pair]) {
        assert_eq!(align(&rows(expected), &rows(got)), pairs);
    }

    #[test]
    fn a_row_too_few_or_too_many_does_not_spoil_the_others() {
        check(
            &["a", "b", "c"],
            &["a", "c"],
            &[Pair::Both(0, 0), Pair::Missing(1), Pair::Both(2, 1)],
        );
        check(
            &["a", "c"],
            &["a", "b", "c"],
            &[Pair::Both(0, 0), Pair::Extra(1), Pair::Both(1, 2)],
        );
        check(&["a"], &[], &[Pair::Missing(0)]);
    }

    #[test]
    fn a_changed_row_is_one_difference() {
        check(&["a", "b"], &["a", "x"], &[Pair::Both(0, 0), Pair::Both(1, 1)]);
    }

    #[test]
    fn rows_of_two_variants_are_never_paired() {
        let (expected, mut got) = (rows(&["a"]), rows(&["a"]));
        got[0].variant = "OTHER_RECORD".to_owned();
        assert_eq!(align(&expected, &got), [Pair::Missing(0), Pair::Extra(0)]);
    }
}
