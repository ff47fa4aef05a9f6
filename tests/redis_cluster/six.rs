//! A real Redis Cluster of six nodes, with data in it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Once;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::RngExt;
use tempfile::TempDir;

use super::root;

/// How many keys there are.
const KEYS: usize = 5000;
/// What the nodes want to hear: a shell, TOML, redis.conf and redis-cli each have signs of their own.
const PASSWORD: &str = r#"six "no\des" 'ü# $HOME \x41"#;

/// Six servers on ports that were free, 1 to 3 masters at first and 4 to 6 replicas. They end with this.
pub struct SixNodes {
    folder: TempDir,
    ports: Vec<u16>,
    script: Child,
    said: BufReader<ChildStdout>,
}

impl SixNodes {
    /// Starts them, and writes the data.
    pub fn start() -> Self {
        install();
        // A port was free a moment ago; another program may have been faster.
        let six = (0..5).find_map(|_| Self::try_start()).expect("six nodes start");
        six.fill();
        six
    }

    fn try_start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ports: Vec<_> = std::iter::repeat_with(free_port).take(6).collect();
        let mut script = Command::new(root().join("examples/redis-cluster/six-nodes.sh"))
            .arg(folder.path())
            .args(ports.iter().map(u16::to_string))
            .env("REDISCLI_AUTH", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script starts");
        let mut said = BufReader::new(script.stdout.take().expect("its output"));
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        let six = Self { folder, ports, script, said };
        (line == "ready\n").then_some(six)
    }

    /// The example's configuration, for these nodes.
    pub fn settings(&self) -> String {
        self.settings_with(PASSWORD)
    }

    /// The same with a password that the nodes may not want.
    pub fn settings_with(&self, password: &str) -> String {
        let file = root().join("examples/redis-cluster/actiond.toml");
        let text = fs::read_to_string(file).expect("the example");
        // A text of JSON is one of TOML.
        let password = serde_json::json!(password);
        let password = format!("\nenvironment = {{ REDISCLI_AUTH = {password} }}\ntimeout = ");
        let text = text.replace("\ntimeout = ", &password);
        (1..=6).fold(text, |text, node| {
            text.replace(&format!("127.0.0.1:700{node}"), &self.address(node))
        })
    }

    /// Where a node is, 1 to 6.
    pub fn address(&self, node: usize) -> String {
        format!("127.0.0.1:{}", self.ports[node - 1])
    }

    /// What redis-cli says to a node.
    #[track_caller]
    pub fn ask(&self, node: usize, words: &[&str]) -> String {
        self.cli(&[&["-p", &self.ports[node - 1].to_string()], words].concat(), "")
    }

    /// What these lines of Python say, beside the example's scripts.
    #[track_caller]
    pub fn python(&self, lines: &str) -> String {
        let done = Command::new("python3")
            .args(["-B", "-c", lines])
            .current_dir(root().join("examples/redis-cluster"))
            .env("REDISCLI_AUTH", PASSWORD)
            .output()
            .expect("Python starts");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{errors}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// What Redis calls a node.
    pub fn id(&self, node: usize) -> String {
        self.ask(node, &["CLUSTER", "MYID"])
    }

    /// Runs `redis-cli --cluster` with these words.
    #[track_caller]
    pub fn manage(&self, words: &[&str]) {
        self.cli(&[&["--cluster"], words].concat(), "");
    }

    /// Moves slots from one master to another, as redis-cli does it.
    #[track_caller]
    pub fn reshard(&self, from: usize, to: usize, count: usize) {
        let (address, from, to) = (self.address(1), self.id(from), self.id(to));
        let count = count.to_string();
        let words = ["reshard", &address, "--cluster-from", &from, "--cluster-to", &to];
        self.manage(&[&words[..], &["--cluster-slots", &count, "--cluster-yes"]].concat());
    }

    /// How many slots a node says it has.
    pub fn slots(&self, node: usize) -> usize {
        let nodes = self.ask(node, &["CLUSTER", "NODES"]);
        let line = nodes.lines().find(|line| line.contains("myself")).expect("its own line");
        let words = line.split(' ').skip(8).filter(|word| !word.starts_with('['));
        words
            .map(|word| {
                let (first, last) = word.split_once('-').unwrap_or((word, word));
                let number = |text: &str| text.parse::<usize>().expect("a slot");
                number(last) + 1 - number(first)
            })
            .sum()
    }

    /// Whether a node says that it is a master.
    pub fn is_master(&self, node: usize) -> bool {
        self.ask(node, &["ROLE"]).starts_with("master")
    }

    /// Ends a node as a crash would.
    pub fn kill(&self, node: usize) {
        let file = self.folder.path().join(self.ports[node - 1].to_string()).join("pid");
        let pid = fs::read_to_string(file).expect("its process id");
        kill(Pid::from_raw(pid.trim().parse().expect("a number")), Signal::SIGKILL)
            .expect("it runs");
    }

    /// Starts a node that has ended.
    pub fn start_again(&mut self, node: usize) {
        let port = self.ports[node - 1];
        let orders = self.script.stdin.as_mut().expect("it listens");
        writeln!(orders, "start {port}").expect("it listens");
        let mut line = String::new();
        self.said.read_line(&mut line).expect("it answers");
        assert_eq!(line, format!("started {port}\n"));
    }

    /// Fails when a key is not there with its value, asked for as clients of a cluster ask; `node` answers
    /// first.
    #[track_caller]
    pub fn check_data(&self, node: usize) {
        let gets: String = (0..KEYS).map(|key| format!("GET {}\n", name(key))).collect();
        let port = self.ports[node - 1].to_string();
        let said = self.cli(&["-c", "-p", &port], &gets);
        let found: Vec<_> = said.lines().filter(|line| !line.starts_with("-> ")).collect();
        let missing: Vec<_> = found
            .iter()
            .enumerate()
            .filter(|(key, found)| **found != value(*key))
            .map(|(key, found)| format!("{}: {found}", name(key)))
            .collect();
        assert_eq!((found.len(), missing), (KEYS, vec![]));
    }

    fn fill(&self) {
        let sets: String =
            (0..KEYS).map(|key| format!("SET {} \"{}\"\n", name(key), value(key))).collect();
        let port = self.ports[0].to_string();
        let said = self.cli(&["-c", "-p", &port], &sets);
        assert_eq!(said.lines().filter(|line| *line == "OK").count(), KEYS, "{said}");
        // Redis replicates when it has answered; what is lost from now on is not Redis's fault.
        for master in 1..=3 {
            assert_eq!(self.ask(master, &["WAIT", "1", "10000"]), "1");
        }
    }

    #[track_caller]
    fn cli(&self, words: &[&str], input: &str) -> String {
        let mut process = Command::new("redis-cli")
            .args(words)
            .env("REDISCLI_AUTH", PASSWORD)
            .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("redis-cli starts");
        if let Some(mut stdin) = process.stdin.take() {
            let input = input.to_owned();
            // It answers while it still reads.
            std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        let output = process.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "redis-cli {words:?}: {said}{errors}");
        said
    }
}

impl Drop for SixNodes {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// Some keys have names that only careful clients get right.
fn name(key: usize) -> String {
    match key % 50 {
        0 => format!("\"key {key} \\xff\\x00\\n\""),
        1 => format!("\"k\\\"{key}\\\\\""),
        _ => format!("key:{key}"),
    }
}

fn value(key: usize) -> String {
    format!("value {key} {}", "x".repeat(key % 200))
}

/// A port that is free together with that of the cluster's bus, which is 10000 higher: below those that
/// systems give out by themselves.
fn free_port() -> u16 {
    let mut chance = rand::rng();
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let ports = std::iter::repeat_with(|| chance.random_range(11_000..22_000));
    let mut free = ports.filter(|port| is_free(*port) && is_free(*port + 10_000));
    free.next().expect("a free port")
}

/// Installs Redis where it is missing.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let mut need = Command::new(root().join("scripts/need.sh"));
        let done = need.args(["redis-server", "redis-cli:redis-tools"]).output();
        let done = done.expect("a shell");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "Redis cannot be installed: {errors}");
    });
}
