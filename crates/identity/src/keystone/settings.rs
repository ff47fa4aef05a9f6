//! What an operator can set about Keystone.

use std::path::PathBuf;
use std::time::Duration;

use actiond_core::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

use super::http::Http;

/// Longest time that a token is remembered.
const MAX_CACHE_TIME: Duration = Duration::from_secs(300);
/// Longest time that Keystone may take for an answer.
const MAX_TIMEOUT: Duration = Duration::from_secs(300);

/// The settings of [`KeystoneIdentity`](crate::KeystoneIdentity), by the names that they have in
/// `[keystone_authtoken]`.
#[derive(Clone, Debug)]
pub struct KeystoneSettings {
    /// Where Keystone is, with or without `/v3`.
    pub auth_url: String,
    /// How the service itself logs in.
    pub login: KeystoneLogin,
    /// The endpoint of the catalog that tokens are validated at; without it, `auth_url`.
    pub interface: Option<Interface>,
    /// The region of that endpoint; any, when there is none.
    pub region_name: Option<String>,
    /// How the connection is secured.
    pub tls: KeystoneTls,
    /// How long a validated token is believed without asking again: at most 300 seconds; zero asks
    /// every time. A revocation reaches the token within this time.
    pub token_cache_time: Duration,
    /// How long Keystone may take to accept a connection.
    pub http_connect_timeout: Duration,
    /// How long Keystone may take for an answer, from the first byte to the last.
    pub timeout: Duration,
    /// A service token must have one of these roles to vouch for an expired token.
    pub service_token_roles: Vec<String>,
    /// Whether a service token without such a role is refused.
    pub service_token_roles_required: bool,
    /// What this service is in the catalog: access rules name it.
    pub service_type: String,
}

/// How the service itself logs in.
#[derive(Clone, Debug)]
pub enum KeystoneLogin {
    /// As a user with a password, in a project.
    Password {
        /// The user's name.
        username: String,
        /// The user's domain.
        user_domain: Domain,
        /// The password.
        password: Secret,
        /// The project.
        project: KeystoneProject,
    },
    /// By an application credential, which knows its user and its project.
    ApplicationCredential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: Secret,
    },
}

/// A project, as a login names it.
#[derive(Clone, Debug)]
pub enum KeystoneProject {
    /// By its id.
    Id(String),
    /// By its name, in a domain.
    Name(String, Domain),
}

/// A domain, as a login names it.
#[derive(Clone, Debug)]
pub enum Domain {
    /// By its id.
    Id(String),
    /// By its name.
    Name(String),
}

/// A secret, or where it is.
#[derive(Clone, Debug)]
pub enum Secret {
    /// The secret.
    Text(SecretString),
    /// A file that holds it, and is read at every login: what changes there needs no restart.
    File(PathBuf),
}

/// One of the three endpoints that a service has in a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// For everybody.
    Public,
    /// For other services.
    Internal,
    /// For operators.
    Admin,
}

/// How the connection to Keystone is secured.
#[derive(Clone, Debug, Default)]
pub struct KeystoneTls {
    /// The authorities to trust, as PEM; without it, those of the system.
    pub cafile: Option<PathBuf>,
    /// The certificate that the service shows, as PEM.
    pub certfile: Option<PathBuf>,
    /// Its key, as PEM; without it, the key is in the file of the certificate.
    pub keyfile: Option<PathBuf>,
    /// Trust anybody. Whoever is on the way then reads and forges tokens.
    pub insecure: bool,
}

impl KeystoneSettings {
    /// Refuses what cannot be meant, and files that cannot be used.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting.
    pub fn check(&self) -> Result<()> {
        check_url("auth_url", &self.auth_url)?;
        self.login.check()?;
        if self.region_name.is_some() && self.interface.is_none() {
            let reason = "chooses among endpoints of the catalog: set interface too, such as \
                          \"internal\"";
            return Err(Error::invalid("region_name", reason));
        }
        if self.token_cache_time > MAX_CACHE_TIME {
            return Err(Error::invalid("token_cache_time", "must be at most 300 seconds"));
        }
        for (field, timeout) in
            [("http_connect_timeout", self.http_connect_timeout), ("timeout", self.timeout)]
        {
            if timeout.is_zero() || timeout > MAX_TIMEOUT {
                return Err(Error::invalid(
                    field,
                    "must be more than nothing, at most 300 seconds",
                ));
            }
        }
        if self.service_type.is_empty() {
            return Err(Error::invalid("service_type", "must be a type, such as \"backup\""));
        }
        Http::new(self).map(drop)
    }
}

impl KeystoneLogin {
    fn check(&self) -> Result<()> {
        let present = |field: &str, value: &str, wanted: &str| match value {
            "" => Err(Error::invalid(field, format!("is needed: {wanted}"))),
            _ => Ok(()),
        };
        match self {
            Self::Password { username, password, project, .. } => {
                let user = "the service's own user in Keystone, which must be allowed to validate \
                            tokens (role service, or admin), or an application_credential_id";
                present("username", username, user)?;
                let (KeystoneProject::Id(name) | KeystoneProject::Name(name, _)) = project;
                present("project_name", name, "the project of that user, such as \"service\"")?;
                password.check("password")
            }
            Self::ApplicationCredential { id, secret } => {
                present("application_credential_id", id, "the id that Keystone gave it")?;
                secret.check("application_credential_secret")
            }
        }
    }
}

impl Secret {
    /// The secret as it is now, without a line end.
    ///
    /// # Errors
    /// Those of reading the file.
    pub(super) fn read(&self) -> std::io::Result<SecretString> {
        match self {
            Self::Text(secret) => Ok(secret.clone()),
            Self::File(path) => {
                let text = SecretString::from(std::fs::read_to_string(path)?);
                Ok(SecretString::from(text.expose_secret().trim_end_matches(['\n', '\r'])))
            }
        }
    }

    fn check(&self, field: &str) -> Result<()> {
        let file = match self {
            Self::Text(_) => String::new(),
            Self::File(path) => format!(" {}", path.display()),
        };
        let field = if file.is_empty() { field.to_owned() } else { format!("{field}_file") };
        match self.read() {
            Ok(secret) if !secret.expose_secret().is_empty() => Ok(()),
            Ok(_) if file.is_empty() => {
                let reason = format!("is needed, here, as a {field}_file, or from the environment");
                Err(Error::invalid(field, reason))
            }
            Ok(_) => Err(Error::invalid(field, "names an empty file")),
            Err(error) => Err(Error::invalid(field, format!("cannot be read: {error}"))),
        }
    }
}

/// Refuses what is no address of a service.
///
/// # Errors
/// [`Error::Invalid`] naming `field`.
pub fn check_url(field: &str, url: &str) -> Result<()> {
    let rest = url.strip_prefix("https://").or(url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}?#@".contains(c);
    if host.is_empty() || host.starts_with(':') || url.contains(is_bad) {
        let reason = "must be the address of Keystone, such as \
                      \"https://keystone.example:5000/v3\"";
        return Err(Error::invalid(field, reason));
    }
    Ok(())
}
