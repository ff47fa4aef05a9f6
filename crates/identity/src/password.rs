//! Passwords: the rules for new ones, and how they are kept.

use actiond_core::{Error, Result};
use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version, password_hash};

use crate::random;

/// Memory of one hash, in KiB: 19 MiB (OWASP's first choice for argon2id, with the next two).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// Bytes of a hash.
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// Blocks of a KiB that a hash is given room for, of which it uses the first. Above 32 MiB glibc's allocator
/// has memory from the system, and gives it back at once (jemalloc always does); below, it would stay with
/// whichever of many threads had it last. What is not used costs nothing.
const ROOM: usize = 33 * 1024;

/// Shortest new password, in characters.
const MIN_CHARACTERS: usize = 8;
/// Longest new password, in bytes.
const MAX_BYTES: usize = 1024;

/// Turns passwords into what is kept of them, and checks them against it.
pub trait Passwords: Send + Sync {
    /// A hash in PHC form, with a random salt. Rules for passwords are not its business.
    ///
    /// # Errors
    /// [`Error::Internal`] when there is no randomness or memory.
    fn hash(&self, password: &str) -> Result<String>;

    /// Whether `hash` was made from `password`. False for a hash that cannot be read.
    fn verify(&self, hash: &str, password: &str) -> bool;
}

/// Argon2id with the parameters that OWASP recommends. Each hash takes a core and 19 MiB; how many
/// are computed at once is the caller's to bound, where waiting costs no thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Argon2id;

impl Argon2id {
    fn algorithm() -> Result<Argon2<'static>> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

impl Passwords for Argon2id {
    fn hash(&self, password: &str) -> Result<String> {
        let argon2 = Self::algorithm()?;
        let (salt, mut output) = (random::bytes::<16>()?, [0; OUTPUT]);
        compute(&argon2, password, &salt, &mut output).map_err(failed)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params()).map_err(failed)?,
            salt: Some(Salt::new(&salt).map_err(failed)?),
            hash: Some(Output::new(&output).map_err(failed)?),
        };
        Ok(hash.to_string())
    }

    fn verify(&self, hash: &str, password: &str) -> bool {
        let Ok(hash) = PasswordHash::new(hash) else { return false };
        // Outputs are compared in constant time.
        output(&hash, password).is_ok_and(|output| hash.hash == Some(output))
    }
}

/// What `password` comes to with the salt and the parameters of `hash`.
fn output(hash: &PasswordHash, password: &str) -> password_hash::Result<Output> {
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Err(password_hash::Error::PasswordInvalid);
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let params = Params::try_from(hash)?;
    let mut output = [0; Output::MAX_LENGTH];
    let output = &mut output[..expected.len()];
    compute(&Argon2::new(algorithm, version, params), password, salt, output)?;
    Ok(Output::new(output)?)
}

fn compute(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    output: &mut [u8],
) -> argon2::Result<()> {
    let mut blocks = Vec::with_capacity(ROOM);
    blocks.resize(argon2.params().block_count(), Block::default());
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks)
}

/// Checks the rules for a new password.
///
/// # Errors
/// [`Error::Invalid`] naming the rule that it breaks, and never the password.
pub fn check_new_password(password: &str) -> Result<()> {
    let characters = password.chars().count();
    let reason = if password.is_empty() {
        format!("is empty; at least {MIN_CHARACTERS} characters are needed")
    } else if characters < MIN_CHARACTERS {
        format!("is {characters} characters long; at least {MIN_CHARACTERS} are needed")
    } else if password.len() > MAX_BYTES {
        format!("is {} bytes long; at most {MAX_BYTES} are allowed", password.len())
    } else {
        return Ok(());
    };
    Err(Error::invalid("password", reason))
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Internal(anyhow::anyhow!("argon2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        let passwords = Argon2id;
        let hash = passwords.hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(&hash, "correct horse"));
        for wrong in ["Correct horse", "correct horse ", "", "correct hors"] {
            assert!(!passwords.verify(&hash, wrong), "{wrong:?}");
        }
        assert_ne!(passwords.hash("correct horse").unwrap(), hash, "the salt is random");
    }

    #[test]
    fn a_hash_that_cannot_be_read_fits_nothing() {
        for broken in ["", "!", "$argon2id$v=19$m=19456,t=2,p=1$", "plain text"] {
            assert!(!Argon2id.verify(broken, broken), "{broken:?}");
        }
    }

    #[test]
    fn new_passwords_obey_rules_that_the_error_names() {
        let long = "x".repeat(1025);
        for (bad, words) in
            [("", "empty"), ("sevenöx", "7 characters"), (&*long, "1025 bytes long; at most 1024")]
        {
            let error = check_new_password(bad).unwrap_err().to_string();
            assert!(error.starts_with("password: ") && error.contains(words), "{error}");
        }
        for good in ["eight ch", "öäüßöäüß", &long[..1024]] {
            check_new_password(good).unwrap();
        }
    }
}
