//! One server at a time on one file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use actiond_core::{Error, Result};

/// Takes the lock beside the file that `path` leads to, whatever it is called; it is held as long as
/// the answer lives, and no longer than the process.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let mut beside = path.canonicalize().map_err(|e| broken(path, e))?.into_os_string();
    beside.push(".lock");
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.create(true).append(true).open(&beside).map_err(|e| broken(path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::conflict(
            "another server uses this store: stop it, or give this one a store",
        )),
        Err(TryLockError::Error(error)) => Err(broken(path, error)),
    }
}

fn broken(path: &Path, error: std::io::Error) -> Error {
    Error::Unavailable {
        reason: "the store's lock file cannot be used",
        cause: anyhow::Error::new(error).context(format!("cannot lock {}", path.display())),
    }
}
