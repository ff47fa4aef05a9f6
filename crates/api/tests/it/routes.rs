//! Every route, for every role, in the own project and in another: one table, checked in.

use std::collections::BTreeSet;

use actiond_api::{RouteInfo, routes};
use actiond_core::access::cluster_permission::{self as may, Permission};
use actiond_core::access::{ClusterPermission, ClusterRole, ProjectRule};

use crate::client::{Ask, Client, ask};

/// Users of the project face by role; each is tried in its own project and in another.
const PROJECT_ROLES: [(&str, &str); 6] = [
    ("admin", "root"),
    ("service", "freezer"),
    ("member", "alice"),
    ("reader", "rita"),
    ("unheard_of", "nobody"),
    ("unscoped", "unscoped"),
];

/// The project of each user of the project face.
fn own_project(user: &str) -> &'static str {
    match user {
        "root" => "ops",
        "freezer" => "services",
        _ => "alpha",
    }
}

/// What became of a request, as far as permissions go.
fn word(status: u16) -> &'static str {
    match status {
        401 => "401",
        403 => "403",
        _ => "yes",
    }
}

/// The route with its parameters filled in, and a body that is worth reading.
fn request(route: &RouteInfo, project: &str) -> Ask {
    let path = route.path.replace("{project}", project).replace("{id}", "x");
    let name = if path.contains("nodes") { "remove" } else { "check" };
    let path = path.replace("{action}*", name).replace("{rest}*", "x");
    let path = path.replace("{uid}*", "x").replace("{uid}", "1");
    ask(route.method.as_str(), path).body(r#"{"freezer_action":{"action":"backup"}}"#)
}

async fn answer(ask: Ask) -> &'static str {
    word(Client::new().await.send(ask).await.status)
}

async fn cells(route: &RouteInfo) -> Vec<String> {
    let mut cells = vec![answer(request(route, "alpha")).await.to_owned()];
    for role in ClusterRole::ALL {
        cells.push(answer(request(route, "alpha").basic(role.as_str())).await.to_owned());
    }
    for (_, user) in PROJECT_ROLES {
        let own = answer(request(route, own_project(user)).token(user)).await;
        let other = answer(request(route, "beta").token(user)).await;
        cells.push(format!("{own}/{other}"));
    }
    cells
}

#[actix_web::test]
async fn every_route_answers_every_role_as_checked_in() {
    let mut heads = vec!["nobody".to_owned()];
    heads.extend(ClusterRole::ALL.map(|role| role.as_str().to_owned()));
    heads.extend(PROJECT_ROLES.map(|(role, _)| format!("token:{role}")));
    let line = |first: &str, permission: &str, cells: &[String]| {
        let widths = heads.iter().map(|head| head.len().max(7) + 2);
        let cells: String =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{first:<43}{permission:<33}{cells}").trim_end().to_owned()
    };
    let mut table = vec![line("own/other project for tokens", "needs", &heads)];
    for route in routes() {
        let first = format!("{} {}", route.method, route.path);
        table.push(line(&first, route.permission.unwrap_or("-"), &cells(&route).await));
    }
    let (table, expected) = (table.join("\n"), include_str!("../tables/routes.txt").trim_end());
    assert_eq!(table, expected, "update tests/tables/routes.txt if this is meant:\n{table}\n");
}

#[test]
fn every_permission_that_a_use_case_asks_for_opens_a_route() {
    let named: BTreeSet<_> = routes().iter().filter_map(|route| route.permission).collect();
    let mut known: BTreeSet<_> = ProjectRule::ALL.map(ProjectRule::as_str).into();
    fn asked<P: Permission>() -> [&'static str; 2] {
        [P::PERMISSION, P::ON_NODE].map(ClusterPermission::as_str)
    }
    known.extend(asked::<may::View>());
    known.extend(asked::<may::ViewAll>());
    known.extend(asked::<may::ViewAllNodes>());
    known.extend(asked::<may::Start>());
    known.extend(asked::<may::Cancel>());
    known.extend(asked::<may::ViewUsers>());
    known.extend(asked::<may::ViewUser>());
    known.extend(asked::<may::CreateUser>());
    known.extend(asked::<may::UpdateUser>());
    known.extend(asked::<may::DeleteUser>());
    assert_eq!(named, known);
}
