//! Reads the policy file again when it has changed.
//!
//! It is read twice a second and compared with what it was. That sees a file that is written in place,
//! one that is moved over it, and one that a link of Kubernetes suddenly leads to, on every file
//! system. A change counts when two readings agree, so that a file that is being written is not
//! taken half.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use actiond_core::access::LivePolicy;

use super::{PolicyFileError, Source, link, read};

const EVERY: Duration = Duration::from_millis(500);

type Reading = Result<String, PolicyFileError>;

/// Keeps the rules in force as the file has them, until it is dropped.
pub struct Watch {
    _stop: Sender<()>,
}

impl Watch {
    /// Begins to watch a file whose text is in force.
    pub(super) fn start(source: Source, live: Arc<LivePolicy>) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (file, mut seen) = (source.file, Seen::new(Ok(source.text)));
        let watch = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Some(reading) = seen.changed(read(&file)) {
                    take(&file, reading, &live);
                }
            }
        };
        // Nobody waits for its end: the file may be on a disk that does not answer.
        thread::Builder::new().name("policy".to_owned()).spawn(watch)?;
        Ok(Self { _stop: stop })
    }
}

/// What was read, the last time and when it counted the last time.
struct Seen {
    last: Reading,
    counted: Reading,
}

impl Seen {
    fn new(reading: Reading) -> Self {
        Self { last: reading.clone(), counted: reading }
    }

    /// The reading, if it is another than what counted, and the same as the one before.
    fn changed(&mut self, now: Reading) -> Option<&Reading> {
        let is_settled = now == self.last;
        self.last = now;
        if !is_settled || self.last == self.counted {
            return None;
        }
        self.counted.clone_from(&self.last);
        Some(&self.counted)
    }
}

/// Puts what was read in force, if it can be.
fn take(file: &Path, reading: &Reading, live: &LivePolicy) {
    match reading.clone().and_then(|text| link(file, text)) {
        Ok(loaded) => {
            loaded.warn();
            let (file, rules) = (file.display(), loaded.count());
            tracing::info!(rules, "{file}: the policy has changed and is in force");
            live.replace(loaded.policy);
        }
        Err(error) => tracing::error!("{error}. The rules stay in force that were good before"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn text(text: &str) -> Reading {
        Ok(text.to_owned())
    }

    #[test]
    fn a_change_counts_once_when_two_readings_agree() {
        let gone = || {
            let (file, reason) = (PathBuf::from("policy.yaml"), "it is gone".to_owned());
            Err(PolicyFileError::Unreadable { file, reason })
        };
        let mut seen = Seen::new(text("a"));
        for (now, counts) in [
            (text("a"), false),
            (text(""), false),
            (text("b: "), false),
            (text("b: c"), false),
            (text("b: c"), true),
            (text("b: c"), false),
            (gone(), false),
            (text("b: c"), false),
            (text("b: c"), false),
            (gone(), false),
            (gone(), true),
            (gone(), false),
            (text("b: c"), false),
            (text("b: c"), true),
        ] {
            assert_eq!(seen.changed(now.clone()).is_some(), counts, "{now:?}");
        }
    }
}
