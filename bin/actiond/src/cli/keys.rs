//! `actiond keys`

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Show which keys there are, since when, and until when what they have signed is good.
    List,
    /// Make a new key, which signs from now on. (The server does so itself every 30 days.)
    ///
    /// Keys before it stay good for a day, which is as long as a token can live.
    Rotate {
        /// Keys before it are good for nothing any more: all tokens end at once.
        #[arg(long)]
        now: bool,
    },
}
