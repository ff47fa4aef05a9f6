//! Reads rules: `not` binds before `and`, and that before `or`; the words in any case.

use super::check::Check;
use super::fault::Fault;
use super::leaf::leaf;

/// How deep parentheses and `not` go.
const DEEPEST: usize = 50;

/// Reads an expression.
pub(super) fn text(text: &str) -> Result<Check<String>, Fault> {
    if text.is_empty() {
        return Ok(Check::Always);
    }
    let tokens: Vec<_> = tokens(text).collect();
    if tokens.is_empty() {
        return Err(Fault::Blank);
    }
    let mut parser = Parser { rest: &tokens, depth: 0 };
    let check = parser.alternatives()?;
    match parser.rest.first() {
        None => Ok(check),
        Some(token) => Err(token.instead_of("and, or, or the end")),
    }
}

/// Reads the older form: a list of which one must hold, of checks or lists of checks that must all
/// hold.
pub(super) fn lists(lists: &[Vec<String>]) -> Result<Check<String>, Fault> {
    if lists.is_empty() {
        return Ok(Check::Always);
    }
    let mut alternatives = Vec::new();
    for list in lists.iter().filter(|list| !list.is_empty()) {
        let checks: Vec<_> = list.iter().map(|item| one(item)).collect::<Result<_, _>>()?;
        alternatives.push(of_several(checks, Check::And));
    }
    Ok(if alternatives.is_empty() { Check::Never } else { of_several(alternatives, Check::Or) })
}

/// The item of a list, which has no words.
fn one(item: &str) -> Result<Check<String>, Fault> {
    if item.is_empty() || item.contains(char::is_whitespace) {
        return Err(Fault::Item { item: item.to_owned() });
    }
    leaf(item)
}

fn of_several(
    mut checks: Vec<Check<String>>,
    join: fn(Vec<Check<String>>) -> Check<String>,
) -> Check<String> {
    if checks.len() == 1 { checks.remove(0) } else { join(checks) }
}

/// Whether a quote begins and ends the word: oslo.policy takes that for a text, also
/// `'a':'b'`.
fn is_quoted(word: &str) -> bool {
    let quotes = |quote| word.len() > 1 && word.starts_with(quote) && word.ends_with(quote);
    quotes('\'') || quotes('"')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    Leaf(&'a str),
}

impl Token<'_> {
    fn instead_of(self, wanted: &'static str) -> Fault {
        let found = match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Leaf(text) => text,
        };
        Fault::Order { found: format!("{found:?}"), wanted }
    }
}

/// Words, with the parentheses at their beginnings and ends: those inside belong to `%(name)s`.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    text.split_whitespace().flat_map(|word| {
        let inner = word.trim_start_matches('(');
        let opened = word.len() - inner.len();
        let bare = inner.trim_end_matches(')');
        let closed = inner.len() - bare.len();
        let token = match bare {
            "" => None,
            word if word.eq_ignore_ascii_case("and") => Some(Token::And),
            word if word.eq_ignore_ascii_case("or") => Some(Token::Or),
            word if word.eq_ignore_ascii_case("not") => Some(Token::Not),
            leaf => Some(Token::Leaf(leaf)),
        };
        std::iter::repeat_n(Token::Open, opened)
            .chain(token)
            .chain(std::iter::repeat_n(Token::Close, closed))
    })
}

struct Parser<'a> {
    rest: &'a [Token<'a>],
    depth: usize,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Result<Check<String>, Fault> {
        self.series(Token::Or, Self::conjunction, Check::Or)
    }

    fn conjunction(&mut self) -> Result<Check<String>, Fault> {
        self.series(Token::And, Self::operand, Check::And)
    }

    /// One `part` after another, with `word` between them.
    fn series(
        &mut self,
        word: Token<'_>,
        part: fn(&mut Self) -> Result<Check<String>, Fault>,
        join: fn(Vec<Check<String>>) -> Check<String>,
    ) -> Result<Check<String>, Fault> {
        let mut parts = vec![part(self)?];
        while self.rest.first() == Some(&word) {
            self.rest = &self.rest[1..];
            parts.push(part(self)?);
        }
        Ok(of_several(parts, join))
    }

    fn operand(&mut self) -> Result<Check<String>, Fault> {
        const WANTED: &str = "a check, not or (";
        let Some((token, rest)) = self.rest.split_first() else {
            return Err(Fault::Order { found: "the end".to_owned(), wanted: WANTED });
        };
        self.rest = rest;
        match token {
            Token::Leaf(text) if is_quoted(text) => Err(Fault::Quoted { text: (*text).to_owned() }),
            Token::Leaf(text) => leaf(text),
            Token::Not => self.deeper(|parser| Ok(Check::Not(Box::new(parser.operand()?)))),
            Token::Open => self.deeper(|parser| {
                let check = parser.alternatives()?;
                parser.close()?;
                Ok(check)
            }),
            other => Err(other.instead_of(WANTED)),
        }
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Check<String>, Fault>,
    ) -> Result<Check<String>, Fault> {
        if self.depth == DEEPEST {
            return Err(Fault::Nested { most: DEEPEST });
        }
        self.depth += 1;
        let check = read(self)?;
        self.depth -= 1;
        Ok(check)
    }

    fn close(&mut self) -> Result<(), Fault> {
        const WANTED: &str = "and, or, or )";
        let Some((token, rest)) = self.rest.split_first() else {
            return Err(Fault::Order { found: "the end".to_owned(), wanted: WANTED });
        };
        self.rest = rest;
        if *token == Token::Close { Ok(()) } else { Err(token.instead_of(WANTED)) }
    }
}
