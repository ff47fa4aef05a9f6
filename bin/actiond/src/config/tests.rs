//! The example file says what the program says.

use std::collections::BTreeSet;

use serde_json::Value;

use super::nodes::NodeConfig;
use super::{ActionConfig, Config, ListenerConfig};
use crate::builtin;

const EXAMPLE: &str = include_str!("../../../../examples/actiond.toml");

/// The defaults, with the built-in actions as anybody would call them.
fn defaults() -> Config {
    let mut config = Config::default();
    config.cluster.actions = builtin::actions(&config);
    for action in &mut config.cluster.actions {
        action.command[0] = "actiond".to_owned();
    }
    config
}

/// The keys of a table.
fn keys(table: &Value) -> BTreeSet<&str> {
    table.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_example_has_the_value_of_every_default() {
    let example: Config = toml::from_str(EXAMPLE).unwrap();
    let json = |config: &Config| serde_json::to_value(config).unwrap();
    assert_eq!(json(&example), json(&defaults()), "examples/actiond.toml against the defaults");
}

#[test]
fn the_example_has_every_setting() {
    let example: Value = toml::from_str(EXAMPLE).unwrap();
    let all = serde_json::to_value(Config::default()).unwrap();
    assert_eq!(keys(&example), keys(&all));
    for (section, settings) in all.as_object().unwrap() {
        assert_eq!(keys(&example[section]), keys(settings), "[{section}] in examples/actiond.toml");
    }
    let tls = (&example["server"]["tls"], &all["server"]["tls"]);
    assert_eq!(keys(tls.0), keys(tls.1), "[server.tls] in examples/actiond.toml");
    let keystone = (&example["identity"]["keystone"], &all["identity"]["keystone"]);
    assert_eq!(keys(keystone.0), keys(keystone.1), "[identity.keystone] in examples/actiond.toml");
    let action = serde_json::to_value(ActionConfig::default()).unwrap();
    let listener = serde_json::to_value(ListenerConfig::default()).unwrap();
    let comment = EXAMPLE.split("listeners = []").next().unwrap().rsplit("allow_plain_http").next();
    for key in keys(&listener) {
        assert!(comment.unwrap().contains(key), "{key} of a listener in examples/actiond.toml");
    }
    let shown = keys(&example["cluster"]["actions"][0]);
    assert_eq!(shown, keys(&action), "the first [[cluster.actions]] in examples/actiond.toml");
}

/// Without one there, since there is no node by default.
#[test]
fn the_example_says_what_a_node_is() {
    let lines = EXAMPLE.lines().skip_while(|line| *line != "# [[cluster.nodes]]");
    let block: Vec<_> = lines.map_while(|line| line.strip_prefix("# ")).collect();
    let example: Value = toml::from_str(&block.join("\n")).unwrap();
    let node = serde_json::to_value(NodeConfig::default()).unwrap();
    assert_eq!(keys(&example["cluster"]["nodes"][0]), keys(&node));
    let config: Config = toml::from_str(&block.join("\n")).unwrap();
    config.cluster.catalog(&config.origin).unwrap();
}
