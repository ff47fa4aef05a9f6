//! `actiond tls`

use actiond_core::ports::Clock;
use actiond_runner::SystemClock;
use anyhow::Result;

use super::say;
use crate::cli::{SelfSigned, Tls};
use crate::tls;

/// Carries out the command.
pub fn run(command: &Tls) -> Result<()> {
    let Tls::SelfSigned(wanted) = command;
    let end = tls::make_self_signed(wanted, SystemClock.now())?;
    let SelfSigned { hosts, certificate, key, .. } = wanted;
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    say(format_args!(
        "{certificate} and {key} are made, for {}, until {}. In the configuration:\n\n\
         [server.tls]\ncertificate = {certificate:?}\nkey = {key:?}\n\n\
         Clients trust {certificate} by their settings, such as `curl --cacert {certificate}`.",
        hosts.join(", "),
        end.format("%Y-%m-%d"),
    ))
}
