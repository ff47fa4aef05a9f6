//! The last that a command said on its standard error.

/// How much is kept, in bytes.
const LIMIT: usize = 4 * 1024;

/// The end of a text that is given line by line.
#[derive(Debug, Default)]
pub(crate) struct Tail(String);

impl Tail {
    pub(crate) fn push(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
        if self.0.len() > 2 * LIMIT {
            self.0 = end(&self.0).to_owned();
        }
    }

    /// The last lines, whole ones where that is possible.
    pub(crate) fn text(&self) -> &str {
        end(&self.0).trim_end()
    }
}

fn end(text: &str) -> &str {
    if text.len() <= LIMIT {
        return text;
    }
    let from = (text.len() - LIMIT..).find(|at| text.is_char_boundary(*at));
    let cut = &text[from.unwrap_or(text.len())..];
    match cut.split_once('\n') {
        Some((_, whole)) if !whole.is_empty() => whole,
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_whole_lines() {
        let mut tail = Tail::default();
        assert_eq!(tail.text(), "");
        for number in 0..100_000 {
            tail.push(&format!("line {number}"));
        }
        let text = tail.text();
        assert!(text.len() <= LIMIT && text.len() > LIMIT - 20);
        assert!(text.starts_with("line ") && text.ends_with("line 99999"));
    }

    #[test]
    fn cuts_one_long_line_between_characters() {
        let mut tail = Tail::default();
        tail.push(&"ä".repeat(LIMIT));
        assert!(tail.text().len() > LIMIT - 4);
        assert!(tail.text().chars().all(|c| c == 'ä'));
    }
}
