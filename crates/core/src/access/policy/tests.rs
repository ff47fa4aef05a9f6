//! The language, rule by rule. That it decides as oslo.policy does is a test against oslo.policy
//! itself, among the end-to-end tests.

use proptest::prelude::*;

use super::{Fault, Policy, PolicyError, RuleText, Trace, Warning, parse};
use crate::access::{Caller, ProjectPolicy, ProjectRule, Scope, ScopeTarget};
use crate::project::ProjectId;

fn caller(roles: &[&str]) -> Caller {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let domain = Some("here".to_owned());
    let target = ScopeTarget::Project { id: ProjectId::new("own"), domain: domain.clone() };
    Caller {
        user_id: "ann".into(),
        name: "Ann".into(),
        user_domain: domain,
        scope: Some(Scope { target, roles }),
        ..Caller::default()
    }
}

fn with(rules: &[(&str, &str)]) -> Result<(Policy, Vec<Warning>), PolicyError> {
    let text = |text: &str| RuleText::Text(text.to_owned());
    Policy::with(rules.iter().map(|(name, rule)| ((*name).to_owned(), text(rule))))
}

fn policy(rules: &[(&str, &str)]) -> Policy {
    with(rules).unwrap().0
}

/// Whether Ann, a member of "own", may show an action there by this rule.
fn holds(rule: &str) -> bool {
    let policy = policy(&[("actions:get", rule), ("yes", "@"), ("no", "!")]);
    policy.allows(&caller(&["member"]), ProjectRule::Get, &ProjectId::new("own"))
}

fn lists(lists: &[&[&str]]) -> Result<bool, Fault> {
    let lists = lists.iter().map(|list| list.iter().map(|item| (*item).to_owned()).collect());
    let text = RuleText::Lists(lists.collect());
    let (policy, _) =
        Policy::with([("actions:get".to_owned(), text)]).map_err(|error| error.fault)?;
    Ok(policy.allows(&caller(&["member"]), ProjectRule::Get, &ProjectId::new("own")))
}

fn fault(rule: &str) -> String {
    with(&[("actions:get", rule)]).unwrap_err().to_string()
}

#[test]
fn not_binds_before_and_and_that_before_or() {
    for (rule, expected) in [
        ("@", true),
        ("!", false),
        ("", true),
        ("not @", false),
        ("not not @", true),
        ("@ or @ and !", true),
        ("! and @ or @", true),
        ("! and ( @ or @ )", false),
        ("(! and (@ or @))", false),
        ("not ! and !", false),
        ("not (! and !)", true),
        ("@ OR ! AND !", true),
        ("  @\n\tor\n ! ", true),
    ] {
        assert_eq!(holds(rule), expected, "{rule}");
    }
}

#[test]
fn checks_look_at_roles_rules_credentials_and_literals() {
    for (rule, expected) in [
        ("role:member", true),
        ("role:MEMBER", true),
        ("Role:member", false),
        ("role:memb", false),
        ("role:%(project_id)s", false),
        ("rule:yes", true),
        ("rule:no", false),
        ("user_id:ann", true),
        ("user_id:Ann", false),
        ("project:%(project_id)s", true),
        ("domain_id:None", true),
        ("system_scope:None", true),
        ("user_domain_id:here", true),
        ("project_domain:here", true),
        ("token.user.domain.id:here", true),
        ("token.roles.name:member", true),
        ("user_id:%(user_id)s", false),
        ("project_id:%(project_id)s", true),
        ("project_id:%(nothing)s", false),
        ("not project_id:%(nothing)s", true),
        ("roles:member", true),
        ("roles:Member", false),
        ("nothing:None", false),
        ("is_admin:True", false),
        ("is_admin:False", true),
        ("None:None", true),
        ("True:True", true),
        ("True:true", false),
        ("'own':%(project_id)s", true),
        ("\"own\":%(project_id)s", true),
        ("-12:-12", true),
        ("'a-own-b%':a-%(project_id)s-b%%", true),
        ("'':", true),
    ] {
        assert_eq!(holds(rule), expected, "{rule}");
    }
}

#[test]
fn lists_are_alternatives_of_conjunctions() {
    for (rule, expected) in [
        (&[][..], true),
        (&[&[][..]][..], false),
        (&[&["role:member"]], true),
        (&[&["role:member", "!"]], false),
        (&[&["role:member", "!"], &["user_id:ann"]], true),
        (&[&[], &["@", "@"]], true),
    ] {
        assert_eq!(lists(rule), Ok(expected), "{rule:?}");
    }
    for item in ["", "not @", "@ or @", " @"] {
        assert_eq!(lists(&[&[item]]), Err(Fault::Item { item: item.into() }));
    }
}

#[test]
fn faults_say_what_helps() {
    for (rule, expected) in [
        (" ", "it is blank; write @ to allow everybody, or ! to allow nobody"),
        ("admin", "\"admin\" is no check; write KIND:VALUE, such as role:member"),
        ("http://here/%(a)s", "\"http://here/%(a)s\" would ask another server"),
        ("https://here", "would ask another server"),
        ("1.5:x", "\"1.5\" before the colon is neither role, rule nor a credential"),
        ("'a:b':x", "\"'a\" before the colon"),
        ("01:x", "\"01\" before the colon"),
        (":x", "\"\" before the colon"),
        ("a..b:x", "\"a..b\" before the colon"),
        ("user_id:%(a", "\"%(a\" has a % that is neither %(NAME)s"),
        ("user_id:%(a)d", "\"%(a)d\" has a %"),
        ("user_id:5%", "\"5%\" has a %"),
        ("role:a)and(role:b", "\"a)and(role:b\" has a parenthesis inside"),
        ("@ @", "\"@\" where and, or, or the end is expected"),
        ("@ and", "the end where a check, not or ( is expected"),
        ("or @", "\"or\" where a check, not or ( is expected"),
        ("(@", "the end where and, or, or ) is expected"),
        ("(@ not @)", "\"not\" where and, or, or ) is expected"),
        ("@)", "\")\" where and, or, or the end is expected"),
        ("()", "\")\" where a check, not or ( is expected"),
        ("'x'", "\"'x'\" is a text in quotes, and no check"),
        ("'x':'x'", "\"'x':'x'\" is a text in quotes"),
        ("rule:project_raeder", "no rule \"project_raeder\" (there is \"project_reader\")"),
        ("rule:nobody", "no rule \"nobody\"; name one that is there, or add it"),
    ] {
        let said = fault(rule);
        assert!(said.starts_with("actions:get: "), "{rule}: {said}");
        assert!(said.contains(expected), "{rule}: {said}");
    }
}

#[test]
fn a_name_like_those_of_actions_is_one_of_them_or_refused() {
    for (name, near) in [
        ("actions:gett", Some("actions:get")),
        ("actions:gte_all", Some("actions:get_all")),
        ("action:delete", Some("actions:delete")),
        ("Actions:get", Some("actions:get")),
        ("ACTIONS:GET", Some("actions:get")),
        ("Actions:gett", Some("actions:get")),
        ("action:gett", Some("actions:get")),
        ("actions.get_all", Some("actions:get_all")),
        ("ACTION/Updaet", Some("actions:update")),
        ("Actions_Get_All", Some("actions:get_all")),
        ("Action.list", None),
        ("actions:list", None),
        ("actions:", None),
    ] {
        let error = with(&[(name, "role:x")]).unwrap_err();
        assert_eq!((&*error.rule, &error.fault), (name, &Fault::GuardsNothing { near }));
    }
    assert_eq!(
        with(&[("actions:gett", "role:x")]).unwrap_err().to_string(),
        "actions:gett: no request is checked against a rule of this name (there is \"actions:get\"); \
         correct it to one of actions:get_all, actions:get, actions:create, actions:update, \
         actions:replace, actions:delete, or take it out"
    );
    // The other resources of Freezer, and rules to refer to.
    let resources = ["jobs:get", "clients:create_central", "sessions:delete", "backups:get_all"];
    let helpers = ["boss", "Jobs:Get", "action_admin", "actions-of-mine", "reactions:get_none"];
    for name in resources.into_iter().chain(helpers) {
        assert!(with(&[(name, "role:x")]).is_ok(), "{name}");
    }
}

#[test]
fn a_rule_cannot_come_back_to_itself() {
    let cycle = |rules: &[(&str, &str)]| with(rules).unwrap_err().to_string();
    assert_eq!(
        cycle(&[("a", "rule:a")]),
        "a: it comes back to itself: a → a; take one of these references out"
    );
    let said = cycle(&[("x", "rule:y"), ("y", "@ or not rule:x")]);
    assert!(said.starts_with("x: it comes back to itself: x → y → x"), "{said}");
    // The rule that is named is one that somebody wrote.
    let said = cycle(&[("context_is_admin", "rule:admin_or_owner")]);
    assert!(said.starts_with("context_is_admin: it comes back"), "{said}");
}

#[test]
fn what_a_decision_may_take_is_bounded() {
    let nested = |depth| format!("{}@{}", "(".repeat(depth), ")".repeat(depth));
    assert!(with(&[("a", &nested(50))]).is_ok());
    assert_eq!(with(&[("a", &nested(51))]).unwrap_err().fault, Fault::Nested { most: 50 });
    assert!(with(&[("a", &nested(1_000_000))]).is_err());
    assert!(with(&[("a", &"not ".repeat(1_000_000))]).is_err());

    let chain = |length: usize, link: fn(usize) -> String| {
        let rules = (0..length).map(|n| (n.to_string(), RuleText::Text(link(n))));
        Policy::with(rules.chain([(length.to_string(), RuleText::Text("@".into()))]))
    };
    assert!(chain(99, |n| format!("rule:{}", n + 1)).is_ok());
    let long = chain(100, |n| format!("rule:{}", n + 1)).unwrap_err();
    assert_eq!(long.fault, Fault::Nested { most: 100 });
    assert!(chain(100_000, |n| format!("rule:{}", n + 1)).is_err());
    let wide = chain(40, |n| format!("rule:{0} and rule:{0}", n + 1)).unwrap_err();
    assert_eq!(wide.fault, Fault::Large { most: 10_000 });
}

#[test]
fn the_rule_default_stands_in_for_rules_that_are_not_there() {
    let (policy, warnings) = with(&[("actions:get", "rule:gone"), ("default", "role:x")]).unwrap();
    let reference = "gone".to_owned();
    assert_eq!(warnings, [Warning::StandIn { rule: "actions:get".into(), reference }]);
    let may = |role| policy.allows(&caller(&[role]), ProjectRule::Get, &ProjectId::new("own"));
    assert!(may("x") && !may("member"));
    let round = with(&[("default", "rule:gone")]).unwrap_err().to_string();
    assert!(round.contains("default → default"), "{round}");
    // It does not stand in for rules that are built in.
    assert_eq!(Policy::default().rules().filter(|rule| rule.name() == "default").count(), 0);
}

#[test]
fn what_is_probably_not_meant_is_said() {
    let said = |name: &str, rule: &str| {
        let (_, warnings) = with(&[(name, rule)]).unwrap();
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (rule, expected) in [
        ("", "actions:get: it is empty, which allows everybody"),
        ("projct_id:%(project_id)s", "no credentials have \"projct_id\""),
        ("token.user.domain:x", "no credentials have \"token.user.domain\""),
        ("project_id:%(project)s", "no request has \"project\""),
        ("role:%(role)s", "no request has \"role\""),
        ("user_id:'ann'", "the quotes of user_id:'ann' are part of the value"),
    ] {
        assert!(said("actions:get", rule).contains(expected), "{rule}: {}", said("x", rule));
    }
    for good in ["@", "!", "role:member and user_id:%(project_id)s", "rule:context_is_admin"] {
        assert_eq!(said("actions:get", good), "");
    }
    assert_eq!(said("jobs:get", "@"), "jobs:get: it guards nothing here, and no rule refers to it");
}

#[test]
fn empty_lists_are_warned_about_too() {
    let empty = ("actions:get".to_owned(), RuleText::Lists(vec![]));
    let (_, warnings) = Policy::with([empty]).unwrap();
    assert_eq!(warnings, [Warning::Empty { rule: "actions:get".into() }]);
}

#[test]
fn credentials_without_a_project_open_nothing() {
    let admin = |target| Scope { target, roles: vec!["admin".into()] };
    let scopes = [ScopeTarget::Domain("here".into()), ScopeTarget::System].map(admin).map(Some);
    let open = policy(&ProjectRule::ALL.map(|rule| (rule.as_str(), "@")));
    for scope in scopes.into_iter().chain([None]) {
        let caller = Caller { scope, ..caller(&[]) };
        for rule in ProjectRule::ALL {
            assert!(!open.allows(&caller, rule, &ProjectId::new("own")));
            let trace = open.explain(&caller, rule.as_str(), &ProjectId::new("own")).unwrap();
            assert!(!trace.holds && trace.parts[1].holds, "{trace:?}");
        }
    }
}

#[test]
fn an_override_counts_wherever_its_rule_is_referred_to() {
    let policy = policy(&[("project_member", "role:operator")]);
    let may = |role| policy.allows(&caller(&[role]), ProjectRule::Delete, &ProjectId::new("other"));
    assert!(may("operator") && may("admin") && !may("member"));
}

#[test]
fn a_trace_names_every_check_and_what_it_saw() {
    let trace =
        Policy::default().explain(&caller(&["reader"]), "actions:get", &ProjectId::new("own"));
    let mut lines = vec![];
    write(&trace.unwrap(), 0, &mut lines);
    let expected = r#"
yes actions:get
yes   a project's credentials: the credentials are for "own"
yes   rule:actions:get
yes     rule:admin_or_reader_or_service
yes       or
no          rule:admin_or_owner_or_service
no            or
no              rule:admin_or_service
no                or
no                  role:admin: the roles are reader
no                  role:service: the roles are reader
no              rule:project_member
no                and
no                  role:member: the roles are reader
yes                 project_id:%(project_id)s: project_id is "own", compared with "own"
yes         rule:project_reader
yes           and
yes             role:reader: the roles are reader
yes             project_id:%(project_id)s: project_id is "own", compared with "own""#;
    assert_eq!(lines.join("\n"), expected.trim_start());
}

fn write(trace: &Trace, depth: usize, lines: &mut Vec<String>) {
    let because = trace.because.iter().map(|why| format!(": {why}")).collect::<String>();
    let word = if trace.holds { "yes" } else { "no" };
    lines.push(format!("{word:<4}{:1$}{check}{because}", "", depth * 2, check = trace.check));
    trace.parts.iter().for_each(|part| write(part, depth + 1, lines));
}

/// Expressions, as they may be written.
fn expression() -> impl Strategy<Value = String> {
    const LEAVES: &[&str] = &[
        "@",
        "!",
        "role:member",
        "role:admin",
        "rule:project_member",
        "is_admin:False",
        "user_id:%(project_id)s",
        "project_id:x%%%(project_id)s-y",
        "None:None",
        "'own':%(project_id)s",
    ];
    let leaf = proptest::sample::select(LEAVES).prop_map(str::to_owned);
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| format!("not {part}")),
            inner.clone().prop_map(|part| format!("({part})")),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" and ")),
            proptest::collection::vec(inner, 2..4).prop_map(|parts| parts.join(" or ")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back(text in expression()) {
        let read = parse::text(&text).unwrap();
        prop_assert_eq!(parse::text(&read.to_string()).unwrap(), read);
    }

    #[test]
    fn a_trace_agrees_with_the_decision(
        text in expression(),
        roles in proptest::sample::subsequence(vec!["member", "admin", "reader"], 0..3),
        is_own in any::<bool>(),
    ) {
        let policy = policy(&[("actions:get", &text)]);
        let (caller, project) = (caller(&roles), ProjectId::new(if is_own { "own" } else { "x" }));
        let trace = policy.explain(&caller, "actions:get", &project).unwrap();
        prop_assert_eq!(trace.holds, policy.allows(&caller, ProjectRule::Get, &project));
        prop_assert!(adds_up(&trace));
    }

    #[test]
    fn no_text_is_too_much(text in "[ ()@!:%a-z'\"]{0,60}|\\PC{0,60}") {
        let _ = with(&[("actions:get", &text)]);
    }
}

/// Whether what joins checks holds as they say.
fn adds_up(trace: &Trace) -> bool {
    let (mut all, parts) = (trace.parts.iter().map(|part| part.holds), &trace.parts);
    let own = match trace.check.as_str() {
        "and" => all.all(|holds| holds),
        "or" => all.any(|holds| holds),
        "not" => !parts[0].holds,
        check if check.starts_with("rule:") => parts[0].holds,
        _ => trace.holds,
    };
    own == trace.holds && parts.iter().all(adds_up)
}
