//! A cancel reaches the server that runs the action, wherever it was asked for.

use super::{admins, at_work_on, servers};
use crate::crash::{processes_of, task_of};
use crate::harness::{Server, gate, sh, until};

/// Nobody looks by itself: what arrives was heard.
const HEARD_ONLY: &str = "[runner]\npoll_interval = \"1h\"\nlease = \"1h\"\n";

#[test]
fn a_cancel_on_any_server_is_heard_by_the_one_that_runs_the_action() {
    let servers = servers(3, &format!("{HEARD_ONLY}{}", sh("work", &gate("never", ""), "")));
    let clients = admins(&servers);
    for asked in &clients {
        let task = task_of(&clients[0].start("work"));
        asked.until_at_work("work");
        assert_ne!(processes_of(&task), [""; 0]);
        asked.cancel("work");
        asked.until_status("work", "cancelled");
        assert_eq!(processes_of(&task), [""; 0]);
    }
}

#[test]
fn what_is_queued_is_heard_by_whoever_has_room() {
    let config = format!(
        "{HEARD_ONLY}max_concurrent = 1\n{}{}",
        sh("first", &gate("go", ""), ""),
        sh("second", "exit 0", "")
    );
    let servers = servers(2, &config);
    let clients = admins(&servers);
    let task = task_of(&clients[0].start("first"));
    clients[0].until_at_work("first");
    let busy = at_work_on(&servers, &task).pid();
    let asked = servers.iter().find(|server| server.pid() == busy).unwrap().client().admin();
    asked.start("second");
    asked.until_status("second", "completed");
    servers[0].touch("go");
    asked.until_status("first", "completed");
}

/// Between the claim and the first process there is a moment; a cancel may come just then.
#[test]
fn a_cancel_counts_also_while_the_action_is_just_starting() {
    let servers =
        servers(3, &format!("{HEARD_ONLY}{}", sh("work", &gate("never", "touch done"), "")));
    let clients = admins(&servers);
    for round in 0..60 {
        let (starter, canceller) = (&clients[round % 3], &clients[(round + 1) % 3]);
        starter.start("work");
        // From at once to some way into the start.
        let shown = (0..round / 10).map(|_| canceller.show("work")["status"].clone());
        let seen: Vec<_> = shown.collect();
        canceller.cancel("work");
        let ended = starter.until_status("work", "cancelled");
        assert_eq!(processes_of(&task_of(&ended)), [""; 0], "{seen:?}");
    }
    assert!(!servers[0].folder().join("done").exists());
}

/// Without notifications it is heard at the next look.
#[test]
fn a_cancel_is_found_by_looking_when_it_was_not_heard() {
    let servers = servers(2, &sh("work", &gate("never", ""), ""));
    let clients = admins(&servers);
    for asked in &clients {
        clients[0].start("work");
        clients[0].until_at_work("work");
        stop_listening(&servers[0]);
        asked.cancel("work");
        asked.until_status("work", "cancelled");
    }
}

/// Cuts the connections that both servers listen on, when they do; they come back a second later.
fn stop_listening(server: &Server) {
    let listeners =
        "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let sql = |select: &str| server.store().sql(&format!("SELECT {select} {listeners}"));
    until("both listen", || sql("count(*)") == "2");
    sql("pg_terminate_backend(pid)");
}
