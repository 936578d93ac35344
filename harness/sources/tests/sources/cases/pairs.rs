//! A pair of tables of Battery Archive, and siblings of what users complained of, made of it by rule.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;

use cells::label::Crossing;

use super::{Outcome, SNL, assert_words, case, life, published};

/// The two tables of a sound cell of SNL, made of one whose capacities are in mAh.
fn pair() -> Option<[Vec<Vec<String>>; 2]> {
    let file = case("snl_mAh_under_Ah_header.zip")?;
    let mut archive = zip::ZipArchive::new(fs::File::open(file).unwrap()).unwrap();
    let mut table = |kind: &str, columns: &[usize]| {
        let mut text = String::new();
        archive.by_name(&format!("{SNL}{kind}")).unwrap().read_to_string(&mut text).unwrap();
        let mut lines: Vec<Vec<String>> =
            text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
        for line in &mut lines[1..] {
            for &column in columns {
                line[column] = (line[column].parse::<f64>().unwrap() / 1000.0).to_string();
            }
        }
        lines
    };
    Some([table("_timeseries.csv", &[5, 6]), table("_cycle_data.csv", &[1])])
}

type Lines = Vec<Vec<String>>;

/// What becomes of the pair after a change.
fn changed(change: impl FnOnce(&mut Lines, &mut Lines)) -> Option<Outcome> {
    let [mut samples, mut cycles] = pair()?;
    change(&mut samples, &mut cycles);
    let dir = tempfile::tempdir().unwrap();
    for (kind, lines) in [("_timeseries.csv", samples), ("_cycle_data.csv", cycles)] {
        let mut text = String::new();
        lines.iter().for_each(|line| writeln!(text, "{}", line.join(",")).unwrap());
        fs::write(dir.path().join(format!("{SNL}{kind}")), text).unwrap();
    }
    Some(published("snl", dir.path()))
}

fn number(line: &[String], column: usize) -> f64 {
    line[column].parse().unwrap()
}

fn scale(lines: &mut Lines, column: usize, factor: f64) {
    lines[1..].iter_mut().for_each(|line| line[column] = (number(line, column) * factor).to_string());
}

fn cycle_of(line: &[String]) -> u32 {
    number(line, 2) as u32
}

#[test]
fn siblings_of_a_pair_of_tables_are_refused_or_flagged() {
    let Some(sound) = changed(|_, _| ()) else { return };
    let sound = sound.sound();
    let lived = life(&sound, Crossing::First);
    assert_eq!(lived, Some(101.0));
    // headings of newer programs
    let newer = changed(|samples, cycles| {
        let renamed = ["Date Time", "Test Time (s)", "Cycle Index", "Current (A)", "Voltage (V)"];
        samples[0][..5].clone_from_slice(&renamed.map(str::to_owned));
        samples[0][5] = "Charge Capacity (Ah)".to_owned();
        samples[0][6] = "Discharge Capacity (Ah)".to_owned();
        cycles[0] = ["Cycle Index", "Discharge Capacity (Ah)"].map(str::to_owned).into();
    });
    assert_eq!(newer.unwrap().sound(), sound);
    let flip = |samples: &mut Lines| scale(samples, 3, -1.0);
    changed(|samples, _| flip(samples)).unwrap().refused(&[SNL, "cycle 1", "turned"]);
    for (factor, cause) in [(10.0, "ten times"), (1000.0, "mA"), (0.001, "current")] {
        changed(|samples, _| scale(samples, 3, factor)).unwrap().refused(&[SNL, "cycle 1", cause]);
    }
    // the counter begins anew in the middle of the discharge
    let anew = changed(|samples, _| {
        let half = |line: &[String]| number(line, 3) < 0.0 && number(line, 6) > 1.2;
        for line in samples[1..].iter_mut().filter(|line| half(line)) {
            line[6] = (number(line, 6) - 1.2).to_string();
        }
    });
    anew.unwrap().refused(&["cycle", "begins anew"]);
    // a temperature out of this world
    let cold = changed(|samples, _| {
        samples[1..].iter_mut().filter(|line| cycle_of(line) == 20).for_each(|line| line[7] = "-4000".to_owned());
    });
    assert_eq!(cold.unwrap().flagged(&["cycle 20", "-4000 °C"]).cycles().len(), sound.cycles().len());
    // the end of a cycle counted to the next, with its capacity
    let late = changed(|samples, _| {
        let numbers: Vec<u32> = samples[1..].iter().map(|line| cycle_of(line)).collect();
        for k in 0..numbers.len() - 1 {
            if numbers[k] != numbers[k + 1] {
                let next = numbers[k + 1].to_string();
                let mut rest = samples[k + 1].clone();
                rest[1] = (number(&rest, 1) + 1.0).to_string();
                (rest[2], rest[3]) = (next, "0".to_owned());
                samples[k + 1] = rest;
            }
        }
    });
    match late.unwrap() {
        Outcome::Refused(what) => assert_words(&what, &["samples of the cycle before"]),
        flagged => drop(flagged.flagged(&["samples of the cycle before"])),
    }
    // two samples that lost their time
    let lost = changed(|samples, _| {
        let places: Vec<usize> = (1..samples.len()).filter(|&k| cycle_of(&samples[k]) == 30).skip(3).take(2).collect();
        places.into_iter().for_each(|k| samples[k][1] = "0".to_owned());
    });
    let lost = lost.unwrap().flagged(&["cycle 30", "time runs back"]);
    assert_eq!(life(&lost, Crossing::First), lived);
    // a column that is there twice
    changed(|samples, _| samples.iter_mut().for_each(|line| line.push(line[3].clone())))
        .unwrap()
        .refused(&["\"Current (A)\" is there twice"]);
}

#[test]
fn a_table_of_cycles_that_does_not_belong_to_the_samples_is_refused_or_flagged() {
    let Some(other) = changed(|_, cycles| scale(cycles, 1, 0.2)) else { return };
    other.refused(&["cycle 1 gave 0.599", "130 of 130 cycles", "not to be of one cell"]);
    changed(|_, cycles| cycles.truncate(100))
        .unwrap()
        .flagged(&["the table of cycles ends with it and the samples with 130"]);
    let longer = changed(|_, cycles| (131..150).for_each(|k| cycles.push(vec![k.to_string(), "2.3".to_owned()])));
    longer.unwrap().flagged(&["the samples end with it and the table of cycles with 149"]);
    let twice = changed(|_, cycles| cycles.insert(40, cycles[40].clone())).unwrap().flagged(&["stand there twice"]);
    assert_eq!(life(&twice, Crossing::First), Some(101.0));
}
