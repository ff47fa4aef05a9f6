//! New project actions: all that wait go to the database in one statement.
//!
//! A way to the database and back takes longer than storing a row. Who comes first asks the writer
//! for a turn; until it comes, others join.

use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use futures_channel::oneshot;

use super::errors::again;
use super::search_index::chunks;
use super::tables::convert::to_column;
use super::tables::project::{NewAction, markers};
use super::tables::writer::{in_savepoint, lost};
use super::{Connection, Database, Fault};

/// How many bytes of documents go to the database in one statement, but for the last document.
const MAX_BYTES: usize = 4 * 1024 * 1024;

type Answer = oneshot::Sender<Result<(), Fault>>;

/// New actions that wait for their turn.
#[derive(Default)]
pub(super) struct Creates(Mutex<Vec<(NewAction, Answer)>>);

impl Creates {
    /// Adds an action; answers whether it is the first that waits.
    fn add(&self, new: NewAction, answer: Answer) -> bool {
        let mut waiting = self.waiting();
        waiting.push((new, answer));
        waiting.len() == 1
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(NewAction, Answer)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of all that wait. When it never comes, they hear of it.
struct Turn(Option<Arc<Creates>>);

impl Turn {
    fn take(&mut self) -> Vec<(NewAction, Answer)> {
        self.0.take().map_or(vec![], |creates| mem::take(&mut *creates.waiting()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.take();
    }
}

/// Has a new action stored, together with others; the answer comes when it is on the disk.
pub(crate) fn insert(
    database: &Database,
    new: NewAction,
) -> impl Future<Output = Result<(), Fault>> + Send + 'static {
    let (answer, wait) = oneshot::channel();
    if database.creates.add(new, answer) {
        let mut turn = Turn(Some(database.creates.clone()));
        let connector = database.connector.clone();
        database.send(Box::new(move |connection| {
            let (new, answers): (Vec<_>, Vec<_>) = turn.take().into_iter().unzip();
            let epoch = connector.epoch();
            let stored = in_savepoint(connection, |connection| store(connection, new))?
                .inspect_err(|fault| connector.doubt(epoch, fault));
            Ok(Box::new(move || tell(answers, &stored)))
        }));
    }
    async move { wait.await.unwrap_or_else(|_| Err(lost())) }
}

/// Stores a new action in the transaction that is under way.
pub(crate) fn insert_now(connection: &mut Connection, new: NewAction) -> Result<(), Fault> {
    match store(connection, vec![new])?.as_slice() {
        [true] => Ok(()),
        _ => Err(Fault::Taken),
    }
}

/// Tells each whether its action is stored.
fn tell(answers: Vec<Answer>, stored: &Result<Vec<bool>, Fault>) {
    for (number, answer) in answers.into_iter().enumerate() {
        let _ = answer.send(match stored {
            Ok(stored) if stored[number] => Ok(()),
            Ok(_) => Err(Fault::Taken),
            Err(fault) => Err(again(fault)),
        });
    }
}

/// Stores the actions whose ids are free, and answers for each whether it is.
fn store(connection: &mut Connection, new: Vec<NewAction>) -> Result<Vec<bool>, Fault> {
    let (mut keys, mut columns, mut stored) = (vec![], Columns::default(), HashSet::new());
    let mut asked = HashSet::new();
    for new in new {
        let key = (new.key.project.clone(), new.key.id.clone());
        // Of several with one id, the first may be stored.
        let is_first = asked.insert(key.clone());
        keys.push((key, is_first));
        if !is_first {
            continue;
        }
        columns.push(new)?;
        if columns.bytes > MAX_BYTES {
            stored.extend(mem::take(&mut columns).store(connection)?);
        }
    }
    stored.extend(columns.store(connection)?);
    Ok(keys.into_iter().map(|(key, is_first)| is_first && stored.contains(&key)).collect())
}

/// Rows, column by column, as the statement takes them.
#[derive(Default, QueryId)]
struct Columns {
    projects: Vec<String>,
    ids: Vec<String>,
    versions: Vec<i64>,
    documents: Vec<String>,
    /// Since when a marker is young, in microseconds.
    young: Vec<i64>,
    tags: Vec<i64>,
    searchables: Vec<String>,
    terms: Parts<i64>,
    /// What each row is found by, before it is gathered in chunks.
    tokens: Vec<Vec<i32>>,
    /// For each row, the number of its chunk, from 1.
    in_chunk: Vec<i32>,
    chunk_tags: Vec<i64>,
    chunks: Parts<i32>,
    /// How long the documents are.
    bytes: usize,
}

/// Lists, one after the other.
#[derive(Default)]
struct Parts<T> {
    all: Vec<T>,
    /// The numbers, from 1, of the first and the last of each list.
    first: Vec<i32>,
    last: Vec<i32>,
}

impl<T> Parts<T> {
    fn push(&mut self, list: Vec<T>) -> Result<(), Fault> {
        self.first.push(to_number(self.all.len() + 1)?);
        self.all.extend(list);
        self.last.push(to_number(self.all.len())?);
        Ok(())
    }
}

fn to_number(count: usize) -> Result<i32, Fault> {
    i32::try_from(count).map_err(|error| Fault::Internal(error.into()))
}

impl Columns {
    fn push(&mut self, new: NewAction) -> Result<(), Fault> {
        self.projects.push(new.key.project);
        self.ids.push(new.key.id);
        self.bytes += new.document.text.len();
        self.versions.push(to_column(new.document.version)?);
        self.documents.push(new.document.text);
        self.young.push(markers::young_since(new.now));
        self.tags.push(new.entry.tag);
        self.searchables.push(new.entry.searchable);
        self.tokens.push(new.entry.tokens);
        self.terms.push(new.entry.terms)
    }

    /// Stores the rows whose ids are free; answers which these were.
    fn store(mut self, connection: &mut Connection) -> Result<Vec<(String, String)>, Fault> {
        let tokens = self.tags.iter().copied().zip(self.tokens.iter().map(Vec::as_slice));
        let (gathered, numbers) = chunks::gather(tokens);
        self.in_chunk = numbers.into_iter().map(|n| to_number(n + 1)).collect::<Result<_, _>>()?;
        for chunk in gathered {
            self.chunk_tags.push(chunk.tag);
            self.chunks.push(chunk.tokens)?;
        }
        let mut stored = vec![];
        for (number, place) in self.load::<(i64, Option<i64>)>(connection)? {
            let row = usize::try_from(number - 1).map_err(|error| Fault::Internal(error.into()))?;
            if let Some(seq) = place {
                chunks::follow(connection, self.tags[row], seq)?;
            }
            stored.push((self.projects[row].clone(), self.ids[row].clone()));
        }
        Ok(stored)
    }
}

/// Stores the rows whose ids are free, at the places of their markers or at the end, and answers the
/// numbers of these, from 1, with the places. A row at such a place is in no chunk yet.
impl QueryFragment<Pg> for Columns {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH given AS (SELECT * FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.projects)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.versions)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.documents)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.young)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.tags)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.searchables)?;
        for list in [&self.terms.first, &self.terms.last, &self.in_chunk] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Integer>, _>(list)?;
        }
        out.push_sql(
            ") WITH ORDINALITY AS given (
                project_id, action_id, version, document, young, tag, searchable,
                first_term, last_term, in_chunk, number
            )), chunk AS (SELECT * FROM unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.chunk_tags)?;
        for list in [&self.chunks.first, &self.chunks.last] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Integer>, _>(list)?;
        }
        out.push_sql(
            ") WITH ORDINALITY AS chunk (tag, first_token, last_token, number)
            ), place AS (
                DELETE FROM project_action_markers AS marker USING given
                WHERE marker.project_id = given.project_id AND marker.action_id = given.action_id
                RETURNING given.number, marker.seq, marker.removed_at > given.young AS is_young
            ), wanted AS (
                SELECT given.*, place.seq FROM given
                LEFT JOIN place ON place.number = given.number AND place.is_young
            ), stored AS (
                INSERT INTO project_actions (seq, project_id, action_id, version, document)
                SELECT coalesce(seq, nextval('project_actions_seq_seq')),
                    project_id, action_id, version, document
                FROM wanted ORDER BY number
                ON CONFLICT (project_id, action_id) DO NOTHING
                RETURNING seq, project_id, action_id
            ), new AS (
                SELECT stored.seq, wanted.seq AS place, number, tag, in_chunk, searchable,
                    first_term, last_term
                FROM stored JOIN wanted ON stored.project_id = wanted.project_id
                    AND stored.action_id = wanted.action_id
            ), found AS (
                INSERT INTO project_search (project, seq, terms, searchable)
                SELECT tag, seq, (",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.terms.all)?;
        out.push_sql(
            ")[first_term:last_term], searchable FROM new
            ), gathered AS (
                INSERT INTO project_search_chunks (project, first, last, tokens)
                SELECT chunk.tag, min(seq), max(seq), (",
        );
        out.push_bind_param::<Array<Integer>, _>(&self.chunks.all)?;
        out.push_sql(
            ")[chunk.first_token:chunk.last_token]
                FROM new JOIN chunk ON chunk.number = new.in_chunk WHERE place IS NULL
                GROUP BY chunk.number, chunk.tag, chunk.first_token, chunk.last_token
            ) SELECT number, place FROM new",
        );
        Ok(())
    }
}

impl Query for Columns {
    type SqlType = (BigInt, Nullable<BigInt>);
}

impl RunQueryDsl<Connection> for &Columns {}
