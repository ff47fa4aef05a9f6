//! Clients that start, cancel and read at random, on any server, and write down what they were told.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::ACTIONS;
use crate::harness::{self, Client, Server, chance, path_of};
use crate::linearizability::{Answer, Call, Operation, Shown, Status};

/// How long a client waits for an answer: a frozen server gives none.
const PATIENCE: Duration = Duration::from_secs(2);

/// What everybody in this test knows.
pub struct Board {
    pub begun: Instant,
    pub stop: AtomicBool,
    /// How many requests have been answered.
    pub answered: AtomicUsize,
    urls: RwLock<Vec<String>>,
}

impl Board {
    pub fn new(servers: &[Server]) -> Self {
        let urls = servers.iter().map(|server| server.url().to_owned()).collect();
        Self {
            begun: Instant::now(),
            stop: AtomicBool::new(false),
            answered: AtomicUsize::new(0),
            urls: RwLock::new(urls),
        }
    }

    /// A server has started again.
    pub fn moved(&self, server: usize, url: &str) {
        url.clone_into(&mut self.urls.write().unwrap()[server]);
    }

    fn url(&self, server: usize) -> (String, usize) {
        let urls = self.urls.read().unwrap();
        let server = server % urls.len();
        (urls[server].clone(), server)
    }
}

/// Does what it likes until it is told to stop, and answers what it did to which action.
pub fn run(number: usize, seed: u64, board: &Board) -> Vec<(usize, Operation)> {
    let (mut chance, mut history) = (chance(seed), Vec::new());
    let mut clients = BTreeMap::new();
    while !board.stop.load(Ordering::Relaxed) {
        let (url, server) = board.url(chance.random_range(0..3));
        let client =
            clients.entry(url.clone()).or_insert_with(|| Client::patient(&url, PATIENCE).admin());
        let action = chance.random_range(0..ACTIONS.len());
        let (method, letter) =
            [("POST", 'S'), ("DELETE", 'C'), ("GET", 'R'), ("GET", 'R')][chance.random_range(0..4)];
        let called = board.begun.elapsed();
        let answer = client.try_send(method, &path_of(ACTIONS[action].0), None);
        let by = format!("client {number} on server {server}");
        history.extend(operation(&by, action, letter, called, answer, board));
        board.answered.fetch_add(1, Ordering::Relaxed);
        // Some in a hurry, some not.
        std::thread::sleep(Duration::from_millis(chance.random_range(0..60)));
    }
    history
}

/// What a request comes to, if anything.
pub fn operation(
    by: &str,
    action: usize,
    letter: char,
    called: Duration,
    answer: Result<harness::Answer, ureq::Error>,
    board: &Board,
) -> Option<(usize, Operation)> {
    let call = match letter {
        'S' => Call::Start,
        'C' => Call::Cancel,
        _ => Call::Read,
    };
    let answer = match answer {
        // It was not even sent.
        Err(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => return None,
        Err(_) => Answer::Unknown,
        Ok(answer) => told(call, &answer),
    };
    let answered = board.begun.elapsed();
    Some((action, Operation { by: by.to_owned(), call, answer, called, answered }))
}

fn told(call: Call, answer: &harness::Answer) -> Answer {
    let body = answer.json();
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    match (call, answer.status) {
        (Call::Start, 200) => Answer::Started(text("task_id").into()),
        (Call::Start, 409) => Answer::InProgress,
        (Call::Cancel, 200) => Answer::Done,
        (Call::Cancel | Call::Read, 404) => Answer::NotFound,
        (Call::Read, 200) => {
            let status = Status::of(&text("status")).expect("a status");
            Answer::Shown(Shown { task: text("task_id").into(), status })
        }
        (_, 503) => Answer::Unknown,
        (_, status) => panic!("{call:?}: {status} {}", answer.text),
    }
}
