//! What the query of a POST or DELETE asks for.

use crate::rejection::Rejection;

/// Whether it says `wait=queue`; the last `wait` counts, and nothing else does.
pub(super) fn waits(query: &str) -> Result<bool, Rejection> {
    let wait = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "wait").last();
    match wait.as_ref().map(|(_, value)| &**value) {
        None => Ok(false),
        Some("queue") => Ok(true),
        Some(_) => {
            let reason = "must be \"queue\"".to_owned();
            Err(Rejection::Parameter { name: "wait".to_owned(), reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_is_the_only_way_to_wait() {
        let check = |query: &str, expected: Option<bool>| {
            assert_eq!(waits(query).ok(), expected, "{query}");
        };
        check("", Some(false));
        check("other=1&waits=no", Some(false));
        check("wait=queue", Some(true));
        check("wait=no&wait=%71ueue", Some(true));
        check("wait=", None);
        check("wait=queue&wait=Queue", None);
    }
}
