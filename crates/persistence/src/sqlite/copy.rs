//! A consistent copy of a store that is in use.

use std::fs::File;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use actiond_core::{Error, Result};
use anyhow::Context as _;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

/// How fast a copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// How many pages (4 KiB each) in one go: 1 or more.
    pub pages: i32,
    /// How long the pause between two goes.
    pub pause: Duration,
}

impl Default for Pacing {
    /// A megabyte at a time, without a pause.
    fn default() -> Self {
        Self { pages: 256, pause: Duration::ZERO }
    }
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The copy is there, and on the disk.
    Done,
    /// It was told to stop, and left nothing behind.
    Stopped,
}

/// Copies the store in the file `from`, as it is now, to the new file `to`.
///
/// Other processes may go on writing: the copy does not see it. `on_progress` hears how many pages
/// of how many are done, and says whether to go on.
///
/// # Errors
/// [`Error::Conflict`] when there is something at `to`; [`Error::Unavailable`] when either file
/// cannot be used.
pub fn copy_store(
    from: &Path,
    to: &Path,
    pacing: Pacing,
    on_progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Copied> {
    if to.try_exists().unwrap_or(true) {
        return Err(taken());
    }
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // For its owner alone, and gone unless it is kept.
    let unfinished = tempfile::Builder::new()
        .prefix(".copy-")
        .tempfile_in(folder)
        .context("cannot create a file for the copy")
        .map_err(unavailable)?;
    let copied = copy_pages(from, unfinished.path(), pacing, on_progress)
        .context("cannot copy the store")
        .map_err(unavailable)?;
    if copied == Copied::Done {
        unfinished.as_file().sync_all().context("cannot sync the copy").map_err(unavailable)?;
        unfinished.persist_noclobber(to).map_err(|error| unnamed(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::internal)?;
    }
    Ok(copied)
}

fn copy_pages(
    from: &Path,
    to: &Path,
    pacing: Pacing,
    mut on_progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> rusqlite::Result<Copied> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(Duration::from_secs(5))?;
    // A transaction that reads keeps what it sees: the copy never has to begin again.
    source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
    let mut target = Connection::open(to)?;
    let backup = Backup::new(&source, &mut target)?;
    loop {
        let step = backup.step(pacing.pages.max(1))?;
        let (left, all) = (backup.progress().remaining, backup.progress().pagecount);
        let told = on_progress(pages(all - left), pages(all));
        match step {
            StepResult::Done => return Ok(Copied::Done),
            _ if told.is_break() => return Ok(Copied::Stopped),
            _ => std::thread::sleep(pacing.pause),
        }
    }
}

fn pages(count: i32) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

fn taken() -> Error {
    Error::conflict("the copy's file exists: name another, or remove it")
}

/// The copy could not get its name.
fn unnamed(error: std::io::Error) -> Error {
    if error.kind() == ErrorKind::AlreadyExists {
        return taken();
    }
    unavailable(anyhow::Error::new(error).context("cannot name the copy"))
}

fn unavailable(cause: anyhow::Error) -> Error {
    Error::Unavailable { reason: "the store cannot be copied", cause }
}
