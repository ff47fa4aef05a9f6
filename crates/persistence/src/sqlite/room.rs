//! Whether the store's disk has room.
//!
//! A small write may find place in the files that are there, and so says nothing of the disk.

use std::io::{self, Read as _};
use std::path::Path;

use super::Fault;
use super::tables::health::ROOM;

/// Takes the room in a file without a name, and so gives it back at once, however this ends.
pub(super) fn take(folder: &Path) -> Result<(), Fault> {
    let mut filler = io::repeat(b'x').take(ROOM as u64);
    io::copy(&mut filler, &mut tempfile::tempfile_in(folder)?)?;
    Ok(())
}
