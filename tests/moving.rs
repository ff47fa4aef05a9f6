//! Moving from one store to another, and how far a store's schema is.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::harness::Postgres;
use crate::harness::{Server, Setup, Store, actiond};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    actiond(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command says that must succeed.
#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stderr)
}

fn on(store: &str) -> Setup {
    let environment = vec![("ACTIOND_STORE_URL".to_owned(), store.to_owned())];
    Setup { environment, ..Setup::default() }
}

/// All that clients see.
fn seen(server: &Server) -> [Value; 3] {
    let client = server.client();
    [
        client.admin().get("/v1/cluster/actions").expect(200).json(),
        client.project_admin().get("/v2/default/actions?limit=100").expect(200).json(),
        client.log_in("ann", "ann's password", "p").get("/v2/p/actions").expect(200).json(),
    ]
}

#[test]
fn a_store_is_moved_to_postgresql_and_back() {
    let mut server = Server::start_on(Store::sqlite(), Setup::default());
    server.add_user("ann", "ann's password", &["--project", "p:member"]);
    let client = server.client().project_admin();
    for number in 0..30 {
        let action =
            json!({"action_id": format!("a{number}"), "freezer_action": {"action": "backup"}});
        client.post("/v2/default/actions", &action).expect(201);
    }
    client.delete("/v2/default/actions/a7").expect(204);
    let admin = server.client().admin();
    admin.post("/v1/cluster/actions/copy_store", &json!({})).expect(200);
    admin.until_status("copy_store", "completed");
    let before = seen(&server);
    assert_eq!(before[1]["actions"].as_array().unwrap().len(), 29);
    server.stop();

    let (folder, database) = (server.folder(), Postgres::shared().database());
    let copy = |from: &str, to: &str| run(folder, &["store", "copy", "--from", from, "--to", to]);
    let there = copy("sqlite:data/actiond.db", &database);
    let told = said(&there);
    assert!(told.contains("project_actions                 29\n"), "{told}");
    assert!(told.trim_end().ends_with("rows, compared"), "{told}");
    let progress = text(&there.stderr);
    assert!(progress.contains("copied") && progress.contains("compared"), "{progress}");
    // What is built in differs: there is no file to copy.
    let [_, projects, of_ann] = &before;
    let mut moved = Server::start_on(Store::sqlite(), on(&database));
    let [_, on_database @ ..] = seen(&moved);
    assert_eq!(on_database, [projects.clone(), of_ann.clone()]);
    moved.stop();

    let again = refused(&copy("sqlite:data/actiond.db", &database));
    assert!(again.contains("the target is not empty"), "{again}");
    said(&copy(&database, "sqlite:back/actiond.db"));
    let back = format!("sqlite:{}", folder.join("back/actiond.db").display());
    let returned = Server::start_on(Store::sqlite(), on(&back));
    assert_eq!(seen(&returned), before);
}

#[test]
fn what_cannot_be_copied_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to, expected) in [
        ("sqlite:none.db", "sqlite:b.db", "there is no store sqlite:none.db"),
        ("sqlite:a.db", "sqlite:a.db", "--from and --to are the same store"),
        ("mysql:a", "sqlite:b.db", "--from: store.url: has the unknown scheme 'mysql'"),
    ] {
        let said = refused(&run(folder.path(), &["store", "copy", "--from", from, "--to", to]));
        assert!(said.starts_with(&format!("actiond: {expected}")), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_status_of_a_schema_is_told_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    for store in ["sqlite:a.db", &Postgres::shared().database()] {
        let run =
            |arguments: &[&str]| run(folder.path(), &[arguments, &["--store", store]].concat());
        for _ in 0..2 {
            let status = run(&["migrate", "--status"]);
            assert_eq!(status.status.code(), Some(3), "{}", text(&status.stderr));
        }
        assert!(!folder.path().join("a.db").exists() || !store.ends_with("a.db"));
        said(&run(&["migrate"]));
        let status = said(&run(&["migrate", "--status"]));
        let last = format!("the store {store} is at the schema of this version\n");
        assert!(status.starts_with("applied 0001\n") && status.ends_with(&last), "{status}");
        assert!(!status.contains("pending"), "{status}");
    }
}

#[test]
fn a_newer_schema_is_told_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Postgres::shared().database();
    said(&run(folder.path(), &["migrate", "--store", &store]));
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    Postgres::shared().sql(Postgres::name_of(&store), newer);
    let status = run(folder.path(), &["migrate", "--status", "--store", &store]);
    assert!(text(&status.stdout).contains("unknown 9999\n"), "{}", text(&status.stdout));
    for command in [&["migrate", "--status"][..], &["migrate"], &["user", "list"], &["serve"]] {
        let said = refused(&run(folder.path(), &[command, &["--store", &store]].concat()));
        assert!(said.contains("is newer (9999)"), "{said}");
    }
}
