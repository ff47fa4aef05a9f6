//! A private PostgreSQL, which ends with the test program however that ends.
//!
//! The tests of the store use this file too.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres.sh");

/// For tests that are not about durability.
const FAST: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// A server with a folder of its own, on a port that was free.
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    /// The script that runs it, and obeys. It ends when its input does.
    script: Mutex<Script>,
}

struct Script {
    process: Child,
    /// Present until it is to end.
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Postgres {
    /// The server that all tests of this program share, for a database each.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&FAST))
    }

    /// A server of its own, with these settings (`name=value`).
    pub fn start(settings: &[&str]) -> Self {
        // The port was free a moment ago; another program may have been faster.
        (0..5).find_map(|_| Self::try_start(settings)).expect("PostgreSQL starts")
    }

    /// A server that repeats all that another one does, until it is [promoted](Self::promote).
    pub fn standby_of(primary: &Self) -> Self {
        Self::start(&[&format!("standby_of={}", primary.port)])
    }

    fn try_start(settings: &[&str]) -> Option<Self> {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let mut script = Command::new(SCRIPT)
            .arg(port.to_string())
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/postgres.sh starts");
        let orders = script.stdin.take();
        let mut said = BufReader::new(script.stdout.take().expect("its output"));
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        let Some(ready) = line.strip_prefix("ready ") else {
            script.wait().expect("it ends");
            return None;
        };
        let mut words = ready.split_whitespace().map(PathBuf::from);
        Some(Self {
            folder: words.next()?,
            programs: words.next()?,
            port,
            script: Mutex::new(Script { process: script, orders, said }),
        })
    }

    /// A new, empty database: its URL, for a role that is no superuser and owns it.
    pub fn database(&self) -> String {
        self.copy_of("template1")
    }

    /// A new database like another one that nobody uses: its URL.
    pub fn copy_of(&self, name: &str) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let copy = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {copy} TEMPLATE {name} OWNER actiond"));
        self.url(&copy)
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://actiond@127.0.0.1:{}/{database}", self.port)
    }

    /// The database that a URL names.
    pub fn name_of(url: &str) -> &str {
        url.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default()
    }

    /// Runs statements as the superuser, and answers what they print, without heads.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--username", "postgres", "--dbname", database])
            .args(["--command", statements]);
        let output = psql.output().expect("psql starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statements}: {error}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A program of this PostgreSQL, such as `pg_dump`, told where the server is.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env("PGHOST", &self.folder).env("PGPORT", self.port.to_string());
        command
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data, its log, its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops it, and cuts all connections.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Stops it as a loss of power would.
    pub fn crash(&self) {
        self.order("crash");
    }

    /// Starts it again.
    pub fn start_again(&self) {
        self.order("start");
    }

    /// Makes a standby the one that is written to.
    pub fn promote(&self) {
        self.order("promote");
    }

    /// Lets no file of its data grow beyond the size of those of its log (the setting `wal_segsize`, in
    /// MiB, else 16), as a full disk would.
    pub fn fill_disk(&self) {
        self.order("full");
    }

    /// Ends that.
    pub fn make_room(&self) {
        self.order("room");
    }

    fn order(&self, order: &str) {
        let mut script = self.script.lock().expect("one order at a time");
        writeln!(script.orders.as_ref().expect("it runs"), "{order}").expect("it listens");
        let mut line = String::new();
        script.said.read_line(&mut line).expect("it answers");
        assert_eq!(line, "done\n");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(script) = self.script.get_mut() {
            drop(script.orders.take());
            let _ = script.process.wait();
        }
    }
}
