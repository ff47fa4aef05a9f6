//! Three characters at a time: what a text is found by, wherever it stands.

use actiond_core::document::SEPARATOR;

/// About how many threes of a long text are asked for at most.
const MAX_THREES: usize = 24;

/// The up to three characters from each place of each value, each once, packed.
pub(crate) fn threes(searchable: &str) -> Vec<u64> {
    let mut threes = Vec::with_capacity(searchable.len());
    for value in searchable.split(SEPARATOR) {
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

/// A few threes of a text that cover it; none for a text that is shorter.
pub(crate) fn covering(text: &str) -> Vec<u64> {
    let characters: Vec<char> = text.chars().collect();
    let Some(last) = characters.len().checked_sub(3) else { return vec![] };
    let every = (characters.len() / MAX_THREES).max(3);
    let places = (0..last).step_by(every).chain([last]);
    places.map(|place| packed(&characters[place..place + 3])).collect()
}

fn packed(characters: &[char]) -> u64 {
    characters.iter().fold(0, |three, c| (three << 21) | u64::from(*c as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_covered_by_threes_that_it_has() {
        for text in ["abc", "abcd", "abcdefg", "äöü ÄÖÜ", &"x".repeat(100_000)] {
            let (all, covering) = (threes(text), covering(text));
            assert!(!covering.is_empty() && covering.len() < 30, "{text}");
            assert!(covering.iter().all(|three| all.contains(three)), "{text}");
        }
        assert_eq!(covering("ab"), [0; 0]);
        assert_eq!(covering("abcdefg").len(), 3);
    }
}
