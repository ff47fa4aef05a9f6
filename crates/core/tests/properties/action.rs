//! Project actions: what is sent comes back, and what is refused changes nothing.

use std::sync::Arc;

use actiond_core::access::{Caller, Policy, ProjectPass, Scope, project_rule as may};
use actiond_core::memory::{CountingIds, ManualClock, MemoryProjectActions};
use actiond_core::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};
use actiond_core::usecase::{Precondition, ProjectActions, Written};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::json::{object, value};

/// A key that has a rule, and any value for it.
fn ruled_key() -> impl Strategy<Value = String> {
    let keys = "freezer_action action mode storage engine_name backup_name container log_file \
                max_retries max_retries_interval mandatory timeout priority description \
                job_schedule event schedule_interval schedule_date schedule_year time_started \
                action_id user_id project_id _version";
    prop::sample::select(keys.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn likely_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        value(),
        prop::sample::select(vec![
            json!("backup"),
            json!("fs"),
            json!("local"),
            json!("tar"),
            json!("start"),
            json!("5 minutes"),
            json!("2026-01-31T23:59:00"),
            json!("2026"),
            json!(3),
            json!(true),
            json!({"action": "exec"}),
            json!({"event": "stop"}),
            json!({"container": null}),
        ]),
    ]
}

/// A body that is often right.
fn body() -> impl Strategy<Value = Map<String, Value>> {
    let members = || prop::collection::vec((ruled_key(), likely_value()), 0..3);
    (object(), members(), object(), members(), any::<u8>()).prop_map(
        |(mut body, top, mut action, inner, luck)| {
            action.extend(inner);
            body.extend(top);
            if luck > 20 {
                action.insert("action".into(), json!("backup"));
                body.insert("freezer_action".into(), action.into());
            }
            body
        },
    )
}

fn create(body: &Map<String, Value>) -> Option<ProjectAction> {
    let body = ProjectActionBody::new(Value::Object(body.clone())).unwrap();
    let (project, id) = (ProjectId::new("p"), ActionId::parse("a").unwrap());
    ProjectAction::create(project, id, "ann".into(), body).ok()
}

/// The document as text, without its version.
fn text(action: &ProjectAction) -> String {
    let mut listed = action.clone().into_listed();
    assert_eq!(listed.insert("_version".into(), 0.into()), Some(action.version().into()));
    serde_json::to_string(&listed).unwrap()
}

/// Use cases, and everybody's passes.
struct House {
    actions: ProjectActions,
    caller: Arc<Caller>,
}

impl House {
    fn create(&self, body: Map<String, Value>) -> actiond_core::Result<Written> {
        let pass = self.pass::<may::Create>();
        self.actions.create(&pass, &Precondition::None, Value::Object(body)).wait()
    }

    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(MemoryProjectActions::new(clock.clone()));
        let project = ProjectId::new("p");
        let scope = Some(Scope::project(project, vec!["member".into()]));
        let caller = Caller { user_id: "u".into(), name: "ann".into(), scope, ..Caller::default() };
        Self {
            actions: ProjectActions::new(store, Arc::new(CountingIds::default()), clock),
            caller: Arc::new(caller),
        }
    }

    fn pass<R: may::Rule>(&self) -> ProjectPass<R> {
        ProjectPass::grant(&Policy::default(), self.caller.clone(), ProjectId::new("p")).unwrap()
    }

    fn stored(&self, id: &str) -> Option<String> {
        self.actions.show(&self.pass::<may::Get>(), id).wait().ok().map(|stored| stored.text)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_stored_reads_back(body in body()) {
        let Some(action) = create(&body) else { return Ok(()) };
        let stored = action.clone().into_indexed().document;
        let (project, id) = (ProjectId::new("p"), ActionId::parse("a").unwrap());
        let restored = ProjectAction::restore(project, id, &stored).unwrap();
        prop_assert_eq!(restored.clone().into_indexed().document.text, stored.text);
        prop_assert_eq!(restored, action);
    }

    #[test]
    fn what_was_read_can_be_sent_back(body in body()) {
        let Some(action) = create(&body) else { return Ok(()) };
        let read = action.clone().into_listed();
        let patched = action.clone().patch(read.clone()).unwrap();
        let replacement = ProjectActionBody::new(Value::Object(read)).unwrap();
        let replaced = action.clone().replace(replacement).unwrap();
        for changed in [patched, replaced] {
            prop_assert_eq!(changed.version(), 2);
            prop_assert_eq!(text(&changed), text(&action));
        }
    }

    #[test]
    fn what_was_sent_comes_back(body in body()) {
        let Some(action) = create(&body) else { return Ok(()) };
        let listed = action.clone().into_listed();
        for (key, sent) in &body {
            match key.as_str() {
                "project_id" => prop_assert_eq!(&listed[key], &json!("p")),
                "action_id" => prop_assert_eq!(&listed[key], &json!("a")),
                "user_id" => prop_assert_eq!(&listed[key], &json!("ann")),
                "_version" => prop_assert_eq!(&listed[key], &json!(1)),
                "freezer_action" => {
                    for (key, sent) in sent.as_object().unwrap() {
                        prop_assert_eq!(listed["freezer_action"][key].to_string(), sent.to_string());
                    }
                }
                _ if sent.is_null() => {}
                _ => prop_assert_eq!(listed[key].to_string(), sent.to_string()),
            }
        }
    }

    #[test]
    fn a_patch_at_once_is_a_patch_or_nothing(
        first in body(),
        second in prop_oneof![body().prop_map(Value::Object), value()],
        at_most in prop_oneof![Just(0), 200..1000_usize, Just(usize::MAX)],
        version in 1..3_u64,
    ) {
        let (house, model) = (House::new(), House::new());
        let Ok(made) = house.create(first.clone()) else {
            return Ok(());
        };
        model.create(first).unwrap();
        let (id, before) = (made.id.as_str(), house.stored(made.id.as_str()));
        let condition = Precondition::Versions(vec![version]);
        let pass = house.pass();
        let written = house.actions.patch_at_once(&pass, id, condition.clone(), second.clone(), at_most).wait();
        if let Ok(None) = written {
            prop_assert!(before.as_ref().is_some_and(|text| text.len() > at_most));
            prop_assert_eq!(house.stored(id), before);
            return Ok(());
        }
        let expected = model.actions.patch(&model.pass(), id, &condition, second);
        prop_assert_eq!(format!("{written:?}"), format!("{:?}", expected.map(Some)));
        prop_assert_eq!(house.stored(id), model.stored(id));
    }

    #[test]
    fn a_write_that_is_refused_changes_nothing(
        first in body(),
        second in prop_oneof![body().prop_map(Value::Object), value()],
        way in 0..3,
    ) {
        let house = House::new();
        let Ok(made) = house.create(first) else {
            return Ok(());
        };
        let id = made.id.as_str();
        let before = house.stored(id);
        let written = match way {
            0 => house.actions.patch(&house.pass(), id, &Precondition::None, second),
            1 => house.actions.replace(&house.pass(), id, &Precondition::None, second, None),
            _ => house.actions.patch(&house.pass(), id, &Precondition::Versions(vec![7]), second),
        };
        match written {
            Ok(written) => prop_assert!(way != 2 && written.version == 2),
            Err(_) => prop_assert_eq!(house.stored(id), before),
        }
    }
}

proptest! {
    #[test]
    fn any_schedule_is_taken_as_it_is_or_refused(
        key in "schedule_(interval|date|start_date|end_date|year|hour)|event|status|result",
        text in prop_oneof!["[0-9TWZ:.,+ -]{0,26}", "[0-9]{0,3} {0,2}[a-z]{0,8}", any::<String>()],
    ) {
        let body = json!({"freezer_action": {"action": "info"}, "job_schedule": {&key: &text}});
        if let Some(action) = create(body.as_object().unwrap()) {
            prop_assert_eq!(&action.clone().into_listed()["job_schedule"][&key], &json!(text));
        }
    }

    #[test]
    fn every_moment_is_a_date(
        seconds in 0..4_000_000_000_u32,
        form in prop::sample::select(vec![
            "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%dT%H%M%SZ", "%G-W%V-%uT%H:%M%:z", "%Y-%j",
        ]),
    ) {
        let moment = chrono::DateTime::from_timestamp(seconds.into(), 0).unwrap();
        let written = moment.format(form).to_string();
        let body = json!({
            "freezer_action": {"action": "info"},
            "job_schedule": {"schedule_start_date": &written},
        });
        prop_assert!(create(body.as_object().unwrap()).is_some(), "{}", written);
    }
}
