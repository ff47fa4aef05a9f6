//! A command's process group.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use actiond_core::cluster::Node;
use actiond_core::usecase::Grip;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{CommandLine, group};
use crate::job::Job;
use crate::orphans::kill_left_behind;
use crate::{ACTION_VARIABLE, ATTEMPT_VARIABLE, NODE_VARIABLES, TASK_VARIABLE};

/// Where programs are looked for when this server has no PATH itself.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// How often a group is asked whether anybody is left.
const GROUP_POLL: Duration = Duration::from_millis(20);
/// How long killed processes are waited for: they end at once, unless the kernel holds them.
const REAP_GRACE: Duration = Duration::from_millis(500);

/// A running command and all that it has started, in one process group. Killed when dropped.
pub(crate) struct Process {
    child: Box<dyn ChildWrapper>,
    group: Option<Pid>,
    /// Writes the parameters; the command may never read them.
    _feeder: JoinSet<()>,
}

impl Process {
    pub(crate) fn spawn(line: &CommandLine, job: &Job) -> io::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or(DEFAULT_PATH.into());
        let mut command = CommandWrap::with_new(&line.program, |command| {
            command
                .args(&line.arguments)
                .env_clear()
                .env("PATH", path)
                .envs(&line.environment)
                .env(TASK_VARIABLE, job.grip.task.to_string())
                .env(ATTEMPT_VARIABLE, job.grip.fencing.to_string())
                .env(ACTION_VARIABLE, job.name.as_str())
                .envs(job.node.iter().flat_map(|node| about(node)))
                .current_dir(&line.directory)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
        });
        let mut child = command.wrap(ProcessGroup::leader()).spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let mut feeder = JoinSet::new();
        if let Some(stdin) = child.stdin().take() {
            feeder.spawn(feed(stdin, input(&job.parameters)));
        }
        Ok(Self { child, group, _feeder: feeder })
    }

    pub(crate) fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout().take()
    }

    pub(crate) fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr().take()
    }

    /// Waits for the command itself, whatever it has left running.
    pub(crate) async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.child.inner_mut().wait().await
    }

    /// Waits for the whole group.
    pub(crate) async fn gone(&mut self) {
        let _ = self.exited().await;
        while self.group.is_some_and(group::lives) {
            sleep(GROUP_POLL).await;
        }
    }

    /// Asks the group to stop.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Kills the group.
    pub(crate) fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Kills what is left of the group when the command has ended; with a grip, also what the task
    /// has started and what has left the group.
    pub(crate) async fn clear(&mut self, grip: Option<Grip>) {
        self.kill();
        let ended = async {
            // As process 1 this server inherits them, and has to reap them.
            let _ = self.child.wait().await;
            // One that is killed keeps its files, and the locks on them, for a moment.
            self.gone().await;
        };
        let _ = timeout(REAP_GRACE, ended).await;
        self.group = None;
        if let Some(grip) = grip {
            let _ = tokio::task::spawn_blocking(move || kill_left_behind(grip)).await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // An error means that nobody is left.
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a command is told of its node.
fn about(node: &Node) -> impl Iterator<Item = (String, &str)> {
    let own = [("uid", node.uid().as_str()), ("address", node.address())];
    let attributes = node.attributes().iter().map(|(name, value)| (&**name, &**value));
    let named =
        |(name, value): (&str, _)| (format!("{NODE_VARIABLES}{}", name.to_uppercase()), value);
    own.into_iter().chain(attributes).map(named)
}

fn input(parameters: &Map<String, Value>) -> Vec<u8> {
    // A map of JSON values always serializes.
    let mut line = serde_json::to_vec(parameters).unwrap_or_default();
    line.push(b'\n');
    line
}

async fn feed(mut stdin: ChildStdin, input: Vec<u8>) {
    if let Err(error) = stdin.write_all(&input).await {
        tracing::debug!(%error, "the work did not read its parameters");
    }
}
