//! Who is calling.
//!
//! [`LocalIdentity`] knows the users of the service's own store: their passwords ([`Passwords`]) and
//! the tokens that they were issued. It is core's `IdentityProvider` and `TokenIssuer`.
//! [`KeystoneIdentity`] asks OpenStack Keystone about tokens. [`TokenCache`] remembers for a short while
//! what a token says, whatever provider said so.
//! [`UserAdmin`] is what an operator does with local users, and [`UserAccounts`] what clients of the
//! cluster face do with them, for which [`SignedTokens`] signs tokens.
//!
//! Everything here blocks, except `remembered`.

mod accounts;
mod admin;
mod cache;
mod familiar;
mod grant;
mod hmac;
mod keystone;
mod local;
mod password;
mod random;
mod settings;
mod signed;

pub use accounts::UserAccounts;
pub use admin::{FirstAdmin, NewUser, Roles, UserAdmin};
pub use cache::{TokenCache, Validated};
pub use grant::{parse_cluster_role, parse_grant};
pub use keystone::{
    Domain, Interface, KeystoneIdentity, KeystoneLogin, KeystoneProject, KeystoneSettings,
    KeystoneTls, Secret, check_url,
};
pub use local::LocalIdentity;
pub use password::{Argon2id, Passwords, check_new_password};
pub use random::generate_password;
pub use settings::LocalSettings;
pub use signed::{SignedTokens, SigningKeys};
