//! Passwords: the rules for new ones, and how they are kept.

use std::sync::{Mutex, PoisonError};

use actiond_core::{Error, Result};
use argon2::password_hash::{self, PasswordHasher, phc::Output};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};

/// Memory of one hash, in KiB: 19 MiB (OWASP's first choice for argon2id, with the next two).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// The memory of checks that have ended, for the next ones: as many as ever ran at once. Given back to
/// the allocator, it would stay with whichever of many threads had it last.
static SCRATCH: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

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
        let hash = Self::algorithm()?.hash_password(password.as_bytes()).map_err(failed)?;
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
    let mut blocks = lock_scratch().pop().unwrap_or_default();
    blocks.resize(params.block_count(), Block::default());
    let mut output = [0; Output::MAX_LENGTH];
    let output = &mut output[..expected.len()];
    let argon2 = Argon2::new(algorithm, version, params);
    let done =
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut blocks);
    lock_scratch().push(blocks);
    done?;
    Ok(Output::new(output)?)
}

fn lock_scratch() -> std::sync::MutexGuard<'static, Vec<Vec<Block>>> {
    SCRATCH.lock().unwrap_or_else(PoisonError::into_inner)
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
