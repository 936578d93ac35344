//! The programs whose files are known, one file each.

pub(super) mod arbin;
pub(super) mod basytec;
pub(super) mod battery_archive;
pub(super) mod bdf;
pub(super) mod biologic;
pub(super) mod maccor;
pub(super) mod neware;
pub(super) mod pec;
