//! What files of cyclers have in some countries, on some systems and after some accidents: read, or refused in words that say what to do.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use sources::cycler;
use sources::import;

/// Three cycles of a cell of 1 Ah: time in s, voltage, current in A, Ah of charge and of discharge, cycle, word for the state.
fn rows() -> Vec<([f64; 5], u32, &'static str)> {
    let mut rows = Vec::new();
    let mut time = 0.0;
    for cycle in 1..=3 {
        for (state, current) in [("Charge", 1.0), ("Rest", 0.0), ("Discharge", -1.0), ("Rest", 0.0)] {
            let count = if current == 0.0 { 3 } else { 61 };
            for k in 0..count {
                let part = f64::from(k) / 60.0;
                let voltage = match state {
                    "Charge" => 2.8 + 0.7 * part,
                    "Discharge" => 3.4 - 0.9 * part,
                    _ => 3.45,
                };
                let (charge, discharge) = match state {
                    "Charge" => (part, 0.0),
                    "Discharge" => (1.0, part),
                    _ => (1.0, if rows.last().is_some_and(|(_, _, last)| *last == "Discharge") { 1.0 } else { 0.0 }),
                };
                rows.push(([time + 60.0 * f64::from(k), voltage, current, charge, discharge], cycle, state));
            }
            time += 60.0 * f64::from(count);
        }
    }
    rows
}

/// How a number is written.
pub(super) type Write<'a> = &'a dyn Fn(f64) -> String;

pub(super) fn plain(value: f64) -> String {
    format!("{value:.4}")
}

/// A table of the rows.
pub(super) fn table(
    separator: char,
    end: &str,
    number: Write<'_>,
    state: &dyn Fn(&str) -> String,
    is_signed: bool,
) -> String {
    let s = separator;
    let mut text = format!("t{s}U{s}I{s}Qc{s}Qd{s}n{s}what{end}");
    for ([time, voltage, current, charge, discharge], cycle, word) in rows() {
        let current = if is_signed { current } else { current.abs() };
        let values = [time, voltage, current, charge, discharge].map(number).join(&s.to_string());
        let _ = write!(text, "{values}{s}{cycle}{s}{}{end}", state(word));
    }
    text
}

pub(super) fn as_is(word: &str) -> String {
    word.to_owned()
}

pub(super) const HEAD: &str = "cells:\n- id: mine\n  files: [FILE]\n  format: table\n  cathode: LFP\n  nominal_capacity: 1\n  \
                    voltage_limits: [2.4, 3.6]\n  mapping:\n    time: {column: t, unit: s}\n    voltage: {column: U, unit: V}\n    \
                    charge_capacity: {column: Qc, unit: Ah}\n    discharge_capacity: {column: Qd, unit: Ah}\n    cycle: {column: n}\n    \
                    state: {column: what}\n    current: {column: I, unit: A";
/// With a current that has a sign, and with one that has it from the state: which is of a program's files.
const SIGNED: &str = ", charge: positive}\n";

/// What an import says of a file with these bytes, and the cell.
fn imported(name: &str, bytes: &[u8], more: &str) -> Result<(String, cells::cell::Cell), String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(name);
    fs::write(&file, bytes).unwrap();
    let yaml = dir.path().join("cells.yaml");
    fs::write(&yaml, format!("{HEAD}{SIGNED}{more}").replace("FILE", name)).unwrap();
    import_by(&file, &yaml, &dir.path().join("store"))
}

pub(super) fn import_by(file: &Path, yaml: &Path, store: &Path) -> Result<(String, cells::cell::Cell), String> {
    use cells::source::CellSource as _;
    let files = cycler::open(&[file.to_owned()], yaml).map_err(|error| error.to_string())?;
    let mut store = cells::store::Store::create(store).unwrap();
    let said = import::write(&files, &mut store, false, &|_, _| Ok(())).map_err(|error| error.to_string())?;
    let cell = store.cell(&store.ids()[0], usize::MAX).unwrap();
    Ok((said.to_string(), cell))
}

/// `1234567.25` with these marks between thousands and before decimals.
fn grouped(value: f64, thousands: &str, decimal: &str) -> String {
    let text = format!("{:.4}", value.abs());
    let (whole, part) = text.split_once('.').unwrap();
    let digits: Vec<char> = whole.chars().collect();
    let groups: Vec<String> = digits.rchunks(3).rev().map(|group| group.iter().collect()).collect();
    format!("{}{}{decimal}{part}", if value < 0.0 { "-" } else { "" }, groups.join(thousands))
}

#[test]
fn numbers_and_lines_of_every_country_and_system_give_the_same_cell() {
    let (_, sound) = imported("a.csv", table(',', "\n", &plain, &as_is, true).as_bytes(), "").unwrap();
    assert_eq!(sound.cycles().len(), 3);
    let quoted = |value: f64| format!("\"{}\"", grouped(value, ",", "."));
    let german = |value: f64| grouped(value, ".", ",");
    let french = |value: f64| grouped(value, "\u{202f}", ",");
    let blank = |value: f64| grouped(value, " ", ",");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(table(',', "\n", &plain, &as_is, true).as_bytes()).unwrap();
    for (name, bytes) in [
        ("thousands.csv", table(',', "\n", &quoted, &as_is, true).into_bytes()),
        ("german.csv", table(';', "\r\n", &german, &as_is, true).into_bytes()),
        ("french.csv", table(';', "\n", &french, &as_is, true).into_bytes()),
        ("blank.txt", table('\t', "\n", &blank, &as_is, true).into_bytes()),
        ("mac.csv", table(',', "\r", &plain, &as_is, true).into_bytes()),
        ("german_mac.csv", table(';', "\r", &german, &as_is, true).into_bytes()),
        ("packed.csv.gz", packed.finish().unwrap()),
    ] {
        let (said, cell) = imported(name, &bytes, "").unwrap_or_else(|what| panic!("{name}: {what}"));
        assert_eq!(cell.cycles(), sound.cycles(), "{name}: {said}");
    }
}

#[test]
fn what_may_be_two_numbers_is_asked_about_and_holes_are_called_so() {
    let text = table(',', "\n", &plain, &as_is, true);
    let line = text.lines().nth(30).unwrap();
    let (_, others) = line.split_once(',').unwrap();
    let unclear = text.replacen(line, &format!("\"1,740\",{others}"), 1);
    let said = imported("a.csv", unclear.as_bytes(), "").unwrap_err();
    assert!(said.contains("line 31") && said.contains("or is 1740 with its thousands apart"), "{said}");
    let holed = [text.as_bytes(), &[0; 4096]].concat();
    let said = imported("a.csv", &holed, "").unwrap_err();
    assert!(said.contains("bytes of zero") && said.contains("was stopped while it was written"), "{said}");
    for (name, start, what) in [
        ("a.csv.xz", &b"\xfd7zXZ\0\0\0"[..], "packed by xz"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\0", "an archive of 7-Zip"),
    ] {
        let said = imported(name, start, "").unwrap_err();
        assert!(said.contains(what) && said.contains("unpack it"), "{said}");
    }
}

#[test]
fn a_counter_of_too_few_digits_is_not_believed() {
    let text = table(',', "\n", &plain, &as_is, true);
    let still: String = text
        .lines()
        .map(|line| {
            let mut fields: Vec<&str> = line.split(',').collect();
            if fields[0] != "t" {
                (fields[3], fields[4]) = ("0.0000", "0.0000");
            }
            fields.join(",") + "\n"
        })
        .collect();
    let (said, cell) = imported("a.csv", still.as_bytes(), "").unwrap();
    assert!(said.contains("a counter of capacity stands still while current flows"), "{said}");
    assert!((cell.cycles()[0].discharged() - 1.0).abs() < 0.03, "{}", cell.cycles()[0].discharged());
}

#[test]
fn a_short_record_that_ends_in_a_charge_has_the_cycles_before_it() {
    let text = table(',', "\n", &plain, &as_is, true);
    let cut = text.lines().position(|line| line.ends_with(",3,Discharge")).unwrap();
    let cut: String = text.lines().take(cut).map(|line| format!("{line}\n")).collect();
    for cycles in ["column", "current"] {
        let (said, cell) = imported("a.csv", cut.as_bytes(), &format!("  cycles: {cycles}\n")).unwrap();
        assert_eq!(cell.cycles().len(), 2, "{said}");
        assert!(said.contains("cycle 3: the record ends before its discharge begins"), "{said}");
    }
}

/// As Maccor and Neware write it: a current without a sign, and the state in the language of the system.
#[test]
fn the_state_gives_the_sign_in_the_language_of_the_system() {
    let import = |words: [&str; 3]| {
        let dir = tempfile::tempdir().unwrap();
        let (file, yaml) = (dir.path().join("a.csv"), dir.path().join("cells.yaml"));
        let word = |word: &str| {
            let place = ["Charge", "Discharge", "Rest"].iter().position(|known| *known == word).unwrap();
            words[place].to_owned()
        };
        let text = table(',', "\n", &plain, &word, false);
        fs::write(&file, text.replacen("t,U,I,Qc,Qd,n,what", "Test Time (sec),Volts,Amps,Qc,Qd,Cyc#,State", 1))
            .unwrap();
        let head = "cells:\n- {id: mine, files: [a.csv], format: Maccor, cathode: LFP, nominal_capacity: 1, voltage_limits: [2.4, 3.6]}\n";
        fs::write(&yaml, head).unwrap();
        import_by(&file, &yaml, &dir.path().join("store"))
    };
    let (_, sound) = import(["Charge", "Discharge", "Rest"]).unwrap();
    assert!(sound.cycles()[0].current.iter().any(|current| *current < 0.0));
    for words in [["Laden", "Entladen", "Ruhe"], ["恒流充电", "恒流放电", "静置"], ["Charge", "Décharge", "Repos"]]
    {
        let (said, cell) = import(words).unwrap_or_else(|what| panic!("{words:?}: {what}"));
        assert_eq!(cell.cycles(), sound.cycles(), "{words:?}: {said}");
    }
    let said = import(["Töltés", "Kisütés", "Szünet"]).unwrap_err();
    assert!(said.contains("are not known (Töltés, Szünet, Kisütés)") && said.contains("`charge: positive`"), "{said}");
}

#[test]
fn a_draft_says_what_is_guessed_what_is_not_read_and_what_is_virtual() {
    let dir = tempfile::tempdir().unwrap();
    let (file, yaml) = (dir.path().join("a.csv"), dir.path().join("cells.yaml"));
    let milli = |value: f64| format!("{:.4}", 1000.0 * value);
    let text = table(',', "\n", &plain, &as_is, true);
    let text: String = text
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            match fields[0] {
                "t" => "Time(s),Voltage(V),Current(mA),Charge_Capacity(Ah),Discharge_Capacity(Ah),Cycle,Operator\n"
                    .to_owned(),
                _ => format!(
                    "{},{},{}\n",
                    fields[..2].join(","),
                    milli(fields[2].parse().unwrap()),
                    fields[3..].join(",")
                ),
            }
        })
        .collect();
    fs::write(&file, text).unwrap();
    let draft = cycler::describe(std::slice::from_ref(&file)).unwrap();
    assert!(draft.contains("\"Current(mA)\", in mA, -1000 to 1000"), "{draft}");
    assert!(draft.contains("#   not read: \"Operator\""), "{draft}");
    assert!(draft.contains("unconfirmed: {nominal_capacity: 1.1, voltage_limits: [2.5, 3.5]"), "{draft}");
    assert!(draft.contains("#   as drafted, import will say: guessed from the record"), "{draft}");
    assert!(!draft.contains("VIRTUAL"), "{draft}");
    let said = |draft: &str, store: &str| {
        fs::write(&yaml, draft).unwrap();
        import_by(&file, &yaml, &dir.path().join(store)).unwrap().0
    };
    let doubted = said(&draft, "guessed");
    assert!(
        doubted.contains("guessed from the record by `data describe`, and confirmed by nobody")
            && !doubted.contains("doubtful: guessed"),
        "{doubted}"
    );
    // who writes other values has confirmed them, and so has who takes the line out
    let written = draft.replace("  nominal_capacity: 1.1 ", "  nominal_capacity: 1 ");
    let written = written.replace("  voltage_limits: [2.5, 3.5] ", "  voltage_limits: [2.4, 3.6] ");
    assert!(!said(&written, "written").contains("confirmed by nobody"));
    let confirmed: String =
        draft.lines().filter(|line| !line.contains("unconfirmed")).map(|line| format!("{line}\n")).collect();
    assert!(!said(&confirmed, "confirmed").contains("confirmed by nobody"));

    let lab = testing::some::LabCells::of_the_lab(3, &["MATR_b1c0"]);
    let format = sources::export::Format::find("bdf").unwrap();
    let files =
        sources::export::export(format, &lab, &["MATR_b1c0".to_owned()], &dir.path().join("lab"), &|_, _| Ok(()))
            .unwrap();
    let draft = cycler::describe(&files).unwrap();
    assert!(draft.contains("#   VIRTUAL: the file says that its cell was simulated"), "{draft}");
}
