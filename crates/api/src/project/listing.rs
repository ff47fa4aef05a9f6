//! A page on its way out, read from the store no faster than the client takes it.
//!
//! A page may have a thousand rows of the size of the largest body. Unless it is short, it is never in memory as a
//! whole: it is read in batches, each within a share of the budget that is reserved before the read, at what
//! the rows may come to, and kept at what they came to until they are sent. A batch starts behind the
//! last row of the one before, as a client's next page would.

use std::sync::Arc;

use actiond_core::Error;
use actiond_core::access::project_rule::GetAll;
use actiond_core::document::{Page, Search, StoredDocument};
use actiond_core::project::ActionId;
use actiond_core::usecase::BESIDE_BODY;
use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, HttpResponseBuilder};
use anyhow::anyhow;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde::Deserialize;

use super::guard::Allowed;
use super::query::parameter;
use super::wire::JSON;
use crate::pieces::{Outgoing, PIECE, Pieces};
use crate::rejection::Rejection;
use crate::services::{Api, point_read};

/// How many bytes of actions are read on the worker itself, at most: with what stands between them, one piece.
const SHORT_BYTES: usize = PIECE / 2;

/// What stands behind the last action.
const END: &str = "]}";

/// Why an answer ends before its end: the connection is closed, which the client sees.
type BrokenOff = Box<dyn std::error::Error>;

/// A list as it is asked for.
struct Asked {
    pass: Allowed<GetAll>,
    search: Search,
}

/// Where a list has got to.
pub(super) struct Listing {
    api: Data<Api>,
    asked: Arc<Asked>,
    /// What is still to be read; a limit of 0 is nothing.
    rest: Page,
    /// Whether a document has been read.
    begun: bool,
}

impl Listing {
    pub(super) fn new(api: Data<Api>, pass: Allowed<GetAll>, search: Search, page: Page) -> Self {
        Self { api, asked: Arc::new(Asked { pass, search }), rest: page, begun: false }
    }

    /// The answer, read on the worker itself, when that takes no longer than the way to another thread.
    async fn at_once(&self) -> Result<Option<HttpResponse>, Rejection> {
        if !self.asked.search.is_empty() {
            return Ok(None);
        }
        let project = &self.api.services.project;
        let look = |_: &Api| project.list_at_once(&self.asked.pass, &self.rest, SHORT_BYTES);
        let Some(found) = point_read(&self.api, look).await.map_err(parameter)? else {
            return Ok(None);
        };
        let mut reading = Reading::of(self);
        reading.add(found);
        reading.texts.push_str(END);
        let mut pieces = reading.texts.finish();
        // A connection may hold one piece uncounted.
        let sole = pieces.pop_front().filter(|_| pieces.is_empty());
        Ok(sole.map(|text| response().body(text)))
    }

    /// The answer: its first batch is read by now, so that what fails has a status.
    pub(super) async fn answer(mut self) -> Result<HttpResponse, Rejection> {
        if let Some(answer) = self.at_once().await? {
            return Ok(answer);
        }
        let (first, mut response) = (self.batch().await?, response());
        if self.rest.limit > 0 {
            return Ok(response.body(BodyStream::new(pieces(first, self))));
        }
        Ok(match first.sole() {
            Ok(text) => response.body(text),
            Err(first) => response.body(SizedStream::new(first.length(), first)),
        })
    }

    /// Reads as many rows as surely fit a batch.
    async fn batch(&mut self) -> Result<Outgoing, Rejection> {
        let (api, asked) = (self.api.clone(), self.asked.clone());
        let largest = api.settings.max_body + BESIDE_BODY;
        // A project may have two batches on their way, as long as no body is larger than one.
        let most =
            (api.settings.max_answers / 4 / largest).clamp(1, self.rest.limit as usize) * largest;
        let mut share = api.answers.take(asked.pass.project(), most).await?;
        let mut reading = Reading::of(self);
        let inside = api.clone();
        // The share goes with the work, also when the client has gone meanwhile.
        let reading = api.lists.run(move || {
            while reading.rest.limit > 0 {
                let rows = (most.saturating_sub(reading.bytes) / largest) as u32;
                if rows == 0 {
                    break;
                }
                reading.read(&inside, &asked, rows)?;
            }
            let fits = inside.answers.resize(&mut share, reading.bytes);
            if fits { Ok((reading, share)) } else { Err(Rejection::Busy) }
        });
        let (mut reading, share) = reading.await?;
        if reading.rest.limit == 0 {
            reading.texts.push_str(END);
        }
        (self.rest, self.begun) = (reading.rest, reading.begun);
        Ok(Outgoing::new(reading.texts.finish(), share, api.settings.write_timeout))
    }
}

/// A batch in the making.
struct Reading {
    rest: Page,
    begun: bool,
    texts: Pieces,
    bytes: usize,
}

impl Reading {
    fn of(listing: &Listing) -> Self {
        let mut texts = Pieces::default();
        if !listing.begun {
            texts.push_str("{\"actions\":[");
        }
        Self { rest: listing.rest.clone(), begun: listing.begun, texts, bytes: 0 }
    }

    /// Reads up to so many rows more.
    fn read(&mut self, api: &Api, asked: &Asked, rows: u32) -> Result<(), Rejection> {
        let page = Page { limit: self.rest.limit.min(rows), ..self.rest.clone() };
        let found = api.services.project.list(&asked.pass, &asked.search, &page);
        let found = found.map_err(parameter)?;
        self.rest.limit -= page.limit;
        if found.len() < page.limit as usize {
            self.rest.limit = 0;
        }
        if let Some(last) = found.last().filter(|_| self.rest.limit > 0) {
            (self.rest.after, self.rest.skip) = (Some(id(last)?), 0);
        }
        self.add(found);
        Ok(())
    }

    fn add(&mut self, found: Vec<StoredDocument>) {
        for document in found {
            if std::mem::replace(&mut self.begun, true) {
                self.texts.push_str(",");
            }
            self.bytes += document.text.len() + 1;
            self.texts.push(document.text);
        }
    }
}

fn response() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, JSON));
    response
}

/// The pieces of a batch, and then of those that follow it.
fn pieces(first: Outgoing, then: Listing) -> impl Stream<Item = Result<Bytes, BrokenOff>> {
    try_unfold((Some(first), then), |(mut batch, mut then)| async move {
        loop {
            if let Some(piece) = batch.as_mut().map(Outgoing::piece).transpose()?.flatten() {
                return Ok(Some((piece, (batch, then))));
            }
            // Its bytes go back before others are asked for.
            drop(batch.take());
            if then.rest.limit == 0 {
                return Ok(None);
            }
            batch = Some(then.batch().await?);
        }
    })
}

/// The id of a document, from its text.
fn id(document: &StoredDocument) -> Result<ActionId, Error> {
    #[derive(Deserialize)]
    struct Named {
        action_id: String,
    }
    let named: Named = serde_json::from_str(&document.text)
        .map_err(|error| Error::Internal(anyhow!(error).context("a stored action has no id")))?;
    ActionId::parse(&named.action_id)
}
