//! Servers that are killed, and servers that are frozen for longer than their lease.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{admins, at_work_on, read, servers};
use crate::crash::{assert_aborted, processes_of, task_of};
use crate::harness::{Server, gate, sh, until};

const LEASE: &str = "[runner]\nlease = \"900ms\"\n";
const LEASE_TIME: Duration = Duration::from_millis(900);
const RAN_OUT: &str = "the lease of the server that ran the action has run out";

/// The place of the server that has begun a task.
fn owner_of(servers: &[Server], task: &str) -> usize {
    let owner = at_work_on(servers, task).pid();
    servers.iter().position(|server| server.pid() == owner).unwrap()
}

#[test]
fn what_a_killed_server_ran_is_aborted_within_the_lease_and_its_processes_are_gone() {
    let script = format!("trap '' TERM; (setsid sleep 1000 &); {}", gate("go", ""));
    let mut servers = servers(3, &format!("{LEASE}{}", sh("work", &script, "")));
    let task = task_of(&admins(&servers)[0].start("work"));
    admins(&servers)[1].until_at_work("work");
    let owner = owner_of(&servers, &task);
    assert_ne!(processes_of(&task), [""; 0]);
    let other = servers[(owner + 1) % 3].client().admin();
    let killed = Instant::now();
    servers[owner].kill();
    let aborted = other.until_status("work", "aborted");
    let took = killed.elapsed();
    assert!(took < LEASE_TIME * 10, "{took:?}: within the lease, and this machine is busy");
    assert_aborted(&aborted, RAN_OUT);
    assert_eq!((task_of(&aborted), &aborted["progress"]), (task.clone(), &10.0.into()));
    assert_eq!(processes_of(&task), [""; 0], "they were killed before that was recorded");

    servers[owner].start_again();
    let again = servers[owner].client().admin();
    assert_eq!(again.show("work"), aborted);
    servers[owner].touch("go");
    again.start("work");
    again.until_status("work", "completed");
}

#[test]
fn what_a_frozen_server_reports_late_is_refused_and_logged() {
    let servers = servers(3, &format!("{LEASE}{}", sh("work", &gate("go", ""), "")));
    let task = task_of(&admins(&servers)[0].start("work"));
    admins(&servers)[1].until_at_work("work");
    let owner = owner_of(&servers, &task);
    servers[owner].signal(Signal::SIGSTOP);
    let other = servers[(owner + 1) % 3].client().admin();
    let aborted = other.until_status("work", "aborted");
    assert_aborted(&aborted, RAN_OUT);
    assert_eq!(processes_of(&task), [""; 0], "the command was not frozen with its server");
    // A new run is under way when the old owner comes back.
    let next = task_of(&other.start("work"));
    other.until_at_work("work");
    servers[owner].signal(Signal::SIGCONT);
    until("the late report is refused", || {
        let log = servers[owner].log();
        let refused = |line: &&str| line.contains("the action was taken away");
        log.lines().filter(refused).any(|line| line.contains(&task))
    });
    assert_eq!(task_of(&other.show("work")), next);
    servers[owner].touch("go");
    assert_eq!(task_of(&other.until_status("work", "completed")), next);
    let shown = servers[owner].client().admin().show("work");
    assert_eq!((task_of(&shown), &shown["status"]), (next, &"completed".into()));
}

#[test]
fn what_may_be_tried_again_goes_on_elsewhere_whether_its_server_is_killed_or_frozen() {
    let script = format!(
        "echo $ACTIOND_ATTEMPT >> attempts; [ $ACTIOND_ATTEMPT = 3 ] || {{ {} }}",
        gate("go", "")
    );
    let action = sh("work", &script, "on_lost = \"requeue\"\nmax_attempts = 3");
    let mut servers = servers(3, &format!("{LEASE}{action}"));
    let task = task_of(&admins(&servers)[0].start("work"));
    let begun = |servers: &[Server], attempts: &str| {
        until("the next attempt", || read(&servers[0], "attempts") == attempts);
        let begins = |server: &Server| {
            let log = server.log();
            let number = attempts.lines().count();
            let attempt = format!("\"attempt\":{number}");
            log.lines().any(|line| line.contains("the work begins") && line.contains(&attempt))
        };
        let mut owner = None;
        until("somebody says so", || {
            owner = servers.iter().position(begins);
            owner.is_some()
        });
        owner.unwrap()
    };
    let first = begun(&servers, "1\n");
    servers[first].kill();
    servers[first].start_again();
    let second = begun(&servers, "1\n2\n");
    servers[second].signal(Signal::SIGSTOP);
    let other = servers[(second + 1) % 3].client().admin();
    let done = other.until_status("work", "completed");
    assert_eq!((task_of(&done), &*read(&servers[0], "attempts")), (task.clone(), "1\n2\n3\n"));
    servers[second].signal(Signal::SIGCONT);
    until("the late report is refused", || {
        servers[second].log().contains("the action was taken away")
    });
    assert_eq!(other.show("work"), done);
    assert_eq!(processes_of(&task), [""; 0]);
}

#[test]
fn a_server_that_stops_hands_over_what_may_be_tried_again() {
    let script = "echo $ACTIOND_ATTEMPT >> attempts; [ $ACTIOND_ATTEMPT = 2 ] || sleep 1000";
    let mut servers = servers(2, &sh("work", script, "on_lost = \"requeue\""));
    let task = task_of(&admins(&servers)[0].start("work"));
    until("the first attempt", || read(&servers[0], "attempts") == "1\n");
    until("somebody says so", || {
        servers.iter().any(|server| server.log().contains("the work begins"))
    });
    let owner = owner_of(&servers, &task);
    servers[owner].stop();
    let done = servers[1 - owner].client().admin().until_status("work", "completed");
    assert_eq!((task_of(&done), &*read(&servers[0], "attempts")), (task, "1\n2\n"));
}
