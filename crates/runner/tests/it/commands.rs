//! Commands that end by themselves.

use std::fs;

use actiond_core::cluster::ActionStatus::{Completed, Failed};
use actiond_core::usecase::Grip;
use actiond_runner::{CommandLine, Work};
use serde_json::{Map, json};

use crate::processes::{NONE, of_task};
use crate::world::{failure, line_of, python, sh, world};

fn parameters(value: serde_json::Value) -> Map<String, serde_json::Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_command_gets_its_parameters_on_stdin_and_completes() {
    let world = world(sh("cat > $DIR/in; echo '{\"progress\":50}'"));
    let runner = world.run();
    let given = parameters(json!({"node_uid": "2", "big": 12345678901234567890123_f64, "ä": null}));
    runner.start_with("work", given.clone()).unwrap();
    let action = runner.ends("work", Completed);
    assert_eq!(action.progress.percent(), 100.0);
    assert_eq!(action.failure, None);
    let read = fs::read_to_string(world.path("in")).unwrap();
    assert_eq!(serde_json::from_str::<Map<_, _>>(&read).unwrap(), given);
}

#[test]
fn a_command_has_a_clean_environment_the_root_as_folder_and_a_group_of_its_own() {
    let world = world(sh("tr '\\0' '\\n' < /proc/$$/environ | sort > $DIR/environment
         readlink /proc/$$/cwd > $DIR/cwd; ps -o pgid= -p $$ | tr -d ' ' > $DIR/group; echo $$ > $DIR/pid"));
    let runner = world.run();
    let task = runner.start("work").task_id;
    runner.ends("work", Completed);
    let environment = fs::read_to_string(world.path("environment")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let folder = world.folder.path().display();
    let expected = format!(
        "ACTIOND_ACTION=work\nACTIOND_ATTEMPT=1\nACTIOND_TASK_ID={task}\nDIR={folder}\nPATH={path}\n"
    );
    assert_eq!(environment, expected);
    assert_eq!(line_of(&world.path("cwd")), "/");
    assert_eq!(line_of(&world.path("group")), line_of(&world.path("pid")));
}

#[test]
fn only_real_percentages_count_as_progress() {
    let world = world(sh(r#"
        echo '{"progress":10}'
        for bad in 150 -1 '"50"' NaN null 1e999 '[60]' 5; do echo "{\"progress\":$bad}"; done
        echo 'not a report: {"progress":99}'; echo '["progress",99]'; echo '{"done":99}'
        exit 3"#));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Failed);
    assert_eq!(action.progress.percent(), 10.0);
    assert_eq!(failure(&action), ("internal_error", "the work ended with exit status 3"));
}

#[test]
fn a_failure_says_what_the_work_said_of_it() {
    let world = world(sh(r#"
        echo 'noise' >&2
        echo '{"error_code":"insufficient_resources"}'
        echo '{"error_message":"no room","message":"giving up","progress":30}'
        exit 1"#));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Failed);
    assert_eq!(failure(&action), ("insufficient_resources", "no room"));
    assert_eq!(action.progress.percent(), 30.0);
}

#[test]
fn a_failure_without_words_shows_the_end_of_stderr() {
    let world = world(sh("seq 1 100000 >&2; printf 'last \\377\\000words' >&2; exit 7"));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Failed);
    let (code, message) = failure(&action);
    assert_eq!(code, "internal_error");
    let tail = message.strip_prefix("the work ended with exit status 7: ").unwrap();
    assert!(tail.ends_with("\n99999\n100000\nlast \u{fffd}\u{fffd}words"), "{tail}");
    assert!(tail.len() > 4000 && tail.len() <= 4096, "{}", tail.len());
}

#[test]
fn death_by_a_signal_that_nobody_asked_for_is_a_failure() {
    let world = world(sh("kill -KILL $$"));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Failed);
    assert_eq!(failure(&action).1, "the work was ended by SIGKILL");
}

#[test]
fn a_command_need_not_read_its_parameters() {
    let large = parameters(json!({"text": "x".repeat(1024 * 1024)}));
    for script in ["exit 0", "exec 0<&-; echo '{\"progress\":1}'"] {
        let world = world(sh(script));
        let runner = world.run();
        runner.start_with("work", large.clone()).unwrap();
        runner.ends("work", Completed);
    }
}

#[test]
fn ten_megabytes_of_anything_on_both_pipes_do_no_harm() {
    let world = world(python(
        "import os, sys, threading
def flood(pipe):
    for _ in range(40):
        os.write(pipe, b'\\xff\\x00{[\"' * 26214 + b'x' * 131072)
        os.write(pipe, b'\\n{\"progress\": 40}\\n' if pipe == 1 else b'\\n')
threads = [threading.Thread(target=flood, args=(pipe,)) for pipe in (1, 2)]
[t.start() for t in threads]; [t.join() for t in threads]
sys.exit(1)",
    ));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Failed);
    assert_eq!(action.progress.percent(), 40.0);
    assert!(failure(&action).1.len() < 5000);
}

#[test]
fn what_a_command_leaves_running_in_its_group_does_not_hold_it_up_and_is_killed() {
    let world = world(sh("sleep 1000 & sleep 1000 >/dev/null 2>&1 & echo '{\"progress\":1}'"));
    let runner = world.run();
    let task = runner.start("work").task_id;
    runner.ends("work", Completed);
    assert_eq!(of_task(task), NONE);
}

#[test]
fn even_what_has_left_the_group_cannot_hold_it_up() {
    let world = world(sh("setsid sleep 1000 & echo '{\"progress\":1}'"));
    let runner = world.run();
    let task = runner.start("work").task_id;
    runner.ends("work", Completed);
    assert_eq!(of_task(task).len(), 1, "work may start a daemon");
    actiond_runner::kill_left_behind(Grip { task, fencing: 1 });
}

#[test]
fn a_command_of_a_relative_path_is_meant_from_its_folder() {
    let mut line = CommandLine::new("./sh", ["-c", "exit 0"]);
    line.directory = "/bin".into();
    let world = world(Work::Command(line));
    let runner = world.run();
    runner.start("work");
    runner.ends("work", Completed);
}
