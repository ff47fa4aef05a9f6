//! What this face sends.

use actiond_core::Timestamp;
use actiond_core::identity::{Account, ClusterToken};
use serde::Serialize;

/// A user as clients see it.
#[derive(Serialize)]
pub(super) struct User {
    uid: u32,
    name: String,
    /// Clients need a text: empty for a user without an address.
    email: String,
    role: &'static str,
    auth_method: &'static str,
    status: &'static str,
    password_issue_date: String,
}

impl From<Account> for User {
    fn from(Account { user, is_locked }: Account) -> Self {
        Self {
            uid: user.uid,
            role: user.main_role().as_str(),
            auth_method: "regular",
            status: if is_locked { "locked" } else { "active" },
            password_issue_date: moment(user.password_issued_at),
            name: user.name,
            email: user.email.unwrap_or_default(),
        }
    }
}

/// A token, under the names that its readers know it by.
#[derive(Serialize)]
pub(super) struct Token {
    access_token: String,
    jwt: String,
    expires_at: String,
}

impl From<ClusterToken> for Token {
    fn from(ClusterToken { token, expires_at }: ClusterToken) -> Self {
        Self { access_token: token.clone(), jwt: token, expires_at: moment(expires_at) }
    }
}

fn moment(moment: Timestamp) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
