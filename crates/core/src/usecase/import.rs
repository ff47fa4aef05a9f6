//! Taking over the actions that another service has kept.

use std::sync::Arc;

use serde_json::Value;

use super::{Attempt, BESIDE_BODY, until_swapped};
use crate::Pending;
use crate::document::{Indexed, Page};
use crate::error::{Error, Result};
use crate::ports::{Inserted, PageAnswer, ProjectActionRepository};
use crate::project::{ActionId, ProjectAction, ProjectId};

/// What became of an action that was to be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is here now.
    New,
    /// It was here already, just so.
    Same,
    /// Another one has its id, and was kept.
    Different,
    /// Another one had its id, and has given way to it.
    Overwritten,
}

/// Takes actions over as they are, with their ids, owners and documents, as far as they break no
/// rule. Whoever has the store itself is the operator: no pass is asked for.
#[derive(Clone)]
pub struct Import {
    /// Where they go.
    pub repository: Arc<dyn ProjectActionRepository>,
    /// Whether an action that is here under the same id, and is another, gives way.
    pub overwrite: bool,
    /// The longest body of a request, in bytes: an action that clients could not send is not taken.
    pub largest_body: usize,
}

impl Import {
    /// Takes actions of a project over, given as they are listed, in their order. To take one over
    /// again does no harm. Answers for each: what became of it, or which rule it breaks.
    ///
    /// # Errors
    /// Those of the store. What was taken over until then stays.
    pub fn take(&self, project: &ProjectId, listed: Vec<Value>) -> Result<Vec<Result<Imported>>> {
        // All are under way before the first is waited for: they share what a commit costs.
        let begin = |listed| {
            let action = ProjectAction::take_over(project.clone(), listed)?;
            let new = self.indexed(action.clone())?;
            let inserted = self.repository.insert(project, action.id(), &new);
            Ok((action, inserted))
        };
        let begun: Vec<Result<_>> = listed.into_iter().map(begin).collect();
        let settle = |begun: Result<(ProjectAction, Pending<Inserted>)>| match begun {
            Err(rule) => Ok(Err(rule)),
            Ok((action, inserted)) => match inserted.wait()? {
                Inserted::Stored => Ok(Ok(Imported::New)),
                Inserted::Taken => self.meet(project, &action).map(Ok),
            },
        };
        begun.into_iter().map(settle).collect()
    }

    /// The id of the action that stands at `rank` here, counted from 1 in the order of the project.
    ///
    /// # Errors
    /// Those of the store.
    pub fn at(&self, project: &ProjectId, rank: u64) -> Result<Option<String>> {
        let Some(skip) = rank.checked_sub(1) else { return Ok(None) };
        let page = Page { limit: 1, skip, ..Page::default() };
        let PageAnswer::Documents(found) = self.repository.page(project, &page)? else {
            return Ok(None);
        };
        let Some(found) = found.first() else { return Ok(None) };
        let found: Value = serde_json::from_str(&found.text).map_err(Error::internal)?;
        Ok(found["action_id"].as_str().map(str::to_owned))
    }

    /// The last action of the project here, by rank and id. It stays at its rank when others come, and
    /// not when some of them are lost. To find it costs little when `guess` is its rank.
    ///
    /// # Errors
    /// Those of the store.
    pub fn last(&self, project: &ProjectId, guess: u64) -> Result<Option<(u64, String)>> {
        // Somebody stands at `low`, and nobody at `high`, once that is found.
        let (mut low, mut last) = (guess, self.at(project, guess)?);
        if last.is_none() {
            low = 0;
        }
        let mut step = 1;
        let mut high = loop {
            match self.at(project, low + step)? {
                None => break low + step,
                found => (low, last, step) = (low + step, found, step * 2),
            }
        };
        while high - low > 1 {
            let middle = low.midpoint(high);
            match self.at(project, middle)? {
                None => high = middle,
                found => (low, last) = (middle, found),
            }
        }
        Ok(last.map(|last| (low, last)))
    }

    /// The version that an action has here.
    ///
    /// # Errors
    /// Those of the store.
    pub fn version(&self, project: &ProjectId, id: &str) -> Result<Option<u64>> {
        let Ok(id) = ActionId::parse(id) else { return Ok(None) };
        Ok(self.repository.find(project, &id).wait()?.map(|stored| stored.version))
    }

    fn indexed(&self, action: ProjectAction) -> Result<Indexed> {
        let (indexed, limit) =
            (action.into_indexed(), self.largest_body.saturating_add(BESIDE_BODY));
        match indexed.document.text.len() {
            length if length > limit => {
                let reason = format!("it has {length} bytes, and at most {limit} are allowed");
                Err(Error::TooLarge { reason })
            }
            _ => Ok(indexed),
        }
    }

    /// Compares an action with the one that has its id here.
    fn meet(&self, project: &ProjectId, action: &ProjectAction) -> Result<Imported> {
        let id = action.id();
        until_swapped(|| {
            let Some(stored) = self.repository.find(project, id).wait()? else {
                // It has just been removed.
                let inserted =
                    self.repository.insert(project, id, &action.clone().into_indexed()).wait()?;
                return Ok(match inserted {
                    Inserted::Stored => Attempt::Done(Imported::New),
                    Inserted::Taken => Attempt::Again,
                });
            };
            let here = ProjectAction::restore(project.clone(), id.clone(), &stored)?;
            if here.says_the_same(action) {
                return Ok(Attempt::Done(Imported::Same));
            }
            if !self.overwrite {
                return Ok(Attempt::Done(Imported::Different));
            }
            let next = here.give_way(action.clone()).into_indexed();
            let swapped = self.repository.update(project, id, stored.version, &next).wait()?;
            Ok(Attempt::from_swap(swapped, Imported::Overwritten))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::memory::{ManualClock, MemoryProjectActions};

    struct World {
        import: Import,
        project: ProjectId,
    }

    fn world() -> World {
        let repository = Arc::new(MemoryProjectActions::new(Arc::new(ManualClock::default())));
        let import = Import { repository, overwrite: false, largest_body: 1000 };
        World { import, project: ProjectId::new("p") }
    }

    fn row(id: &str, user: &str, kind: &str) -> Value {
        json!({"action_id": id, "user_id": user, "freezer_action": {"action": kind}})
    }

    impl World {
        fn take(&self, rows: &[Value]) -> Vec<Result<Imported, String>> {
            let taken = self.import.take(&self.project, rows.to_vec()).unwrap();
            taken.into_iter().map(|one| one.map_err(|error| error.to_string())).collect()
        }

        fn ids(&self) -> Vec<String> {
            let page = self.import.repository.page(&self.project, &Page::default()).unwrap();
            let PageAnswer::Documents(documents) = page else { panic!("no marker was named") };
            let id = |text: &str| {
                let document: Value = serde_json::from_str(text).unwrap();
                document["action_id"].as_str().unwrap().to_owned()
            };
            documents.iter().map(|document| id(&document.text)).collect()
        }

        fn version(&self, id: &str) -> u64 {
            self.import.version(&self.project, id).unwrap().unwrap()
        }
    }

    #[test]
    fn actions_come_in_their_order_and_again_without_harm() {
        let world = world();
        let rows = [row("c", "ann", "exec"), row("a", "bob", "info"), row("b", "ann", "exec")];
        assert_eq!(world.take(&rows), [Ok(Imported::New), Ok(Imported::New), Ok(Imported::New)]);
        assert_eq!(world.ids(), ["c", "a", "b"]);
        assert_eq!(world.take(&rows), [Ok(Imported::Same), Ok(Imported::Same), Ok(Imported::Same)]);
        assert_eq!(world.version("a"), 1);
    }

    #[test]
    fn the_last_action_stays_where_it_is_unless_others_are_lost() {
        let world = world();
        let at = |rank| world.import.at(&world.project, rank).unwrap();
        assert_eq!((at(0), at(1)), (None, None));
        world.take(&[row("a", "ann", "exec"), row("c", "ann", "exec")]);
        // One that stands in the middle elsewhere.
        world.take(&[row("a", "ann", "exec"), row("b", "ann", "exec"), row("c", "ann", "exec")]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(at),
            [None, Some("a"), Some("c"), Some("b"), None].map(|id| id.map(str::to_owned))
        );
        assert_eq!(world.import.at(&ProjectId::new("q"), 1).unwrap(), None);
        world
            .import
            .repository
            .remove(&world.project, &ActionId::parse("a").unwrap(), None)
            .unwrap();
        assert_eq!((at(2), at(3)), (Some("b".to_owned()), None));
    }

    #[test]
    fn the_last_action_is_found_whatever_is_guessed() {
        let world = world();
        for count in 0..20 {
            let last = (count > 0).then(|| (count, format!("a{count}")));
            for guess in 0..25 {
                assert_eq!(world.import.last(&world.project, guess).unwrap(), last, "{guess}");
            }
            world.take(&[row(&format!("a{}", count + 1), "ann", "exec")]);
        }
    }

    #[test]
    fn what_breaks_a_rule_stays_out_and_holds_up_nobody() {
        let world = world();
        let mut long = row("d", "ann", "exec");
        long["note"] = "x".repeat(2000).into();
        let bogus = row("b", "ann", "bogus");
        let taken = world.take(&[row("a", "ann", "exec"), bogus, long, row("c", "ann", "exec")]);
        assert_eq!((&taken[0], &taken[3]), (&Ok(Imported::New), &Ok(Imported::New)));
        assert!(taken[1].as_ref().unwrap_err().starts_with("freezer_action.action:"), "{taken:?}");
        assert!(taken[2].as_ref().unwrap_err().contains("2024"), "{taken:?}");
        assert_eq!(world.ids(), ["a", "c"]);
    }

    #[test]
    fn another_action_of_the_same_id_gives_way_only_when_it_must() {
        let mut world = world();
        world.take(&[row("a", "ann", "exec")]);
        let others = [row("a", "bob", "exec"), row("a", "bob", "info")];
        assert_eq!(world.take(&others), [Ok(Imported::Different), Ok(Imported::Different)]);
        assert_eq!(world.version("a"), 1);
        world.import.overwrite = true;
        assert_eq!(world.take(&others), [Ok(Imported::Overwritten), Ok(Imported::Overwritten)]);
        assert_eq!(world.version("a"), 3);
        assert_eq!(world.take(&others[1..]), [Ok(Imported::Same)]);
    }
}
