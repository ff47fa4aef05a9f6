//! How many actions stand where, so that a page anywhere in a long list is found by a few sums. The
//! database counts by itself, by triggers.

use std::ops::Range;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::backend::{Connection, Fault};
use crate::schema::project_action_counts as counts;
use crate::schema::project_actions as actions;

/// A level of blocks: its number, and the bits of a seq that are inside a block.
type Level = (i32, u32);
const SMALL: Level = (1, 7);
const LARGE: Level = (2, 14);

/// Passes over `skip` actions from `from` on: a seq not far below the next one, and how many still
/// to pass over from there. None when there are not so many.
pub(super) fn skip(
    connection: &mut Connection,
    project: &str,
    from: i64,
    skip: i64,
) -> Result<Option<(i64, i64)>, Fault> {
    if skip == 0 {
        return Ok(Some((from, 0)));
    }
    let before = if from == 0 { 0 } else { rank(connection, project, from)? };
    let rank = before.saturating_add(skip);
    let Some((block, rest)) = holding(connection, project, LARGE, 0..i64::MAX, rank)? else {
        return Ok(None);
    };
    let inside = start(LARGE, block)..start(LARGE, block + 1);
    let block = holding(connection, project, SMALL, inside, rest)?;
    Ok(block.map(|(block, rest)| (start(SMALL, block), rest)))
}

/// How many actions of the project stand before `seq`.
fn rank(connection: &mut Connection, project: &str, seq: i64) -> Result<i64, Fault> {
    let (in_large, in_small) = (floor(LARGE, seq), floor(SMALL, seq));
    let large = count(connection, project, LARGE, 0..in_large)?;
    let small = count(connection, project, SMALL, in_large..in_small)?;
    let single: i64 = actions::table
        .filter(actions::project_id.eq(project))
        .filter(actions::seq.ge(in_small).and(actions::seq.lt(seq)))
        .count()
        .get_result(connection)?;
    Ok(large + small + single)
}

/// How many actions stand in the blocks of these seqs.
fn count(
    connection: &mut Connection,
    project: &str,
    (level, bits): Level,
    seqs: Range<i64>,
) -> Result<i64, Fault> {
    let blocks = blocks(project, level, seqs.start >> bits, seqs.end >> bits);
    let blocks: Vec<Block> = blocks.load(connection)?;
    Ok(blocks.iter().map(|(_, live)| live).sum())
}

/// A block, and how many actions stand in it.
type Block = (i64, i64);

/// The blocks of a level from the first to before the last, in order, each with its count.
#[diesel::dsl::auto_type(no_type_alias)]
fn blocks(project: &str, level: i32, first: i64, last: i64) -> _ {
    let of_level = counts::project_id.eq(project).and(counts::level.eq(level));
    let of_blocks = counts::block.ge(first).and(counts::block.lt(last));
    let columns: (counts::block, counts::live) = (counts::block, counts::live);
    counts::table.filter(of_level).filter(of_blocks).order(counts::block).select(columns)
}

/// The block of these seqs in which the action of this rank stands, and its rank there.
fn holding(
    connection: &mut Connection,
    project: &str,
    (level, bits): Level,
    seqs: Range<i64>,
    mut rank: i64,
) -> Result<Option<Block>, Fault> {
    let blocks = blocks(project, level, seqs.start >> bits, seqs.end >> bits);
    for block in blocks.load_iter::<Block, DefaultLoadingMode>(connection)? {
        let (block, live) = block?;
        if rank < live {
            return Ok(Some((block, rank)));
        }
        rank -= live;
    }
    Ok(None)
}

/// The first seq of a block.
fn start((_, bits): Level, block: i64) -> i64 {
    block << bits
}

/// The first seq of the block that has `seq`.
fn floor((_, bits): Level, seq: i64) -> i64 {
    seq >> bits << bits
}

#[cfg(test)]
mod tests {
    use super::super::backend::Connection;
    use super::super::backend::testing::{Scratch, apply};
    use super::*;

    /// Actions at these seqs, and some of another project between them.
    fn with_actions(seqs: &[i64]) -> (Scratch, Connection) {
        let scratch = Scratch::new();
        let mut connection = scratch.connect();
        apply(&mut connection).unwrap();
        for (project, seq) in seqs.iter().flat_map(|seq| [("p", *seq), ("q", *seq + 1)]) {
            let row = (
                actions::seq.eq(seq),
                actions::project_id.eq(project),
                actions::action_id.eq(seq.to_string()),
                actions::version.eq(1),
                actions::document.eq("{}"),
            );
            diesel::insert_into(actions::table).values(row).execute(&mut connection).unwrap();
        }
        (scratch, connection)
    }

    fn remove(connection: &mut Connection, seq: i64) {
        diesel::delete(actions::table.find(seq)).execute(connection).unwrap();
    }

    /// The seq that a page starts with.
    fn first(connection: &mut Connection, from: i64, passed_over: i64) -> Option<i64> {
        let (from, rest) = skip(connection, "p", from, passed_over).unwrap()?;
        assert!((0..128).contains(&rest), "{rest}");
        let rows = actions::table.filter(actions::project_id.eq("p").and(actions::seq.ge(from)));
        let row = rows.order(actions::seq).offset(rest).select(actions::seq);
        row.get_result(connection).optional().unwrap()
    }

    #[test]
    fn every_place_is_found_across_all_blocks() {
        let mut seqs: Vec<i64> = (1..100).map(|n| n * n * 6 + n).collect();
        let (_scratch, mut connection) = with_actions(&seqs);
        for gone in seqs.extract_if(.., |seq| *seq % 5 == 0 || (2000..20_000).contains(seq)) {
            remove(&mut connection, gone);
        }
        assert!(seqs.last().is_some_and(|last| last >> 14 > 2), "{seqs:?}");
        for from in [0, 1, 8, 127, 128, 1999, 16_383, 16_384, 40_000, 60_000] {
            let behind: Vec<i64> = seqs.iter().copied().filter(|seq| *seq >= from).collect();
            for passed_over in 0..=behind.len() {
                let expected = behind.get(passed_over).copied();
                let found = first(&mut connection, from, passed_over as i64);
                assert_eq!(found, expected, "{passed_over} from {from}");
            }
        }
    }

    #[test]
    fn nothing_is_left_of_what_is_gone() {
        let (_scratch, mut connection) = with_actions(&[1, 200, 20_000]);
        for seq in [1, 2, 200, 201, 20_000, 20_001] {
            remove(&mut connection, seq);
        }
        let left: i64 = counts::table.count().get_result(&mut connection).unwrap();
        assert_eq!(left, 0);
    }
}
