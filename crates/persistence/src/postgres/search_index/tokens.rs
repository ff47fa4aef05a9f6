//! The tokens under which the index keeps an action.
//!
//! A token is half a hash: what it finds has to be looked at. The tokens of a huge document would hold
//! up all who write. One with a long text has a token that says so instead of those of its text, and
//! one with many terms has such a token alone: searches look at these documents themselves.

use actiond_core::document::{Plan, Term};

use super::Tag;
use crate::threes::{covering, threes};

/// Longest text whose threes are tokens, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// How many terms are tokens at most.
const MAX_TERMS: usize = 1024;

/// What says that a text is longer, or that the terms are more: no three characters.
const LONG_TEXT: u64 = u64::MAX;
const MANY_TERMS: u64 = u64::MAX - 1;

/// All tokens of a document, each once.
pub(super) fn of_document(tag: Tag, terms: &[Term], searchable: &str) -> Vec<i32> {
    if terms.len() > MAX_TERMS {
        return vec![of_three(tag, MANY_TERMS)];
    }
    let mut tokens: Vec<i32> = terms.iter().map(of_term).collect();
    if searchable.len() > MAX_TEXT {
        tokens.push(of_three(tag, LONG_TEXT));
    } else {
        tokens.extend(threes(searchable).into_iter().map(|three| of_three(tag, three)));
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// The tokens that every indexed document has that satisfies a plan; none when the index is no help.
pub(super) fn wanted(tag: Tag, plan: &Plan) -> Vec<i32> {
    // That it is of the project, all documents say that are asked.
    let says_something = |term: &&Term| term.0.cast_signed() != tag;
    let mut tokens: Vec<i32> = plan.required.iter().filter(says_something).map(of_term).collect();
    let threes = plan.contains.iter().flat_map(|text| covering(text));
    tokens.extend(threes.map(|three| of_three(tag, three)));
    tokens
}

/// The tokens of documents that do not say whether they satisfy a plan.
pub(super) fn unindexed(tag: Tag, plan: &Plan) -> Vec<i32> {
    let mut tokens = vec![of_three(tag, MANY_TERMS)];
    tokens.extend(plan.contains.iter().map(|_| of_three(tag, LONG_TEXT)));
    tokens
}

/// A term is a hash already.
fn of_term(term: &Term) -> i32 {
    (term.0 >> 32) as i32
}

/// Mixes all bits of the project and of the characters (the end of SplitMix64).
fn of_three(tag: Tag, three: u64) -> i32 {
    let mut mixed = three ^ tag.cast_unsigned();
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 32) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(contains: &str) -> Plan {
        Plan { required: vec![Term(7)], excluded: vec![], contains: Some(contains.to_owned()) }
    }

    #[test]
    fn a_document_has_the_tokens_of_every_plan_that_it_satisfies() {
        let terms = [Term(7), Term(1 << 40)];
        let tokens = of_document(7, &terms, "some text\u{1f}é\u{1f}");
        for contains in ["some text", "ome t", "xt", "é"] {
            let wanted = wanted(7, &plan(contains));
            assert!(wanted.iter().all(|token| tokens.contains(token)), "{contains}");
        }
        assert_eq!(wanted(7, &plan("é")), [0; 0], "the index is no help");
        let other = wanted(8, &Plan { required: vec![Term(8)], ..plan("some") });
        assert!(!other.iter().any(|token| tokens.contains(token)), "another project's");
    }

    #[test]
    fn a_huge_document_has_few_tokens() {
        let text: String = ('\u{4e00}'..).take(MAX_TEXT / 3).collect();
        assert!(of_document(7, &[], &text).len() > 5000);
        assert_eq!(of_document(7, &[Term(1)], &(text + "long")).len(), 2);
        let many: Vec<Term> = (0..=MAX_TERMS as u64).map(|n| Term(n << 32)).collect();
        assert_eq!(
            of_document(7, &many, "text"),
            unindexed(7, &Plan { contains: None, ..plan("") })
        );
    }
}
