//! The way to Keystone is TLS.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::House;
use crate::harness::{Keystone, Server, actiond};

/// Authorities and certificates, made by openssl.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// An authority, a server and a client of it, and an authority that nobody is of.
    pub fn new() -> Self {
        let certificates = Self { folder: tempfile::tempdir().unwrap() };
        for authority in ["authority", "stranger"] {
            certificates.make(authority, &["-addext", "basicConstraints=critical,CA:TRUE"]);
        }
        let (ca, key) = (certificates.file("authority.pem"), certificates.file("authority.key"));
        let signed = ["-CA", ca.to_str().unwrap(), "-CAkey", key.to_str().unwrap()];
        let server = ["-addext", "subjectAltName=IP:127.0.0.1"];
        let plain = ["-addext", "basicConstraints=critical,CA:FALSE"];
        certificates.make("server", &[&signed[..], &plain, &server].concat());
        certificates.make("client", &[&signed[..], &plain].concat());
        certificates
    }

    fn make(&self, name: &str, more: &[&str]) {
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let output = Command::new("openssl")
            .args(["req", "-x509", "-days", "2", "-subj", &format!("/CN={name}")])
            .args(curve)
            .arg("-keyout")
            .arg(self.file(&format!("{name}.key")))
            .arg("-out")
            .arg(self.file(&format!("{name}.pem")))
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// One of them, or a key: NAME.pem, NAME.key.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Files as settings.
    fn settings(&self, files: &[(&str, &str)]) -> String {
        let line = |(key, name): &(&str, &str)| format!("{key} = {:?}\n", self.file(name));
        files.iter().map(line).collect()
    }

    /// A Keystone with the server's certificate, which asks clients for one of an authority.
    pub fn keystone(&self, clients: Option<&str>) -> Keystone {
        let mut tls = vec![self.file("server.pem"), self.file("server.key")];
        tls.extend(clients.map(|name| self.file(name)));
        Keystone::start_with_tls(tls)
    }
}

/// What a list answers to a member, through a server with these settings, and what the server logs.
fn answer(keystone: &Keystone, more: &str) -> (u16, String) {
    let project = keystone.project();
    let member = keystone.user_with("member", &project);
    let token = keystone.token(&member, &project);
    let server = Server::start_with(keystone.setup(more));
    let client = server.client().with("X-Auth-Token", &token);
    (client.get(&House::actions(&project)).status, server.log())
}

#[test]
fn the_authority_of_keystones_certificate_is_believed_and_no_other() {
    let certificates = Certificates::new();
    let keystone = certificates.keystone(None);
    let (status, log) = answer(&keystone, &certificates.settings(&[("cafile", "authority.pem")]));
    assert_eq!(status, 200, "{log}");
    let (status, log) = answer(&keystone, &certificates.settings(&[("cafile", "stranger.pem")]));
    assert_eq!(status, 503);
    assert!(log.contains("certificate"), "{log}");
    // Nobody on this machine trusts it.
    assert_eq!(answer(&keystone, "").0, 503);
    let (status, log) = answer(&keystone, "insecure = true");
    assert_eq!(status, 200, "{log}");
    assert!(log.contains("can read and forge tokens"), "{log}");
}

#[test]
fn the_server_shows_a_certificate_of_its_own() {
    let certificates = Certificates::new();
    let keystone = certificates.keystone(Some("authority.pem"));
    let ca = ("cafile", "authority.pem");
    let settings = [ca, ("certfile", "client.pem"), ("keyfile", "client.key")];
    let (status, log) = answer(&keystone, &certificates.settings(&settings));
    assert_eq!(status, 200, "{log}");
    let both = ["client.pem", "client.key"].map(|name| fs::read(certificates.file(name)).unwrap());
    fs::write(certificates.file("both.pem"), both.concat()).unwrap();
    let (status, log) = answer(&keystone, &certificates.settings(&[ca, ("certfile", "both.pem")]));
    assert_eq!(status, 200, "{log}");
    assert_eq!(answer(&keystone, &certificates.settings(&[ca])).0, 503);
    let stranger = [ca, ("certfile", "stranger.pem"), ("keyfile", "stranger.key")];
    assert_eq!(answer(&keystone, &certificates.settings(&stranger)).0, 503);
}

/// What a server says that starts with these settings.
fn refused(settings: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[identity]\nprovider = \"keystone\"\n[identity.keystone]\n\
         auth_url = \"https://127.0.0.1:1\"\nusername = \"u\"\npassword = \"p\"\n\
         project_name = \"service\"\n{settings}"
    );
    fs::write(folder.path().join("actiond.toml"), config).unwrap();
    let output = actiond(folder.path()).args(["config", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{settings}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn files_that_cannot_be_used_stop_the_start() {
    let certificates = Certificates::new();
    fs::write(certificates.file("text"), "no certificate").unwrap();
    for (files, key, words) in [
        (&[("cafile", "none")][..], "cafile", "No such file"),
        (&[("cafile", "text")], "cafile", "does not hold a certificate, as PEM"),
        (&[("keyfile", "client.key")], "keyfile", "set certfile too"),
        (&[("certfile", "text")], "certfile", "does not hold a certificate, as PEM"),
        (&[("certfile", "client.pem")], "certfile", "does not hold a private key"),
        (
            &[("certfile", "client.pem"), ("keyfile", "server.key")],
            "keyfile",
            "does not hold the certificate's key",
        ),
    ] {
        let said = refused(&certificates.settings(files));
        let begin = format!("actiond: actiond.toml: identity.keystone.{key}: ");
        assert!(said.starts_with(&begin) && said.contains(words), "{said}");
    }
}
