//! `?wait=queue` on several servers: one line for all.

use serde_json::json;

use super::{admins, read, servers};
use crate::harness::{path_of, sh, until_some};

const WAITING: usize = 12;

#[test]
fn those_that_wait_have_one_line_on_all_servers() {
    let alone = "mkdir alone || exit 1; echo $ACTIOND_TASK_ID >> order; rmdir alone";
    let script = format!("until [ -e go ]; do sleep 0.02; done; {alone}");
    let config = format!("[cluster]\nqueue_length = {WAITING}\n{}", sh("work", &script, ""));
    let mut servers = servers(3, &config);
    let clients = admins(&servers);
    let path = format!("{}?wait=queue", path_of("work"));
    let tasks: Vec<String> = (0..=WAITING)
        .map(|number| {
            let accepted = clients[number % 3].post(&path, &json!({})).expect(200).json();
            accepted["task_id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(clients.iter().all(|client| client.post(&path, &json!({})).status == 409));
    // Those that wait are nobody's: they outlive the server that they were sent to.
    let busy = until_some("one is at work", || {
        servers.iter().position(|server| server.log().contains("the work begins"))
    });
    let idle = (busy + 1) % 3;
    servers[idle].kill();
    servers[(idle + 1) % 3].touch("go");
    let client = &clients[(idle + 1) % 3];
    for task in &tasks {
        let end = until_some(&format!("{task} has ended"), || {
            let shown = client.get(&format!("/v1/actions/{task}")).expect(200).json();
            let status = shown["status"].as_str().unwrap().to_owned();
            (!["queued", "starting", "running"].contains(&&*status)).then_some(status)
        });
        assert_eq!(end, "completed", "{task}");
    }
    assert_eq!(read(&servers[(idle + 1) % 3], "order").lines().collect::<Vec<_>>(), tasks);
}
