//! Which pages the embedded store answers at once.

use actiond_core::document::Page;
use actiond_core::ports::{Inserted, PageAnswer};
use actiond_core::project::ActionId;

use crate::support::{Home, named, project};

#[test]
fn short_pages_are_answered_at_once_and_others_are_not() {
    let home = Home::new();
    let actions = home.open().project_actions();
    let id = |number: u32| ActionId::parse(&format!("a{number}")).unwrap();
    for number in 0..100 {
        let name = if number == 99 { "large".repeat(1000) } else { "nightly".to_owned() };
        let new = named(&id(number), 1, &name);
        let inserted = actions.insert(&project(), &id(number), &new).wait().unwrap();
        assert_eq!(inserted, Inserted::Stored);
    }
    let short = |page: &Page| actions.short_page(&project(), page, 32 * 1024).wait().unwrap();
    let page = |limit, after, skip| Page { limit, after, skip, ..Page::default() };
    for (page, count) in [
        (page(10, None, 0), 10),
        (page(32, None, 0), 32),
        (page(1000, Some(id(67)), 0), 32),
        (page(10, Some(id(94)), 0), 5),
        (page(10, Some(id(99)), 0), 0),
    ] {
        let Some(PageAnswer::Documents(found)) = short(&page) else { panic!("{page:?}") };
        assert_eq!(found.len(), count, "{page:?}");
        assert_eq!(actions.page(&project(), &page).unwrap(), PageAnswer::Documents(found));
    }
    assert_eq!(short(&page(10, Some(id(100)), 0)), Some(PageAnswer::UnknownMarker));
    for long in [page(33, None, 0), page(1000, Some(id(66)), 0), page(1, None, 1)] {
        assert_eq!(short(&long), None, "{long:?}");
    }
    let last = page(10, Some(id(94)), 0);
    let all = actions.page(&project(), &last).unwrap();
    let within = |bytes| actions.short_page(&project(), &last, bytes).wait().unwrap();
    assert_eq!(within(all.bytes()), Some(all.clone()));
    assert_eq!(within(all.bytes() - 1), None, "they are larger together");
    assert_eq!(within(4096), None, "one is larger");
}
