//! `actiond user`: the users of the local identity provider.

use std::io::Read;
use std::iter;

use actiond_core::identity::User as StoredUser;
use actiond_identity::{NewUser, UserAdmin, generate_password, parse_cluster_role, parse_grant};
use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};

use super::{identity, say, store};
use crate::cli::{AddUser, Password, User};
use crate::config::{Config, Provider};

/// Carries out a user command.
pub fn run(config: &Config, command: &User) -> Result<()> {
    let store = store::open(config)?;
    let admin = identity::admin(&store);
    if let User::Add(AddUser { projects, .. }) = command
        && config.identity.provider == Provider::Keystone
        && !projects.is_empty()
    {
        tracing::warn!("project roles come from Keystone: those given here count for nothing");
    }
    match command {
        User::Add(user) => add(&admin, user),
        User::List => list(config, &admin),
        User::SetPassword { name, password } => set_password(&admin, name, password),
        User::Remove { name } => {
            admin.remove(name)?;
            say(format_args!("user {name} is removed"))
        }
    }
}

fn add(admin: &UserAdmin, user: &AddUser) -> Result<()> {
    let roles = user.roles.iter().map(|role| parse_cluster_role(role));
    let grants = user.projects.iter().map(|grant| parse_grant(grant));
    let (cluster_roles, grants) =
        (roles.collect::<Result<_, _>>()?, grants.collect::<Result<_, _>>()?);
    let (password, is_made) = password(&user.password)?;
    let new =
        NewUser { name: user.name.clone(), password: password.clone(), cluster_roles, grants };
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
