//! A real Keystone, on SQLite and Fernet keys in a temporary folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{Answer, Client, Setup};

/// Every user's password.
pub const KEYSTONE_PASSWORD: &str = "secret";

/// How many names were made up.
static NAMES: AtomicUsize = AtomicUsize::new(0);

/// A Keystone, and the folder that it keeps its things in.
pub struct Keystone {
    folder: TempDir,
    /// Files to serve TLS with: certificate, key, and the authority of the certificates that clients
    /// must have.
    tls: Vec<PathBuf>,
    host: String,
    process: Option<Child>,
    url: String,
    /// Where it listens for TLS, if it does.
    tls_url: Option<String>,
    /// A token of its admin, for the client that shall set it up.
    admin: Mutex<Option<Client>>,
}

/// A user of Keystone.
#[derive(Clone, Debug)]
pub struct KeystoneUser {
    pub id: String,
    pub name: String,
}

impl Keystone {
    /// The one that the tests of this process share. It ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Keystone> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// One of its own, for a test that stops it or sets it up in its way.
    pub fn start() -> Self {
        Self::start_with_tls(vec![])
    }

    /// One of its own that serves TLS beside, with a certificate, its key, and perhaps the authority of
    /// the certificates that clients must have.
    pub fn start_with_tls(tls: Vec<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&installed().join("empty"), folder.path());
        // An address that nobody else takes while it is stopped; certificates name another.
        let [a, b, c] = rand::random::<[u8; 3]>();
        let host = match tls.is_empty() {
            true => format!("127.{a}.{b}.{}", c.clamp(1, 254)),
            false => "127.0.0.1".to_owned(),
        };
        let (process, url, tls_url, admin) = (None, String::new(), None, Mutex::default());
        let mut keystone = Self { folder, tls, host, process, url, tls_url, admin };
        keystone.start_again();
        keystone
    }

    /// Starts on what is there, at the same address.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it still runs");
        let port = self.url.rsplit_once(':').map_or("0", |(_, port)| port).to_owned();
        let log = fs::File::options().create(true).append(true).open(self.folder().join("log"));
        let log = log.expect("a log");
        let mut command = Command::new(installed().join("bin/python"));
        command.arg(root().join("tests/keystone/serve.py"));
        command.arg(self.folder()).args([&self.host, &port]).args(&self.tls);
        command.current_dir(self.folder()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("Keystone starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("its output"));
        stdout.read_line(&mut line).expect("a line");
        assert!(line.starts_with("http"), "no Keystone, but {line:?}; log: {}", self.log());
        let mut urls = line.split_whitespace().map(str::to_owned);
        self.url = urls.next().expect("its URL");
        self.tls_url = urls.next();
        self.process = Some(process);
    }

    /// Adds to keystone.conf, for the next start.
    pub fn configure(&self, more: &str) {
        let file = self.folder().join("keystone.conf");
        let config = fs::read_to_string(&file).expect("keystone.conf");
        fs::write(&file, format!("{config}\n{more}\n")).expect("keystone.conf");
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything that it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// Where it listens, without `/v3`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens for TLS, if it does, without `/v3`.
    pub fn tls_url(&self) -> Option<&str> {
        self.tls_url.as_deref()
    }

    /// A client without credentials.
    pub fn client(&self) -> Client {
        Client::anonymous(&self.url)
    }

    /// How many of the requests that it has answered are of a kind, by a part of their line.
    pub fn requests(&self, of: &str) -> usize {
        let requests = fs::read_to_string(self.folder().join("requests")).unwrap_or_default();
        requests.lines().filter(|line| line.contains(of)).count()
    }

    /// How often it was asked about a token.
    pub fn times_asked_about(&self, token: &str) -> usize {
        let bytes = Sha256::digest(token);
        self.requests(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// Its own admin.
    pub fn admin(&self) -> Client {
        let mut admin = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let log_in = || {
            let scope = json!({"project": {"name": "admin", "domain": {"id": "default"}}});
            self.log_in("admin", &scope)
        };
        admin.get_or_insert_with(log_in).clone()
    }

    /// A client with a token of a user, for whatever the scope says.
    pub fn log_in(&self, user: &str, scope: &Value) -> Client {
        let answer = self.client().ask_for_token(user, KEYSTONE_PASSWORD, scope).expect(201);
        self.client().with("X-Auth-Token", answer.header("X-Subject-Token"))
    }

    /// A token of a user for a project.
    pub fn token(&self, user: &KeystoneUser, project: &str) -> String {
        let scope = json!({"project": {"id": project}});
        self.log_in(&user.name, &scope).header("X-Auth-Token").to_owned()
    }

    /// Makes something, and answers its id.
    #[track_caller]
    pub fn make(&self, path: &str, kind: &str, mut what: Value) -> String {
        if what.get("name").is_none() {
            what["name"] = json!(new_name(kind));
        }
        let made = self.admin().post(path, &json!({kind: what})).expect(201).json();
        made[kind]["id"].as_str().expect("an id").to_owned()
    }

    /// A new project in the default domain.
    pub fn project(&self) -> String {
        self.make("/v3/projects", "project", json!({"domain_id": "default"}))
    }

    /// A new user in the default domain, without roles.
    pub fn user(&self) -> KeystoneUser {
        let name = new_name("user");
        let user = json!({"name": name, "password": KEYSTONE_PASSWORD, "domain_id": "default"});
        KeystoneUser { id: self.make("/v3/users", "user", user), name }
    }

    /// A new user with a role in a project.
    pub fn user_with(&self, role: &str, project: &str) -> KeystoneUser {
        let user = self.user();
        self.grant(&user, role, &format!("projects/{project}"));
        user
    }

    /// Gives a user a role on `projects/ID`, `domains/ID` or `system`.
    pub fn grant(&self, user: &KeystoneUser, role: &str, on: &str) {
        let roles = self.admin().get(&format!("/v3/roles?name={role}")).expect(200).json();
        let role = roles["roles"][0]["id"].as_str().expect("the role is there");
        let path = match on {
            "system" => format!("/v3/system/users/{}/roles/{role}", user.id),
            on => format!("/v3/{on}/users/{}/roles/{role}", user.id),
        };
        self.admin().send("PUT", &path, None).expect(204);
    }

    /// Changes something.
    #[track_caller]
    pub fn change(&self, path: &str, change: &Value) -> Answer {
        self.admin().patch(path, change).expect(200)
    }

    /// A user for the server itself, and the configuration (TOML) of a server that logs in as it; the
    /// text may go on with more keys of `[identity.keystone]`. Keystone has a minute for its answers:
    /// the machine may be busy.
    pub fn service(&self) -> (KeystoneUser, String) {
        let project = self.project();
        let user = self.user_with("service", &project);
        let config = format!(
            "[identity]\nprovider = \"keystone\"\n[identity.keystone]\nauth_url = \"{}/v3\"\n\
             username = \"{}\"\npassword = \"{KEYSTONE_PASSWORD}\"\nproject_id = \"{project}\"\n\
             http_connect_timeout = 60\ntimeout = 60\n",
            self.tls_url.as_ref().unwrap_or(&self.url),
            user.name
        );
        (user, config)
    }

    /// A server that asks this Keystone, with more keys of `[identity.keystone]`.
    pub fn setup(&self, more: &str) -> Setup {
        Setup::with_config(&format!("{}{more}\n", self.service().1))
    }
}

impl Drop for Keystone {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.stop();
        }
    }
}

/// A name that nothing else in this process has.
fn new_name(kind: &str) -> String {
    format!("{kind}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// The virtual environment with Keystone, which is installed when it is not there.
fn installed() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let install = || {
        let done = Command::new(root().join("scripts/keystone.sh")).output().expect("a shell");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "Keystone cannot be installed: {errors}");
        root().join("target/keystone")
    };
    INSTALLED.get_or_init(install).clone()
}

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the folder")
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("a copy");
        }
    }
}
