//! HMAC-SHA256 of *ring* for the library that signs and reads tokens, which else would bring RSA and
//! elliptic curves along, or another library of C.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::hmac::{HMAC_SHA256, Key};
use signature::{Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key: &EncodingKey| {
        require(*algorithm)?;
        Ok(Box::new(Hs256(Key::new(HMAC_SHA256, key.as_bytes()))))
    },
    verifier_factory: |algorithm, key: &DecodingKey| {
        require(*algorithm)?;
        Ok(Box::new(Hs256(Key::new(HMAC_SHA256, key.try_get_as_bytes()?))))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has the library use this. It can be called again.
pub(crate) fn install() {
    // It fails when it is there already.
    let _ = PROVIDER.install_default();
}

fn require(algorithm: Algorithm) -> Result<()> {
    if algorithm == Algorithm::HS256 {
        return Ok(());
    }
    Err(Error::from(ErrorKind::InvalidAlgorithm))
}

struct Hs256(Key);

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(ring::hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        // In constant time.
        ring::hmac::verify(&self.0, message, tag).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
