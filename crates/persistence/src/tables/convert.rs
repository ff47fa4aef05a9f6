//! Between the domain's types and a column's.

use actiond_core::Timestamp;
use actiond_core::ports::Inserted;

use super::backend::Fault;

/// A moment as microseconds since the Unix epoch.
pub(crate) fn to_micros(moment: Timestamp) -> i64 {
    moment.timestamp_micros()
}

/// The moment that [`to_micros`] was given.
pub(crate) fn from_micros(micros: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_timestamp_micros(micros)
        .ok_or_else(|| Fault::corrupt(format_args!("the moment {micros}")))
}

/// A count as a column keeps it.
pub(crate) fn to_column(count: u64) -> Result<i64, Fault> {
    i64::try_from(count).map_err(|error| Fault::Internal(error.into()))
}

/// A count as it was given to [`to_column`].
pub(crate) fn from_column(count: i64) -> Result<u64, Fault> {
    u64::try_from(count).map_err(|_| Fault::corrupt(format_args!("the count {count}")))
}

/// What became of an insert.
pub(crate) fn inserted(result: Result<(), Fault>) -> actiond_core::Result<Inserted> {
    match result {
        Ok(()) => Ok(Inserted::Stored),
        Err(Fault::Taken) => Ok(Inserted::Taken),
        Err(fault) => Err(fault.into()),
    }
}
