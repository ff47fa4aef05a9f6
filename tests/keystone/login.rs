//! How the server itself logs in.

use std::fs;
use std::time::Instant;

use serde_json::json;

use super::House;
use crate::harness::{Keystone, Server, Setup, until};

/// What a list of a new project answers to its new member.
fn answers(keystone: &Keystone, server: &Server) -> u16 {
    let project = keystone.project();
    let member = keystone.user_with("member", &project);
    let token = keystone.token(&member, &project);
    server.client().with("X-Auth-Token", &token).get(&House::actions(&project)).status
}

#[test]
fn the_servers_own_token_is_renewed_when_it_expires() {
    let mut keystone = Keystone::start();
    let setup = keystone.setup("token_cache_time = 0");
    let project = keystone.project();
    let member = keystone.user_with("member", &project);
    let token = keystone.token(&member, &project);
    keystone.stop();
    keystone.configure("[token]\nexpiration = 3\n");
    keystone.start_again();
    let before = keystone.requests("POST /v3/auth/tokens");
    let begun = Instant::now();
    let server = Server::start_with(setup);
    let client = server.client().with("X-Auth-Token", &token);
    let logins = || keystone.requests("POST /v3/auth/tokens") - before;
    until("the server has logged in three times", || {
        client.get(&House::actions(&project)).expect(200);
        logins() >= 3
    });
    // Each lasts for more than a second, as whole seconds are what Keystone counts in.
    assert!(logins() <= 2 + begun.elapsed().as_secs() as usize, "{}", logins());
}

#[test]
fn a_revoked_token_of_the_server_is_renewed_once() {
    let keystone = Keystone::shared();
    let (user, config) = keystone.service();
    let server = Server::start_with(Setup::with_config(&config));
    assert_eq!(answers(keystone, &server), 200);
    let path = format!("/v3/users/{}", user.id);
    for enabled in [false, true] {
        keystone.change(&path, &json!({"user": {"enabled": enabled}}));
    }
    // Keystone revokes by the second, and what it gives out in the rest of it too.
    until("a new token is taken", || answers(keystone, &server) == 200);
}

#[test]
fn a_login_that_is_refused_is_an_outage_that_the_log_explains() {
    let keystone = Keystone::shared();
    let (_, config) = keystone.service();
    let config = config.replace("password = \"secret\"", "password = \"hunter22\"");
    let server = Server::start_with(Setup::with_config(&config));
    assert_eq!(answers(keystone, &server), 503);
    let log = server.log();
    assert!(
        log.contains("it refuses the service's own login") && !log.contains("hunter22"),
        "{log}"
    );
    server.client().with("X-Auth-Token", "nonsense").get("/v2/").expect(503);
}

#[test]
fn a_user_that_may_not_validate_tokens_is_an_outage_that_the_log_explains() {
    let keystone = Keystone::shared();
    let project = keystone.project();
    let user = keystone.user_with("member", &project);
    let server = Server::start_with(Setup::with_config(&format!(
        "[identity]\nprovider = \"keystone\"\n[identity.keystone]\nauth_url = \"{}\"\n\
         username = \"{}\"\npassword = \"secret\"\nproject_id = \"{project}\"\n",
        keystone.url(),
        user.name
    )));
    assert_eq!(answers(keystone, &server), 503);
    let log = server.log();
    assert!(log.contains("may not validate tokens: give it the role service"), "{log}");
}

#[test]
fn the_password_comes_from_a_file_or_the_environment() {
    let keystone = Keystone::shared();
    let (_, config) = keystone.service();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "secret\n").unwrap();
    let by_file = format!("password_file = {:?}", file.to_str().unwrap());
    let by_file = config.replace("password = \"secret\"", &by_file);
    let server = Server::start_with(Setup::with_config(&by_file));
    assert_eq!(answers(keystone, &server), 200);
    let environment = vec![("ACTIOND_KEYSTONE_PASSWORD".to_owned(), "secret".to_owned())];
    let wrong = config.replace("password = \"secret\"", "password = \"hunter22\"");
    let server = Server::start_with(Setup { config: Some(wrong), environment });
    assert_eq!(answers(keystone, &server), 200);
    let shown = server.run(&["config", "check"], "");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let line = shown.lines().find(|line| line.contains("identity.keystone.password "));
    assert!(
        line.is_some_and(|line| line.contains(" … ") && line.contains("actiond.toml")),
        "{shown}"
    );
    assert!(!shown.contains("hunter22"));
}

#[test]
fn a_changed_password_file_is_read_at_the_next_login() {
    let keystone = Keystone::shared();
    let (user, config) = keystone.service();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "secret").unwrap();
    let by_file = format!("password_file = {:?}", file.to_str().unwrap());
    let config = config.replace("password = \"secret\"", &by_file);
    let server = Server::start_with(Setup::with_config(&config));
    assert_eq!(answers(keystone, &server), 200);
    keystone.change(&format!("/v3/users/{}", user.id), &json!({"user": {"password": "another"}}));
    fs::write(&file, "another").unwrap();
    until("the new password is taken", || answers(keystone, &server) == 200);
}

#[test]
fn the_server_may_have_an_application_credential() {
    let keystone = Keystone::shared();
    let project = keystone.project();
    let user = keystone.user_with("service", &project);
    let own = keystone.log_in(&user.name, &json!({"project": {"id": project}}));
    let path = format!("/v3/users/{}/application_credentials", user.id);
    let credential = json!({"application_credential": {"name": "actiond", "secret": "hush"}});
    let made = own.post(&path, &credential).expect(201).json();
    let id = made["application_credential"]["id"].as_str().unwrap();
    let server = Server::start_with(Setup::with_config(&format!(
        "[identity]\nprovider = \"keystone\"\n[identity.keystone]\nauth_url = \"{}\"\n\
         application_credential_id = \"{id}\"\napplication_credential_secret = \"hush\"\n",
        keystone.url()
    )));
    assert_eq!(answers(keystone, &server), 200);
}

#[test]
fn the_user_and_its_project_may_be_named_with_their_domains() {
    let keystone = Keystone::shared();
    let domain = keystone.make("/v3/domains", "domain", json!({}));
    let project = json!({"name": "backup", "domain_id": domain});
    let project = keystone.make("/v3/projects", "project", project);
    let user = json!({"name": "freezer", "domain_id": domain, "password": "secret"});
    let id = keystone.make("/v3/users", "user", user);
    let user = crate::harness::KeystoneUser { id, name: "freezer".to_owned() };
    keystone.grant(&user, "service", &format!("projects/{project}"));
    let server = Server::start_with(Setup::with_config(&format!(
        "[identity]\nprovider = \"keystone\"\n[identity.keystone]\nauth_url = \"{}/v3/\"\n\
         username = \"freezer\"\nuser_domain_id = \"{domain}\"\npassword = \"secret\"\n\
         project_name = \"backup\"\nproject_domain_id = \"{domain}\"\n",
        keystone.url()
    )));
    assert_eq!(answers(keystone, &server), 200);
}

#[test]
fn tokens_are_validated_at_an_endpoint_of_the_catalog() {
    let keystone = Keystone::start();
    let region = keystone.make("/v3/regions", "region", json!({"id": "north"}));
    let service = keystone.make("/v3/services", "service", json!({"type": "identity"}));
    let endpoint = |interface: &str, url: &str| {
        let endpoint = json!({
            "interface": interface, "region_id": region, "service_id": service, "url": url,
        });
        keystone.make("/v3/endpoints", "endpoint", endpoint);
    };
    endpoint("internal", keystone.url());
    endpoint("public", "http://127.0.0.1:1");
    for (more, expected) in [
        ("interface = \"internal\"", 200),
        ("interface = \"internal\"\nregion_name = \"north\"", 200),
        ("interface = \"internal\"\nregion_name = \"south\"", 503),
        ("interface = \"admin\"", 503),
        ("interface = \"public\"", 503),
    ] {
        let server = Server::start_with(keystone.setup(more));
        assert_eq!(answers(&keystone, &server), expected, "{more}: {}", server.log());
    }
}
