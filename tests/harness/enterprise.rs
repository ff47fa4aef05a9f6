//! The crate redis-enterprise, in one of two generations.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::ADMIN_PASSWORD;

/// A client of one server, as its first admin: the program in tests/redis_enterprise.
pub struct Enterprise {
    process: Child,
    calls: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Enterprise {
    /// A client of a generation, "0.8" or "0.10", that trusts this certificate.
    pub fn start(generation: &str, url: &str, certificate: &Path) -> Self {
        Self::with_password(generation, url, certificate, ADMIN_PASSWORD)
    }

    /// The same with another password.
    pub fn with_password(generation: &str, url: &str, certificate: &Path, password: &str) -> Self {
        let mut process = Command::new(program())
            .arg(generation)
            .env("REDIS_ENTERPRISE_URL", url)
            .env("REDIS_ENTERPRISE_USER", "admin")
            .env("REDIS_ENTERPRISE_PASSWORD", password)
            .env("REDIS_ENTERPRISE_CA_CERT", certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let calls = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("its output"));
        Self { process, calls, answers }
    }

    /// Calls a method: its name and its arguments. Answers what the crate has read, or its error.
    pub fn call(&mut self, call: &Value) -> Result<Value, String> {
        writeln!(self.calls.as_ref().expect("it listens"), "{call}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a line");
        let mut answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("{call}: {line:?}"));
        match answer.get_mut("error") {
            Some(error) => Err(error.as_str().expect("a text").to_owned()),
            None => Ok(answer["ok"].take()),
        }
    }
}

impl Drop for Enterprise {
    fn drop(&mut self) {
        drop(self.calls.take());
        let _ = self.process.wait();
    }
}

/// The program, which is built when it is not there.
fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().expect("the repository");
        let built = Command::new(root.join("scripts/redis-enterprise.sh")).output();
        let built = built.expect("a shell");
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "the clients cannot be built: {errors}");
        root.join("target/redis-enterprise/debug/redis-enterprise-clients")
    };
    BUILT.get_or_init(build).clone()
}
