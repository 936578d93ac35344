//! Real exports of cyclers: each is named, and read or refused in words that say what to do. They lie outside the project; where
//! they do not, these tests are skipped.

use std::fs;
use std::path::{Path, PathBuf};

use sources::cycler;
use sources::import::{self, CellFiles as _};

/// A folder of real data.
fn folder(name: &str) -> Option<PathBuf> {
    testing::published(&format!("data/{name}"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What an import of one file by its own draft says.
fn import(file: &Path, draft: &str) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let declaration = dir.path().join("cells.yaml");
    fs::write(&declaration, draft).unwrap();
    let cells = cycler::open(&[file.to_owned()], &declaration).map_err(|error| error.to_string())?;
    let mut store = cells::store::Store::create(&dir.path().join("store")).map_err(|error| error.to_string())?;
    assert_eq!(cells.ids().len(), 1);
    import::write(&cells, &mut store, false, &|_, _| Ok(()))
        .map(|summary| summary.to_string())
        .map_err(|error| error.to_string())
}

/// What becomes of a sample by its own draft.
enum Verdict {
    /// Read, with these words.
    Read(&'static [&'static str]),
    /// Refused when it is imported, with these.
    Refused(&'static [&'static str]),
    /// Not even described.
    NotDescribed(&'static [&'static str]),
}
use Verdict::{NotDescribed, Read, Refused};

/// Name, program, and what becomes of it. Most are of some lines only: no cycle is whole.
const SAMPLES: &[(&str, &str, Verdict)] = &[
    (
        "DLR__LiLNMOHydra0b__20221125__POCV__25degC__Basytec.bdf.csv",
        "Battery Data Format",
        Read(&["read as Battery Data Format", "doubtful: no current reaches 0.1 A", "its test lasts 16.8 years"]),
    ),
    (
        "SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv",
        "Battery Data Format",
        Refused(&["line 724", "time goes from 7200 s back to 0 s", "the time of the step"]),
    ),
    (
        "Sample_data_biologic_CA1.txt",
        "BioLogic",
        Read(&["doubtful: cycle 0: 0.0000 Ah went in and 0.0324 Ah came out"]),
    ),
    ("Sample_data_biologic_no_header.mpt", "BioLogic", Refused(&["no cycle is left of 1", "hardly pass any charge"])),
    (
        "arbin_example.csv",
        "Arbin",
        Read(&["read as Arbin", "doubtful: cycle 1: 0.1919 Ah went in and 1.0724 Ah came out"]),
    ),
    (
        "bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx",
        "Arbin",
        Read(&[
            "doubtful: cycle 2: 0.00000460 Ah went in and 0.00526 Ah came out",
            "doubtful: no current reaches 0.00058 A",
        ]),
    ),
    ("legacy.bdf.parquet", "", NotDescribed(&["Parquet is not read here"])),
    (
        "maccor_001.txt",
        "Maccor",
        Read(&["it is that of the state", "doubtful: cycle 1 (and so 5 of 5 cycles): a temperature of -2501"]),
    ),
    ("maccor_example.001", "Maccor", Refused(&["no cycle is left of 1"])),
    (
        "neware_uio.csv",
        "Neware",
        Read(&["cycle 4: the record ends in its charge", "doubtful: cycle 3: 2 discharges in one cycle"]),
    ),
    ("sample_data_arbin.csv", "Arbin", Refused(&["sample_data_arbin cannot be as the file has it"])),
    (
        "sample_data_basytec.txt",
        "BasyTec",
        Refused(&["sample_data_basytec cannot be as the file has it", "another unit"]),
    ),
    ("sample_data_maccor.csv", "Maccor", Refused(&["sample_data_maccor cannot be as the file has it", "another unit"])),
];

#[test]
fn samples_are_named_and_read_or_refused_in_words() {
    let Some(folder) = folder("cycler-samples") else { return };
    let known: Vec<&str> = SAMPLES.iter().map(|(name, ..)| *name).collect();
    let there: Vec<String> =
        files(&folder).iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(there, known, "every sample has a verdict");
    for (name, program, verdict) in SAMPLES {
        let file = folder.join(name);
        let draft = cycler::describe(std::slice::from_ref(&file)).map_err(|error| error.to_string());
        let outcome = draft.as_ref().map(|draft| import(&file, draft));
        let (said, words) = match (&outcome, verdict) {
            (Ok(Ok(said)), Read(words)) | (Ok(Err(said)), Refused(words)) => (said, words),
            (Err(said), NotDescribed(words)) => (*said, words),
            (outcome, _) => panic!("{name}: {outcome:?}"),
        };
        words.iter().for_each(|word| assert!(said.contains(word), "{name}: no \"{word}\" in: {said}"));
        if let Ok(draft) = &draft {
            // what an import says of it is foreseen
            let foreseen = match &outcome {
                Ok(Err(_)) => draft.contains("#   as drafted, import will refuse it: "),
                Ok(Ok(said)) => {
                    said.contains("doubtful: ") == draft.contains("#   as drafted, import will say: doubtful: ")
                }
                Err(_) => true,
            };
            assert!(foreseen || draft.contains("# mapping: …"), "{name}: {draft}");
            assert!(draft.starts_with(&format!("# {program}: ")), "{draft}");
        }
    }
}

#[test]
fn cells_of_batteryml_that_no_table_knows_are_imported() {
    let Some(folder) = folder("foreign-batteryml") else { return };
    for file in files(&folder) {
        let draft = cycler::describe(std::slice::from_ref(&file)).unwrap();
        assert!(draft.contains("nominal_capacity: 58  # as the file says"), "{draft}");
        let said = import(&file, &draft).unwrap();
        // the first cycle of each begins where another part of the test ends
        assert!(said.contains("1 real cell of own") && said.contains("doubtful: cycle 1 (and so 11 of"), "{said}");
        assert!(said.contains("time runs back"), "{said}");
    }
}

#[test]
fn virtual_cells_raise_no_doubt() {
    use cells::source::CellSource as _;
    use rayon::prelude::*;
    let lab = lab::VirtualLab::new();
    // all of them where it is asked for: BATLINET_ALL=1
    let step = if std::env::var_os("BATLINET_ALL").is_some() { 1 } else { 20 };
    let doubts: Vec<String> = lab
        .ids()
        .into_par_iter()
        .step_by(step)
        .flat_map(|id| {
            let cell = lab.cell(&id, usize::MAX).unwrap();
            // by the name of a published cell, and as somebody's own
            let info = cells::cell::CellInfo { id: format!("own_{id}"), published_life: None, ..cell.info().clone() };
            let own = cells::cell::Cell::new(info, cell.cycles().to_vec(), cell.life().clone()).unwrap();
            let mut doubts = [cells::physics::doubts(&cell), cells::physics::doubts(&own)].concat();
            // cycled between a fifth and four fifths of its charge, and said to be
            doubts.retain(|doubt| !(id.contains("_20-80_") && doubt.what.contains("never come near the limit")));
            doubts.into_iter().map(move |doubt| format!("{id}: {doubt}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(doubts.is_empty(), "{}", doubts.join("\n"));
}

/// The hashes of `cells/src/physics/published.txt`, where published cells lie beside the project.
#[test]
fn published_cells_are_known_by_hash() {
    use cells::source::CellSource as _;
    let Some(folder) = folder("matr") else { return };
    let calce = folder.with_file_name("calce").join("raw/CS2_35");
    let mut unknown = Vec::new();
    for (format, path) in [
        ("matr-curves", folder.join("matr-curves.tar.gz")),
        ("matr-curves", folder.join("matr-clo-curves-2-150.tar.xz")),
        ("calce", calce),
    ] {
        let format = import::Format::find(format).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut store = cells::store::Store::create(dir.path()).unwrap();
        let published = (format.open)(&[path]).unwrap();
        let said = import::write(&*published, &mut store, false, &|_, _| Ok(())).unwrap();
        println!("{said}");
        for id in store.ids() {
            let cell = store.cell(&id, usize::MAX).unwrap();
            if !cells::physics::is_known(&cell) {
                unknown.push(cells::store::measurements(&cell)[..16].to_owned());
            }
            assert!(cells::physics::is_published(&cell) || !unknown.is_empty(), "{id}");
        }
    }
    assert!(unknown.is_empty(), "HASHES\n{}\nEND", unknown.join("\n"));
}
