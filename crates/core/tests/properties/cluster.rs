//! Progress.

use actiond_core::Timestamp;
use actiond_core::cluster::{
    ActionKey, ActionName, ActionStatus, ClusterAction, Lease, Outcome, Progress, TaskId,
};
use proptest::prelude::*;
use serde_json::Map;

fn running() -> ClusterAction {
    let now = Timestamp::UNIX_EPOCH;
    let key = ActionKey::cluster(ActionName::parse("a").unwrap());
    let mut action =
        ClusterAction::queued(TaskId(uuid::Uuid::nil()), key, Map::new(), "ann".into(), now);
    let lease = Lease::new("r", std::time::Duration::from_secs(30), now);
    assert!(action.claim(lease, now) && action.start(now));
    action
}

proptest! {
    #[test]
    fn progress_is_a_finite_percentage(number in any::<f64>()) {
        match Progress::new(number) {
            Ok(progress) => {
                prop_assert_eq!(progress.percent(), number);
                prop_assert!((0.0..=100.0).contains(&number));
            }
            Err(_) => prop_assert!(!(0.0..=100.0).contains(&number)),
        }
    }

    #[test]
    fn progress_never_falls(steps in prop::collection::vec(0.0..=100.0_f64, 0..20), end in 0..5) {
        let (mut action, mut highest) = (running(), 0.0_f64);
        for step in steps {
            let moved = action.advance(Progress::new(step).unwrap());
            prop_assert_eq!(moved, step > highest);
            highest = highest.max(step);
            prop_assert_eq!(action.progress.percent(), highest);
        }
        let outcome = match end {
            0 => Outcome::Completed,
            1 => Outcome::Failed(actiond_core::cluster::Failure::internal("why")),
            2 => Outcome::Aborted("why".into()),
            3 => Outcome::Lost("why".into()),
            _ => Outcome::Stopped,
        };
        let ended = action.finish(outcome, Timestamp::UNIX_EPOCH);
        prop_assert_eq!(ended, end != 4, "running work stops only when it is asked to");
        let expected = if action.status == ActionStatus::Completed { 100.0 } else { highest };
        prop_assert_eq!(action.progress.percent(), expected);
        prop_assert_eq!(action.failure.is_some(), matches!(end, 1..=3));
    }
}

#[test]
fn progress_has_no_negative_zero() {
    assert!(Progress::new(-0.0).unwrap().percent().is_sign_positive());
}
