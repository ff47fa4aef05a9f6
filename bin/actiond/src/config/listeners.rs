//! Where the server listens: `server.listen`, or `[[server.listeners]]`, with `[server.tls]`.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;

use actiond_api::Faces;
use serde::{Deserialize, Serialize};

use super::{Config, ConfigError, LISTEN};

/// The list of listeners.
const LISTENERS: &str = "server.listeners";

/// What an address may look like.
const ADDRESS: &str = "HOST:PORT, such as 127.0.0.1:9090";

/// `[server.tls]`, and `tls` of a listener
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct TlsConfig {
    /// The certificate, with those between it and its authority behind it, as PEM. Empty means no TLS.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: String,
}

/// One of `[[server.listeners]]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ListenerConfig {
    /// Host and port; port 0 picks a free one.
    pub address: String,
    /// What is served there.
    pub faces: Vec<FaceName>,
    /// A certificate of its own; without one that of `[server.tls]` counts.
    pub tls: Option<TlsConfig>,
    /// HTTP without TLS, whatever `[server.tls]` says and whatever the address is.
    pub plain_http: bool,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        let faces = vec![FaceName::Cluster, FaceName::Project];
        Self { address: String::new(), faces, tls: None, plain_http: false }
    }
}

/// A face, as the configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FaceName {
    /// Cluster actions, and the users who may start them.
    Cluster,
    /// Project actions, and the tokens that open them.
    Project,
}

/// The files of a certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TlsFiles {
    /// The section that names them.
    pub section: String,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A place to listen at, whose settings make sense.
#[derive(Debug)]
pub struct Place {
    /// Where it is set: the file, the flag or the variable.
    origin: String,
    /// The key that sets the address.
    key: String,
    address: String,
    found: Vec<SocketAddr>,
    pub faces: Faces,
    pub tls: Option<TlsFiles>,
}

impl Place {
    /// Listens there.
    pub fn bind(&self) -> Result<TcpListener, ConfigError> {
        TcpListener::bind(&*self.found)
            .map_err(|error| self.refuse(format!("cannot listen on {}: {error}", self.address)))
    }

    fn refuse(&self, reason: String) -> ConfigError {
        ConfigError::Refused { place: self.origin.clone(), key: self.key.clone(), reason }
    }

    /// Looks the address up, and refuses to send passwords over a network as they are.
    fn find(mut self, may_be_plain: bool, remedy: &str) -> Result<Self, ConfigError> {
        let found = self
            .address
            .to_socket_addrs()
            .map_err(|error| self.refuse(format!("{:?} has no address: {error}", self.address)))?;
        self.found = found.collect();
        let is_elsewhere = |found: &SocketAddr| !found.ip().to_canonical().is_loopback();
        if self.tls.is_none() && !may_be_plain && self.found.iter().any(is_elsewhere) {
            return Err(self.refuse(format!(
                "{} is reached over the network, and passwords would go there without TLS: set \
                 server.tls.certificate and server.tls.key (`actiond tls self-signed` makes a pair \
                 for trying out), or {remedy} when plain HTTP is meant, such as behind a proxy",
                self.address
            )));
        }
        Ok(self)
    }
}

impl Config {
    /// Where to listen, with the addresses looked up.
    pub fn places(&self) -> Result<Vec<Place>, ConfigError> {
        if self.server.listeners.is_empty() {
            let place = self.place(LISTEN.to_owned(), &self.server.listen, Faces::ALL);
            let tls = self.files("server.tls", &self.server.tls);
            let plain = self.server.allow_plain_http;
            let remedy = "server.allow_plain_http = true (--allow-plain-http, \
                          ACTIOND_ALLOW_PLAIN_HTTP)";
            return Ok(vec![Place { tls, ..place }.find(plain, remedy)?]);
        }
        let listeners = self.server.listeners.iter().enumerate();
        listeners.map(|(number, listener)| self.listener(number, listener)).collect()
    }

    fn listener(&self, number: usize, listener: &ListenerConfig) -> Result<Place, ConfigError> {
        let key = format!("{LISTENERS}[{number}]");
        let tls = match &listener.tls {
            _ if listener.plain_http => None,
            Some(own) => self.files(&format!("{key}.tls"), own),
            None => self.files("server.tls", &self.server.tls),
        };
        let place = self.place(format!("{key}.address"), &listener.address, listener.faces());
        let plain = listener.plain_http || self.server.allow_plain_http;
        Place { tls, ..place }.find(plain, &format!("{key}.plain_http = true"))
    }

    fn place(&self, key: String, address: &str, faces: Faces) -> Place {
        let (origin, address) = (self.origin.of(&key), address.to_owned());
        Place { origin, key, address, found: vec![], faces, tls: None }
    }

    /// The files of a section, from the folder of the configuration file.
    fn files(&self, section: &str, tls: &TlsConfig) -> Option<TlsFiles> {
        let folder = self.origin.folder();
        (!tls.certificate.is_empty()).then(|| TlsFiles {
            section: section.to_owned(),
            certificate: folder.join(&tls.certificate),
            key: folder.join(&tls.key),
        })
    }

    /// Checks what can be checked without a look at files and names.
    pub(super) fn check_listeners(&self) -> Result<(), ConfigError> {
        if !is_address(&self.server.listen) {
            return self.wrong(LISTEN, &self.server.listen, ADDRESS);
        }
        self.check_tls("server.tls", &self.server.tls)?;
        let refuse = |key: String, reason: &str| {
            Err(ConfigError::Refused { place: self.origin.of(&key), key, reason: reason.into() })
        };
        if !self.server.listeners.is_empty() && self.origin.sets(LISTEN) {
            let reason = "says where to listen, and so does server.listeners; remove one of them";
            return refuse(LISTEN.to_owned(), reason);
        }
        for (number, listener) in self.server.listeners.iter().enumerate() {
            let key = |key: &str| format!("{LISTENERS}[{number}].{key}");
            if !is_address(&listener.address) {
                return self.wrong(&key("address"), &listener.address, ADDRESS);
            }
            if listener.faces.is_empty() {
                return self.wrong(&key("faces"), "[]", "\"cluster\", \"project\" or both");
            }
            let Some(own) = &listener.tls else { continue };
            if listener.plain_http {
                return refuse(key("plain_http"), "is there beside tls; remove one of them");
            }
            self.check_tls(&key("tls"), own)?;
            if own.certificate.is_empty() {
                return self.wrong(&key("tls.certificate"), "", "the name of a file");
            }
        }
        Ok(())
    }

    fn check_tls(&self, section: &str, tls: &TlsConfig) -> Result<(), ConfigError> {
        for (key, file, other) in
            [("certificate", &tls.certificate, &tls.key), ("key", &tls.key, &tls.certificate)]
        {
            if file.is_empty() && !other.is_empty() {
                let allowed = "the name of a file, since its counterpart is set";
                return self.wrong(&format!("{section}.{key}"), file, allowed);
            }
        }
        Ok(())
    }
}

impl ListenerConfig {
    /// What it serves and how, in words.
    pub(super) fn summary(&self) -> String {
        let tls = match &self.tls {
            _ if self.plain_http => "plain HTTP".to_owned(),
            Some(own) => format!("TLS with {}", own.certificate),
            None => "as [server.tls] says".to_owned(),
        };
        format!("{}; {tls}", self.faces().names().join(" and "))
    }

    fn faces(&self) -> Faces {
        let has = |face| self.faces.contains(&face);
        Faces { cluster: has(FaceName::Cluster), project: has(FaceName::Project) }
    }
}

fn is_address(text: &str) -> bool {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    port.is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}
