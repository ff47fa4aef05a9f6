//! What happens to the servers.

use std::fmt;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rand::RngExt;
use rand::rngs::StdRng;

use super::LEASE;
use super::clients::Board;
use crate::harness::{Server, chance};

/// How a server is, and until when.
enum Health {
    Well,
    Dead(Instant),
    Frozen(Instant),
}

/// Kills servers and freezes them, and lets them come back.
pub struct Trouble {
    chance: StdRng,
    healths: Vec<Health>,
    /// After how many more answers to clients something happens next.
    next: usize,
    pub kills: usize,
    pub freezes: usize,
    /// How many of these outlast the lease.
    pub long_freezes: usize,
}

impl Trouble {
    pub fn new(seed: u64) -> Self {
        let healths = [Health::Well, Health::Well, Health::Well].into();
        Self { chance: chance(seed), healths, next: 50, kills: 0, freezes: 0, long_freezes: 0 }
    }

    /// Lets come back who has been away long enough, and makes trouble when it is time to. Answers
    /// whether it did.
    pub fn go_on(&mut self, servers: &mut [Server], board: &Board) -> bool {
        self.bring_back(servers, board, |until| Instant::now() >= until);
        let victim = self.chance.random_range(0..servers.len());
        let is_time = board.answered.load(Ordering::Relaxed) >= self.next;
        if !is_time || !matches!(self.healths[victim], Health::Well) {
            sleep(Duration::from_millis(5));
            return false;
        }
        // Shorter than the lease sometimes, mostly longer.
        let leases = self.chance.random_range(0.3..2.5);
        let away = Instant::now() + LEASE.mul_f64(leases);
        if self.chance.random_bool(0.5) {
            servers[victim].kill();
            self.healths[victim] = Health::Dead(away);
            self.kills += 1;
        } else {
            servers[victim].signal(Signal::SIGSTOP);
            self.healths[victim] = Health::Frozen(away);
            self.freezes += 1;
            self.long_freezes += usize::from(leases > 1.0);
        }
        let pause = self.chance.random_range(1..150);
        self.next = board.answered.load(Ordering::Relaxed) + pause;
        true
    }

    /// Lets everybody come back.
    pub fn end(&mut self, servers: &mut [Server], board: &Board) {
        self.bring_back(servers, board, |_| true);
    }

    fn bring_back(
        &mut self,
        servers: &mut [Server],
        board: &Board,
        is_over: impl Fn(Instant) -> bool,
    ) {
        for (number, (server, health)) in servers.iter_mut().zip(&mut self.healths).enumerate() {
            match *health {
                Health::Dead(until) if is_over(until) => {
                    server.start_again();
                    board.moved(number, server.url());
                }
                Health::Frozen(until) if is_over(until) => server.signal(Signal::SIGCONT),
                _ => continue,
            }
            *health = Health::Well;
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kills, freezes, long) = (self.kills, self.freezes, self.long_freezes);
        write!(f, "{kills} kills, {freezes} freezes, {long} of them longer than the lease")
    }
}
