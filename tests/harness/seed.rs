//! Chance that can be repeated.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// The seed of a test, printed: `ACTIOND_TEST_SEED`, or a new one.
pub fn seed() -> u64 {
    let given = std::env::var("ACTIOND_TEST_SEED").ok();
    let given = given.map(|text| text.parse().expect("ACTIOND_TEST_SEED is a number"));
    let seed = given.unwrap_or_else(rand::random);
    println!("ACTIOND_TEST_SEED={seed}");
    seed
}

/// How often, or for how many seconds, a long test goes on: what this variable says, or as many as
/// usual.
pub fn times(variable: &str, usual: usize) -> usize {
    let given = std::env::var(variable).ok();
    given.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// Chance from a seed.
pub fn chance(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}
