//! Signed tokens of the cluster face.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use actiond_core::access::ClusterRole;
use actiond_core::identity::TokenLife;
use actiond_core::memory::MemorySigningKeys;
use actiond_core::ports::{ClusterTokens, SigningKeyRepository};
use actiond_core::{Error, Result};
use actiond_identity::{Roles, SignedTokens, SigningKeys};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::house::{ANNS, House, SECOND};

const DAY: Duration = Duration::from_secs(86_400);

struct Signer {
    house: House,
    keys: Arc<MemorySigningKeys>,
    tokens: SignedTokens,
}

impl Signer {
    fn new() -> Self {
        let (house, keys) = (House::with_ann(), Arc::new(MemorySigningKeys::default()));
        let tokens = Self::tokens(&house, &keys);
        Self { house, keys, tokens }
    }

    fn tokens(house: &House, keys: &Arc<MemorySigningKeys>) -> SignedTokens {
        let logins = Arc::new(house.another_identity());
        SignedTokens::new(house.users.clone(), keys.clone(), logins, house.clock.clone())
    }

    fn token(&self) -> String {
        self.tokens.authorize("ann", ANNS, TokenLife::default()).unwrap().token
    }

    fn rotate(&self, overlap: Duration) {
        let keys = SigningKeys { keys: self.keys.clone(), clock: self.house.clock.clone() };
        keys.rotate(overlap).unwrap();
    }

    fn key_ids(&self) -> Vec<String> {
        self.keys.list().unwrap().into_iter().map(|key| key.id).collect()
    }

    fn is_good(&self, token: &str) -> bool {
        match self.tokens.caller(token) {
            Ok(_) => true,
            Err(Error::Unauthenticated) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A part of a token, as JSON: 0 is the header, 1 the claims.
fn part(token: &str, number: usize) -> Value {
    let text = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap()
}

/// The token with another part.
fn with_part(token: &str, number: usize, part: &Value) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[number] = Base64UrlUnpadded::encode_string(part.to_string().as_bytes());
    parts.join(".")
}

#[test]
fn a_token_is_the_users_until_it_expires() {
    let signer = Signer::new();
    let life = TokenLife::from_seconds(60).unwrap();
    let issued = signer.tokens.authorize("ann", ANNS, life).unwrap();
    assert_eq!(issued.expires_at, signer.house.now() + SECOND * 60);
    let caller = signer.tokens.caller(&issued.token).unwrap();
    assert_eq!(
        (caller.name.as_str(), &caller.cluster_roles[..]),
        ("ann", &[ClusterRole::ClusterViewer][..])
    );
    let by_email = signer.tokens.authorize("ann@a.example", ANNS, life).unwrap();
    assert!(signer.is_good(&by_email.token));
    signer.house.clock.advance(SECOND * 60 - Duration::from_micros(1));
    assert!(signer.is_good(&issued.token));
    signer.house.clock.advance(Duration::from_micros(1));
    assert!(!signer.is_good(&issued.token));
}

#[test]
fn a_second_is_a_whole_one() {
    let signer = Signer::new();
    signer.house.clock.advance(SECOND - Duration::from_micros(1));
    let life = TokenLife::from_seconds(1).unwrap();
    let token = signer.tokens.authorize("ann", ANNS, life).unwrap().token;
    signer.house.clock.advance(SECOND);
    assert!(signer.is_good(&token));
    signer.house.clock.advance(Duration::from_micros(1));
    assert!(!signer.is_good(&token));
}

#[test]
fn a_token_says_who_how_long_and_by_which_key_and_no_secret() {
    let signer = Signer::new();
    let token = signer.token();
    let key = signer.keys.list().unwrap().remove(0);
    assert_eq!(part(&token, 0), json!({"typ": "JWT", "alg": "HS256", "kid": key.id}));
    let claims = part(&token, 1);
    let user = signer.house.admin.list().unwrap().remove(0);
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("actiond"), &json!(user.id)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert!(!claims.to_string().contains("hash of"), "{claims}");
    assert_eq!(key.secret.len(), 32);
    assert!(!format!("{key:?}").contains("secret"), "{key:?}");
}

#[test]
fn what_was_tampered_with_is_refused() {
    let signer = Signer::new();
    let (token, key) = (signer.token(), signer.keys.list().unwrap().remove(0));
    let header = |alg: &str| json!({"typ": "JWT", "alg": alg, "kid": key.id});
    let mut claims = part(&token, 1);
    claims["exp"] = json!(9_999_999_999_i64);
    let unsigned = with_part(&token, 0, &header("none"));
    for bad in [
        with_part(&token, 1, &claims),
        unsigned.rsplit_once('.').unwrap().0.to_owned() + ".",
        unsigned,
        with_part(&token, 0, &header("HS384")),
        with_part(&token, 0, &header("RS256")),
        with_part(&token, 0, &json!({"typ": "JWT", "alg": "HS256"})),
        with_part(&token, 0, &json!({"typ": "JWT", "alg": "HS256", "kid": "unknown"})),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        "a.b.c".to_owned(),
        String::new(),
    ] {
        assert!(!signer.is_good(&bad), "{bad}");
        signer.tokens.refresh(&bad, TokenLife::default()).unwrap_err();
    }
    assert!(signer.is_good(&token));
}

#[test]
fn another_password_and_the_removal_of_the_user_end_its_tokens() {
    let signer = Signer::new();
    let (admin, token) = (&signer.house.admin, signer.token());
    admin.set_password("ann", "another password").unwrap();
    assert!(!signer.is_good(&token));
    assert!(signer.tokens.authorize("ann", ANNS, TokenLife::default()).is_err());
    let life = TokenLife::default();
    let token = signer.tokens.authorize("ann", "another password", life).unwrap().token;
    assert!(signer.is_good(&token));
    admin.remove("ann").unwrap();
    assert!(!signer.is_good(&token));
}

#[test]
fn roles_are_those_of_today() -> Result<()> {
    let signer = Signer::new();
    let token = signer.token();
    let roles = Roles { cluster: vec![ClusterRole::UserManager], grants: vec![] };
    signer.house.admin.grant("ann", &roles)?;
    assert_eq!(signer.tokens.caller(&token)?.cluster_roles.len(), 2);
    Ok(())
}

#[test]
fn a_token_is_got_for_another_while_that_is_good() {
    let signer = Signer::new();
    let token = signer.token();
    signer.house.clock.advance(SECOND * 299);
    let next = signer.tokens.refresh(&token, TokenLife::default()).unwrap().token;
    signer.house.clock.advance(SECOND);
    assert!(!signer.is_good(&token) && signer.is_good(&next));
    assert!(signer.tokens.refresh(&token, TokenLife::default()).is_err());
}

#[test]
fn keys_rotate_with_an_overlap() {
    let signer = Signer::new();
    let token = signer.tokens.authorize("ann", ANNS, TokenLife::MAX).unwrap().token;
    let first = signer.key_ids();
    signer.rotate(DAY);
    let next = signer.token();
    assert_eq!(part(&token, 0)["kid"], json!(first[0]));
    let other = signer.key_ids().into_iter().find(|id| *id != first[0]);
    assert_eq!(
        part(&next, 0)["kid"],
        json!(other),
        "of two keys of the same moment the right one signs"
    );
    assert_eq!(signer.key_ids().len(), 2);
    assert!(signer.is_good(&token) && signer.is_good(&next));
    signer.house.clock.advance(DAY);
    assert!(!signer.is_good(&token));
    signer.rotate(DAY);
    assert_eq!(signer.key_ids().len(), 2, "the first is gone: its time was over");
}

#[test]
fn a_rotation_without_overlap_ends_all_tokens_at_once() {
    let signer = Signer::new();
    let token = signer.token();
    signer.rotate(Duration::ZERO);
    assert!(!signer.is_good(&token));
    assert!(signer.is_good(&signer.token()));
    assert_eq!(signer.key_ids().len(), 1);
}

#[test]
fn a_key_that_is_a_month_old_is_followed_by_another() {
    let signer = Signer::new();
    signer.token();
    signer.house.clock.advance(DAY * 30 - SECOND);
    let token = signer.tokens.authorize("ann", ANNS, TokenLife::MAX).unwrap().token;
    assert_eq!(signer.key_ids().len(), 1);
    signer.house.clock.advance(SECOND);
    signer.token();
    assert_eq!(signer.key_ids().len(), 2);
    assert!(signer.is_good(&token), "what the old one has signed stays good");
}

#[test]
fn servers_of_one_store_take_each_others_tokens() {
    let signer = Signer::new();
    let other = Signer::tokens(&signer.house, &signer.keys);
    other.caller(&signer.token()).unwrap();
    let theirs = other.authorize("ann", ANNS, TokenLife::default()).unwrap();
    assert!(signer.is_good(&theirs.token));
    assert_eq!(signer.key_ids().len(), 1);
}

#[test]
fn wrong_passwords_lock_here_too() {
    let signer = Signer::new();
    let token = signer.token();
    for _ in 0..5 {
        signer.tokens.authorize("ann", "wrong", TokenLife::default()).unwrap_err();
    }
    signer.tokens.authorize("ann", ANNS, TokenLife::default()).unwrap_err();
    assert!(signer.is_good(&token), "a token that was got before goes on");
}

#[test]
fn of_those_who_need_a_new_key_at_once_one_makes_it() {
    let signer = Signer::new();
    let tokens = || {
        let start = Barrier::new(8);
        let token = || {
            start.wait();
            signer.token()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(token)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        })
    };
    for keys in [1, 2] {
        assert!(tokens().iter().all(|token| signer.is_good(token)));
        assert_eq!(signer.key_ids().len(), keys);
        signer.house.clock.advance(DAY * 30);
    }
}
