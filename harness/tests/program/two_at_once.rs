//! Processes side by side in one folder: no row is lost, no run is made twice, and who is ended leaves nothing in the way.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use cells::{
    source::CellSource as _,
    store::{Manifest, Store},
};
use testing::cells::plain_cell;

use crate::small::Small;

/// So many processes, and seeds of a network with three epochs; ten times as many runs where `BATLINET_TORTURE` is set.
fn size() -> (usize, usize) {
    if std::env::var_os("BATLINET_TORTURE").is_some() { (8, 399) } else { (3, 23) }
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut call = Command::new(env!("CARGO_BIN_EXE_batlinet"));
    call.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs that a process says it has made.
fn made(child: Child) -> usize {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let (before, _) = said.split_once(" runs made").unwrap();
    before.rsplit(['\n', ' ']).next().unwrap().parse().unwrap()
}

/// A plan of one run of ridge and many of a network, and its scores by one process.
fn plan() -> (Small, usize, Vec<u8>) {
    let (_, seeds) = size();
    let small = Small::new();
    let seeds: Vec<String> = (0..seeds).map(|seed| seed.to_string()).collect();
    let text = fs::read_to_string(small.path("small.yaml")).unwrap();
    fs::write(small.path("small.yaml"), text.replace("[0, 1]", &format!("[{}]", seeds.join(", ")))).unwrap();
    small.batlinet(&["run", "small.yaml", "--out", "alone"]);
    let scores = fs::read(small.path("alone/scores.csv")).unwrap();
    (small, seeds.len() + 1, scores)
}

fn hidden(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn many_processes_share_a_plan_and_lose_and_repeat_nothing() {
    let (small, runs, scores) = plan();
    let call = ["run", "small.yaml", "--out", "shared", "--jobs", "2"];
    let children: Vec<Child> = (0..size().0).map(|_| start(&small.path("."), &call)).collect();
    let made: usize = children.into_iter().map(made).sum();
    assert_eq!(made, runs, "every run is made once");
    assert!(fs::read(small.path("shared/scores.csv")).unwrap() == scores);
    assert!(hidden(&small.path("shared")).is_empty() && hidden(&small.path("shared/runs")).is_empty());
    small.batlinet(&["report", "shared"]);
}

#[test]
fn shards_in_one_folder_at_once_lose_no_row() {
    let (small, runs, scores) = plan();
    let children: Vec<Child> = ["1/3", "2/3", "3/3"]
        .map(|shard| start(&small.path("."), &["run", "small.yaml", "--out", "shared", "--shard", shard]))
        .into();
    let made: usize = children.into_iter().map(made).sum();
    assert_eq!(made, runs);
    assert!(fs::read(small.path("shared/scores.csv")).unwrap() == scores);
}

#[cfg(unix)]
#[test]
fn what_an_ended_process_held_or_left_is_in_nobodys_way() {
    let (small, runs, scores) = plan();
    for wait in [30, 60, 120] {
        let mut child = start(&small.path("."), &["run", "small.yaml", "--out", "shared"]);
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    fs::create_dir_all(small.path("shared/runs/.part-x")).unwrap();
    fs::write(small.path("shared/runs/.part-x/record.json"), "{").unwrap();
    let output = start(&small.path("."), &["run", "small.yaml", "--out", "shared"]).wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains(".part-x: left by a process that was ended while it wrote; removed"), "{said}");
    assert!(fs::read(small.path("shared/scores.csv")).unwrap() == scores, "of {runs} runs");
    assert!(hidden(&small.path("shared")).is_empty() && hidden(&small.path("shared/runs")).is_empty());
}

#[test]
fn imports_at_once_lose_no_line_of_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path()).unwrap();
    // both look before either writes
    let mut stores: Vec<Store> = (0..6).map(|_| Store::create(dir.path()).unwrap()).collect();
    thread::scope(|scope| {
        for (number, store) in stores.iter_mut().enumerate() {
            scope.spawn(move || store.write(&plain_cell(&format!("cell_{number}"), 3)).unwrap());
        }
    });
    assert_eq!(Manifest::read(dir.path()).unwrap().unwrap().ids().count(), 6);
    assert_eq!(Store::open(dir.path()).unwrap().ids().len(), 6);
}

#[cfg(unix)]
/// Leaves a store as a process does that is ended when these cells are not in yet.
fn end_between(store: &Path, ids: &[&str]) {
    let staging = store.join(".staging-x");
    fs::create_dir(&staging).unwrap();
    fs::rename(store.join("manifest.csv"), staging.join("manifest.csv")).unwrap();
    for id in ids {
        fs::rename(store.join(format!("cells/{id}.h5")), staging.join(format!("{id}.h5"))).unwrap();
    }
}

#[test]
fn an_import_that_was_ended_between_two_cells_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let ids = ["cell_0", "cell_1", "cell_2", "cell_3"];
    let cells = ids.map(|id| Ok::<_, cells::Error>(plain_cell(id, 3)));
    Store::create(&store).unwrap().write_all(cells.into_iter().collect::<Vec<_>>()).unwrap();
    let manifest = fs::read(store.join("manifest.csv")).unwrap();
    end_between(&store, &ids[1..]);
    fs::create_dir(store.join(".staging-y")).unwrap();
    fs::write(store.join(".staging-y/cell_9.h5"), "half").unwrap();
    // who only reads completes it, too, and leaves what was not complete to the next import
    let read = Store::open(&store).unwrap();
    let said = read.mended().join("\n");
    assert!(said.contains("an import was ended when 3 of its cells were not in yet; they are now"), "{said}");
    assert!(said.contains("none of them is here; import them again"), "{said}");
    assert_eq!((read.ids().len(), fs::read(store.join("manifest.csv")).unwrap()), (4, manifest.clone()));
    assert_eq!(hidden(&store).len(), 1);
    end_between(&store, &ids[1..]);
    let mended = Store::create(&store).unwrap();
    let said = mended.mended().join("\n");
    assert!(said.contains("an import was ended when 3 of its cells were not in yet; they are now"), "{said}");
    assert!(said.contains(".staging-y) is removed"), "{said}");
    assert_eq!((mended.ids().len(), hidden(&store)), (4, vec![]));
    assert_eq!(fs::read(store.join("manifest.csv")).unwrap(), manifest);
}
