//! Durations as people write them: `10s`, `5m`, `1h 30m`. None is longer than a year: times can be
//! added to it.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};

/// Reads a duration.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Written)
}

/// Writes a duration as it is read.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*duration))
}

/// The longest duration that is taken.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A duration, if that is what the text says.
pub(super) fn parse(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|read| *read <= LONGEST)
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"10s\", \"5m\" or \"1h 30m\", at most 365 days")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
