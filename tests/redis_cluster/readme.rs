//! The commands of the example's README are ones that the server takes.

use std::fs;
use std::process::Command;

use super::root;
use crate::harness::{ADMIN_PASSWORD, Server, Setup, until};

#[test]
fn the_requests_of_the_readme_are_accepted() {
    let example = root().join("examples/redis-cluster");
    let config = fs::read_to_string(example.join("actiond.toml")).unwrap();
    let server = Server::start_with(Setup::with_config(&config));
    let readme = fs::read_to_string(example.join("README.md")).unwrap();
    let requests: Vec<_> = readme.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(requests.len() > 3, "{requests:?}");
    let nodes = server.client().admin();
    let in_progress = ["queued", "starting", "running"];
    for request in requests {
        let here = request
            .replace("http://127.0.0.1:9090", server.url())
            .replace("-u admin", &format!("-u 'admin:{ADMIN_PASSWORD}' -sf"));
        let output = Command::new("bash").args(["-c", &here]).output().unwrap();
        assert!(output.status.success(), "{here}: {output:?}");
        // Without the nodes each ends soon, and none keeps the next from starting.
        until("it has ended", || {
            let listed = nodes.get("/v1/nodes/actions").expect(200).json();
            let of_nodes = listed["actions"].as_array().unwrap().iter();
            let of_nodes = of_nodes.map(|action| action["status"].as_str().unwrap().to_owned());
            let of_cluster = nodes.statuses().into_iter().map(|(_, status)| status);
            of_nodes.chain(of_cluster).all(|status| !in_progress.contains(&&*status))
        });
    }
}
