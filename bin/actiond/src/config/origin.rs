//! Where settings come from, for error messages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file that was read, and the settings that something else has overruled.
#[derive(Debug, Default)]
pub struct Origin {
    file: Option<PathBuf>,
    overlaid: BTreeMap<&'static str, &'static str>,
}

impl Origin {
    /// Everything comes from this file, or is a default.
    pub fn file(file: &Path) -> Self {
        Self { file: Some(file.to_owned()), overlaid: BTreeMap::new() }
    }

    /// `key` comes from a flag or a variable.
    pub fn overlay(&mut self, key: &'static str, from: &'static str) {
        self.overlaid.insert(key, from);
    }

    /// Where `key` comes from, in words.
    pub fn of(&self, key: &str) -> String {
        match (self.overlaid.get(key), &self.file) {
            (Some(from), _) => (*from).to_owned(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => "the built-in defaults".to_owned(),
        }
    }
}
