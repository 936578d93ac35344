//! Whoever reads what the program says may have seen enough, or not listen at all: that is no defect.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::small::Small;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batlinet"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// With a standard output that nobody reads any more.
fn unread(arguments: &[&str]) -> Output {
    let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    for arguments in [
        &["doctor"][..],
        &["data", "list"],
        &["data", "show", "MATR_b1c0"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let Output { status, stderr, .. } = unread(arguments);
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.success() && said.is_empty(), "{arguments:?}: {status}, {said}");
    }
}

#[test]
fn a_full_disk_below_standard_output_is_a_sentence() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return testing::skip("there is no /dev/full here");
    };
    for arguments in [
        &["doctor"][..],
        &["data", "list"],
        &["--help"],
        &["-h"],
        &["--version"],
        &["help", "run"],
        &["run", "--help"],
        &["data", "import", "--help"],
    ] {
        let Output { status, stderr, .. } = program(arguments).stdout(full.try_clone().unwrap()).output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.starts_with("batlinet: cannot write to standard output: ") && said.lines().count() == 1, "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_a_sentence_and_no_silent_end() {
    let small = Small::new();
    for call in [&["report", "out"][..], &["run", "small.yaml", "--out", "other"]] {
        let mut bounded = Command::new("sh");
        bounded.args(["-c", "ulimit -f 0; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_batlinet")]).args(call);
        let Output { status, stderr, .. } = bounded.current_dir(small.path(".")).output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.code() == Some(2) && said.contains("File too large"), "{call:?}: {status}: {said}");
    }
}

#[test]
fn exit_codes_do_not_need_a_listener() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return testing::skip("there is no /dev/full here");
    };
    for (arguments, code) in [(&["data", "show", "NONE"][..], 2), (&["data", "show", "MATR_b1c0"], 0)] {
        let status = program(arguments).stdout(Stdio::null()).stderr(full.try_clone().unwrap()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
        let mut closed = Command::new("sh");
        closed.args(["-c", "exec \"$0\" \"$@\" 2>&-", env!("CARGO_BIN_EXE_batlinet")]).args(arguments);
        assert_eq!(closed.stdout(Stdio::null()).status().unwrap().code(), Some(code), "{arguments:?}");
    }
}
