//! Users in the store.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actiond_core::identity::{Project, ProjectGrant, User};
use actiond_core::ports::{Inserted, Swapped, UserChange, UserRemoval, UserRepository};
use actiond_core::project::ProjectId;
use actiond_core::{Result, Timestamp};
use diesel::prelude::*;

use super::backend::{Connection, Database, Fault, lock_users};
use super::convert::{inserted, to_micros};
use super::row::{GrantRow, UserChanges, UserRow};
use crate::schema::{project_names as names, tokens, user_counter, user_grants as grants, users};

pub(crate) struct UserTable(pub(crate) Arc<Database>);

impl UserRepository for UserTable {
    fn insert(&self, user: &User) -> Result<Inserted> {
        let (row, granted) = (UserRow::from(user), GrantRow::all_of(&user.id, &user.grants));
        inserted(self.0.change(move |connection| {
            lock_users(connection)?;
            let mut row = row;
            row.uid = uid(connection, row.uid)?;
            diesel::insert_into(users::table).values(row).execute(connection)?;
            insert_grants(connection, granted)
        }))
    }

    fn find_by_name(&self, name: &str) -> Result<Option<User>> {
        if !can_be_kept(name) {
            return Ok(None);
        }
        self.0.snapshot(|connection| {
            let row = users::table.filter(users::name.eq(name)).select(UserRow::as_select());
            let row = row.get_result(connection).optional()?;
            row.map(|row| with_grants(connection, row)).transpose()
        })
    }

    fn find_by_id(&self, id: &str) -> Result<Option<User>> {
        if !can_be_kept(id) {
            return Ok(None);
        }
        self.0.snapshot(|connection| by_id(connection, id))
    }

    fn find_by_uid(&self, uid: u32) -> Result<Option<User>> {
        self.0.snapshot(|connection| {
            let row = users::table.filter(users::uid.eq(i64::from(uid)));
            let row = row.select(UserRow::as_select()).get_result(connection).optional()?;
            row.map(|row| with_grants(connection, row)).transpose()
        })
    }

    fn find_by_login(&self, login: &str) -> Result<Option<User>> {
        if !can_be_kept(login) {
            return Ok(None);
        }
        self.0.snapshot(|connection| {
            let named = users::table.filter(users::name.eq(login).or(users::email.eq(login)));
            let mut rows: Vec<UserRow> = named.select(UserRow::as_select()).load(connection)?;
            // The one of this name, or else the one with this address.
            rows.sort_by_key(|row| row.name != login);
            let row = rows.into_iter().next();
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

    fn set_password(&self, name: &str, password_hash: &str, since: Timestamp) -> Result<Swapped> {
        let (name, hash) = (name.to_owned(), password_hash.to_owned());
        Ok(self.0.change(move |connection| {
            lock_users(connection)?;
            forget_tokens(connection, &name)?;
            let user = users::table.filter(users::name.eq(&name));
            let since = users::password_issued_at.eq(to_micros(since));
            let set = (users::password_hash.eq(hash), since);
            Ok(swapped(diesel::update(user).set(set).execute(connection)?))
        })?)
    }

    fn remove(&self, seen: &User) -> Result<UserRemoval> {
        let seen = seen.clone();
        Ok(self.0.change(move |connection| {
            lock_users(connection)?;
            let Some(now) = by_id(connection, &seen.id)? else {
                return Ok(UserRemoval::Unknown);
            };
            if now != seen {
                return Ok(UserRemoval::Changed);
            }
            if is_last_admin(connection, &now.name)? {
                return Ok(UserRemoval::LastAdmin);
            }
            forget_tokens(connection, &now.name)?;
            diesel::delete(users::table.find(&now.id)).execute(connection)?;
            Ok(UserRemoval::Removed)
        })?)
    }

    fn update(&self, seen: &User, wanted: &User) -> Result<UserChange> {
        let (seen, wanted) = (seen.clone(), wanted.clone());
        let changed = self.0.change(move |connection| {
            lock_users(connection)?;
            let Some(now) = by_id(connection, &seen.id)? else {
                return Ok(UserChange::Unknown);
            };
            if now != seen {
                return Ok(UserChange::Changed);
            }
            if !wanted.is_admin() && is_last_admin(connection, &now.name)? {
                return Ok(UserChange::LastAdmin);
            }
            if wanted.password_hash != now.password_hash {
                forget_tokens(connection, &now.name)?;
            }
            let user = users::table.find(&now.id);
            diesel::update(user).set(UserChanges::from(&wanted)).execute(connection)?;
            diesel::delete(grants::table.filter(grants::user_id.eq(&now.id)))
                .execute(connection)?;
            insert_grants(connection, GrantRow::all_of(&now.id, &wanted.grants))?;
            Ok(UserChange::Updated)
        });
        match changed {
            Err(Fault::Taken) => Ok(UserChange::Taken),
            other => Ok(other?),
        }
    }

    fn projects(&self) -> Result<Vec<Project>> {
        self.0.snapshot(|connection| {
            let granted: Vec<String> =
                grants::table.select(grants::project_id).distinct().load(connection)?;
            let named: HashMap<String, String> =
                names::table.load::<(String, String)>(connection)?.into_iter().collect();
            let ids: BTreeSet<_> = granted.iter().chain(named.keys()).collect();
            let project = |id: &String| Project {
                id: ProjectId::new(id),
                name: named.get(id).unwrap_or(id).clone(),
            };
            Ok(ids.into_iter().map(project).collect())
        })
    }

    fn name_project(&self, project: &Project) -> Result<Inserted> {
        let row = (project.id.as_str().to_owned(), project.name.clone());
        inserted(self.0.change(move |connection| {
            diesel::delete(names::table.find(&row.0)).execute(connection)?;
            let row = (names::project_id.eq(row.0), names::name.eq(row.1));
            diesel::insert_into(names::table).values(row).execute(connection)?;
            Ok(())
        }))
    }
}

/// The uid of a new user: the one that it brings, or the next. None comes back.
fn uid(connection: &mut Connection, brought: i64) -> Result<i64, Fault> {
    let counter = user_counter::table.find(1);
    let last =
        counter.select(user_counter::last_uid).get_result(connection).optional()?.unwrap_or(0);
    let uid = if brought == 0 { last + 1 } else { brought };
    diesel::delete(counter).execute(connection)?;
    let row = (user_counter::id.eq(1), user_counter::last_uid.eq(uid.max(last)));
    diesel::insert_into(user_counter::table).values(row).execute(connection)?;
    Ok(uid)
}

fn insert_grants(connection: &mut Connection, granted: Vec<GrantRow>) -> Result<(), Fault> {
    for grant in granted {
        diesel::insert_into(grants::table).values(grant).execute(connection)?;
    }
    Ok(())
}

/// Whether a text can be in every database: PostgreSQL keeps no NUL.
fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}

fn by_id(connection: &mut Connection, id: &str) -> Result<Option<User>, Fault> {
    let row = users::table.find(id).select(UserRow::as_select());
    let row = row.get_result(connection).optional()?;
    row.map(|row| with_grants(connection, row)).transpose()
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
