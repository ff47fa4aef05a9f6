//! Rules, as they may be written, and callers, at random.

use actiond_core::access::{Caller, ProjectRule, RuleText, Scope, ScopeTarget};
use actiond_core::project::ProjectId;
use rand::RngExt;
use rand::rngs::StdRng;

/// The rule that is asked; others are what it may refer to.
pub const ASKED: ProjectRule = ProjectRule::Get;

/// Other rules. Each refers to later ones alone, so that none comes back to itself.
const OTHERS: [&str; 6] = ["a", "b", "admin_or_owner", "project_member", "c:d", "default"];

/// Chance, and what it makes.
pub struct Random(pub StdRng);

impl Random {
    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.random_range(0..of.len())]
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.0.random_range(0..many) == 0
    }

    /// A check. `level` says which rules there are to refer to.
    fn leaf(&mut self, level: usize) -> String {
        const LEFT: &[&str] = &[
            "role",
            "role",
            "role",
            "user_id",
            "user",
            "project_id",
            "project_id",
            "project",
            "roles",
            "is_admin",
            "is_admin_project",
            "domain_id",
            "system_scope",
            "None",
            "True",
            "False",
            "'own'",
            "\"own\"",
            "'member'",
            "5",
            "-5",
            "0",
            "''",
            "nothing",
            "token.user.domain.id",
            "token.user.name",
            "token.project.id",
            "token.project.domain.id",
            "token.roles.name",
            "user_domain_id",
            "project_domain",
            "domain",
            "Role",
        ];
        const RIGHT: &[&str] = &[
            "here",
            "Ann",
            "admin",
            "member",
            "MEMBER",
            "Reader",
            "ann",
            "own",
            "other",
            "%(project_id)s",
            "%(project_id)s",
            "%(nothing)s",
            "x-%(project_id)s",
            "%(project_id)s%(project_id)s",
            "%%",
            "True",
            "true",
            "False",
            "None",
            "5",
            "-5",
            "0",
            "'own'",
            "",
            "a:b",
            "É",
            "é",
        ];
        match self.0.random_range(0..10) {
            0 => "@".to_owned(),
            1 => "!".to_owned(),
            2 | 3 => {
                match OTHERS[..OTHERS.len() - 1].get(level..).filter(|rest| !rest.is_empty()) {
                    Some(_) if self.one_in(30) => "rule:nowhere".to_owned(),
                    Some(rest) => format!("rule:{}", self.one(rest)),
                    None => format!("rule:{}", self.one(&["context_is_admin", "project_reader"])),
                }
            }
            _ => format!("{}:{}", self.one(LEFT), self.one(RIGHT)),
        }
    }

    fn expression(&mut self, level: usize, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(level);
        }
        let inner = depth - 1;
        match self.0.random_range(0..6) {
            0 => self.leaf(level),
            1 => format!("{} {}", self.one(&["not", "NOT"]), self.expression(level, inner)),
            2 => format!("({})", self.expression(level, inner)),
            3 => format!("( {}\t)", self.expression(level, inner)),
            n => {
                let words = if n == 4 { &["and", "AND", "And"] } else { &["or", "OR", "oR"] };
                let parts = self.0.random_range(2..5);
                let parts: Vec<_> = (0..parts).map(|_| self.expression(level, inner)).collect();
                parts.join(&format!(" {} ", self.one(words)))
            }
        }
    }

    /// A rule: an expression, a list, nothing, or an expression with a slip of the pen.
    fn rule(&mut self, level: usize) -> RuleText {
        match self.0.random_range(0..20) {
            0 => RuleText::Text(String::new()),
            1..5 => {
                let lists = self.0.random_range(0..4);
                let list = |random: &mut Self| {
                    let items = random.0.random_range(0..3);
                    (0..items).map(|_| random.leaf(level)).collect()
                };
                RuleText::Lists((0..lists).map(|_| list(self)).collect())
            }
            5 => {
                let mut text: Vec<_> = self.expression(level, 3).chars().collect();
                let at = self.0.random_range(0..text.len());
                match self.0.random_range(0..3) {
                    0 => drop(text.remove(at)),
                    1 => text.insert(at, self.one(&["(", ")", " ", "%", ":"]).parse().unwrap()),
                    _ => text.truncate(at),
                }
                RuleText::Text(text.into_iter().collect())
            }
            _ => {
                let depth = self.0.random_range(0..5);
                RuleText::Text(self.expression(level, depth))
            }
        }
    }

    pub fn rules(&mut self) -> Vec<(String, RuleText)> {
        let mut rules = vec![(ASKED.as_str().to_owned(), self.rule(0))];
        for (level, name) in OTHERS.iter().enumerate() {
            let is_needed = ["a", "b", "c:d"].contains(name);
            if is_needed || self.one_in(3) {
                rules.push(((*name).to_owned(), self.rule(level + 1)));
            }
        }
        rules
    }

    pub fn caller(&mut self) -> Caller {
        let known = ["admin", "member", "reader", "service", "é", "nothing"];
        let roles = known.iter().filter(|_| self.one_in(3)).map(|role| (*role).to_owned());
        let roles = roles.collect();
        let project = ProjectId::new(self.one(&["own", "other"]));
        let domain = Some(self.one(&["here", "own"]).to_owned());
        let scope = Scope { target: ScopeTarget::Project { id: project, domain }, roles };
        let user_id = self.one(&["ann", "own"]).to_owned();
        let user_domain = Some(self.one(&["here", "there"]).to_owned());
        let scope = Some(scope);
        Caller { user_id, name: "Ann".into(), user_domain, scope, ..Caller::default() }
    }
}
