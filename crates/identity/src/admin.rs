//! What an operator does with local users.

use std::collections::BTreeSet;
use std::sync::Arc;

use actiond_core::access::ClusterRole;
use actiond_core::identity::{ProjectGrant, User};
use actiond_core::ports::{Clock, Ids, Inserted, Swapped, UserRemoval, UserRepository};
use actiond_core::project::ProjectId;
use actiond_core::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::{Passwords, check_new_password, random};

/// Longest name of a user, in characters.
const MAX_NAME_LENGTH: usize = 128;
/// What the first user is called.
const FIRST_ADMIN: &str = "admin";
/// The project that the first user may use.
const FIRST_PROJECT: &str = "default";

/// The use cases of local users. Whoever has these ports is the operator: no pass is asked for.
#[derive(Clone)]
pub struct UserAdmin {
    /// Where users are kept.
    pub users: Arc<dyn UserRepository>,
    /// How passwords are kept.
    pub passwords: Arc<dyn Passwords>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New user ids.
    pub ids: Arc<dyn Ids>,
}

/// A user to be made.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// What it logs in with: 1 to 128 characters, without control characters, and without `:`,
    /// which Basic authentication could not carry.
    pub name: String,
    /// Its password.
    pub password: SecretString,
    /// Roles on the cluster face.
    pub cluster_roles: Vec<ClusterRole>,
    /// Roles in projects.
    pub grants: Vec<ProjectGrant>,
}

/// Whether the service has somebody to administer it.
#[derive(Clone, Debug)]
pub enum FirstAdmin {
    /// There were users already; nothing was changed.
    Existing,
    /// There was nobody, and now there is.
    Made {
        /// The new user's name.
        name: String,
        /// Its password, unless it was given. Shown once, and known to nobody else.
        generated: Option<SecretString>,
    },
}

impl UserAdmin {
    /// Makes a user.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or password that breaks a rule, [`Error::Conflict`] when the
    /// name is in use.
    pub fn add(&self, new: NewUser) -> Result<User> {
        check_name(&new.name)?;
        check_new_password(new.password.expose_secret())?;
        let user = User {
            id: self.ids.uuid().simple().to_string(),
            password_hash: self.passwords.hash(new.password.expose_secret())?,
            cluster_roles: once_each(new.cluster_roles),
            grants: once_each(new.grants),
            created_at: self.clock.now(),
            name: new.name,
        };
        match self.users.insert(&user)? {
            Inserted::Stored => Ok(user),
            Inserted::Taken => {
                Err(Error::conflict(format!("there is a user '{}' already", user.name)))
            }
        }
    }

    /// All users, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list(&self) -> Result<Vec<User>> {
        self.users.list()
    }

    /// Gives a user another password; its tokens are worth nothing any more.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a password that breaks a rule, [`Error::NotFound`].
    pub fn set_password(&self, name: &str, password: &str) -> Result<()> {
        check_new_password(password)?;
        found(name, self.users.set_password(name, &self.passwords.hash(password)?)?)
    }

    /// Removes a user and its tokens.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when nobody else has the cluster role `admin`.
    pub fn remove(&self, name: &str) -> Result<()> {
        match self.users.remove(name)? {
            UserRemoval::Removed => Ok(()),
            UserRemoval::Unknown => Err(unknown(name)),
            UserRemoval::LastAdmin => Err(Error::conflict(format!(
                "'{name}' is the last user with cluster role admin: make another one first"
            ))),
        }
    }

    /// When there is no user at all, makes `admin`: cluster role `admin`, and the roles `admin` and
    /// `member` in the project `default`. Without a password one is generated.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a password that breaks a rule.
    pub fn ensure_first_admin(&self, password: Option<&str>) -> Result<FirstAdmin> {
        if !self.users.list()?.is_empty() {
            return Ok(FirstAdmin::Existing);
        }
        let generated = if password.is_some() { None } else { Some(random::generate_password()?) };
        let password = password.map(SecretString::from).or_else(|| generated.clone());
        let grant = |role: &str| ProjectGrant {
            project: ProjectId::new(FIRST_PROJECT),
            role: role.to_owned(),
        };
        let made = self.add(NewUser {
            name: FIRST_ADMIN.to_owned(),
            password: password.unwrap_or_default(),
            cluster_roles: vec![ClusterRole::Admin],
            grants: vec![grant("admin"), grant("member")],
        });
        match made {
            Ok(user) => Ok(FirstAdmin::Made { name: user.name, generated }),
            // Another process was faster.
            Err(Error::Conflict { .. }) => Ok(FirstAdmin::Existing),
            Err(error) => Err(error),
        }
    }
}

fn check_name(name: &str) -> Result<()> {
    let length_is_good = (1..=MAX_NAME_LENGTH).contains(&name.chars().count());
    if length_is_good && !name.contains(|c: char| c.is_control() || c == ':') {
        return Ok(());
    }
    let rule = format!(
        "must be 1 to {MAX_NAME_LENGTH} characters long, without ':' and control characters"
    );
    Err(Error::invalid("name", rule))
}

fn found(name: &str, swapped: Swapped) -> Result<()> {
    match swapped {
        Swapped::Updated => Ok(()),
        Swapped::Gone => Err(unknown(name)),
        Swapped::Changed => {
            Err(Error::conflict(format!("user '{name}' was changed meanwhile: try again")))
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::not_found(format!("there is no user '{name}'"))
}

fn once_each<T: Ord>(items: Vec<T>) -> Vec<T> {
    items.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}
