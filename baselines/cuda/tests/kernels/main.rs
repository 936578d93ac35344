//! Every kernel, run on a CPU by the emulator, against plain double precision.
#![allow(clippy::too_many_arguments, reason = "kernels have many")]

mod cleaning;
mod emulator;
mod encoder;
#[path = "../support/library.rs"]
mod library;
mod plain;
#[allow(unreachable_pub, reason = "it is public where it comes from")]
#[path = "../../../../harness/testing/src/skipped.rs"]
mod skipped;
mod step;

use std::{fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("kernels")
}

/// The sources with these extensions, in order, one after the other.
fn sources(extensions: &[&str]) -> Vec<u8> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one)));
    paths.sort();
    paths.iter().flat_map(|path| fs::read(path).unwrap()).collect()
}

/// FNV-1a of 64 bits, as scripts/cuda_kernels.py has it.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn committed_kernels_are_those_of_the_sources() {
    let committed = fs::read_to_string(folder().join("batlinet.hash")).unwrap();
    let here = format!("{:016x}", fnv(&sources(&["cu", "cuh"])));
    assert_eq!(
        committed.trim(),
        here,
        "the kernels' sources have changed: please run scripts/cuda_kernels.sh and commit what it writes"
    );
}
