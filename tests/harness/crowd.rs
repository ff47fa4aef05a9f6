//! Clients that all ask at the same moment.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::Client;

/// Clients that wait for a word to POST. When this goes, also because the test fails, they end.
pub struct Crowd {
    words: Vec<Sender<()>>,
    statuses: Receiver<u16>,
}

impl Crowd {
    /// These clients, each with the path that it POSTs to. They are connected and logged in when this returns:
    /// nothing is left to do but the request.
    pub fn of(clients: impl IntoIterator<Item = (Client, String)>) -> Self {
        let (answer, statuses) = channel();
        let wait = |(client, path): (Client, String)| {
            client.get("/v1/cluster/actions").expect(200);
            let (say, words) = channel();
            let answer = answer.clone();
            thread::spawn(move || {
                for () in words {
                    // Nobody listens any more when the test has failed.
                    let _ = answer.send(client.post(&path, &json!({})).status);
                }
            });
            say
        };
        Self { words: clients.into_iter().map(wait).collect(), statuses }
    }

    /// Has them all POST, and answers what they got.
    pub fn post(&self) -> Vec<u16> {
        self.words.iter().for_each(|say| say.send(()).expect("it waits"));
        let status = |_| self.statuses.recv_timeout(Duration::from_secs(60)).expect("an answer");
        self.words.iter().map(status).collect()
    }
}
