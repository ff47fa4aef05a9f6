//! Several listeners, each with the faces that it serves.

use serde_json::{Value, json};

use super::Pair;
use crate::harness::{Client, Server, Setup, TextServer};

/// The cluster face over TLS, the project face without.
fn apart(pair: &Pair) -> String {
    format!(
        "[server.tls]\n{}\n[[server.listeners]]\naddress = \"127.0.0.1:0\"\nfaces = [\"cluster\"]\n\
         [[server.listeners]]\naddress = \"127.0.0.1:0\"\nfaces = [\"project\"]\nplain_http = true\n",
        pair.names()
    )
}

fn listeners(server: &Server) -> Vec<Value> {
    server.listening()["listeners"].as_array().unwrap().clone()
}

fn url(listener: &Value) -> &str {
    listener["url"].as_str().unwrap()
}

#[test]
fn each_serves_its_faces_and_no_other() {
    let pair = Pair::make();
    let mut server = Server::start_with(Setup::with_config(&apart(&pair)));
    let [cluster, project] = listeners(&server).try_into().unwrap();
    assert_eq!((&cluster["faces"], &project["faces"]), (&json!(["cluster"]), &json!(["project"])));
    assert!(url(&cluster).starts_with("https://") && url(&project).starts_with("http://"));
    assert_eq!(server.listening()["url"], cluster["url"], "the first is the one in short");

    let (secure, plain) = (pair.client(url(&cluster)), Client::anonymous(url(&project)));
    for client in [&secure, &plain] {
        client.get("/healthz").expect(200);
        client.get("/readyz").expect(200);
    }
    secure.admin().get("/v1/cluster/actions").expect(200);
    let nobody = secure.get("/v2/default/actions").expect(401);
    assert!(nobody.header("WWW-Authenticate").starts_with("Basic"), "{nobody:?}");
    for path in ["/", "/v2", "/v3", "/v2/default/actions", "/v3/auth/tokens"] {
        let answer = secure.admin().get(path).expect(404);
        assert_eq!(answer.json()["status_code"], 404, "{path}: {}", answer.text);
    }
    let member = plain.project_admin();
    member.get("/v2/default/actions").expect(200);
    for path in ["/v1/cluster/actions", "/v1/cluster/actions/copy_store", "/cluster/actions"] {
        member.get(path).expect(404);
        plain.admin().get(path).expect(401);
    }
    server.stop();
}

#[test]
fn one_is_for_both_unless_it_says_otherwise() {
    let pair = Pair::make();
    let setup = format!(
        "[[server.listeners]]\naddress = \"127.0.0.1:0\"\n[[server.listeners]]\n\
         address = \"[::1]:0\"\n[server.listeners.tls]\n{}",
        pair.names()
    );
    let server = Server::start_with(Setup::with_config(&setup));
    let [first, second] = listeners(&server).try_into().unwrap();
    for client in [Client::anonymous(url(&first)), pair.client(url(&second))] {
        client.admin().get("/v1/cluster/actions").expect(200);
        client.project_admin().get("/v2/default/actions").expect(200);
    }
}

#[test]
fn they_stop_together() {
    let pair = Pair::make();
    let mut server = Server::start_with(Setup::with_config(&apart(&pair)));
    let all: Vec<_> = listeners(&server).iter().map(|one| url(one).to_owned()).collect();
    server.stop();
    for url in all {
        let address = url.split_once("://").unwrap().1.to_owned();
        assert!(std::net::TcpStream::connect(&address).is_err(), "{url}");
    }
}

#[test]
fn a_person_is_told_of_each() {
    let (folder, pair) = (tempfile::tempdir().unwrap(), Pair::make());
    std::fs::write(folder.path().join("named.toml"), apart(&pair)).unwrap();
    let server = TextServer::start_by_file(folder.path(), "named.toml", &[], "(project)");
    let said = server.said();
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("actiond listens")).collect();
    assert!(lines[0].starts_with("actiond listens on https://127.0.0.1:"), "{said}");
    assert!(lines[0].ends_with(" (cluster)") && lines[1].ends_with(" (project)"), "{said}");
}
