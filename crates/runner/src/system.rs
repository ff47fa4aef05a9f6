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

/// Random ids that rise with time (UUID version 7): what is made together stands together in an index,
/// so that a store writes one page where scattered ids would touch many.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
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
    fn ids_rise_with_time() {
        assert_eq!(RandomIds.uuid().get_version_num(), 7);
        assert!(RandomIds.uuid() < RandomIds.uuid());
    }
}
