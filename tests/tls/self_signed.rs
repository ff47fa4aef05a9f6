//! `actiond tls self-signed`

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::harness::{Client, Server, Setup, actiond};

fn make(folder: &Path, more: &[&str]) -> Output {
    actiond(folder).args(["tls", "self-signed"]).args(more).output().unwrap()
}

#[track_caller]
fn refused(folder: &Path, more: &[&str], expected: &str) {
    let output = make(folder, more);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(expected) && output.status.code() == Some(1), "{said}");
}

#[test]
fn the_pair_is_for_its_owner_and_works_as_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let output = make(folder.path(), &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mode = |file: &str| {
        let meta = fs::metadata(folder.path().join(file)).unwrap();
        meta.permissions().mode() & 0o777
    };
    assert_eq!(mode("key.pem"), 0o600);
    assert_eq!(mode("certificate.pem") & 0o600, 0o600);
    let section = &said[said.find("[server.tls]").unwrap()..said.find("\n\nClients").unwrap()];
    let here = |name: &str| format!("{:?}", folder.path().join(name));
    let section = section
        .replace("\"certificate.pem\"", &here("certificate.pem"))
        .replace("\"key.pem\"", &here("key.pem"));
    let server = Server::start_with(Setup::with_config(&section));
    let client = Client::trusting(server.url(), &folder.path().join("certificate.pem"));
    client.get("/healthz").expect(200);
}

#[test]
fn nothing_is_replaced_that_was_not_to_be() {
    let folder = tempfile::tempdir().unwrap();
    assert!(make(folder.path(), &[]).status.success());
    let key = fs::read(folder.path().join("key.pem")).unwrap();
    refused(folder.path(), &[], "key.pem is there already: --force replaces it");
    let other = ["--key", "other.pem"];
    refused(folder.path(), &other, "certificate.pem is there already: --force replaces it");
    assert!(!folder.path().join("other.pem").exists(), "half a pair is none");
    assert_eq!(fs::read(folder.path().join("key.pem")).unwrap(), key);
    assert!(make(folder.path(), &["--force"]).status.success());
    assert_ne!(fs::read(folder.path().join("key.pem")).unwrap(), key);
}

#[test]
fn it_is_for_the_hosts_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = ["--host", "backup.example", "--host", "*.a.example", "--host", "192.0.2.7"];
    assert!(make(folder.path(), &hosts).status.success());
    let shown = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-ext", "subjectAltName", "-in"])
        .arg(folder.path().join("certificate.pem"))
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let names = "DNS:backup.example, DNS:*.a.example, IP Address:192.0.2.7";
    assert!(shown.contains(names), "{shown}");
    for host in ["", "a b", "http://a.example", "ä.example"] {
        let wanted = format!("--host {host:?} is neither a DNS name nor an address");
        refused(folder.path(), &["--force", "--host", host], &wanted);
    }
}
