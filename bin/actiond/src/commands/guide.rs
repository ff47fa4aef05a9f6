//! What `serve` tells a person who has just started it.

use std::net::SocketAddr;

use actiond_identity::FirstAdmin;
use secrecy::ExposeSecret;

use super::identity::ADMIN_PASSWORD;
use crate::cli::LogFormat;
use crate::config::Config;

/// Says how the first admin was made, and prints commands to try the server with when asked to.
pub fn print(config: &Config, admin: &FirstAdmin, address: SocketAddr, show_commands: bool) {
    if config.log.format == LogFormat::Json {
        return;
    }
    let password = match admin {
        FirstAdmin::Existing => {
            "the password of admin; `actiond user set-password admin` makes another".to_owned()
        }
        FirstAdmin::Made { name, generated: None } => {
            println!(
                "The store was empty: user {name} was made, with the password in {ADMIN_PASSWORD}."
            );
            format!("${ADMIN_PASSWORD}")
        }
        FirstAdmin::Made { name, generated: Some(password) } => {
            println!(
                "The store was empty: user {name} was made. Its password, shown this once: {}",
                password.expose_secret()
            );
            password.expose_secret().to_owned()
        }
    };
    if show_commands {
        let commands = include_str!("guide.txt");
        println!(
            "{}",
            commands
                .replace("{url}", &format!("http://{address}"))
                .replace("{password}", &password)
        );
    }
}
