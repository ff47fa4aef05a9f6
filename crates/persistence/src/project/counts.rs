//! How many actions stand where, so that a page anywhere in a long list is found by a few sums.

use diesel::prelude::*;

use crate::connection::Connection;
use crate::errors::Fault;
use crate::schema::project_action_counts as counts;
use crate::schema::project_actions as actions;

/// A level of blocks: its number, and the bits of a seq that are inside a block.
type Level = (i32, u32);
const SMALL: Level = (1, 7);
const LARGE: Level = (2, 14);

/// An action stands at `seq` from now on.
pub(super) fn add(connection: &mut Connection, project: &str, seq: i64) -> Result<(), Fault> {
    for (level, bits) in [SMALL, LARGE] {
        let block = counts::table.find((project, level, seq >> bits));
        let more = diesel::update(block).set(counts::live.eq(counts::live + 1));
        if more.execute(connection)? == 0 {
            let first = (
                counts::project_id.eq(project),
                counts::level.eq(level),
                counts::block.eq(seq >> bits),
                counts::live.eq(1),
            );
            diesel::insert_into(counts::table).values(first).execute(connection)?;
        }
    }
    Ok(())
}

/// No action stands at `seq` any more.
pub(super) fn subtract(connection: &mut Connection, project: &str, seq: i64) -> Result<(), Fault> {
    for (level, bits) in [SMALL, LARGE] {
        let block = counts::table.find((project, level, seq >> bits));
        diesel::update(block).set(counts::live.eq(counts::live - 1)).execute(connection)?;
        diesel::delete(block.filter(counts::live.le(0))).execute(connection)?;
    }
    Ok(())
}

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
    let rank = rank(connection, project, from)?.saturating_add(skip);
    let large = blocks(connection, project, LARGE, 0, i64::MAX)?;
    let Some((block, rest)) = holding(&large, rank) else { return Ok(None) };
    let small = blocks(connection, project, SMALL, start(LARGE, block), start(LARGE, block + 1))?;
    Ok(holding(&small, rest).map(|(block, rest)| (start(SMALL, block), rest)))
}

/// How many actions of the project stand before `seq`.
fn rank(connection: &mut Connection, project: &str, seq: i64) -> Result<i64, Fault> {
    let (in_large, in_small) = (floor(LARGE, seq), floor(SMALL, seq));
    let large = blocks(connection, project, LARGE, 0, in_large)?;
    let small = blocks(connection, project, SMALL, in_large, in_small)?;
    let single: i64 = actions::table
        .filter(actions::project_id.eq(project))
        .filter(actions::seq.ge(in_small).and(actions::seq.lt(seq)))
        .count()
        .get_result(connection)?;
    Ok(large.iter().chain(&small).map(|(_, live)| live).sum::<i64>() + single)
}

/// The blocks between two seqs, in order, each with its count.
fn blocks(
    connection: &mut Connection,
    project: &str,
    (level, bits): Level,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64)>, Fault> {
    let of_level = counts::project_id.eq(project).and(counts::level.eq(level));
    let rows = counts::table
        .filter(of_level)
        .filter(counts::block.ge(from >> bits).and(counts::block.lt(to >> bits)))
        .order(counts::block)
        .select((counts::block, counts::live));
    Ok(rows.load(connection)?)
}

/// The block in which the action of this rank stands, and its rank there.
fn holding(blocks: &[(i64, i64)], mut rank: i64) -> Option<(i64, i64)> {
    for (block, live) in blocks {
        if rank < *live {
            return Some((*block, rank));
        }
        rank -= live;
    }
    None
}

/// The first seq of a block.
fn start((_, bits): Level, block: i64) -> i64 {
    block << bits
}

/// The first seq of the block that has `seq`.
fn floor((_, bits): Level, seq: i64) -> i64 {
    seq >> bits << bits
}
