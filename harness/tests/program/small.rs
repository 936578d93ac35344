//! A small experiment, run in a folder of its own, for tests of what follows.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

const EXPERIMENT: &str = "\
name: small
scenario: SMALL
description: A network and a line on a few virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  row: {voltage_capacity: {base: 1, first: 4, last: 4, grid_points: 20}}
models:
  - ridge: {alpha: 1.0}
    feature: row
  - mlp: {epochs: 3}
    feature: row
";

/// A folder with `small.yaml`, run into `out`: one run of ridge, two of the MLP.
pub(crate) struct Small(tempfile::TempDir);

impl Small {
    pub(crate) fn new() -> Self {
        let small = Self(tempfile::tempdir().unwrap());
        fs::write(small.path("small.yaml"), EXPERIMENT).unwrap();
        let split =
            "cell_id,split\nMATR_b1c1,train\nMATR_b1c3,train\nMATR_b1c5,train\nMATR_b1c0,test\nMATR_b1c2,test\n";
        fs::write(small.path("split.csv"), split).unwrap();
        small.batlinet(&["run", "small.yaml", "--out", "out"]);
        small
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// What it prints, where all is well.
    pub(crate) fn batlinet(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Exit code, and what both streams say.
    pub(crate) fn ends(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.call(arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }
}
