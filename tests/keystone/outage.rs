//! Keystone is away, or not itself.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use super::{House, action};
use crate::harness::{Answer, Client, Keystone, RaiseAtEnd, Server, Setup, until};

/// A Keystone that a test can stop, a server that asks it, and a project with a member.
struct Own {
    keystone: Keystone,
    server: Server,
    project: String,
    member: crate::harness::KeystoneUser,
}

impl Own {
    fn with(more: &str) -> Self {
        let keystone = Keystone::start();
        let server = Server::start_with(keystone.setup(more));
        let project = keystone.project();
        let member = keystone.user_with("member", &project);
        Self { keystone, server, project, member }
    }

    fn new_token(&self) -> String {
        self.keystone.token(&self.member, &self.project)
    }

    fn with_token(&self, token: &str) -> Client {
        self.server.client().with("X-Auth-Token", token)
    }

    fn list(&self, token: &str) -> Answer {
        self.with_token(token).get(&House::actions(&self.project))
    }
}

#[track_caller]
fn is_outage(answer: Answer) {
    assert_eq!((answer.status, answer.header("Retry-After")), (503, "5"), "{}", answer.text);
    let said = "Keystone, which says who is calling, cannot be asked just now";
    assert_eq!(answer.json()["description"], said);
}

#[test]
fn a_server_that_is_there_before_keystone_logs_in_when_it_comes_however_many_ask() {
    let mut own = Own::with("");
    let (token, setup) = (own.new_token(), own.keystone.setup(""));
    own.keystone.stop();
    own.server = Server::start_with(setup);
    for _ in 0..3 {
        is_outage(own.list(&token));
    }
    own.keystone.start_again();
    until("it has logged in", || own.list(&token).status == 200);
}

#[test]
fn what_is_remembered_goes_on_and_all_else_is_an_outage() {
    let mut own = Own::with("");
    let (known, unknown) = (own.new_token(), own.new_token());
    own.list(&known).expect(200);
    own.list("nonsense").expect(401);
    own.keystone.stop();
    for _ in 0..3 {
        own.list(&known).expect(200);
        own.with_token(&known).post(&House::actions(&own.project), &action()).expect(201);
        is_outage(own.list(&unknown));
        is_outage(own.list("other nonsense"));
        is_outage(own.with_token(&known).with("X-Service-Token", &unknown).get("/v2/"));
        own.server.client().get("/v2/").expect(401);
    }
    own.server.client().get("/readyz").expect(200);
    own.server.client().admin().get("/v1/cluster/actions").expect(200);
    own.keystone.start_again();
    until("Keystone is asked again", || own.list(&unknown).status == 200);
    own.list("other nonsense").expect(401);
    assert!(own.server.log().contains("Connection refused"), "the log says why");
    assert!(!own.server.log().contains(&known) && !own.server.log().contains(&unknown));
}

#[test]
fn nothing_is_believed_for_longer_than_it_is_remembered() {
    let mut own = Own::with("token_cache_time = 1");
    let token = own.new_token();
    own.list(&token).expect(200);
    own.keystone.stop();
    let mut answer = own.list(&token);
    until("the token is forgotten", || {
        answer = own.list(&token);
        answer.status != 200
    });
    is_outage(answer);
}

#[test]
fn keystone_stops_and_starts_under_load() {
    let mut own = Own::with("token_cache_time = 300");
    let known = own.new_token();
    own.list(&known).expect(200);
    let fresh: Vec<_> = (0..12).map(|_| own.new_token()).collect();
    let (url, project) = (own.server.url().to_owned(), own.project.clone());
    let (is_over, served, refused) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let list = |token: &str| {
        let client = Client::anonymous(&url).with("X-Auth-Token", token);
        client.get(&House::actions(&project))
    };
    std::thread::scope(|threads| {
        let _over = RaiseAtEnd(&is_over);
        for _ in 0..2 {
            threads.spawn(|| {
                until("the load is over", || {
                    list(&known).expect(200);
                    served.fetch_add(1, Ordering::SeqCst);
                    is_over.load(Ordering::SeqCst)
                });
            });
        }
        for token in &fresh {
            // Each is asked about until Keystone has said that it is good.
            threads.spawn(|| {
                until("a good token is taken", || match list(token) {
                    answer if answer.status == 200 => true,
                    answer => {
                        is_outage(answer);
                        refused.fetch_add(1, Ordering::SeqCst);
                        false
                    }
                })
            });
        }
        let more = |count: &AtomicUsize, by: usize| {
            let before = count.load(Ordering::SeqCst);
            until("there is load", || count.load(Ordering::SeqCst) >= before + by);
        };
        for _ in 0..2 {
            own.keystone.stop();
            more(&served, 50);
            own.keystone.start_again();
            more(&served, 50);
        }
    });
    assert!(refused.load(Ordering::SeqCst) > 0, "some came while Keystone was away");
    own.list("nonsense").expect(401);
}

/// What answers in the place of Keystone: these bytes, and nothing more, or nothing at all.
fn impostor(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut held = vec![];
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if answer.is_empty() {
                held.push(stream);
                continue;
            }
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    url
}

/// A server whose Keystone is at this address.
fn server_of(url: &str) -> Server {
    Server::start_with(Setup::with_config(&format!(
        "[identity]\nprovider = \"keystone\"\n[identity.keystone]\nauth_url = \"{url}\"\n\
         username = \"u\"\npassword = \"hunter22\"\nproject_name = \"p\"\ntimeout = \"300ms\"\n"
    )))
}

#[test]
fn whatever_stands_in_keystones_place_opens_nothing() {
    for (answer, said) in [
        (&b""[..], "timeout"),
        (b"garbage\r\n\r\n", "Keystone"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", "no token in the answer"),
        (b"HTTP/1.1 201 Created\r\nX-Subject-Token: t\r\nContent-Length: 2\r\n\r\n{}", "its login"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "it answers 500"),
        (
            b"HTTP/1.1 301 Moved\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
            "it redirects to http://elsewhere/",
        ),
        (b"HTTP/1.1 201 Created\r\nX-Subject-Token: t\r\nContent-Length: 99\r\n\r\n{}", "Keystone"),
    ] {
        let server = server_of(&impostor(answer));
        let begun = Instant::now();
        for token in ["a", "b"] {
            is_outage(server.client().with("X-Auth-Token", token).get("/v2/p/actions"));
        }
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        let log = server.log();
        assert!(log.contains(said) && !log.contains("hunter22"), "{said}: {log}");
    }
}
