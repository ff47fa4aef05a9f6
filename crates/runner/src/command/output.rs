//! Listens to a command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncRead;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::lines::Lines;
use super::report::Report;
use super::tail::Tail;
use crate::meter::Meter;

/// The log's target for what commands say: their messages at info, all else at debug.
const OUTPUT: &str = "actiond_runner::output";

/// What a command has said so far. Listening ends when this is dropped.
pub(crate) struct Output {
    heard: Arc<Mutex<Heard>>,
    listeners: JoinSet<()>,
}

#[derive(Default)]
struct Heard {
    error_code: Option<String>,
    error_message: Option<String>,
    stderr: Tail,
}

/// What a command has said about its failure.
pub(crate) struct Said {
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: Option<String>,
    /// The end of its standard error.
    pub(crate) stderr: String,
}

impl Output {
    /// Listens to both pipes; progress goes to `meter`.
    pub(crate) fn collect(
        stdout: Option<impl AsyncRead + Unpin + Send + 'static>,
        stderr: Option<impl AsyncRead + Unpin + Send + 'static>,
        meter: &Meter,
    ) -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut listeners = JoinSet::new();
        if let Some(stdout) = stdout {
            let (heard, meter) = (heard.clone(), meter.clone());
            let listen = each_line(stdout, move |line| match Report::read(&line) {
                Some(report) => lock(&heard).take(report, &meter),
                None => tracing::debug!(target: OUTPUT, "{line}"),
            });
            listeners.spawn(listen.in_current_span());
        }
        if let Some(stderr) = stderr {
            let heard = heard.clone();
            let listen = each_line(stderr, move |line| {
                tracing::debug!(target: OUTPUT, stderr = true, "{line}");
                lock(&heard).stderr.push(&line);
            });
            listeners.spawn(listen.in_current_span());
        }
        Self { heard, listeners }
    }

    /// Waits until both pipes have ended.
    pub(crate) async fn end(&mut self) {
        while self.listeners.join_next().await.is_some() {}
    }

    pub(crate) fn said(&self) -> Said {
        let heard = lock(&self.heard);
        Said {
            error_code: heard.error_code.clone(),
            error_message: heard.error_message.clone(),
            stderr: heard.stderr.text().to_owned(),
        }
    }
}

impl Heard {
    fn take(&mut self, report: Report, meter: &Meter) {
        if let Some(percent) = report.progress {
            meter.advance(percent);
        }
        if let Some(message) = report.message {
            tracing::info!(target: OUTPUT, message);
        }
        self.error_code = report.error_code.or(self.error_code.take());
        self.error_message = report.error_message.or(self.error_message.take());
    }
}

async fn each_line(source: impl AsyncRead + Unpin, mut heard: impl FnMut(String)) {
    let mut lines = Lines::new(source);
    loop {
        match lines.next().await {
            Ok(Some(line)) => heard(line),
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, "cannot read what the work says"),
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
