//! Whom to trust.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::error::{Error, Result};

/// Trusts the authorities in the file, or those of the system.
pub(crate) fn config(cacert: Option<&Path>) -> Result<TlsConfig> {
    let roots = match cacert {
        Some(file) => certificates(file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let roots: Vec<_> = roots.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let unusable = |why: &str| {
        Error::Credentials(format!("OS_CACERT: {} holds no certificate{why}", file.display()))
    };
    match read() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(unusable("")),
        Err(error) => Err(unusable(&format!(": {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        for file in ["/nowhere/ca.pem", "/dev/null"] {
            let error = config(Some(Path::new(file))).unwrap_err().to_string();
            assert!(error.starts_with(&format!("OS_CACERT: {file} holds no")), "{error}");
        }
        config(None).unwrap();
    }
}
