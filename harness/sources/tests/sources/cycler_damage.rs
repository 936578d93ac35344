//! Files of every text format, sound and damaged by rule: what comes of them is the cell, a refusal, or a cell of which it is said
//! what is doubtful. Nothing wrong gets in without a word.

use std::fs;

use cells::cell::Cell;
use cells::store::Store;
use sources::{cycler, export};

use crate::cycler_files::{Row, STYLES, cell, declaration, outcome, rows, text};

const CYCLES: usize = 8;

/// Whether two cells say the same, but for numbers of cycles and the rounding of times.
fn alike(one: &Cell, other: &Cell) -> bool {
    let near = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    one.cycles().len() == other.cycles().len()
        && one.cycles().iter().zip(other.cycles()).all(|(a, b)| {
            near(&a.voltage, &b.voltage)
                && near(&a.current, &b.current)
                && near(&a.discharge_capacity, &b.discharge_capacity)
                && near(a.charge_capacity.as_ref().unwrap(), b.charge_capacity.as_ref().unwrap())
                && near(a.time.as_ref().unwrap(), b.time.as_ref().unwrap())
        })
}

type Rule = (&'static str, fn(&mut Vec<Row>, &[Row]));

/// Column by a factor.
fn scaled(rows: &mut [Row], columns: &[usize], factor: f64) {
    rows.iter_mut().for_each(|row| columns.iter().for_each(|&column| row[column] *= factor));
}

const RULES: &[Rule] = &[
    ("current in mA", |rows, _| scaled(rows, &[2], 1e3)),
    ("current in kA", |rows, _| scaled(rows, &[2], 1e-3)),
    ("current ten times too large", |rows, _| scaled(rows, &[2], 10.0)),
    ("current ten times too small", |rows, _| scaled(rows, &[2], 0.1)),
    ("capacities in mAh", |rows, _| scaled(rows, &[5, 6], 1e3)),
    ("capacities in kAh", |rows, _| scaled(rows, &[5, 6], 1e-3)),
    ("discharge capacity in mAh", |rows, _| scaled(rows, &[6], 1e3)),
    ("charge capacity in mAh", |rows, _| scaled(rows, &[5], 1e3)),
    ("current and capacities in mA and mAh", |rows, _| scaled(rows, &[2, 5, 6], 1e3)),
    ("voltage in mV", |rows, _| scaled(rows, &[1], 1e3)),
    ("voltage in kV", |rows, _| scaled(rows, &[1], 1e-3)),
    ("time in min", |rows, _| scaled(rows, &[0], 1.0 / 60.0)),
    ("time in h", |rows, _| scaled(rows, &[0], 1.0 / 3600.0)),
    ("time in ms", |rows, _| scaled(rows, &[0], 1e3)),
    ("sign turned", |rows, _| scaled(rows, &[2], -1.0)),
    ("sign and capacities turned", |rows, _| {
        scaled(rows, &[2], -1.0);
        rows.iter_mut().for_each(|row| row.swap(5, 6));
    }),
    ("capacities turned", |rows, _| rows.iter_mut().for_each(|row| row.swap(5, 6))),
    ("two halves out of order", |rows, _| {
        let half = rows.len() / 2;
        rows.rotate_left(half);
    }),
    ("from the end", |rows, _| rows.reverse()),
    ("cut in the last discharge", |rows, _| {
        // rests have a little current by noise
        let last = rows.iter().rposition(|row| row[2] < -0.2).unwrap();
        let first = rows[..last].iter().rposition(|row| row[2] > -0.2).unwrap();
        rows.truncate(first + (last - first) / 2);
    }),
    ("cut in the last charge", |rows, _| {
        let last = rows.iter().rposition(|row| row[2] > 0.2).unwrap();
        rows.truncate(last - 100);
    }),
    ("written twice", |rows, _| rows.extend_from_within(..)),
    ("mixed with another cell, line by line", |rows, other| {
        rows.extend_from_slice(other);
        rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
    }),
    ("mixed with another cell, cycle by cycle", |rows, other| {
        rows.extend_from_slice(other);
        rows.sort_by(|a, b| a[3].total_cmp(&b[3]));
    }),
    ("number of the cycle begins anew, and is joined", |rows, _| {
        rows.iter_mut().for_each(|row| row[3] = (row[3] / 2.0).ceil());
    }),
    ("two samples at time 0", |rows, _| {
        let middle = rows.len() / 2;
        rows[middle][0] = 0.0;
        rows[middle + 1][0] = 0.0;
    }),
    ("a temperature of -4000", |rows, _| {
        let middle = rows.len() / 2;
        rows[middle][7] = -4000.0;
    }),
    ("capacity never reset", |rows, _| {
        let (mut offset, mut last) = ([0.0; 2], rows[0]);
        for row in rows {
            if row[3] != last[3] {
                offset = [offset[0] + last[5], offset[1] + last[6]];
            }
            last = *row;
            row[5] += offset[0];
            row[6] += offset[1];
        }
    }),
    ("number of the cycle begins anew", |rows, _| {
        rows.iter_mut().for_each(|row| row[3] = if row[3] > 4.0 { row[3] - 4.0 } else { row[3] });
    }),
    ("numbers of cycles constant", |rows, _| rows.iter_mut().for_each(|row| row[3] = 1.0)),
    ("a voltage that is none", |rows, _| {
        let middle = rows.len() / 2;
        rows[middle][1] = f64::NAN;
    }),
];

#[test]
fn nothing_damaged_gets_in_without_a_word() {
    let other = rows(&cell("SNL_18650_NMC_25C_0-100_0.5-2C_a", CYCLES));
    let (mut variants, mut silent, mut refused) = (0, Vec::new(), 0);
    for of in ["SNL_18650_NMC_25C_0-100_0.5-1C_a", "SNL_18650_LFP_25C_0-100_0.5-1C_a"] {
        let sound = cell(of, CYCLES);
        for style in &STYLES {
            let declared = declaration(&sound, style.name, style.mapping);
            let plain = outcome(&declared, text(style, &rows(&sound), style.delimiter, false).as_bytes());
            let (whole, said) = plain.unwrap_or_else(|why| panic!("{}: {why}", style.name));
            assert!(alike(&whole, &sound), "{}: {said}", style.name);
            assert!(!said.contains("doubtful"), "{}: {said}", style.name);
            let mut judge = |rule: &str, bytes: &[u8]| {
                variants += 1;
                match outcome(&declared, bytes) {
                    Err(why) => {
                        refused += 1;
                        assert!(why.contains("mine"), "{rule}: {why}");
                    }
                    Ok((cell, said)) => {
                        let is_said = ["doubtful", "not counted", "begins anew", "not read"]
                            .iter()
                            .any(|word| said.contains(word));
                        if !is_said && !alike(&cell, &sound) {
                            silent.push(format!("{} {}: {rule}: {said}", of, style.name));
                        }
                    }
                }
            };
            for (rule, damage) in RULES {
                let mut damaged = rows(&sound);
                damage(&mut damaged, &other);
                judge(rule, text(style, &damaged, style.delimiter, false).as_bytes());
            }
            let whole = text(style, &rows(&sound), style.delimiter, false);
            judge("cut within a line", &whole.as_bytes()[..whole.len() * 2 / 3]);
            let comma = if style.delimiter == ',' { ';' } else { style.delimiter };
            judge("decimal commas", text(style, &rows(&sound), comma, true).as_bytes());
            let utf16: Vec<u8> =
                [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
            judge("UTF-16", &utf16);
            judge("a mark and other ends of lines", format!("\u{feff}{}", whole.replace('\n', "\r\n")).as_bytes());
            let doubled = whole.replacen(style.headings[2], style.headings[1], 1);
            judge("a column twice", doubled.as_bytes());
        }
    }
    println!("{variants} variants, {refused} refused, {} silent", silent.len());
    assert!(variants >= 300);
    assert!(silent.is_empty(), "{} of {variants} in silence:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn what_is_written_is_read_again() {
    let sound = cell("SNL_18650_NMC_25C_0-100_0.5-1C_a", CYCLES);
    for (format, name) in [
        ("bdf", "Battery Data Format"),
        ("arbin-csv", "Arbin"),
        ("neware-csv", "Neware"),
        ("basytec-txt", "BasyTec"),
        ("maccor-csv", "Maccor"),
        ("biologic-mpt", "BioLogic"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::create(&dir.path().join("store")).unwrap();
        store.write(&sound).unwrap();
        let format = export::Format::find(format).unwrap();
        let files =
            export::export(format, &store, &["mine_1".to_owned()], &dir.path().join("out"), &|_, _| Ok(())).unwrap();
        let draft = cycler::describe(&files).unwrap();
        assert!(draft.contains(name), "{draft}");
        let (again, said) = outcome(&declaration(&sound, name, ""), &fs::read(&files[0]).unwrap()).unwrap();
        assert!(alike(&again, &sound), "{said}");
    }
}

#[test]
fn faults_of_cells_yaml_name_line_and_key() {
    let refusal = |yaml: &str| outcome(yaml, b"x").unwrap_err();
    let sound = "cells:\n- id: mine_1\n  files: [mine.txt]\n  cathode: NMC\n  nominal_capacity: 3\n  voltage_limits: [2, 4.2]\n";
    for (from, to, what) in [
        ("cathode", "cathod", "did you mean 'cathode'?"),
        ("nominal_capacity: 3", "nominal_capacity: 0", "line 2, cell mine_1: nominal_capacity: 0 Ah is not positive"),
        ("[2, 4.2]", "[4.2, 2]", "the first must be the lower"),
        ("mine_1", "MATR_b1c0", "MATR_b1c0 is a published cell"),
        ("mine.txt", "mime.txt", "did you mean 'mine.txt'?"),
        ("  cathode", "  format: Arbim\n  cathode", "did you mean 'Arbin'?"),
        ("  cathode", "  alive: true\n  life: 5\n  cathode", "it has a life and is alive"),
    ] {
        let said = refusal(&sound.replacen(from, to, 1));
        assert!(said.contains(what), "{said}");
        assert!(said.contains("cells.yaml"), "{said}");
    }
}
