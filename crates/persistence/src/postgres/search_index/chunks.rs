//! The tokens of a few actions together.
//!
//! What comes together has most tokens in common: sixteen actions have about four times as many as
//! one, and the index costs by the token. What is found by a chunk's tokens is looked at, action by
//! action. A chunk has the tokens of its actions as they are: a change of one is a change of the chunk.

use std::collections::HashMap;

use actiond_core::document::Term;
use diesel::prelude::*;

use super::{Tag, project_search as index, tokens};
use crate::postgres::{Connection, Fault};

diesel::table! {
    project_search_chunks (project, first) {
        project -> BigInt,
        first -> BigInt,
        last -> BigInt,
        tokens -> Array<Integer>,
    }
}
use project_search_chunks as chunks;

/// How many actions are one chunk at most, and how many tokens are enough for one.
const MAX_ACTIONS: usize = 16;
const MAX_TOKENS: usize = 8192;

/// A chunk that is to be stored.
pub(crate) struct Chunk {
    pub(crate) tag: Tag,
    pub(crate) tokens: Vec<i32>,
    actions: usize,
}

/// Puts new actions, in their order, into chunks. Answers these, and for each action the number of its
/// chunk.
pub(crate) fn gather<'a>(
    actions: impl Iterator<Item = (Tag, &'a [i32])>,
) -> (Vec<Chunk>, Vec<usize>) {
    let (mut gathered, mut numbers, mut open) = (Vec::<Chunk>::new(), vec![], HashMap::new());
    for (tag, tokens) in actions {
        let has_room = |number: &&usize| {
            let chunk = &gathered[**number];
            chunk.actions < MAX_ACTIONS && chunk.tokens.len() + tokens.len() <= MAX_TOKENS
        };
        let number = open.get(&tag).filter(has_room).copied().unwrap_or(gathered.len());
        if number == gathered.len() {
            gathered.push(Chunk { tag, tokens: vec![], actions: 0 });
            open.insert(tag, number);
        }
        gathered[number].tokens.extend_from_slice(tokens);
        gathered[number].actions += 1;
        numbers.push(number);
    }
    gathered.iter_mut().for_each(|chunk| sort(&mut chunk.tokens));
    (gathered, numbers)
}

fn sort(tokens: &mut Vec<i32>) {
    tokens.sort_unstable();
    tokens.dedup();
}

/// Stores chunks of actions that stand between two seqs each.
pub(super) fn insert(
    connection: &mut Connection,
    gathered: Vec<(Chunk, i64, i64)>,
) -> Result<(), Fault> {
    let rows: Vec<_> = gathered
        .into_iter()
        .map(|(chunk, first, last)| {
            (
                chunks::project.eq(chunk.tag),
                chunks::first.eq(first),
                chunks::last.eq(last),
                chunks::tokens.eq(chunk.tokens),
            )
        })
        .collect();
    diesel::insert_into(chunks::table).values(rows).execute(connection)?;
    Ok(())
}

/// The action at `seq` was stored, changed or removed: its chunk follows, or comes, or goes.
pub(crate) fn follow(connection: &mut Connection, tag: Tag, seq: i64) -> Result<(), Fault> {
    let before = chunks::table.filter(chunks::project.eq(tag)).filter(chunks::first.le(seq));
    let before = before.order(chunks::first.desc()).select((chunks::first, chunks::last));
    let covers = |(_, last): &(i64, i64)| *last >= seq;
    let chunk = before.limit(1).get_result(connection).optional()?.filter(covers);
    let (first, last) = chunk.unwrap_or((seq, seq));
    let actions = index::table.filter(index::project.eq(tag));
    let actions = actions.filter(index::seq.between(first, last));
    let rows = actions.select((index::terms, index::searchable));
    let rows: Vec<(Vec<i64>, String)> = rows.load(connection)?;
    if rows.is_empty() {
        diesel::delete(chunks::table.find((tag, first))).execute(connection)?;
        return Ok(());
    }
    let of_row = |(terms, searchable): (Vec<i64>, String)| {
        let terms: Vec<Term> = terms.into_iter().map(|term| Term(term.cast_unsigned())).collect();
        tokens::of_document(tag, &terms, &searchable)
    };
    let mut tokens: Vec<i32> = rows.into_iter().flat_map(of_row).collect();
    sort(&mut tokens);
    let set = (chunks::last.eq(last), chunks::tokens.eq(tokens));
    diesel::insert_into(chunks::table)
        .values((chunks::project.eq(tag), chunks::first.eq(first), set.clone()))
        .on_conflict((chunks::project, chunks::first))
        .do_update()
        .set(set)
        .execute(connection)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_of_a_project_come_together_as_long_as_there_is_room() {
        let few: Vec<i32> = (0..10).rev().collect();
        let many: Vec<i32> = (0..8180).collect();
        let actions = [(1, &few), (2, &few), (1, &few), (1, &many), (1, &few), (2, &few)];
        let (chunks, numbers) = gather(actions.into_iter().map(|(tag, tokens)| (tag, &tokens[..])));
        assert_eq!(numbers, [0, 1, 0, 2, 2, 1]);
        let shapes: Vec<_> = chunks.iter().map(|chunk| (chunk.tag, chunk.tokens.len())).collect();
        assert_eq!(shapes, [(1, 10), (2, 10), (1, 8180)]);
        assert!(chunks.iter().all(|chunk| chunk.tokens.is_sorted()));
        let (_, numbers) = gather((0..40).map(|_| (1, &few[..])));
        assert_eq!((numbers[15], numbers[16], numbers[39]), (0, 1, 2));
    }
}
