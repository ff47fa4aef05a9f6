//! What keeps project actions.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::sample::{document, id, plan, project};
use super::{MakeProjectActions, once};
use crate::document::Page;
use crate::memory::ManualClock;
use crate::ports::{Inserted, PageAnswer, ProjectActionRepository, Swapped};
use crate::project::ProjectId;

/// Tests a repository of project actions.
pub fn project_actions(make: MakeProjectActions<'_>) {
    once::documents(make);
    let cases: &[fn(&Kept)] = &[
        an_action_is_found_as_it_was_stored,
        many_are_looked_for_together,
        projects_share_nothing,
        a_swap_needs_the_version_that_was_read,
        a_removed_id_is_free_and_keeps_its_place_for_a_day,
        a_walk_does_not_skip_when_its_marker_is_used_again,
        a_page_is_a_part_of_the_order,
        a_marker_is_a_place_in_the_order,
        a_removed_marker_serves_for_a_day,
        a_search_is_by_equality,
        a_search_is_by_substring,
        a_change_changes_what_is_found,
        a_search_may_have_many_conditions,
        a_search_has_pages,
        huge_documents_are_found_by_all_that_they_hold,
        a_long_list_is_paged_and_searched_everywhere,
    ];
    for case in cases {
        let clock = Arc::new(ManualClock::default());
        case(&Kept { store: make(clock.clone()), clock, project: project("p") });
    }
}

/// A repository, seen from one project.
struct Kept {
    store: Arc<dyn ProjectActionRepository>,
    clock: Arc<ManualClock>,
    project: ProjectId,
}

impl Kept {
    fn insert(&self, name: &str, keys: Value) -> Inserted {
        let new = document(&self.project, &id(name), 1, &keys);
        self.store.insert(&self.project, &id(name), &new).wait().unwrap()
    }

    fn insert_all(&self, names: &[&str]) {
        for name in names {
            assert_eq!(self.insert(name, json!({"backup_name": name})), Inserted::Stored);
        }
    }

    fn update(&self, name: &str, expected: u64, keys: Value) -> Swapped {
        let new = document(&self.project, &id(name), expected + 1, &keys);
        self.store.update(&self.project, &id(name), expected, &new).wait().unwrap()
    }

    fn remove(&self, name: &str) {
        let removed = self.store.remove(&self.project, &id(name), None).unwrap();
        assert_eq!(removed, Swapped::Updated);
    }

    /// The ids on a page, or none for an unknown marker.
    fn page(&self, limit: u32, after: Option<&str>, skip: u64) -> Option<Vec<String>> {
        let page = Page { limit, after: after.map(id), skip, ..Page::default() };
        let answer = self.store.page(&self.project, &page).unwrap();
        self.check_short_page(&page, &answer);
        ids(answer)
    }

    /// A short page is the page, or none; and none when it has too many bytes.
    fn check_short_page(&self, page: &Page, answer: &PageAnswer) {
        let short = |at_most| self.store.short_page(&self.project, page, at_most).wait().unwrap();
        let bytes = answer.bytes();
        assert!(short(bytes).is_none_or(|short| short == *answer), "{page:?}");
        if bytes > 0 {
            assert_eq!(short(bytes - 1), None, "{page:?}");
        }
    }

    fn found(&self, search: Value) -> Vec<String> {
        self.found_on(search, Page { limit: 1000, ..Page::default() })
    }

    fn found_on(&self, search: Value, page: Page) -> Vec<String> {
        let plan = plan(&self.project, &search);
        ids(self.store.search(&self.project, &plan, &page).unwrap()).unwrap()
    }

    fn containing(&self, text: &str) -> Vec<String> {
        self.found(json!({"match": [{"_all": text}]}))
    }
}

fn ids(answer: PageAnswer) -> Option<Vec<String>> {
    let PageAnswer::Documents(documents) = answer else { return None };
    let id = |text: &str| {
        let document: Value = serde_json::from_str(text).unwrap();
        document["action_id"].as_str().unwrap().to_owned()
    };
    Some(documents.iter().map(|document| id(&document.text)).collect())
}

#[track_caller]
fn names(seen: Option<Vec<String>>, expected: &[&str]) {
    assert_eq!(seen.unwrap(), expected);
}

fn an_action_is_found_as_it_was_stored(kept: &Kept) {
    let new = document(&kept.project, &id("a"), 1, &json!({"é\"": [1.50, null], "big": "\u{0}"}));
    let (a, b) = (id("a"), id("b"));
    assert_eq!(kept.store.insert(&kept.project, &a, &new).wait().unwrap(), Inserted::Stored);
    assert_eq!(kept.store.find(&kept.project, &a).wait().unwrap(), Some(new.document.clone()));
    assert_eq!(kept.store.find(&kept.project, &b).wait().unwrap(), None);
    assert_eq!(kept.insert("a", json!({})), Inserted::Taken);
    assert_eq!(kept.store.find(&kept.project, &a).wait().unwrap(), Some(new.document));
}

fn many_are_looked_for_together(kept: &Kept) {
    let names: Vec<_> = (0..100).map(|number| format!("a{number}")).collect();
    let stored = names.iter().step_by(2).map(|name| &**name).collect::<Vec<_>>();
    kept.insert_all(&stored);
    let wanted: Vec<_> = names.iter().chain(&names).collect();
    let find = |name: &&String| kept.store.find(&kept.project, &id(name));
    let begun: Vec<_> = wanted.iter().map(find).collect();
    for (number, (name, found)) in iter::zip(&wanted, begun).enumerate() {
        let found = found.wait().unwrap();
        assert_eq!(found.is_some(), number % 2 == 0, "{name}");
        assert!(found.is_none_or(|found| found.text.contains(&format!("\"{name}\""))), "{name}");
    }
}

fn projects_share_nothing(kept: &Kept) {
    let other =
        Kept { store: kept.store.clone(), clock: kept.clock.clone(), project: project("P") };
    kept.insert_all(&["a", "b"]);
    other.insert_all(&["b", "c"]);
    names(kept.page(9, None, 0), &["a", "b"]);
    names(other.page(9, None, 1), &["c"]);
    assert_eq!(other.store.find(&other.project, &id("a")).wait().unwrap(), None);
    assert_eq!(other.found(json!({"match": [{"action": "backup"}]})), ["b", "c"]);
    assert_eq!(kept.containing("backup"), ["a", "b"]);
    assert_eq!(kept.page(9, Some("c"), 0), None, "another project's id is no marker");
    other.remove("b");
    names(kept.page(9, None, 0), &["a", "b"]);
    let gone = kept.store.remove(&kept.project, &id("c"), None).unwrap();
    assert_eq!(gone, Swapped::Gone);
}

fn a_swap_needs_the_version_that_was_read(kept: &Kept) {
    kept.insert_all(&["a", "b"]);
    assert_eq!(kept.update("a", 1, json!({"n": 2})), Swapped::Updated);
    assert_eq!(kept.update("a", 1, json!({"n": 3})), Swapped::Changed);
    assert_eq!(kept.update("c", 1, json!({})), Swapped::Gone);
    let stored = kept.store.find(&kept.project, &id("a")).wait().unwrap().unwrap();
    assert_eq!(stored.version, 2);
    assert!(stored.text.contains(r#""n":2"#));
    names(kept.page(9, None, 0), &["a", "b"]);
    let remove = |expected| kept.store.remove(&kept.project, &id("a"), Some(expected)).unwrap();
    assert_eq!(
        (remove(1), remove(2), remove(2)),
        (Swapped::Changed, Swapped::Updated, Swapped::Gone)
    );
}

fn a_removed_id_is_free_and_keeps_its_place_for_a_day(kept: &Kept) {
    kept.insert_all(&["a", "b", "c"]);
    kept.remove("a");
    assert_eq!(kept.store.find(&kept.project, &id("a")).wait().unwrap(), None);
    kept.insert_all(&["a"]);
    names(kept.page(9, None, 0), &["a", "b", "c"]);
    kept.remove("b");
    kept.clock.advance(Duration::from_secs(86_400));
    kept.insert_all(&["b"]);
    names(kept.page(9, None, 0), &["a", "c", "b"]);
    kept.remove("a");
    kept.insert_all(&["d"]);
    names(kept.page(9, None, 0), &["c", "b", "d"]);
}

fn a_walk_does_not_skip_when_its_marker_is_used_again(kept: &Kept) {
    kept.insert_all(&["a", "b", "c", "d"]);
    names(kept.page(2, None, 0), &["a", "b"]);
    kept.remove("b");
    kept.insert_all(&["b"]);
    names(kept.page(2, Some("b"), 0), &["c", "d"]);
    names(kept.page(2, Some("d"), 0), &[]);
    assert_eq!(kept.found(json!({"match": [{"backup_name": "b"}]})), ["b"]);
}

fn a_page_is_a_part_of_the_order(kept: &Kept) {
    kept.insert_all(&["c", "a", "b"]);
    names(kept.page(2, None, 0), &["c", "a"]);
    names(kept.page(2, None, 2), &["b"]);
    names(kept.page(2, None, 3), &[]);
    names(kept.page(2, None, i64::MAX as u64), &[]);
}

fn a_marker_is_a_place_in_the_order(kept: &Kept) {
    kept.insert_all(&["c", "a", "b", "d"]);
    names(kept.page(2, Some("c"), 0), &["a", "b"]);
    names(kept.page(2, Some("c"), 1), &["b", "d"]);
    names(kept.page(2, Some("d"), 0), &[]);
    names(kept.page(2, Some("d"), 5), &[]);
    assert_eq!(kept.page(2, Some("x"), 0), None);
}

fn a_removed_marker_serves_for_a_day(kept: &Kept) {
    kept.insert_all(&["a", "b", "c"]);
    kept.remove("b");
    names(kept.page(9, Some("b"), 0), &["c"]);
    kept.clock.advance(Duration::from_secs(86_399));
    names(kept.page(9, Some("b"), 0), &["c"]);
    kept.insert_all(&["b", "d"]);
    names(kept.page(9, Some("b"), 0), &["c", "d"]);
    kept.remove("b");
    kept.clock.advance(Duration::from_secs(86_399));
    names(kept.page(9, Some("b"), 0), &["c", "d"]);
    kept.clock.advance(Duration::from_secs(1));
    assert_eq!(kept.page(9, Some("b"), 0), None);
    kept.remove("a");
    assert_eq!(kept.page(9, Some("b"), 0), None);
    names(kept.page(9, Some("a"), 0), &["c", "d"]);
}

fn a_search_is_by_equality(kept: &Kept) {
    kept.insert("a", json!({"mode": "fs", "n": 3, "in": {"deep": ["x"]}}));
    kept.insert("b", json!({"mode": "fs", "n": "3"}));
    kept.insert("c", json!({"n": 3.0, "in": {"deep": ["x", "y"]}}));
    assert_eq!(kept.found(json!({"match": [{"n": 3}]})), ["a", "c"]);
    assert_eq!(kept.found(json!({"match": [{"n": "3"}]})), ["b"]);
    assert_eq!(kept.found(json!({"match": [{"mode": "fs"}, {"n": 3}]})), ["a"]);
    assert_eq!(kept.found(json!({"match": [{"deep": ["x"]}]})), ["a"]);
    assert_eq!(kept.found(json!({"match": [{"mode": null}]})), ["c"]);
    assert_eq!(kept.found(json!({"match_not": [{"mode": null}]})), ["a", "b"]);
    assert_eq!(kept.found(json!({"match_not": [{"n": 3}]})), ["b"]);
    assert_eq!(kept.found(json!({"match_not": [{"n": 3}, {"n": "3"}]})), [""; 0]);
    assert_eq!(kept.found(json!({"match": [{"action_id": "b"}]})), ["b"]);
    assert_eq!(kept.found(json!({"match": [{"action": "Backup"}]})), [""; 0]);
}

fn a_search_is_by_substring(kept: &Kept) {
    kept.insert("a", json!({"log_file": "/Var/log/ÄRGER und \"Tee\".log", "t": ["one", "two"]}));
    kept.insert("b", json!({"log_file": "/var/tmp", "mode": "fs", "list": [["nested é"]]}));
    for (text, found) in [
        ("/var/", &["a", "b"][..]),
        ("ärger UND", &["a"]),
        ("\"tee\".", &["a"]),
        ("onetwo", &[]),
        ("p", &["a", "b"]),
        ("é", &["b"]),
        ("fs", &["b"]),
        ("sf", &[]),
        ("g/", &["a"]),
        (" u", &["a"]),
        ("\"", &["a"]),
        ("var/lvar/log", &[]),
        ("d é", &["b"]),
        ("/Var/log/ÄRGER und \"Tee\".log", &["a"]),
        ("*", &[]),
        ("backup AND", &[]),
        ("%a_", &[]),
    ] {
        assert_eq!(kept.containing(text), found, "{text}");
    }
    let both = json!({"match": [{"_all": "var"}, {"mode": "fs"}]});
    assert_eq!(kept.found(both), ["b"]);
    let not = json!({"match": [{"_all": "var"}], "match_not": [{"mode": "fs"}]});
    assert_eq!(kept.found(not), ["a"]);
}

fn a_change_changes_what_is_found(kept: &Kept) {
    let by_mode = |mode: &str| kept.found(json!({"match": [{"mode": mode}]}));
    kept.insert("a", json!({"mode": "fs", "container": "first place"}));
    kept.insert("b", json!({"mode": "fs"}));
    assert_eq!(
        kept.update("a", 1, json!({"mode": "nova", "container": "other"})),
        Swapped::Updated
    );
    assert_eq!((by_mode("fs"), by_mode("nova")), (vec!["b".into()], vec!["a".into()]));
    assert_eq!(kept.containing("place"), [""; 0]);
    assert_eq!(kept.containing("other"), ["a"]);
    kept.remove("a");
    assert_eq!(by_mode("nova"), [""; 0]);
    assert_eq!(kept.containing("other"), [""; 0]);
}

fn a_search_may_have_many_conditions(kept: &Kept) {
    kept.insert("a", json!({"mode": "fs", "n": 7000}));
    kept.insert("b", json!({"mode": "fs"}));
    let many = |word: &str| (0..64).map(|n| json!({word: n})).collect::<Vec<_>>();
    assert_eq!(kept.found(json!({"match": many("n")})), [""; 0]);
    assert_eq!(kept.found(json!({"match": vec![json!({"n": 7000}); 64]})), ["a"]);
    assert_eq!(kept.found(json!({"match_not": many("n")})), ["a", "b"]);
    assert_eq!(kept.containing(&"fs".repeat(512)), [""; 0]);
}

fn a_search_has_pages(kept: &Kept) {
    kept.insert_all(&["a", "b", "c", "d", "e"]);
    kept.update("b", 1, json!({"mode": "fs"}));
    kept.remove("c");
    let found = |limit, after: Option<&str>, skip| {
        kept.found_on(
            json!({"match": [{"mode": null}]}),
            Page { limit, after: after.map(id), skip, ..Page::default() },
        )
    };
    assert_eq!(found(2, None, 0), ["a", "d"]);
    assert_eq!(found(2, None, 2), ["e"]);
    assert_eq!(found(2, Some("b"), 0), ["d", "e"], "a marker need not be found itself");
    assert_eq!(found(2, Some("c"), 1), ["e"]);
    assert_eq!(found(2, None, i64::MAX as u64), [""; 0]);
    let unknown = Page { after: Some(id("x")), ..Page::default() };
    let plan = plan(&kept.project, &json!({"match": [{"action": "backup"}]}));
    let answer = kept.store.search(&kept.project, &plan, &unknown).unwrap();
    assert_eq!(answer, PageAnswer::UnknownMarker);
}

/// Beyond what a store can afford to put into an index.
fn huge_documents_are_found_by_all_that_they_hold(kept: &Kept) {
    let text = |end: &str| format!("{}{end}", "long text ".repeat(4000));
    let keys = |last: &str| {
        let mut keys: serde_json::Map<_, _> =
            (0..3000).map(|n| (format!("k{n}"), n.into())).collect();
        keys.insert("last".to_owned(), last.into());
        Value::Object(keys)
    };
    kept.insert("text", json!({"mode": "fs", "log_file": text("omega")}));
    kept.insert("keys", keys("omega"));
    kept.insert("plain", json!({"mode": "fs", "last": "omega", "k7": 8}));
    // Enough to make every buffer be emptied.
    for n in 0..300 {
        kept.insert(&format!("n{n}"), json!({"number": n}));
    }
    assert_eq!(kept.containing("OMEGA"), ["text", "keys", "plain"]);
    assert_eq!(kept.containing("omeg4"), [""; 0]);
    assert_eq!(kept.containing("xt lo"), ["text"]);
    assert_eq!(kept.containing("xt"), ["text"]);
    assert_eq!(kept.found(json!({"match": [{"k7": 7}]})), ["keys"]);
    assert_eq!(kept.found(json!({"match": [{"last": "omega"}]})), ["keys", "plain"]);
    assert_eq!(kept.found(json!({"match": [{"mode": "fs"}]})), ["text", "plain"]);
    let without = json!({"match": [{"_all": "omega"}], "match_not": [{"k7": 7}]});
    assert_eq!(kept.found(without.clone()), ["text", "plain"]);
    let second = Page { limit: 1, skip: 1, ..Page::default() };
    assert_eq!(kept.found_on(without, second.clone()), ["plain"]);
    let all = json!({"match": [{"action": "backup"}]});
    assert_eq!(kept.found_on(all.clone(), second), ["keys"]);
    assert_eq!(kept.found(all).len(), 303);
    kept.update("keys", 1, keys("alpha"));
    assert_eq!(kept.found(json!({"match": [{"last": "omega"}]})), ["plain"]);
    kept.remove("text");
    assert_eq!(kept.containing("omega"), ["plain"]);
}

/// Long enough for every block, batch and buffer that a store may have.
fn a_long_list_is_paged_and_searched_everywhere(kept: &Kept) {
    let name = |n: usize| format!("a{n:04}");
    for n in 0..700 {
        kept.insert(
            &name(n),
            json!({"n": n, "third": n % 3, "container": format!("needle-{}", n / 100)}),
        );
    }
    let mut expected: Vec<usize> = (0..700).collect();
    for n in (0..700).filter(|n| n % 7 == 0 || (130..400).contains(n)) {
        kept.remove(&name(n));
        expected.retain(|other| *other != n);
    }
    for n in expected.iter().filter(|n| **n % 11 == 0) {
        kept.update(&name(*n), 1, json!({"n": n, "third": 9, "container": "changed"}));
    }
    let names = |numbers: Vec<usize>| numbers.into_iter().map(name).collect::<Vec<_>>();
    for (skip, after) in [
        (0, None),
        (5, None),
        (111, None),
        (200, None),
        (100, Some(129)),
        (0, Some(140)),
        (99, Some(500)),
        (120, Some(650)),
    ] {
        let behind = expected.iter().copied().filter(|n| after.is_none_or(|after| *n > after));
        let page = behind.skip(skip).take(10).collect();
        let seen = kept.page(10, after.map(name).as_deref(), skip as u64).unwrap();
        assert_eq!(seen, names(page), "{skip} after {after:?}");
    }
    let third = |n: &usize| if n.is_multiple_of(11) { 9 } else { n % 3 };
    for value in [0, 1, 9] {
        let found = expected.iter().copied().filter(|n| third(n) == value).collect();
        assert_eq!(kept.found(json!({"match": [{"third": value}]})), names(found), "{value}");
    }
    let found = expected.iter().copied().filter(|n| n % 11 != 0 && n / 100 == 5).collect();
    assert_eq!(kept.containing("NEEDLE-5"), names(found));
    let found = expected.iter().copied().filter(|n| third(n) != 1).skip(50).take(1000).collect();
    let rest = Page { limit: 1000, skip: 50, ..Page::default() };
    assert_eq!(kept.found_on(json!({"match_not": [{"third": 1}]}), rest), names(found));
}
