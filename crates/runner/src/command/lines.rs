//! Reads lines of which nobody knows how long they are, nor what they hold.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The longest line that is kept, in bytes; the rest of a longer one is passed over.
const LONGEST: usize = 64 * 1024;

/// The lines of a pipe.
pub(crate) struct Lines<R>(BufReader<R>);

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self(BufReader::new(source))
    }

    /// The next line, without its end; `None` when there are no more. Bytes that are not UTF-8 are
    /// replaced, and NUL too: not every store keeps it.
    pub(crate) async fn next(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut begun = false;
        loop {
            let chunk = self.0.fill_buf().await?;
            if chunk.is_empty() {
                return Ok(begun.then(|| text(&line)));
            }
            begun = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            line.extend_from_slice(&part[..part.len().min(LONGEST - line.len())]);
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.0.consume(used);
            if end.is_some() {
                return Ok(Some(text(&line)));
            }
        }
    }
}

fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(input: &[u8], expected: &[&str]) {
        let mut lines = Lines::new(input);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            found.push(line);
        }
        assert_eq!(found, expected);
    }

    #[tokio::test]
    async fn reads_lines_as_they_come() {
        check(b"", &[]).await;
        check(b"a\r\n\nb", &["a", "", "b"]).await;
        check(b"\xff\0x\n", &["\u{fffd}\u{fffd}x"]).await;
    }

    #[tokio::test]
    async fn cuts_a_line_that_is_too_long() {
        let long = "x".repeat(LONGEST * 3);
        check(format!("{long}\nafter").as_bytes(), &[&long[..LONGEST], "after"]).await;
    }
}
