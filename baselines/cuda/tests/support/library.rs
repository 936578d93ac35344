//! The kernels' own source as a library for the CPU, compiled once per change, whoever tests with it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the sources are, from whatever crate.
fn kernels() -> PathBuf {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.map(|folder| folder.join("baselines/cuda/kernels")).find(|folder| folder.is_dir()).expect("kernels")
}

/// FNV-1a of 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The library, compiled unless these sources have been before. None without a C++ compiler.
pub(crate) fn built() -> Option<PathBuf> {
    let kernels = kernels();
    let mut sources: Vec<PathBuf> = fs::read_dir(&kernels).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| {
        path.extension().is_some_and(|extension| ["cu", "cuh", "h"].iter().any(|one| extension == *one))
    });
    sources.sort();
    let sources: Vec<u8> = sources.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("emulator-{:016x}.so", fnv(&sources)));
    if !library.exists() {
        let partial = library.with_extension(format!("{}.partial", std::process::id()));
        let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
        let done = Command::new(compiler)
            .args(["-O2", "-std=c++17", "-march=native", "-ffp-contract=off", "-fno-strict-aliasing"])
            .args(["-fno-stack-protector", "-U_FORTIFY_SOURCE", "-w", "-shared", "-fPIC", "-x", "c++"])
            .arg(kernels.join("emulator.h"))
            .arg("-o")
            .arg(&partial)
            .output()
            .ok()?;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        fs::rename(partial, &library).unwrap();
    }
    Some(library)
}
