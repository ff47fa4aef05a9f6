//! Users and tokens as rows.

use actiond_core::access::ClusterRole;
use actiond_core::identity::{ProjectGrant, TokenDigest, TokenRecord, User};
use actiond_core::project::ProjectId;
use diesel::prelude::*;

use super::backend::Fault;
use super::convert::{from_micros, to_micros};
use crate::schema::{tokens, user_grants, users};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) name: String,
    password_hash: String,
    cluster_roles: String,
    created_at: i64,
    pub(super) uid: i64,
    email: Option<String>,
    password_issued_at: i64,
}

/// What a change of a user may change.
#[derive(AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(super) struct UserChanges {
    name: String,
    email: Option<String>,
    password_hash: String,
    password_issued_at: i64,
    cluster_roles: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = user_grants)]
pub(super) struct GrantRow {
    pub(super) user_id: String,
    position: i32,
    project_id: String,
    role: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tokens)]
pub(super) struct TokenRow {
    digest: Vec<u8>,
    user_id: String,
    project_id: Option<String>,
    issued_at: i64,
    expires_at: i64,
    chain: Option<Vec<u8>>,
}

/// Roles on the cluster face, as they are stored.
fn words(roles: &[ClusterRole]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            name: user.name.clone(),
            password_hash: user.password_hash.clone(),
            cluster_roles: words(&user.cluster_roles),
            created_at: to_micros(user.created_at),
            uid: user.uid.into(),
            email: user.email.clone(),
            password_issued_at: to_micros(user.password_issued_at),
        }
    }
}

impl From<&User> for UserChanges {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            email: user.email.clone(),
            password_hash: user.password_hash.clone(),
            password_issued_at: to_micros(user.password_issued_at),
            cluster_roles: words(&user.cluster_roles),
        }
    }
}

impl UserRow {
    /// The user of this row and of the grants that belong to it.
    pub(super) fn with(self, grants: Vec<ProjectGrant>) -> Result<User, Fault> {
        let role = |word| {
            ClusterRole::parse(word).ok_or_else(|| Fault::corrupt(format_args!("the role {word}")))
        };
        Ok(User {
            cluster_roles: self
                .cluster_roles
                .split_whitespace()
                .map(role)
                .collect::<Result<_, _>>()?,
            created_at: from_micros(self.created_at)?,
            password_issued_at: from_micros(self.password_issued_at)?,
            uid: u32::try_from(self.uid).map_err(|_| Fault::corrupt("a uid that is none"))?,
            email: self.email,
            id: self.id,
            name: self.name,
            password_hash: self.password_hash,
            grants,
        })
    }
}

impl GrantRow {
    /// The grants of a user, each with its place.
    pub(super) fn all_of(user_id: &str, grants: &[ProjectGrant]) -> Vec<Self> {
        let rows = (0..).zip(grants).map(|(position, grant)| Self {
            user_id: user_id.to_owned(),
            position,
            project_id: grant.project.as_str().to_owned(),
            role: grant.role.clone(),
        });
        rows.collect()
    }
}

impl From<GrantRow> for ProjectGrant {
    fn from(row: GrantRow) -> Self {
        Self { project: ProjectId::new(row.project_id), role: row.role }
    }
}

impl From<&TokenRecord> for TokenRow {
    fn from(token: &TokenRecord) -> Self {
        Self {
            digest: token.digest.0.to_vec(),
            user_id: token.user_id.clone(),
            project_id: token.project.as_ref().map(|project| project.as_str().to_owned()),
            issued_at: to_micros(token.issued_at),
            expires_at: to_micros(token.expires_at),
            chain: token.chain.map(|chain| chain.0.to_vec()),
        }
    }
}

impl TryFrom<TokenRow> for TokenRecord {
    type Error = Fault;

    fn try_from(row: TokenRow) -> Result<Self, Fault> {
        Ok(Self {
            digest: digest(row.digest)?,
            chain: row.chain.map(digest).transpose()?,
            user_id: row.user_id,
            project: row.project_id.map(ProjectId::new),
            issued_at: from_micros(row.issued_at)?,
            expires_at: from_micros(row.expires_at)?,
        })
    }
}

fn digest(bytes: Vec<u8>) -> Result<TokenDigest, Fault> {
    let bytes = bytes.try_into().map_err(|_| Fault::corrupt("a digest that is none"))?;
    Ok(TokenDigest(bytes))
}
