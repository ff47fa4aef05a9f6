//! What stands in the recordings for values that are others in every run.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `{alpha}` `{beta}` `{admin}` | ids of projects |
//! | `{alice_id}` `{bob_id}` `{admin_id}` | ids of users |
//! | `{token:alice}` … | a token; of `unscoped`, `revoked` and `bad` as well |
//! | `{run}` | eight letters that make ids of this run |
//! | `<57>` | the id that the server made for the action of exchange 57 |
//! | `{host}` | the host and port that the client called |
//! | `{keystone}` | where Keystone is, in `WWW-Authenticate` |
//! | `{sent_request_id}` | the request id that the client chose |
//! | `{request_id}` | a request id that the server made |
//!
//! Answers are brought to the same form by putting these in for the values, and by nothing else:
//! any other value stays as it is, and is compared.

use super::recording::Answer;

/// What an id stands for that no answer has given: the id of nothing.
const NEVER_GIVEN: &str = "ffffffffffffffffffffffffffffffff";

/// The request id that clients send.
const SENT_REQUEST_ID: &str = "req-5b0c17f2-5a4e-4c4a-9d55-0e1c0a6d3b11";

/// Headers that say how the answer was sent, and nothing of what it says.
const LEFT_OUT: [&str; 3] = ["connection", "content-length", "date"];

const CHALLENGE: &str = "www-authenticate";
const REQUEST_ID: &str = "x-openstack-request-id";

/// The placeholders and their values in this run.
pub struct Names {
    /// Found in answers too.
    values: Vec<(String, String)>,
    /// Only ever sent.
    secrets: Vec<(String, String)>,
    /// Where Keystone is said to be.
    keystone: String,
}

impl Names {
    pub fn new(
        values: Vec<(String, String)>,
        tokens: Vec<(String, String)>,
        keystone: &str,
    ) -> Self {
        for (number, (_, value)) in values.iter().enumerate() {
            assert!(value.len() >= 8, "{value:?} may be part of another word");
            assert!(values[..number].iter().all(|(_, other)| other != value), "{value:?} twice");
        }
        let tokens = tokens.into_iter().map(|(who, token)| (format!("{{token:{who}}}"), token));
        Self { values, secrets: tokens.collect(), keystone: keystone.to_owned() }
    }

    /// A text of a recorded request, with this run's values.
    pub fn fill(&self, text: &str) -> String {
        let mut text = text.replace("{sent_request_id}", SENT_REQUEST_ID);
        for (placeholder, value) in self.values.iter().chain(&self.secrets) {
            text = text.replace(placeholder, value);
        }
        without_ids(&text)
    }

    /// Takes note of the id that the server has made up for the action of an exchange.
    pub fn learn(&mut self, exchange: u32, answer: &Answer) {
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let Some(id) = body["action_id"].as_str().filter(|_| answer.status == Some(201)) else {
            return;
        };
        let is_made = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let is_new = self.values.iter().all(|(_, value)| value != id);
        if is_made && is_new {
            self.values.push((format!("<{exchange}>"), id.to_owned()));
        }
    }

    /// An answer in the form of the recordings.
    pub fn normalise(&self, mut answer: Answer) -> Answer {
        answer.headers.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
        if let Some(challenge) = answer.headers.get_mut(CHALLENGE) {
            *challenge = challenge.replace(&self.keystone, "{keystone}");
        }
        for value in answer.headers.values_mut() {
            *value = self.put_in(value);
        }
        if let Some(id) = answer.headers.get_mut(REQUEST_ID) {
            *id = request_id(id);
        }
        Answer { body: self.put_in(&answer.body), ..answer }
    }

    /// A text with placeholders for the values in it.
    pub fn put_in(&self, text: &str) -> String {
        let put = |text: String, (name, value): &(String, String)| text.replace(value, name);
        self.values.iter().fold(text.to_owned(), put)
    }
}

/// A request id: the client's own, one of the server's making, or what it is.
fn request_id(id: &str) -> String {
    let uuid = id.strip_prefix("req-").filter(|uuid| uuid.len() == 36);
    match uuid.and_then(|uuid| uuid::Uuid::parse_str(uuid).ok()) {
        _ if id == SENT_REQUEST_ID => "{sent_request_id}".to_owned(),
        Some(_) => "{request_id}".to_owned(),
        None => id.to_owned(),
    }
}

/// `<N>` that nothing was found for.
fn without_ids(text: &str) -> String {
    let mut parts = text.split('<');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('>') {
            Some((number, rest))
                if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
            {
                whole.push_str(NEVER_GIVEN);
                whole.push_str(rest);
            }
            _ => {
                whole.push('<');
                whole.push_str(part);
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHA: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
    const MADE: &str = "0123456789abcdef0123456789abcdef";

    fn names() -> Names {
        let values = vec![
            ("{alpha}".to_owned(), ALPHA.to_owned()),
            ("{host}".to_owned(), "127.0.0.1:7".to_owned()),
        ];
        let tokens = vec![("alice".to_owned(), "a secret".to_owned())];
        Names::new(values, tokens, "http://keystone:5000")
    }

    fn answer(headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Answer { status: Some(201), headers: headers.collect(), body: body.to_owned() }
    }

    #[track_caller]
    fn check_body(names: &Names, body: &str, expected: &str) {
        assert_eq!(names.normalise(answer(&[], body)).body, expected);
    }

    #[track_caller]
    fn check_header(name: &str, value: &str, expected: Option<&str>) {
        let normal = names().normalise(answer(&[(name, value)], ""));
        assert_eq!(normal.headers.get(name).map(String::as_str), expected, "{name}: {value}");
    }

    #[test]
    fn values_of_this_run_become_placeholders_and_others_stay() {
        check_body(
            &names(),
            &format!(r#"["{ALPHA}", "0{MADE}"]"#),
            &format!(r#"["{{alpha}}", "0{MADE}"]"#),
        );
        check_body(
            &names(),
            "http://127.0.0.1:7/v2/ http://127.0.0.2:7/",
            "http://{host}/v2/ http://127.0.0.2:7/",
        );
        check_body(&names(), "a secret that leaks", "a secret that leaks");
        check_body(&names(), "http://keystone:5000", "http://keystone:5000");
    }

    #[test]
    fn ids_are_known_from_the_answer_that_gave_them() {
        let mut names = names();
        check_body(&names, MADE, MADE);
        names.learn(57, &answer(&[], &format!(r#"{{"action_id":"{MADE}"}}"#)));
        check_body(&names, MADE, "<57>");
        assert_eq!(names.fill("/v2/{alpha}/actions/<57>"), format!("/v2/{ALPHA}/actions/{MADE}"));
        assert_eq!(names.fill("/actions/<58>?a<b"), format!("/actions/{NEVER_GIVEN}?a<b"));
        // The same id again is not another action's, and one that a client chose is compared as it is.
        names.learn(58, &answer(&[], &format!(r#"{{"action_id":"{MADE}"}}"#)));
        names.learn(59, &answer(&[], r#"{"action_id":"chosen"}"#));
        check_body(&names, &format!("{MADE} chosen"), "<57> chosen");
    }

    #[test]
    fn request_ids_are_told_apart() {
        let made = "req-00000000-1111-2222-3333-444444444444";
        check_header(REQUEST_ID, made, Some("{request_id}"));
        check_header(REQUEST_ID, SENT_REQUEST_ID, Some("{sent_request_id}"));
        check_header(REQUEST_ID, "req-abc", Some("req-abc"));
        check_header(REQUEST_ID, &made[4..], Some(&made[4..]));
        check_header("etag", made, Some(made));
    }

    #[test]
    fn a_challenge_names_keystone() {
        let said = "Keystone uri=\"http://keystone:5000/v3\"";
        check_header(CHALLENGE, said, Some("Keystone uri=\"{keystone}/v3\""));
        let other = "Keystone uri=\"http://127.0.0.1:7/v3\"";
        check_header(CHALLENGE, other, Some("Keystone uri=\"http://{host}/v3\""));
        check_header("location", "http://keystone:5000", Some("http://keystone:5000"));
    }

    #[test]
    fn how_an_answer_was_sent_is_left_out_and_nothing_else() {
        for name in LEFT_OUT {
            check_header(name, "x", None);
        }
        for name in ["content-type", "vary", "allow", "etag", "transfer-encoding", "x-new"] {
            check_header(name, "x", Some("x"));
        }
    }

    #[test]
    #[should_panic(expected = "twice")]
    fn two_placeholders_never_stand_for_one_value() {
        let value = |name: &str| (name.to_owned(), ALPHA.to_owned());
        Names::new(vec![value("{alpha}"), value("{beta}")], vec![], "");
    }
}
