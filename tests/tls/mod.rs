//! The server's own TLS, and the places that it listens at.

mod connection;
mod listeners;
mod plain;
mod reload;
mod self_signed;
mod settings;
mod stacks;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::harness::{Client, Server, Setup, actiond};

/// A certificate for this host and its key, in files of their own, as `actiond tls self-signed` makes
/// them.
pub struct Pair {
    folder: TempDir,
}

impl Pair {
    pub fn make() -> Self {
        let pair = Self { folder: tempfile::tempdir().unwrap() };
        pair.renew();
        pair
    }

    /// Makes another pair in the place of this one.
    pub fn renew(&self) {
        let made = actiond(self.folder.path()).args(["tls", "self-signed", "--force"]).output();
        assert!(made.unwrap().status.success());
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The certificate's text.
    pub fn text(&self) -> String {
        fs::read_to_string(self.certificate()).unwrap()
    }

    /// What names its files, in the section of a configuration.
    pub fn names(&self) -> String {
        format!("certificate = {:?}\nkey = {:?}\n", self.certificate(), self.key())
    }

    /// A server with this pair.
    pub fn serve(&self) -> Server {
        Server::start_with(Setup::with_config(&format!("[server.tls]\n{}", self.names())))
    }

    /// A client of a server with this pair.
    pub fn client(&self, url: &str) -> Client {
        Client::trusting(url, &self.certificate())
    }
}
