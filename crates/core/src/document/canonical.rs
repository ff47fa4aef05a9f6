//! One text for every way to write the same JSON value.

use std::borrow::Cow;

use serde_json::{Number, Value};

/// A text that two values share exactly when they are equal as JSON values: objects without regard
/// to the order of keys, numbers by value (`3`, `3.0` and `30e-1` are one), of any size.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    let mut text = Vec::new();
    write_canonical(value, &mut text);
    text
}

/// Adds [`canonical`] of a value. `serde_json` writes what has one text only; it cannot fail, for it writes to memory.
pub(crate) fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => {
            let _ = serde_json::to_writer(out, value);
        }
        Value::Number(number) => out.extend_from_slice(canonical_number(number).as_bytes()),
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_canonical(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (key, value) in members {
                let _ = serde_json::to_writer(&mut *out, key);
                out.push(b':');
                write_canonical(value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
    }
}

/// Whether a number is whole, however it is written: `3`, `3.0` and `30e-1` are.
pub(crate) fn is_whole(number: &Number) -> bool {
    !canonical_number(number).contains("e-")
}

/// Whether a number is below zero, which `-0` is not.
pub(crate) fn is_negative(number: &Number) -> bool {
    canonical_number(number).starts_with('-')
}

/// Sign, significant digits without zeros at either end, `e`, exponent; `0` for every zero.
fn canonical_number(number: &Number) -> String {
    let text = number.as_str();
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits =
        if fraction.is_empty() { Cow::from(whole) } else { format!("{whole}{fraction}").into() };
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let shift = dropped as i128 - fraction.len() as i128;
    let shifted = exponent.parse::<i128>().ok().and_then(|exponent| exponent.checked_add(shift));
    // An exponent of 39 digits is beyond every other number too; its own text tells it apart.
    shifted.map_or_else(
        || text.to_ascii_lowercase(),
        |exponent| format!("{sign}{significant}e{exponent}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, equal: bool) {
        let read = |text| canonical(&serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(read(a) == read(b), equal, "{a} and {b}: {:?} and {:?}", read(a), read(b));
    }

    #[test]
    fn numbers_are_equal_by_value() {
        check("3", "3.0", true);
        check("3", "30e-1", true);
        check("1000", "1E3", true);
        check("0", "-0.0e7", true);
        check("0.1", "1e-1", true);
        check("3", "-3", false);
        check("3", "30", false);
        check("123456789012345678901234567890", "123456789012345678901234567891", false);
        check("9007199254740993", "9007199254740992", false);
    }

    #[test]
    fn numbers_are_whole_by_value() {
        let whole = |text| is_whole(&serde_json::from_str(text).unwrap());
        for number in ["0", "-3", "3.0", "30e-1", "1e400", "-0.0", "0e-9", "99999999999999999999"] {
            assert!(whole(number), "{number}");
        }
        for number in ["0.1", "-3.5", "3e-1", "1e-400"] {
            assert!(!whole(number), "{number}");
        }
    }

    #[test]
    fn types_stay_apart() {
        check("3", "\"3\"", false);
        check("1", "true", false);
        check("null", "\"null\"", false);
        check("[]", "{}", false);
        check("[[1]]", "[1]", false);
    }

    #[test]
    fn objects_ignore_order_and_lists_do_not() {
        check(r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1.0,2],"a":1}"#, true);
        check("[1,2]", "[2,1]", false);
        check(r#"{"a":null}"#, "{}", false);
    }
}
