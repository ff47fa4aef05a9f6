//! The real binary, on an empty store.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::wait::before_deadline;
use super::{Client, Store};

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
    folder: Arc<TempDir>,
    store: Store,
    setup: Setup,
    log_file: PathBuf,
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
        Self::start_on(Store::of_the_suite(), setup)
    }

    /// Starts on this store.
    pub fn start_on(store: Store, setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = store.settings(setup.config.as_deref().unwrap_or_default());
        if setup.config.is_some() || !config.is_empty() {
            fs::write(folder.path().join("actiond.toml"), config).expect("a configuration");
        }
        let mut server = Self::new(folder.into(), store, setup, "log");
        server.start_again();
        server
    }

    /// Starts another server in the same folder on the same store, which must be one for several.
    pub fn start_beside(&self) -> Self {
        let logs = (2..).map(|number| format!("log-{number}"));
        let mut free = logs.skip_while(|log| self.folder().join(log).exists());
        let log = free.next().expect("there are enough numbers");
        let (folder, store, setup) = (self.folder.clone(), self.store.clone(), self.setup.clone());
        let mut server = Self::new(folder, store, setup, &log);
        server.start_again();
        server
    }

    fn new(folder: Arc<TempDir>, store: Store, setup: Setup, log: &str) -> Self {
        let log_file = folder.path().join(log);
        Self { folder, store, setup, log_file, process: None, listening: Value::Null }
    }

    /// `actiond` in its folder, told where its store is.
    fn command(&self) -> Command {
        let mut command = actiond(self.folder());
        command.envs(self.store.url().map(|url| ("ACTIOND_STORE_URL", url)));
        command
    }

    /// Where it keeps its things.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Starts on the store that is there.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it still runs");
        let log =
            fs::File::options().create(true).append(true).open(&self.log_file).expect("a log");
        let mut command = self.command();
        // Settings that name listeners say where to listen.
        let config = self.setup.config.as_deref().unwrap_or_default();
        if !config.contains("[[server.listeners]]") {
            command.env("ACTIOND_LISTEN", "127.0.0.1:0");
        }
        command
            .args(["serve", "--log-format", "json"])
            .env("ACTIOND_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .envs(self.setup.environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(log);
        let process = command.spawn().expect("the server starts");
        self.listen(process);
    }

    /// A server that was started by hand in a folder, with `--log-format json` and its output piped.
    pub fn of(process: Child, folder: TempDir) -> Self {
        let mut server = Self::new(folder.into(), Store::sqlite(), Setup::default(), "log");
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
        fs::read_to_string(&self.log_file).unwrap_or_default()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be killed");
        end_of(&mut process).expect("it ends");
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
        let mut process = self.process.take().expect("it runs");
        let Some(status) = end_of(&mut process) else {
            // For the drop, which kills it.
            self.process = Some(process);
            panic!("it does not end; log: {}", self.log());
        };
        assert!(status.success(), "{status}; log: {}", self.log());
    }

    /// Runs `actiond ARGUMENTS` beside it, on the same store, with `input` on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command();
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

/// How a process has ended, if it does.
fn end_of(process: &mut Child) -> Option<ExitStatus> {
    before_deadline(|| process.try_wait().expect("it can be asked"))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // SIGTERM first, so that it takes its children with it; it may have been frozen.
            let pid = Pid::from_raw(process.id() as i32);
            for signal in [Signal::SIGTERM, Signal::SIGCONT] {
                let _ = kill(pid, signal);
            }
            if end_of(&mut process).is_none() {
                let _ = process.kill();
                let _ = process.wait();
                // A second panic would end all tests.
                assert!(std::thread::panicking(), "it did not end; log: {}", self.log());
            }
        }
    }
}
