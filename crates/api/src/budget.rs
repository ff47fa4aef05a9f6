//! How many bytes may be in memory at once, over all requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actiond_core::project::ProjectId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::rejection::Rejection;

/// What a budget counts in, so that large ones fit the numbers of a semaphore.
const UNIT: usize = 1024;

/// Bytes that may be taken, in the order of asking; who waits too long is sent away.
pub(crate) struct Budget {
    free: Arc<Semaphore>,
    all: u32,
    patience: Duration,
}

/// Bytes that were taken; they go back when this is dropped.
pub(crate) struct Share(OwnedSemaphorePermit);

impl Budget {
    pub(crate) fn new(bytes: usize, patience: Duration) -> Self {
        let all = units(bytes).max(1);
        Self { free: Arc::new(Semaphore::new(all as usize)), all, patience }
    }

    /// Waits until so many bytes are free. More than there are at all counts as all.
    pub(crate) async fn take(&self, bytes: usize) -> Result<Share, Rejection> {
        let taken = self.free.clone().acquire_many_owned(units(bytes).min(self.all));
        match timeout(self.patience, taken).await {
            Ok(Ok(permit)) => Ok(Share(permit)),
            _ => Err(Rejection::Busy),
        }
    }

    /// So many bytes, if they are free now.
    fn try_take(&self, bytes: usize) -> Option<Share> {
        let taken = self.free.clone().try_acquire_many_owned(units(bytes).min(self.all));
        taken.ok().map(Share)
    }

    /// Makes `share` one of so many bytes; false when it must grow and they are not free.
    fn resize(&self, share: &mut Share, bytes: usize) -> bool {
        let (has, wanted) = (share.0.num_permits(), units(bytes).min(self.all) as usize);
        if wanted <= has {
            drop(share.0.split(has - wanted));
            return true;
        }
        let more = self.try_take((wanted - has) * UNIT);
        more.map(|more| share.0.merge(more.0)).is_some()
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.free.available_permits() * UNIT
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// A budget of which one project takes half at most, so that its readers leave something to others.
pub(crate) struct FairBudget {
    all: Budget,
    halves: Mutex<HashMap<ProjectId, Weak<Budget>>>,
}

/// Bytes of a fair budget; they go back when this is dropped.
pub(crate) struct FairShare {
    of_all: Share,
    of_half: Share,
    half: Arc<Budget>,
}

impl FairBudget {
    pub(crate) fn new(bytes: usize, patience: Duration) -> Self {
        Self { all: Budget::new(bytes, patience), halves: Mutex::default() }
    }

    /// Waits until the project may have so many bytes.
    pub(crate) async fn take(
        &self,
        project: &ProjectId,
        bytes: usize,
    ) -> Result<FairShare, Rejection> {
        let half = self.half(project);
        let of_half = half.take(bytes).await?;
        // More than the half is never held, so it is not asked for either.
        let of_all = self.all.take(of_half.0.num_permits() * UNIT).await?;
        Ok(FairShare { of_all, of_half, half })
    }

    /// So many bytes, if the project may have them now.
    pub(crate) fn try_take(&self, project: &ProjectId, bytes: usize) -> Option<FairShare> {
        let half = self.half(project);
        let of_half = half.try_take(bytes)?;
        let of_all = self.all.try_take(of_half.0.num_permits() * UNIT)?;
        Some(FairShare { of_all, of_half, half })
    }

    /// Makes `share` one of so many bytes; false when it must grow and they are not free.
    pub(crate) fn resize(&self, share: &mut FairShare, bytes: usize) -> bool {
        share.half.resize(&mut share.of_half, bytes)
            && self.all.resize(&mut share.of_all, share.of_half.0.num_permits() * UNIT)
    }

    fn half(&self, project: &ProjectId) -> Arc<Budget> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(half) = halves.get(project).and_then(Weak::upgrade) {
            return half;
        }
        halves.retain(|_, half| half.strong_count() > 0);
        let half = Arc::new(Budget::new(self.all.all as usize * UNIT / 2, self.all.patience));
        halves.insert(project.clone(), Arc::downgrade(&half));
        half
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.all.free()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[actix_web::test]
    async fn what_is_taken_comes_back_and_no_more_is_given() {
        let budget = Budget::new(4 * MIB, Duration::ZERO);
        let share = budget.take(3 * MIB).await.unwrap();
        assert_eq!(budget.free(), MIB);
        assert!(matches!(budget.take(MIB + 1).await, Err(Rejection::Busy)));
        drop(share);
        let all = budget.take(100 * MIB).await.unwrap();
        assert_eq!(budget.free(), 0);
        drop(all);
        assert_eq!(budget.free(), 4 * MIB);
    }

    #[actix_web::test]
    async fn a_share_follows_what_it_stands_for() {
        let budget = Budget::new(4 * MIB, Duration::ZERO);
        let mut share = budget.take(3 * MIB).await.unwrap();
        assert!(budget.resize(&mut share, 1));
        assert_eq!(budget.free(), 4 * MIB - UNIT);
        assert!(budget.resize(&mut share, 2 * MIB));
        let other = budget.take(2 * MIB).await.unwrap();
        assert!(!budget.resize(&mut share, 3 * MIB));
        drop((share, other));
        assert_eq!(budget.free(), 4 * MIB);
    }

    #[actix_web::test]
    async fn a_project_leaves_half_to_others() {
        let budget = FairBudget::new(4 * MIB, Duration::ZERO);
        let (alpha, beta) = (ProjectId::new("alpha"), ProjectId::new("beta"));
        let mut greedy = budget.take(&alpha, 100 * MIB).await.unwrap();
        assert_eq!(budget.free(), 2 * MIB);
        assert!(budget.take(&alpha, 1).await.is_err());
        assert!(budget.try_take(&alpha, 1).is_none());
        let other = budget.try_take(&beta, 2 * MIB).unwrap();
        assert!(budget.resize(&mut greedy, MIB));
        assert_eq!(budget.free(), MIB);
        drop((greedy, other));
        assert_eq!(budget.free(), 4 * MIB);
        drop(budget.take(&beta, 1).await.unwrap());
        assert!(budget.halves.lock().unwrap().len() <= 2);
    }
}
