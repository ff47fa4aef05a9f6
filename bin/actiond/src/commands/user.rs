//! `actiond user`: the users of the local identity provider.

use std::io::Read;
use std::iter;

use actiond_core::identity::{Project, ProjectGrant, User as StoredUser};
use actiond_identity::{
    NewUser, Roles, UserAdmin, generate_password, parse_cluster_role, parse_grant,
};
use anyhow::{Context, Result, ensure};
use secrecy::{ExposeSecret, SecretString};

use super::{identity, say, store};
use crate::cli::{AddUser, ChangeRoles, Password, RoleFlags, User};
use crate::config::{Config, Provider};
use crate::policy;

/// Carries out a user command.
pub fn run(config: &Config, command: &User) -> Result<()> {
    let store = match command {
        User::Add(_) => store::open(config)?,
        _ => store::open_existing(config)?,
    };
    let admin = identity::admin(&store);
    match command {
        User::Add(user) => add(config, &admin, user),
        User::List => list(config, &admin),
        User::SetPassword { name, password } => set_password(&admin, name, password),
        User::Unlock { name } => {
            admin.unlock(name)?;
            say(format_args!("user {name} is not locked"))
        }
        User::Remove { name } => {
            admin.remove(name)?;
            say(format_args!("user {name} is removed"))
        }
        User::Grant(ChangeRoles { name, roles }) => {
            admin.grant(name, &some(read(config, roles)?)?)?;
            say(format_args!("user {name} has more roles"))
        }
        User::Revoke(ChangeRoles { name, roles }) => {
            admin.revoke(name, &some(read(config, roles)?)?)?;
            say(format_args!("user {name} has fewer roles"))
        }
        User::Projects => projects(config, &admin),
        User::NameProject { id, name } => {
            admin.name_project(id, name)?;
            say(format_args!("project {id} is called {name}"))
        }
    }
}

/// Reads roles from the command line.
fn read(config: &Config, flags: &RoleFlags) -> Result<Roles> {
    if config.identity.provider == Provider::Keystone && !flags.projects.is_empty() {
        tracing::warn!("project roles come from Keystone: those given here count for nothing");
    }
    let cluster = flags.cluster.iter().map(|role| parse_cluster_role(role));
    let grants = flags.projects.iter().map(|grant| parse_grant(grant));
    let roles = Roles {
        cluster: cluster.collect::<Result<_, _>>()?,
        grants: grants.collect::<Result<_, _>>()?,
    };
    warn_of_strange_roles(config, &roles.grants);
    Ok(roles)
}

/// A role that no rule names gives nothing: most likely it is mistyped. What is wrong with the rules
/// themselves, the server says.
fn warn_of_strange_roles(config: &Config, grants: &[ProjectGrant]) {
    let Ok(rules) = policy::load(config.policy_file().as_deref()) else { return };
    let known = rules.policy.roles();
    for grant in grants.iter().filter(|grant| !known.contains(&grant.role)) {
        let known = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        tracing::warn!("the role {} gives nothing: rules name only {known}", grant.role);
    }
}

/// Refuses to change nothing.
fn some(roles: Roles) -> Result<Roles> {
    ensure!(
        !roles.cluster.is_empty() || !roles.grants.is_empty(),
        "no role is named: use --role ROLE or --project PROJECT:ROLE"
    );
    Ok(roles)
}

fn add(config: &Config, admin: &UserAdmin, user: &AddUser) -> Result<()> {
    let Roles { cluster, grants } = read(config, &user.roles)?;
    let (password, is_made) = password(&user.password)?;
    let new = NewUser {
        name: user.name.clone(),
        email: user.email.clone(),
        password: password.clone(),
        cluster_roles: cluster,
        grants,
    };
    let made = admin.add(new)?;
    say(format_args!("user {} is added, with id {}", made.name, made.id))?;
    show_if_made(&password, is_made)
}

fn set_password(admin: &UserAdmin, name: &str, source: &Password) -> Result<()> {
    let (password, is_made) = password(source)?;
    admin.set_password(name, password.expose_secret())?;
    say(format_args!("user {name} has another password; its tokens are worth nothing any more"))?;
    show_if_made(&password, is_made)
}

fn list(config: &Config, admin: &UserAdmin) -> Result<()> {
    let users = admin.list()?;
    if users.is_empty() {
        return say(format_args!("the store {} has no users yet", config.store));
    }
    let head = ["NAME", "ID", "CLUSTER ROLES", "PROJECT ROLES"].map(str::to_owned);
    let row = |user: &StoredUser| {
        [user.name.clone(), user.id.clone(), cluster_roles(user), project_roles(user)]
    };
    let rows: Vec<_> = iter::once(head).chain(users.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [name_width, id_width, roles_width] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    rows.iter().try_for_each(|[name, id, roles, projects]| {
        let line =
            format!("{name:<name_width$}  {id:<id_width$}  {roles:<roles_width$}  {projects}");
        say(line.trim_end())
    })
}

fn projects(config: &Config, admin: &UserAdmin) -> Result<()> {
    let projects = admin.projects()?;
    if projects.is_empty() {
        return say(format_args!("the store {} has no projects yet", config.store));
    }
    let width = projects.iter().map(|project| project.id.as_str().chars().count()).max();
    let width = width.unwrap_or(0);
    say(format_args!("{:<width$}  NAME", "ID"))?;
    projects
        .iter()
        .try_for_each(|Project { id, name }| say(format_args!("{:<width$}  {name}", id.as_str())))
}

fn cluster_roles(user: &StoredUser) -> String {
    user.cluster_roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",")
}

fn project_roles(user: &StoredUser) -> String {
    let grants = user.grants.iter().map(|grant| format!("{}:{}", grant.project, grant.role));
    grants.collect::<Vec<_>>().join(",")
}

/// The password, and whether it was made here.
fn password(source: &Password) -> Result<(SecretString, bool)> {
    if !source.password_stdin {
        return Ok((generate_password()?, true));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the password from standard input")?;
    // What `echo` and editors put behind it is not meant.
    let password = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok((SecretString::from(password), false))
}

fn show_if_made(password: &SecretString, is_made: bool) -> Result<()> {
    if !is_made {
        return Ok(());
    }
    say(format_args!("its password, shown this once: {}", password.expose_secret()))
}
