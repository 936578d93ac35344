//! Machines that give few threads or none, or whose clock is wrong: a sentence or the same result, and never a panic.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::small::Small;

/// So late goes a clock that says 1938.
const BEFORE_1970: &str = "2800000000";

struct Machine {
    small: Small,
    shim: PathBuf,
}

impl Machine {
    /// `None` where there is no compiler.
    fn new() -> Option<Self> {
        let small = Small::new();
        let shim = small.path("machine.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/faults/machine.c");
        let built =
            Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source).arg("-ldl").status();
        if !cfg!(target_os = "linux") || !built.is_ok_and(|status| status.success()) {
            testing::skip("no compiler for the library that makes another machine of this one");
            return None;
        }
        Some(Self { small, shim })
    }

    fn call(&self, what: (&str, &str), arguments: &[&str]) -> Output {
        let mut call = Command::new(env!("CARGO_BIN_EXE_batlinet"));
        call.args(arguments).current_dir(self.small.path(".")).env("LD_PRELOAD", &self.shim).env(what.0, what.1);
        call.output().unwrap()
    }

    /// Exit code and all that is said, which is no panic.
    fn ends(&self, what: (&str, &str), arguments: &[&str]) -> (i32, String) {
        let output = self.call(what, arguments);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let code = output.status.code();
        assert!(
            !said.contains("a defect of this program") && !said.contains("panicked"),
            "{what:?} {arguments:?}: {said}"
        );
        (code.unwrap_or_else(|| panic!("{what:?} {arguments:?}: {}: {said}", output.status)), said)
    }
}

#[test]
fn without_threads_there_is_a_sentence_and_with_one_the_same_result() {
    let Some(machine) = Machine::new() else { return };
    let small = &machine.small;
    let made = ["scores.csv", "predictions.parquet"].map(|name| fs::read(small.path("out").join(name)).unwrap());
    let words = |count| ("MACHINE_THREADS", count);
    for call in [
        &["run", "small.yaml", "--out", "none"][..],
        &["data", "features", "small.yaml", "--out", "features.parquet"],
        &["data", "describe", "out/predictions.parquet"],
        &["merge", "out", "out", "--out", "none"],
    ] {
        let (code, said) = machine.ends(words("0"), call);
        assert!(code == 2 && said.contains("gives no thread to read and write Parquet files with"), "{call:?}: {said}");
    }
    assert!(!small.path("none/runs").exists(), "a run that cannot be published is not begun");
    for call in [&["plan", "small.yaml", "--out", "out"][..], &["data", "list"], &["doctor"], &["report", "out"]] {
        let (code, said) = machine.ends(words("0"), call);
        assert_eq!(code, 0, "{call:?}: {said}");
    }
    for count in ["1", "2", "3", "5"] {
        let out = format!("out-{count}");
        let (code, said) = machine.ends(words(count), &["run", "small.yaml", "--out", &out]);
        assert_eq!(code, 0, "{count} threads: {said}");
        let now = ["scores.csv", "predictions.parquet"].map(|name| fs::read(small.path(&out).join(name)).unwrap());
        assert!(made == now, "{count} threads");
        let (code, said) = machine.ends(words(count), &["merge", "out", &out, "--out", &format!("merged-{count}")]);
        assert_eq!(code, 0, "{count} threads: {said}");
    }
}

#[test]
fn a_clock_before_1970_changes_nothing_but_dates() {
    let Some(machine) = Machine::new() else { return };
    let late = ("MACHINE_LATE", BEFORE_1970);
    let small = &machine.small;
    for call in [
        &["run", "small.yaml", "--out", "late"][..],
        &["run", "small.yaml", "--out", "late", "--retry-failed"],
        &["report", "late"],
        &["merge", "out", "late", "--out", "merged"],
        &["gate", "--baseline", "out", "--candidate", "late", "--history", "history.csv"],
        &["history", "rmse", "--file", "history.csv"],
        &["doctor"],
        &["data", "export", "--format", "batteryml", "--cells", "CALCE_CS2_33", "--out", "files"],
        &["data", "import", "batteryml", "files", "--data", "store"],
        &["train", "small.yaml", "--model", "ridge", "--out", "ridge.blm"],
        &["predict", "ridge.blm", "virtual", "--only", "MATR_b1c0"],
    ] {
        let (code, said) = machine.ends(late, call);
        assert_eq!(code, 0, "{call:?}: {said}");
    }
    for name in ["scores.csv", "predictions.parquet"] {
        assert!(fs::read(small.path("late").join(name)).unwrap() == fs::read(small.path("out").join(name)).unwrap());
    }
    // libraries that date workbooks and certificates know no such date
    for call in [
        &["data", "export", "--format", "calce-xlsx", "--cells", "CALCE_CS2_33", "--out", "workbooks"][..],
        &["data", "fetch", "matr-curves", "--data", "store"],
    ] {
        let (code, said) = machine.ends(late, call);
        assert!(code == 2 && said.contains("the clock of this machine says that it is before 1970"), "{said}");
    }
}
