//! How a command talks to the server: parameters in, reports out.

use std::io::{Read, Write};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Reads the parameters from standard input; nothing at all counts as `{}`.
pub fn parameters<T: DeserializeOwned>() -> Result<T> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read the parameters")?;
    let text = if text.trim().is_empty() { "{}" } else { &text };
    serde_json::from_str(text).context("the parameters are not as the task wants them")
}

/// Says how far the work is, in percent.
pub fn progress(done: u64, all: u64) {
    let percent = if all == 0 { 100.0 } else { done as f64 * 100.0 / all as f64 };
    report(&json!({ "progress": percent.clamp(0.0, 100.0) }));
}

/// Says something to the operator.
pub fn message(text: &str) {
    report(&json!({ "message": text }));
}

/// Says why the work failed, to clients.
pub fn failure(text: &str) {
    report(&json!({ "error_message": text }));
}

/// A server that does not listen any more is no reason to leave the work undone.
fn report(line: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
