//! Telling a person how far it is: bars on a terminal, plain lines elsewhere.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use baselines::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Speaks on standard error for all workers.
pub struct Reporter {
    bars: Option<(MultiProgress, ProgressBar)>,
    total: usize,
    finished: AtomicUsize,
}

impl Reporter {
    /// For `total` runs.
    pub fn new(total: usize) -> Self {
        let bars = std::io::stderr().is_terminal().then(|| {
            let bars = MultiProgress::new();
            let style = ProgressStyle::with_template("{pos:>4}/{len} runs [{bar:40}] {elapsed}, {eta} to go")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            let bar = bars.add(ProgressBar::new(total as u64).with_style(style));
            (bars, bar)
        });
        Self { bars, total, finished: AtomicUsize::new(0) }
    }

    /// One line of its own.
    pub fn say(&self, line: &str) {
        match &self.bars {
            // a terminal that is gone is no reason to stop computing
            Some((bars, _)) => drop(bars.println(line)),
            // where nobody listens, the work goes on
            None => drop(writeln!(io::stderr().lock(), "{line}")),
        }
    }

    /// A run begins.
    pub fn begin<'a>(&self, label: &str, stop: &'a AtomicBool) -> RunProgress<'a> {
        let bar = self.bars.as_ref().map(|(bars, total)| {
            let style = ProgressStyle::with_template("          {spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = bars.insert_before(total, ProgressBar::new_spinner().with_style(style));
            bar.set_message(label.to_owned());
            bar
        });
        RunProgress { bar, label: label.to_owned(), stop }
    }

    /// A run is over; `line` says how it went.
    pub fn end(&self, line: &str) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let width = self.total.to_string().len();
        self.say(&format!("[{finished:>width$}/{}] {line}", self.total));
        if let Some((_, bar)) = &self.bars {
            bar.inc(1);
        }
    }

    /// How many runs there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many runs are over.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if let Some((_, bar)) = &self.bars {
            bar.finish_and_clear();
        }
    }
}

/// Told by the model after every epoch; asks it to stop once the user has.
pub struct RunProgress<'a> {
    bar: Option<ProgressBar>,
    label: String,
    stop: &'a AtomicBool,
}

impl Progress for RunProgress<'_> {
    fn epoch(&self, done: usize, total: usize, loss: f64) -> bool {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}, epoch {done}/{total}, loss {loss:.4}", self.label));
            bar.tick();
        }
        !self.stop.load(Ordering::Relaxed)
    }
}

impl Drop for RunProgress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
