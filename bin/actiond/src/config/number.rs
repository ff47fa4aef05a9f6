//! Numbers within bounds that the error names.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Reads a whole number from `LEAST` to `MOST`.
pub fn within<'de, const LEAST: u32, const MOST: u32, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<u32>,
    D: Deserializer<'de>,
{
    let number = deserializer.deserialize_u32(Within::<LEAST, MOST>)?;
    T::try_from(number).map_err(|_| D::Error::custom("too large for this machine"))
}

struct Within<const LEAST: u32, const MOST: u32>;

impl<const LEAST: u32, const MOST: u32> Visitor<'_> for Within<LEAST, MOST> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {LEAST} to {MOST}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u32, E> {
        let fitting = u32::try_from(number).ok().filter(|n| (LEAST..=MOST).contains(n));
        fitting.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }
}
