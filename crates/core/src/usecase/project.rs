//! What can be done with project actions.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Attempt, Precondition, until_swapped};
use crate::Pending;
use crate::access::{ProjectPass, project_rule as rule};
use crate::document::{Indexed, Page, Search, StoredDocument, unknown_marker};
use crate::error::{Error, Result, shown};
use crate::once::{Receipt, Request, RequestKey, once};
use crate::ports::{Clock, Ids, Inserted, PageAnswer, ProjectActionRepository, Swapped};
use crate::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};

/// What a write left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The action's id.
    pub id: ActionId,
    /// Its version now.
    pub version: u64,
    /// It was written before, under the key of the request.
    pub is_replay: bool,
}

impl Written {
    fn new(id: ActionId, version: u64) -> Self {
        Self { id, version, is_replay: false }
    }
}

/// The use cases of project actions.
#[derive(Clone)]
pub struct ProjectActions {
    repository: Arc<dyn ProjectActionRepository>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    largest: usize,
}

/// What a stored action has beside the body that it was made of, in bytes: ids and defaults.
pub const BESIDE_BODY: usize = 1024;

impl ProjectActions {
    /// The use cases over a store.
    pub fn new(
        repository: Arc<dyn ProjectActionRepository>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { repository, ids, clock, largest: usize::MAX }
    }

    /// Keeps an action from becoming larger than a body of so many bytes, and what stands beside it.
    #[must_use]
    pub fn with_largest_body(self, bytes: usize) -> Self {
        Self { largest: bytes.saturating_add(BESIDE_BODY), ..self }
    }

    /// A page of the project's actions that `search` finds, in creation order.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the page's marker is unknown, or its offset too far for a search for
    /// a text.
    pub fn list(
        &self,
        pass: &ProjectPass<rule::GetAll>,
        search: &Search,
        page: &Page,
    ) -> Result<Vec<StoredDocument>> {
        let project = pass.project();
        search.check_offset(page)?;
        let answer = if search.is_empty() {
            self.repository.page(project, page)?
        } else {
            self.repository.search(project, &search.plan(project), page)?
        };
        documents(answer, page.named_by)
    }

    /// As [`ProjectActions::list`] without a search, but this does not block: the answer is none when
    /// that would, or when the actions have more than `at_most` bytes together.
    ///
    /// # Errors
    /// Those of [`ProjectActions::list`].
    pub fn list_at_once(
        &self,
        pass: &ProjectPass<rule::GetAll>,
        page: &Page,
        at_most: usize,
    ) -> Pending<Option<Vec<StoredDocument>>> {
        let named_by = page.named_by;
        let found = self.repository.short_page(pass.project(), page, at_most);
        found.and_then(move |found| found.map(|answer| documents(answer, named_by)).transpose())
    }

    /// One action.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn show(&self, pass: &ProjectPass<rule::Get>, id: &str) -> Pending<StoredDocument> {
        let id = match existing(id) {
            Ok(id) => id,
            Err(error) => return Err(error).into(),
        };
        let found = self.repository.find(pass.project(), &id);
        found.and_then(move |found| found.ok_or_else(|| unknown(id.as_str())))
    }

    /// Stores a new action, under the id that the body names or a new one. This does not block.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for every condition: a new action has no version that could
    /// fit; [`Error::Conflict`] when the project has that id; those of [`ProjectAction::create`].
    pub fn create(
        &self,
        pass: &ProjectPass<rule::Create>,
        precondition: &Precondition,
        body: Value,
    ) -> Pending<Written> {
        let begun = precondition.check(None).and_then(|()| self.begin_create(pass, body));
        begun.unwrap_or_else(|error| Err(error).into())
    }

    fn begin_create(
        &self,
        pass: &ProjectPass<rule::Create>,
        body: Value,
    ) -> Result<Pending<Written>> {
        let action = self.new_action(pass, body)?;
        let (id, version) = (action.id().clone(), action.version());
        let inserted = self.repository.insert(pass.project(), &id, &self.indexed(action, 0)?);
        Ok(inserted.and_then(move |inserted| created(inserted, id, version)))
    }

    fn new_action(&self, pass: &ProjectPass<rule::Create>, body: Value) -> Result<ProjectAction> {
        let body = ProjectActionBody::new(if is_blank(&body) { Value::Null } else { body })?;
        let id = match body.action_id()? {
            Some(id) => id,
            None => ActionId::parse(&self.ids.uuid().simple().to_string())?,
        };
        let (project, user) = (pass.project().clone(), pass.caller().user_id.clone());
        ProjectAction::create(project, id, user, body)
    }

    /// As [`ProjectActions::create`], once under this key, however often it is asked for; this blocks.
    ///
    /// # Errors
    /// Those of [`ProjectActions::create`]; [`Error::KeyReused`].
    pub fn create_once(
        &self,
        pass: &ProjectPass<rule::Create>,
        precondition: &Precondition,
        body: Value,
        key: &RequestKey,
    ) -> Result<Written> {
        let by = ["project", pass.project().as_str(), &*pass.caller().user_id];
        let request = key.request(&by, &["create"]);
        let act = || {
            precondition.check(None)?;
            let action = self.new_action(pass, body)?;
            let (id, version) = (action.id().clone(), action.version());
            let receipt = self.receipt(&request, &id, version);
            let new = self.indexed(action, 0)?;
            let inserted = self.repository.insert_once(pass.project(), &id, &new, &receipt)?;
            created(inserted, id, version)
        };
        once(|| self.recall(&request), act)
    }

    fn receipt(&self, request: &Request, id: &ActionId, version: u64) -> Receipt {
        request.receipt(id.as_str().to_owned(), version, self.clock.now())
    }

    /// What the same request was answered, if it was done.
    fn recall(&self, request: &Request) -> Result<Option<Written>> {
        let kept = self.repository.recall(&request.name)?;
        let Some(receipt) = request.judge(kept, self.clock.now())? else { return Ok(None) };
        let (id, version) = (ActionId::parse(&receipt.subject)?, receipt.version);
        Ok(Some(Written { id, version, is_replay: true }))
    }

    /// Replaces the action of this id, or creates it; under a key once, however often it is asked for.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`]; those of [`ProjectAction::create`]; [`Error::KeyReused`].
    pub fn replace(
        &self,
        pass: &ProjectPass<rule::Replace>,
        id: &str,
        precondition: &Precondition,
        body: Value,
        key: Option<&RequestKey>,
    ) -> Result<Written> {
        let id = ActionId::parse(id)?;
        let body =
            ProjectActionBody::new(if body.is_null() { Value::Object(Map::new()) } else { body })?;
        let by = ["project", pass.project().as_str(), &*pass.caller().user_id];
        let request = key.map(|key| key.request(&by, &["replace", id.as_str()]));
        let recall = || request.map_or(Ok(None), |request| self.recall(&request));
        let act = || {
            until_swapped(|| {
                let stored = self.repository.find(pass.project(), &id).wait()?;
                precondition.check(stored.as_ref().map(|stored| stored.version))?;
                let body = body.clone();
                let attempt = match stored {
                    Some(stored) => self
                        .swap(pass.project(), &id, &stored, request, |action| action.replace(body)),
                    None => self.insert_as(pass, &id, body, request),
                };
                match attempt? {
                    // The same request may be what was in the way.
                    Attempt::Again => Ok(recall()?.map_or(Attempt::Again, Attempt::Done)),
                    done => Ok(done),
                }
            })
        };
        once(recall, act)
    }

    /// Merges `patch` (RFC 7396) into the action.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::PreconditionFailed`]; [`Error::TooLarge`] when the action would
    /// grow past what it may have; those of [`ProjectAction::patch`].
    pub fn patch(
        &self,
        pass: &ProjectPass<rule::Update>,
        id: &str,
        precondition: &Precondition,
        patch: Value,
    ) -> Result<Written> {
        let (id, patch) = (existing(id)?, members(patch)?);
        until_swapped(|| {
            let stored = self.repository.find(pass.project(), &id).wait()?;
            let stored = stored.ok_or_else(|| unknown(id.as_str()))?;
            precondition.check(Some(stored.version))?;
            self.swap(pass.project(), &id, &stored, None, |action| action.patch(patch.clone()))
        })
    }

    /// As [`ProjectActions::patch`], but this does not block, and tries once: the answer is none, and
    /// nothing is done, when somebody else was faster, or when the action has more than `at_most` bytes.
    ///
    /// # Errors
    /// Those of [`ProjectActions::patch`].
    pub fn patch_at_once(
        &self,
        pass: &ProjectPass<rule::Update>,
        id: &str,
        precondition: Precondition,
        patch: Value,
        at_most: usize,
    ) -> Pending<Option<Written>> {
        let (id, patch) = match existing(id).and_then(|id| Ok((id, members(patch)?))) {
            Ok(known) => known,
            Err(error) => return Err(error).into(),
        };
        let (this, project) = (self.clone(), pass.project().clone());
        Pending::new(async move {
            let stored = this.repository.find(&project, &id).await?;
            let stored = stored.ok_or_else(|| unknown(id.as_str()))?;
            precondition.check(Some(stored.version))?;
            if stored.text.len() > at_most {
                return Ok(None);
            }
            let action =
                ProjectAction::restore(project.clone(), id.clone(), &stored)?.patch(patch)?;
            let new = this.indexed(action, stored.text.len())?;
            let swapped = this.repository.update(&project, &id, stored.version, &new).await?;
            let written = Written::new(id, new.document.version);
            Ok((swapped == Swapped::Updated).then_some(written))
        })
    }

    /// Removes the action; that there is none is no failure, unless the precondition wants one.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub fn delete(
        &self,
        pass: &ProjectPass<rule::Delete>,
        id: &str,
        precondition: &Precondition,
    ) -> Result<()> {
        let Ok(id) = ActionId::parse(id) else { return precondition.check(None) };
        if *precondition == Precondition::None {
            return self.repository.remove(pass.project(), &id, None).map(|_| ());
        }
        until_swapped(|| {
            let stored = self.repository.find(pass.project(), &id).wait()?;
            let version = stored.map(|stored| stored.version);
            precondition.check(version)?;
            let removed = self.repository.remove(pass.project(), &id, version)?;
            Ok(Attempt::from_swap(removed, ()))
        })
    }

    fn swap(
        &self,
        project: &ProjectId,
        id: &ActionId,
        stored: &StoredDocument,
        request: Option<Request>,
        change: impl FnOnce(ProjectAction) -> Result<ProjectAction>,
    ) -> Result<Attempt<Written>> {
        let action = change(ProjectAction::restore(project.clone(), id.clone(), stored)?)?;
        let new = self.indexed(action, stored.text.len())?;
        let version = new.document.version;
        let swapped = match request.map(|request| self.receipt(&request, id, version)) {
            Some(receipt) => {
                self.repository.update_once(project, id, stored.version, &new, &receipt)?
            }
            None => self.repository.update(project, id, stored.version, &new).wait()?,
        };
        Ok(Attempt::from_swap(swapped, Written::new(id.clone(), version)))
    }

    /// What is stored of an action that had `before` bytes: one that is too large already may shrink.
    fn indexed(&self, action: ProjectAction, before: usize) -> Result<Indexed> {
        let indexed = action.into_indexed();
        let after = indexed.document.text.len();
        if after <= self.largest.max(before) {
            return Ok(indexed);
        }
        let largest = self.largest;
        let reason = format!(
            "The action would have {after} bytes, and at most {largest} are allowed; take \
             something out of it"
        );
        Err(Error::TooLarge { reason })
    }

    fn insert_as(
        &self,
        pass: &ProjectPass<rule::Replace>,
        id: &ActionId,
        body: ProjectActionBody,
        request: Option<Request>,
    ) -> Result<Attempt<Written>> {
        let (project, user) = (pass.project().clone(), pass.caller().user_id.clone());
        let action = ProjectAction::create(project, id.clone(), user, body)?;
        let new = self.indexed(action, 0)?;
        let version = new.document.version;
        let inserted = match request.map(|request| self.receipt(&request, id, version)) {
            Some(receipt) => self.repository.insert_once(pass.project(), id, &new, &receipt)?,
            None => self.repository.insert(pass.project(), id, &new).wait()?,
        };
        Ok(match inserted {
            Inserted::Stored => Attempt::Done(Written::new(id.clone(), version)),
            Inserted::Taken => Attempt::Again,
        })
    }
}

/// The members of a patch.
fn members(patch: Value) -> Result<Map<String, Value>> {
    match patch {
        Value::Object(patch) => Ok(patch),
        Value::Null => Ok(Map::new()),
        _ => Err(Error::invalid("body", "a patch is a JSON object")),
    }
}

fn documents(answer: PageAnswer, named_by: &str) -> Result<Vec<StoredDocument>> {
    match answer {
        PageAnswer::Documents(documents) => Ok(documents),
        PageAnswer::UnknownMarker => Err(unknown_marker(named_by)),
    }
}

fn created(inserted: Inserted, id: ActionId, version: u64) -> Result<Written> {
    match inserted {
        Inserted::Stored => Ok(Written::new(id, version)),
        Inserted::Taken => Err(Error::conflict(format!("Action already registered with ID {id}"))),
    }
}

/// An id that an existing action can have; one of another form is simply not found.
fn existing(id: &str) -> Result<ActionId> {
    ActionId::parse(id).map_err(|_| unknown(id))
}

fn unknown(id: &str) -> Error {
    Error::not_found(format!("No action found with ID {}", shown(id).escape_debug()))
}

/// JSON that says nothing: freezer-api takes it for no body at all.
fn is_blank(body: &Value) -> bool {
    match body {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}
