//! What the system lets this process do: what it refuses is to be told, or done without.

use std::{
    env,
    sync::{Mutex, PoisonError},
    thread::{self, Builder},
};

use rayon::ThreadPoolBuilder;
use tables::threads;

/// Threads that work together at most, as many as `--jobs` takes.
const MOST: usize = 1024;

/// From here on a file that may not grow any more (`ulimit -f`) is an error of whoever writes it, and no silent end; and where the system
/// gives no more threads (`ulimit -u`), fewer work together. The first is for tables, which do not do without; whoever has one asks
/// again. To be called before there are other threads.
pub(super) fn heed() {
    #[cfg(unix)]
    // SAFETY: the signal is left to nobody, so no code of ours runs in its handler
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
    if env::var_os(threads::HOW_MANY).is_none() {
        // tables have some thousand rows, which one thread writes as fast as many
        // SAFETY: there is no other thread yet that could read the environment
        unsafe { env::set_var(threads::HOW_MANY, "1") };
    }
    let _ = threads::begin();
    let asked = env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok()).filter(|threads| *threads > 0);
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let pool = match given(asked.unwrap_or_else(cores).min(MOST)) {
        0 => ThreadPoolBuilder::new().num_threads(1).use_current_thread(),
        threads => ThreadPoolBuilder::new().num_threads(threads),
    };
    // there is one already in tests, which call this more than once
    let _ = pool.build_global();
}

/// How many of so many threads the system gives at once.
fn given(asked: usize) -> usize {
    let gate = Mutex::new(());
    let closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
    thread::scope(|scope| {
        let wait = || drop(gate.lock());
        let begin = |_| Builder::new().spawn_scoped(scope, wait).ok();
        let threads: Vec<_> = (0..asked).map_while(begin).collect();
        drop(closed);
        // their end is waited for, lest they still count when others are asked for
        threads.into_iter().filter_map(|thread| thread.join().ok()).count()
    })
}
