//! Several servers behind the balancer of docs/replicas.md.

use std::fs;
use std::io::{Read, Write};
use std::iter;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Client, RaiseAtEnd, Server, Setup, Store, until};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A port that is free, and that the system gives to nobody who asks for any.
fn lasting_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let port = || {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        20_000 + (std::process::id() as u16).wrapping_mul(16).wrapping_add(number) % 10_000
    };
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    iter::repeat_with(port).take(1000).find(is_free).expect("a free port")
}

/// A server that comes back where it was.
fn start(store: &Store) -> Server {
    let listen = ("ACTIOND_LISTEN".to_owned(), format!("127.0.0.1:{}", lasting_port()));
    Server::start_on(store.clone(), Setup { config: None, environment: vec![listen] })
}

/// HAProxy, as the page says but for addresses.
struct Balancer {
    process: Child,
    folder: TempDir,
    url: String,
}

impl Balancer {
    fn start(servers: [&Server; 2]) -> Self {
        let page = fs::read_to_string(format!("{REPOSITORY}/docs/replicas.md")).unwrap();
        let (_, block) = page.split_once("```haproxy\n").unwrap();
        let (config, _) = block.split_once("```").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{}", lasting_port());
        let [one, two] = servers.map(|server| server.listening()["address"].as_str().unwrap());
        let socket = folder.path().join("socket").display().to_string();
        let words = [
            ("/run/haproxy/actiond.sock", &*socket),
            ("bind :9090", &format!("bind {address}")),
            ("10.0.0.1:9090", one),
            ("10.0.0.2:9090", two),
        ];
        let config = words.iter().fold(config.to_owned(), |config, (word, other)| {
            assert!(config.contains(word), "{word}");
            config.replace(word, other)
        });
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, config).unwrap();
        let process = haproxy().arg("-f").arg(file).stderr(Stdio::null()).spawn().unwrap();
        let balancer = Self { process, folder, url: format!("http://{address}") };
        let client = Client::anonymous(&balancer.url);
        until("it balances", || client.try_send("GET", "/readyz", None).is_ok());
        balancer
    }

    /// Says something to its socket, and answers what it says.
    fn tell(&self, order: &str) -> String {
        let mut socket = UnixStream::connect(self.folder.path().join("socket")).unwrap();
        writeln!(socket, "{order}").unwrap();
        let mut said = String::new();
        socket.read_to_string(&mut said).unwrap();
        said
    }

    /// Waits until it has seen that a server is ready.
    fn until_up(&self, name: &str) {
        until(&format!("{name} is up"), || self.has(name, 17, "UP"));
    }

    /// Gives a server nothing more, and waits until it has answered what it was given.
    fn drain(&self, name: &str) {
        self.tell(&format!("set server servers/{name} state drain"));
        until(&format!("{name} has no session"), || self.has(name, 4, "0"));
    }

    /// Whether a column of its statistics of a server has this value.
    fn has(&self, name: &str, column: usize, value: &str) -> bool {
        let all = self.tell("show stat");
        let is_it = |line: &&str| line.starts_with(&format!("servers,{name},"));
        let line = all.lines().find(is_it);
        line.and_then(|line| line.split(',').nth(column)) == Some(value)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program, which is installed when it is missing.
fn haproxy() -> Command {
    let there = Path::new("/usr/sbin/haproxy");
    if !there.exists() {
        let script = PathBuf::from(REPOSITORY).join("scripts/need.sh");
        assert!(Command::new(script).arg("haproxy").status().unwrap().success());
    }
    Command::new(if there.exists() { there } else { Path::new("haproxy") })
}

/// Creates actions and reads them, until it is to end.
fn keep_asking(client: &Client, name: usize, end: &AtomicBool, done: &AtomicUsize) {
    for number in 0.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("c{name}-{number}");
        let body = json!({"action_id": id, "freezer_action": {"action": "info"}});
        client.post("/v2/default/actions", &body).expect(201);
        client.get(&format!("/v2/default/actions/{id}")).expect(200);
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn servers_are_replaced_one_by_one_and_no_request_fails() {
    let store = Store::postgres();
    let mut servers = [start(&store), start(&store)];
    let balancer = Balancer::start([&servers[0], &servers[1]]);
    let client = Client::anonymous(&balancer.url).project_admin();
    let (end, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let _stops = RaiseAtEnd(&end);
        for name in 0..4 {
            let (client, end, done) = (client.clone(), &end, &done);
            scope.spawn(move || keep_asking(&client, name, end, done));
        }
        for (server, name) in servers.iter_mut().zip(["one", "two"]) {
            balancer.until_up(name);
            balancer.drain(name);
            server.stop();
            let before = done.load(Ordering::Relaxed);
            until("the other one works", || done.load(Ordering::Relaxed) > before + 20);
            server.start_again();
            server.client().get("/readyz").expect(200);
            balancer.tell(&format!("set server servers/{name} state ready"));
            balancer.until_up(name);
        }
    });
}

#[test]
fn when_a_server_dies_the_other_one_answers() {
    let store = Store::postgres();
    let mut servers = [start(&store), start(&store)];
    let balancer = Balancer::start([&servers[0], &servers[1]]);
    let client = Client::anonymous(&balancer.url).project_admin();
    let body = json!({"action_id": "kept", "freezer_action": {"action": "info"}});
    client.post("/v2/default/actions", &body).expect(201);
    servers[0].kill();
    for _ in 0..50 {
        client.get("/v2/default/actions/kept").expect(200);
    }
}
