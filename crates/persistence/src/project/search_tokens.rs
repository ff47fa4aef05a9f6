//! The words under which the full-text index keeps an action.
//!
//! A term is one word. For substrings there is a word for each place in each string value: the up to
//! three characters from there on, behind a tag of the project, so that no project's search touches
//! another's. A longer text is where all its threes are (and a look at the document makes sure); a
//! shorter one is where a word begins with it.

use actiond_core::document::{Plan, Term};
use actiond_core::project::ProjectId;

/// What stands between two values of a searchable text.
const SEPARATOR: char = '\u{1f}';

/// How many threes of a long text are asked for at most.
const MAX_THREES: usize = 24;

/// The letters of words: the tokenizer keeps them as they are.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// All words of a document, with a space after each.
pub(super) fn words(tag: Term, terms: impl Iterator<Item = Term>, searchable: &str) -> String {
    let mut words = String::with_capacity(4096);
    for term in terms {
        push_number(&mut words, term.0, 13);
        words.push(' ');
    }
    for three in threes(searchable) {
        push_number(&mut words, tag.0, 8);
        unpacked(three).for_each(|c| words.push(letter(c)));
        words.push(' ');
    }
    words
}

/// A plan in the language of FTS5.
pub(super) fn expression(project: &ProjectId, plan: &Plan) -> String {
    let term = |term: &Term| {
        let mut word = String::new();
        push_number(&mut word, term.0, 13);
        format!("\"{word}\"")
    };
    let mut wanted: Vec<String> = plan.required.iter().map(term).collect();
    wanted.extend(plan.contains.iter().flat_map(|text| containing(project, text)));
    let wanted = wanted.join(" AND ");
    if plan.excluded.is_empty() {
        return wanted;
    }
    let excluded: Vec<String> = plan.excluded.iter().map(term).collect();
    format!("({wanted}) NOT ({})", excluded.join(" OR "))
}

/// What every document with `text` in it has.
fn containing(project: &ProjectId, text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let word = |characters: &[char]| {
        let mut word = String::new();
        push_number(&mut word, Term::any(project).0, 8);
        characters.iter().for_each(|c| word.push(letter(*c)));
        word
    };
    if characters.len() < 3 {
        return vec![format!("\"{}\" *", word(&characters))];
    }
    let every = characters.len().div_ceil(MAX_THREES);
    characters.windows(3).step_by(every).map(|three| format!("\"{}\"", word(three))).collect()
}

/// The up to three characters from each place of each value, each once, packed.
fn threes(searchable: &str) -> Vec<u64> {
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

/// The characters of a packed three; a short one has NUL at its end.
fn unpacked(three: u64) -> impl Iterator<Item = char> {
    let characters = [42, 21, 0].map(|shift| (three >> shift & 0x1f_ffff) as u32);
    characters.into_iter().filter_map(char::from_u32).take_while(|c| *c != '\0')
}

/// A character that the tokenizer takes for a part of a word: punctuation has a stand-in.
fn letter(c: char) -> char {
    let stands_in = c.is_ascii() && !c.is_ascii_alphanumeric();
    let private_use = stands_in.then(|| char::from_u32(0xE000 + c as u32)).flatten();
    private_use.unwrap_or(c)
}

/// The upper bits of a number, five for each letter.
fn push_number(word: &mut String, number: u64, letters: u32) {
    let number = u128::from(number) << 1;
    for place in 0..letters {
        let five = (number >> (60 - 5 * place)) as usize & 31;
        word.push(LETTERS[five].into());
    }
}
