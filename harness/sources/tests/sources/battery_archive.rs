//! Importing the pairs of tables of Battery Archive: virtual cells through them, and everything that can go wrong.

use std::fs;
use std::path::{Path, PathBuf};

use cells::cell::{Cell, Cycle};
use cells::source::CellSource as _;
use lab::VirtualLab;
use sources::battery_archive::{HNEI, SNL, UL_PUR};
use sources::import::Format;
use testing::archive::zip_of;

use super::published_files::{
    assert_life_is_that_of_cycles, assert_same_samples, cell, export, refusal, refused_or_unharmed,
};

const HNEI_CELL: &str = "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a";
const SNL_CELL: &str = "SNL_18650_NCA_25C_0-100_0.5-0.5C_b";

fn ul_pur_cell() -> String {
    VirtualLab::new().ids().into_iter().find(|id| id.starts_with("UL-PUR_N")).unwrap()
}

/// The cycle of `cycles` whose samples `cycle` has.
fn origin_of(cycle: &Cycle, cycles: &[Cycle]) -> usize {
    cycles.iter().position(|other| other.voltage == cycle.voltage).expect("every cycle is one that was exported")
}

#[test]
fn virtual_cells_come_through_tables_with_every_sample() {
    for (format, id, first) in
        [(&HNEI, HNEI_CELL.to_owned(), 0), (&UL_PUR, ul_pur_cell(), 0), (&SNL, SNL_CELL.to_owned(), 1)]
    {
        let dir = tempfile::tempdir().unwrap();
        export("battery-archive", &[&id], dir.path());
        let made = VirtualLab::new().cell(&id, usize::MAX).unwrap();
        let imported = cell(format, dir.path(), &id).unwrap();
        let copies: usize =
            imported.remarks.first().map_or(0, |remark| remark.split(' ').next().unwrap().parse().unwrap());
        let imported = imported.cell;
        assert_eq!(imported.info(), made.info(), "origin, limits and chemistry");
        assert_life_is_that_of_cycles(&imported);
        assert_eq!(imported.cycles().len(), made.cycles().len());

        let mut replaced = 0;
        for (position, cycle) in imported.cycles().iter().enumerate() {
            assert_eq!(cycle.number as usize, position + first);
            // the cycle itself, or, of an outlier, a copy of one before it
            let source = if cycle.voltage == made.cycles()[position].voltage {
                position
            } else {
                origin_of(cycle, made.cycles())
            };
            replaced += usize::from(source != position);
            let original = &made.cycles()[source];
            assert_same_samples(original, cycle, &format!("{id} at {position}"));
            assert_eq!(original.charge_capacity, cycle.charge_capacity);
            assert_eq!(original.discharge_capacity, cycle.discharge_capacity);
            assert_eq!(original.temperature, cycle.temperature);
        }
        // a copy of an equal cycle cannot be told from it
        assert!(replaced <= copies && 2 * copies < made.cycles().len(), "{replaced} and {copies} copies in {id}");
    }
}

/// A cell of 20 cycles whose capacities wobble, with the time series in the middle of which a cycle is missing.
fn tables(missing: u32) -> (String, String) {
    let mut samples = "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),\
                       Discharge_Capacity (Ah),Environment_Temperature (C),Cell_Temperature (C)\n"
        .to_owned();
    let mut cycles = "Cycle_Index,Discharge_Capacity (Ah)\n".to_owned();
    for index in 1..=20 {
        let capacity = 3.0 - 0.01 * f64::from(index) + 0.002 * (1.7 * f64::from(index)).sin();
        cycles += &format!("{index}.0,{capacity}\n");
        for k in (0..4).filter(|_| index != missing) {
            let part = f64::from(k) / 3.0;
            let temperature = if index == 3 { String::new() } else { "25.5".to_owned() };
            samples += &format!(
                "2013-01-01 00:00:00,{},{index},-1.5,{},0,{},25,{temperature}\n",
                1000 * index + k,
                4.2 - part,
                capacity * part
            );
        }
    }
    (samples, cycles)
}

fn write(dir: &Path, id: &str, samples: impl AsRef<[u8]>, cycles: impl AsRef<[u8]>) -> (PathBuf, PathBuf) {
    let paths = (dir.join(format!("{id}_timeseries.csv")), dir.join(format!("{id}_cycle_data.csv")));
    fs::write(&paths.0, samples).unwrap();
    fs::write(&paths.1, cycles).unwrap();
    paths
}

fn import(format: &Format, id: &str, missing: u32) -> Cell {
    let dir = tempfile::tempdir().unwrap();
    let (samples, cycles) = tables(missing);
    write(dir.path(), id, samples, cycles);
    cell(format, dir.path(), id).unwrap().cell
}

#[test]
fn a_missing_cycle_is_a_copy_of_the_one_before_and_early_cycles_are_cut() {
    let snl = import(&SNL, SNL_CELL, 7);
    let numbers: Vec<u32> = snl.cycles().iter().map(|cycle| cycle.number).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<u32>>());
    assert_eq!(snl.cycles()[6].discharge_capacity, snl.cycles()[5].discharge_capacity);
    assert_eq!(snl.cycles()[6].time, Some(vec![0.0, 1.0, 2.0, 3.0]), "time begins anew in each cycle");
    let temperatures: Vec<bool> = snl.cycles().iter().map(|cycle| cycle.temperature.is_some()).collect();
    assert_eq!(temperatures, (1..=20).map(|index| index != 3).collect::<Vec<bool>>());

    let hnei = import(&HNEI, HNEI_CELL, 7);
    let numbers: Vec<u32> = hnei.cycles().iter().map(|cycle| cycle.number).collect();
    assert_eq!(numbers, (0..=8).collect::<Vec<u32>>(), "cycles 12 to 20");
}

#[test]
fn one_snl_cell_has_a_rule_of_its_own() {
    let id = "SNL_18650_NCA_25C_0-100_0.5-0.5C_a";
    let dir = tempfile::tempdir().unwrap();
    // a capacity under 1.5 Ah is no outlier to the common rule, if its neighbours are not far
    let cycles = "Cycle_Index,Discharge_Capacity (Ah)\n1,1.51\n2,1.49\n3,1.515\n4,1.52\n5,1.53\n";
    let header = "Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),Discharge_Capacity (Ah),\
                  Cell_Temperature (C)\n";
    let samples: String =
        (1..=5).map(|index| format!("{index},{index},-1,4,0,{},25\n", 1.5 + 0.01 * f64::from(index))).collect();
    write(dir.path(), id, format!("{header}{samples}"), cycles);
    write(dir.path(), SNL_CELL, format!("{header}{samples}"), cycles);
    let capacities = |id: &str| -> Vec<f64> {
        cell(&SNL, dir.path(), id).unwrap().cell.cycles().iter().map(Cycle::discharged).collect()
    };
    assert_eq!(capacities(SNL_CELL), [1.51, 1.52, 1.53, 1.54, 1.55]);
    assert_eq!(capacities(id), [1.51, 1.51, 1.53, 1.54, 1.55]);
}

#[test]
fn cells_of_no_benchmark_and_cells_without_samples_are_left_out_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let (samples, cycles) = tables(7);
    write(dir.path(), SNL_CELL, &samples, &cycles);
    write(dir.path(), "SNL_18650_LFP_15C_0-100_0.5-1C_a", &samples, &cycles);
    let empty = samples.lines().next().unwrap();
    write(dir.path(), "SNL_18650_NMC_25C_0-100_0.5-0.5C_b", format!("{empty}\n"), &cycles);
    let published = (SNL.open)(&[dir.path().to_owned()]).unwrap();
    assert_eq!(published.ids(), [SNL_CELL]);
    let remarks = published.remarks();
    assert!(remarks[0].contains("NMC_25C_0-100_0.5-0.5C_b_timeseries.csv has no samples"), "{remarks:?}");
    assert!(remarks[1].contains("not among the cells of SNL in the benchmark: SNL_18650_LFP_15C"), "{remarks:?}");
    // the same files are of another dataset
    assert!(refusal(&HNEI, dir.path()).contains("no cell of HNEI there, but SNL_18650"));
}

#[test]
fn what_is_wrong_in_a_table_is_named_by_file_line_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let (sound, cycles) = tables(7);
    let given = |samples: &[u8], cycles: &[u8]| {
        write(dir.path(), SNL_CELL, samples, cycles);
        refusal(&SNL, dir.path())
    };
    let with = |line: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = sound.lines().map(str::to_owned).collect();
        assert!(lines[line - 1].contains(from), "{}", lines[line - 1]);
        lines[line - 1] = lines[line - 1].replacen(from, to, 1);
        given(lines.join("\n").as_bytes(), cycles.as_bytes())
    };
    let named = |message: String, what: &str| {
        assert!(message.contains(&format!("{SNL_CELL}_timeseries.csv: {what}")), "{message}");
    };
    named(with(5, "-1.5", "NaN"), "line 5, column \"Current (A)\": NaN is not a finite number");
    named(with(5, "-1.5", ""), "line 5, column \"Current (A)\": the value is missing");
    named(with(5, "-1.5", "inf"), "line 5, column \"Current (A)\": inf is not a finite number");
    named(with(5, "-1.5", "1e4000"), "line 5, column \"Current (A)\": inf is not a finite number");
    named(with(5, ",1,", ",one,"), "line 5, column \"Cycle_Index\": \"one\" is not a number");
    named(with(5, ",1,", ",99999999999,"), "line 5, column \"Cycle_Index\": 99999999999 is not a number of cycles");
    named(with(5, "25.5", "25.5,1"), "line 5: 10 fields, but the header has 9");
    named(with(1, "Voltage (V)", "Voltage"), "no column \"Voltage (V)\" in line 1");
    named(with(1, "Cell_", "Room_"), "no column \"Cell_Temperature (C)\" in line 1");
    named(given(b"", cycles.as_bytes()), "it is empty");
    named(given(&[0xff; 99], cycles.as_bytes()), "no column \"Cycle_Index\", \"Test_Time (s)\"");
    named(given(&sound.as_bytes()[..sound.len() - 30], cycles.as_bytes()), "line 77");

    let of_cycles = |cycles: &str| given(sound.as_bytes(), cycles.as_bytes());
    assert!(of_cycles("Cycle_Index\n1\n").contains("_cycle_data.csv: no column \"Discharge_Capacity (Ah)\""));
    assert!(of_cycles("").contains("_cycle_data.csv: it is empty"));
    // the cycle that would stand in for the missing one is not in the table of cycles
    let message = of_cycles(
        &cycles.lines().filter(|line| !line.starts_with("6.0")).map(|line| format!("{line}\n")).collect::<String>(),
    );
    assert!(message.contains("cycle 7 is an outlier or missing, and no sound cycle"), "{message}");
}

#[test]
fn a_gap_that_no_cell_can_have_is_refused_and_a_long_one_is_filled() {
    for (last, is_refused) in [(90_000, false), (900_000, true)] {
        let dir = tempfile::tempdir().unwrap();
        let (mut samples, mut cycles) = tables(7);
        // the last line once more, as that of a later cycle
        let later = |table: &str, column: usize| {
            let mut fields: Vec<String> = table.lines().last().unwrap().split(',').map(str::to_owned).collect();
            fields[column] = last.to_string();
            fields.join(",") + "\n"
        };
        let column =
            |table: &str| table.lines().next().unwrap().split(',').position(|name| name == "Cycle_Index").unwrap();
        samples += &later(&samples, column(&samples));
        cycles += &later(&cycles, column(&cycles));
        write(dir.path(), SNL_CELL, &samples, &cycles);
        if is_refused {
            assert!(refusal(&SNL, dir.path()).contains("cycle 900000: no cell has more than 100000 cycles"));
        } else {
            let published = (SNL.open)(&[dir.path().to_owned()]).unwrap();
            assert_eq!(published.cell(SNL_CELL).unwrap().cell.cycles().len(), last);
        }
    }
}

#[test]
fn a_file_without_its_partner_is_refused() {
    let (samples, cycles) = tables(7);
    for kept in [0, 1] {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = write(dir.path(), SNL_CELL, &samples, &cycles);
        fs::remove_file(if kept == 0 { other } else { one }).unwrap();
        let lost = ["cycle_data", "timeseries"][kept];
        assert!(refusal(&SNL, dir.path()).contains(&format!("its partner {SNL_CELL}_{lost}.csv is not there")));
    }
}

#[test]
fn damaged_archives_are_refused() {
    let (samples, cycles) = tables(7);
    let names = [format!("a/{SNL_CELL}_timeseries.csv"), format!("a/{SNL_CELL}_cycle_data.csv")];
    let archive = zip_of(&[(&names[0], samples.as_bytes()), (&names[1], cycles.as_bytes())]);
    refused_or_unharmed(&SNL, "snl.zip", &archive, SNL_CELL);
}
