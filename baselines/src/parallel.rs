//! Work spread over threads so that its result does not depend on them.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    thread::{self, Builder},
};

/// Works on every item once, with one thread for each element of `memory`, which is that thread's own: scratch space, or
/// `()` where none is needed.
///
/// Each thread takes a contiguous share of the items, the calling thread the first. Nothing is said about the order
/// between shares, so `work` should write to what its item alone owns, and must not read in `memory` what another item
/// left there. Then the result is the same for any number of threads.
///
/// # Panics
/// If `memory` is empty, or `work` panics.
pub fn in_parallel<S: Send, T: Send>(memory: &mut [S], items: Vec<T>, work: impl Fn(&mut S, T) + Sync) {
    let share = items.len().div_ceil(memory.len());
    let mut items = items.into_iter();
    let shares = memory.iter_mut().map(|memory| (memory, items.by_ref().take(share).collect::<Vec<T>>()));
    let mut shares: VecDeque<_> = shares.filter(|(_, share)| !share.is_empty()).collect();
    let work_on = |(memory, share): (&mut S, Vec<T>)| share.into_iter().for_each(|item| work(memory, item));
    let ours = shares.pop_front();
    let others = shares.len();
    let shares = Mutex::new(shares);
    let work_on_next = || {
        let next = shares.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.into_iter().for_each(work_on);
    };
    thread::scope(|scope| {
        let started = (0..others).take_while(|_| Builder::new().spawn_scoped(scope, work_on_next).is_ok()).count();
        ours.into_iter().for_each(work_on);
        // where the system gives no more threads
        (started..others).for_each(|_| work_on_next());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_whatever_the_number_of_threads() {
        for count in [0, 1, 2, 7, 100] {
            let expected: Vec<usize> = (0..count).map(|k| k * k + 1).collect();
            for threads in [1, 2, 3, 8, 150] {
                let mut results = vec![0; count];
                let mut worked = vec![0; threads];
                in_parallel(&mut worked, results.iter_mut().enumerate().collect(), |worked, (k, result)| {
                    *result += k * k + 1;
                    *worked += 1;
                });
                assert_eq!(results, expected, "{count} items on {threads} threads");
                // no thread has more than its share
                assert_eq!(worked.iter().sum::<usize>(), count);
                assert!(worked.iter().all(|&worked| worked <= count.div_ceil(threads)));
            }
        }
    }

    #[test]
    fn the_memory_of_a_thread_is_kept_from_item_to_item() {
        let mut seen = [Vec::new(), Vec::new()];
        in_parallel(&mut seen, (0..5).collect(), |seen, item| seen.push(item));
        assert_eq!(seen, [vec![0, 1, 2], vec![3, 4]]);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_another_thread_is_not_lost() {
        in_parallel(&mut [(), ()], vec![1, 2], |(), item| assert!(item < 2, "{item}"));
    }
}
