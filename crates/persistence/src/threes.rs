//! Three characters at a time: what a text is found by, wherever it stands.

use std::iter;

use actiond_core::document::SEPARATOR;

/// About how many threes of a long text are asked for at most.
const MAX_ASKED: usize = 24;

/// The up to three characters from each place of each value, each once, packed.
pub(crate) fn threes(searchable: &str) -> Vec<u64> {
    threes_of(&[searchable])
}

/// As [`threes`], of several texts.
pub(crate) fn threes_of(searchable: &[&str]) -> Vec<u64> {
    let mut values: Vec<&str> = searchable.iter().flat_map(|text| text.split(SEPARATOR)).collect();
    // Most of what documents have in common is whole values.
    values.sort_unstable();
    values.dedup();
    let mut threes = Vec::with_capacity(values.iter().map(|value| value.len()).sum());
    for value in values {
        let mut three = 0;
        for c in value.chars().rev() {
            three = (three >> 21) | (u64::from(c as u32) << 42);
            threes.push(three);
        }
    }
    threes.sort_unstable();
    threes.dedup();
    threes
}

/// Threes of a text that cover it, all but of a long one; none for a text that is shorter.
pub(crate) fn covering(text: &str) -> Vec<u64> {
    let characters: Vec<char> = text.chars().collect();
    let Some(last) = characters.len().checked_sub(3) else { return vec![] };
    let apart = (characters.len() / MAX_ASKED).max(1);
    let places = (0..last).step_by(apart).chain([last]);
    places.map(|place| packed(&characters[place..place + 3])).collect()
}

/// Up to three characters as a number.
pub(crate) fn packed(characters: &[char]) -> u64 {
    let shifted =
        iter::zip(characters, [42, 21, 0]).map(|(c, shift)| u64::from(*c as u32) << shift);
    shifted.sum()
}

/// Shows the characters of a number, one after the other; of less than three, the others are NUL. A plain
/// loop, for most of what a document costs the index is this.
pub(crate) fn unpack(three: u64, mut see: impl FnMut(char)) {
    for shift in [42, 21, 0] {
        match char::from_u32((three >> shift & 0x1f_ffff) as u32) {
            Some('\0') | None => return,
            Some(c) => see(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_covered_by_threes_that_it_has() {
        for text in ["abc", "abcd", "abcdefg", "äöü ÄÖÜ", &"x".repeat(100_000)] {
            let (all, covering) = (threes(text), covering(text));
            assert!(!covering.is_empty() && covering.len() < 50, "{text}");
            assert!(covering.iter().all(|three| all.contains(three)), "{text}");
        }
        assert_eq!((covering("ab").len(), covering("abcdefg").len()), (0, 5));
    }

    #[test]
    fn characters_come_back_from_their_number() {
        for text in ["é/\u{10ffff}", "ab", "x", ""] {
            let characters: Vec<char> = text.chars().collect();
            let mut shown = String::new();
            unpack(packed(&characters), |c| shown.push(c));
            assert_eq!(shown, text);
        }
    }
}
