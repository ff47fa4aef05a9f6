//! The real binary, on a store in a temporary folder.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::Client;

/// The first admin's password.
pub const ADMIN_PASSWORD: &str = "correct horse battery";

/// The command `actiond`, in `folder`, with nothing of this environment that could disturb it.
pub fn actiond(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_actiond"));
    command.current_dir(folder).env_clear();
    for kept in ["PATH", "HOME", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// What a server starts with.
#[derive(Clone, Default)]
pub struct Setup {
    /// The text of its actiond.toml; none is the defaults.
    pub config: Option<String>,
    /// More variables.
    pub environment: Vec<(String, String)>,
}

impl Setup {
    /// Defaults, with these cluster actions (TOML).
    pub fn with_config(config: &str) -> Self {
        Self { config: Some(config.to_owned()), ..Self::default() }
    }
}

/// A server and the folder that it keeps its things in.
pub struct Server {
    folder: TempDir,
    setup: Setup,
    process: Option<Child>,
    listening: Value,
}

impl Server {
    /// Starts on an empty store, with the built-in settings.
    pub fn start() -> Self {
        Self::start_with(Setup::default())
    }

    /// Starts on an empty store.
    pub fn start_with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Some(config) = &setup.config {
            fs::write(folder.path().join("actiond.toml"), config).expect("a configuration");
        }
        let mut server = Self { folder, setup, process: None, listening: Value::Null };
        server.start_again();
        server
    }

    /// Starts on the store that is there.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it still runs");
        let log =
            fs::File::options().create(true).append(true).open(self.log_file()).expect("a log");
        let mut command = actiond(self.folder());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .env("ACTIOND_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .envs(self.setup.environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(log);
        let process = command.spawn().expect("the server starts");
        self.listen(process);
    }

    /// A server that was started by hand in a folder, with `--log-format json` and its output piped.
    pub fn of(process: Child, folder: TempDir) -> Self {
        let (setup, listening) = (Setup::default(), Value::Null);
        let mut server = Self { folder, setup, process: None, listening };
        server.listen(process);
        server
    }

    fn listen(&mut self, mut process: Child) {
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("its output"));
        stdout.read_line(&mut line).expect("a line");
        self.listening = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("no server, but {line:?}; log: {}", self.log()));
        self.process = Some(process);
    }

    /// Its folder: actiond.toml, data/, log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes an empty file in its folder: what a [`super::gate`] waits for.
    pub fn touch(&self, file: &str) {
        fs::write(self.folder().join(file), "").expect("a file");
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        self.listening["url"].as_str().expect("its URL")
    }

    /// The line that says where it listens.
    pub fn listening(&self) -> &Value {
        &self.listening
    }

    /// A client without credentials.
    pub fn client(&self) -> Client {
        Client::anonymous(self.url())
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid() as i32), signal).expect("it can be signalled");
    }

    /// Stops it with SIGTERM, and waits until it has ended; its exit status must be 0.
    pub fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        self.wait();
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        let process = self.process.as_mut().expect("it was started");
        process.try_wait().expect("it can be asked").is_none()
    }

    /// Waits until it has ended by itself; its exit status must be 0.
    pub fn wait(&mut self) {
        let status = self.process.take().expect("it runs").wait().expect("it ends");
        assert!(status.success(), "{status}; log: {}", self.log());
    }

    /// Runs `actiond ARGUMENTS` beside it, on the same store, with `input` on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = actiond(self.folder());
        let piped = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = piped.spawn().expect("the command starts");
        // One that does not read its input may be gone before it is written.
        let _ = process.stdin.take().expect("its input").write_all(input.as_bytes());
        process.wait_with_output().expect("it ends")
    }

    /// Adds a user with these flags, such as `--role admin --project p:member`.
    pub fn add_user(&self, name: &str, password: &str, flags: &[&str]) {
        let arguments = [&["user", "add", name, "--password-stdin"], flags].concat();
        let output = self.run(&arguments, password);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // SIGTERM first, so that it takes its children with it.
            self.process = None;
            let _ = kill(Pid::from_raw(process.id() as i32), Signal::SIGTERM);
            let _ = process.wait();
        }
    }
}
