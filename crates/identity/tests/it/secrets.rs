//! No secret is printed.

use actiond_core::identity::{Proof, TokenRequest, UserRef};
use actiond_identity::{FirstAdmin, NewUser, check_new_password};
use secrecy::ExposeSecret;

use crate::house::{ANNS, House};

#[test]
fn no_type_prints_a_secret() {
    let house = House::with_ann();
    let issued = house.issue("ann", ANNS, Some("p")).unwrap();
    let user = house.admin.list().unwrap().remove(0);
    let proof = Proof::Password { user: UserRef::Name("ann".into()), password: ANNS.into() };
    let request = TokenRequest { proof, project: None };
    let again = TokenRequest { proof: Proof::Token(issued.token.clone()), project: None };
    let new = NewUser { name: "ann".into(), password: ANNS.into(), ..Default::default() };
    let printed = format!("{user:?} {request:?} {again:?} {new:?} {issued:?}");
    assert!(printed.contains("\"ann\""), "{printed}");
    for secret in [ANNS, &user.password_hash, &issued.token] {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}

#[test]
fn a_generated_password_is_shown_only_on_demand() {
    let made = House::empty().admin.ensure_first_admin(None).unwrap();
    let printed = format!("{made:?}");
    let FirstAdmin::Made { generated: Some(password), .. } = made else { panic!("{printed}") };
    assert!(!printed.contains(password.expose_secret()), "{printed}");
}

#[test]
fn a_refused_password_is_not_in_the_error() {
    for password in ["hunter2", &"hunter2".repeat(200)] {
        let error = check_new_password(password).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
