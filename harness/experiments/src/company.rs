//! Other processes that make runs in the same output folder: each training has a lease, so that none is made twice.
//!
//! A lease is a lock (`cells::lock`): whatever ends the process that holds it, others have it then and make what is missing.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::SystemTime,
};

use super::plan::{Plan, Run, State};
use crate::Error;
use cells::lock::Lock;
use record::{
    RunRecord,
    files::{lock_file, run_folder},
};

/// What is known of them.
#[derive(Debug)]
pub(super) struct Company {
    /// By train key, the runs of all plans that share the training.
    sharing: HashMap<String, Vec<String>>,
    /// When this process looked at what is there.
    since: SystemTime,
    /// Runs that others made since.
    made: AtomicUsize,
}

impl Company {
    /// Of a process that has made these plans just now.
    pub(super) fn of(plans: &[Plan]) -> Self {
        let mut sharing: HashMap<String, Vec<String>> = HashMap::new();
        for run in plans.iter().flat_map(|plan| &plan.runs) {
            sharing.entry(run.ingredients.train_key()).or_default().push(run.key.clone());
        }
        Self { sharing, since: SystemTime::now(), made: AtomicUsize::new(0) }
    }

    /// The lease of a training; none while another process has it.
    pub(super) fn lease(&self, out: &Path, train_key: &str) -> Result<Option<Lock>, Error> {
        let path = lock_file(out, train_key);
        Lock::attempt(&path).map_err(|source| Error::File { path, source })
    }

    /// The record of a run that another process has made since this one looked.
    pub(super) fn made(&self, out: &Path, run: &Run) -> Option<RunRecord> {
        let folder = run_folder(out, &run.key);
        if !RunRecord::exists(&folder) {
            return None;
        }
        // one that failed before was there
        let is_new = || {
            let written = fs::metadata(folder.join(RunRecord::FILE)).and_then(|metadata| metadata.modified());
            written.is_ok_and(|written| written > self.since)
        };
        let is_made = !matches!(run.state, State::Failed(_)) || is_new();
        let record = is_made.then(|| RunRecord::whole(&folder).ok()).flatten();
        self.made.fetch_add(usize::from(record.is_some()), Ordering::Relaxed);
        record
    }

    /// The keys of the runs of all plans that share a training.
    pub(super) fn sharing(&self, train_key: &str) -> impl Iterator<Item = &str> {
        self.sharing.get(train_key).into_iter().flatten().map(String::as_str)
    }

    /// How many runs were asked for here and made by others.
    pub(super) fn count(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}
