//! Calls that the system refuses or that end the process, one after the other: whatever happens at any of them, nothing is lost, and the
//! same command afterwards leaves what it would have left at once.
//!
//! A library that is put between the program and the C library counts the calls which change files (`faults/shim.c`). A sample of them is
//! tried; where `BATLINET_TORTURE` is set every one, and 200 and more ends. `BATLINET_FAULTS` says how many of each command instead,
//! `BATLINET_PART=K/N` that only the part K of N of them is tried, K from 0 on, and `BATLINET_SCENES` in which commands, by their names
//! below.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Instant,
};

use cells::{source::CellSource as _, store::Store};
use sources::export::{Format, export};
use testing::some::LabCells;

use crate::small::Small;

const TRANSFER: &str = "\
name: move
scenario: NCA
study: transfer
description: A network that is pretrained.
train_test_split: pools.csv
transfer: {target: NCA, cells: [1, 2], test_cells: 1}
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
features:
  map: {capacity_map: {cycles: 17, grid_points: 20}}
models:
  - transfer: {pretraining: {epochs: 2, batch: 2}, training: {epochs: 2, batch: 8}, base: 2}
    feature: map
";
const POOLS: &str = "\
cell_id,pool
MATR_b1c0,LFP
MATR_b1c1,LFP
HUST_1-1,LFP
SNL_18650_NCA_15C_0-100_0.5-1C_a,NCA
SNL_18650_NCA_15C_0-100_0.5-1C_b,NCA
SNL_18650_NCA_15C_0-100_0.5-2C_a,NCA
";

/// A command that writes below `to`, and what is there before.
struct Scene {
    name: &'static str,
    /// Folder that is copied to `to` first, if any.
    from: Option<&'static str>,
    /// The words of the command.
    call: Vec<&'static str>,
    /// Those of the one that goes on, where it is another.
    again: Option<Vec<&'static str>>,
}

fn scenes() -> Vec<Scene> {
    let of = |name, from, call: &[&'static str]| Scene { name, from, call: call.to_vec(), again: None };
    let import = ["data", "import", "batteryml", "files", "--data", "to/store"];
    vec![
        of("sweep", None, &["run", "small.yaml", "--out", "to/out"]),
        of("damaged", Some("damaged"), &["run", "small.yaml", "--out", "to/out"]),
        of("transfer", None, &["run", "move.yaml", "--out", "to/out"]),
        // who imports again says so
        Scene { again: Some([&import[..], &["--force"]].concat()), ..of("import", None, &import) },
        of("replaced", Some("stored"), &[&import[..], &["--force"]].concat()),
        of("report", Some("made"), &["report", "to/out"]),
        of("merge", Some("shards"), &["merge", "to/a", "to/b", "--out", "to/out"]),
    ]
}

/// What the system does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Ends the process.
    Kill,
    /// Has no room from now on.
    Full,
    /// Refuses one call.
    Error,
}

struct Place {
    small: Small,
    shim: PathBuf,
}

impl Place {
    /// `None` where there is no compiler.
    fn new() -> Option<Self> {
        let small = Small::new();
        let shim = small.path("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/faults/shim.c");
        let built =
            Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source).arg("-ldl").status();
        if !cfg!(target_os = "linux") || !built.is_ok_and(|status| status.success()) {
            testing::skip("no compiler for the library that injects faults");
            return None;
        }
        fs::write(small.path("move.yaml"), TRANSFER).unwrap();
        fs::write(small.path("pools.csv"), POOLS).unwrap();
        let cells = LabCells::of_the_lab(30, &["MATR_b1c0", "MATR_b1c1", "MATR_b1c2"]);
        let format = Format::find("batteryml").unwrap();
        export(format, &cells, &cells.0.keys().cloned().collect::<Vec<_>>(), &small.path("files"), &|_, _| Ok(()))
            .unwrap();
        copy(&small.path("out"), &small.path("made/out"));
        copy(&small.path("out"), &small.path("damaged/out"));
        for run in fs::read_dir(small.path("damaged/out/runs")).unwrap() {
            let file = run.unwrap().path().join("record.json");
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replacen("\"seed\": ", "\"seed\":  ", 1)).unwrap();
        }
        for (shard, name) in [("1/2", "shards/a"), ("2/2", "shards/b")] {
            small.batlinet(&["run", "small.yaml", "--shard", shard, "--out", name]);
        }
        small.batlinet(&["data", "import", "batteryml", "files", "--data", "stored/store"]);
        Some(Self { small, shim })
    }

    fn prepare(&self, scene: &Scene) {
        let to = self.small.path("to");
        let _ = fs::remove_dir_all(&to);
        match scene.from {
            Some(from) => copy(&self.small.path(from), &to),
            None => fs::create_dir(&to).unwrap(),
        }
    }

    fn call(&self, words: &[&str], fault: Option<(Fault, usize)>) -> Output {
        let mut call = Command::new(env!("CARGO_BIN_EXE_batlinet"));
        call.args(words).current_dir(self.small.path("."));
        call.env("LD_PRELOAD", &self.shim).env("FAULTS_BELOW", fs::canonicalize(self.small.path("to")).unwrap());
        call.env("FAULTS_COUNT", self.small.path("count"));
        if let Some((fault, at)) = fault {
            let name = match fault {
                Fault::Kill => "kill",
                Fault::Full => "full",
                Fault::Error => "error",
            };
            call.env("FAULTS_AS", name).env("FAULTS_AT", at.to_string());
        }
        call.output().unwrap()
    }

    /// What a command leaves that is the same however often it is given: scores, stores by their hashes, reports.
    fn left(&self) -> BTreeMap<String, Vec<u8>> {
        let mut left = BTreeMap::new();
        let to = self.small.path("to");
        for name in ["scores.csv", "plan.csv", "predictions.parquet", "report.md", "report.html", "summary.csv"] {
            if let Ok(bytes) = fs::read(to.join("out").join(name)) {
                left.insert(name.to_owned(), bytes);
            }
        }
        if to.join("store").exists() {
            let store = Store::open(&to.join("store")).unwrap();
            for id in store.ids() {
                store.cell(&id, usize::MAX).unwrap();
                left.insert(id.clone(), store.fingerprint(&id).unwrap().into_bytes());
            }
            left.insert("manifest.csv".to_owned(), fs::read(to.join("store/manifest.csv")).unwrap());
        }
        left
    }

    /// Tries a fault at these calls of a scene; what was wrong.
    fn tries(
        &self,
        scene: &Scene,
        fault: Fault,
        calls: impl Iterator<Item = usize>,
        sound: &BTreeMap<String, Vec<u8>>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for at in calls {
            self.prepare(scene);
            let output = self.call(&scene.call, Some((fault, at)));
            let said = said(&output);
            let mut complain = |what: String| {
                let what = format!("{} {fault:?} at call {at}: {what}", scene.name);
                println!("{what}");
                wrong.push(what);
            };
            match (fault, output.status.code()) {
                (Fault::Kill, None) | (_, Some(0)) => {}
                (Fault::Full, Some(2)) if said.contains("no space left on the disk") => {}
                (Fault::Error, Some(2)) if said.contains("Input/output error") => {}
                // the HDF5 library swallows some of them
                (Fault::Error, Some(2)) if said.contains("does not read back as it was; is the disk sound?") => {}
                (_, code) => complain(format!("exit {code:?}: {said}")),
            }
            // what was put together is there as a whole or not at all, and then is not made again
            let is_merged = scene.name == "merge" && self.small.path("to/out/scores.csv").exists();
            let again = self.call(scene.again.as_ref().unwrap_or(&scene.call), None);
            if again.status.success() == is_merged {
                complain(format!("the next call: {}", self::said(&again)));
                continue;
            }
            if self.left() != *sound {
                complain("the next call leaves something else".to_owned());
            }
            let hidden = hidden(&self.small.path("to"));
            if !hidden.is_empty() {
                complain(format!("left over: {hidden:?}"));
            }
        }
        wrong
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn hidden(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.file_name().unwrap().as_encoded_bytes()[0] {
            b'.' => vec![path],
            _ if path.is_dir() => hidden(&path),
            _ => Vec::new(),
        })
        .collect()
}

/// So many of 1, 2 … `count`, evenly.
fn some(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let tries = most.min(count);
    (0..tries).map(move |nth| 1 + (2 * nth + 1) * count / (2 * tries))
}

/// Of every N calls that are tried, which one is, from 0 on, and N.
fn part() -> (usize, usize) {
    let Ok(text) = env::var("BATLINET_PART") else { return (0, 1) };
    let numbers = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    numbers
        .filter(|(part, of)| part < of)
        .unwrap_or_else(|| panic!("BATLINET_PART={text}: K/N is meant, 0/4 to 3/4 for instance"))
}

/// The scenes that are asked for; all of them unless some are.
fn asked_for() -> Vec<Scene> {
    let mut scenes = scenes();
    if let Ok(names) = env::var("BATLINET_SCENES") {
        for name in names.split(',') {
            assert!(scenes.iter().any(|scene| scene.name == name), "BATLINET_SCENES={names}: there is no {name}");
        }
        scenes.retain(|scene| names.split(',').any(|name| name == scene.name));
    }
    scenes
}

fn all(fault: Fault, few: usize, many: usize) {
    let ((part, of), scenes) = (part(), asked_for());
    let Some(place) = Place::new() else { return };
    let asked = env::var("BATLINET_FAULTS").ok().and_then(|text| text.parse().ok());
    let usual = if env::var_os("BATLINET_TORTURE").is_some() { many } else { few };
    let most = asked.unwrap_or(usual);
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for scene in scenes {
        place.prepare(&scene);
        let output = place.call(&scene.call, None);
        assert!(output.status.success(), "{}: {}", scene.name, said(&output));
        let sound = place.left();
        assert!(!sound.is_empty(), "{} leaves something", scene.name);
        let count: usize = fs::read_to_string(place.small.path("count")).unwrap().trim().parse().unwrap();
        // parts have their share of every command
        let calls: Vec<usize> = some(count, most).skip(part).step_by(of).collect();
        println!("{fault:?} at {} of {count} calls of {}", calls.len(), scene.name);
        tried += calls.len();
        // told at once, since all of them take long
        let begun = Instant::now();
        wrong.extend(place.tries(&scene, fault, calls.into_iter(), &sound));
        println!(
            "… {} in {:.0} s, {} with a fault of ours so far",
            scene.name,
            begun.elapsed().as_secs_f64(),
            wrong.len()
        );
    }
    println!("{fault:?}: {tried} calls, {} of them with a fault of ours", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_process_that_is_ended_at_any_call_loses_nothing() {
    all(Fault::Kill, 3, 32);
}

#[test]
fn a_disk_that_is_full_at_any_call_is_a_sentence_and_loses_nothing() {
    all(Fault::Full, 3, usize::MAX);
}

#[test]
fn a_call_that_is_refused_is_a_sentence_and_loses_nothing() {
    all(Fault::Error, 2, usize::MAX);
}
