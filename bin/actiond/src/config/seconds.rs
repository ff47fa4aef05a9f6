//! Durations as people write them, or as a number of seconds, as OpenStack's settings have them.

use std::fmt;
use std::time::Duration;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

pub use super::duration::serialize;
use super::duration::{LONGEST, parse};

/// Reads a duration.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_any(Given)
}

struct Given;

impl Visitor<'_> for Given {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds, or a duration such as \"5m\", at most 365 days")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
        let duration = u64::try_from(number).ok().map(Duration::from_secs);
        let fitting = duration.filter(|read| *read <= LONGEST);
        fitting.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }
}
