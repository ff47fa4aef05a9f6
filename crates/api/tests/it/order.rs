//! The order in which the project face checks: the first that fails answers.

use crate::client::{Client, ask};

const COLLECTION: &str = "/v2/alpha/actions";
const UNAUTHORIZED: &str = r#"401 {"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}"#;
const NOT_ACCEPTABLE: &str = r#"406 {"title":"Not Acceptable","description":"Only application/json is served; the Accept header must admit it."}"#;
const FORBIDDEN: &str = r#"403 {"title":"Access Forbidden","description":"You are not allowed to access this resource"}"#;
const NO_PATH: &str =
    r#"404 {"title":"404 Not Found","description":"There is nothing at this path."}"#;

#[actix_web::test]
async fn a_token_comes_first() {
    let client = Client::new().await;
    for path in [COLLECTION, "/v2/alpha/actions/x", "/v2", "/nothing", "/v1", "/v2/alpha"] {
        for method in ["GET", "PUT", "OPTIONS", "FOO"] {
            let bare = ask(method, path).header("Accept", "text/html");
            let answer = client.check(bare, UNAUTHORIZED).await;
            let uri = "Keystone uri=\"http://localhost:8080/v3\"";
            assert_eq!(answer.header("www-authenticate"), uri);
        }
    }
    let twice = ask("GET", COLLECTION).token("alice").token("alice");
    client.check(twice, UNAUTHORIZED).await;
    for bad in ["", "nonsense", "\u{fe}"] {
        client.check(ask("GET", COLLECTION).header("X-Auth-Token", bad), UNAUTHORIZED).await;
    }
    let spoofed = ask("GET", COLLECTION).header("X-Identity-Status", "Confirmed");
    client.check(spoofed.header("X-Roles", "admin").header("X-User-Id", "x"), UNAUTHORIZED).await;
    client.check(ask("GET", COLLECTION).basic("admin"), UNAUTHORIZED).await;
}

#[actix_web::test]
async fn a_service_token_must_be_good_too() {
    let client = Client::new().await;
    let with = |token: &str| ask("GET", COLLECTION).token("alice").header("X-Service-Token", token);
    client.check(with("nope"), UNAUTHORIZED).await;
    client.check(with("token-freezer"), r#"200 {"actions":[]}"#).await;
    client.check(with("nope"), UNAUTHORIZED).await;
}

#[actix_web::test]
async fn then_accept() {
    let client = Client::new().await;
    for path in [COLLECTION, "/v2", "/nothing"] {
        for method in ["GET", "PUT", "FOO"] {
            let ask = ask(method, path).token("bob").header("Accept", "text/html");
            client.check(ask, NOT_ACCEPTABLE).await;
        }
    }
}

#[actix_web::test]
async fn then_route_and_method() {
    let client = Client::new().await;
    for path in [
        "/nothing",
        "/v1",
        "/v2/alpha",
        "/v2/alpha/nonsense",
        "/v2/alpha/actions/a/b",
        "/V2/alpha/actions",
    ] {
        client.check(ask("GET", path).token("bob"), NO_PATH).await;
    }
    let allow = "GET, POST, OPTIONS";
    let words = |allow: &str| {
        format!(
            r#"405 {{"title":"405 Method Not Allowed","description":"This method is not allowed here; allowed are {allow}."}}"#
        )
    };
    for method in ["PUT", "HEAD", "TRACE", "DELETE", "PATCH"] {
        let answer = client.check(ask(method, COLLECTION).token("bob"), &words(allow)).await;
        assert_eq!(answer.header("allow"), allow);
    }
    let allow = "DELETE, GET, PATCH, POST, OPTIONS";
    for method in ["PUT", "HEAD", "TRACE"] {
        let item = ask(method, "/v2/alpha/actions/x").token("bob");
        let answer = client.check(item, &words(allow)).await;
        assert_eq!(answer.header("allow"), allow);
    }
    for path in [COLLECTION, "/nothing", "/"] {
        let foo = ask("FOO", path).token("bob");
        client
            .check(foo, r#"400 {"title":"Bad request","description":"Invalid HTTP method"}"#)
            .await;
    }
}

#[actix_web::test]
async fn options_asks_no_policy() {
    let client = Client::new().await;
    for (path, allow) in [
        (COLLECTION, "GET, POST"),
        ("/v2/alpha/actions/x", "DELETE, GET, PATCH, POST"),
        ("/v2", "GET"),
        ("/", "GET"),
    ] {
        let answer = client.check(ask("OPTIONS", path).token("bob"), "200 ").await;
        assert_eq!(answer.header("allow"), allow);
    }
}

#[actix_web::test]
async fn then_policy_query_body_and_store() {
    let client = Client::new().await;
    let list = |query: &str| ask("GET", format!("{COLLECTION}?{query}")).body("{broken");
    client.check(list("limit=x").token("bob"), FORBIDDEN).await;
    let limit = r#"400 {"title":"Invalid parameter","description":"The \"limit\" parameter is invalid. The value must be an integer of 0 or more."}"#;
    client.check(list("limit=x").token("rita"), limit).await;
    let malformed = r#"753 {"title":"Malformed JSON","description":"The body is not JSON: key must be a string at line 1 column 2."}"#;
    client.check(list("limit=5&offset=unknown").token("rita"), malformed).await;
    client.check(ask("POST", COLLECTION).body("{broken").token("rita"), FORBIDDEN).await;
    client.check(ask("POST", COLLECTION).body("{broken").token("alice"), malformed).await;
    for user in ["unscoped", "bob", "nobody"] {
        for path in ["/v2/alpha/actions/x", COLLECTION] {
            client.check(ask("GET", path).token(user), FORBIDDEN).await;
        }
    }
}

#[actix_web::test]
async fn an_identity_service_that_is_out_of_reach_is_503_and_a_panic_500() {
    let client = Client::new().await;
    let down = r#"503 {"title":"Service Unavailable","description":"the identity service cannot be reached"}"#;
    for path in [COLLECTION, "/nothing"] {
        let answer = client.check(ask("GET", path).token("down"), down).await;
        assert_eq!(answer.header("retry-after"), "5");
    }
    let boom = r#"500 {"title":"Internal Server Error","description":"An unexpected error occurred on the server."}"#;
    client.check(ask("GET", COLLECTION).token("boom"), boom).await;
    client.check(ask("GET", COLLECTION).token("alice"), r#"200 {"actions":[]}"#).await;
}
