//! Who and what there is: as much as clients look up.

use actiond_core::Error;
use actiond_core::identity::{DOMAIN, Project, TokenInfo, UserSummary};
use actiond_core::ports::TokenIssuer;
use actix_web::http::header::VARY;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::errors::IdentityResult;
use super::tokens::{auth_token, issuer};
use super::wire;
use crate::path::{origin, part};
use crate::rejection::Rejection;
use crate::services::{Api, with_store};

/// What a list is asked for; other parameters do not count.
#[derive(Default)]
struct Filter {
    name: Option<String>,
    domain_id: Option<String>,
}

impl Filter {
    fn of(req: &HttpRequest) -> Self {
        let mut filter = Self::default();
        for (key, value) in form_urlencoded::parse(req.query_string().as_bytes()) {
            match &*key {
                "name" => filter.name = Some(value.into_owned()),
                "domain_id" => filter.domain_id = Some(value.into_owned()),
                _ => {}
            }
        }
        filter
    }

    fn takes(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|wanted| wanted == name)
            && self.domain_id.as_deref().is_none_or(|wanted| wanted == DOMAIN.0)
    }
}

/// Who asks, and what the directory knows.
struct Asked {
    caller: TokenInfo,
    users: Vec<UserSummary>,
    projects: Vec<Project>,
    origin: String,
}

impl Asked {
    fn user(&self, id: &str) -> Result<&UserSummary, Error> {
        let user = self.users.iter().find(|user| user.id == id);
        user.ok_or_else(|| Error::not_found(format!("Could not find user: {id}.")))
    }

    /// The projects in which a user has a role.
    fn projects_of(&self, user: &str, filter: Option<&Filter>) -> Result<Vec<Value>, Error> {
        let own = &self.user(user)?.projects;
        Ok(self.projects(|project| {
            own.contains(&project.id) && filter.is_none_or(|filter| filter.takes(&project.name))
        }))
    }

    fn projects(&self, is_wanted: impl Fn(&Project) -> bool) -> Vec<Value> {
        let wanted = self.projects.iter().filter(|project| is_wanted(project));
        wanted.map(|project| wire::project(project, &self.origin)).collect()
    }

    fn list(&self, name: &str, items: Vec<Value>, path: &str) -> Value {
        wire::list(name, items, &format!("{}/v3/{path}", self.origin))
    }
}

/// Answers with what `tell` makes of it, to whoever has a token.
async fn tell<F>(req: HttpRequest, api: Data<Api>, tell: F) -> IdentityResult
where
    F: FnOnce(&Asked) -> Result<Value, Error> + Send + 'static,
{
    let (token, origin) = (auth_token(&req)?, origin(&req));
    let issuer = issuer(&api)?;
    let look = move |_: &Api| -> Result<Value, Rejection> {
        let issuer: &dyn TokenIssuer = &*issuer;
        let caller = issuer.describe(&token)?;
        let asked = Asked { caller, users: issuer.users()?, projects: issuer.projects()?, origin };
        Ok(tell(&asked)?)
    };
    let told = with_store(api, look).await?;
    Ok(HttpResponse::Ok().insert_header((VARY, "X-Auth-Token")).json(told))
}

/// The projects that the caller can get a token for.
pub(super) async fn own_projects(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    tell(req, api, |asked| {
        let own = asked.projects_of(&asked.caller.user_id, None)?;
        Ok(asked.list("projects", own, "auth/projects"))
    })
    .await
}

/// There are no domains and no systems to get a token for.
pub(super) async fn own_domains(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    tell(req, api, |asked| Ok(asked.list("domains", vec![], "auth/domains"))).await
}

/// See [`own_domains`].
pub(super) async fn own_systems(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    tell(req, api, |asked| Ok(asked.list("system", vec![], "auth/system"))).await
}

/// The catalog that comes with a token.
pub(super) async fn catalog(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    tell(req, api, |asked| {
        if asked.caller.scope.is_none() {
            return Err(Error::Forbidden { permission: "identity:get_auth_catalog" });
        }
        let url = format!("{}/v3/auth/catalog", asked.origin);
        Ok(json!({"catalog": wire::catalog(&asked.origin), "links": {"self": url}}))
    })
    .await
}

pub(super) async fn users(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let filter = Filter::of(&req);
    tell(req, api, move |asked| {
        asked.caller.require(false, "identity:list_users")?;
        let wanted = asked.users.iter().filter(|user| filter.takes(&user.name));
        let users = wanted.map(|user| wire::user(user, &asked.origin)).collect();
        Ok(asked.list("users", users, "users"))
    })
    .await
}

pub(super) async fn user(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let id = part(&req, "id").into_owned();
    tell(req, api, move |asked| {
        asked.caller.require(id == asked.caller.user_id, "identity:get_user")?;
        Ok(json!({"user": wire::user(asked.user(&id)?, &asked.origin)}))
    })
    .await
}

/// The projects in which a user has a role.
pub(super) async fn projects_of(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let filter = Filter::of(&req);
    let id = part(&req, "id").into_owned();
    tell(req, api, move |asked| {
        asked.caller.require(id == asked.caller.user_id, "identity:list_user_projects")?;
        let projects = asked.projects_of(&id, Some(&filter))?;
        Ok(asked.list("projects", projects, &format!("users/{id}/projects")))
    })
    .await
}

pub(super) async fn projects(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let filter = Filter::of(&req);
    tell(req, api, move |asked| {
        asked.caller.require(false, "identity:list_projects")?;
        let projects = asked.projects(|project| filter.takes(&project.name));
        Ok(asked.list("projects", projects, "projects"))
    })
    .await
}

/// One project: to admins, and to those whose token is for it.
pub(super) async fn project(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let id = part(&req, "id").into_owned();
    tell(req, api, move |asked| {
        let scope = asked.caller.scope.as_ref();
        let is_own = scope.is_some_and(|scope| scope.project.id.as_str() == id);
        asked.caller.require(is_own, "identity:get_project")?;
        let found = asked.projects(|project| project.id.as_str() == id).pop();
        let missing = || Error::not_found(format!("Could not find project: {id}."));
        Ok(json!({"project": found.ok_or_else(missing)?}))
    })
    .await
}

pub(super) async fn domains(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let filter = Filter::of(&req);
    tell(req, api, move |asked| {
        asked.caller.require(false, "identity:list_domains")?;
        let is_wanted = filter.name.as_deref().is_none_or(|name| name == DOMAIN.1);
        let domains = is_wanted.then(|| wire::domain(&asked.origin)).into_iter().collect();
        Ok(asked.list("domains", domains, "domains"))
    })
    .await
}

pub(super) async fn domain(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let id = part(&req, "id").into_owned();
    tell(req, api, move |asked| {
        // Everybody's token is of a user in the only domain.
        asked.caller.require(id == DOMAIN.0, "identity:get_domain")?;
        if id != DOMAIN.0 {
            return Err(Error::not_found(format!("Could not find domain: {id}.")));
        }
        Ok(json!({"domain": wire::domain(&asked.origin)}))
    })
    .await
}
