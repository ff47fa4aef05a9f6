//! TLS of the server's own listeners.

mod pair;
mod self_signed;

use std::sync::Arc;

use anyhow::Result;
use rustls::ServerConfig;
use rustls::crypto::ring;

pub use pair::Pair;
pub use self_signed::make as make_self_signed;

/// What a listener needs to speak TLS with whatever the pair is at the moment.
pub fn server_config(pair: Arc<Pair>) -> Result<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth().with_cert_resolver(pair))
}
