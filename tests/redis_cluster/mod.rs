//! examples/redis-cluster steers a real Redis Cluster: six nodes with data in them, of which every key is
//! there in the end.

mod operator;
mod readme;
mod six;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{until, until_some};
use operator::{On, Operator};
use six::SixNodes;

/// How many slots the first master has more than its share, when it has too many.
const TOO_MANY: usize = 1200;
/// Slow enough to be met half-way, on a quick machine.
const SLOWLY: u32 = 200;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// Gives the first master slots of the others.
fn unbalance(six: &SixNodes) {
    for master in [2, 3] {
        six.reshard(master, 1, TOO_MANY / 2);
        until_all_agree(six);
    }
}

/// Waits until all nodes say the same of all slots, and serve them.
fn until_all_agree(six: &SixNodes) {
    until("all nodes agree", || {
        let serves = |node| six.ask(node, &["CLUSTER", "INFO"]).contains("cluster_state:ok");
        if !(1..=6).all(serves) {
            return false;
        }
        let views = (1..=6).map(|node| six.ask(node, &["CLUSTER", "SLOTS"]));
        let sorted = views.map(|view| {
            let mut lines: Vec<_> = view.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        });
        sorted.collect::<BTreeSet<_>>().len() == 1
    });
}

/// Waits until a rebalance is well on its way, and not yet near its end.
#[track_caller]
fn until_half_way(operator: &mut Operator) {
    until_some("a third is moved", || {
        let shown = operator.show(On::Cluster, "rebalance");
        assert_ne!(shown["status"], "failed", "{shown}");
        shown["progress"].as_f64().filter(|progress| *progress > 33.0)
    });
}

/// Lets check run until it finds nothing.
fn until_all_is_well(operator: &mut Operator) {
    until("check finds nothing", || {
        operator.run(On::Cluster, "check", &json!({}))["status"] == "completed"
    });
}

#[test]
fn masters_change_and_a_node_in_maintenance_can_be_stopped() {
    let mut six = SixNodes::start();
    let mut operator = Operator::of(&six);
    operator.complete(On::Cluster, "check", &json!({}));

    // A replica takes its master's place, and gives it back.
    assert!(!six.is_master(4));
    operator.complete(On::Cluster, "change_master", &json!({"node_uid": "4"}));
    assert!(six.is_master(4));
    operator.complete(On::Cluster, "change_master", &json!({"node_uid": "4"}));
    assert!(!six.is_master(4));
    let unknown = operator.fail(On::Cluster, "change_master", &json!({"node_uid": "9"}));
    assert!(unknown.contains("there is no node 9"), "{unknown}");
    let nobody = operator.ask(On::Cluster, "change_master", &json!({})).unwrap_err();
    assert!(nobody.contains("code: 400"), "{nobody}");

    assert!(six.is_master(1) && six.slots(1) > 0);
    operator.complete(On::Node(1), "maintenance_on", &json!({}));
    assert!(!six.is_master(1) && six.slots(1) == 0);
    let refused = operator.fail(On::Cluster, "change_master", &json!({"node_uid": "1"}));
    assert!(refused.contains("is in maintenance"), "{refused}");
    six.kill(1);
    let missed = operator.fail(On::Cluster, "check", &json!({}));
    assert_eq!(missed, format!("node 1 ({}) does not answer", six.address(1)));
    six.check_data(2);
    six.start_again(1);
    let kept_back = ["CONFIG", "GET", "cluster-replica-no-failover"];
    assert!(six.ask(1, &kept_back).ends_with("yes"), "it forgets that when it starts again");
    operator.complete(On::Node(1), "maintenance_off", &json!({}));
    assert!(six.ask(1, &kept_back).ends_with("no"));
    until_all_is_well(&mut operator);
    operator.complete(On::Cluster, "change_master", &json!({"node_uid": "1"}));
    assert!(six.is_master(1) && six.slots(1) > 0);
    six.check_data(1);
}

#[test]
fn a_rebalance_is_cancelled_half_way_and_goes_on() {
    let six = SixNodes::start();
    let share = six.slots(1);
    unbalance(&six);
    assert_eq!(six.slots(1), share + TOO_MANY);
    let mut operator = Operator::of(&six);
    let slowly = json!({"max_slots_per_second": SLOWLY});
    operator.ask(On::Cluster, "rebalance", &slowly).unwrap();
    until_half_way(&mut operator);
    let other = operator.ask(On::Cluster, "change_master", &json!({"node_uid": "4"})).unwrap_err();
    assert!(other.starts_with("Conflict"), "{other}");
    operator.cancel("rebalance");
    let cancelled = operator.end_of(On::Cluster, "rebalance");
    assert_eq!(cancelled["status"], "cancelled");
    let progress = cancelled["progress"].as_f64().unwrap();
    assert!(33.0 < progress && progress < 90.0, "{cancelled}");
    let moved = (share + TOO_MANY - six.slots(1)) as f64;
    let said = progress / 100.0 * TOO_MANY as f64;
    assert!((moved - said).abs() <= 2.0, "{moved} slots were moved, {said} were said");
    until_all_agree(&six);
    operator.complete(On::Cluster, "check", &json!({}));
    six.check_data(2);

    operator.complete(On::Cluster, "rebalance", &json!({}));
    for master in 1..=3 {
        assert!((5461..=5462).contains(&six.slots(master)), "{}", six.slots(master));
    }
    six.check_data(3);
}

/// Kills a node during a rebalance from the first master to the second and then to the third.
fn check_death(victim: impl Fn(&SixNodes) -> usize) {
    let mut six = SixNodes::start();
    unbalance(&six);
    let mut operator = Operator::of(&six);
    operator.ask(On::Cluster, "rebalance", &json!({"max_slots_per_second": SLOWLY})).unwrap();
    until_half_way(&mut operator);
    let victim = victim(&six);
    six.kill(victim);
    let failure = operator.failure_of(On::Cluster, "rebalance");
    let silent = format!("node {victim} ({}) does not answer", six.address(victim));
    for part in [&*silent, " slots were moved; slot ", "start rebalance"] {
        assert!(failure.contains(part), "{failure}");
    }
    let missed = operator.fail(On::Cluster, "check", &json!({}));
    assert!(missed.contains(&silent), "{missed}");

    until("its replica takes its place", || (4..=6).any(|node| six.is_master(node)));
    six.start_again(victim);
    until("it follows its replica", || !six.is_master(victim));
    operator.complete(On::Cluster, "rebalance", &json!({}));
    until_all_is_well(&mut operator);
    until_all_agree(&six);
    let mut slots: Vec<_> = (1..=6).map(|node| six.slots(node)).collect();
    slots.sort_unstable();
    assert_eq!(slots, [0, 0, 0, 5461, 5461, 5462]);
    six.check_data(if victim == 1 { 2 } else { 1 });
}

#[test]
fn a_rebalance_in_which_the_giver_dies_says_what_to_do_and_goes_on() {
    check_death(|_| 1);
}

#[test]
fn a_rebalance_in_which_the_taker_dies_says_what_to_do_and_goes_on() {
    let full = 16384 / 3;
    check_death(|six| if six.slots(2) < full { 2 } else { 3 });
}

#[test]
fn a_node_is_removed_and_its_slots_are_moved_to_others() {
    let six = SixNodes::start();
    let mut operator = Operator::of(&six);
    let needed = operator.fail(On::Node(1), "remove", &json!({}));
    assert!(needed.contains("a cluster needs three"), "{needed}");
    operator.complete(On::Node(6), "remove", &json!({}));
    assert!(!six.ask(1, &["CLUSTER", "NODES"]).contains(&six.address(6)));
    let incomplete = operator.fail(On::Cluster, "check", &json!({}));
    let expected = format!("node 6 ({}) is not in the cluster", six.address(6));
    assert!(incomplete.contains(&expected), "{incomplete}");

    // It comes back as a new master, gets slots, and is removed with them.
    six.ask(6, &["CLUSTER", "RESET", "HARD"]);
    six.manage(&["add-node", &six.address(6), &six.address(1)]);
    until("all know it", || {
        (1..=6).all(|node| six.ask(node, &["CLUSTER", "NODES"]).lines().count() == 6)
    });
    until_all_agree(&six);
    six.reshard(1, 6, 500);
    assert_eq!(six.slots(6), 500);
    until_all_agree(&six);
    operator.complete(On::Cluster, "check", &json!({}));
    let removed = operator.run(On::Node(6), "remove", &json!({}));
    assert_eq!(
        (&removed["status"], removed["progress"].as_f64()),
        (&json!("completed"), Some(100.0))
    );
    assert!(!six.ask(1, &["CLUSTER", "NODES"]).contains(&six.address(6)));
    six.check_data(2);
}

#[test]
fn what_redis_cli_says_instead_of_an_answer_is_a_failure() {
    let six = SixNodes::start();
    let mut operator = Operator::with(&six.settings_with("another"));
    let refused = operator.fail(On::Cluster, "check", &json!({}));
    let expected = format!("node 1 ({}): AUTH failed: WRONGPASS", six.address(1));
    assert!(refused.starts_with(&expected), "{refused}");

    let node = format!("node 1 ({})", six.address(1));
    let said = six.python(&format!(
        r#"
from redis_cli import Node, Trouble, quoted
node = Node("1", "{}")
secret = quoted("hunter 2")
for words in (["SET", "a", '"b'], ["MIGRAT", "AUTH", secret], ["CLUSTER MYID"], ["PING"]):
    try:
        node.tell(*words, accept=("PONG",))
    except Trouble as trouble:
        print(trouble)
"#,
        six.address(1)
    ));
    let expected = [
        format!("{node}: Invalid argument(s)"),
        format!("{node}: ERR unknown command 'MIGRAT'"),
        format!("{node}: CLUSTER MYID was answered with '\"{}\"'", six.id(1)),
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}
