//! The command line: help, versions, completions.

use std::process::{Command, Output};

use crate::harness::actiond;

/// Every command, as `--help` must list them.
const COMMANDS: [&str; 33] = [
    "",
    "serve",
    "user",
    "user add",
    "user list",
    "user set-password",
    "user unlock",
    "user remove",
    "user grant",
    "user revoke",
    "user projects",
    "user name-project",
    "policy",
    "policy list",
    "policy check",
    "policy test",
    "policy sample",
    "config",
    "config check",
    "keys",
    "keys list",
    "keys rotate",
    "tls",
    "tls self-signed",
    "migrate",
    "store",
    "store copy",
    "import",
    "import freezer",
    "completions",
    "task",
    "task verify-tree",
    "task copy-store",
];

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    actiond(folder.path()).args(arguments).output().unwrap()
}

/// What a command that must succeed says.
fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| line.starts_with("  "));
    let first = names.filter(|line| !line.starts_with("   ")).map(|line| line.trim_start());
    first.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect()
}

/// The help of a command and of all below it.
fn walk(path: &[&str], visit: &mut impl FnMut(&[&str], &str)) {
    let help = said(&[path, &["--help"]].concat());
    visit(path, &help);
    for name in subcommands(&help) {
        walk(&[path, &[name]].concat(), visit);
    }
}

#[test]
fn every_command_has_help_and_a_version() {
    let mut seen = Vec::new();
    walk(&[], &mut |path, help| {
        let usage = format!("Usage: {}", [&["actiond"], path].concat().join(" "));
        assert!(help.contains(&usage), "{path:?}: {help}");
        assert!(!help.starts_with("Usage"), "{path:?} does not say what it does");
        let version = said(&[path, &["--version"]].concat());
        let name = [&["actiond"], path].concat().join("-");
        assert_eq!(version.trim_end(), format!("{name} {}", env!("CARGO_PKG_VERSION")));
        for short in ["-h", "-V"] {
            said(&[path, &[short]].concat());
        }
        seen.push(path.join(" "));
    });
    assert_eq!(seen, COMMANDS, "update COMMANDS when a command comes or goes");
}

#[test]
fn every_option_is_explained() {
    walk(&[], &mut |path, help| {
        let options = help.lines().skip_while(|line| *line != "Options:").skip(1);
        let mut lines = options.peekable();
        while let Some(line) = lines.next() {
            let names_one = line.trim_start().starts_with('-');
            let is_last_word = !line.trim_start().contains("  ");
            let next = lines.peek().map_or("", |next| next.trim_start());
            let is_explained = !next.is_empty() && !next.starts_with('-');
            assert!(!names_one || !is_last_word || is_explained, "{path:?}: {line}");
        }
    });
}

#[test]
fn what_cannot_be_understood_is_exit_status_2() {
    for arguments in [&["nonsense"][..], &["serve", "--nonsense"], &["user", "add"], &["user"], &[]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("Usage: actiond"),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_told_nothing() {
    for command in ["config check", "completions bash", "policy list", "migrate"] {
        let folder = tempfile::tempdir().unwrap();
        assert!(actiond(folder.path()).arg("migrate").output().unwrap().status.success());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut process = actiond(folder.path());
        let output = process.args(command.split(' ')).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, "", "{command}");
        assert_eq!(output.status.code(), Some(1), "{command}");
    }
}

#[test]
fn bash_completes_commands_and_options() {
    let script = said(&["completions", "bash"]);
    let complete = |words: &str| {
        let line = format!(
            "{script}\nCOMP_WORDS=(actiond {words}); COMP_CWORD={}\n\
             _actiond actiond \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\"",
            words.split(' ').count()
        );
        let output = Command::new("bash").args(["-c", &line]).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(complete("us"), "user");
    assert_eq!(complete("user set"), "set-password");
    assert_eq!(complete("user add alice --pa"), "--password-stdin");
    assert_eq!(complete("serve --li"), "--listen");
}

#[test]
fn zsh_and_fish_have_completions_too() {
    for (shell, begin) in [("zsh", "#compdef actiond"), ("fish", "")] {
        let script = said(&["completions", shell]);
        assert!(script.starts_with(begin) && script.contains("actiond"), "{shell}");
        for command in COMMANDS.iter().filter_map(|path| path.split(' ').next_back()) {
            assert!(script.contains(command), "{shell}: {command}");
        }
        // Read by the shell itself where it is installed.
        let checked = Command::new(shell).args(["-n", "-c", &script]).output();
        assert!(checked.map_or(true, |output| output.status.success()), "{shell}");
    }
}
