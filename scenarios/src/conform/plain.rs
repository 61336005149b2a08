//! Lines of tools without what may differ: ids, times, metadata offsets, the order of lists from hash sets.

/// What stands for a number that is not compared.
const MASK: &str = "#";
/// Words before a number that is an id, a metadata offset or a checksum.
const NUMBERS: [&str; 4] = ["correlation id ", "clientId=adminclient-", "crc: ", "  Epoch: "];
/// Words before a list of partitions in the order of a hash set.
const LISTS: [&str; 1] = [" for partitions "];
/// Milliseconds since 1970 have this many digits.
const TIME_DIGITS: usize = 13;

/// A line of a tool as it is compared.
pub(crate) fn plain(line: &str) -> String {
    let mut text = masked_times(line);
    for word in NUMBERS {
        text = masked_after(&text, word);
    }
    for word in LISTS {
        if let Some((before, list)) = text.split_once(word) {
            let mut items: Vec<&str> = list.split(", ").collect();
            items.sort_unstable();
            text = format!("{before}{word}{}", items.join(", "));
        }
    }
    masked_directories(&text)
}

/// Replaces every number of 13 digits.
fn masked_times(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = digits_at(&rest[start..]);
        let number = &rest[start..start + digits];
        out += &rest[..start];
        out += if digits == TIME_DIGITS { MASK } else { number };
        rest = &rest[start + digits..];
    }
    out + rest
}

/// Replaces the number behind each `word`.
fn masked_after(line: &str, word: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(word) {
        let after = at + word.len();
        let digits = digits_at(&rest[after..]);
        out += &rest[..after];
        if digits > 0 {
            out += MASK;
        }
        rest = &rest[after + digits..];
    }
    out + rest
}

/// Replaces the ids of data folders in a list of voters.
fn masked_directories(line: &str) -> String {
    let word = "\"directoryId\": \"";
    let mut parts = line.split(word);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find('"').unwrap_or(part.len());
        out = out + word + MASK + &part[end..];
    }
    out
}

fn digits_at(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(plain(line), expected);
    }

    #[test]
    fn ids_times_and_metadata_offsets_are_not_compared() {
        check(
            "deadlineMs=1795256083256, tries=1) after 1 attempt(s)",
            "deadlineMs=#, tries=1) after 1 attempt(s)",
        );
        check(
            "request with correlation id 7 due to node 1",
            "request with correlation id # due to node 1",
        );
        check(
            "FinalizedVersionLevel: 1                Epoch: 40",
            "FinalizedVersionLevel: 1                Epoch: #",
        );
        check(
            "[{\"id\": 1, \"directoryId\": \"uDjN\"}]",
            "[{\"id\": 1, \"directoryId\": \"#\"}]",
        );
        check(
            "[{\"id\": 1, \"directoryId\": null}]",
            "[{\"id\": 1, \"directoryId\": null}]",
        );
    }

    #[test]
    fn a_list_from_a_hash_set_has_no_order() {
        let text = "Successfully completed leader election (PREFERRED) for partitions t-2, t-0";
        check(
            text,
            "Successfully completed leader election (PREFERRED) for partitions t-0, t-2",
        );
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        check("Created topic t6.", "Created topic t6.");
        check(
            "baseOffset: 0 partitionLeaderEpoch: 3",
            "baseOffset: 0 partitionLeaderEpoch: 3",
        );
    }
}
