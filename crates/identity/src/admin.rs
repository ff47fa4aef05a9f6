//! What an operator does with local users.

use std::collections::BTreeSet;
use std::sync::Arc;

use actiond_core::access::ClusterRole;
use actiond_core::identity::{AccountKey, Project, ProjectGrant, User};
use actiond_core::ports::{
    Clock, Ids, Inserted, LoginFailureRepository, Swapped, UserChange, UserRemoval, UserRepository,
};
use actiond_core::project::ProjectId;
use actiond_core::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::grant::is_project;
use crate::{Passwords, check_new_password, random};

/// Longest name of a user, in characters.
const MAX_NAME_LENGTH: usize = 128;
/// Longest e-mail address, in characters.
const MAX_EMAIL_LENGTH: usize = 254;
/// What the first user is called.
const FIRST_ADMIN: &str = "admin";
/// The project that the first user may use.
const FIRST_PROJECT: &str = "default";

/// The use cases of local users. Whoever has these ports is the operator: no pass is asked for.
#[derive(Clone)]
pub struct UserAdmin {
    /// Where users are kept.
    pub users: Arc<dyn UserRepository>,
    /// Where failed logins are kept.
    pub failures: Arc<dyn LoginFailureRepository>,
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
    /// Its e-mail address, if it has one: with `@`, at most 254 characters, and as names are.
    pub email: Option<String>,
    /// Its password.
    pub password: SecretString,
    /// Roles on the cluster face.
    pub cluster_roles: Vec<ClusterRole>,
    /// Roles in projects, which are named by id or by name.
    pub grants: Vec<ProjectGrant>,
}

/// Roles that a user is given, or loses.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// Roles on the cluster face.
    pub cluster: Vec<ClusterRole>,
    /// Roles in projects, which are named by id or by name.
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
    /// [`Error::Invalid`] for a name, an address or a password that breaks a rule, [`Error::Conflict`]
    /// when the name or the address is in use.
    pub fn add(&self, new: NewUser) -> Result<User> {
        check_name(&new.name)?;
        new.email.as_deref().map(check_email).transpose()?;
        check_new_password(new.password.expose_secret())?;
        let grants = self.by_id(new.grants)?;
        let now = self.clock.now();
        let user = User {
            id: self.ids.uuid().simple().to_string(),
            uid: 0,
            email: new.email,
            password_hash: self.passwords.hash(new.password.expose_secret())?,
            cluster_roles: once_each(new.cluster_roles),
            grants: once_each(grants),
            password_issued_at: now,
            created_at: now,
            name: new.name,
        };
        self.require_free(&user)?;
        match self.users.insert(&user)? {
            Inserted::Stored => self.users.find_by_id(&user.id)?.ok_or_else(|| unknown(&user.name)),
            Inserted::Taken => Err(taken(&user.name)),
        }
    }

    /// Refuses a name that another user logs in with, be it as its e-mail address, and an address that
    /// is another's.
    pub(crate) fn require_free(&self, user: &User) -> Result<()> {
        for login in [Some(&user.name), user.email.as_ref()].into_iter().flatten() {
            if self.users.find_by_login(login)?.is_some_and(|other| other.id != user.id) {
                return Err(taken(login));
            }
        }
        Ok(())
    }

    /// Ends the lock of a user, and forgets its failed logins.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn unlock(&self, name: &str) -> Result<()> {
        let user = self.users.find_by_name(name)?.ok_or_else(|| unknown(name))?;
        self.failures.forget(&AccountKey::of(&user.name))
    }

    /// All users, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list(&self) -> Result<Vec<User>> {
        self.users.list()
    }

    /// Gives a user another password; its tokens are worth nothing any more, and it is not locked.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a password that breaks a rule, [`Error::NotFound`].
    pub fn set_password(&self, name: &str, password: &str) -> Result<()> {
        check_new_password(password)?;
        let hash = self.passwords.hash(password)?;
        found(name, self.users.set_password(name, &hash, self.clock.now())?)?;
        self.failures.forget(&AccountKey::of(name))
    }

    /// Gives a user more roles. Its tokens carry them within seconds.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when somebody else changes them too.
    pub fn grant(&self, name: &str, roles: &Roles) -> Result<()> {
        let grants = self.by_id(roles.grants.clone())?;
        self.change_roles(name, |user| {
            user.cluster_roles.extend(&roles.cluster);
            user.grants.extend(grants);
            Ok(())
        })
    }

    /// Takes roles from a user.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user is not there or has none of them; [`Error::Conflict`] when
    /// nobody would have the cluster role `admin` then, or somebody else changes them too.
    pub fn revoke(&self, name: &str, roles: &Roles) -> Result<()> {
        let grants = self.by_id(roles.grants.clone())?;
        self.change_roles(name, |user| {
            let lacks = |what: &str| Error::not_found(format!("user '{name}' has no role {what}"));
            for role in &roles.cluster {
                let at = user.cluster_roles.iter().position(|own| own == role);
                user.cluster_roles.remove(at.ok_or_else(|| lacks(role.as_str()))?);
            }
            for grant in &grants {
                let at = user.grants.iter().position(|own| own == grant);
                let what = || lacks(&format!("{}:{}", grant.project, grant.role));
                user.grants.remove(at.ok_or_else(what)?);
            }
            Ok(())
        })
    }

    /// All projects, by id.
    ///
    /// # Errors
    /// Those of the store.
    pub fn projects(&self) -> Result<Vec<Project>> {
        self.users.projects()
    }

    /// Calls a project by a name: one that has members, or a new one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an id or a name that cannot be one; [`Error::Conflict`] when another
    /// project is called so.
    pub fn name_project(&self, id: &str, name: &str) -> Result<()> {
        for (field, text) in [("id", id), ("name", name)] {
            if !is_project(text) {
                let rule = "must be 1 to 128 bytes long, without spaces, slashes and control \
                            characters";
                return Err(Error::invalid(field, rule));
            }
        }
        let taken = || Err(Error::conflict(format!("another project is called '{name}'")));
        let project = Project { id: ProjectId::new(id), name: name.to_owned() };
        let is_other = |other: &Project| other.name == project.name && other.id != project.id;
        if self.users.projects()?.iter().any(is_other) {
            return taken();
        }
        match self.users.name_project(&project)? {
            Inserted::Stored => Ok(()),
            Inserted::Taken => taken(),
        }
    }

    /// Grants in projects that may be named by their names, as grants in projects by their ids.
    fn by_id(&self, grants: Vec<ProjectGrant>) -> Result<Vec<ProjectGrant>> {
        let projects = self.users.projects()?;
        let by_id = |grant: ProjectGrant| {
            let called = projects.iter().find(|project| project.name == grant.project.as_str());
            let project = called.map_or(grant.project, |project| project.id.clone());
            ProjectGrant { project, role: grant.role }
        };
        Ok(grants.into_iter().map(by_id).collect())
    }

    fn change_roles(&self, name: &str, change: impl FnOnce(&mut User) -> Result<()>) -> Result<()> {
        let seen = self.users.find_by_name(name)?.ok_or_else(|| unknown(name))?;
        let mut changed = seen.clone();
        change(&mut changed)?;
        changed.cluster_roles = once_each(changed.cluster_roles);
        changed.grants = once_each(changed.grants);
        outcome(&seen, self.users.update(&seen, &changed)?)
    }

    /// Removes a user and its tokens.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when nobody else has the cluster role `admin`, or
    /// somebody changes the user meanwhile.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.remove_seen(&self.users.find_by_name(name)?.ok_or_else(|| unknown(name))?)
    }

    /// Removes a user that was seen so.
    ///
    /// # Errors
    /// As [`UserAdmin::remove`].
    pub fn remove_seen(&self, seen: &User) -> Result<()> {
        match self.users.remove(seen)? {
            UserRemoval::Removed => Ok(()),
            UserRemoval::Changed => Err(changed_meanwhile(&seen.name)),
            UserRemoval::Unknown => Err(unknown(&seen.name)),
            UserRemoval::LastAdmin => Err(last_admin(&seen.name)),
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
            email: None,
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

/// What became of a change, in words.
pub(crate) fn outcome(seen: &User, change: UserChange) -> Result<()> {
    match change {
        UserChange::Updated => Ok(()),
        UserChange::Changed => Err(changed_meanwhile(&seen.name)),
        UserChange::Taken => Err(Error::conflict("another user has this name or address")),
        UserChange::LastAdmin => Err(last_admin(&seen.name)),
        UserChange::Unknown => Err(unknown(&seen.name)),
    }
}

pub(crate) fn check_email(email: &str) -> Result<()> {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && c != ':';
    let has_parts = email.split_once('@').is_some_and(|(of, at)| !of.is_empty() && !at.is_empty());
    if has_parts && email.chars().count() <= MAX_EMAIL_LENGTH && email.chars().all(is_plain) {
        return Ok(());
    }
    let rule = format!(
        "must be an address with '@', at most {MAX_EMAIL_LENGTH} characters long, without ':' and spaces"
    );
    Err(Error::invalid("email", rule))
}

pub(crate) fn check_name(name: &str) -> Result<()> {
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
        Swapped::Changed => Err(changed_meanwhile(name)),
    }
}

fn changed_meanwhile(name: &str) -> Error {
    Error::conflict(format!("user '{name}' was changed meanwhile: try again"))
}

fn last_admin(name: &str) -> Error {
    let words = "is the last user with cluster role admin: make another one first";
    Error::conflict(format!("'{name}' {words}"))
}

fn taken(login: &str) -> Error {
    Error::conflict(format!("there is a user '{login}' already"))
}

fn unknown(name: &str) -> Error {
    Error::not_found(format!("there is no user '{name}'"))
}

fn once_each<T: Ord>(items: Vec<T>) -> Vec<T> {
    items.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}
