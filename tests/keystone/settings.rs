//! What is said of settings that cannot be meant.

use std::fs;

use crate::harness::actiond;

/// Settings that are good, by their keys.
const GOOD: [(&str, &str); 4] = [
    ("auth_url", "\"http://127.0.0.1:1/v3\""),
    ("username", "\"freezer\""),
    ("password", "\"hunter22\""),
    ("project_name", "\"service\""),
];

/// Runs `actiond COMMAND` with the good settings but for some; an empty value leaves one out.
fn run(command: &[&str], but: &[(&str, &str)]) -> (bool, String) {
    let kept = GOOD.iter().filter(|(key, _)| !but.iter().any(|(other, _)| other == key));
    let lines = kept.chain(but).filter(|(_, value)| !value.is_empty());
    let lines: String = lines.map(|(key, value)| format!("{key} = {value}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[identity]\nprovider = \"keystone\"\n[identity.keystone]\n{lines}");
    fs::write(folder.path().join("actiond.toml"), config).unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    let output = actiond(folder.path()).args(command).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn good_settings_are_shown_without_secrets() {
    let (is_good, said) = run(&["config", "check"], &[]);
    assert!(is_good && !said.contains("hunter22"), "{said}");
    for line in [
        "identity.provider        keystone                         (actiond.toml)",
        "identity.keystone.password …                                (actiond.toml)",
        "identity.keystone.token_cache_time 5m                               (the built-in defaults)",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let (is_good, said) = run(&["config", "check"], &[("token_cache_time", "90")]);
    assert!(is_good && said.contains("identity.keystone.token_cache_time 1m 30s "), "{said}");
}

#[test]
fn each_wrong_setting_stops_the_start_with_its_name_and_what_is_allowed() {
    for (but, key, words) in [
        (&[("auth_url", "")][..], "auth_url", "must be the address of Keystone"),
        (&[("auth_url", "\"keystone:5000\"")], "auth_url", "\"keystone:5000\" must be the address"),
        (&[("auth_url", "\"http://u:hunter22@k\"")], "auth_url", "must be the address"),
        (&[("www_authenticate_uri", "\"x\"")], "www_authenticate_uri", "must be the address"),
        (&[("username", "")], "username", "is needed: the service's own user"),
        (&[("password", "")], "password", "is needed, here, as a password_file, or"),
        (&[("project_name", "")], "project_name", "is needed: the project of that user"),
        (&[("password_file", "\"p\"")], "password_file", "is there beside the secret"),
        (&[("password", ""), ("password_file", "\"none\"")], "password_file", "cannot be read"),
        (&[("password", ""), ("password_file", "\"empty\"")], "password_file", "an empty file"),
        (&[("application_credential_id", "\"i\"")], "username", "is there beside an application"),
        (
            &[("username", ""), ("application_credential_id", "\"i\"")],
            "application_credential_secret",
            "is needed, here, as a application_credential_secret_file",
        ),
        (&[("region_name", "\"north\"")], "region_name", "set interface too"),
        (&[("token_cache_time", "301")], "token_cache_time", "\"5m 1s\" must be at most 300"),
        (&[("timeout", "0")], "timeout", "\"0s\" must be more than nothing"),
        (&[("http_connect_timeout", "\"6m\"")], "http_connect_timeout", "at most 300 seconds"),
        (&[("service_type", "\"\"")], "service_type", "must be a type"),
    ] {
        for command in [&["serve"][..], &["config", "check"]] {
            let (is_good, said) = run(command, but);
            assert!(!is_good && said.starts_with("actiond: "), "{but:?}: {said}");
            let named = format!(": identity.keystone.{key}: ");
            assert!(said.contains(&named) && said.contains(words), "{but:?}: {said}");
            assert!(!said.contains("hunter22"), "{said}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_shown_without_secrets() {
    for (key, value, words) in [
        ("password", "hunter22", "TOML parse error"),
        ("pasword", "\"hunter22\"", "identity.keystone.pasword: "),
        ("password", "[\"hunter22\"]", "identity.keystone.password: "),
        ("token_cache_time", "-1", "a number of seconds, or a duration such as"),
        ("interface", "\"outer\"", "expected one of ``, `public`, `internal`, `admin`"),
    ] {
        let (is_good, said) = run(&["serve"], &[(key, value)]);
        assert!(!is_good && said.starts_with("actiond: actiond.toml: "), "{said}");
        assert!(said.contains(words) && !said.contains("hunter22"), "{said}");
    }
}
