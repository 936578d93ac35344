//! The published data, where it lies beside the checkout.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::skip;

/// A file or folder of the published data (`../shared`, or the folder that `BATLINET_SHARED` names), or none: then the
/// run says that the test that asks was skipped.
pub fn published(file: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = env::var_os("BATLINET_SHARED").map_or(default, PathBuf::from).join(file);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("{file} of the published data is not here; BATLINET_SHARED names its folder"));
    None
}
