//! Dates and times as ISO 8601 writes them, in extended and basic format.

use chrono::{NaiveDate, NaiveTime};

/// How dates are written: by shape, 0 for any digit, and as chrono names the parts.
const DATES: &[(&str, &str)] = &[
    ("0000-00-00", "%Y-%m-%d"),
    ("00000000", "%Y%m%d"),
    ("0000-000", "%Y-%j"),
    ("0000000", "%Y%j"),
    ("0000-W00-0", "%G-W%V-%u"),
    ("0000W000", "%GW%V%u"),
];

/// How times of day are written, up to the seconds.
const TIMES: &[(&str, &str)] =
    &[("00:00:00", "%H:%M:%S"), ("000000", "%H%M%S"), ("00:00", "%H:%M"), ("0000", "%H%M")];

/// Shapes of an offset from UTC, without its sign.
const OFFSETS: &[&str] = &["00", "00:00", "0000"];

/// Whether `text` is a date, alone or with a time of day: `2026-01-31`, `2026-01-31T23:59:00+02:00`.
/// A space is taken for the `T`, as many programs write it.
pub(super) fn is_date(text: &str) -> bool {
    match text.split_once(['T', ' ']) {
        None => is_day(text),
        Some((day, time)) => is_day(day) && is_time(time),
    }
}

fn is_day(text: &str) -> bool {
    let form = form_of(text, DATES);
    form.is_some_and(|form| NaiveDate::parse_from_str(text, form).is_ok())
}

/// A time of day, perhaps with parts of a second, perhaps with an offset.
fn is_time(text: &str) -> bool {
    let (time, offset) = split_offset(text);
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    let has_seconds_to_part = time.len() >= "000000".len() || fraction == "0";
    let form = form_of(time, TIMES).filter(|_| has_seconds_to_part && is_digits(fraction));
    is_offset(offset) && form.is_some_and(|form| is_time_of_day(time, form))
}

fn is_time_of_day(time: &str, form: &str) -> bool {
    // chrono wants seconds.
    let (time, form) = if form.ends_with("%S") {
        (time.to_owned(), form.to_owned())
    } else {
        (format!("{time}:00"), format!("{form}:%S"))
    };
    NaiveTime::parse_from_str(&time, &form).is_ok()
}

fn split_offset(text: &str) -> (&str, &str) {
    text.find(['Z', '+', '-']).map_or((text, ""), |at| text.split_at(at))
}

fn is_offset(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return matches!(text, "" | "Z") };
    let of_form = OFFSETS.contains(&&*shape(offset));
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2).unwrap_or_default();
    of_form && hours <= "23" && minutes <= "59"
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn form_of(text: &str, forms: &[(&str, &'static str)]) -> Option<&'static str> {
    let shape = shape(text);
    forms.iter().find(|(known, _)| *known == shape).map(|(_, form)| *form)
}

/// The text with 0 for every digit.
fn shape(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_standard_writes() {
        for good in [
            "2026-01-31",
            "20260131",
            "2026-031",
            "2026031",
            "2026-W05-6",
            "2026W056",
            "2024-02-29",
            "2026-01-31T23:59:00",
            "2026-01-31 23:59:00",
            "2026-01-31T23:59",
            "2026-01-31T23:59Z",
            "2026-01-31T23:59:00.5+02:00",
            "2026-01-31T23:59:00,123456789-0930",
            "20260131T235900Z",
            "20260131T2359+02",
            "2026-01-31T23:59:60Z",
        ] {
            assert!(is_date(good), "{good}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for bad in [
            "",
            "tomorrow",
            "26-01-31",
            "2026-1-31",
            " 2026-01-31",
            "2026-01-31 ",
            "+2026-01-31",
            "2026-02-29",
            "2026-13-01",
            "2026-366",
            "2026-W54-1",
            "2026-01-31T",
            "2026-01-31T24:01",
            "2026-01-31T23:60",
            "2026-01-31T23:59:00.",
            "2026-01-31T23:59.5",
            "2026-01-31T23:59:00+24:00",
            "2026-01-31T23:59:00+02:60",
            "2026-01-31T23:59:00+2",
            "2026-01-31T23:59:00ZZ",
            "2026-01-31T23:59:00 ",
            "2026-01-31Z",
            "٢٠٢٦-٠١-٣١",
            "2026-01-31T23:59:00é",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
