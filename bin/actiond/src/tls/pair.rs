//! A certificate and its key: read from files, and read again while the server runs.

use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result, ensure};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::TlsFiles;

/// What new connections are given. Those that are there keep what they began with.
#[derive(Debug)]
pub struct Pair {
    files: TlsFiles,
    now: RwLock<Arc<CertifiedKey>>,
}

impl Pair {
    /// Reads the pair.
    pub fn load(files: TlsFiles) -> Result<Self> {
        let now = RwLock::new(read(&files)?);
        warn_if_open(&files);
        Ok(Self { files, now })
    }

    /// Where it is read from.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// Reads the pair again. One that is of no use changes nothing; the log says why.
    pub fn reload(&self) {
        let TlsFiles { certificate, key, .. } = &self.files;
        let (certificate, key) = (certificate.display(), key.display());
        match read(&self.files) {
            Ok(pair) => {
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = pair;
                tracing::info!(%certificate, %key, "new connections get the new certificate");
                warn_if_open(&self.files);
            }
            Err(error) => {
                tracing::error!("the certificate stays what it was: {error:#}");
            }
        }
    }
}

impl ResolvesServerCert for Pair {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Reads both files; they must belong together.
fn read(files: &TlsFiles) -> Result<Arc<CertifiedKey>> {
    let section = &files.section;
    let name = |key: &str, file: &Path| format!("{section}.{key}: {}", file.display());
    let certificate = name("certificate", &files.certificate);
    let text = fs::read(&files.certificate).with_context(|| certificate.clone())?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{certificate} is not PEM"))?;
    ensure!(!chain.is_empty(), "{certificate} holds no certificate (as PEM)");
    let key = name("key", &files.key);
    let text = fs::read(&files.key).with_context(|| key.clone())?;
    // What the reader says of it may repeat it.
    let Ok(private) = PrivateKeyDer::from_pem_slice(&text) else {
        anyhow::bail!("{key} holds no private key (as PEM, not encrypted)");
    };
    let pair = CertifiedKey::from_der(chain, private, &ring::default_provider())
        .with_context(|| format!("{key} cannot be used with {}", files.certificate.display()))?;
    Ok(Arc::new(pair))
}

/// Warns of a key that everybody on this host can read.
#[cfg(unix)]
fn warn_if_open(files: &TlsFiles) {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(&files.key).map(|meta| meta.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o004 != 0) {
        let key = files.key.display();
        tracing::warn!(%key, "everybody on this host can read the key: `chmod 600` it");
    }
}

/// Elsewhere permissions are others' business.
#[cfg(not(unix))]
fn warn_if_open(_: &TlsFiles) {}
