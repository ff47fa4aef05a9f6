//! Reads of project actions by key: those that wait together go to the database together.
//!
//! A way to the database and back takes several times as long as to find a row there.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use actiond_core::document::{Page, StoredDocument};
use actiond_core::ports::PageAnswer;
use actiond_core::project::{ActionId, ProjectId};
use actiond_core::{Pending, Timestamp};
use anyhow::anyhow;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Text};
use futures_channel::oneshot;

use super::errors::again;
use super::pool::Pool;
use super::tables::project::{Key, stored};
use super::{Connection, Database, Fault};

/// How many threads ask the database: while one waits, what comes gathers for the next.
const THREADS: usize = 2;

/// How many reads go together at most.
const MAX_BATCH: usize = 64;

type Answer = oneshot::Sender<Result<Option<StoredDocument>, Fault>>;
type Asked = (Key, Answer);

/// The threads that read.
pub(super) struct Finds {
    /// Present until they are to end.
    asked: Option<Sender<Asked>>,
    threads: Vec<JoinHandle<()>>,
}

impl Finds {
    pub(super) fn start(pool: &Arc<Pool>) -> Result<Self, Fault> {
        let (asked, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut finds = Self { asked: Some(asked), threads: vec![] };
        for _ in 0..THREADS {
            let (waiting, pool) = (waiting.clone(), pool.clone());
            let thread = Builder::new()
                .name("store-finds".to_owned())
                .spawn(move || serve(&waiting, &pool))
                .map_err(|error| Fault::Internal(error.into()))?;
            finds.threads.push(thread);
        }
        Ok(finds)
    }

    fn ask(&self, key: Key, answer: Answer) {
        if let Some(asked) = &self.asked {
            // What cannot be sent is dropped, and whoever waits for it hears of that.
            let _ = asked.send((key, answer));
        }
    }
}

impl Drop for Finds {
    fn drop(&mut self) {
        drop(self.asked.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Has an action looked for, together with others.
pub(crate) fn find(
    database: &Database,
    project: &ProjectId,
    id: &ActionId,
) -> Pending<Option<StoredDocument>> {
    let (answer, wait) = oneshot::channel();
    database.finds.ask(Key::new(project, id), answer);
    Pending::new(async { Ok(wait.await.unwrap_or_else(|_| Err(unanswered()))?) })
}

/// None: a page is worth a way to the database of its own.
pub(crate) fn short_page(
    _: &Database,
    _: &ProjectId,
    _: &Page,
    _: usize,
    _: Timestamp,
) -> Pending<Option<PageAnswer>> {
    Ok(None).into()
}

/// The thread that was to answer has met a defect.
fn unanswered() -> Fault {
    Fault::Internal(anyhow!("a read was not answered"))
}

/// Answers batch after batch until nobody can ask any more.
fn serve(waiting: &Mutex<Receiver<Asked>>, pool: &Pool) {
    while let Some((keys, answers)) = next(waiting) {
        let look = || look(&mut *pool.get()?, &keys);
        match catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| Err(unanswered())) {
            Ok(found) => iter::zip(answers, found).for_each(|(answer, found)| {
                let _ = answer.send(Ok(found));
            }),
            Err(fault) => answers.into_iter().for_each(|answer| {
                let _ = answer.send(Err(again(&fault)));
            }),
        }
    }
}

/// What waits, without those whose askers have gone; waits until there is something.
fn next(waiting: &Mutex<Receiver<Asked>>) -> Option<(Vec<Key>, Vec<Answer>)> {
    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let is_awaited = |(_, answer): &Asked| !answer.is_canceled();
    let first = iter::from_fn(|| waiting.recv().ok()).find(is_awaited)?;
    let more = waiting.try_iter().filter(is_awaited).take(MAX_BATCH - 1);
    Some(iter::once(first).chain(more).unzip())
}

/// Looks for all these, in their order.
fn look(connection: &mut Connection, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, Fault> {
    let wanted = Wanted {
        projects: keys.iter().map(|key| &*key.project).collect(),
        ids: keys.iter().map(|key| &*key.id).collect(),
    };
    let mut found = vec![None; keys.len()];
    for (number, version, document) in wanted.load::<(i64, i64, String)>(connection)? {
        let place = usize::try_from(number - 1).ok().and_then(|number| found.get_mut(number));
        if let Some(place) = place {
            *place = Some(stored((version, document))?);
        }
    }
    Ok(found)
}

/// The documents of these actions, with their numbers among them, from 1.
struct Wanted<'a> {
    projects: Vec<&'a str>,
    ids: Vec<&'a str>,
}

impl QueryFragment<Pg> for Wanted<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT number, version, document FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.projects)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.ids)?;
        out.push_sql(
            ") WITH ORDINALITY AS wanted (project_id, action_id, number) CROSS JOIN LATERAL (
                SELECT version, document FROM project_actions AS action
                WHERE action.project_id = wanted.project_id AND action.action_id = wanted.action_id
                OFFSET 0
            ) AS found",
        );
        Ok(())
    }
}

impl QueryId for Wanted<'_> {
    type QueryId = Wanted<'static>;
}

impl Query for Wanted<'_> {
    type SqlType = (BigInt, BigInt, Text);
}

impl RunQueryDsl<Connection> for Wanted<'_> {}
