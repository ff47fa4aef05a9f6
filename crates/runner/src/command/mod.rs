//! Work that is done by a command.

mod group;
mod lines;
mod output;
mod process;
mod report;
mod tail;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use actiond_core::cluster::{Failure, Outcome};
use nix::sys::signal::Signal;
use tokio::select;
use tokio::time::{sleep, timeout};

use crate::job::Job;
use crate::order::Order;
use output::Output;
use process::Process;

/// How long the output is waited for when the command has ended: what it left in the pipes is read
/// in no time, and what it left running may hold them for ever.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);

/// A command, and the surroundings it is run in.
///
/// It is run without a shell, in a process group of its own, with the action's parameters as one
/// JSON object on its standard input. A line of its standard output that is a JSON object with
/// `progress` (0 to 100), `message`, `error_code` or `error_message` is a report; every other line
/// is log. Exit status 0 completes the action, any other fails it. To stop it the group gets
/// SIGTERM, and SIGKILL when the action's grace time is over; what it leaves running in its group is
/// killed when it has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The program: a path, or a name that is looked up in PATH. A relative path is meant from
    /// `directory`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment, beside PATH, `ACTIOND_TASK_ID`, `ACTIOND_ATTEMPT` and `ACTIOND_ACTION`, and
    /// for a node `ACTIOND_NODE_UID`, `ACTIOND_NODE_ADDRESS` and `ACTIOND_NODE_` with the name of each
    /// attribute in capitals; nothing is inherited but PATH.
    pub environment: BTreeMap<String, String>,
    /// Where it is run: `/` unless said otherwise.
    pub directory: PathBuf,
}

impl CommandLine {
    /// A command with its arguments and nothing else.
    pub fn new<A: Into<String>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: BTreeMap::new(),
            directory: PathBuf::from("/"),
        }
    }

    /// Why it could not be started, without the paths of this host.
    fn not_started(&self, error: &io::Error) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str()).display();
        let why = match error.kind() {
            io::ErrorKind::NotFound => "it, its interpreter or its directory does not exist",
            io::ErrorKind::PermissionDenied => "permission denied",
            _ => "the system refused it",
        };
        format!("could not start the work: '{name}': {why}")
    }
}

/// The program alone: arguments and environment may hold secrets, and this ends up in logs.
impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandLine").field("program", &self.program).finish_non_exhaustive()
    }
}

/// Runs a command to its end.
pub(crate) async fn run(line: &CommandLine, job: &Job) -> Outcome {
    let mut process = match Process::spawn(line, job) {
        Ok(process) => process,
        Err(error) => {
            let program = line.program.display();
            tracing::warn!(%error, %program, "could not start the work");
            return Outcome::Aborted(line.not_started(&error));
        }
    };
    let mut output = Output::collect(process.stdout(), process.stderr(), &job.meter);
    let (order, status) = supervise(&mut process, job).await;
    if order.is_none() {
        let _ = timeout(OUTPUT_GRACE, output.end()).await;
    }
    process.clear(order.map(|_| job.grip)).await;
    let _ = timeout(OUTPUT_GRACE, output.end()).await;
    match status {
        Ok(status) => judge(order, status, &output, job),
        Err(error) => {
            tracing::error!(%error, "lost sight of the work");
            Outcome::Aborted("lost sight of the work".to_owned())
        }
    }
}

/// Waits for the end of the command, and brings it about when that is ordered. Answers the order
/// that did.
async fn supervise(process: &mut Process, job: &Job) -> (Option<Order>, io::Result<ExitStatus>) {
    let order = select! {
        biased;
        status = process.exited() => return (None, status),
        order = job.orders.reach(Order::Cancel) => order,
    };
    tracing::info!(?order, "the work is to stop");
    process.terminate();
    // The grace is for the whole group: a shell dies before the program that it started.
    select! {
        () = process.gone() => {}
        () = sleep(job.cancel_grace) => tracing::warn!("the work did not stop in time; it is killed"),
        _ = job.orders.reach(Order::Kill) => {}
    }
    process.kill();
    (Some(order), process.exited().await)
}

fn judge(order: Option<Order>, status: ExitStatus, output: &Output, job: &Job) -> Outcome {
    match order.map(|order| order.outcome(job.timeout)) {
        Some(Some(given_up)) => given_up,
        Some(None) if is_stop(status) => Outcome::Stopped,
        None if status.success() => Outcome::Completed,
        Some(None) | None => Outcome::Failed(failure(status, output)),
    }
}

/// Whether work that was asked to stop did so: with success, by a signal, or as shells say that a
/// signal ended what they ran.
fn is_stop(status: ExitStatus) -> bool {
    const BY_SIGNAL: [Signal; 3] = [Signal::SIGINT, Signal::SIGKILL, Signal::SIGTERM];
    match status.code() {
        Some(code) => code == 0 || BY_SIGNAL.iter().any(|signal| code == 128 + *signal as i32),
        None => true,
    }
}

fn failure(status: ExitStatus, output: &Output) -> Failure {
    let said = output.said();
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("the work ended with exit status {code}"),
        (None, signal) => match signal.map(Signal::try_from) {
            Some(Ok(signal)) => format!("the work was ended by {signal}"),
            _ => "the work was ended by a signal".to_owned(),
        },
    };
    let message = said.error_message.unwrap_or_else(|| match &*said.stderr {
        "" => how,
        tail => format!("{how}: {tail}"),
    });
    Failure { code: said.error_code.unwrap_or(Failure::INTERNAL_ERROR.to_owned()), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let mut line = CommandLine::new("/bin/dump", ["--password=hunter2"]);
        line.environment.insert("TOKEN".to_owned(), "hunter3".to_owned());
        assert_eq!(format!("{line:?}"), "CommandLine { program: \"/bin/dump\", .. }");
    }
}
