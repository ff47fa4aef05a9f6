//! The system's clock and random ids: what core asks for and must not take by itself.

use actiond_core::Timestamp;
use actiond_core::ports::{Clock, Ids};
use chrono::SubsecRound;
use uuid::Uuid;

/// The clock of the host.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port that everybody else takes")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().trunc_subsecs(6)
    }
}

/// Random ids (UUID version 4).
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_no_more_digits_than_a_store_keeps() {
        let now = SystemClock.now();
        assert_eq!(now.timestamp_subsec_nanos() % 1_000, 0);
        assert!(now > Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn ids_are_random() {
        assert_eq!(RandomIds.uuid().get_version_num(), 4);
        assert_ne!(RandomIds.uuid(), RandomIds.uuid());
    }
}
