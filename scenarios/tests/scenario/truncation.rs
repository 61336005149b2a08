//! Broken files never stop the loader: it says what is wrong, whatever the bytes are.

use crate::sample::{NAMES, SAMPLE};
use proptest::prelude::*;
use scenarios::scenario::load::load;
use scenarios::scenario::render::{Color, render_all};

/// Loads the bytes, and shows what is said about them.
fn check(bytes: &[u8]) -> String {
    match load("lab.ron", bytes, &NAMES) {
        Ok(loaded) => render_all(&loaded.warnings, Color::Plain),
        Err(problems) => {
            assert!(!problems.is_empty());
            render_all(&problems, Color::Ansi)
        }
    }
}

#[test]
fn a_file_cut_short_at_any_byte_is_refused() {
    let text = SAMPLE.trim_end();
    for end in 0..text.len() {
        assert!(
            load("lab.ron", &text.as_bytes()[..end], &NAMES).is_err(),
            "cut at byte {end}"
        );
    }
    assert!(load("lab.ron", text.as_bytes(), &NAMES).is_ok());
}

#[test]
fn a_file_that_lacks_any_one_byte_is_read_or_refused() {
    let bytes = SAMPLE.as_bytes();
    for missing in 0..bytes.len() {
        check(&[&bytes[..missing], &bytes[missing + 1..]].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn any_text_of_brackets_and_words_is_read_or_refused(
        text in "[(){}\\[\\],:\"'/*r#\\\\ \n가-나a-c0-2]{0,80}",
    ) {
        check(text.as_bytes());
    }

    #[test]
    fn the_sample_with_any_piece_replaced_is_read_or_refused(
        from in 0..SAMPLE.len(),
        len in 0..20_usize,
        by in "[(){}\\[\\],:\"/*r# \n가a-c0-2-]{0,6}",
    ) {
        let bytes = SAMPLE.as_bytes();
        let to = (from + len).min(bytes.len());
        check(&[&bytes[..from], by.as_bytes(), &bytes[to..]].concat());
    }
}
