//! For how long an action is a runner's, and when others may take it away.

use std::time::Duration;

use crate::Timestamp;

/// Who carries an action out, and until when nobody else may.
///
/// The clocks of two servers are never compared. The owner counts from the moment before it asked
/// for the lease; whoever looks at it counts from the moment after it has seen it: see
/// [`Lookout`](crate::usecase::Lookout).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The runner, by a name that no other runner has.
    pub owner: String,
    /// How soon the action is somebody else's, at the latest, when its owner gives no sign of life.
    pub length: Duration,
    /// When it runs out by its owner's clock. Each renewal moves it, which is the sign of life.
    pub until: Timestamp,
}

impl Lease {
    /// A lease that begins now.
    pub fn new(owner: impl Into<String>, length: Duration, now: Timestamp) -> Self {
        Self { owner: owner.into(), length, until: now + length }
    }

    /// Begins anew. It moves also when the clock stands still, or was set back.
    pub fn renew(&mut self, length: Duration, now: Timestamp) {
        self.length = length;
        self.until = (now + length).max(self.until + Duration::from_micros(1));
    }

    /// How long others wait for a sign of life. With the time that passes before they see the last
    /// one, and before they look again, it is a whole lease.
    pub fn patience(&self) -> Duration {
        self.length * 5 / 6
    }

    /// How often an owner gives a sign of life.
    pub fn renewal(length: Duration) -> Duration {
        length / 6
    }

    /// How often others look.
    pub fn look_out(length: Duration) -> Duration {
        length / 12
    }

    /// When the owner, who could not renew it, stops its work: the last sixth before others lose
    /// patience is for killing it, and for clocks that do not run equally fast.
    pub fn hold(length: Duration) -> Duration {
        length * 4 / 6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_stops_before_others_begin_and_they_begin_within_the_lease() {
        let length = Duration::from_millis(300);
        let lease = Lease::new("a", length, Timestamp::UNIX_EPOCH);
        assert!(Lease::hold(length) + length / 6 <= lease.patience());
        assert!(Lease::look_out(length) * 2 + lease.patience() <= length);
        assert!(Lease::renewal(length) * 4 <= Lease::hold(length), "some renewals may fail");
    }

    #[test]
    fn each_renewal_is_a_sign_of_life() {
        let (length, now) = (Duration::from_secs(30), Timestamp::UNIX_EPOCH);
        let mut lease = Lease::new("a", length, now);
        let first = lease.until;
        lease.renew(length, now);
        assert!(lease.until > first, "the clock stands still");
        lease.renew(length, now + length);
        assert_eq!(lease.until, now + length + length);
    }
}
