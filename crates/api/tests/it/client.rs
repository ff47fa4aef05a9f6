//! Requests and answers in few words.

use std::fmt;
use std::rc::Rc;

use actiond_api::{Api, ApiSettings, Faces};
use actix_web::dev::Service;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service, read_body};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::LocalBoxFuture;

use crate::world::{PASSWORD, World};

/// A request in the making.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub method: Method,
    pub path: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

pub(crate) fn ask(method: &str, path: impl Into<String>) -> Ask {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    Ask { method, path: path.into(), headers: vec![], body: vec![] }
}

impl Ask {
    /// With the token of this user of the project face.
    pub(crate) fn token(self, user: &str) -> Self {
        self.header("X-Auth-Token", format!("token-{user}"))
    }

    /// With the name and password of this user of the cluster face.
    pub(crate) fn basic(self, user: &str) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{user}:{PASSWORD}"));
        self.header("Authorization", format!("Basic {credentials}"))
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn into_request(self) -> TestRequest {
        let mut request = TestRequest::default().method(self.method).uri(&self.path);
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.append_header((name, HeaderValue::from_bytes(&value).unwrap()));
        }
        if self.body.is_empty() { request } else { request.set_payload(self.body) }
    }
}

/// What came back.
#[derive(Clone)]
pub(crate) struct Answer {
    pub status: u16,
    pub reason: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Status and body.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body)
    }
}

/// The app, in process.
#[derive(Clone)]
pub(crate) struct Client {
    call: Rc<dyn Fn(Ask) -> LocalBoxFuture<'static, Answer>>,
}

impl Client {
    pub(crate) async fn new() -> Self {
        Self::of(&World::new(), ApiSettings::default()).await
    }

    pub(crate) async fn of(world: &World, settings: ApiSettings) -> Self {
        let api = Api::new(world.services.clone(), settings);
        let app = Rc::new(init_service(actiond_api::app(api, Faces::ALL)).await);
        let call = move |ask: Ask| -> LocalBoxFuture<'static, Answer> {
            let app = app.clone();
            Box::pin(async move {
                let response = app.call(ask.into_request().to_request()).await.unwrap();
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let reason = response.response().head().reason().to_owned();
                let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
                Answer { status, reason, headers, body }
            })
        };
        Self { call: Rc::new(call) }
    }

    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        let answer = (self.call)(ask).await;
        assert!(answer.header("x-openstack-request-id").starts_with("req-"), "{answer}");
        answer
    }

    /// Sends and compares status and body.
    #[track_caller]
    pub(crate) fn check(&self, ask: Ask, expected: &str) -> impl Future<Output = Answer> + use<> {
        let (client, expected) = (self.clone(), expected.to_owned());
        let (place, asked) =
            (std::panic::Location::caller(), format!("{} {}", ask.method, ask.path));
        async move {
            let answer = client.send(ask).await;
            assert_eq!(answer.to_string(), expected, "{asked} at {place}");
            answer
        }
    }
}
