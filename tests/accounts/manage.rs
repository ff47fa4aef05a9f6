//! Users come, change and go.

use serde_json::json;

use super::{House, PASSWORD, is_in};

#[test]
fn a_user_is_made_shown_changed_and_removed() {
    let house = House::new();
    let admin = house.admin();
    let first = admin.get("/v1/users/1").expect(200).json();
    assert_eq!((&first["name"], &first["role"]), (&json!("admin"), &json!("admin")));
    let made = house.add("eva", "db_viewer");
    assert_eq!((&made["uid"], &made["status"]), (&json!(2), &json!("active")));
    assert_eq!(made["auth_method"], "regular");
    assert!(made["password_issue_date"].as_str().unwrap().ends_with('Z'), "{made}");
    assert_eq!(admin.get("/v1/users").expect(200).json(), json!([first, made]));
    let eva = house.client().basic("eva@a.example", PASSWORD);
    assert!(is_in(&eva) && is_in(&house.client().basic("eva", PASSWORD)));
    eva.get("/v1/users").expect(403);

    let change = json!({"email": "e@b.example", "role": "user_manager", "name": "eve"});
    let put = |body| admin.send("PUT", "/v1/users/2", Some(json!(body).to_string().as_bytes()));
    let changed = put(change).expect(200).json();
    assert_eq!(
        (&changed["email"], &changed["role"]),
        (&json!("e@b.example"), &json!("user_manager"))
    );
    assert!(!is_in(&eva));
    let eve = house.client().basic("e@b.example", PASSWORD);
    assert_eq!(eve.get("/v1/users/2").expect(200).json(), changed);
    // What was shown can be sent back.
    assert_eq!(put(changed.clone()).expect(200).json(), changed);

    put(json!({"password": "another password"})).expect(200);
    assert!(!is_in(&eve) && is_in(&house.client().basic("eve", "another password")));
    put(json!({"password": "short"})).expect(400);
    put(json!({"name": "admin"})).expect(409);
    admin.delete("/v1/users/2").expect(200);
    admin.get("/v1/users/2").expect(404);
    assert_eq!(house.add("nia", "none")["uid"], 3, "a number does not come back");
    assert_eq!(house.client().basic("nia", PASSWORD).get("/v1/cluster/actions").status, 403);
}

#[test]
fn the_last_admin_cannot_go_whichever_way() {
    let house = House::new();
    let admin = house.admin();
    let last = |answer: crate::harness::Answer| {
        let said = answer.expect(409).json();
        assert_eq!(said["error_code"], "user_conflict");
        let text = said["description"].as_str().unwrap();
        assert!(text.contains("the last user with cluster role admin"), "{text}");
    };
    last(admin.delete("/v1/users/1"));
    let role = json!({"role": "cluster_viewer"}).to_string();
    last(admin.send("PUT", "/v1/users/1", Some(role.as_bytes())));
    // Of two who remove each other at once one stays.
    house.add("root", "admin");
    let root = house.client().basic("root", PASSWORD);
    assert!(is_in(&root));
    let statuses = std::thread::scope(|scope| {
        let one = scope.spawn(|| admin.delete("/v1/users/2").status);
        let other = scope.spawn(|| root.delete("/v1/users/1").status);
        [one.join().unwrap(), other.join().unwrap()]
    });
    assert!(statuses.contains(&200) && statuses != [200, 200], "{statuses:?}");
}

#[test]
fn who_manages_users_does_not_become_an_admin() {
    let house = House::new();
    house.add("mia", "user_manager");
    let mia = house.client().basic("mia", PASSWORD);
    let new = |role: &str| json!({"name": role, "password": PASSWORD, "role": role});
    mia.post("/v1/users", &new("db_member")).expect(200);
    let refused = mia.post("/v1/users", &new("admin")).expect(403).json();
    assert!(refused["description"].as_str().unwrap().contains("manage_admins"));
    let put = |path: &str, body: serde_json::Value| {
        mia.send("PUT", path, Some(body.to_string().as_bytes())).status
    };
    assert_eq!(put("/v1/users/2", json!({"role": "admin"})), 403);
    assert_eq!(put("/v1/users/1", json!({"password": "mia's password"})), 403);
    assert_eq!(mia.delete("/v1/users/1").status, 403);
    assert_eq!(put("/v1/users/2", json!({"email": "mia@c.example"})), 200);
}

#[test]
fn no_answer_and_no_log_has_a_password_or_its_hash() {
    let house = House::new();
    house.add("eva", "db_viewer");
    let admin = house.admin();
    let answers = [
        admin.get("/v1/users"),
        admin.post("/v1/users", &json!({"name": "x", "password": PASSWORD, "secret": PASSWORD})),
        admin.post("/v1/users", &json!({"name": "x", "password": [PASSWORD]})),
    ];
    for text in answers.iter().map(|answer| &answer.text).chain([&house.server.log()]) {
        assert!(!text.contains(PASSWORD) && !text.contains("argon2id"), "{text}");
    }
}
