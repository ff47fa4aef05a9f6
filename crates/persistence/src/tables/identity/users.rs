//! Users in the store.

use std::collections::HashMap;
use std::sync::Arc;

use actiond_core::Result;
use actiond_core::identity::{ProjectGrant, User};
use actiond_core::ports::{Inserted, Swapped, UserRemoval, UserRepository};
use actiond_core::project::ProjectId;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::backend::{Connection, Database, Fault, lock_users};
use super::convert::inserted;
use super::row::{GrantRow, UserRow};
use crate::schema::{tokens, user_grants as grants, users};

pub(crate) struct UserTable(pub(crate) Arc<Database>);

impl UserRepository for UserTable {
    fn insert(&self, user: &User) -> Result<Inserted> {
        let (row, granted) = (UserRow::from(user), GrantRow::all_of(user));
        inserted(self.0.change(move |connection| {
            diesel::insert_into(users::table).values(row).execute(connection)?;
            for grant in granted {
                diesel::insert_into(grants::table).values(grant).execute(connection)?;
            }
            Ok(())
        }))
    }

    fn find_by_name(&self, name: &str) -> Result<Option<User>> {
        if !can_be_kept(name) {
            return Ok(None);
        }
        self.0.snapshot(|connection| {
            let row = users::table.filter(users::name.eq(name)).select(UserRow::as_select());
            let row = row.first(connection).optional()?;
            row.map(|row| with_grants(connection, row)).transpose()
        })
    }

    fn find_by_id(&self, id: &str) -> Result<Option<User>> {
        if !can_be_kept(id) {
            return Ok(None);
        }
        self.0.snapshot(|connection| {
            let row = users::table.find(id).select(UserRow::as_select());
            let row = row.first(connection).optional()?;
            row.map(|row| with_grants(connection, row)).transpose()
        })
    }

    fn list(&self) -> Result<Vec<User>> {
        self.0.snapshot(|connection| {
            let rows: Vec<UserRow> =
                users::table.order(users::name).select(UserRow::as_select()).load(connection)?;
            let granted = grants::table.order((grants::user_id, grants::position));
            let mut by_user: HashMap<String, Vec<ProjectGrant>> = HashMap::new();
            for grant in granted.select(GrantRow::as_select()).load(connection)? {
                by_user.entry(grant.user_id.clone()).or_default().push(grant.into());
            }
            let granted = |row: UserRow| {
                let of_user = by_user.remove(&row.id).unwrap_or_default();
                row.with(of_user)
            };
            rows.into_iter().map(granted).collect()
        })
    }

    fn set_password(&self, name: &str, password_hash: &str) -> Result<Swapped> {
        let (name, hash) = (name.to_owned(), password_hash.to_owned());
        Ok(self.0.change(move |connection| {
            forget_tokens(connection, &name)?;
            let user = users::table.filter(users::name.eq(&name));
            let set = users::password_hash.eq(hash);
            Ok(swapped(diesel::update(user).set(set).execute(connection)?))
        })?)
    }

    fn remove(&self, name: &str) -> Result<UserRemoval> {
        let name = name.to_owned();
        Ok(self.0.change(move |connection| {
            lock_users(connection)?;
            if is_last_admin(connection, &name)? {
                return Ok(UserRemoval::LastAdmin);
            }
            forget_tokens(connection, &name)?;
            let user = users::table.filter(users::name.eq(&name));
            let removed = diesel::delete(user).execute(connection)?;
            Ok(if removed == 0 { UserRemoval::Unknown } else { UserRemoval::Removed })
        })?)
    }

    fn project_exists(&self, project: &ProjectId) -> Result<bool> {
        self.0.read(|connection| {
            let of_project = grants::table.filter(grants::project_id.eq(project.as_str()));
            Ok(diesel::select(exists(of_project)).get_result(connection)?)
        })
    }
}

/// Whether a text can be in every database: PostgreSQL keeps no NUL.
fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}

fn with_grants(connection: &mut Connection, row: UserRow) -> Result<User, Fault> {
    let granted = grants::table.filter(grants::user_id.eq(&row.id)).order(grants::position);
    let granted = granted.select(GrantRow::as_select()).load(connection)?;
    row.with(granted.into_iter().map(ProjectGrant::from).collect())
}

fn is_last_admin(connection: &mut Connection, name: &str) -> Result<bool, Fault> {
    let mut admins = vec![];
    for row in users::table.select(UserRow::as_select()).load(connection)? {
        let user = row.with(vec![])?;
        if user.is_admin() {
            admins.push(user.name);
        }
    }
    Ok(admins == [name])
}

fn forget_tokens(connection: &mut Connection, name: &str) -> Result<(), Fault> {
    let ids = users::table.filter(users::name.eq(name)).select(users::id);
    diesel::delete(tokens::table.filter(tokens::user_id.eq_any(ids))).execute(connection)?;
    Ok(())
}

fn swapped(rows: usize) -> Swapped {
    if rows == 0 { Swapped::Gone } else { Swapped::Updated }
}
