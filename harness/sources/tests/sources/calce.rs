//! Importing CALCE: a real cell where it is at hand, virtual cells through workbooks, and everything that can go wrong.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use cells::cell::{DatasetName, Origin};
use cells::label::LabelRule;
use cells::source::CellSource as _;
use cells::store::Store;
use rust_xlsxwriter::Workbook;
use sources::calce::FORMAT;
use sources::import::{self, Imported};

use testing::archive::zip_of;
use testing::published;
use testing::some::LabCells;

use super::published_files::{assert_life_is_that_of_cycles, cell, export, is_the_users, refusal, refused_or_unharmed};
use super::raw;

/// The rows of a published table of one cell, by column name.
fn rows(gzipped: &Path, wanted: &[&str]) -> Vec<Vec<String>> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(gzipped).unwrap()).read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let columns: Vec<usize> =
        wanted.iter().map(|name| headers.iter().position(|header| header == *name).unwrap()).collect();
    let records = reader.records().map(Result::unwrap).filter(|record| &record[0] == "CALCE_CS2_35");
    records.map(|record| columns.iter().map(|&column| record[column].to_owned()).collect()).collect()
}

#[test]
fn the_published_workbooks_give_the_published_cycles() {
    let Some(workbooks) = published("data/calce/raw/CS2_35") else { return };
    let Some(capacity) = published("data/calce/capacity.csv.gz") else { return };
    let imported = cell(&FORMAT, &workbooks, "CALCE_CS2_35").unwrap();
    let cell = imported.cell;
    assert_eq!(cell.info().origin, Origin::Real);
    assert_eq!(
        imported.remarks,
        [
            "4 of 936 cycles dropped for giving next to nothing",
            "152 of 932 cycles dropped as outliers: positions and lives count the others",
            // published so
            "CS2_35_2_10_11.xlsx and CS2_35_2_4_11.xlsx hold the same samples: was one copied?"
        ]
    );

    let columns =
        ["raw_group", "discharge_capacity_Ah", "charge_capacity_Ah", "n_raw_points", "kept_by_batlinet_filter"];
    let kept: Vec<Vec<String>> = rows(&capacity, &columns).into_iter().filter(|row| row[4] == "True").collect();
    assert_eq!(cell.cycles().len(), kept.len());
    for (cycle, row) in cell.cycles().iter().zip(&kept) {
        let charged = cycle.charge_capacity.as_ref().unwrap().last().unwrap();
        assert_eq!(cycle.number.to_string(), row[0]);
        assert_eq!(cycle.len().to_string(), row[3]);
        // the table has six digits
        for (ours, theirs) in [(cycle.discharged(), &row[1]), (*charged, &row[2])] {
            assert!((ours - theirs.parse::<f64>().unwrap()).abs() < 5.1e-6, "cycle {}: {ours} and {theirs}", row[0]);
        }
    }
    assert_eq!(LabelRule::default().life(&cell).unwrap(), Some(519.0));

    // the table has every cycle; those that give next to nothing are none
    let all: Vec<f64> =
        rows(&capacity, &columns).iter().map(|row| row[1].parse().unwrap()).filter(|q| *q > 0.1).collect();
    let recorded = cell.recorded().unwrap();
    assert_eq!(recorded.len(), all.len());
    assert!(recorded.iter().zip(&all).all(|(ours, theirs)| (ours - theirs).abs() < 5.1e-6));
    let last_above = all.iter().rposition(|q| *q > 0.88).unwrap();
    assert_eq!(honest().life(&cell).unwrap(), Some(last_above as f64 + 3.0));
}

/// How the honest protocol counts.
fn honest() -> LabelRule {
    let rule = "{unreached: drop, crossing: persistent, counted: all}";
    serde_yaml::from_str(rule).unwrap()
}

#[test]
fn virtual_cells_come_through_workbooks_with_every_sample() {
    // of two cells the first cycle of the files is dropped, so that one more must stand there
    for (id, first) in [("CALCE_CS2_33", 0), ("CALCE_CX2_16", 1), ("CALCE_CX2_34", 1)] {
        let dir = tempfile::tempdir().unwrap();
        // two workbooks, and one of trickles
        let cells = LabCells::of_the_lab(70, &[id]);
        raw::export("calce-xlsx", &cells, dir.path());
        let made = cells.get(id);
        let Imported { cell: imported, remarks, .. } = cell(&FORMAT, dir.path(), id).unwrap();
        assert_eq!(imported.info(), made.info(), "origin, limits and chemistry");
        assert_life_is_that_of_cycles(&imported);
        // and trickles, some more than cycles
        let cycles = made.cycles().len() + first;
        let trickles = cycles + cycles / 5 + 42;
        let dropped = format!("{trickles} of {} cycles dropped for giving next to nothing", cycles + trickles);
        assert_eq!(remarks[0], dropped);
        assert!(imported.left_out().is_empty(), "no outliers");
        assert_eq!(remarks.len(), 1 + first);
        assert_eq!(imported.cycles().len(), made.cycles().len());
        for (position, (cycle, original)) in imported.cycles().iter().zip(made.cycles()).enumerate() {
            assert_eq!(cycle.number as usize, position + first);
            assert_eq!((&cycle.voltage, &cycle.current), (&original.voltage, &original.current), "{id} at {position}");
            // but for cycles whose last current was lost
            let (ours, theirs) = (cycle.discharged(), original.discharged());
            assert!((ours - theirs).abs() < 1e-4, "{id} at {position}: {ours} and {theirs}");
        }
    }
}

#[test]
fn a_measured_cell_comes_through_workbooks_uncleaned() {
    let Some(workbooks) = published("data/calce/raw/CS2_35") else { return };
    let dir = tempfile::tempdir().unwrap();
    let [first, second, files] = ["first", "second", "files"].map(|name| dir.path().join(name));
    let import = |from: &Path, into: &Path| {
        let published = (FORMAT.open)(&[from.to_owned()]).unwrap();
        import::write(&*published, &mut Store::create(into).unwrap(), false, &|_, _| Ok(())).unwrap();
        Store::open(into).unwrap()
    };
    let once = import(&workbooks, &first);
    sources::export::export(sources::export::Format::find("calce-xlsx").unwrap(), &once, &[], &files, &|_, _| Ok(()))
        .unwrap();
    let [once, twice] = [once, import(&files, &second)].map(|store| store.cell("CALCE_CS2_35", usize::MAX).unwrap());
    assert_eq!(twice.info(), once.info(), "measured, too");
    assert_eq!(twice.cycles().len(), once.cycles().len());
    for (position, (cycle, before)) in twice.cycles().iter().zip(once.cycles()).enumerate() {
        assert_eq!((&cycle.voltage, &cycle.current), (&before.voltage, &before.current), "cycle at {position}");
        let same = cycle.discharge_capacity.iter().zip(&before.discharge_capacity).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(same, "capacity of the cycle at {position}");
        let (time, before) = (cycle.time.as_ref().unwrap(), before.time.as_ref().unwrap());
        assert!(time.iter().zip(before).all(|(a, b)| (a - b).abs() < 1e-6), "time of the cycle at {position}");
    }
}

#[test]
fn archives_and_the_folders_that_they_unpack_to_give_the_same_cells() {
    let dir = tempfile::tempdir().unwrap();
    let archive = export("calce-xlsx", &["CALCE_CS2_34"], dir.path()).remove(0);
    let from_archive = cell(&FORMAT, &archive, "CALCE_CS2_34").unwrap();
    let unpacked = dir.path().join("unpacked");
    zip::ZipArchive::new(fs::File::open(&archive).unwrap()).unwrap().extract(&unpacked).unwrap();
    assert!(unpacked.join("CS2_34").is_dir());
    assert_eq!(cell(&FORMAT, &unpacked, "CALCE_CS2_34").unwrap(), from_archive);
    assert_eq!(cell(&FORMAT, &unpacked.join("CS2_34"), "CALCE_CS2_34").unwrap(), from_archive);

    // both at once are each file twice
    assert!(refusal(&FORMAT, dir.path()).contains("have the same name: give each file once"));

    // through the store, with what is left out named
    fs::rename(unpacked.join("CS2_34"), unpacked.join("cs2_34")).unwrap();
    fs::create_dir(unpacked.join("CS2_3")).unwrap();
    fs::write(unpacked.join("CS2_3/CS2_3_1_2_10.txt"), "not looked at").unwrap();
    let store_dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(store_dir.path()).unwrap();
    let published = (FORMAT.open)(&[unpacked]).unwrap();
    let summary = import::write(&*published, &mut store, false, &|_, _| Ok(())).unwrap();
    assert_eq!((summary.cells, summary.origin), (vec![(DatasetName::of("CALCE"), 1)], Origin::Virtual));
    assert_eq!(summary.remarks[0], "left out, not among the 13 cells of the benchmark: CS2_3");
    assert_eq!(store.cell("CALCE_CS2_34", usize::MAX).unwrap(), from_archive.cell);
}

/// The formulas of `scripts/oracle/xls_fixture.py`.
fn old_sample(cycle: usize, k: usize) -> [f64; 3] {
    let current = if k < 10 { -1.1 + 0.002 * (2.9 * cycle as f64).sin() } else { 1.1 };
    [(20 * cycle + k) as f64 * 100.0 + 0.25 * (k % 3) as f64, current, 2.7 + 1.5 * k as f64 / 20.0]
}

#[test]
fn a_workbook_of_the_old_format_written_by_another_library_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    let bytes = include_bytes!("../fixtures/CS2_35_8_18_10.xls");
    // whatever its name says
    for name in ["CS2_35_8_18_10.xls", "CS2_35_8_18_10.xlsx"] {
        fs::write(folder.join(name), bytes).unwrap();
        let cell = cell(&FORMAT, &folder, "CALCE_CS2_35").unwrap().cell;
        // the capacities scatter evenly, so that none is an outlier
        assert_eq!(cell.cycles().len(), 26);
        for cycle in cell.cycles() {
            assert_eq!(cycle.len(), 20);
            let start = old_sample(cycle.number as usize, 0)[0];
            for k in 0..20 {
                let [time, current, voltage] = old_sample(cycle.number as usize, k);
                assert_eq!((cycle.voltage[k], cycle.time.as_ref().unwrap()[k]), (voltage, time - start));
                assert!((cycle.current[k] - current).abs() < 1e-15, "sin differs in the last digit at most");
            }
        }
        fs::remove_file(folder.join(name)).unwrap();
    }
}

#[test]
fn damaged_workbooks_and_archives_are_refused() {
    // plain text, old workbook, new workbook
    let mut text = "Charge count\tTime\tmA\tmV\n".to_owned();
    let mut new = Workbook::new();
    let sheet = new.add_worksheet().set_name("Channel_1-001").unwrap();
    for (column, name) in (0..).zip(["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"]) {
        sheet.write(0, column, name).unwrap();
    }
    for cycle in 0..26 {
        for k in 0..20 {
            let [time, current, voltage] = old_sample(cycle, k);
            text += &format!("{}\t{time}\t{}\t{}\n", 2 * cycle, current * 1e3, voltage * 1e3);
            for (column, value) in (0..).zip([cycle as f64 + 1.0, time, current, voltage]) {
                sheet.write((20 * cycle + k + 1) as u32, column, value).unwrap();
            }
        }
    }
    let new = new.save_to_buffer().unwrap();
    let archive = zip_of(&[("CS2_35/CS2_35_8_18_10.xlsx", &new), ("CS2_35/CS2_35_8_17_10.txt", text.as_bytes())]);
    refused_or_unharmed(&FORMAT, "CS2_35.zip", &archive, "CALCE_CS2_35");
    refused_or_unharmed(&FORMAT, "CS2_35/CS2_35_8_18_10.xlsx", &new, "CALCE_CS2_35");
}

#[test]
fn a_damaged_workbook_of_the_old_format_does_no_harm() {
    // it has no checksums, so a changed number gets through; but whatever is changed, the answer is a cell or a sentence
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("CS2_35_8_18_10.xls");
    let whole = include_bytes!("../fixtures/CS2_35_8_18_10.xls");
    for step in 0..400_usize {
        let mut damaged = whole.to_vec();
        // the first bytes are the container's, the next the workbook's
        let at = (step * 7919) % if step % 2 == 0 { 2048 } else { whole.len() };
        damaged[at] = damaged[at].wrapping_add(1 + (step * 31 % 255) as u8);
        fs::write(&path, &damaged).unwrap();
        if let Err(failure) = cell(&FORMAT, &folder, "CALCE_CS2_35") {
            assert!(is_the_users(&failure) && failure.to_string().contains("CS2_35"), "{failure}");
        }
    }
    for length in (0..whole.len()).step_by(1000) {
        fs::write(&path, &whole[..length]).unwrap();
        refusal(&FORMAT, &folder);
    }
}

/// The refusal of a sheet of these rows.
fn refusal_of_sheet(name: &str, rows: &[&[&str]]) -> String {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name(name).unwrap();
    for (row, fields) in (0..).zip(rows) {
        for (column, field) in (0..).zip(*fields) {
            match field.parse::<f64>() {
                Ok(number) if number.is_finite() => sheet.write(row, column, number).unwrap(),
                _ => sheet.write(row, column, *field).unwrap(),
            };
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("CS2_35_8_18_10.xlsx");
    fs::write(&path, workbook.save_to_buffer().unwrap()).unwrap();
    let message = refusal(&FORMAT, &folder);
    assert!(message.starts_with(path.to_str().unwrap()), "{message}");
    message
}

#[test]
fn what_is_wrong_in_a_sheet_is_named_by_sheet_row_and_column() {
    let header: &[&str] = &["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"];
    let channel = |row: &[&str]| refusal_of_sheet("Channel_1-008", &[header, &["1", "0", "-1", "4"], row]);
    let expect = |message: String, what: &str| {
        assert!(message.contains(&format!("sheet Channel_1-008: {what}; nothing was imported")), "{message}");
    };
    expect(channel(&["1", "10", "abc", "4"]), "row 3, column Current(A): \"abc\" is not a number");
    expect(channel(&["1", "10", "NaN", "4"]), "row 3, column Current(A): NaN is not a finite number");
    expect(channel(&["1", "10", "-1", "1e999"]), "row 3, column Voltage(V): inf is not a finite number");
    expect(channel(&["1.5", "10", "-1", "4"]), "row 3, column Cycle_Index: 1.5 is not a number of cycles");
    expect(channel(&["-1", "10", "-1", "4"]), "row 3, column Cycle_Index: -1 is not a number of cycles");
    expect(channel(&["1", "", "-1", "4"]), "row 3, column Test_Time(s): the value is missing");
    expect(
        refusal_of_sheet("Channel_1-008", &[&["Cycle_Index", "Current(A)", "Voltage"]]),
        "no column Test_Time(s), Voltage(V) in its first row, which has: Cycle_Index, Current(A), Voltage; it has \"Voltage\" \
         where \"Voltage(V)\" is read: export it in that unit, and name it so",
    );
    let message = refusal_of_sheet("Sheet1", &[&["a", "b"], &["1", "2"]]);
    assert!(
        message.contains("no sheet Channel… that has samples, and no other with the columns Cycle_Index"),
        "{message}"
    );
}

/// The refusal of a file of this name in a folder CS2_35.
fn refusal_of(name: &str, bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
    refusal(&FORMAT, &folder)
}

#[test]
fn something_else_is_not_taken_for_a_cell() {
    let dir = tempfile::tempdir().unwrap();
    assert!(refusal(&FORMAT, dir.path()).contains("no cell of CALCE there; a cell is CS2_35.zip"));
    assert!(refusal(&FORMAT, &dir.path().join("CS2_35.zip")).contains("cannot read"));
    assert!(refusal_of("CS2_35_8_18_10.xlsx", b"").contains("CS2_35_8_18_10.xlsx: it is empty"));
    assert!(refusal_of("CS2_35_8_18_10.xlsx", &[b'x'; 5000]).contains("it is no workbook"));
    assert!(refusal_of("CS2_35_8_18_10.xlsx", &zip_of(&[("a.txt", b"a")])).contains("it is no workbook"));
    assert!(refusal_of("CS2_35_8_18_10.xls", &[0xD0, 0xCF, 0x11, 0xE0]).contains("it is no xls workbook"));
    assert!(refusal_of("CS2_35_8_18_10.txt", &[0xff; 50]).contains("no column \"Charge count\""));
    assert!(refusal_of("CS2_35_8_18_10.txt", b"Charge count\tTime\tmA\tmV\n1\t2\t3\n").contains("line 2: 3 fields"));
    assert!(refusal_of("Book1.xlsx", b"").contains("no date in its name"));
    let rest = "Charge count\tTime\tmA\tmV\n".to_owned() + &"1\t2\t3\t4\n".repeat(50);
    assert!(refusal_of("CS2_35_8_18_10.txt", rest.as_bytes()).contains("leaves none of its 1 cycles"));
}

#[test]
fn hostile_archives_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("CS2_35.zip");
    let given = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        refusal(&FORMAT, &path)
    };
    // names that climb out, patched in since no library writes them
    for name in ["../../evil.xlsx", "/etc/evil2.xlsx", "CS2_35/../x.xlsx"] {
        let mut archive = zip_of(&[("x".repeat(name.len()).as_str(), b"a")]);
        let plain = "x".repeat(name.len());
        while let Some(at) = archive.windows(plain.len()).position(|window| window == plain.as_bytes()) {
            archive[at..at + plain.len()].copy_from_slice(name.as_bytes());
        }
        let message = given(&archive);
        assert!(message.contains("outside the archive") && message.contains("nothing was imported"), "{message}");
    }
    assert!(!dir.path().join("evil.xlsx").exists());

    // far more than was ever published, from a third of a megabyte; and the same with a lie about its size
    let bomb = vec![b'1'; 300 << 20];
    let mut archive = zip_of(&[("CS2_35/CS2_35_8_18_10.xlsx", &bomb)]);
    assert!(archive.len() < 1 << 20);
    assert!(given(&archive).contains("it has more than 256 MiB"));
    let declared = (bomb.len() as u32).to_le_bytes();
    while let Some(at) = archive.windows(4).position(|window| window == declared) {
        archive[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
    }
    let message = given(&archive);
    assert!(message.contains("CS2_35_8_18_10.xlsx"), "{message}");

    // a workbook whose sheet is too large
    let sheet = vec![b' '; 513 << 20];
    let message = given(&zip_of(&[("CS2_35/CS2_35_8_18_10.xlsx", &zip_of(&[("xl/worksheets/sheet1.xml", &sheet)]))]));
    assert!(message.contains("its part xl/worksheets/sheet1.xml has 513 MiB"), "{message}");
}
