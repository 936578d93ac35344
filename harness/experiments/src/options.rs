//! How runs are made: where, with what, and what for the record.

use std::{path::Path, sync::atomic::AtomicBool};

/// How to run.
pub struct Options<'a> {
    /// Output folder.
    pub out: &'a Path,
    /// Where networks compute.
    pub device: tch::Device,
    /// Runs side by side; also the workers that build features.
    pub jobs: usize,
    /// Whether the first failed run ends the work.
    pub fail_fast: bool,
    /// Whether runs that failed before are tried again.
    pub retry_failed: bool,
    /// Name of the profile.
    pub profile: &'a str,
    /// Commit that the program was built from, for the record.
    pub commit: &'a str,
    /// `--set` options, for the record.
    pub settings: &'a [String],
    /// Set by Ctrl-C.
    pub stop: &'a AtomicBool,
}
