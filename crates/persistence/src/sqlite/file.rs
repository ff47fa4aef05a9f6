//! The file of a store.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use actiond_core::{Error, Result};
use anyhow::Context as _;

use crate::url::refused;

/// The file that a URL names behind its scheme.
pub(crate) fn path_of(rest: &str) -> Result<PathBuf> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.starts_with(':') || path.ends_with('/') || path.contains('\0') {
        return Err(refused("names no file"));
    }
    // SQLite reads a path that begins with `file:` as a URI; an absolute one never does.
    std::path::absolute(path).map_err(Error::internal)
}

/// Makes the folder and the file, for their owner alone, where there are none.
pub(crate) fn create_file(path: &Path) -> Result<()> {
    let created = path.parent().map_or(Ok(()), create_folder).and_then(|()| create_empty(path));
    created
        .with_context(|| format!("cannot create {}", path.display()))
        .map_err(|cause| Error::Unavailable { reason: "the store's file cannot be created", cause })
}

fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn create_empty(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).append(true).open(path).map(drop)
}
