//! Reading pages, ids and names out of any text.

use actiond_core::cluster::ActionName;
use actiond_core::document::{MAX_LIMIT, Page};
use actiond_core::project::{ActionId, MAX_ID_LENGTH};
use proptest::option::of;
use proptest::prelude::*;

/// Texts that come near to what is allowed, and any other.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[-+ 0-9.eE]{0,25}", "[\\w-]{0,70}", "[a-z0-9_]{0,66}"]
}

proptest! {
    #[test]
    fn any_text_is_a_page_or_refused(limit in of(text()), offset in of(text()), marker in of(text())) {
        if let Ok(page) = Page::parse(limit.as_deref(), offset.as_deref(), marker.as_deref()) {
            prop_assert!((1..=MAX_LIMIT).contains(&page.limit));
            prop_assert!(i64::try_from(page.skip).is_ok());
        }
    }

    #[test]
    fn numbers_are_taken_as_they_are(limit in 1..=MAX_LIMIT, offset in 0..=i64::MAX as u64) {
        let page = Page::parse(Some(&limit.to_string()), Some(&offset.to_string()), None).unwrap();
        prop_assert_eq!((page.limit, page.skip, page.after), (limit, offset, None));
    }

    #[test]
    fn negative_numbers_are_refused(number in i64::MIN..0) {
        let number = Some(number.to_string());
        prop_assert!(Page::parse(number.as_deref(), None, None).is_err());
        prop_assert!(Page::parse(None, number.as_deref(), None).is_err());
    }

    #[test]
    fn a_marker_is_any_id(id in "[A-Za-z0-9_-]{1,64}") {
        let page = Page::parse(None, None, Some(&id)).unwrap();
        prop_assert_eq!(page.after, Some(ActionId::parse(&id).unwrap()));
    }

    #[test]
    fn an_id_is_of_its_form(text in text()) {
        let of_form = |c: char| c.is_alphanumeric() || "_-".contains(c);
        let good = (1..=MAX_ID_LENGTH).contains(&text.chars().count()) && text.chars().all(of_form);
        match ActionId::parse(&text) {
            Ok(id) => prop_assert!(good && id.as_str() == text),
            Err(_) => prop_assert!(!good, "{text:?}"),
        }
    }

    #[test]
    fn a_name_is_of_its_form(text in text()) {
        let mut rest = text.bytes();
        let starts = rest.next().is_some_and(|b| b.is_ascii_lowercase());
        let of_form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let good = starts && text.len() <= 64 && rest.all(of_form);
        match ActionName::parse(&text) {
            Ok(name) => prop_assert!(good && name.as_str() == text),
            Err(_) => prop_assert!(!good, "{text:?}"),
        }
    }

    #[test]
    fn what_is_refused_is_not_sent_back_at_length(text in ".{200,400}") {
        let id = ActionId::parse(&text).unwrap_err().to_string();
        let name = ActionName::parse(&text).unwrap_err().to_string();
        prop_assert!(id.chars().count() < 100 && name.chars().count() < 1000, "{}\n{}", id, name);
    }
}
