//! Where a store is.

use std::fmt;
use std::path::{Path, PathBuf};

use actiond_core::{Error, Result};

#[cfg(feature = "postgres")]
use crate::postgres::Place;
use crate::sqlite::file;

/// Where a store is: `sqlite:PATH`, or `postgres://…` as libpq reads it.
///
/// It is shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(pub(crate) Kind);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite {
        path: PathBuf,
        /// The URL as it was given.
        given: String,
    },
    #[cfg(feature = "postgres")]
    Postgres(Place),
}

impl StoreUrl {
    /// What may be written.
    pub const ALLOWED: &str = ALLOWED;

    /// Reads a URL.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a URL that names no store; it repeats nothing of it.
    pub fn parse(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", rest)) => {
                Ok(Self(Kind::Sqlite { path: file::path_of(rest)?, given: url.to_owned() }))
            }
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => Ok(Self(Kind::Postgres(Place::parse(url)?))),
            Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Err(refused(&format!("has the unknown scheme '{scheme}'")))
            }
            _ => Err(refused("has no scheme")),
        }
    }

    /// The file of a store that is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Sqlite { path, .. } => Some(path),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => None,
        }
    }

    /// Whether it holds a password.
    pub fn has_password(&self) -> bool {
        match &self.0 {
            Kind::Sqlite { .. } => false,
            #[cfg(feature = "postgres")]
            Kind::Postgres(place) => place.has_password(),
        }
    }

    /// Whether several servers may use the store at the same time.
    pub fn is_shared(&self) -> bool {
        self.file().is_none()
    }
}

/// A URL that names no store.
pub(crate) fn refused(why: &str) -> Error {
    Error::invalid("store.url", format!("{why}; write {ALLOWED}"))
}

#[cfg(feature = "postgres")]
const ALLOWED: &str =
    "sqlite:PATH, such as sqlite:data/actiond.db, or postgres://USER@HOST/DATABASE";
#[cfg(not(feature = "postgres"))]
const ALLOWED: &str =
    "sqlite:PATH, such as sqlite:data/actiond.db (this program is built without PostgreSQL)";

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite { given, .. } => f.write_str(given),
            #[cfg(feature = "postgres")]
            Kind::Postgres(place) => place.fmt(f),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: &str) {
        let parsed = StoreUrl::parse(url).unwrap();
        let expected = std::path::absolute(expected).unwrap();
        assert_eq!(parsed.file(), Some(&*expected), "{url}");
        assert_eq!(parsed.to_string(), url);
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
        for bad in ["", "a.db", "sqlite:", "sqlite::memory:", "sqlite:a/", "mysql://u:secret@h/d"] {
            let text = StoreUrl::parse(bad).unwrap_err().to_string();
            assert!(text.contains("store.url") && text.contains("sqlite:PATH"), "{bad}: {text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
