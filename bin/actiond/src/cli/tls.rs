//! `actiond tls`

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Tls {
    /// Make a certificate and its key, for trying TLS out.
    ///
    /// Nobody has vouched for it: each client must be told to trust the file.
    SelfSigned(SelfSigned),
}

#[derive(Args, Debug)]
pub struct SelfSigned {
    /// A name or an address that clients call the server by; may be repeated.
    #[arg(
        long = "host",
        value_name = "NAME",
        default_values_t = ["localhost", "127.0.0.1", "::1"].map(str::to_owned)
    )]
    pub hosts: Vec<String>,
    /// Where the certificate goes.
    #[arg(long, value_name = "FILE", default_value = "certificate.pem")]
    pub certificate: PathBuf,
    /// Where the key goes, readable for its owner alone.
    #[arg(long, value_name = "FILE", default_value = "key.pem")]
    pub key: PathBuf,
    /// How long it is good.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
    /// Replace files that are there.
    #[arg(long)]
    pub force: bool,
}
