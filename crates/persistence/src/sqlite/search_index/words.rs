//! The words under which the full-text indexes keep actions.
//!
//! A term is one word. For substrings there is a word for each place in each string value: the up to
//! three characters from there on, behind a tag of the project, so that no project's search touches
//! another's. A longer text can only be where its threes are, and a look at the document makes sure;
//! a shorter one is where a word begins with it.
//!
//! The words of a huge document would hold up all who write. One with a long text has a word among its
//! terms that says so, and no threes; one with many terms has such a word alone: searches look at
//! these documents themselves.

use actiond_core::document::{Plan, Term};
use actiond_core::project::ProjectId;

use super::Tag;
use crate::threes::{covering, threes_of, unpack};

/// Longest text whose threes are words, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// How many terms are words at most.
const MAX_TERMS: usize = 1024;

/// What the words begin with that say that a text is longer, or that the terms are more. No other
/// word begins so: these are no [`LETTERS`].
const LONG_TEXT: char = '0';
const MANY_TERMS: char = '1';

/// So many letters hold all of a term, and enough of one to be a tag.
const TERM_LETTERS: u32 = 13;
const TAG_LETTERS: u32 = 8;

/// The letters of words: the tokenizer keeps them as they are.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The words of a document's terms, with a space after each.
pub(super) fn of_terms(
    tag: Tag,
    terms: impl ExactSizeIterator<Item = Term>,
    searchable: &str,
) -> String {
    if terms.len() > MAX_TERMS {
        return marked(MANY_TERMS, tag.cast_unsigned());
    }
    let mut words = String::with_capacity(1024);
    for term in terms {
        push_number(&mut words, term.0, TERM_LETTERS);
        words.push(' ');
    }
    if searchable.len() > MAX_TEXT {
        words + &marked(LONG_TEXT, tag.cast_unsigned())
    } else {
        words
    }
}

/// Whether a text with so many terms has threes.
pub(super) fn has_threes(terms: usize, searchable: &str) -> bool {
    terms <= MAX_TERMS && searchable.len() <= MAX_TEXT
}

/// The words of texts, each once, with a space after each.
pub(super) fn of_texts(texts: &mut [(Tag, &str)]) -> String {
    texts.sort_unstable_by_key(|(tag, _)| *tag);
    let mut words = String::with_capacity(8192);
    for of_project in texts.chunk_by(|one, other| one.0 == other.0) {
        let mut prefix = String::new();
        push_number(&mut prefix, of_project[0].0.cast_unsigned(), TAG_LETTERS);
        let searchable: Vec<&str> = of_project.iter().map(|(_, searchable)| *searchable).collect();
        for three in threes_of(&searchable) {
            words.push_str(&prefix);
            unpack(three, |c| words.push(letter(c)));
            words.push(' ');
        }
    }
    words
}

/// What finds the documents whose words do not say whether they satisfy a plan.
pub(super) fn unindexed(project: &ProjectId, plan: &Plan) -> String {
    let any = Term::any(project).0;
    let many_terms = marked(MANY_TERMS, any);
    match plan.contains {
        None => many_terms,
        Some(_) => format!("{many_terms} OR {}", marked(LONG_TEXT, any)),
    }
}

fn marked(mark: char, tag: u64) -> String {
    let mut word = String::from(mark);
    push_number(&mut word, tag, TERM_LETTERS);
    word
}

/// The terms of a plan in the language of FTS5.
pub(super) fn terms(plan: &Plan) -> String {
    let term = |term: &Term| {
        let mut word = String::new();
        push_number(&mut word, term.0, TERM_LETTERS);
        format!("\"{word}\"")
    };
    let wanted: Vec<String> = plan.required.iter().map(term).collect();
    let wanted = wanted.join(" AND ");
    if plan.excluded.is_empty() {
        return wanted;
    }
    let excluded: Vec<String> = plan.excluded.iter().map(term).collect();
    format!("({wanted}) NOT ({})", excluded.join(" OR "))
}

/// What every document with `text` in it has, in the language of FTS5.
pub(super) fn containing(project: &ProjectId, text: &str) -> String {
    let mut prefix = String::new();
    push_number(&mut prefix, Term::any(project).0, TAG_LETTERS);
    if is_short(text) {
        let letters: String = text.chars().map(letter).collect();
        return format!("\"{prefix}{letters}\" *");
    }
    let word = |three| {
        let mut word = format!("\"{prefix}");
        unpack(three, |c| word.push(letter(c)));
        word + "\""
    };
    let words: Vec<String> = covering(text).into_iter().map(word).collect();
    words.join(" AND ")
}

/// Whether a text is shorter than a word's three characters: then many words may begin with it.
pub(super) fn is_short(text: &str) -> bool {
    text.chars().nth(2).is_none()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(searchable: &str) -> Vec<String> {
        let words = of_texts(&mut [(0, searchable)]);
        words.split_terminator(' ').map(|word| word["aaaaaaaa".len()..].to_owned()).collect()
    }

    #[test]
    fn every_place_of_a_value_has_a_word() {
        assert_eq!(of("abcd\u{1f}\u{1f}x\u{1f}"), ["abc", "bcd", "cd", "d", "x"]);
        assert_eq!(of("aaaa\u{1f}"), ["a", "aa", "aaa"], "each once");
        assert_eq!(of("é/"), ["/", "é/"].map(|word| word.replace('/', "\u{e02f}")));
        assert_eq!(of(""), [""; 0]);
    }

    #[test]
    fn what_texts_share_they_have_once_in_each_project() {
        let words = |texts: &[(Tag, &str)]| of_texts(&mut texts.to_vec());
        assert_eq!(words(&[(0, "ab"), (0, "cb")]), "aaaaaaaaab aaaaaaaab aaaaaaaacb ");
        assert_eq!(words(&[(0, "a"), (-1, "a")]), "77777777a aaaaaaaaa ");
    }

    #[test]
    fn a_huge_document_has_few_words() {
        let text: String = ('\u{4e00}'..).take(MAX_TEXT / 3).collect();
        assert!(of(&text).len() > 5000);
        let terms = |count| (0..count).map(Term).collect::<Vec<_>>().into_iter();
        let words = |count, text: &str| of_terms(7, terms(count), text);
        assert!(has_threes(2, &text) && !has_threes(MAX_TERMS + 1, &text));
        let long = text + "long";
        assert!(!has_threes(2, &long));
        assert_eq!(words(2, &long).split(' ').count(), 3);
        assert_eq!(words(MAX_TERMS as u64 + 1, "text").split(' ').count(), 1);
    }

    #[test]
    fn numbers_keep_all_their_bits() {
        let word = |number| {
            let mut word = String::new();
            push_number(&mut word, number, TERM_LETTERS);
            word
        };
        assert_eq!(word(0), "aaaaaaaaaaaaa");
        assert_eq!(word(1), "aaaaaaaaaaaac");
        assert_eq!(word(u64::MAX), "7777777777776");
    }

    fn check(text: &str, threes: &[&str]) {
        let expression = containing(&ProjectId::new("p"), text);
        let asked: Vec<_> = expression.split(" AND ").map(|word| word[9..].to_owned()).collect();
        assert_eq!(asked, threes, "{text}");
    }

    #[test]
    fn a_text_is_asked_for_by_few_words_that_cover_it() {
        check("a", &["a\" *"]);
        check("ab", &["ab\" *"]);
        check("abc", &["abc\""]);
        check("abcd", &["abc\"", "bcd\""]);
        check("abcde", &["abc\"", "bcd\"", "cde\""]);
        let long = "x".repeat(100_000);
        assert!(containing(&ProjectId::new("p"), &long).len() < 1000);
    }
}
