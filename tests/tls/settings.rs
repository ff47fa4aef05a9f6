//! What is wrong with settings of listeners and TLS is said before anything is begun.

use std::fs;

use super::Pair;
use crate::harness::actiond;

#[track_caller]
fn refused(config: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("actiond.toml"), config).unwrap();
    for command in [&["serve"][..], &["config", "check"]] {
        let output = actiond(folder.path()).args(command).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{said}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn keys_that_do_not_go_together() {
    let listener = "[[server.listeners]]\naddress = \"127.0.0.1:0\"\n";
    let both = format!("[server]\nlisten = \"127.0.0.1:0\"\n{listener}");
    refused(&both, "server.listen: says where to listen, and so does server.listeners");
    refused("[server.tls]\ncertificate = \"a\"", "server.tls.key is \"\"; allowed is the name of");
    refused("[server.tls]\nkey = \"a\"", "server.tls.certificate is \"\"; allowed is the name of");
    refused(&format!("{listener}faces = []"), "server.listeners[0].faces is \"[]\"");
    refused(&format!("{listener}faces = [\"v3\"]"), "unknown variant `v3`");
    refused("[[server.listeners]]\nfaces = [\"cluster\"]", "server.listeners[0].address is \"\"");
    let own = "tls = { certificate = \"a\", key = \"b\" }";
    let torn = format!("{listener}plain_http = true\n{own}");
    refused(&torn, "server.listeners[0].plain_http: is there beside tls; remove one of them");
    refused(&format!("{listener}tls = {{}}"), "server.listeners[0].tls.certificate is \"\"");
}

#[test]
fn a_pair_that_cannot_be_used() {
    let (pair, other) = (Pair::make(), Pair::make());
    let named = |certificate: &str, key: &str| {
        format!("[server.tls]\ncertificate = {certificate:?}\nkey = {key:?}\n")
    };
    let (certificate, key) = (pair.certificate(), pair.key());
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    refused(&named("none.pem", key), "server.tls.certificate: none.pem: No such file");
    refused(&named(certificate, "none.pem"), "server.tls.key: none.pem: No such file");
    refused(&named(certificate, certificate), "holds no private key (as PEM, not encrypted)");
    refused(&named(key, key), "holds no certificate (as PEM)");
    let stranger = other.key();
    refused(&named(certificate, stranger.to_str().unwrap()), "cannot be used with");
}
