//! Work on several things at once whose results are wanted in order.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread;

/// Does `work` for each of `tasks`, up to `width` at once, and gives the results to `take` in the order
/// of the tasks, until that breaks off. What was begun by then is finished and thrown away.
pub fn in_order<T: Send, R: Send, B>(
    width: usize,
    tasks: impl Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(R) -> ControlFlow<B>,
) -> Option<B> {
    thread::scope(|scope| {
        let (mut tasks, work) = (tasks.fuse(), &work);
        let mut begun = VecDeque::new();
        loop {
            let free = width.max(1) - begun.len();
            begun.extend(tasks.by_ref().take(free).map(|task| scope.spawn(move || work(task))));
            let result = begun.pop_front()?.join().unwrap_or_else(|panic| resume_unwind(panic));
            if let ControlFlow::Break(end) = take(result) {
                return Some(end);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        // The first is done only when the third is under way.
        let barrier = Barrier::new(2);
        let work = |number: usize| {
            if number == 0 || number == 2 {
                barrier.wait();
            }
            number
        };
        let mut seen = vec![];
        let end: Option<()> = in_order(3, 0..20, work, |number| {
            seen.push(number);
            ControlFlow::Continue(())
        });
        assert_eq!((seen, end), ((0..20).collect(), None));
    }

    #[test]
    fn nothing_is_begun_after_the_end() {
        let end = in_order(
            2,
            0..,
            |number| number,
            |number| match number {
                7 => ControlFlow::Break(number),
                _ => ControlFlow::Continue(()),
            },
        );
        assert_eq!(end, Some(7));
    }
}
