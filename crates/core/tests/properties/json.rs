//! Random JSON, out of few keys and few values, so that things meet.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// A number as its text, in any notation.
pub(crate) fn number_text() -> impl Strategy<Value = String> {
    let notation = (-9..10_i64, 0..4_usize, 0..7_usize);
    notation.prop_map(|(number, zeros, notation)| {
        let zeros = "0".repeat(zeros);
        match notation {
            _ if number == 0 => ["0", "-0", "0.00", "0e-7"][zeros.len()].to_owned(),
            0 => number.to_string(),
            1 => format!("{number}.0{zeros}"),
            2 => format!("{number}{zeros}e-{}", zeros.len()),
            3 => format!("{number}E{}", zeros.len()),
            4 => format!("{number}.{zeros}5e+2"),
            5 => format!("{number}234567890123456789{zeros}1"),
            _ => format!("{number}.{zeros}1e-3"),
        }
    })
}

/// Reads what is known to be JSON.
pub(crate) fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "d", "action", "é", ""]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        3 => number_text().prop_map(|text| read(&text)),
        3 => "[aB3 ]{0,3}".prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
    ]
}

/// Any value.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Any object.
pub(crate) fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((key(), value()), 0..6).prop_map(|members| members.into_iter().collect())
}

/// The number written out without an exponent and without zeros that say nothing.
fn plain_decimal(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().unwrap();
    let mut digits: Vec<char> = whole.chars().chain(fraction.chars()).collect();
    let mut point = whole.len() as i32 + exponent;
    while point < 0 {
        digits.insert(0, '0');
        point += 1;
    }
    while (digits.len() as i32) < point {
        digits.push('0');
    }
    let (whole, fraction) = digits.split_at(point as usize);
    let whole: String = whole.iter().collect();
    let fraction: String = fraction.iter().collect();
    let plain = format!("{}.{}", whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if plain == "." { plain } else { format!("{sign}{plain}") }
}

/// Whether two values are equal as JSON values: the plain definition.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            plain_decimal(&a.to_string()) == plain_decimal(&b.to_string())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn the_plain_definition_is_right_where_it_can_be_seen() {
    for (a, b, expected) in [
        ("3", "3.0", true),
        ("3", "30e-1", true),
        ("0.5", "5E-1", true),
        ("-0", "0.00", true),
        ("3", "-3", false),
        ("1e2", "10", false),
        ("[1]", "[1.0]", true),
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true),
        (r#"{"a":null}"#, "{}", false),
        ("3", "\"3\"", false),
    ] {
        assert_eq!(equal(&read(a), &read(b)), expected, "{a} and {b}");
    }
}
