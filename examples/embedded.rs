//! A program of its own that has cluster actions: it registers a function as an action, starts it,
//! and watches its progress. No server, no database.
//!
//! ```text
//! cargo run -p actiond-runner --example embedded
//! ```

use std::io::{Write, stdout};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use actiond_core::access::{Caller, ClusterPass, ClusterRole, cluster_permission as may};
use actiond_core::cluster::{
    ActionDefinition, ActionName, ActionStatus, Catalog, Failure, ParameterSchema,
};
use actiond_core::memory::MemoryClusterActions;
use actiond_core::usecase::{ClusterActions, Execution};
use actiond_runner::{Context, RandomIds, Registry, Runner, RunnerSettings, SystemClock, Work};
use serde_json::{Map, json};

/// The work: an ordinary function.
fn count_words(context: Context) -> Result<(), Failure> {
    let text = context.parameters().get("text").and_then(|text| text.as_str()).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    for (number, _word) in words.iter().enumerate() {
        if context.is_cancelled() {
            return Ok(());
        }
        sleep(Duration::from_millis(50)); // as if it were hard work
        context.progress(100.0 * (number + 1) as f64 / words.len() as f64);
    }
    Ok(())
}

/// Starts the action, and prints how it goes.
pub(crate) fn run(out: &mut impl Write) -> anyhow::Result<()> {
    let name = ActionName::parse("count_words")?;
    let mut definition = ActionDefinition::new(name.clone());
    definition.parameters = Some(ParameterSchema::compile(&json!({
        "type": "object",
        "required": ["text"],
        "properties": { "text": { "type": "string" } },
    }))?);

    // Any store will do: this one forgets everything at the end, actiond-persistence has others.
    let repository = Arc::new(MemoryClusterActions::default());
    let clock = Arc::new(SystemClock);
    let catalog = Arc::new(Catalog::new([definition])?);

    let runner = Runner::new(
        Execution { repository: repository.clone(), clock: clock.clone() },
        catalog.clone(),
        Registry::new().with(name, Work::handler(count_words)),
        RunnerSettings {
            exclusive_store: true,
            progress_interval: Duration::from_millis(10),
            ..RunnerSettings::new("embedded")
        },
    )?;
    let signal = runner.signal();
    let actions = ClusterActions { repository, catalog, clock, ids: Arc::new(RandomIds), signal };
    let runner = runner.spawn()?;

    let me = Arc::new(Caller {
        user_id: "me".to_owned(),
        name: "me".to_owned(),
        cluster_roles: vec![ClusterRole::Admin],
        ..Caller::default()
    });
    let parameters = Map::from_iter([("text".to_owned(), json!("to be or not to be"))]);
    actions.start(&ClusterPass::<may::Start>::grant(me.clone())?, "count_words", parameters)?;
    writeln!(out, "count_words was accepted")?;

    let view = ClusterPass::<may::View>::grant(me)?;
    let mut last = (ActionStatus::Queued, 0.0);
    while !last.0.is_terminal() {
        let (action, _) = actions.show(&view, "count_words")?;
        let now = (action.status, action.progress.percent());
        if now != last {
            writeln!(out, "count_words {} at {:.0} %", now.0, now.1)?;
            last = now;
        }
        sleep(Duration::from_millis(5));
    }
    runner.shutdown(Duration::from_secs(1));
    Ok(())
}

fn main() -> anyhow::Result<()> {
    run(&mut stdout())
}
