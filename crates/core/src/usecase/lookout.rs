//! Which runners are lost, as one server sees it.

use std::collections::HashMap;
use std::time::Duration;

use crate::Timestamp;
use crate::cluster::{ClusterAction, Lease, TaskId};

/// Watches the leases of all runners, and tells which have run out.
///
/// Servers' clocks differ, so no time that another has written is compared with this one's. A lease
/// has run out when it was seen twice, with its owner's patience between, without a sign of life. Its
/// owner counts from the moment before it asked for it, which is earlier, and to less: see
/// [`Lease::hold`].
#[derive(Debug, Default)]
pub struct Lookout(HashMap<TaskId, Seen>);

#[derive(Debug)]
struct Seen {
    sign: Sign,
    /// When it had been seen for the first time.
    since: Duration,
}

/// A claim, and its last renewal.
type Sign = (u64, Option<Timestamp>);

impl Lookout {
    /// Takes in what the store showed of the actions that runners hold, and answers those that are
    /// lost. It was `asked` then, and had answered at the `end`, by a clock of this server that never
    /// goes back: what the answer shows is as old as the question, if this server stood still since.
    pub fn lost(
        &mut self,
        owned: Vec<ClusterAction>,
        asked: Duration,
        end: Duration,
    ) -> Vec<ClusterAction> {
        self.0.retain(|task, _| owned.iter().any(|action| action.task_id == *task));
        owned.into_iter().filter(|action| self.is_lost(action, asked, end)).collect()
    }

    fn is_lost(&mut self, action: &ClusterAction, asked: Duration, end: Duration) -> bool {
        let sign = (action.fencing, action.lease.as_ref().map(|lease| lease.until));
        let seen = self.0.entry(action.task_id).or_insert(Seen { sign, since: end });
        if seen.sign != sign {
            *seen = Seen { sign, since: end };
        }
        let patience = action.lease.as_ref().map(Lease::patience).unwrap_or_default();
        asked.saturating_sub(seen.since) >= patience
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use uuid::Uuid;

    use super::*;
    use crate::cluster::{ActionKey, ActionName};

    const LEASE: Duration = Duration::from_secs(6);
    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn running(task: u128) -> ClusterAction {
        let key = ActionKey::cluster(ActionName::parse("a").unwrap());
        let task = TaskId(Uuid::from_u128(task));
        let mut action = ClusterAction::queued(task, key, Map::new(), "ann".to_owned(), NOW);
        action.claim(Lease::new("r", LEASE, NOW), NOW);
        action
    }

    fn renewed(mut action: ClusterAction) -> ClusterAction {
        action.lease.as_mut().unwrap().renew(LEASE, NOW);
        action
    }

    #[test]
    fn who_gives_no_sign_of_life_is_lost_when_patience_is_over() {
        let mut lookout = Lookout::default();
        let mut look = |actions: &[ClusterAction], at: f64| {
            let at = Duration::from_secs_f64(at);
            lookout.lost(actions.to_vec(), at, at).len()
        };
        let (alive, dead) = (running(1), running(2));
        assert_eq!(look(&[alive.clone(), dead.clone()], 100.0), 0, "whatever the clock says");
        let alive = renewed(alive);
        assert_eq!(look(&[alive.clone(), dead.clone()], 104.9), 0);
        assert_eq!(look(&[alive.clone(), dead.clone()], 105.0), 1);
        assert_eq!(look(std::slice::from_ref(&alive), 109.8), 0);
        assert_eq!(look(&[alive, dead], 109.9), 1, "the dead was away, and is seen anew");
    }

    #[test]
    fn another_claim_is_another_lease() {
        let mut lookout = Lookout::default();
        let mut action = ClusterAction { max_attempts: 2, ..running(1) };
        assert_eq!(lookout.lost(vec![action.clone()], LEASE, LEASE), []);
        let until = action.lease.clone();
        action.finish(crate::cluster::Outcome::Lost("lost".to_owned()), NOW);
        action.claim(until.unwrap(), NOW);
        assert_eq!(lookout.lost(vec![action.clone()], LEASE * 2, LEASE * 2), []);
        assert_eq!(lookout.lost(vec![action.clone()], LEASE * 3, LEASE * 3), [action]);
    }

    #[test]
    fn the_time_that_an_answer_takes_is_nobodys_silence() {
        let mut lookout = Lookout::default();
        let mut look =
            |asked: u32, end: u32| lookout.lost(vec![running(1)], LEASE * asked, LEASE * end).len();
        assert_eq!(look(1, 3), 0);
        // This server was frozen before it had looked at the answer.
        assert_eq!(look(3, 9), 0, "the sign was young when it was asked for");
        assert_eq!(look(9, 9), 1);
    }
}
