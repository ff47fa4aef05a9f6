//! The `job_schedule` of an action: when it is to run, and how its last run went.

use serde_json::{Map, Value};

use super::fields::{integer, string, word, wrong_type};
use super::iso8601::is_date;
use crate::error::{Error, Result, shown};

const EVENTS: &[&str] = &["", "stop", "start", "abort", "remove"];
const STATUSES: &[&str] = &["", "completed", "stop", "scheduled", "running", "aborting", "removed"];
const RESULTS: &[&str] = &["", "success", "fail", "aborted"];
const INTERVAL_UNITS: &[&str] = &["weeks", "days", "hours", "minutes", "seconds"];

/// Checks one key of a schedule.
type Check = fn(&Map<String, Value>, &str) -> Result<()>;

/// The keys that a schedule may have, and what each may hold.
const KEYS: &[(&str, Check)] = &[
    ("event", |s, path| word(s, path, EVENTS)),
    ("status", |s, path| word(s, path, STATUSES)),
    ("result", |s, path| word(s, path, RESULTS)),
    ("schedule_interval", interval),
    ("schedule_date", date),
    ("schedule_start_date", date),
    ("schedule_end_date", date),
    ("schedule_year", year),
    ("schedule_month", text),
    ("schedule_day", text),
    ("schedule_week", text),
    ("schedule_day_of_week", text),
    ("schedule_hour", text),
    ("schedule_minute", text),
    ("schedule_second", text),
    ("time_created", integer),
    ("time_started", integer),
    ("time_ended", integer),
    ("current_pid", integer),
];

/// Checks a schedule; null counts as none.
pub(super) fn check(schedule: Option<&Value>) -> Result<()> {
    let schedule = match schedule {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(schedule)) => schedule,
        Some(other) => return Err(wrong_type("job_schedule", other, "object")),
    };
    for key in schedule.keys() {
        let path = format!("job_schedule.{}", shown(key));
        let Some((_, check)) = KEYS.iter().find(|(known, _)| known == key) else {
            let known: Vec<_> = KEYS.iter().map(|(known, _)| *known).collect();
            return Err(Error::invalid(
                path,
                format!("unknown key; a schedule has {}", known.join(", ")),
            ));
        };
        // A key that is known stands in the path as it is, and has no dot.
        check(schedule, &path)?;
    }
    Ok(())
}

fn text(schedule: &Map<String, Value>, path: &str) -> Result<()> {
    string(schedule, path).map(|_| ())
}

/// `continuous`, or a number and a unit.
fn interval(schedule: &Map<String, Value>, path: &str) -> Result<()> {
    let is_interval = |text: &str| {
        let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let is_unit = INTERVAL_UNITS.contains(&unit.trim_start_matches(' '));
        text == "continuous" || (is_number && is_unit)
    };
    of_form(
        schedule,
        path,
        is_interval,
        "'continuous', or a number and weeks, days, hours, minutes or seconds",
    )
}

fn year(schedule: &Map<String, Value>, path: &str) -> Result<()> {
    of_form(
        schedule,
        path,
        |t| t.len() == 4 && t.bytes().all(|b| b.is_ascii_digit()),
        "four digits",
    )
}

fn date(schedule: &Map<String, Value>, path: &str) -> Result<()> {
    of_form(schedule, path, is_date, "an ISO 8601 date and time, such as 2026-01-31T23:59:00")
}

fn of_form(
    schedule: &Map<String, Value>,
    path: &str,
    is_of_form: impl Fn(&str) -> bool,
    form: &str,
) -> Result<()> {
    match string(schedule, path)? {
        // The clients write "" for "not set".
        Some(text) if !text.is_empty() && !is_of_form(text) => {
            Err(Error::invalid(path, format!("{:?} is not {form}", shown(text))))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_one(key: &str, value: Value, good: bool) {
        let schedule = json!({key: value});
        assert_eq!(check(Some(&schedule)).is_ok(), good, "{schedule}");
    }

    #[test]
    fn takes_what_the_contract_names_and_nothing_else() {
        for (key, good, bad) in [
            ("event", json!("start"), json!("begin")),
            ("status", json!("scheduled"), json!("done")),
            ("result", json!("aborted"), json!(1)),
            ("schedule_interval", json!("5 minutes"), json!("5 months")),
            ("schedule_interval", json!("continuous"), json!("minutes")),
            ("schedule_interval", json!("12  weeks"), json!("12 weeks ")),
            ("schedule_interval", json!("1 days"), json!(" 1 days")),
            ("schedule_date", json!("2026-01-31T23:59:00"), json!("tomorrow")),
            (
                "schedule_start_date",
                json!("2026-01-31T23:59:00.5+02:00"),
                json!("2026-02-31T00:00:00"),
            ),
            ("schedule_end_date", json!("2026-01-31"), json!(20260131)),
            ("schedule_year", json!("2026"), json!("26")),
            ("schedule_day_of_week", json!("mon-fri"), json!(1)),
            ("time_started", json!(1_700_000_000), json!("now")),
            ("current_pid", json!(-1), json!(1.5)),
        ] {
            check_one(key, good, true);
            check_one(key, bad, false);
            check_one(key, Value::Null, true);
        }
        check_one("schedule_weekday", json!("1"), false);
    }

    #[test]
    fn a_schedule_is_an_object_or_nothing() {
        assert!(check(None).is_ok());
        assert!(check(Some(&Value::Null)).is_ok());
        assert!(check(Some(&json!([]))).is_err());
    }
}
