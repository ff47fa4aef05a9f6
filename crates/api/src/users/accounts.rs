//! The handlers that manage users.

use actiond_core::access::{ClusterRole, cluster_permission as may};
use actiond_core::identity::{AccountChange, NewAccount};
use actiond_core::{Error, Result};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::errors::UserResult;
use super::fields::Fields;
use super::wire::User;
use crate::body;
use crate::cluster::{Allowed, require_json};
use crate::path;
use crate::rejection::Rejection;
use crate::services::{Api, with_store};

pub(super) async fn list(pass: Allowed<may::ViewUsers>, api: Data<Api>) -> UserResult {
    let found = with_store(api, move |api| Ok(api.services.accounts.list(&pass)?)).await?;
    let users: Vec<_> = found.into_iter().map(User::from).collect();
    Ok(HttpResponse::Ok().json(users))
}

pub(super) async fn show(
    pass: Allowed<may::ViewUser>,
    req: HttpRequest,
    api: Data<Api>,
) -> UserResult {
    let uid = uid(&req)?;
    let found = with_store(api, move |api| Ok(api.services.accounts.show(&pass, uid)?)).await?;
    Ok(HttpResponse::Ok().json(User::from(found)))
}

/// Makes a user. A password is hashed: that waits for its turn as a check does.
pub(super) async fn create(
    pass: Allowed<may::CreateUser>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> UserResult {
    let new = new_account(read(&req, payload, &api).await?)?;
    let accounts = api.services.accounts.clone();
    let made = api.passwords.run(move || Ok(accounts.create(&pass, new)?)).await?;
    Ok(HttpResponse::Ok().json(User::from(made)))
}

pub(super) async fn change(
    pass: Allowed<may::UpdateUser>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> UserResult {
    let uid = uid(&req)?;
    let change = account_change(read(&req, payload, &api).await?)?;
    let accounts = api.services.accounts.clone();
    let gate = if change.password.is_some() { &api.passwords } else { &api.store };
    let changed = gate.run(move || Ok(accounts.change(&pass, uid, change)?)).await?;
    Ok(HttpResponse::Ok().json(User::from(changed)))
}

pub(super) async fn remove(
    pass: Allowed<may::DeleteUser>,
    req: HttpRequest,
    api: Data<Api>,
) -> UserResult {
    let uid = uid(&req)?;
    with_store(api, move |api| Ok(api.services.accounts.remove(&pass, uid)?)).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// The number in the path. What is none names no user.
fn uid(req: &HttpRequest) -> Result<u32> {
    let text = path::part(req, "uid");
    text.parse().map_err(|_| Error::not_found(format!("there is no user {text}")))
}

async fn read(req: &HttpRequest, payload: Payload, api: &Api) -> Result<Value, Rejection> {
    let body = api.login(req, payload).await?;
    require_json(req, &body)?;
    body::json(&body, api.settings.max_depth)
}

fn new_account(body: Value) -> Result<NewAccount> {
    let mut fields = Fields::of(body)?;
    fields.require_regular()?;
    let (name, email) = (fields.text("name")?, filled(fields.text("email")?));
    if name.is_none() && email.is_none() {
        return Err(Error::invalid("email", "is missing, and so is name: one of them is needed"));
    }
    let password = fields.text("password")?.ok_or(Error::Missing { field: "password" })?;
    let role = fields.role()?.unwrap_or(ClusterRole::None);
    fields.end()?;
    Ok(NewAccount { name, email, password, role })
}

fn account_change(body: Value) -> Result<AccountChange> {
    let mut fields = Fields::of(body)?;
    fields.require_regular()?;
    let change = AccountChange {
        name: fields.text("name")?,
        email: fields.text("email")?,
        password: fields.text("password")?,
        role: fields.role()?,
        unlock: fields.unlock()?,
    };
    fields.end()?;
    Ok(change)
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
