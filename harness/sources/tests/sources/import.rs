//! Importing the Q(V) tables: the published archive where it is at hand, made-up ones for everything that can go wrong.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cells::cell::{DatasetName, LifeRecord, Origin};
use cells::source::CellSource;
use cells::store::Store;
use sources::Error;
use sources::import::{self, CellFiles as _, Summary};
use sources::matr_curves::{CURRENT, Curves, Publication};

use lzma_rust2::{XzOptions, XzWriter};

use testing::published;

use super::published_files::is_the_users;
use testing::archive::{Archive, line_of, rising_table, stated, table_with_line};

fn import_curves(path: &Path, store: &mut Store) -> Result<Summary, Error> {
    import::write(&Curves::read(path)?, store, false, &|_, _| Ok(()))
}

/// The failure of importing the file, with the store checked to be untouched.
fn refusal(path: &Path) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    let failure = import_curves(path, &mut store).unwrap_err();
    assert!(is_the_users(&failure));
    assert!(Store::create(dir.path()).unwrap().ids().is_empty(), "something was written");
    let message = failure.to_string();
    assert!(message.contains(path.to_str().unwrap()), "the file is not named: {message}");
    message
}

fn refusal_of(archive: &Archive) -> String {
    let dir = tempfile::tempdir().unwrap();
    refusal(&archive.write_tar(dir.path()))
}

fn refusal_of_bytes(bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("given.tar.gz");
    fs::write(&path, bytes).unwrap();
    refusal(&path)
}

#[test]
fn a_folder_and_a_compressed_tar_give_the_same_cells() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::sound().with("data/train/cell1.csv", table_with_line(10, &line_of("0.25")));
    let compressed = dir.path().join("curves.tar.gz");
    fs::write(&compressed, archive.tar_gz()).unwrap();
    let folder = archive.write_folder(dir.path());

    let mut fingerprints = Vec::new();
    for path in [compressed, folder] {
        let target = tempfile::tempdir().unwrap();
        let mut store = Store::create(target.path()).unwrap();
        let summary = import_curves(&path, &mut store).unwrap();
        assert_eq!(summary.cells, [(DatasetName::of("MATR"), 124)]);
        assert!(summary.remarks[0].contains("differ from the published ones"), "{summary}");
        // 0.25 Ah amid nothing is a leap up and a fall, in every cycle of one cell
        assert_eq!(summary.remarks[2], "99 glitched curves, kept as published");
        assert!(summary.remarks[3].starts_with("  MATR_b1c1: glitched curves, kept as published: cycles 2 3 4"));
        assert_eq!(summary.remarks.len(), 4);
        let store = Store::open(target.path()).unwrap();
        assert_eq!(store.ids().len(), 124);
        assert_eq!((store.origin(), store.counts()), (Origin::Real, vec![(DatasetName::of("MATR"), 124)]));
        fingerprints.push(store.ids().iter().map(|id| store.fingerprint(id).unwrap()).collect::<Vec<_>>());
    }
    assert_eq!(fingerprints[0], fingerprints[1]);
}

#[test]
fn a_cell_is_what_its_table_says() {
    let dir = tempfile::tempdir().unwrap();
    let columns: Vec<String> = (0..99).map(|column| format!("0.{:02}", column + 1)).collect();
    let archive = Archive::sound().with("data/test2/cell7.csv", rising_table(&columns.join(",")));
    let mut store = Store::create(dir.path()).unwrap();
    import_curves(&archive.write_tar(dir.path()), &mut store).unwrap();
    let id = include_str!("../../../../experiments/matr_curves.csv")
        .lines()
        .find_map(|line| line.strip_suffix(",test2,7"))
        .expect("the index lists cell 7 of test2");

    let cell = store.cell(id, usize::MAX).unwrap();
    assert_eq!(cell.life(), &LifeRecord::Published { cycle_life: 1007.0, end_of_life: 0.8 });
    assert_eq!(cell.cycles().len(), 99);
    assert!(!cell.has_charge());
    for (position, cycle) in cell.cycles().iter().enumerate() {
        assert_eq!(cycle.number as usize, position + 2);
        assert_eq!((cycle.voltage[0], cycle.voltage[999]), (3.6, 2.0));
        assert!(cycle.voltage.windows(2).all(|pair| pair[0] > pair[1]));
        assert!(cycle.current.iter().all(|current| *current == CURRENT));
        assert_eq!(cycle.discharge_capacity[500], 0.501);
        assert_eq!(cycle.discharge_capacity[999], columns[position].parse::<f64>().unwrap());
        assert_eq!(cycle.qdlin.as_ref(), Some(&cycle.discharge_capacity));
        assert!(cycle.time.is_none() && cycle.temperature.is_none() && cycle.internal_resistance.is_none());
    }
}

#[test]
fn a_bad_value_is_named_by_file_line_and_column() {
    let line = line_of("0.1").replacen("0.1", "NaN", 1);
    let message = refusal_of(&Archive::sound().with("data/test1/cell5.csv", table_with_line(41, &line)));
    assert!(message.contains("data/test1/cell5.csv, line 42, column 1: NaN is not a finite number"), "{message}");
    assert!(message.contains("nothing was imported"), "{message}");
    let lives = "data/cycle_lives/test2_cycle_lives.csv";
    let message = refusal_of(&Archive::sound().with(lives, "1009\n1063\n"));
    assert!(message.contains(&format!("{lives}: 2 cycle lives for 40 cells")), "{message}");
}

#[test]
fn missing_tables_are_counted_and_named() {
    let archive = Archive::sound().without("data/test1/cell43.csv").without("data/cycle_lives/train_cycle_lives.csv");
    let message = refusal_of(&archive);
    assert!(
        message.contains("lacks 2 of the 127 tables: data/cycle_lives/train_cycle_lives.csv, data/test1/cell43.csv"),
        "{message}"
    );
    let dir = tempfile::tempdir().unwrap();
    let message = refusal(&archive.write_folder(dir.path()));
    assert!(message.contains("lacks 2 of the 127 tables"), "{message}");
}

#[test]
fn a_truncated_archive_is_refused_wherever_it_is_cut() {
    let whole = Archive::sound().tar_gz();
    for length in [20, whole.len() / 3, whole.len() - 200, whole.len() - 4] {
        let message = refusal_of_bytes(&whole[..length]);
        assert!(message.contains("cut short"), "cut to {length} of {}: {message}", whole.len());
    }
    let mut damaged = whole.clone();
    let end = damaged.len();
    damaged[end - 6] ^= 0xff; // the checksum
    assert!(refusal_of_bytes(&damaged).contains("is damaged"));

    let plain = Archive::sound().tar_with(&[]);
    let message = refusal_of_bytes(&plain[..plain.len() / 2]);
    assert!(message.contains("cut short") || message.contains("lacks"), "{message}");
}

#[test]
fn something_else_is_not_taken_for_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    assert!(
        refusal(dir.path()).contains("is not a matr-curves archive: neither data/train/cell1.csv (to cycle 100) nor")
    );
    assert!(refusal(&dir.path().join("nowhere.tar.gz")).contains("cannot read"));
    assert!(refusal_of_bytes(b"").contains("is not a matr-curves archive"));
    assert!(refusal_of_bytes(b"PK\x03\x04 and so on").contains("is a zip archive: unpack it"));
    assert!(refusal_of_bytes(&[b'x'; 5000]).contains("is not a matr-curves archive"));
    let mut other = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    other.append_data(&mut header, "novel/chapter1.txt", &b"It"[..]).unwrap();
    assert!(refusal_of_bytes(&other.into_inner().unwrap()).contains("neither data/train/cell1.csv"));
}

#[test]
fn hostile_entries_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hostile.tar");
    let climbing: [(&str, &[u8]); 3] =
        [("../escaped.csv", b"x"), ("/data/train/cell1.csv", b"x"), ("a/../data/train/cell1.csv", b"x")];
    fs::write(&path, Archive::sound().tar_with(&climbing)).unwrap();
    let mut store = Store::create(&dir.path().join("store")).unwrap();
    assert_eq!(import_curves(&path, &mut store).unwrap().cells, [(DatasetName::of("MATR"), 124)]);
    assert!(!dir.path().join("escaped.csv").exists());

    fs::write(&path, Archive::sound().tar_with(&[("again/data/train/cell1.csv", b"x")])).unwrap();
    assert!(refusal(&path).contains("has data/train/cell1.csv twice"));

    let huge = vec![b'1'; (4 << 20) + 1];
    let message = refusal_of(&Archive::sound().with("data/train/cell9.csv", huge));
    assert!(message.contains("data/train/cell9.csv has 4 MiB"), "{message}");
}

#[test]
fn the_longer_publication_is_known_by_its_tables_however_they_are_packed() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::sound_to_150();
    let folder = archive.write_folder(dir.path());
    let packed = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let places = [
        packed("curves.tar.gz", &archive.tar_gz()),
        packed("curves.tar.xz", &xz(&archive.tar_with(&[]))),
        folder.join("Case_study_1"),
        folder.join("Case_study_1/Dataset"),
        folder,
    ];
    let mut fingerprints = Vec::new();
    for path in places {
        let target = tempfile::tempdir().unwrap();
        let mut store = Store::create(target.path()).unwrap();
        let summary = import_curves(&path, &mut store).unwrap();
        assert_eq!(summary.cells, [(DatasetName::of("MATR"), 123), (DatasetName::of("CLO"), 45)], "{}", path.display());
        let words = "cycles 2 to 150, from VNemani14/UQ_ML_Tutorial; the tables differ from the published ones";
        assert!(summary.remarks[0].starts_with(words), "{summary}");
        assert!(!store.contains("MATR_b2c1"));
        fingerprints.push(store.ids().iter().map(|id| store.fingerprint(id).unwrap()).collect::<Vec<_>>());
    }
    assert!(fingerprints.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn capacity_and_life_are_the_stated_ones_and_curves_stay_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    import_curves(&Archive::sound_to_150().write_tar(dir.path()), &mut store).unwrap();
    // numbers behind the cell that is left out of test1 are one less than in the older publication
    for (id, number) in [("MATR_b1c1", 1), ("MATR_b1c0", 1), ("MATR_b1c45", 21), ("MATR_b2c3", 22), ("MATR_b4c44", 45)]
    {
        let cell = store.cell(id, usize::MAX).unwrap();
        let cycle_life = 1000.0 + number as f64;
        assert_eq!(cell.life(), &LifeRecord::Published { cycle_life, end_of_life: 0.8 }, "{id}");
        assert_eq!(cell.cycles().len(), 149);
        for (position, cycle) in cell.cycles().iter().enumerate() {
            assert_eq!(cycle.number as usize, position + 2);
            assert_eq!(cycle.discharged(), stated(position + 2, number), "{id} cycle {}", cycle.number);
            assert!(cycle.discharge_capacity.iter().all(|capacity| *capacity == 0.0));
            assert_eq!(cycle.qdlin.as_ref(), Some(&cycle.discharge_capacity));
        }
    }
}

#[test]
fn what_is_wrong_with_the_longer_publication_is_named() {
    let archive = || Archive::sound_to_150();
    let capacity = "discharge_capacity/test3/cell7.csv";
    let message = refusal_of(&archive().with(capacity, "2,1.08,1.07\n4,1.08,1.07\n"));
    assert!(message.contains(&format!("{capacity}, line 2, column 1: cycle 4, expected 3")), "{message}");
    let message = refusal_of(&archive().with("V_Q_curve/test3/cell45.csv", table_with_line(4, &line_of("0.1"))));
    assert!(message.contains("V_Q_curve/test3/cell45.csv, line 1: 99 columns, expected 149"), "{message}");
    let message = refusal_of(&archive().without(capacity).without("cycle_lives/test3_cycle_lives.csv"));
    assert!(message.contains("lacks 2 of the 340 tables: cycle_lives/test3"), "{message}");
    // a table of the one among those of the other
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("both.tar"), archive().tar_with(&[("data/train/cell1.csv", b"0")])).unwrap();
    let message = refusal(&dir.path().join("both.tar"));
    assert!(message.contains("holds tables of both publications"), "{message}");
}

#[test]
fn an_xz_archive_is_refused_where_it_is_cut_damaged_or_wants_much_memory() {
    let whole = xz(&Archive::sound().tar_with(&[]));
    for length in [20, whole.len() / 3, whole.len() - 20, whole.len() - 4] {
        let message = refusal_of_bytes(&whole[..length]);
        assert!(message.contains("cut short"), "cut to {length} of {}: {message}", whole.len());
    }
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 0xff;
    assert!(refusal_of_bytes(&damaged).contains("is damaged"));

    // a block header says how large the dictionary is: 36 is 1 GiB
    let mut greedy = xz(b"little");
    let header = &mut greedy[12..24];
    assert_eq!(header[..4], [2, 0, 0x21, 1], "LZMA2 alone, sizes not given");
    header[4] = 36;
    let mut checksum = flate2::Crc::new();
    checksum.update(&header[..8]);
    header[8..].copy_from_slice(&checksum.sum().to_le_bytes());
    let message = refusal_of_bytes(&greedy);
    assert!(message.contains("needs more memory to unpack than xz -9 does"), "{message}");
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn the_published_archive_gives_the_published_cells() {
    let Some(archive) = published("data/matr/matr-curves.tar.gz") else { return };
    let Some(catalogue) = published("data/matr/cells.csv") else { return };
    let curves = Curves::read(&archive).unwrap();
    assert!(curves.as_published());
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    let summary = import::write(&curves, &mut store, false, &|_, _| Ok(())).unwrap();
    assert_eq!(summary.remarks[2], "28 glitched curves, kept as published");
    let glitched_cycles = |id: &str| -> Vec<u32> {
        let start = format!("  {id}: glitched curves, kept as published: cycles ");
        let cycles = summary.remarks.iter().find_map(|remark| remark.strip_prefix(&start)).unwrap_or_default();
        cycles.split_whitespace().map(|cycle| cycle.parse().unwrap()).collect()
    };

    let mut published = csv::Reader::from_path(catalogue).unwrap();
    let headers = published.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let mut rows = 0;
    for row in published.records().map(Result::unwrap) {
        let id = &row[column("cell_id")];
        let cell = store.cell(id, usize::MAX).unwrap();
        let info = cell.info();
        let cycle_life = row[column("cycle_life_80pct")].parse().unwrap();
        assert_eq!(cell.life(), &LifeRecord::Published { cycle_life, end_of_life: 0.8 }, "{id}");
        assert_eq!(info.nominal_capacity, row[column("nominal_capacity_Ah")].parse::<f64>().unwrap());
        assert_eq!(info.ambient_temperature, row[column("temperature_C")].parse::<f64>().ok());
        assert_eq!(info.form_factor.as_deref(), Some(&row[column("form_factor")]));
        let chemistry = format!("{}/{}", info.chemistry.cathode, info.chemistry.anode);
        assert_eq!(chemistry, row[column("chemistry")]);
        let expected: Vec<u32> =
            row[column("glitch_cycles")].split_whitespace().map(|cycle| cycle.parse().unwrap()).collect();
        assert_eq!(glitched_cycles(id), expected, "glitches of {id}");
        // what every cell of this type gives in its first hundred cycles, read off with the glitches aside
        let (sound, last) = (expected.is_empty(), cell.cycles().last().unwrap());
        assert!(!sound || (0.9..1.12).contains(&last.discharged()), "{id} gives {} Ah", last.discharged());
        rows += 1;
    }
    assert_eq!(rows, store.ids().len());
}

/// Both archives, if they are here.
fn both() -> Option<[PathBuf; 2]> {
    Some([published("data/matr/matr-curves.tar.gz")?, published("data/matr/matr-clo-curves-2-150.tar.xz")?])
}

#[test]
fn the_two_publications_agree_where_both_say_something() {
    let Some(archives) = both() else { return };
    let [shorter, longer] = archives.map(|archive| Curves::read(&archive).unwrap());
    assert!(shorter.as_published() && longer.as_published());
    assert_eq!([shorter.publication(), longer.publication()], Publication::ALL);
    let cell = |curves: &Curves, id: &str| curves.cell(id).unwrap().cell;
    let mut compared = 0;
    for id in shorter.ids().iter().filter(|id| *id != "MATR_b2c1") {
        let (shorter, longer) = (cell(&shorter, id), cell(&longer, id));
        assert_eq!(shorter.life(), longer.life(), "{id}");
        assert_eq!((shorter.cycles().len(), longer.cycles().len()), (99, 149));
        for (one, other) in shorter.cycles().iter().zip(longer.cycles()) {
            // five digits make a number that no other five make
            assert_eq!(one.number, other.number);
            assert!(one.discharge_capacity == other.discharge_capacity, "{id} cycle {}", one.number);
            assert_eq!(one.stated_capacity, None);
        }
        compared += 1;
    }
    assert_eq!(compared, 123);
}

#[test]
fn capacities_and_lives_of_the_longer_publication_are_those_of_other_sources() {
    let Some([_, archive]) = both() else { return };
    let curves = Curves::read(&archive).unwrap();
    let mut lives = 0;
    // of two cells of CLO, one noisy cycle ends this life, and Attia et al. count 110 and 217 cycles more
    for (table, life) in [("matr/cells.csv", "cycle_life_80pct"), ("clo/cells.csv", "first_cycle_below_0p88Ah")] {
        let Some(table) = published(&format!("data/{table}")) else { return };
        let mut reader = csv::Reader::from_path(table).unwrap();
        let life = reader.headers().unwrap().iter().position(|header| header == life).unwrap();
        for row in reader.records().map(Result::unwrap).filter(|row| &row[0] != "MATR_b2c1") {
            let cycle_life = row[life].parse().unwrap();
            let cell = curves.cell(&row[0]).unwrap().cell;
            assert_eq!(cell.life(), &LifeRecord::Published { cycle_life, end_of_life: 0.8 }, "{}", &row[0]);
            lives += 1;
        }
    }
    assert_eq!(lives, 168);

    let mut cycles = 0;
    for table in ["matr", "clo"] {
        let Some(table) = published(&format!("data/{table}/capacity.csv.gz")) else { return };
        let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(fs::File::open(table).unwrap()));
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        for of_cell in rows.chunk_by(|one, other| one[0] == other[0]) {
            let cell = curves.cell(&of_cell[0][0]).unwrap().cell;
            for row in of_cell {
                let Some(position) = row[1].parse::<usize>().unwrap().checked_sub(2) else { continue };
                let Some(cycle) = cell.cycles().get(position) else { continue };
                let difference = cycle.discharged() - row[2].parse::<f64>().unwrap();
                // ours has five digits, theirs as many or more
                assert!(difference.abs() < 5.1e-5, "{} cycle {}: {difference} Ah", &row[0], &row[1]);
                cycles += 1;
            }
        }
    }
    assert_eq!(cycles, 168 * 149);
}

#[test]
fn the_curves_of_clo_differ_as_published_elsewhere() {
    let Some([_, archive]) = both() else { return };
    let Some(table) = published("data/clo/delta_q_10_minus_100.csv.gz") else { return };
    let curves = Curves::read(&archive).unwrap();
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(fs::File::open(table).unwrap()));
    let mut rows = 0;
    for row in reader.records().map(Result::unwrap) {
        let cell = curves.cell(&row[0]).unwrap().cell;
        let of_cycle = |number: usize| cell.cycles()[number - 2].qdlin.as_ref().unwrap();
        for (k, expected) in row.iter().skip(1).enumerate() {
            let difference = of_cycle(10)[k] - of_cycle(100)[k];
            // both were rounded to five digits
            assert!((difference - expected.parse::<f64>().unwrap()).abs() <= 1.05e-4, "{} point {k}", &row[0]);
        }
        rows += 1;
    }
    assert_eq!(rows, 45);
}
