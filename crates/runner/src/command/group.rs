//! Whether anybody is left in a process group.

use std::fs;

use nix::sys::signal::killpg;
use nix::unistd::Pid;

use crate::stat::Stat;

/// Whether a process of the group lives.
///
/// A dead one that nobody has reaped yet does not count: in a container the first process may take
/// its time over that, or never do it. Where `/proc` does not tell, the system's word is taken.
pub(crate) fn lives(group: Pid) -> bool {
    killpg(group, None).is_ok() && members(group).is_none_or(|found| found.iter().any(|m| m.lives))
}

/// Its processes; `None` when none is to be seen.
fn members(group: Pid) -> Option<Vec<Stat>> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let stats = stats.filter_map(|stat| Stat::parse(&stat));
    let found: Vec<_> = stats.filter(|stat| stat.group == group).collect();
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_a_free_number_does_not() {
        assert!(lives(nix::unistd::getpgrp()));
        assert!(!lives(Pid::from_raw(i32::MAX - 1)));
    }
}
