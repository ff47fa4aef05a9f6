//! Who may import, and how they log in at Keystone.

use std::process::Output;

use serde_json::{Value, json};

use crate::harness::{Client, KEYSTONE_PASSWORD, Keystone, KeystoneUser, Server, actiond};
use crate::keystone::tls::Certificates;

/// Runs an import from `endpoint` with these variables, and answers the report.
fn import(endpoint: &str, variables: &[(&str, &str)], flags: &[&str]) -> (Output, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = actiond(folder.path());
    command.args(["import", "freezer", "--endpoint", endpoint]).args(flags);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let report = std::fs::read_to_string(folder.path().join("actiond-import.json"));
    (output, serde_json::from_str(&report.unwrap_or_default()).unwrap_or_default())
}

/// Two actions behind a server that the shared Keystone speaks for, an admin, and its project.
fn source() -> (Server, KeystoneUser, String) {
    let keystone = Keystone::shared();
    let server = Server::start_with(keystone.setup(""));
    let project = keystone.project();
    let admin = keystone.user_with("admin", &project);
    let client = Client::anonymous(server.url());
    let client = client.with("X-Auth-Token", &keystone.token(&admin, &project));
    for id in ["a", "b"] {
        let action = json!({"action_id": id, "freezer_action": {"action": "info"}});
        client.post(&format!("/v2/{project}/actions"), &action).expect(201);
    }
    (server, admin, project)
}

#[track_caller]
fn takes_both(endpoint: &str, project: &str, variables: &[(&str, &str)]) {
    let auth_url = format!("{}/v3", Keystone::shared().url());
    let variables = [&[("OS_AUTH_URL", &*auth_url)], variables].concat();
    let (output, report) = import(endpoint, &variables, &["--project", project]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(report["projects"][project]["new"], 2, "{report}");
}

#[test]
fn every_way_to_log_in_is_taken() {
    let (server, admin, project) = source();
    let keystone = Keystone::shared();
    let url = server.url();
    let by_name = [("OS_USERNAME", &*admin.name), ("OS_PASSWORD", KEYSTONE_PASSWORD)];
    takes_both(url, &project, &[&by_name[..], &[("OS_PROJECT_ID", &project)]].concat());
    let by_id = [("OS_USER_ID", &*admin.id), ("OS_PASSWORD", KEYSTONE_PASSWORD)];
    takes_both(url, &project, &[&by_id[..], &[("OS_PROJECT_ID", &project)]].concat());
    let token = keystone.token(&admin, &project);
    takes_both(url, &project, &[("OS_TOKEN", &token), ("OS_PROJECT_ID", &project)]);

    let credential = json!({"application_credential": {"name": "importer", "secret": "s3cret"}});
    let own = keystone.client().with("X-Auth-Token", &token);
    let path = format!("/v3/users/{}/application_credentials", admin.id);
    let made = own.post(&path, &credential).expect(201).json();
    let id = made["application_credential"]["id"].as_str().unwrap();
    let secret = ("OS_APPLICATION_CREDENTIAL_SECRET", "s3cret");
    takes_both(url, &project, &[("OS_APPLICATION_CREDENTIAL_ID", id), secret]);
    let named = ("OS_APPLICATION_CREDENTIAL_NAME", "importer");
    takes_both(url, &project, &[named, ("OS_USERNAME", &admin.name), secret]);
}

#[test]
fn all_projects_are_those_that_keystone_lists_to_an_admin() {
    let (server, admin, project) = source();
    let keystone = Keystone::shared();
    let auth_url = format!("{}/v3", keystone.url());
    let log_in = |user: &KeystoneUser| {
        let variables = [
            ("OS_AUTH_URL", &*auth_url),
            ("OS_USERNAME", &*user.name),
            ("OS_PASSWORD", KEYSTONE_PASSWORD),
            ("OS_PROJECT_ID", &*project),
        ];
        import(server.url(), &variables, &[])
    };
    let other = keystone.project();
    let (output, report) = log_in(&admin);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(report["projects"][&*project]["new"], 2);
    assert_eq!(report["projects"][&*other]["complete"], true);

    let member = keystone.user_with("member", &project);
    let (output, _) = log_in(&member);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("answers 403") && said.contains("--project"), "{said}");
}

#[test]
fn a_project_is_named_by_its_id_whether_keystone_still_has_it_or_not() {
    let (server, _, project) = source();
    let keystone = Keystone::shared();
    let (auth_url, home) = (format!("{}/v3", keystone.url()), keystone.project());
    let empty = keystone.project();
    let import = |role: &str, named: &str| {
        let user = keystone.user_with(role, &home);
        let variables = [
            ("OS_AUTH_URL", &*auth_url),
            ("OS_USERNAME", &*user.name),
            ("OS_PASSWORD", KEYSTONE_PASSWORD),
            ("OS_PROJECT_ID", &*home),
        ];
        let (output, report) = import(server.url(), &variables, &["--project", named]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said, report["projects"][named]["read"].clone())
    };
    let path = format!("/v3/projects/{project}");
    let name = keystone.admin().get(&path).expect(200).json()["project"]["name"].clone();
    let (status, said, _) = import("admin", name.as_str().unwrap());
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(&format!("the project of this name is {project}\n")), "{said}");
    let (status, said, read) = import("admin", &empty);
    assert_eq!((status, read), (Some(0), json!(0)), "{said}");

    // Keystone tells a service nothing of projects.
    let (status, said, read) = import("service", &project);
    assert_eq!((status, read), (Some(0), json!(2)), "{said}");
    let (status, said, _) = import("service", name.as_str().unwrap());
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("does not tell these credentials whether there is a project"), "{said}");

    keystone.admin().delete(&path).expect(204);
    let (status, said, read) = import("admin", &project);
    assert_eq!((status, read), (Some(0), json!(2)), "{said}");
    let (status, said, _) = import("admin", &format!("{project}0"));
    assert_eq!(status, Some(1), "{said}");
}

#[test]
fn the_authority_that_os_cacert_names_is_believed_and_no_other() {
    let certificates = Certificates::new();
    let keystone = certificates.keystone(None);
    let auth_url = format!("{}/v3", keystone.tls_url().unwrap());
    let log_in = |authority: Option<&str>| {
        let file = authority.map(|name| certificates.file(name).display().to_string());
        let mut variables = vec![
            ("OS_AUTH_URL", &*auth_url),
            ("OS_USERNAME", "admin"),
            ("OS_PASSWORD", KEYSTONE_PASSWORD),
            ("OS_PROJECT_NAME", "admin"),
        ];
        variables.extend(file.as_deref().map(|file| ("OS_CACERT", file)));
        // Nobody answers there: who gets so far is logged in.
        let (output, _) = import("http://127.0.0.1:9", &variables, &["--project", "p"]);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = log_in(Some("authority.pem"));
    assert!(said.contains("no answer from http://127.0.0.1:9/v2/p/actions"), "{said}");
    for other in [Some("stranger.pem"), None] {
        let said = log_in(other);
        assert!(
            said.contains("cannot log in at Keystone") && said.contains("certificate"),
            "{said}"
        );
    }
    assert!(log_in(Some("server.key")).contains("OS_CACERT: "));
}
