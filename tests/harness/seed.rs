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

/// Chance from a seed.
pub fn chance(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}
