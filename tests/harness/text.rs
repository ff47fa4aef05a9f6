//! A server that talks to a person.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{actiond, until_some};

/// A server with text on its output, and nothing set but a free port.
pub struct TextServer {
    folder: PathBuf,
    process: Child,
}

impl TextServer {
    /// Starts in a folder, and waits until it has said `until`.
    pub fn start(folder: &Path, flags: &[&str], environment: &[(&str, &str)], until: &str) -> Self {
        let flags = [&["--listen", "127.0.0.1:0"], flags].concat();
        Self::serve(folder, &flags, environment, until)
    }

    /// Starts with a configuration that says where to listen.
    pub fn start_by_file(folder: &Path, file: &str, flags: &[&str], until: &str) -> Self {
        Self::serve(folder, &[&["--config", file], flags].concat(), &[], until)
    }

    fn serve(folder: &Path, flags: &[&str], environment: &[(&str, &str)], until: &str) -> Self {
        let file = |name| File::create(folder.join(name)).expect("a file");
        let process = actiond(folder)
            .arg("serve")
            .args(flags)
            .envs(environment.iter().copied())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn();
        let server = Self { folder: folder.to_owned(), process: process.expect("it starts") };
        until_some("it says so", || server.said().contains(until).then_some(()));
        server
    }

    /// Everything on its standard output.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.join("stdout")).unwrap_or_default()
    }

    /// Everything that it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("stderr")).unwrap_or_default()
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        let said = self.said();
        let line = said.lines().find_map(|line| line.strip_prefix("actiond listens on "));
        line.expect("it says where").to_owned()
    }
}

impl Drop for TextServer {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.process.id() as i32), Signal::SIGTERM);
        let _ = self.process.wait();
    }
}
