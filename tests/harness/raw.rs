//! HTTP byte by byte, for what no well-mannered client sends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    pub reason: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl RawAnswer {
    /// A header, or "".
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// A connection that takes any bytes.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to a server's URL.
    pub fn open(url: &str) -> Self {
        let stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self { stream: BufReader::new(stream) }
    }

    /// Sends bytes. The server may have hung up before it has read them all.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        let _ = self.stream.get_mut().shutdown(Shutdown::Write);
    }

    /// The next answer; none when the server has closed the connection.
    pub fn answer(&mut self, is_head: bool) -> Option<RawAnswer> {
        let first = self.line()?;
        let mut words = first.splitn(3, ' ').skip(1);
        let status = words.next()?.parse().unwrap_or_else(|_| panic!("no status in {first:?}"));
        let reason = words.next().unwrap_or_default().to_owned();
        let mut headers = vec![];
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        if status == 100 {
            return self.answer(is_head);
        }
        let mut answer = RawAnswer { status, reason, headers, body: vec![] };
        if status != 204 && !is_head {
            let length = answer.header("content-length").parse();
            answer.body = vec![0; length.unwrap_or_else(|_| panic!("no length: {answer:?}"))];
            self.stream.read_exact(&mut answer.body).expect("the whole body");
        }
        Some(answer)
    }

    /// Whether the server has closed the connection, or does so now.
    pub fn is_closed(&mut self) -> bool {
        matches!(self.stream.fill_buf(), Ok([]) | Err(_))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = vec![];
        self.stream.read_until(b'\n', &mut line).ok().filter(|length| *length > 0)?;
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

/// Sends bytes on a connection of their own, and reads the answer.
#[track_caller]
pub fn exchange(url: &str, bytes: &[u8]) -> RawAnswer {
    let mut connection = Connection::open(url);
    connection.send(bytes);
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    connection.answer(bytes.starts_with(b"HEAD ")).unwrap_or_else(|| panic!("no answer to {shown}"))
}
