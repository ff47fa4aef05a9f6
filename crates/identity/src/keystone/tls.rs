//! How the connection to Keystone is secured.

use std::path::Path;
use std::sync::Arc;

use actiond_core::{Error, Result};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::settings::KeystoneSettings;

/// The settings in the words of the client.
///
/// # Errors
/// [`Error::Invalid`] naming the setting of a file that cannot be used.
pub(super) fn config(settings: &KeystoneSettings) -> Result<TlsConfig> {
    let provider = Arc::new(ring::default_provider());
    let tls = &settings.tls;
    let client = match &tls.certfile {
        Some(certfile) => {
            Some(client(certfile, tls.keyfile.as_deref().unwrap_or(certfile), &provider)?)
        }
        None if tls.keyfile.is_some() => {
            return Err(Error::invalid("keyfile", "is the key of a certificate: set certfile too"));
        }
        None => None,
    };
    let roots = match &tls.cafile {
        Some(file) => certificates("cafile", file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    // With insecure nobody is asked, so nobody needs to be known.
    if RootCertStore::empty().add_parsable_certificates(roots.clone()).0 == 0 && !tls.insecure {
        let wanted = "must name a PEM file with the authority of Keystone's certificate";
        if tls.cafile.is_some() {
            return Err(Error::invalid("cafile", wanted));
        }
        if settings.auth_url.starts_with("https:") {
            return Err(Error::invalid("cafile", format!("{wanted}: the system trusts nobody")));
        }
    }
    let roots: Vec<_> = roots.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .client_cert(client)
        .disable_verification(tls.insecure)
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

/// What the service shows of itself. That key and certificate fit is looked at here, since later
/// nobody could be told.
fn client(certfile: &Path, keyfile: &Path, provider: &CryptoProvider) -> Result<ClientCert> {
    let chain = certificates("certfile", certfile)?;
    let setting = if keyfile == certfile { "certfile" } else { "keyfile" };
    let key = PrivateKeyDer::from_pem_file(keyfile)
        .map_err(|error| unusable(setting, keyfile, &format!("a private key: {error}")))?;
    CertifiedKey::from_der(chain.clone(), key, provider)
        .map_err(|error| unusable(setting, keyfile, &format!("the certificate's key: {error}")))?;
    let pem = std::fs::read(keyfile)
        .map_err(|error| unusable(setting, keyfile, &format!("a private key: {error}")))?;
    let key = PrivateKey::from_pem(&pem)
        .map_err(|error| unusable(setting, keyfile, &format!("a private key: {error}")))?;
    let chain: Vec<_> = chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Ok(ClientCert::new_with_certs(&chain, key))
}

fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    match read() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(unusable(setting, file, "a certificate, as PEM")),
        Err(error) => Err(unusable(setting, file, &format!("certificates: {error}"))),
    }
}

fn unusable(setting: &str, file: &Path, wanted: &str) -> Error {
    Error::invalid(setting, format!("{} does not hold {wanted}", file.display()))
}
