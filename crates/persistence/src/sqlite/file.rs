//! Where a store is, from its URL.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use actiond_core::{Error, Result};
use anyhow::Context as _;

/// The file that `url` names: `sqlite:PATH`.
///
/// # Errors
/// [`Error::Invalid`] for a URL that names no store.
pub fn path_of(url: &str) -> Result<PathBuf> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(refused("has no scheme"));
    };
    if scheme != "sqlite" {
        return Err(refused(&format!("has the unknown scheme '{scheme}'")));
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.starts_with(':') || path.ends_with('/') || path.contains('\0') {
        return Err(refused("names no file"));
    }
    // SQLite reads a path that begins with `file:` as a URI; an absolute one never does.
    std::path::absolute(path).map_err(Error::internal)
}

fn refused(why: &str) -> Error {
    Error::invalid("store.url", format!("{why}; write sqlite:PATH, as in sqlite:data/actiond.db"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, path: &str) {
        assert_eq!(path_of(url).unwrap(), std::path::absolute(path).unwrap(), "{url}");
    }

    #[test]
    fn reads_relative_and_absolute_paths() {
        check("sqlite:data/a.db", "data/a.db");
        check("sqlite:/var/a.db", "/var/a.db");
        check("sqlite:///var/a.db", "/var/a.db");
        check("sqlite:file:a.db", "file:a.db");
    }

    #[test]
    fn refuses_everything_else_without_repeating_a_password() {
        for bad in
            ["", "a.db", "sqlite:", "sqlite::memory:", "sqlite:a/", "postgres://u:secret@h/d"]
        {
            let text = path_of(bad).unwrap_err().to_string();
            assert!(text.contains("store.url") && text.contains("sqlite:PATH"), "{bad}: {text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
