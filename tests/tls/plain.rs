//! Plain HTTP where others can listen in must be asked for.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::harness::{Server, Setup, actiond};

fn check(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = actiond(folder);
    command.args(["config", "check"]).args(arguments).envs(environment.iter().copied());
    command.output().unwrap()
}

#[test]
fn it_is_refused_on_an_address_that_others_reach() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:9090", "[::]:9090", "192.0.2.7:80", "[::ffff:192.0.2.7]:80"] {
        for command in [&["serve"][..], &["config", "check"]] {
            let mut actiond = actiond(folder.path());
            let output = actiond.args(command).args(["--listen", address]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let place = "actiond: --listen or ACTIOND_LISTEN: server.listen: ";
            assert!(said.starts_with(&format!("{place}{address} is reached over")), "{said}");
            for remedy in ["server.tls.certificate", "server.allow_plain_http = true"] {
                assert!(said.contains(remedy), "{said}");
            }
            assert_eq!(output.status.code(), Some(1));
        }
    }
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn on_this_host_it_needs_no_permission() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["127.0.0.1:0", "127.8.9.1:0", "[::1]:0", "localhost:0", "[::ffff:127.0.0.1]:0"]
    {
        let output = check(folder.path(), &["--listen", address], &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn it_can_be_asked_for_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = ["--listen", "0.0.0.0:0"];
    let variable = |value| [("ACTIOND_ALLOW_PLAIN_HTTP", value)];
    let with = |flag| [&elsewhere[..], &[flag]].concat();
    assert!(check(folder.path(), &with("--allow-plain-http"), &[]).status.success());
    assert!(check(folder.path(), &elsewhere, &variable("true")).status.success());
    // A flag wins over the variable, and that over the file.
    let not = with("--allow-plain-http=false");
    assert!(!check(folder.path(), &not, &variable("true")).status.success());
    let text = "[server]\nallow_plain_http = true\n";
    fs::write(folder.path().join("actiond.toml"), text).unwrap();
    assert!(check(folder.path(), &elsewhere, &[]).status.success());
    assert!(!check(folder.path(), &elsewhere, &variable("false")).status.success());
    let output = check(folder.path(), &elsewhere, &variable("perhaps"));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "actiond: --allow-plain-http or ACTIOND_ALLOW_PLAIN_HTTP: \
                    server.allow_plain_http is \"perhaps\"; allowed is true or false";
    assert_eq!(said.trim_end(), expected);
}

#[test]
fn a_listener_is_asked_by_itself() {
    let elsewhere = "[[server.listeners]]\naddress = \"0.0.0.0:0\"\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("actiond.toml"), elsewhere).unwrap();
    let output = check(folder.path(), &[], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("actiond.toml: server.listeners[0].address: 0.0.0.0:0"), "{said}");
    assert!(said.contains("server.listeners[0].plain_http = true"), "{said}");
    let server = Server::start_with(Setup::with_config(&format!("{elsewhere}plain_http = true\n")));
    let url = server.url().replace("0.0.0.0", "127.0.0.1");
    crate::harness::Client::anonymous(&url).get("/healthz").expect(200);
}
