//! Opens what the server listens at.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actiond_api::{Faces, Listener};
use anyhow::Result;

use crate::config::{Config, Place};
use crate::tls::{self, Pair};

/// What the server listens at.
pub struct Listeners {
    pub listeners: Vec<Listener>,
    /// Where they are, in the same order.
    pub addresses: Vec<Address>,
    pub certificates: Vec<Arc<Pair>>,
}

/// Where a listener is.
pub struct Address {
    pub socket: SocketAddr,
    pub faces: Faces,
    /// Its certificate, if it speaks TLS.
    pub certificate: Option<PathBuf>,
}

impl Address {
    /// What clients on this host call it.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.socket)
    }
}

impl Listeners {
    /// Reads the certificates, and listens.
    pub fn open(config: &Config) -> Result<Self> {
        let places = config.places()?;
        let certificates = certificates(&places)?;
        let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
        for place in &places {
            let (faces, files) = (place.faces, place.tls.as_ref());
            let pair = certificates.iter().find(|pair| Some(pair.files()) == files);
            let tls = pair.map(|pair| tls::server_config(pair.clone())).transpose()?;
            let socket = place.bind()?;
            let certificate = files.map(|files| files.certificate.clone());
            addresses.push(Address { socket: socket.local_addr()?, faces, certificate });
            listeners.push(Listener { socket, faces, tls });
        }
        Ok(Self { listeners, addresses, certificates })
    }
}

/// Every pair that a place needs, once.
fn certificates(places: &[Place]) -> Result<Vec<Arc<Pair>>> {
    let files: BTreeSet<_> = places.iter().filter_map(|place| place.tls.clone()).collect();
    files.into_iter().map(|files| Pair::load(files).map(Arc::new)).collect()
}

/// Checks what [`Listeners::open`] would find, and listens nowhere.
pub fn check(config: &Config) -> Result<()> {
    certificates(&config.places()?).map(drop)
}
