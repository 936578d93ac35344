//! `batlinet data fetch`, `check` and `show` as a user meets them: files that are left, sentences and exit codes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use cells::cell::{Cell, LifeRecord};
use cells::store::{Manifest, Store};
use harness::cli::data::{DataCommand, execute_to};
use sources::export;

use testing::cells::plain_cell;
use testing::some::LabCells;

/// What a command prints, and the exit code with the sentence it ends with.
fn execute(command: &DataCommand) -> (String, Option<(u8, String)>) {
    let mut out = Vec::new();
    let failure = execute_to(command, &mut out).err();
    (String::from_utf8(out).unwrap(), failure.map(|failure| (failure.exit_code(), failure.to_string())))
}

fn check(data: &Path, experiments: &[PathBuf]) -> (String, Option<(u8, String)>) {
    execute(&DataCommand::Check { data: data.to_owned(), experiments: experiments.to_vec() })
}

fn code(end: &Option<(u8, String)>) -> u8 {
    end.as_ref().map_or(0, |(code, _)| *code)
}

/// Serves these bytes to everyone, for as long as the test runs.
fn serve(content: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/hust_data.zip", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            BufReader::new(stream.try_clone().unwrap())
                .lines()
                .map(Result::unwrap)
                .take_while(|l| !l.is_empty())
                .count();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&content));
        }
    });
    url
}

struct Published {
    dir: tempfile::TempDir,
    content: Vec<u8>,
}

impl Published {
    /// A file as HUST publishes it, with two virtual cells.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cells = LabCells::of_the_lab(3, &["HUST_1-1", "HUST_1-2"]);
        let format = export::Format::find("hust-zip").unwrap();
        let files = export::export(format, &cells, &[], &dir.path().join("raw"), &|_, _| Ok(())).unwrap();
        let content = fs::read(&files[0]).unwrap();
        Self { dir, content }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    /// `data fetch hust` with a manifest that says `more` of the file at `url`.
    fn fetch(&self, url: &str, more: &str) -> (String, Option<(u8, String)>) {
        let manifest = self.dir.path().join("manifest.yaml");
        let file = format!("{{name: hust_data.zip, urls: [{url}]{more}}}");
        fs::write(&manifest, format!("- name: hust\n  about: x\n  page: here\n  files: [{file}]\n")).unwrap();
        execute(&DataCommand::Fetch {
            source: "hust".to_owned(),
            data: self.data(),
            manifest: Some(manifest),
            download_only: false,
            force: false,
        })
    }

    fn kept(&self) -> PathBuf {
        self.data().join("downloads/hust/hust_data.zip")
    }
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_fetched_is_verified_kept_and_imported() {
    let published = Published::new();
    let url = serve(published.content.clone());
    let (said, end) = published.fetch(&url, &format!(", sha256: {}", sha256(&published.content)));
    assert_eq!(end, None, "{said}");
    assert!(said.contains("2 virtual cells of HUST"), "{said}");
    assert_eq!(Store::open(&published.data()).unwrap().counts()[0].1, 2);
    assert_eq!(fs::read(published.kept()).unwrap(), published.content);
    let checksums = fs::read_to_string(published.data().join("downloads/checksums.csv")).unwrap();
    assert!(checksums.contains(&format!("{},manifest,{url}", sha256(&published.content))), "{checksums}");
    // cells that are there are a reason to stop before anything is fetched
    let (_, end) = published.fetch("http://127.0.0.1:1/nobody", "");
    let (code, message) = end.unwrap();
    assert!(code == 2 && message.contains("2 of these 77 cells are in") && message.contains("--force"), "{message}");
}

#[test]
fn a_file_with_another_hash_is_neither_kept_nor_imported() {
    let published = Published::new();
    let url = serve(published.content.clone());
    let (_, end) = published.fetch(&url, &format!(", sha256: {}", "0".repeat(64)));
    let (code, message) = end.unwrap();
    assert_eq!(code, 2);
    assert!(message.contains("the published file has 0000") && message.contains("it is deleted"), "{message}");
    assert!(message.contains("open here with a browser, save hust_data.zip in"), "{message}");
    assert!(!published.kept().exists() && !Store::is_at(&published.data()));
}

#[test]
fn without_a_published_hash_the_first_download_is_what_later_ones_must_be() {
    let published = Published::new();
    let url = serve(published.content.clone());
    assert_eq!(published.fetch(&url, "").1, None);
    let checksums = fs::read_to_string(published.data().join("downloads/checksums.csv")).unwrap();
    assert!(checksums.contains(&format!("hust/hust_data.zip,{}", published.content.len())), "{checksums}");
    assert!(checksums.contains(",first_use,"), "{checksums}");

    fs::remove_dir_all(published.data().join("cells")).unwrap();
    fs::write(published.kept(), "exchanged").unwrap();
    let (_, message) = published.fetch(&url, "").1.unwrap();
    assert!(message.contains("when it was first fetched it had") && message.contains("to fetch it anew"), "{message}");
    // another file from the network is no better
    fs::remove_file(published.kept()).unwrap();
    let (_, message) = published.fetch(&serve(b"exchanged".to_vec()), "").1.unwrap();
    assert!(message.contains("when it was first fetched it had"), "{message}");
    assert!(!published.kept().exists());
    // the right one is, and a file brought by hand is not fetched
    fs::write(published.kept(), &published.content).unwrap();
    assert_eq!(published.fetch("http://127.0.0.1:1/nobody", "").1, None);
}

#[test]
fn what_only_people_get_comes_with_steps_and_exit_code_5() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("store");
    let fetch = |name: &str| {
        execute(&DataCommand::Fetch {
            source: name.to_owned(),
            data: data.clone(),
            manifest: None,
            download_only: false,
            force: false,
        })
    };
    let (said, end) = fetch("hnei");
    assert_eq!(code(&end), 5);
    assert!(end.unwrap().1.contains("28 of the 28 files of hnei"));
    let folder = data.join("downloads/hnei");
    for words in [
        "open https://www.batteryarchive.org",
        folder.to_str().unwrap(),
        "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a_timeseries.csv  HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a_cycle_data.csv",
    ] {
        assert!(said.contains(words), "no {words} in\n{said}");
    }
    // what is brought is no longer asked for, and all of it is imported
    let ids: Vec<String> = cells::catalogue::cells()
        .iter()
        .filter(|entry| entry.dataset == "HNEI")
        .map(|entry| entry.id.clone())
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let format = export::Format::find("battery-archive").unwrap();
    export::export(format, &LabCells::of_the_lab(40, &ids[1..]), &[], &folder, &|_, _| Ok(())).unwrap();
    let (said, end) = fetch("hnei");
    assert!(end.unwrap().1.contains("2 of the 28 files of hnei"));
    assert_eq!(said.matches("_timeseries.csv").count(), 1, "{said}");
    export::export(format, &LabCells::of_the_lab(40, &ids[..1]), &[], &folder, &|_, _| Ok(())).unwrap();
    let (said, end) = fetch("hnei");
    assert_eq!(end, None, "{said}");
    assert!(said.contains("14 virtual cells of HNEI"), "{said}");

    let (_, end) = fetch("hnie");
    assert!(end.unwrap().1.contains("did you mean 'hnei'?"));
}

/// A store with these cells, and an experiment on them.
struct Trial {
    dir: tempfile::TempDir,
}

impl Trial {
    fn new(cells: &[Cell], split: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Store::create(&dir.path().join("store"))
            .unwrap()
            .write_all(cells.iter().cloned().map(Ok::<_, cells::Error>).collect::<Vec<_>>())
            .unwrap();
        let trial = Self { dir };
        trial.declare(split, "{end_of_life: 0.8}");
        trial
    }

    fn declare(&self, split: &str, label: &str) {
        fs::write(self.dir.path().join("split.csv"), format!("cell_id,split\n{split}")).unwrap();
        let experiment = format!(
            "name: trial\nscenario: TRIAL\ndescription: x\ntrain_test_split: split.csv\nprotocol: faithful\nlabel: {label}\n\
             seeds: [0]\nfeatures:\n  row: {{voltage_capacity: {{base: 0, first: 1, last: 1}}}}\nmodels:\n  - ridge: {{}}\n    \
             feature: row\n"
        );
        fs::write(self.dir.path().join("trial.yaml"), experiment).unwrap();
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn check(&self) -> (String, Option<(u8, String)>) {
        check(&self.store(), &[self.dir.path().join("trial.yaml")])
    }
}

/// A cell whose capacity falls to 80 % at position `end`, with curves of its own.
fn ageing(id: &str, end: usize) -> Cell {
    let plain = plain_cell(id, 4);
    let mut cycles = plain.cycles().to_vec();
    cycles[0].voltage[0] += end as f64 * 1e-6;
    // slowly, as cells do
    let capacity = |position: usize| if position < end { 1.05 - 0.16 * position as f64 / end as f64 } else { 0.85 };
    let life = (0..end + 5).map(capacity).collect();
    Cell::new(plain.info().clone(), cycles, LifeRecord::Capacity(life)).unwrap()
}

const SPLIT: &str = "A,train\nB,train\nC,test\n";

fn sound() -> Trial {
    Trial::new(&[ageing("A", 200), ageing("B", 300), ageing("C", 250)], SPLIT)
}

#[test]
fn a_sound_store_passes_and_its_lives_are_counted() {
    let (said, end) = sound().check();
    assert_eq!(end, None, "{said}");
    assert!(said.contains("3 cells: 202 to 302"), "{said}");
    assert!(said.contains("note: 3 cells are none of the published ones: A, B, C"), "{said}");
    assert!(said.ends_with("no fault, and nothing that was asked for is missing\n"), "{said}");
}

#[test]
fn faults_of_cells_are_named_with_exit_code_3() {
    let fault = |spoil: &dyn Fn(&Trial), words: &[&str]| {
        let trial = sound();
        spoil(&trial);
        let (said, end) = trial.check();
        assert_eq!(code(&end), 3, "{said}");
        for word in words {
            assert!(
                said.lines().any(|line| line.starts_with("fault: ") && line.contains(word)),
                "no {word} in\n{said}"
            );
        }
    };
    let file = |trial: &Trial, id: &str| trial.store().join(format!("cells/{id}.h5"));
    let cut = |trial: &Trial| {
        let whole = fs::read(file(trial, "B")).unwrap();
        fs::write(file(trial, "B"), &whole[..whole.len() / 2]).unwrap();
    };
    fault(&cut, &["B.h5 is damaged", "import its dataset again"]);
    let remove = |trial: &Trial| fs::remove_file(file(trial, "B")).unwrap();
    fault(&remove, &["manifest.csv has no file any more: B"]);
    let exchange = |trial: &Trial| {
        let other = tempfile::tempdir().unwrap();
        Store::create(other.path()).unwrap().write(&ageing("B", 301)).unwrap();
        fs::copy(other.path().join("cells/B.h5"), file(trial, "B")).unwrap();
    };
    fault(&exchange, &["B.h5 is sound, but not the cell that was imported"]);
    let copy_under_another_name = |trial: &Trial| {
        let twin = ageing("A", 200);
        let mut info = twin.info().clone();
        info.id = "C".to_owned();
        let twin = Cell::new(info, twin.cycles().to_vec(), twin.life().clone()).unwrap();
        Store::create(&trial.store()).unwrap().write(&twin).unwrap();
    };
    fault(
        &copy_under_another_name,
        &[
            "A, C hold the very same measurements",
            "the test cell C holds the very same measurements as the training cell A",
        ],
    );
    let mangle = |trial: &Trial| fs::write(Manifest::path(&trial.store()), "x\n1\n").unwrap();
    let trial = sound();
    mangle(&trial);
    assert_eq!(code(&trial.check().1), 2, "a manifest that cannot be read is the user's to mend");
}

#[test]
fn faults_of_splits_and_labels_are_named() {
    for (split, label, word) in [
        ("A,train\nB,train\nA,test\n", "{end_of_life: 0.8}", "cell A is in train on line 2 and in test on line 4"),
        ("A,train\nB,train\nMATR_b1c1O,test\nC,test\n", "{end_of_life: 0.8}", "did you mean 'MATR_b1c1"),
        (SPLIT, "{end_of_life: 0.8, minimum: 0}", "cell ends within the 2 cycles that features read"),
    ] {
        let trial = sound();
        if label.contains("minimum") {
            Store::create(&trial.store()).unwrap().write(&ageing("B", 0)).unwrap();
        }
        trial.declare(split, label);
        let (said, end) = trial.check();
        assert_eq!(code(&end), 3, "{said}");
        assert!(said.lines().any(|line| line.starts_with("fault: ") && line.contains(word)), "no {word} in\n{said}");
    }
}

#[test]
fn missing_cells_end_with_code_5_and_unknown_lives_are_notes() {
    let trial = sound();
    trial.declare("A,train\nB,train\nC,test\nHUST_1-1,test\n", "{end_of_life: 0.8}");
    let (said, end) = trial.check();
    assert_eq!(code(&end), 5, "{said}");
    assert!(said.contains("missing: trial: 1 cell of") && said.contains("is not here: HUST_1-1"), "{said}");

    // some cells of a dataset, not all
    let trial = Trial::new(&[ageing("HUST_1-1", 200), ageing("HUST_1-2", 300)], "HUST_1-1,train\nHUST_1-2,test\n");
    let (said, end) = check(&trial.store(), &[]);
    assert_eq!(code(&end), 5, "{said}");
    assert!(said.contains("missing: 75 of the 77 cells of HUST: HUST_1-3"), "{said}");
    // they are missing to nobody where an experiment says which are wanted, and those are here
    let (said, end) = trial.check();
    assert_eq!(end, None, "{said}");
    assert!(said.contains("note: not here: 75 of the 77 cells of HUST: HUST_1-3"), "{said}");
    trial.declare("HUST_1-1,train\nHUST_1-2,test\nHUST_1-3,test\n", "{end_of_life: 0.8}");
    let (said, end) = trial.check();
    assert_eq!(code(&end), 5, "{said}");
    assert!(said.contains("is not here: HUST_1-3"), "{said}");

    let trial = sound();
    let plain = ageing("B", 300);
    let unfinished = LifeRecord::Capacity(vec![1.0; 400]);
    let unfinished = Cell::new(plain.info().clone(), plain.cycles().to_vec(), unfinished).unwrap();
    Store::create(&trial.store()).unwrap().write(&unfinished).unwrap();
    for (label, words) in
        [("pad", "the number of their cycles plus 2 is taken for it: B"), ("drop", "they are left out: B")]
    {
        trial.declare(SPLIT, &format!("{{end_of_life: 0.8, unreached: {label}}}"));
        let (said, end) = trial.check();
        assert_eq!(end, None, "{said}");
        assert!(said.contains("note: trial: the life of 1 of 2 training cells is not known, since"), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_published_splits_hold_on_virtual_cells() {
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let files: Vec<PathBuf> =
        ["matr-1", "matr-2", "hust", "mix-100", "mix-20"].map(|name| experiments.join(format!("{name}.yaml"))).into();
    let (said, end) = check("virtual".as_ref(), &files);
    assert_eq!(end, None, "{said}");
    assert!(said.contains(" MATR with CLO | 180 ") && said.contains(" SNL           | 61 "), "{said}");
    assert!(said.contains("mix-100: the life of 8 of 137 test cells is not known"), "{said}");
}

#[test]
fn a_cell_is_shown_in_pictures_too() {
    let trial = sound();
    let out = trial.dir.path().join("pictures");
    let show = |cycles: Vec<usize>| {
        let (cell, data) = ("A".to_owned(), trial.store());
        execute(&DataCommand::Show { cell, data, out: Some(out.clone()), cycles })
    };
    let (said, end) = show(vec![0, 3]);
    assert_eq!(end, None);
    for file in ["A-fade.svg", "A-fade.csv", "A-curves.svg", "A-curves.csv"] {
        assert!(said.contains(&format!("wrote {}", out.join(file).display())), "{said}");
    }
    let svg = fs::read_to_string(out.join("A-curves.svg")).unwrap();
    assert!(svg.contains("A: discharge, VIRTUAL cell") && svg.contains(", position 3"), "{svg}");
    assert!(fs::read_to_string(out.join("A-fade.svg")).unwrap().contains("80 % of nominal"));
    let (_, end) = show(vec![4]);
    assert!(end.unwrap().1.contains("positions 0 to 3: there is none at 4"));
}
