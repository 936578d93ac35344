//! A test that does nothing is seen to: in the output of the run, and in the count at its end.

use std::{env, fs, path::Path, process::Command};

use testing::published;

#[test]
#[ignore = "run by the other test, to be skipped"]
fn one_that_lacks_something() {
    if published("there is no such file").is_none() {
        return;
    }
    unreachable!("nothing lies under this name");
}

#[test]
fn a_skipped_test_is_said_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target/tmp");
    fs::create_dir_all(&target).unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "one_that_lacks_something", "--ignored"])
        .env("BATLINET_SKIPPED", target.join("skipped"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("skipped one_that_lacks_something: there is no such file"),
        "the runner swallowed it: {said}"
    );

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let count = || {
        let output = Command::new("bash")
            .arg(root.join("scripts/skipped.sh"))
            .env("CARGO_TARGET_DIR", folder.path().join("target"))
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(
        count().starts_with("1 test skipped:\n  skipped one_that_lacks_something: there is no such"),
        "{}",
        count()
    );
    fs::remove_file(target.join("skipped")).unwrap();
    assert_eq!(count(), "no test was skipped\n");
}
