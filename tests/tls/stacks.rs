//! TLS as clients of several makes speak it.

use std::fs;
use std::process::{Command, Output};

use super::Pair;
use crate::harness::{ADMIN_PASSWORD, Client, TextServer};

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

#[test]
fn the_guide_reaches_a_server_with_tls() {
    let (folder, pair) = (tempfile::tempdir().unwrap(), Pair::make());
    let config = format!("[server]\nlisten = \"127.0.0.1:0\"\n[server.tls]\n{}", pair.names());
    fs::write(folder.path().join("tls.toml"), config).unwrap();
    let guide = ["--guide"];
    let server = TextServer::start_by_file(folder.path(), "tls.toml", &guide, "Stop the server");
    let said = server.said();
    let lines: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let setup = lines.iter().take_while(|line| !line.starts_with("cluster -d"));
    let setup = setup.copied().collect::<Vec<_>>().join("\n");
    let ask = format!("{setup}\ncluster $ACTIOND_URL/v1/cluster/actions");
    let answer = done(Command::new("sh").args(["-euc", &ask]).output().unwrap());
    assert!(answer.contains("\"actions\""), "{setup}: {answer}");
}
