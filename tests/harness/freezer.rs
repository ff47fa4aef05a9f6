//! A real freezer-api, on SQLite.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::json;
use tempfile::TempDir;

use super::keystone::{KEYSTONE_PASSWORD, Keystone};

/// A freezer-api, its Keystone, and the folder that it keeps its things in.
pub struct FreezerApi {
    keystone: Keystone,
    folder: TempDir,
    process: Option<Child>,
    url: String,
}

impl FreezerApi {
    /// Starts one on an empty database, with a Keystone of its own.
    pub fn start() -> Self {
        let keystone = Keystone::start();
        keystone.offer("identity", &format!("{}/v3", keystone.url()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let empty = installed().join("empty/freezer.db");
        fs::copy(empty, folder.path().join("freezer.db")).expect("an empty database");
        let mut freezer = Self { keystone, folder, process: None, url: String::new() };
        freezer.start_again();
        freezer
    }

    /// Starts on the database that is there.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it still runs");
        let project = self.keystone.project();
        let user = self.keystone.user_with("service", &project);
        let log = fs::File::options().create(true).append(true).open(self.file("errors"));
        let mut command = Command::new(installed().join("bin/python"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/freezer/serve.py");
        command.arg(script.canonicalize().expect("the script"));
        command.arg(self.folder.path()).arg(self.keystone.url());
        command.env("OS_USERNAME", &user.name).env("OS_PROJECT_ID", project);
        command.env("OS_PASSWORD", KEYSTONE_PASSWORD).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(log.expect("a log")).spawn().expect("freezer-api starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("its output"));
        stdout.read_line(&mut line).expect("a line");
        let errors = fs::read_to_string(self.file("errors")).unwrap_or_default();
        assert!(line.starts_with("http"), "no freezer-api, but {line:?}: {errors}");
        self.url = line.trim_end().to_owned();
        self.process = Some(process);
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Who says who is calling.
    pub fn keystone(&self) -> &Keystone {
        &self.keystone
    }

    /// How many of the requests that it has answered are of a kind, by a part of their line.
    pub fn requests(&self, of: &str) -> usize {
        let requests = fs::read_to_string(self.file("requests")).unwrap_or_default();
        requests.lines().filter(|line| line.contains(of)).count()
    }

    /// Its folder: freezer-api.conf, freezer.db, policy.yaml if there is one.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.file("freezer.db")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for FreezerApi {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.stop();
        }
    }
}

impl Keystone {
    /// Puts a service into the catalog.
    pub fn offer(&self, kind: &str, url: &str) {
        let service = self.make("/v3/services", "service", json!({"type": kind}));
        for interface in ["public", "internal", "admin"] {
            let endpoint = json!({"service_id": service, "interface": interface, "url": url});
            self.make("/v3/endpoints", "endpoint", endpoint);
        }
    }
}

/// The virtual environment with freezer-api, which is installed when it is not there.
fn installed() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let install = || {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("root");
        let done = Command::new(root.join("scripts/freezer-api.sh")).output().expect("a shell");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "freezer-api cannot be installed: {errors}");
        root.join("target/freezer-api")
    };
    INSTALLED.get_or_init(install).clone()
}
