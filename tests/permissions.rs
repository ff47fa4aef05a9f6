//! Every route, asked by every role, in its own project and in another: what the running server
//! answers is what the table says.

use std::collections::BTreeSet;

use actiond_api::routes;
use actiond_core::access::ClusterRole;
use serde_json::json;

use crate::harness::{Client, Server};

/// The table, as the api crate checks it in: a line a route; a column a caller.
const TABLE: &str = include_str!("../crates/api/tests/tables/routes.txt");

const PASSWORD: &str = "long enough";

/// Who asks, and in which project, if any.
struct Caller {
    client: Client,
    projects: Vec<&'static str>,
}

impl Caller {
    /// What becomes of a request, as the table writes it: `yes` stands for what a caller is answered
    /// who may, and nothing else.
    fn cell(&self, method: &str, route: &str) -> String {
        let answers = self.projects.iter().map(|project| {
            let path = route.replace("{project}", project).replace("{id}", "x");
            let path = path.replace("{action}*", "verify_tree");
            let path = path.replace("{uid}*", "x").replace("{uid}", "x");
            let body = json!({"freezer_action": {"action": "backup"}}).to_string();
            let body = Some(body.as_bytes()).filter(|_| ["POST", "PATCH"].contains(&method));
            let allowed = allowed(method, route);
            match self.client.send(method, &path, body).status {
                status if allowed.contains(&status) => "yes".to_owned(),
                status => status.to_string(),
            }
        });
        answers.collect::<Vec<_>>().join("/")
    }
}

/// The statuses of a route for those who may. Every body is a project action; what is shown or
/// changed may be there or not.
fn allowed(method: &str, route: &str) -> &'static [u16] {
    match (method, route) {
        ("GET", "/") => &[300],
        ("POST", "/v2/{project}/actions" | "/v2/{project}/actions/{id}") => &[201],
        ("DELETE", "/v2/{project}/actions/{id}") => &[204],
        ("GET" | "PATCH", "/v2/{project}/actions/{id}") => &[200, 404],
        ("GET" | "DELETE", "/v1/cluster/actions/{action}*") => &[404],
        // There are no nodes, and no action has this uid.
        (_, "/v1/nodes/{uid}/actions" | "/v1/nodes/{uid}/actions/{action}*") => &[404],
        (_, "/v1/actions/{uid}*" | "/v2/actions/{uid}") => &[404],
        // Nobody has the number x, and a project action is no user.
        (_, "/v1/users/{uid}") => &[404],
        ("POST", "/v1/users" | "/v1/users/authorize" | "/v1/users/refresh_jwt") => &[400],
        // The body is no parameters and no credentials; no token is named to be described.
        ("POST", "/v1/cluster/actions/{action}*") | (_, "/v3/auth/tokens") => &[400],
        // Nobody and nothing is called x.
        ("GET", path) if path.starts_with("/v3/") && path.contains("{id}") => &[404],
        _ => &[200],
    }
}

/// The caller that a column is about: nobody, a cluster role, or a token of a project role.
fn caller(server: &Server, column: &str) -> Caller {
    let client = server.client();
    let Some(role) = column.strip_prefix("token:") else {
        if column != "nobody" {
            server.add_user(column, PASSWORD, &["--role", column]);
        }
        let client = if column == "nobody" { client } else { client.basic(column, PASSWORD) };
        return Caller { client, projects: vec!["alpha"] };
    };
    let (name, projects) = (column.replace(':', "-"), vec!["own", "other"]);
    let granted = if role == "unscoped" { "admin" } else { role };
    server.add_user(&name, PASSWORD, &["--project", &format!("own:{granted}")]);
    if role == "unscoped" {
        let token = client.ask_for_token(&name, PASSWORD, &json!(null)).expect(201);
        let client = client.with("X-Auth-Token", token.header("X-Subject-Token"));
        return Caller { client, projects };
    }
    Caller { client: client.log_in(&name, PASSWORD, "own"), projects }
}

/// Server without the first admin, whose name a column needs.
fn server() -> Server {
    let server = Server::start();
    server.add_user("spare", PASSWORD, &["--role", "admin"]);
    assert!(server.run(&["user", "remove", "admin"], "").status.success());
    server
}

#[test]
fn the_running_server_answers_every_role_as_the_table_says() {
    let server = server();
    let mut lines = TABLE.lines();
    let columns: Vec<_> = lines.next().unwrap().split_whitespace().skip(5).collect();
    let callers: Vec<_> = columns.iter().map(|column| caller(&server, column)).collect();
    let mut wrong = vec![];
    for line in lines {
        let words: Vec<_> = line.split_whitespace().collect();
        let (method, path, cells) = (words[0], words[1], &words[3..]);
        assert_eq!(cells.len(), columns.len(), "{line}");
        for ((caller, column), cell) in callers.iter().zip(&columns).zip(cells) {
            let seen = caller.cell(method, path);
            if seen != *cell {
                wrong.push(format!("{method} {path} by {column}: {seen}, but {cell} in the table"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_route_and_every_role() {
    let mut lines = TABLE.lines();
    let columns: BTreeSet<_> = lines.next().unwrap().split_whitespace().collect();
    for role in ClusterRole::ALL {
        assert!(columns.contains(role.as_str()), "{}", role.as_str());
    }
    for caller in ["nobody", "token:admin", "token:service", "token:member", "token:reader"] {
        assert!(columns.contains(caller), "{caller}");
    }
    let listed: BTreeSet<_> =
        lines.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    let registered: BTreeSet<_> =
        routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(listed, registered);
}
