//! A certificate that vouches for itself.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::ServerName;

use crate::cli::SelfSigned;

/// Makes the pair, and answers the day on which it ends.
pub fn make(wanted: &SelfSigned, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let SelfSigned { hosts, certificate, key, days, force } = wanted;
    for host in hosts {
        let name = host.strip_prefix("*.").unwrap_or(host);
        let is_name = ServerName::try_from(name).is_ok();
        ensure!(is_name, "--host {host:?} is neither a DNS name nor an address");
    }
    for file in [key, certificate] {
        let is_there = fs::symlink_metadata(file).is_ok();
        ensure!(*force || !is_there, "{} is there already: --force replaces it", file.display());
    }
    let end = now + TimeDelta::days((*days).into());
    let mut params = CertificateParams::new(hosts.clone())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "actiond");
    // Since yesterday: clocks differ.
    let (since, until) = (now - TimeDelta::days(1), end);
    params.not_before = date_time_ymd(since.year(), since.month() as u8, since.day() as u8);
    params.not_after = date_time_ymd(until.year(), until.month() as u8, until.day() as u8);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let pair = KeyPair::generate()?;
    let signed = params.self_signed(&pair)?;
    write(key, &pair.serialize_pem(), 0o600)?;
    write(certificate, &signed.pem(), 0o644)?;
    Ok(end)
}

/// Writes a file that was not there before, or is not any more: never into one that others hold open.
fn write(file: &Path, text: &str, mode: u32) -> Result<()> {
    let write = || {
        if fs::symlink_metadata(file).is_ok() {
            fs::remove_file(file)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode).open(file)?.write_all(text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}
