//! Verifies the files of a folder against its `SHA256SUMS`, as `sha256sum --check` does, with
//! progress by bytes.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{pace::Pace, protocol};

const SUMS: &str = "SHA256SUMS";
/// The longest list that is read, in bytes: some hundred thousand files.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;
const BLOCK: usize = 1024 * 1024;
/// How many files that do not match are named in the failure.
const NAMED: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The folder, below the root.
    path: PathBuf,
    /// How much to read at most, in MiB a second.
    max_mib_per_second: Option<f64>,
}

/// A line of `SHA256SUMS`, and its file.
struct Entry {
    sum: String,
    name: String,
    file: Result<PathBuf, Unusable>,
    size: u64,
}

/// Why something cannot be read: in words for clients, and in those of the system.
struct Unusable {
    why: &'static str,
    cause: Option<io::Error>,
}

impl From<io::Error> for Unusable {
    fn from(cause: io::Error) -> Self {
        let why = match cause.kind() {
            io::ErrorKind::NotFound => "does not exist",
            io::ErrorKind::PermissionDenied => "permission denied",
            _ => "cannot be read",
        };
        Self { why, cause: Some(cause) }
    }
}

impl Unusable {
    /// The failure of `what`.
    fn of(self, what: impl Display) -> anyhow::Error {
        let said = format!("{what}: {}", self.why);
        match self.cause {
            Some(cause) => anyhow::Error::new(cause).context(said),
            None => anyhow::Error::msg(said),
        }
    }
}

/// Verifies the tree that the parameters name.
pub fn run(root: &Path) -> Result<()> {
    let parameters: Parameters = protocol::parameters()?;
    let tree = inside(root, &root.join(&parameters.path))
        .map_err(|error| error.of(format_args!("the folder {}", parameters.path.display())))?;
    let entries = entries(root, &tree)?;
    let (all, count) = (entries.iter().map(|entry| entry.size).sum(), entries.len());
    protocol::message(&format!("{count} files, {all} bytes"));

    let pace = Pace::of_mib_a_second(parameters.max_mib_per_second);
    let mut done = 0;
    let mut bad = Vec::new();
    for Entry { sum, name, file, .. } in entries {
        let on_block = |bytes| {
            done += bytes;
            protocol::progress(done, all);
            // SIGTERM ends it anywhere.
            pace.keep(done, || false);
        };
        match file.and_then(|file| Ok(digest(&file, on_block)?)) {
            Ok(found) if found == sum => {}
            Ok(_) => bad.push(format!("{name}: the checksum does not match")),
            Err(error) => bad.push(format!("{name}: {}", error.why)),
        }
    }
    ensure!(
        bad.is_empty(),
        "{} of {count} files are not as listed: {}",
        bad.len(),
        name_some(&bad)
    );
    protocol::message("every file is as listed");
    Ok(())
}

/// Where `path` really is, when that is below `root`. Outside of it nobody is told what there is.
fn inside(root: &Path, path: &Path) -> Result<PathBuf, Unusable> {
    let root = root.canonicalize()?;
    let nearest = path.ancestors().find_map(|part| part.canonicalize().ok());
    if nearest.is_some_and(|nearest| nearest.starts_with(root)) {
        return Ok(path.canonicalize()?);
    }
    Err(Unusable { why: "outside the root that is configured", cause: None })
}

/// The same of a plain file: whoever reads a pipe may wait for ever.
fn file_inside(root: &Path, path: &Path) -> Result<PathBuf, Unusable> {
    let real = inside(root, path)?;
    if real.metadata()?.is_file() {
        return Ok(real);
    }
    Err(Unusable { why: "is not a file", cause: None })
}

fn entries(root: &Path, tree: &Path) -> Result<Vec<Entry>> {
    let sums = file_inside(root, &tree.join(SUMS)).and_then(|file| Ok(read_list(&file)?));
    let sums = sums.map_err(|error| error.of(format_args!("{SUMS} (sha256sum makes one)")))?;
    let lines = (1..).zip(sums.lines()).filter(|(_, line)| !line.is_empty());
    lines.map(|(number, line)| entry(root, tree, number, line)).collect()
}

fn read_list(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(file)?.take(LONGEST_LIST + 1).read_to_string(&mut text)?;
    if read as u64 > LONGEST_LIST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

fn entry(root: &Path, tree: &Path, number: usize, line: &str) -> Result<Entry> {
    let is_sum = |sum: &str| sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
    let parts = line.split_once("  ").or_else(|| line.split_once(" *"));
    let Some((sum, name)) = parts.filter(|(sum, _)| is_sum(sum)) else {
        // Not what it says: it may be another file than it seems.
        bail!("{SUMS}: line {number} is not a checksum and a name");
    };
    let file = file_inside(root, &tree.join(name));
    let size =
        file.as_ref().ok().and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
    Ok(Entry { sum: sum.to_ascii_lowercase(), name: name.to_owned(), file, size })
}

fn digest(file: &Path, mut on_block: impl FnMut(u64)) -> io::Result<String> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(block.get(..read).unwrap_or_default());
        on_block(read as u64);
    }
}

fn name_some(bad: &[String]) -> String {
    let some: Vec<_> = bad.iter().take(NAMED).map(String::as_str).collect();
    let more = if bad.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", some.join(", "))
}
