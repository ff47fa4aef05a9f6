//! Large answers: handed out in pieces, while their bytes are counted.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use futures_util::Stream;

use crate::budget::FairShare;

/// What is handed to a connection at a time.
pub(crate) const PIECE: usize = 64 * 1024;

/// Bytes a second that a client must take on average.
const SLOWEST: usize = 128 * 1024;

/// Text on its way out: small parts are put together, large ones are cut without a copy.
#[derive(Default)]
pub(crate) struct Pieces {
    done: VecDeque<Bytes>,
    open: String,
}

impl Pieces {
    pub(crate) fn push(&mut self, text: String) {
        if text.len() < PIECE {
            self.push_str(&text);
            return;
        }
        self.close();
        let mut rest = Bytes::from(text);
        while rest.len() > PIECE {
            self.done.push_back(rest.split_to(PIECE));
        }
        self.done.push_back(rest);
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.open.push_str(text);
        if self.open.len() >= PIECE {
            self.close();
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push_back(Bytes::from(std::mem::take(&mut self.open)));
        }
    }

    /// The pieces, at most about [`PIECE`] bytes each.
    pub(crate) fn finish(mut self) -> VecDeque<Bytes> {
        self.close();
        self.done
    }
}

/// Pieces with the share of the budget that they are in. Both go when the connection does.
pub(crate) struct Outgoing {
    pieces: VecDeque<Bytes>,
    until: Instant,
    _share: FairShare,
}

/// The client takes its answer more slowly than it may.
#[derive(Debug, thiserror::Error)]
#[error("the client takes its answer too slowly")]
pub(crate) struct TooSlowly;

impl Outgoing {
    /// `patience` is what a client gets beside the time for the bytes.
    pub(crate) fn new(pieces: VecDeque<Bytes>, share: FairShare, patience: Duration) -> Self {
        let seconds = (length(&pieces) / SLOWEST as u64).saturating_add(patience.as_secs());
        let until = Instant::now() + Duration::from_secs(seconds.max(1));
        Self { pieces, until, _share: share }
    }

    /// The next piece.
    pub(crate) fn piece(&mut self) -> Result<Option<Bytes>, TooSlowly> {
        match self.pieces.pop_front() {
            Some(_) if Instant::now() > self.until => Err(TooSlowly),
            next => Ok(next),
        }
    }

    /// How many bytes are left.
    pub(crate) fn length(&self) -> u64 {
        length(&self.pieces)
    }

    /// The whole, when it is one piece: what a connection may hold uncounted.
    pub(crate) fn sole(mut self) -> Result<Bytes, Self> {
        match self.pieces.len() {
            0 => Ok(Bytes::new()),
            1 => Ok(self.pieces.pop_front().unwrap_or_default()),
            _ => Err(self),
        }
    }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, TooSlowly>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.piece().transpose())
    }
}

fn length(pieces: &VecDeque<Bytes>) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use actiond_core::project::ProjectId;

    use super::*;
    use crate::budget::FairBudget;

    fn pieces(lengths: &[usize]) -> VecDeque<Bytes> {
        let mut pieces = Pieces::default();
        lengths.iter().for_each(|length| pieces.push("x".repeat(*length)));
        pieces.finish()
    }

    fn check(lengths: &[usize], expected: &[usize]) {
        let cut: Vec<_> = pieces(lengths).iter().map(Bytes::len).collect();
        assert_eq!(cut, expected, "{lengths:?}");
    }

    #[test]
    fn small_parts_are_joined_and_large_ones_cut() {
        check(&[], &[]);
        check(&[1, 2, 3], &[6]);
        check(&[1, 2 * PIECE + 5, 3], &[1, PIECE, PIECE, 5, 3]);
        check(&[PIECE - 1, 2, 1], &[PIECE + 1, 1]);
        check(&[PIECE, PIECE], &[PIECE, PIECE]);
    }

    #[actix_web::test]
    async fn who_takes_too_long_is_cut_off() {
        let budget = FairBudget::new(1 << 20, Duration::ZERO);
        let share = budget.take(&ProjectId::new("p"), 1).await.unwrap();
        let mut outgoing = Outgoing::new(pieces(&[PIECE, PIECE]), share, Duration::from_secs(60));
        assert_eq!(outgoing.piece().unwrap().unwrap().len(), PIECE);
        outgoing.until = Instant::now() - Duration::from_millis(1);
        assert!(outgoing.piece().is_err());
    }
}
