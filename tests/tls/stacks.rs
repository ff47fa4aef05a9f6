//! TLS as clients of several makes speak it.

use std::process::{Command, Output};

use super::Pair;
use crate::harness::{ADMIN_PASSWORD, Client};

#[test]
fn both_faces_are_served_and_links_say_https() {
    let pair = Pair::make();
    let server = pair.serve();
    assert!(server.url().starts_with("https://"));
    let client = pair.client(server.url());
    client.admin().get("/v1/cluster/actions").expect(200);
    client.project_admin().get("/v2/default/actions").expect(200);
    let link = client.get("/").json()["versions"][0]["links"][0]["href"].to_string();
    assert!(link.contains("https://127.0.0.1:"), "{link}");
    let refused = client.get("/v2/default/actions").expect(401);
    assert!(refused.header("WWW-Authenticate").contains("https://"), "{refused:?}");
}

#[test]
fn who_does_not_trust_the_certificate_gets_no_further() {
    let (pair, other) = (Pair::make(), Pair::make());
    let server = pair.serve();
    let stranger = other.client(server.url());
    stranger.try_send("GET", "/healthz", None).unwrap_err();
    let plain = server.url().replace("https://", "http://");
    Client::anonymous(&plain).try_send("GET", "/healthz", None).unwrap_err();
    pair.client(server.url()).get("/healthz").expect(200);
}

#[track_caller]
fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn curl_speaks_it_from_1_2_on() {
    let pair = Pair::make();
    let server = pair.serve();
    let url = format!("{}/v1/cluster/actions", server.url());
    let curl = |more: &[&str]| {
        let mut curl = Command::new("curl");
        let user = format!("admin:{ADMIN_PASSWORD}");
        curl.args(["-sS", "--fail", "-u", &user, "--cacert"]).arg(pair.certificate());
        curl.args(more).arg(&url).output().unwrap()
    };
    for version in [&["--tls-max", "1.2"][..], &["--tlsv1.3"], &["--http1.1"], &["--http2"]] {
        assert!(done(curl(version)).contains("\"actions\""));
    }
    assert!(!curl(&["--tls-max", "1.1"]).status.success());
}

#[test]
fn python_speaks_it_with_its_strictest_checks() {
    let pair = Pair::make();
    let server = pair.serve();
    let script = "import ssl, sys, urllib.request\n\
                  context = ssl.create_default_context(cafile=sys.argv[1])\n\
                  context.verify_flags |= ssl.VERIFY_X509_STRICT\n\
                  print(urllib.request.urlopen(sys.argv[2], context=context).read().decode())\n";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(pair.certificate()).arg(format!("{}/healthz", server.url()));
    assert!(done(python.output().unwrap()).contains("alive"));
}
