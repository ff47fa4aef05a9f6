//! What `serve` tells a person who has just started it.

use actiond_identity::FirstAdmin;
use anyhow::Result;
use secrecy::ExposeSecret;

use super::identity::ADMIN_PASSWORD;
use super::listeners::Address;
use super::say;
use crate::cli::LogFormat;
use crate::config::{Config, Provider};

/// Asks for a password that this server does not know, or was told not to show.
const ASK: &str = "read -rs ACTIOND_PASSWORD && export ACTIOND_PASSWORD

Type admin's password and Enter, and paste the rest:
";

/// Says how the first admin was made, and prints commands to try the server with when asked to.
pub fn print(
    config: &Config,
    admin: Option<&FirstAdmin>,
    addresses: &[Address],
    show_commands: bool,
) -> Result<()> {
    if config.log.format == LogFormat::Json {
        return Ok(());
    }
    let password = match admin {
        None | Some(FirstAdmin::Existing) => ASK.to_owned(),
        Some(FirstAdmin::Made { name, generated: None }) => {
            say(format_args!(
                "The store was empty: user {name} was made, with the password in {ADMIN_PASSWORD}."
            ))?;
            ASK.to_owned()
        }
        Some(FirstAdmin::Made { name, generated: Some(password) }) => {
            let password = password.expose_secret();
            say(format_args!(
                "The store was empty: user {name} was made. Its password, shown this once: \
                 {password}"
            ))?;
            format!("export ACTIOND_PASSWORD={password}")
        }
    };
    if !show_commands {
        return Ok(());
    }
    let url_of = |serves: fn(&Address) -> bool| {
        let found = addresses.iter().find(|address| serves(address)).or(addresses.first());
        found.map(Address::url).unwrap_or_default()
    };
    let url = url_of(|address| address.faces.cluster);
    let project_url = url_of(|address| address.faces.project);
    let trusted = addresses.iter().find_map(|address| address.certificate.as_ref());
    // A certificate that its authority vouches for needs no such word, and bears it.
    let trust = trusted.map(|file| format!("export CURL_CA_BUNDLE='{}'\n  ", file.display()));
    let project = match config.identity.provider {
        Provider::Local => include_str!("guide_project.txt").to_owned(),
        Provider::Keystone => format!(
            "Project actions: with a token of Keystone, at {}\n",
            config.identity.keystone.authenticate_uri()
        ),
    };
    let guide = include_str!("guide.txt").replace("{project}", &project);
    let password = format!("{}{password}", trust.unwrap_or_default());
    say(guide
        .replace("{project_url}", &project_url)
        .replace("{url}", &url)
        .replace("{password}", &password))
}
