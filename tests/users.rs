//! Users: the command beside a running server, and the first admin.

use std::fs;
use std::process::Output;

use crate::harness::{ADMIN_PASSWORD, Client, Server, Setup, TextServer, actiond, until};

const SHOWN_ONCE: &str = "its password, shown this once: ";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command says that must succeed.
#[track_caller]
fn said(server: &Server, arguments: &[&str], input: &str) -> String {
    let output = server.run(arguments, input);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What a command says that must fail.
#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    let said = text(&output.stderr);
    said.strip_prefix("actiond: ").unwrap().trim_end().to_owned()
}

/// The password that a command has made.
fn password(said: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix(SHOWN_ONCE));
    line.unwrap_or_else(|| panic!("no password in {said}")).to_owned()
}

fn may_look(client: &Client) -> bool {
    match client.get("/v1/cluster/actions").status {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    }
}

#[test]
fn users_come_and_go_beside_a_running_server() {
    let setup = Setup {
        environment: vec![("ACTIOND_LOG".to_owned(), "trace".to_owned())],
        ..Setup::default()
    };
    let server = Server::start_with(setup);
    let client = server.client();
    let flags = ["--role", "cluster_viewer", "--role", "db_member", "--project", "p:member"];
    let added = said(&server, &[&["user", "add", "alice"][..], &flags].concat(), "");
    assert!(added.starts_with("user alice is added, with id "), "{added}");
    let first = password(&added);
    assert!(may_look(&client.basic("alice", &first)));
    let token = client.log_in("alice", &first, "p");
    token.get("/v2/p/actions").expect(200);

    let listed = said(&server, &["user", "list"], "");
    let rows: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
    let row = |name: &str| {
        let row = rows.iter().find(|row| row[0] == name).unwrap();
        row.iter().filter(|cell| !cell.is_empty()).copied().collect::<Vec<_>>()
    };
    assert_eq!(row("NAME"), ["NAME", "ID", "CLUSTER ROLES", "PROJECT ROLES"]);
    assert_eq!(row("admin")[2..], ["admin", "default:admin,default:member"]);
    assert_eq!(row("alice")[2..], ["cluster_viewer,db_member", "p:member"]);
    assert_eq!(rows.len(), 3);

    let second = password(&said(&server, &["user", "set-password", "alice"], ""));
    assert_ne!(first, second);
    assert!(!may_look(&client.basic("alice", &first)));
    assert!(may_look(&client.basic("alice", &second)));
    until("its tokens are worth nothing", || token.get("/v2/p/actions").status == 401);

    assert_eq!(said(&server, &["user", "remove", "alice"], ""), "user alice is removed\n");
    assert!(!may_look(&client.basic("alice", &second)));
    assert!(!said(&server, &["user", "list"], "").contains("alice"));

    for secret in [&first, &second, ADMIN_PASSWORD, token.header("X-Auth-Token")] {
        assert!(!secret.is_empty() && !server.log().contains(secret), "a secret is in the log");
        let command = fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
        assert!(!text(&command).contains(secret), "a secret is in the process list");
    }
}

#[test]
fn a_password_may_come_from_standard_input() {
    let server = Server::start();
    for (name, input) in
        [("plain", "correct horse"), ("line", "correct horse\n"), ("windows", "correct horse\r\n")]
    {
        let added =
            said(&server, &["user", "add", name, "--role", "admin", "--password-stdin"], input);
        assert!(!added.contains("password") && !added.contains("horse"), "{added}");
        assert!(may_look(&server.client().basic(name, "correct horse")), "{name}");
    }
    let spaces = " two  spaces ";
    said(&server, &["user", "set-password", "plain", "--password-stdin"], &format!("{spaces}\n"));
    assert!(may_look(&server.client().basic("plain", spaces)));
}

#[test]
fn every_refusal_says_what_would_do() {
    let server = Server::start();
    let check = |arguments: &[&str], input: &str, expected: &str| {
        assert_eq!(refused(&server.run(&[&["user"], arguments].concat(), input)), expected);
    };
    check(
        &["add", "bob", "--role", "root"],
        "",
        "role: \"root\" is no cluster role; there are admin, cluster_member, cluster_viewer, \
         db_member, db_viewer, user_manager, none",
    );
    for grant in ["p", "p:", ":member", "a b:member"] {
        let output = server.run(&["user", "add", "bob", "--project", grant], "");
        let said = refused(&output);
        let begin = format!("project: {grant:?} is not PROJECT:ROLE: ");
        assert!(said.starts_with(&begin) && said.contains("admin, member, reader"), "{said}");
    }
    check(&["add", "admin"], "", "there is a user 'admin' already");
    let rule = "name: must be 1 to 128 characters long, without ':' and control characters";
    check(&["add", ""], "", rule);
    check(&["add", "a:b"], "", rule);
    let stdin = ["add", "bob", "--password-stdin"];
    check(&stdin, "", "password: is empty; at least 8 characters are needed");
    check(&stdin, "short", "password: is 5 characters long; at least 8 are needed");
    check(&["set-password", "nobody"], "", "there is no user 'nobody'");
    check(&["remove", "nobody"], "", "there is no user 'nobody'");
    check(
        &["remove", "admin"],
        "",
        "'admin' is the last user with cluster role admin: make another one first",
    );
    assert_eq!(said(&server, &["user", "list"], "").lines().count(), 2, "nobody was made");
    server.add_user("second", "a good password", &["--role", "admin"]);
    said(&server, &["user", "remove", "admin"], "");
    assert!(may_look(&server.client().basic("second", "a good password")));
}

#[test]
fn the_first_admins_password_is_made_and_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let (listens, no_flags) = ("listens on", &[]);
    let server = TextServer::start(folder.path(), no_flags, &[], "shown this once: ");
    let begin = "The store was empty: user admin was made. Its password, shown this once: ";
    let said = server.said();
    let password = said.lines().find_map(|line| line.strip_prefix(begin)).unwrap();
    assert!(password.len() >= 20);
    let client = Client::anonymous(&server.url()).basic("admin", password);
    assert!(may_look(&client));
    assert!(!server.log().contains(password));
    drop(server);

    let server = TextServer::start(folder.path(), no_flags, &[], listens);
    assert_eq!(server.said(), format!("actiond listens on {}\n", server.url()));
    assert!(may_look(&Client::anonymous(&server.url()).basic("admin", password)));
    drop(server);

    // The variable makes the first admin, and changes nothing of one that is there.
    let variable = [("ACTIOND_ADMIN_PASSWORD", "another password")];
    let server = TextServer::start(folder.path(), no_flags, &variable, listens);
    let client = Client::anonymous(&server.url());
    assert!(may_look(&client.basic("admin", password)));
    assert!(!may_look(&client.basic("admin", "another password")));
}

#[test]
fn the_first_admins_password_may_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let variable = [("ACTIOND_ADMIN_PASSWORD", "correct horse")];
    let server = TextServer::start(folder.path(), &["--guide"], &variable, "Stop the server");
    let expected = "The store was empty: user admin was made, with the password in \
                    ACTIOND_ADMIN_PASSWORD.";
    assert!(server.said().contains(expected));
    assert!(!server.said().contains("correct horse"));
    let client = Client::anonymous(&server.url());
    assert!(may_look(&client.basic("admin", "correct horse")));
    client.log_in("admin", "correct horse", "default").get("/v2/default/actions").expect(200);
}

#[test]
fn a_first_password_that_will_not_do_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = actiond(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("ACTIOND_ADMIN_PASSWORD", "short");
    let expected = "ACTIOND_ADMIN_PASSWORD is of no use: password: is 5 characters long; at least 8 \
                    are needed";
    assert_eq!(refused(&command.output().unwrap()).lines().next_back().unwrap(), expected);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was touched");
}

#[test]
fn machines_are_shown_no_password() {
    let setup = Setup {
        environment: vec![("ACTIOND_ADMIN_PASSWORD".to_owned(), String::new())],
        ..Setup::default()
    };
    let server = Server::start_with(setup);
    assert_eq!(server.listening()["has_users"], false);
    assert_eq!(Server::start().listening()["has_users"], true);
    let remedy = "there is no user yet: set ACTIOND_ADMIN_PASSWORD, or run `actiond user add`";
    until("it says what to do", || server.log().contains(remedy));
    assert_eq!(
        said(&server, &["user", "list"], "").trim_end(),
        format!("the store {} has no users yet", server.store().shown())
    );
    server.client().get("/healthz").expect(200);
    assert!(!may_look(&server.client().admin()));
    server.add_user("root", "a good password", &["--role", "admin"]);
    assert!(may_look(&server.client().basic("root", "a good password")));
}

#[test]
fn who_asks_a_store_that_is_not_there_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    for asked in
        [&["list"][..], &["projects"], &["remove", "a"], &["grant", "a", "--role", "admin"]]
    {
        let mut command = actiond(folder.path());
        command.args(["--store", "sqlite:mistyped.db", "user"]).args(asked);
        let expected = "the store sqlite:mistyped.db is not there; `actiond user add` or `actiond \
                        migrate` makes it";
        assert_eq!(refused(&command.output().unwrap()), expected, "{asked:?}");
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_project_role_that_no_rule_names_is_told() {
    let server = Server::start();
    let add = |name: &str, grant: &str| {
        let output = server.run(&["user", "add", name, "--project", grant], "");
        assert!(output.status.success(), "{output:?}");
        text(&output.stderr)
    };
    let warning = "the role membre gives nothing: rules name only ";
    assert!(add("a", "p:membre").contains(warning));
    assert_eq!(add("b", "p:Member"), "");
}
