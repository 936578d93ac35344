//! The threads that polars works on. It begins them when it is first used and panics where the system refuses, so they are asked for here
//! before, by all that goes through polars.

use std::{
    env, io,
    sync::{Mutex, PoisonError},
    thread::{self, Builder, JoinHandle},
};

use polars_core::runtime::RAYON;

use crate::Error;

/// How many polars begins; as many as there are cores unless it is told.
pub const HOW_MANY: &str = "POLARS_MAX_THREADS";

/// Has polars begin its threads, if it has none yet. What is refused once may be asked for again.
///
/// # Errors
/// [`Error::Threads`] where the system gives none.
pub fn begin() -> Result<(), Error> {
    static HAVE_BEGUN: Mutex<bool> = Mutex::new(false);
    let mut have_begun = HAVE_BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    if !*have_begun {
        ask(asked()).map_err(Error::Threads)?;
        RAYON.current_num_threads();
        *have_begun = true;
    }
    Ok(())
}

fn asked() -> usize {
    let told = env::var(HOW_MANY).ok().and_then(|text| text.parse().ok()).filter(|threads| *threads > 0);
    told.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Whether the system gives so many threads at once. All of them have ended then.
fn ask(count: usize) -> io::Result<()> {
    let waiting: Vec<io::Result<JoinHandle<()>>> = (0..count).map(|_| Builder::new().spawn(thread::park)).collect();
    let ended = waiting.into_iter().map(|thread| {
        let thread = thread?;
        thread.thread().unpark();
        thread.join().map_err(|_| io::Error::other("a thread that only waited died"))
    });
    // every one is waited for, lest it still count when polars asks
    ended.fold(Ok(()), io::Result::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_given_however_often_they_are_asked_for() {
        ask(5).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| begin().unwrap());
            }
        });
        begin().unwrap();
        assert_eq!(RAYON.current_num_threads(), asked());
    }
}
