//! The command line.

mod keys;
mod policy;
mod tls;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde::{Deserialize, Serialize};

pub use keys::Keys;
pub use policy::{Format, Policy, Question, Source};
pub use tls::{SelfSigned, Tls};

/// Keeps and carries out actions, behind two REST APIs: cluster actions (Redis Enterprise Software)
/// and project actions (OpenStack Freezer v2).
#[derive(Debug, Parser)]
#[command(name = "actiond", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that hold for every command. A flag wins over the environment, and that over the file.
#[derive(Args, Debug)]
pub struct Global {
    /// The configuration file. Without it ./actiond.toml is read when it exists.
    #[arg(long, global = true, env = "ACTIOND_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where actions and users are kept: sqlite:PATH or postgres://USER@HOST/DATABASE.
    ///
    /// An argument is for everybody on this host to see: a password belongs into a variable or a file.
    #[arg(
        long = "store",
        global = true,
        env = "ACTIOND_STORE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub store: Option<String>,
    /// What is logged (to stderr): error, warn, info, debug, trace, or filters such as
    /// actiond_runner=debug.
    #[arg(long, global = true, env = "ACTIOND_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How the log and the line that says where the server listens are written: text or json.
    #[arg(long, global = true, env = "ACTIOND_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    #[command(
        after_help = "In a store without users the first one, admin, is made at the start. Its \
        password is what ACTIOND_ADMIN_PASSWORD holds; without that one is made and shown once."
    )]
    Serve(Serve),
    /// Manage the users of the local identity provider, their roles and their projects.
    #[command(subcommand)]
    User(User),
    /// Look at the rules that say who may do what on the project face.
    #[command(subcommand)]
    Policy(Policy),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look after the keys that tokens of the cluster face are signed with.
    #[command(subcommand)]
    Keys(Keys),
    /// Make certificates.
    #[command(subcommand)]
    Tls(Tls),
    /// Bring the store to the schema of this version.
    Migrate(Migrate),
    /// Look after stores.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Take over what another service has kept.
    #[command(subcommand)]
    Import(Import),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Carry out one of the built-in maintenance tasks (the server does this itself).
    ///
    /// Parameters come as a JSON object on standard input, progress goes as JSON lines to standard
    /// output: the way in which every configured command talks to the server.
    #[command(subcommand)]
    Task(Task),
}

#[derive(Args, Debug)]
pub struct Listen {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, env = "ACTIOND_LISTEN", value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// Serve HTTP without TLS on an address that others can reach, such as behind a proxy.
    #[arg(
        long,
        env = "ACTIOND_ALLOW_PLAIN_HTTP",
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub allow_plain_http: Option<String>,
}

#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    pub listen: Listen,
    /// Print commands to try the server with.
    #[arg(long)]
    pub guide: bool,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a user.
    Add(AddUser),
    /// Show all users with their roles.
    List,
    /// Give a user another password; its tokens are worth nothing any more.
    SetPassword {
        /// The user's name.
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// End the lock of a user, and forget its wrong passwords.
    Unlock {
        /// The user's name.
        name: String,
    },
    /// Remove a user with its tokens.
    Remove {
        /// The user's name.
        name: String,
    },
    /// Give a user more roles; its tokens carry them within seconds.
    Grant(ChangeRoles),
    /// Take roles from a user; its tokens lose them within seconds.
    Revoke(ChangeRoles),
    /// Show all projects, with their names.
    Projects,
    /// Call a project by a name, by which clients can log in to it. Without one its id is its name.
    NameProject {
        /// The project's id; it need not have members yet.
        id: String,
        /// The name.
        name: String,
    },
}

#[derive(Args, Debug)]
pub struct AddUser {
    /// What the user logs in with.
    pub name: String,
    /// Its e-mail address, with which it can log in on the cluster face too.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    #[command(flatten)]
    pub roles: RoleFlags,
    #[command(flatten)]
    pub password: Password,
}

#[derive(Args, Debug)]
pub struct ChangeRoles {
    /// The user's name.
    pub name: String,
    #[command(flatten)]
    pub roles: RoleFlags,
}

#[derive(Args, Debug)]
pub struct RoleFlags {
    /// A role on the cluster face: admin, cluster_member, cluster_viewer, db_member, db_viewer,
    /// user_manager or none. May be repeated.
    #[arg(long = "role", value_name = "ROLE")]
    pub cluster: Vec<String>,
    /// A role in a project: member, reader, admin, service, or one that a policy file names. The project is named by its id or its
    /// name. May be repeated.
    #[arg(long = "project", value_name = "PROJECT:ROLE")]
    pub projects: Vec<String>,
}

#[derive(Args, Debug)]
pub struct Password {
    /// Read the password from standard input; without this one is made and shown once.
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Take over the project actions of a running freezer-api, through its own API.
    ///
    /// Logs in at Keystone as an admin, with the variables of an openrc file: OS_AUTH_URL, OS_USERNAME,
    /// OS_PASSWORD, OS_PROJECT_NAME and their like, or those of an application credential. To run it
    /// again does no harm. When it was cut off, the same command carries on.
    ///
    /// Exit status: 0 when all actions are here as freezer-api has them, 3 when it has come to its end
    /// and some could not be taken (the report says why), 1 when it was cut off.
    Freezer(ImportFreezer),
}

#[derive(Args, Debug)]
pub struct ImportFreezer {
    /// Where freezer-api answers: http:// or https://, host and port.
    #[arg(long, value_name = "URL")]
    pub endpoint: String,
    /// The id of a project, not its name; may be repeated. Without it, all projects that Keystone lists.
    #[arg(long = "project", value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub projects: Vec<String>,
    /// Where an action of the same id is here and differs, put freezer-api's in its place.
    #[arg(long)]
    pub overwrite: bool,
    /// The file that says, as JSON, how far the import has come, and what it could not take.
    #[arg(long, value_name = "FILE", default_value = "actiond-import.json")]
    pub report: PathBuf,
    /// Begin anew, also when the last import was cut off.
    #[arg(long)]
    pub restart: bool,
    /// How many requests freezer-api gets at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub connections: u8,
}

#[derive(Args, Debug)]
pub struct Migrate {
    /// Say what is applied and what is pending, and change nothing.
    ///
    /// Exit status: 0 when the store is at the schema of this version, 3 when something is pending, 1
    /// when the store is newer or cannot be read.
    #[arg(long)]
    pub status: bool,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copy everything from one store to another: from SQLite to PostgreSQL, back, or to a newer server.
    ///
    /// Stop the servers of the source first: the copy is one moment of it, what is acknowledged later stays
    /// behind, and what is queued would run on both sides. The target gets all or nothing, and is compared
    /// with the source in the end.
    Copy(CopyStores),
}

#[derive(Args, Debug)]
pub struct CopyStores {
    /// What is copied: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "URL", env = "ACTIOND_COPY_FROM", hide_env_values = true)]
    pub from: String,
    /// Where it goes: a file that is not there, or an empty database.
    #[arg(long, value_name = "URL", env = "ACTIOND_COPY_TO", hide_env_values = true)]
    pub to: String,
    /// A file with the password for the source.
    #[arg(long, value_name = "FILE")]
    pub from_password_file: Option<PathBuf>,
    /// A file with the password for the target.
    #[arg(long, value_name = "FILE")]
    pub to_password_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, and say what it comes to.
    Check(Listen),
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Verify the files of a folder against its SHA256SUMS.
    VerifyTree {
        /// The folder that must hold every tree; paths are taken from here.
        #[arg(long, default_value = ".", value_name = "FOLDER")]
        root: PathBuf,
    },
    /// Make a consistent copy of the store while the server runs.
    CopyStore {
        /// The folder that copies are put into.
        #[arg(long, default_value = "data/copies", value_name = "FOLDER")]
        into: PathBuf,
    },
}
