//! Where settings come from, for error messages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::Table;

/// The file that was read, and the settings that something else has overruled.
#[derive(Debug, Default)]
pub struct Origin {
    file: Option<PathBuf>,
    /// What the file sets, each with its section.
    set: BTreeSet<String>,
    overlaid: BTreeMap<&'static str, &'static str>,
}

impl Origin {
    /// What this file sets comes from it; all else is a default.
    pub fn file(file: &Path, content: &Table) -> Self {
        let mut set = BTreeSet::new();
        collect("", content, &mut set);
        Self { file: Some(file.to_owned()), set, overlaid: BTreeMap::new() }
    }

    /// `key` comes from a flag or a variable.
    pub fn overlay(&mut self, key: &'static str, from: &'static str) {
        self.overlaid.insert(key, from);
    }

    /// Whether anything but the defaults says what `key` is.
    pub fn sets(&self, key: &str) -> bool {
        self.overlaid.contains_key(key) || self.set.contains(key)
    }

    /// The folder of the file; that of the process when there is none.
    pub fn folder(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Where `key` comes from, in words.
    pub fn of(&self, key: &str) -> String {
        // That of a key inside a list is the list's.
        let whole = key.split('[').next().unwrap_or(key);
        match (self.overlaid.get(key), &self.file) {
            (Some(from), _) => (*from).to_owned(),
            (None, Some(file)) if self.set.contains(whole) => file.display().to_string(),
            (None, _) => "the built-in defaults".to_owned(),
        }
    }
}

/// The keys of a table and of the tables in it, each with its sections.
fn collect(section: &str, table: &Table, keys: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = format!("{section}{key}");
        if let Some(inner) = value.as_table() {
            collect(&format!("{path}."), inner, keys);
        }
        keys.insert(path);
    }
}
