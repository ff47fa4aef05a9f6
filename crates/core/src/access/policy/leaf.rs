//! Reads one check: a special one, or a left and a right side with a colon between them.

use super::check::{Check, Literal};
use super::fault::Fault;
use super::template::Template;

/// Reads a check, a word without spaces.
pub(super) fn leaf(text: &str) -> Result<Check<String>, Fault> {
    match text {
        "@" => return Ok(Check::Always),
        "!" => return Ok(Check::Never),
        _ => {}
    }
    let no_check = || Fault::NoCheck { check: text.to_owned() };
    let (kind, value) = text.split_once(':').ok_or_else(no_check)?;
    match kind {
        "rule" => return Ok(Check::Rule(value.to_owned())),
        "http" | "https" => return Err(Fault::Remote { check: text.to_owned() }),
        _ => {}
    }
    let value = Template::parse(value)?;
    match kind {
        "role" => Ok(Check::Role(value)),
        _ => match literal(kind) {
            Some(literal) => Ok(Check::Literal(literal, value)),
            None if is_name(kind) => Ok(Check::Credential(kind.to_owned(), value)),
            None => Err(Fault::Kind { name: kind.to_owned() }),
        },
    }
}

/// A Python literal: those that make sense here, with no more than one way to write each.
fn literal(text: &str) -> Option<Literal> {
    let value = match text {
        "None" | "True" | "False" => text,
        _ if is_whole_number(text) => text,
        _ => quoted(text)?,
    };
    Some(Literal { written: text.to_owned(), value: value.to_owned() })
}

fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_zero_or_leads = |first: char| first.is_ascii_digit() && (first != '0' || text == "0");
    digits.starts_with(is_zero_or_leads) && digits.chars().all(|c| c.is_ascii_digit())
}

/// What is in the quotes, in which there is neither a quote nor a backslash.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| ['\'', '"'].contains(c))?;
    let inner = text.get(1..)?.strip_suffix(quote)?;
    (!inner.contains(['\\', '\'', '"'])).then_some(inner)
}

/// Words of letters, digits, `_` and `-`, with dots between them.
fn is_name(text: &str) -> bool {
    text.split('.').all(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    })
}
