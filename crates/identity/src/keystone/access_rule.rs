//! Access rules: an application credential may be good for some requests alone.

use serde::Deserialize;

/// One kind of request that an application credential is good for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct AccessRule {
    /// The type of the service, as the catalog has it.
    service: String,
    /// The method.
    method: String,
    /// A pattern of paths: `{name}` and `*` stand for a part without a slash, `**` for anything.
    path: String,
}

impl AccessRule {
    /// Whether the request is of this kind. Clients may end a path with a slash, and so may rules.
    pub(super) fn allows(&self, service: &str, method: &str, path: &str) -> bool {
        let pattern = pieces(&self.path);
        self.service == service
            && self.method == method
            && (matches(&pattern, path.chars()) || matches(&pattern, path.chars().chain(['/'])))
    }
}

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// This character.
    Literal(char),
    /// One or more characters that are no slash.
    Part,
    /// Any characters, or none.
    Anything,
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), pattern);
    while let Some(first) = rest.chars().next() {
        let (piece, length) = if rest.starts_with("**") {
            (Piece::Anything, 2)
        } else if first == '*' {
            (Piece::Part, 1)
        } else if let Some(end) = rest.find('}').filter(|_| first == '{') {
            (Piece::Part, end + 1)
        } else {
            (Piece::Literal(first), first.len_utf8())
        };
        pieces.push(piece);
        rest = &rest[length..];
    }
    pieces
}

/// Follows every way through the pattern at once, so that no pattern takes more than its length
/// times that of the text.
fn matches(pattern: &[Piece], text: impl Iterator<Item = char>) -> bool {
    let mut at = vec![false; pattern.len() + 1];
    at[0] = true;
    pass_over_anything(pattern, &mut at);
    for character in text {
        let mut next = vec![false; pattern.len() + 1];
        for (place, piece) in pattern.iter().enumerate().filter(|(place, _)| at[*place]) {
            match piece {
                Piece::Literal(literal) => next[place + 1] |= *literal == character,
                Piece::Part if character == '/' => {}
                Piece::Part => (next[place], next[place + 1]) = (true, true),
                Piece::Anything => next[place] = true,
            }
        }
        pass_over_anything(pattern, &mut next);
        at = next;
    }
    at[pattern.len()]
}

/// Where anything may stand, nothing may stand.
fn pass_over_anything(pattern: &[Piece], at: &mut [bool]) {
    for (place, piece) in pattern.iter().enumerate() {
        if at[place] && *piece == Piece::Anything {
            at[place + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: bool) {
        let rule =
            AccessRule { service: "backup".into(), method: "GET".into(), path: pattern.to_owned() };
        assert_eq!(rule.allows("backup", "GET", path), expected, "{pattern} {path}");
        assert!(!rule.allows("backup", "POST", path) && !rule.allows("volume", "GET", path));
    }

    #[test]
    fn patterns_are_those_of_keystone() {
        check("/v2/p/actions", "/v2/p/actions", true);
        check("/v2/p/actions", "/v2/p/actions/a", false);
        check("/v2/p/actions", "/v2/q/actions", false);
        check("/v2/*/actions", "/v2/p/actions", true);
        check("/v2/*/actions", "/v2//actions", false);
        check("/v2/*/actions", "/v2/p/q/actions", false);
        check("/v2/{project_id}/actions/{id}", "/v2/p/actions/a", true);
        check("/v2/{project_id}/actions/{id}", "/v2/p/actions", false);
        check("/v2/**", "/v2/p/actions/a", true);
        check("/v2/**/a", "/v2/p/actions/a", true);
        check("/v2/**/a", "/v2/p/actions/b", false);
        check("**", "/", true);
        check("", "/v2", false);
        check("/v2/p/actions/a*", "/v2/p/actions/abc", true);
        check("/v2/p/actions/a*", "/v2/p/actions/a", false);
    }

    #[test]
    fn a_slash_at_the_end_may_be_left_out_and_no_character_is_special() {
        check("/v2/p/actions/", "/v2/p/actions", true);
        check("/v2/p/actions/**", "/v2/p/actions", true);
        check("/v2/p/a.tions", "/v2/p/actions", false);
        check("/v2/p/(actions|x)", "/v2/p/actions", false);
        check("/v2/{p/actions", "/v2/p/actions", false);
        check("/v2/é*", "/v2/éa", true);
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        check(&"**a".repeat(500), &"a".repeat(499), false);
        check(&"*".repeat(999), &"a".repeat(2000), true);
    }
}
