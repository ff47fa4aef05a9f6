//! Whether anybody is left in a process group.

use std::fs;

use nix::sys::signal::killpg;
use nix::unistd::Pid;

/// Whether a process of the group lives.
///
/// A dead one that nobody has reaped yet does not count: in a container the first process may take
/// its time over that, or never do it. Where `/proc` does not tell, the system's word is taken.
pub(crate) fn lives(group: Pid) -> bool {
    killpg(group, None).is_ok() && states(group).is_none_or(|found| found.iter().any(is_alive))
}

fn is_alive(state: &char) -> bool {
    !matches!(state, 'Z' | 'X')
}

/// The states of its processes; `None` when none is to be seen.
fn states(group: Pid) -> Option<Vec<char>> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let found: Vec<_> = stats.filter_map(|stat| state(&stat, group)).collect();
    (!found.is_empty()).then_some(found)
}

/// The state in a process's `stat`, if it is of the group: `1 (a name) S 0 GROUP …`.
fn state(stat: &str, group: Pid) -> Option<char> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?.chars().next();
    (fields.nth(1)?.parse() == Ok(group.as_raw())).then_some(state)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_state_behind_any_name() {
        let group = Pid::from_raw(7);
        assert_eq!(state("12 (sh) S 1 7 7 0 -1 4194304", group), Some('S'));
        assert_eq!(state("12 (a) Z 9 9 (b) Z 1 7 7 0", group), Some('Z'));
        assert_eq!(state("12 (sh) S 7 1 7 0", group), None);
        assert_eq!(state("", group), None);
    }

    #[test]
    fn this_process_lives_and_a_free_number_does_not() {
        assert!(lives(nix::unistd::getpgrp()));
        assert!(!lives(Pid::from_raw(i32::MAX - 1)));
    }
}
