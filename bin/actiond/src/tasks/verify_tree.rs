//! Verifies the files of a folder against its `SHA256SUMS`, as `sha256sum --check` does, with
//! progress by bytes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{pace::Pace, protocol};

const SUMS: &str = "SHA256SUMS";
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

/// A line of `SHA256SUMS`, and the size of its file.
struct Entry {
    sum: String,
    name: String,
    size: u64,
}

/// Verifies the tree that the parameters name.
pub fn run(root: &Path) -> Result<()> {
    let parameters: Parameters = protocol::parameters()?;
    let tree = inside(root, &root.join(&parameters.path))
        .with_context(|| format!("the folder {}", parameters.path.display()))?;
    let entries = entries(&tree)?;
    let all = entries.iter().map(|entry| entry.size).sum();
    protocol::message(&format!("{} files, {all} bytes", entries.len()));

    let pace = Pace::of_mib_a_second(parameters.max_mib_per_second);
    let mut done = 0;
    let mut bad = Vec::new();
    for entry in &entries {
        let on_block = |bytes| {
            done += bytes;
            protocol::progress(done, all);
            // SIGTERM ends it anywhere.
            pace.keep(done, || false);
        };
        let file = inside(root, &tree.join(&entry.name));
        match file.and_then(|file| digest(&file, on_block)) {
            Ok(sum) if sum == entry.sum => {}
            Ok(_) => bad.push(format!("{}: the checksum does not match", entry.name)),
            Err(error) => bad.push(format!("{}: {error}", entry.name)),
        }
    }
    ensure!(
        bad.is_empty(),
        "{} of {} files are not as listed: {}",
        bad.len(),
        entries.len(),
        name_some(&bad)
    );
    protocol::message("every file is as listed");
    Ok(())
}

/// Where `path` really is, when that is below `root`.
fn inside(root: &Path, path: &Path) -> Result<PathBuf> {
    let real = path.canonicalize()?;
    ensure!(real.starts_with(root.canonicalize()?), "outside the root that is configured");
    Ok(real)
}

fn entries(tree: &Path) -> Result<Vec<Entry>> {
    let sums = std::fs::read_to_string(tree.join(SUMS));
    let sums = sums.with_context(|| format!("the folder has no {SUMS}; sha256sum makes one"))?;
    let entries: Vec<_> =
        sums.lines().filter(|line| !line.is_empty()).map(|line| entry(tree, line)).collect();
    entries.into_iter().collect()
}

fn entry(tree: &Path, line: &str) -> Result<Entry> {
    let parts = line.split_once("  ").or_else(|| line.split_once(" *"));
    let Some((sum, name)) = parts.filter(|(sum, _)| sum.len() == 64) else {
        bail!("{SUMS} has a line that is not a checksum and a name: {line:?}");
    };
    let size = tree.join(name).metadata().map_or(0, |data| data.len());
    Ok(Entry { sum: sum.to_ascii_lowercase(), name: name.to_owned(), size })
}

fn digest(file: &Path, mut on_block: impl FnMut(u64)) -> Result<String> {
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
