//! What `/proc` says of a process.

use std::fs;

use nix::unistd::Pid;

/// A line of `/proc/…/stat`: `1 (a name) S 0 GROUP …`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// A dead one that nobody has reaped yet has let go of all that it held: it lives no more.
    pub(crate) lives: bool,
    pub(crate) group: Pid,
}

impl Stat {
    /// Of a process that is there.
    pub(crate) fn of(process: Pid) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        // The name may hold anything.
        let mut fields = line.rsplit_once(") ")?.1.split(' ');
        let lives = !fields.next()?.starts_with(['Z', 'X']);
        Some(Self { lives, group: Pid::from_raw(fields.nth(1)?.parse().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_stands_behind_any_name() {
        let stat = |lives, group| Some(Stat { lives, group: Pid::from_raw(group) });
        assert_eq!(Stat::parse("12 (sh) S 1 7 7 0 -1 4194304"), stat(true, 7));
        assert_eq!(Stat::parse("12 (a) S 9 9 (b) Z 1 7 7 0"), stat(false, 7));
        assert_eq!(Stat::parse("12 (sh) S"), None);
        assert_eq!(Stat::parse(""), None);
        assert_eq!(Stat::of(Pid::this()).map(|own| own.lives), Some(true));
        assert_eq!(Stat::of(Pid::from_raw(i32::MAX - 1)), None);
    }
}
