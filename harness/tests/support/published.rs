//! The published data, where it lies beside the checkout.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
};

/// A file or folder of the published data (`../shared`, or the folder that `BATLINET_SHARED` names), or none: then the
/// run says that the test that asks was skipped.
pub(crate) fn published(file: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let path = env::var_os("BATLINET_SHARED").map_or(default, PathBuf::from).join(file);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("{file} of the published data is not here; BATLINET_SHARED names its folder"));
    None
}

/// Says aloud that the running test does nothing. The test runner swallows what `eprintln!` says in a test that passes,
/// so this writes to the stream itself.
pub(crate) fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // a closed stream is no reason to fail
    let _ = writeln!(std::io::stderr(), "skipped {test}: {reason}");
}
