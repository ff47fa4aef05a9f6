//! How far an import has come, what it took, and what it could not take: for the operator, for
//! programs, and for the next run when this one is cut off.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::cli::ImportFreezer;
use crate::config::Config;

/// How often the report is written while the import runs, and the log told of it.
const EVERY: Duration = Duration::from_secs(1);

/// A report, kept in a file.
#[derive(Deserialize, Serialize)]
pub struct Report {
    /// Where the actions come from.
    endpoint: String,
    /// Where they go to, without credentials.
    store: String,
    overwrite: bool,
    /// Whether the import has come to its end.
    pub complete: bool,
    /// By id.
    pub projects: BTreeMap<String, Progress>,
    pub not_taken: Vec<NotTaken>,
    #[serde(skip)]
    file: PathBuf,
    #[serde(skip)]
    saved: Option<Instant>,
}

/// How far the import of a project has come.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Progress {
    /// All of the project's actions were read.
    pub complete: bool,
    /// So many of them were, from the first on.
    pub read: u64,
    /// So many of these were not here.
    pub new: u64,
    /// They were here, just so.
    pub same: u64,
    /// Others were here under their ids, and have given way.
    pub overwritten: u64,
    /// The report says why.
    pub not_taken: u64,
    /// The last one that was read.
    pub last_id: Option<String>,
    /// The last action of the project that the store had then, whoever brought it.
    #[serde(default)]
    pub last_here: Option<Ranked>,
    /// The last one that another gave way to.
    #[serde(default)]
    pub last_overwritten: Option<Versioned>,
}

/// Where an action stands in the store.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Ranked {
    /// From 1, in the order of the project.
    pub rank: u64,
    pub action_id: String,
}

/// Which version of an action the store has.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Versioned {
    pub version: u64,
    pub action_id: String,
}

/// An action that is not here as freezer-api has it.
#[derive(Debug, Deserialize, Serialize)]
pub struct NotTaken {
    pub project: String,
    /// Unless it could not even be read.
    pub action_id: Option<String>,
    /// How many actions freezer-api lists before it.
    pub offset: u64,
    pub reason: String,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, action_id, offset, reason } = self;
        match action_id {
            Some(id) => write!(f, "{project} {}: {reason}", id.escape_debug()),
            None => write!(f, "{project} at offset {offset}: {reason}"),
        }
    }
}

impl Report {
    /// The report of an import that was cut off, or a new one.
    pub fn open(config: &Config, options: &ImportFreezer, endpoint: &str) -> Result<Self> {
        let new = Self {
            endpoint: endpoint.to_owned(),
            store: config.store.to_string(),
            overwrite: options.overwrite,
            complete: false,
            projects: BTreeMap::new(),
            not_taken: vec![],
            file: options.report.clone(),
            saved: None,
        };
        match new.last()? {
            Some(last) if last.is_cut_off() && !options.restart => new.carry_on(last),
            _ => Ok(new),
        }
    }

    fn is_cut_off(&self) -> bool {
        !self.complete && !self.projects.is_empty()
    }

    /// The report that the file holds, if there is one.
    fn last(&self) -> Result<Option<Self>> {
        let text = match fs::read_to_string(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.with_context(|| format!("cannot read {}", self.file.display()))?,
        };
        let report = serde_json::from_str(&text);
        let name = || {
            format!(
                "{} is no report of an import: name another one with --report",
                self.file.display()
            )
        };
        report.map(Some).with_context(name)
    }

    fn carry_on(self, last: Self) -> Result<Self> {
        let file = self.file.display();
        if (&last.endpoint, &last.store, last.overwrite)
            != (&self.endpoint, &self.store, self.overwrite)
        {
            bail!(
                "{file} is the report of another import that was cut off, from {} to {}{}: carry on \
                 with that one, name another --report, or begin anew with --restart",
                last.endpoint,
                last.store,
                if last.overwrite { " with --overwrite" } else { "" },
            );
        }
        tracing::info!("carrying on where {file} says that the last import was cut off");
        Ok(Self { file: self.file, saved: None, ..last })
    }

    /// How far a project is, when the last import was cut off.
    pub fn known(&self, project: &str) -> Progress {
        self.projects.get(project).cloned().unwrap_or_default()
    }

    /// Forgets what was read of a project.
    pub fn forget(&mut self, project: &str) {
        self.projects.remove(project);
        self.not_taken.retain(|not_taken| not_taken.project != project);
    }

    /// Writes the report, so that the file holds either the old one or this one.
    pub fn save(&mut self) -> Result<()> {
        let context = || format!("cannot write {}", self.file.display());
        let new = self.file.with_extension("new");
        let write = || -> Result<()> {
            let mut file = File::create(&new)?;
            serde_json::to_writer_pretty(&file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            Ok(fs::rename(&new, &self.file)?)
        };
        write().with_context(context)?;
        self.saved = Some(Instant::now());
        Ok(())
    }

    /// Writes it, and says in the log how far the import is, unless that was done a moment ago.
    pub fn save_now_and_then(&mut self) -> Result<()> {
        if self.saved.is_some_and(|at| at.elapsed() < EVERY) {
            return Ok(());
        }
        tracing::info!("{}", self.total());
        self.save()
    }

    /// All of it in a line.
    pub fn total(&self) -> String {
        let sum = |count: fn(&Progress) -> u64| self.projects.values().map(count).sum::<u64>();
        format!(
            "{} actions of {} projects read: {} new, {} here already, {} overwritten, {} not taken",
            sum(|p| p.read),
            self.projects.len(),
            sum(|p| p.new),
            sum(|p| p.same),
            sum(|p| p.overwritten),
            sum(|p| p.not_taken),
        )
    }
}
