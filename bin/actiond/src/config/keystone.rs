//! `[identity.keystone]`: where Keystone is, and how the server logs in there. The names are those of
//! `[keystone_authtoken]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use actiond_core::{Error, Result};
use actiond_identity::{
    Domain, Interface, KeystoneLogin, KeystoneProject, KeystoneSettings, KeystoneTls, Secret,
    check_url,
};
use serde::{Deserialize, Serialize};

use super::Origin;
use super::hidden::Hidden;
use super::seconds;

/// `[identity.keystone]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct KeystoneConfig {
    /// Where Keystone is, with or without /v3.
    pub auth_url: String,
    /// Where clients get tokens; empty means auth_url.
    pub www_authenticate_uri: String,
    /// The server's own user.
    pub username: String,
    /// Its password.
    pub password: Hidden,
    /// A file with its password.
    pub password_file: PathBuf,
    /// The user's domain, by its id; empty means by its name.
    pub user_domain_id: String,
    /// The user's domain, by its name.
    pub user_domain_name: String,
    /// The user's project, by its id; empty means by its name.
    pub project_id: String,
    /// The user's project, by its name.
    pub project_name: String,
    /// The project's domain, by its id; empty means by its name.
    pub project_domain_id: String,
    /// The project's domain, by its name.
    pub project_domain_name: String,
    /// An application credential in the place of the user.
    pub application_credential_id: String,
    /// Its secret.
    pub application_credential_secret: Hidden,
    /// A file with its secret.
    pub application_credential_secret_file: PathBuf,
    /// The authorities to trust; empty means those of the system.
    pub cafile: PathBuf,
    /// The server's own certificate.
    pub certfile: PathBuf,
    /// Its key; empty means that it is in certfile.
    pub keyfile: PathBuf,
    /// Trust anybody.
    pub insecure: bool,
    /// The endpoint of the catalog at which tokens are validated; empty means auth_url.
    pub interface: InterfaceName,
    /// Its region; empty means any.
    pub region_name: String,
    /// How long a validated token is believed.
    #[serde(with = "seconds")]
    pub token_cache_time: Duration,
    /// How long Keystone may take to accept a connection.
    #[serde(with = "seconds")]
    pub http_connect_timeout: Duration,
    /// How long Keystone may take for an answer.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// The roles by which a service may vouch for an expired token.
    pub service_token_roles: Vec<String>,
    /// Whether other service tokens are refused.
    pub service_token_roles_required: bool,
    /// What this service is in the catalog.
    pub service_type: String,
}

/// An endpoint's interface, or none.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceName {
    #[default]
    #[serde(rename = "")]
    None,
    Public,
    Internal,
    Admin,
}

impl Default for KeystoneConfig {
    fn default() -> Self {
        let domain = || "Default".to_owned();
        Self {
            auth_url: String::new(),
            www_authenticate_uri: String::new(),
            username: String::new(),
            password: Hidden::default(),
            password_file: PathBuf::new(),
            user_domain_id: String::new(),
            user_domain_name: domain(),
            project_id: String::new(),
            project_name: String::new(),
            project_domain_id: String::new(),
            project_domain_name: domain(),
            application_credential_id: String::new(),
            application_credential_secret: Hidden::default(),
            application_credential_secret_file: PathBuf::new(),
            cafile: PathBuf::new(),
            certfile: PathBuf::new(),
            keyfile: PathBuf::new(),
            insecure: false,
            interface: InterfaceName::None,
            region_name: String::new(),
            token_cache_time: Duration::from_secs(300),
            http_connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            service_token_roles: vec!["service".to_owned()],
            service_token_roles_required: true,
            service_type: "backup".to_owned(),
        }
    }
}

impl KeystoneConfig {
    /// Takes secrets from the environment, where they stand in nobody's file.
    pub(super) fn overlay(&mut self, origin: &mut Origin) {
        for (secret, file, key, variable) in [
            (
                &mut self.password,
                &mut self.password_file,
                "identity.keystone.password",
                "ACTIOND_KEYSTONE_PASSWORD",
            ),
            (
                &mut self.application_credential_secret,
                &mut self.application_credential_secret_file,
                "identity.keystone.application_credential_secret",
                "ACTIOND_KEYSTONE_APPLICATION_CREDENTIAL_SECRET",
            ),
        ] {
            let given = std::env::var(variable).ok().filter(|given| !given.is_empty());
            if let Some(given) = given {
                (*secret, *file) = (Hidden::from(given), PathBuf::new());
                origin.overlay(key, variable);
            }
        }
    }

    /// The settings of the provider.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming a setting that cannot be meant.
    pub fn settings(&self) -> Result<KeystoneSettings> {
        let settings = KeystoneSettings {
            auth_url: self.auth_url.clone(),
            login: self.login()?,
            interface: self.interface.into(),
            region_name: filled(&self.region_name),
            tls: KeystoneTls {
                cafile: filled_path(&self.cafile),
                certfile: filled_path(&self.certfile),
                keyfile: filled_path(&self.keyfile),
                insecure: self.insecure,
            },
            token_cache_time: self.token_cache_time,
            http_connect_timeout: self.http_connect_timeout,
            timeout: self.timeout,
            service_token_roles: self.service_token_roles.clone(),
            service_token_roles_required: self.service_token_roles_required,
            service_type: self.service_type.clone(),
        };
        if !self.www_authenticate_uri.is_empty() {
            check_url("www_authenticate_uri", &self.www_authenticate_uri)?;
        }
        settings.check()?;
        Ok(settings)
    }

    /// Where clients get tokens.
    pub fn authenticate_uri(&self) -> String {
        filled(&self.www_authenticate_uri).unwrap_or_else(|| self.auth_url.clone())
    }

    fn login(&self) -> Result<KeystoneLogin> {
        let id = &self.application_credential_id;
        let (secret, file) =
            (&self.application_credential_secret, &self.application_credential_secret_file);
        if !id.is_empty() || !secret.is_empty() || filled_path(file).is_some() {
            if !self.username.is_empty() {
                let reason = "is there beside an application credential: the server logs in by one \
                              of them; remove the other";
                return Err(Error::invalid("username", reason));
            }
            let secret = one_of(secret, file, "application_credential_secret_file")?;
            return Ok(KeystoneLogin::ApplicationCredential { id: id.clone(), secret });
        }
        Ok(KeystoneLogin::Password {
            username: self.username.clone(),
            user_domain: domain(&self.user_domain_id, &self.user_domain_name),
            password: one_of(&self.password, &self.password_file, "password_file")?,
            project: match filled(&self.project_id) {
                Some(id) => KeystoneProject::Id(id),
                None => KeystoneProject::Name(
                    self.project_name.clone(),
                    domain(&self.project_domain_id, &self.project_domain_name),
                ),
            },
        })
    }
}

impl From<InterfaceName> for Option<Interface> {
    fn from(name: InterfaceName) -> Self {
        match name {
            InterfaceName::None => None,
            InterfaceName::Public => Some(Interface::Public),
            InterfaceName::Internal => Some(Interface::Internal),
            InterfaceName::Admin => Some(Interface::Admin),
        }
    }
}

/// The secret, or the file that holds it.
fn one_of(secret: &Hidden, file: &Path, field: &str) -> Result<Secret> {
    match filled_path(file) {
        None => Ok(Secret::Text(secret.secret())),
        Some(file) if secret.is_empty() => Ok(Secret::File(file)),
        Some(_) => Err(Error::invalid(field, "is there beside the secret itself; remove one")),
    }
}

fn domain(id: &str, name: &str) -> Domain {
    filled(id).map_or_else(|| Domain::Name(name.to_owned()), Domain::Id)
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn filled_path(path: &Path) -> Option<PathBuf> {
    Some(path.to_owned()).filter(|path| !path.as_os_str().is_empty())
}
