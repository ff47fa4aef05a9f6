//! What anybody may cost the server.

use std::fs;
use std::thread;

use crate::harness::Server;

/// What a password check takes (`docs/operations.md`).
const CHECK: u64 = 19 * 1024;

/// What `/proc` says of the server's memory, in KiB.
fn memory(server: &Server, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// As many checks as the server has cores (4 at most) run at once, however many ask.
#[test]
fn wrong_passwords_take_no_more_memory_than_the_checks_that_run_at_once() {
    let server = Server::start();
    let before = memory(&server, "VmRSS:");
    let ask = || {
        let client = server.client().basic("admin", "a wrong password");
        let answer = client.get("/v1/cluster/actions");
        assert!([401, 503].contains(&answer.status), "{}", answer.status);
    };
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| (0..4).for_each(|_| ask()));
        }
    });
    let cores = thread::available_parallelism().unwrap().get().min(4) as u64;
    let (grown, checks) = (memory(&server, "VmHWM:") - before, cores * CHECK);
    assert!(grown < checks + 48 * 1024, "{grown} KiB more; the checks need {checks}");
}
