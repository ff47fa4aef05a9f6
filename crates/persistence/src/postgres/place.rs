//! Where a database is: a URL as libpq reads it.

use std::cmp::Reverse;
use std::fmt;
use std::fs;
use std::path::Path;

use actiond_core::Result;
use anyhow::Context as _;

use crate::url::refused;

/// A database. It is shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Scheme, user, password, hosts and name: all before the parameters.
    base: String,
    /// What follows the question mark.
    parameters: String,
    shown: String,
    /// As they are written: libpq takes the last.
    passwords: Vec<String>,
}

impl Place {
    /// Reads `postgres://[USER[:PASSWORD]@][HOST[:PORT][,…]][/NAME][?PARAMETER=VALUE[&…]]`.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refused("has no host"))?;
        // As libpq does it: what stands before an @ that no slash precedes is user and password.
        let user_end = rest.find(['@', '/']).filter(|at| rest[*at..].starts_with('@'));
        let (user, place) = match user_end {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        let (place, parameters) = place.split_once('?').unwrap_or((place, ""));
        if place.contains('@') || url.contains('\0') {
            return Err(refused("must have @ and / in its user or password as %40 and %2F"));
        }
        let (name, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
            Some((name, _)) if name.contains('?') => {
                return Err(refused("must have ? in its user as %3F"));
            }
            Some((name, password)) => (Some(name), password),
            None => (None, ""),
        };
        let in_parameters = parameters.split('&').filter_map(secret);
        let passwords = [password].into_iter().chain(in_parameters).filter(|text| !text.is_empty());
        Ok(Self {
            // A password may hold a ? too.
            base: url.strip_suffix(&format!("?{parameters}")).unwrap_or(url).to_owned(),
            passwords: passwords.map(str::to_owned).collect(),
            parameters: parameters.to_owned(),
            shown: match name {
                Some(name) => format!("{scheme}://{name}@{place}"),
                None => format!("{scheme}://{place}"),
            },
        })
    }

    /// Whether the URL holds a password.
    pub(crate) fn has_password(&self) -> bool {
        !self.passwords.is_empty()
    }

    /// What libpq is given: the URL with `settings`, which its own parameters overrule, and with the
    /// password of the file, which overrules every other.
    pub(super) fn connection_string(
        &self,
        settings: &[(&str, String)],
        password_file: Option<&Path>,
    ) -> anyhow::Result<Secret> {
        let mut parameters: Vec<String> =
            settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        parameters.extend(Some(self.parameters.clone()).filter(|given| !given.is_empty()));
        let mut passwords = self.passwords.clone();
        passwords.extend(self.passwords.iter().map(|password| decoded(password)));
        if let Some(file) = password_file {
            let password = fs::read_to_string(file)
                .with_context(|| format!("the password file {} cannot be read", file.display()))?;
            let password = password.trim_end_matches(['\r', '\n']);
            parameters.push(format!("password={}", encoded(password)));
            passwords.push(password.to_owned());
        }
        passwords.retain(|password| !password.is_empty());
        // One may be a part of another.
        passwords.sort_by_key(|password| Reverse(password.len()));
        Ok(Secret { url: format!("{}?{}", self.base, parameters.join("&")), passwords })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// A URL with its password.
pub(super) struct Secret {
    pub(super) url: String,
    passwords: Vec<String>,
}

impl Secret {
    /// A text of libpq, which may repeat a part of the URL, without any password.
    pub(super) fn without(&self, text: &str) -> String {
        let text = text.replace(&self.url, "the URL");
        let hide = |text: String, password: &String| text.replace(password.as_str(), "…");
        self.passwords.iter().fold(text, hide).trim_end().to_owned()
    }
}

/// The value of a parameter that is secret.
fn secret(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    matches!(&*decoded(name), "password" | "sslpassword").then_some(value)
}

/// Text for a URL: all but letters and digits as their bytes.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Text of a URL.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Vec<(&'static str, String)> {
        vec![("connect_timeout", "3".to_owned())]
    }

    #[track_caller]
    fn check(url: &str, shown: &str, given: &str) {
        let place = Place::parse(url).unwrap();
        assert_eq!(place.to_string(), shown);
        assert_eq!(place.connection_string(&settings(), None).unwrap().url, given);
    }

    #[test]
    fn is_shown_without_its_password_and_given_with_it() {
        check("postgres://h/d", "postgres://h/d", "postgres://h/d?connect_timeout=3");
        check(
            "postgresql://u:p%40%2Fw@h:5432,i/d?sslmode=verify-full",
            "postgresql://u@h:5432,i/d",
            "postgresql://u:p%40%2Fw@h:5432,i/d?connect_timeout=3&sslmode=verify-full",
        );
        check(
            "postgres:///d?host=/tmp/x@y&password=secret",
            "postgres:///d",
            "postgres:///d?connect_timeout=3&host=/tmp/x@y&password=secret",
        );
        check("postgres://u@", "postgres://u@", "postgres://u@?connect_timeout=3");
        check(
            "postgres://u:se?cret@h/d",
            "postgres://u@h/d",
            "postgres://u:se?cret@h/d?connect_timeout=3",
        );
        check(
            "postgres://u:se?cret@h/d?sslmode=require",
            "postgres://u@h/d",
            "postgres://u:se?cret@h/d?connect_timeout=3&sslmode=require",
        );
    }

    #[test]
    fn a_password_that_libpq_would_take_for_a_host_is_refused_and_not_repeated() {
        for bad in [
            "postgres://u:se/cret@h/d",
            "postgres://u:se@cret@h/d",
            "postgres://h?password=se@cret",
            "postgres:secret",
        ] {
            let text = Place::parse(bad).unwrap_err().to_string();
            assert!(text.contains("store.url"), "{text}");
            assert!(!text.contains("cret"), "{text}");
        }
    }

    #[test]
    fn no_text_repeats_a_password() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "of the/file\r\n").unwrap();
        let place = Place::parse("postgres://u:in%20the%20url@h/d").unwrap();
        let secret = place.connection_string(&settings(), Some(&file)).unwrap();
        assert!(secret.url.ends_with("&password=of%20the%2Ffile"), "{}", secret.url);
        let said = format!("{} | in the url | in%20the%20url | of the/file\n", secret.url);
        assert_eq!(secret.without(&said), "the URL | … | … | …");
        assert_eq!(format!("{place:?}"), "Place(postgres://u@h/d)");

        let url =
            "postgres://u:se?cret@h/d?password=first&pass%77ord=first,%20last&sslpassword=key";
        let secret = Place::parse(url).unwrap().connection_string(&[], None).unwrap();
        let said = "se?cret | first | first, last | first,%20last | key";
        assert_eq!(secret.without(said), "… | … | … | … | …");
    }

    #[test]
    fn a_password_file_that_is_not_there_is_named() {
        let place = Place::parse("postgres://h/d").unwrap();
        let error = place.connection_string(&[], Some(Path::new("/nowhere/at/all"))).err().unwrap();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
