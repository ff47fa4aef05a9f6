//! Secrets out of the operating system's random numbers.

use actiond_core::{Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use secrecy::SecretString;

/// Bytes of a token: 256 bits, far beyond guessing.
const TOKEN_BYTES: usize = 32;

/// Characters of a generated password: 5 bits each, 140 in all.
const PASSWORD_LENGTH: usize = 28;

/// What generated passwords are made of: nothing that looks like something else, nothing that a
/// shell reads or a double click stops at. 32 of them, so that each is equally likely.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A new token: 43 characters of base64url.
pub(crate) fn token() -> Result<String> {
    Ok(Base64UrlUnpadded::encode_string(&bytes::<TOKEN_BYTES>()?))
}

/// A new password, easy to paste: 28 letters and digits that cannot be mistaken for each other.
///
/// # Errors
/// [`Error::Internal`] when the operating system has no randomness.
pub fn generate_password() -> Result<SecretString> {
    let letter = |byte: u8| char::from(PASSWORD_LETTERS[usize::from(byte) % 32]);
    Ok(bytes::<PASSWORD_LENGTH>()?.into_iter().map(letter).collect::<String>().into())
}

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn tokens_are_32_bytes_that_never_come_back() {
        let tokens: BTreeSet<_> = (0..1000).map(|_| token().unwrap()).collect();
        assert_eq!(tokens.len(), 1000);
        for token in tokens {
            assert_eq!(Base64UrlUnpadded::decode_vec(&token).unwrap().len(), 32);
        }
    }

    #[test]
    fn passwords_use_every_letter_and_are_easy_to_paste() {
        let all: String =
            (0..200).map(|_| generate_password().unwrap().expose_secret().to_owned()).collect();
        assert_eq!(all.len(), 200 * PASSWORD_LENGTH);
        assert_eq!(
            all.bytes().collect::<BTreeSet<_>>(),
            PASSWORD_LETTERS.iter().copied().collect()
        );
    }
}
