//! Settings: where they come from, and what is said of wrong ones.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::harness::actiond;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    actiond(folder).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

/// What `config check` says of settings that are good.
fn check(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = run(folder, &[&["config", "check"], arguments].concat(), environment);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The value of a setting, and where it comes from.
fn setting(checked: &str, key: &str) -> (String, String) {
    let line = checked.lines().find(|line| line.trim_start().starts_with(&format!("{key} ")));
    let line = line.unwrap_or_else(|| panic!("no {key} in {checked}")).trim();
    let (value, place) = line[key.len()..].trim().split_once(" (").unwrap();
    (value.trim_end().to_owned(), place.trim_end_matches(')').trim().to_owned())
}

#[test]
fn the_defaults_and_the_example_are_good_and_equal() {
    let folder = folder();
    let defaults = check(folder.path(), &[], &[]);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/actiond.toml");
    let checked = check(folder.path(), &["--config", example], &[]);
    let from = |checked: &str, place: &str| {
        // Columns are as wide as what they hold.
        let without = |line: &str| line.replace(place, "").trim_end().to_owned();
        checked.lines().map(without).collect::<Vec<_>>()
    };
    assert_eq!(from(&checked, &format!("({example})")), from(&defaults, "(the built-in defaults)"));
    assert_eq!(setting(&defaults, "server.listen").0, "127.0.0.1:9090");
    assert!(defaults.contains("verify_tree") && defaults.contains("copy_store"));
}

#[test]
fn each_source_wins_over_the_ones_before() {
    let folder = folder();
    let path = folder.path();
    let listen = |arguments: &[&str], environment: &[(&str, &str)]| {
        setting(&check(path, arguments, environment), "server.listen")
    };
    let answer = |value: &str, place: &str| (value.to_owned(), place.to_owned());
    assert_eq!(listen(&[], &[]), answer("127.0.0.1:9090", "the built-in defaults"));
    fs::write(path.join("actiond.toml"), "[server]\nlisten = \"127.0.0.1:1\"\nworkers = 3")
        .unwrap();
    assert_eq!(listen(&[], &[]), answer("127.0.0.1:1", "actiond.toml"));
    fs::write(path.join("named.toml"), "[server]\nlisten = \"127.0.0.1:2\"").unwrap();
    let named = ["--config", "named.toml"];
    assert_eq!(listen(&named, &[]), answer("127.0.0.1:2", "named.toml"));
    let by_variable = [("ACTIOND_CONFIG", "named.toml")];
    assert_eq!(listen(&[], &by_variable), answer("127.0.0.1:2", "named.toml"));
    // A file that is named stands in the place of the other, not over it.
    let workers = setting(&check(path, &named, &[]), "server.workers");
    assert_eq!(workers, answer("0", "the built-in defaults"));
    let variable = [("ACTIOND_LISTEN", "127.0.0.1:3")];
    let overlaid = "--listen or ACTIOND_LISTEN";
    assert_eq!(listen(&named, &variable), answer("127.0.0.1:3", overlaid));
    let flag = [&named[..], &["--listen", "127.0.0.1:4"]].concat();
    assert_eq!(listen(&flag, &variable), answer("127.0.0.1:4", overlaid));
}

#[test]
fn every_variable_and_its_flag_set_their_key() {
    let folder = folder();
    for (key, variable, flag, first, second) in [
        ("server.listen", "ACTIOND_LISTEN", "--listen", "[::1]:0", "localhost:0"),
        ("store.url", "ACTIOND_STORE_URL", "--store", "sqlite:a.db", "postgres://u@h:1,i/b"),
        ("log.filter", "ACTIOND_LOG", "--log", "warn", "actiond_runner=debug"),
        ("log.format", "ACTIOND_LOG_FORMAT", "--log-format", "json", "text"),
    ] {
        let place = format!("{flag} or {variable}");
        let by_variable = check(folder.path(), &[], &[(variable, first)]);
        assert_eq!(setting(&by_variable, key), (first.to_owned(), place.clone()));
        let by_flag = check(folder.path(), &[flag, second], &[(variable, first)]);
        assert_eq!(setting(&by_flag, key), (second.to_owned(), place));
    }
}

/// Starts a server with settings that are wrong, and compares what it says.
fn refused(arguments: &[&str], environment: &[(&str, &str)], file: Option<&str>, expected: &str) {
    let folder = folder();
    if let Some(text) = file {
        fs::write(folder.path().join("actiond.toml"), text).unwrap();
    }
    for command in [&["serve"][..], &["config", "check"]] {
        let output = run(folder.path(), &[command, arguments].concat(), environment);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.trim_end(), format!("actiond: {expected}"), "{file:?}");
        assert_eq!(output.status.code(), Some(1), "{file:?}");
        assert!(output.stdout.is_empty(), "{file:?}");
    }
    assert!(!folder.path().join("data").exists(), "it has begun all the same: {file:?}");
}

/// A file in which something is wrong at `line`, `column`, under `key`: the line is shown.
#[track_caller]
fn wrong(file: &str, key: &str, line: usize, marked: &str, reason: &str) {
    let text = file.lines().nth(line - 1).unwrap();
    let column = text.find(marked).unwrap();
    let (margin, at) = (" ".repeat(line.to_string().len()), " ".repeat(column));
    let below = "^".repeat(marked.len());
    let expected = format!(
        "actiond.toml: {key}TOML parse error at line {line}, column {}\n{margin} |\n{line} | {text}\n\
         {margin} | {at}{below}\n{reason}",
        column + 1
    );
    refused(&[], &[], Some(file), &expected);
}

#[test]
fn what_is_not_toml() {
    let said = "actiond.toml: TOML parse error at line 1, column 12\n  |\n1 | listen = [1\n  |            \
                ^\nunclosed array, expected `]`";
    refused(&[], &[], Some("listen = [1"), said);
    let twice = "[log]\nfilter = \"info\"\nfilter = \"warn\"";
    wrong(twice, "", 3, "filter", "duplicate key");
}

#[test]
fn unknown_keys_and_wrong_types() {
    let sections =
        "expected one of `server`, `store`, `identity`, `policy`, `runner`, `log`, `cluster`";
    wrong("[sever]", "sever: ", 1, "sever", &format!("unknown field `sever`, {sections}"));
    wrong(
        "[server]\nlisen = \"127.0.0.1:1\"",
        "server.lisen: ",
        2,
        "lisen",
        "unknown field `lisen`, expected one of `listen`, `allow_plain_http`, `tls`, `listeners`, `public_url`, `workers`, `max_body`, `shutdown_grace`",
    );
    wrong("server = 1", "server: ", 1, "1", "invalid type: integer `1`, expected a table");
    for (key, value, found) in [
        ("workers", "\"many\"", "invalid type: string \"many\""),
        ("workers", "5000", "invalid value: integer `5000`"),
        ("workers", "-1", "invalid value: integer `-1`"),
        ("workers", "1.5", "invalid type: floating point `1.5`"),
    ] {
        let reason = format!("{found}, expected a whole number from 0 to 1024");
        wrong(&format!("[server]\n{key} = {value}"), &format!("server.{key}: "), 2, value, &reason);
    }
    let many = "invalid value: integer `0`, expected a whole number from 1 to 1024";
    wrong("[runner]\nmax_concurrent = 0", "runner.max_concurrent: ", 2, "0", many);
    wrong("[store]\nread_connections = 0", "store.read_connections: ", 2, "0", many);
    // What a command is given may be secret, and is not repeated.
    let command = "[[cluster.actions]]\nname = \"a\"\ncommand = \"sh hunter2\"";
    let hidden = "cluster.actions[0].command: TOML parse error at line 3, column 11\n  |\n3 | …\n  | …\n\
                  expected a sequence";
    refused(&[], &[], Some(command), &format!("actiond.toml: {hidden}"));
    let action = "[[cluster.actions]]\nname = \"a\"\ncommand = [\"true\"]\n";
    let lost = format!("{action}on_lost = \"retry\"");
    let ways = "unknown variant `retry`, expected `abort` or `requeue`";
    wrong(&lost, "cluster.actions[0].on_lost: ", 4, "\"retry\"", ways);
    let never = format!("{action}max_attempts = 0");
    let number = "invalid value: integer `0`, expected a whole number from 1 to 1000";
    wrong(&never, "cluster.actions[0].max_attempts: ", 4, "0", number);
    let number = "invalid value: integer `1001`, expected a whole number from 0 to 1000";
    wrong("[cluster]\nqueue_length = 1001", "cluster.queue_length: ", 2, "1001", number);
    let provider = "[identity]\nprovider = \"ldap\"";
    let local = "unknown variant `ldap`, expected `local` or `keystone`";
    wrong(provider, "identity.provider: ", 2, "\"ldap\"", local);
    let format = "[log]\nformat = \"xml\"";
    let formats = "unknown variant `xml`, expected `text` or `json`";
    wrong(format, "log.format: ", 2, "\"xml\"", formats);
}

#[test]
fn durations() {
    let form = "expected a duration such as \"10s\", \"5m\" or \"1h 30m\", at most 365 days";
    for (section, key) in [
        ("server", "shutdown_grace"),
        ("identity", "token_lifetime"),
        ("store", "answer_time"),
        ("runner", "lease"),
        ("runner", "poll_interval"),
    ] {
        let file = format!("[{section}]\n{key} = \"5 parsecs\"");
        let reason = format!("invalid value: string \"5 parsecs\", {form}");
        wrong(&file, &format!("{section}.{key}: "), 2, "\"5 parsecs\"", &reason);
    }
    let action = "[[cluster.actions]]\nname = \"a\"\ncommand = [\"true\"]\n";
    let reason = format!("invalid type: integer `5`, {form}");
    wrong(&format!("{action}timeout = 5"), "cluster.actions[0].timeout: ", 4, "5", &reason);
    let reason = format!("invalid value: string \"999999999y\", {form}");
    let file = format!("{action}cancel_grace = \"999999999y\"");
    wrong(&file, "cluster.actions[0].cancel_grace: ", 4, "\"999999999y\"", &reason);
    for (file, expected) in [
        (
            "[identity]\ntoken_lifetime = \"0s\"",
            "actiond.toml: identity.token_lifetime: \"0s\" must be from one second to 365 days",
        ),
        (
            "[runner]\nlease = \"2days\"",
            "actiond.toml: runner.lease: \"2days\" must be from 10 ms to 24 h",
        ),
        (
            "[runner]\npoll_interval = \"0s\"",
            "actiond.toml: runner.poll_interval: \"0s\" must be more than 0",
        ),
        (
            &format!("{action}timeout = \"0s\""),
            "actiond.toml: cluster.actions[a].timeout is \"0s\"; allowed is a duration of more than \
             nothing",
        ),
    ] {
        refused(&[], &[], Some(file), expected);
    }
}

#[test]
fn actions() {
    let action =
        |more: &str| format!("[[cluster.actions]]\nname = \"a\"\ncommand = [\"true\"]\n{more}");
    let form = "is not an action name: a lower-case letter, then lower-case letters, digits and \
                underscores, at most 64 in all";
    let program = "allowed is a program and its arguments, such as [\"/usr/bin/verify\", \"-v\"]";
    for (file, expected) in [
        (
            action("[[cluster.actions]]\nname = \"a\"\ncommand = [\"false\"]"),
            "cluster.actions: name: action 'a' is defined twice".to_owned(),
        ),
        (
            action("conflicts_with = [\"b\"]"),
            "cluster.actions: a.conflicts_with: 'b' is not another action of this configuration"
                .to_owned(),
        ),
        (
            action("parameters = { type = \"objekt\" }"),
            "cluster.actions[a].parameters: parameters: not a JSON Schema: \"objekt\" is not valid \
             under any of the schemas listed in the 'anyOf' keyword"
                .to_owned(),
        ),
        (
            "[[cluster.actions]]\nname = \"Verify\"\ncommand = [\"true\"]".to_owned(),
            format!("cluster.actions[Verify].name: name: \"Verify\" {form}"),
        ),
        (
            "[[cluster.actions]]\ncommand = [\"true\"]".to_owned(),
            format!("cluster.actions[].name: name: \"\" {form}"),
        ),
        (
            "[[cluster.actions]]\nname = \"a\"".to_owned(),
            format!("cluster.actions[a].command is \"[]\"; {program}"),
        ),
        (
            "[[cluster.actions]]\nname = \"a\"\ncommand = [\"\", \"x\"]".to_owned(),
            format!("cluster.actions[a].command is \"[\\\"\\\", \\\"x\\\"]\"; {program}"),
        ),
        (
            action("environment = { \"A=B\" = \"c\" }"),
            "cluster.actions[a].environment is \"A=B\"; allowed is names that are not empty, \
             without '=' and NUL, other than those that the server sets: ACTIOND_TASK_ID, \
             ACTIOND_ATTEMPT, ACTIOND_ACTION and ACTIOND_NODE_…"
                .to_owned(),
        ),
        (
            action("environment = { ACTIOND_TASK_ID = \"x\" }"),
            "cluster.actions[a].environment is \"ACTIOND_TASK_ID\"; allowed is names that are not \
             empty, without '=' and NUL, other than those that the server sets: ACTIOND_TASK_ID, \
             ACTIOND_ATTEMPT, ACTIOND_ACTION and ACTIOND_NODE_…"
                .to_owned(),
        ),
        (
            action("environment = { A = \"hidden\\u0000\" }"),
            "cluster.actions[a].environment.A is \"…\"; allowed is a text without NUL".to_owned(),
        ),
        (
            "[[cluster.actions]]\nname = \"a\"\ncommand = [\"x\\u0000\"]".to_owned(),
            "cluster.actions[a].command[0] is \"…\"; allowed is a text without NUL".to_owned(),
        ),
    ] {
        refused(&[], &[], Some(&file), &format!("actiond.toml: {expected}"));
    }
}

#[test]
fn nodes() {
    let node = |more: &str| format!("[[cluster.nodes]]\nuid = \"1\"\n{more}");
    let number = node("address = \"a\"\n").replace("\"1\"", "1");
    let text = "invalid type: integer `1`, expected a string";
    wrong(&number, "cluster.nodes[0].uid: ", 2, "1", text);
    let rack = node("address = \"a\"\nattributes = { rack = 7 }");
    let text = "invalid type: integer `7`, expected a string";
    wrong(&rack, "cluster.nodes[0].attributes.rack: ", 4, "7", text);
    let action = "[[cluster.actions]]\nname = \"a\"\ncommand = [\"true\"]\ntarget = \"nodes\"";
    let kinds = "unknown variant `nodes`, expected `cluster` or `node`";
    wrong(action, "cluster.actions[0].target: ", 4, "\"nodes\"", kinds);
    for (file, expected) in [
        (node(""), "cluster.nodes[1].address: \"\" is no address"),
        (
            "[[cluster.nodes]]\nuid = \"a/b\"\naddress = \"a\"".to_owned(),
            "cluster.nodes[a/b].uid: \"a/b\" is not 1 to 64 letters, digits, '_', '.' and '-'",
        ),
        (
            node("address = \"a\"\nattributes = { Rack = \"a\" }"),
            "cluster.nodes[1].attributes: the name \"Rack\" is not a lower-case letter, then \
             lower-case letters, digits and underscores, other than 'uid' and 'address'",
        ),
        (
            [node("address = \"a\"\n"), node("address = \"b\"")].concat(),
            "cluster.nodes: uid: there are two nodes '1'",
        ),
    ] {
        refused(&[], &[], Some(&file), &format!("actiond.toml: {expected}"));
    }
    let folder = folder();
    fs::write(folder.path().join("actiond.toml"), node("address = \"10.0.0.1:6379\"")).unwrap();
    let checked = check(folder.path(), &[], &[]);
    let last = checked.lines().skip_while(|line| *line != "Nodes:").collect::<Vec<_>>();
    assert_eq!(last, ["Nodes:", "  1                        10.0.0.1:6379"]);
}

#[test]
fn texts_from_every_source() {
    let listen = "server.listen is \"9090\"; allowed is HOST:PORT, such as 127.0.0.1:9090";
    let url = "allowed is sqlite:PATH, such as sqlite:data/actiond.db, or \
               postgres://USER@HOST/DATABASE";
    let filter = "log.filter is \"a=b=c\"; allowed is error, warn, info, debug, trace, or \
                  TARGET=LEVEL pairs";
    let format = "log.format is \"xml\"; allowed is text or json";
    let overlaid = "--listen or ACTIOND_LISTEN";
    refused(&[], &[], Some("[server]\nlisten = \"9090\""), &format!("actiond.toml: {listen}"));
    refused(&["--listen", "9090"], &[], None, &format!("{overlaid}: {listen}"));
    refused(&[], &[("ACTIOND_LISTEN", "9090")], None, &format!("{overlaid}: {listen}"));
    let overlaid = "--store or ACTIOND_STORE_URL";
    for (given, shown) in [
        ("mysql:x", "mysql:x"),
        ("sqlite:", "sqlite:"),
        ("sqlite::memory:", "sqlite::memory:"),
        ("mysql://me:secret@host/db", "mysql://…@host/db"),
        ("postgres://me:sec/ret@host/db", "postgres://…@host/db"),
    ] {
        let said = format!("{overlaid}: store.url is \"{shown}\"; {url}");
        refused(&["--store", given], &[], None, &said);
        refused(&[], &[("ACTIOND_STORE_URL", given)], None, &said);
    }
    refused(&[], &[], Some("[log]\nfilter = \"a=b=c\""), &format!("actiond.toml: {filter}"));
    refused(&["--log", "a=b=c"], &[], None, &format!("--log or ACTIOND_LOG: {filter}"));
    let said = format!("--log-format or ACTIOND_LOG_FORMAT: {format}");
    refused(&["--log-format", "xml"], &[], None, &said);
    refused(&[], &[("ACTIOND_LOG_FORMAT", "xml")], None, &said);
}

#[test]
fn a_file_that_is_not_there() {
    let said = "none.toml: the configuration file cannot be read: No such file or directory (os \
                error 2)";
    refused(&["--config", "none.toml"], &[], None, said);
    refused(&[], &[("ACTIOND_CONFIG", "none.toml")], None, said);
}

#[test]
fn a_port_or_a_store_that_cannot_be_used() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("text"), "this is no database, but it is long enough").unwrap();
    for (arguments, expected) in [
        (
            ["--listen", &listen],
            format!(
                "--listen or ACTIOND_LISTEN: server.listen: cannot listen on {listen}: Address \
                 already in use"
            ),
        ),
        (["--store", "sqlite:folder"], "cannot open the store sqlite:folder: ".to_owned()),
        (["--store", "sqlite:text"], "cannot open the store sqlite:text: ".to_owned()),
    ] {
        let output = run(folder.path(), &[&["serve"][..], &arguments].concat(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with(&format!("actiond: {expected}")), "{said}");
        assert_eq!(output.status.code(), Some(1));
    }
    assert!(!folder.path().join("data").exists(), "no store is made for a port that is taken");
}

#[test]
fn a_host_without_an_address() {
    let folder = folder();
    for command in [&["serve"][..], &["config", "check"]] {
        let arguments = [command, &["--listen", "nonsense.invalid:80"]].concat();
        let output = run(folder.path(), &arguments, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = "actiond: --listen or ACTIOND_LISTEN: server.listen: \
                        \"nonsense.invalid:80\" has no address: ";
        assert!(said.starts_with(expected), "{said}");
        assert!(!folder.path().join("data").exists());
    }
}

#[test]
fn a_program_that_is_not_there_is_a_warning() {
    let folder = folder();
    let file = "[[cluster.actions]]\nname = \"a\"\ncommand = [\"/opt/none\"]\n\
                [[cluster.actions]]\nname = \"b\"\ncommand = [\"sh\"]";
    fs::write(folder.path().join("actiond.toml"), file).unwrap();
    let output = run(folder.path(), &["config", "check"], &[]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("action=\"a\" program=\"/opt/none\"") && said.lines().count() == 1,
        "{said}"
    );
}
