//! Tests that cannot do here what they are for.

use std::{
    env,
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
};

/// Says aloud that the running test does nothing, or not all, and why. The test runner swallows what `eprintln!` says in
/// a test that passes, so this writes to the stream itself; and it leaves a line in `target/tmp/skipped`, by which `make
/// test` counts at its end.
pub fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // a closed stream is no reason to fail
    let _ = writeln!(std::io::stderr(), "skipped {test}: {reason}");
    let file = env::var_os("BATLINET_SKIPPED").map_or_else(noted, PathBuf::from);
    let line = format!("{} {test}\t{reason}\n", program());
    fs::create_dir_all(file.parent().unwrap_or(&file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    // in one piece, since test programs run side by side
    let written =
        OpenOptions::new().create(true).append(true).open(&file).and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|error| panic!("cannot note a skipped test in {}: {error}", file.display()));
}

/// `target/tmp/skipped`, of the target folder in which this test program lies as `<profile>/deps/<program>`.
fn noted() -> PathBuf {
    let program = env::current_exe().expect("a running program has a path");
    program.ancestors().nth(3).expect("test programs lie in a target folder").join("tmp/skipped")
}

/// The name of the test program, without the hash that cargo gives it.
fn program() -> String {
    let program = env::current_exe().unwrap_or_default();
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.rsplit_once('-').map_or(name.clone(), |(name, _)| name.to_owned())
}
