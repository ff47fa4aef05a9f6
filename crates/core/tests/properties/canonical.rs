//! A term is shared by equal values, and by no others.

use actiond_core::document::Term;
use actiond_core::project::ProjectId;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::json::{equal, number_text, read, value};

fn term(value: &Value) -> Term {
    Term::equals(&ProjectId::new("p"), "key", value)
}

/// The same value, its objects written the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(members) => {
            let members = members.iter().rev().map(|(key, value)| (key.clone(), reversed(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn terms_are_equal_exactly_when_values_are(a in value(), b in value()) {
        prop_assert_eq!(term(&a) == term(&b), equal(&a, &b));
        prop_assert_eq!(term(&a), term(&reversed(&a)));
    }

    #[test]
    fn numbers_are_equal_by_value(a in number_text(), b in number_text()) {
        let (a, b) = (read(&a), read(&b));
        prop_assert_eq!(term(&a) == term(&b), equal(&a, &b), "{} and {}", a, b);
    }

    #[test]
    fn shifting_the_point_changes_nothing(
        digits in "[1-9][0-9]{0,30}",
        exponent in any::<i64>(),
        zeros in 0..40_i128,
    ) {
        let shifted = i128::from(exponent) - zeros;
        let a = read(&format!("{digits}e{exponent}"));
        let b = read(&format!("{digits}{}e{shifted}", "0".repeat(zeros as usize)));
        let other = read(&format!("{digits}e{}", i128::from(exponent) + 1));
        prop_assert_eq!(term(&a), term(&b));
        prop_assert_ne!(term(&a), term(&other));
    }
}
