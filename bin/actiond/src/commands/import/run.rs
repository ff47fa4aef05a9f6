//! The import itself: reads ahead on several connections, and writes in freezer-api's order.

use std::ops::ControlFlow;

use actiond_core::project::ProjectId;
use actiond_core::usecase::{Import, Imported};
use actiond_freezer::{Freezer, Row, in_order};
use anyhow::{Context, Result};

use super::report::{NotTaken, Progress, Ranked, Report, Versioned};

/// How many actions are read at once.
const PAGE: u64 = 500;

pub struct Run<'a> {
    pub freezer: &'a Freezer,
    pub import: Import,
    /// How many pages are read at once.
    pub width: usize,
    pub report: &'a mut Report,
}

/// Some actions of a project, which follow each other.
struct Page {
    project: String,
    /// How many come before.
    offset: u64,
    rows: Vec<Row>,
    /// There are no others behind.
    is_last: bool,
}

impl Run<'_> {
    /// Imports all these projects, as far as the report does not say that it was done.
    pub fn all(&mut self, projects: &[String]) -> Result<()> {
        let known = |project: &String| Ok((project.clone(), self.known(project)?));
        let todo: Vec<_> = projects.iter().map(known).collect::<Result<_>>()?;
        let todo = todo.into_iter().filter(|(_, progress)| !progress.complete);
        let freezer = self.freezer;
        let mut long = vec![];
        self.take_all(
            todo,
            |(project, progress)| first(freezer, project, &progress),
            |page| {
                if !page.is_last {
                    long.push((page.project.clone(), page.offset + PAGE));
                }
                false
            },
        )?;
        for (project, from) in long {
            let offsets = (from..).step_by(PAGE as usize);
            let read = |offset| read(freezer, project.clone(), offset);
            self.take_all(offsets, read, |page| page.is_last)?;
        }
        self.report.complete = true;
        Ok(())
    }

    /// How far a project is: as the report says, when the store bears it out. It does not when it was
    /// put back from a copy that is older than the report, or is another one.
    fn known(&self, project: &str) -> Result<Progress> {
        let progress = self.report.known(project);
        if self.is_borne_out(project, &progress).context("cannot read the store")? {
            return Ok(progress);
        }
        tracing::warn!(
            project,
            "cannot tell from the store that all the report names is still there: reading all again"
        );
        Ok(Progress::default())
    }

    fn is_borne_out(&self, project: &str, progress: &Progress) -> actiond_core::Result<bool> {
        if progress.taken() == 0 {
            return Ok(true);
        }
        let project = ProjectId::new(project);
        // Reports of older versions do not have it.
        let Some(Ranked { rank, action_id }) = &progress.last_here else { return Ok(false) };
        if self.import.at(&project, *rank)?.as_ref() != Some(action_id) {
            return Ok(false);
        }
        // What gave way stood under the same id, in the same place.
        match &progress.last_overwritten {
            Some(Versioned { version, action_id }) => {
                Ok(self.import.version(&project, action_id)? == Some(*version))
            }
            None => Ok(progress.overwritten == 0),
        }
    }

    /// Reads pages ahead, and takes them in their order until `is_end`.
    fn take_all<T: Send>(
        &mut self,
        tasks: impl Iterator<Item = T>,
        read: impl Fn(T) -> Result<Page> + Sync,
        mut is_end: impl FnMut(&Page) -> bool,
    ) -> Result<()> {
        let width = self.width;
        let mut take = |page: Result<Page>| -> Result<bool> {
            let page = page?;
            let is_end = is_end(&page);
            self.take(page)?;
            Ok(is_end)
        };
        let end = in_order(width, tasks, read, |page| match take(page) {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(Ok(())),
            Err(error) => ControlFlow::Break(Err(error)),
        });
        end.unwrap_or(Ok(()))
    }

    fn take(&mut self, page: Page) -> Result<()> {
        let Page { project, offset, rows, is_last } = page;
        if offset == 0 {
            self.report.forget(&project);
        }
        let listed = rows.iter().filter_map(|row| match row {
            Row::Action(action) => Some(action.clone()),
            Row::Unreadable { .. } => None,
        });
        let taken = self.import.take(&ProjectId::new(&project), listed.collect());
        let mut taken = taken.context("cannot write to the store")?.into_iter();
        let progress = self.report.projects.entry(project.clone()).or_default();
        let (new, mut overwritten) = (progress.new, None);
        for row in rows {
            let (action_id, refused) = match row {
                Row::Unreadable { action_id, reason } => (action_id, Some(reason)),
                Row::Action(action) => {
                    let one = taken.next();
                    let action_id = action["action_id"].as_str().map(str::to_owned);
                    if matches!(one, Some(Ok(Imported::Overwritten))) {
                        overwritten.clone_from(&action_id);
                    }
                    (action_id, one.and_then(|one| progress.count(one)))
                }
            };
            progress.last_id.clone_from(&action_id);
            if let Some(reason) = refused {
                progress.not_taken += 1;
                let (project, offset) = (project.clone(), progress.read);
                self.report.not_taken.push(NotTaken { project, action_id, offset, reason });
            }
            progress.read += 1;
        }
        progress.complete = is_last;
        let new = progress.new - new;
        progress.look(&self.import, &project, new, overwritten).context("cannot read the store")?;
        self.report.save_now_and_then()
    }
}

impl Progress {
    /// How many are here as they were read.
    fn taken(&self) -> u64 {
        self.new + self.same + self.overwritten
    }

    /// Notes what the store has now, by which the next run tells it from one that was put back. So
    /// many actions are new since the last time, and this one was overwritten last.
    fn look(
        &mut self,
        import: &Import,
        project: &str,
        new: u64,
        overwritten: Option<String>,
    ) -> actiond_core::Result<()> {
        let project = ProjectId::new(project);
        let guess = self.last_here.as_ref().map_or(0, |last| last.rank) + new;
        let last = import.last(&project, guess)?;
        self.last_here = last.map(|(rank, action_id)| Ranked { rank, action_id });
        if let Some(action_id) = overwritten {
            let version = import.version(&project, &action_id)?;
            self.last_overwritten = version.map(|version| Versioned { version, action_id });
        }
        Ok(())
    }

    /// Counts an action; answers why it was not taken.
    fn count(&mut self, taken: actiond_core::Result<Imported>) -> Option<String> {
        match taken {
            Ok(Imported::New) => self.new += 1,
            Ok(Imported::Same) => self.same += 1,
            Ok(Imported::Overwritten) => self.overwritten += 1,
            Ok(Imported::Different) => {
                return Some(
                    "another action has this id here: --overwrite puts this one in its place"
                        .to_owned(),
                );
            }
            Err(rule) => return Some(rule.to_string()),
        }
        None
    }
}

/// The page with which the import of a project begins, or carries on.
fn first(freezer: &Freezer, project: String, progress: &Progress) -> Result<Page> {
    let Progress { read: known @ 1.., last_id: Some(last), .. } = progress else {
        return read(freezer, project, 0);
    };
    let mut rows = freezer.read(&project, known - 1, PAGE + 1)?;
    let still = matches!(rows.first(), Some(Row::Action(action)) if action["action_id"] == **last);
    if !still {
        tracing::warn!(
            project,
            "its actions have moved since the import was cut off: reading all again"
        );
        return read(freezer, project, 0);
    }
    let is_last = rows.len() as u64 <= PAGE;
    rows.remove(0);
    Ok(Page { project, offset: *known, rows, is_last })
}

fn read(freezer: &Freezer, project: String, offset: u64) -> Result<Page> {
    let rows = freezer.read(&project, offset, PAGE)?;
    let is_last = (rows.len() as u64) < PAGE;
    Ok(Page { project, offset, rows, is_last })
}
