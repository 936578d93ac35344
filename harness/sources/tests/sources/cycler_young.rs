//! Records of cells that hardly age, damaged by rule: what a capacity does not show. A test that stands there twice in other digits,
//! cycles that are not there, another cell's, or of another kind, a sign or a voltage that is turned or moved in a part, what is declared
//! of another cell. Each is refused or doubted, and the sound record is not.

use crate::cycler_files::{Row, STYLES, changed, declaration, outcome_of, rows, text};

const CYCLES: usize = 44;

/// What is damaged: the rows of each file, and the words of the declaration.
type Rule = (&'static str, &'static str, fn(&[Row]) -> Vec<Vec<Row>>, &'static [(&'static str, &'static str)]);

fn number(row: &Row) -> u32 {
    row[3] as u32
}

fn each(rows: &[Row], change: impl Fn(&mut Row)) -> Vec<Vec<Row>> {
    let mut rows = rows.to_vec();
    rows.iter_mut().for_each(change);
    vec![rows]
}

fn part(rows: &[Row], cycles: std::ops::Range<u32>) -> Vec<Row> {
    rows.iter().filter(|row| cycles.contains(&number(row))).copied().collect()
}

/// With time and numbers of cycles that begin anew.
fn anew(mut rows: Vec<Row>) -> Vec<Row> {
    let first = rows[0];
    for row in &mut rows {
        row[0] -= first[0];
        row[3] -= first[3] - 1.0;
    }
    rows
}

fn rounded(mut rows: Vec<Row>) -> Vec<Row> {
    rows.iter_mut().for_each(|row| row[1] = (row[1] * 1e3).round() / 1e3);
    rows
}

/// Without these cycles, and numbered as if they had not been.
fn without(rows: &[Row], cycles: std::ops::Range<u32>) -> Vec<Row> {
    let kept = rows.iter().filter(|row| !cycles.contains(&number(row)));
    let renumbered = |row: &Row| {
        let mut row = *row;
        row[3] -= if number(&row) >= cycles.end { f64::from(cycles.end - cycles.start) } else { 0.0 };
        row
    };
    kept.map(renumbered).collect()
}

/// Without every n-th cycle, and numbered as if these had not been.
fn without_every(rows: &[Row], every: u32) -> Vec<Row> {
    let kept = rows.iter().filter(|row| !number(row).is_multiple_of(every));
    let renumbered = |row: &Row| {
        let mut row = *row;
        row[3] -= f64::from(number(&row) / every);
        row
    };
    kept.map(renumbered).collect()
}

fn turned(row: &mut Row) {
    row[2] = -row[2];
    row.swap(5, 6);
}

/// One cycle at a third of its rate, and all after it later.
fn check_up(rows: &[Row], cycle: u32) -> Vec<Vec<Row>> {
    let times: Vec<f64> = rows.iter().filter(|row| number(row) == cycle).map(|row| row[0]).collect();
    let (begin, lasts) = (times[0], times[times.len() - 1] - times[0]);
    each(rows, |row| match number(row) {
        here if here == cycle => {
            row[0] = begin + 3.0 * (row[0] - begin);
            row[2] /= 3.0;
        }
        here if here > cycle => row[0] += 2.0 * lasts,
        _ => {}
    })
}

/// Each cycle with the number before it until its discharge begins, as BioLogic counts.
fn numbered_before_discharge(rows: &[Row]) -> Vec<Vec<Row>> {
    let (mut cycle, mut is_discharged) = (0, false);
    let renumbered = |row: &Row| {
        if number(row) != cycle {
            (cycle, is_discharged) = (number(row), false);
        }
        is_discharged |= row[2] < -0.2;
        let mut row = *row;
        row[3] -= f64::from(u8::from(!is_discharged));
        row
    };
    vec![rows.iter().map(renumbered).collect()]
}

/// The currents of these rows by a share, and all that comes after them later.
fn slower(rows: &[Row], share: f64, is_slow: impl Fn(&Row) -> bool) -> Vec<Vec<Row>> {
    let (mut late, mut before) = (0.0, rows[0][0]);
    let slowed = |row: &Row| {
        let mut row = *row;
        let lasts = row[0] - before;
        before = row[0];
        if is_slow(&row) {
            row[2] *= share;
            late += lasts * (1.0 / share - 1.0);
        }
        row[0] += late;
        row
    };
    vec![rows.iter().map(slowed).collect()]
}

const RULES: &[Rule] = &[
    ("the number goes up before each discharge", "write `cycles: current`", numbered_before_discharge, &[]),
    (
        "one charge at a third of its rate",
        "it is charged at",
        |rows| slower(rows, 1.0 / 3.0, |row| number(row) == 20 && row[2] > 0.01),
        &[],
    ),
    (
        "the rate changes in the middle",
        "the rate changes for good",
        |rows| slower(rows, 0.5, |row| number(row) > 22),
        &[],
    ),
    (
        "the test once more with fewer digits, clock and numbers anew, in one file",
        "once more",
        |rows| vec![[rows.to_vec(), anew(rounded(rows.to_vec()))].concat()],
        &[],
    ),
    (
        "the test once more with half the samples, in a file of its own",
        "once more",
        |rows| vec![rows.to_vec(), anew(rows.iter().skip(3).step_by(2).copied().collect())],
        &[],
    ),
    (
        "a part once more with fewer digits",
        "once more",
        |rows| vec![part(rows, 0..34), anew(rounded(part(rows, 12..99)))],
        &[],
    ),
    (
        "the second half before the first, with clocks of their own",
        "in another order they do",
        |rows| vec![anew(part(rows, 22..99)), anew(part(rows, 0..22))],
        &[],
    ),
    (
        "ten cycles are not there, and the numbers go on",
        "the clock goes on by",
        |rows| vec![without(rows, 10..20)],
        &[],
    ),
    (
        "ten cycles are not there, and the current divides",
        "the clock goes on by",
        |rows| vec![without(rows, 10..20)],
        &[("cathode", "cycles: current\n  cathode")],
    ),
    (
        "every second cycle is another cell's",
        "two cells",
        |rows| {
            each(rows, |row| {
                if number(row).is_multiple_of(2) {
                    row[1] += if row[2] < 0.0 { -0.03 } else { 0.03 };
                    [5, 6].into_iter().for_each(|column| row[column] *= 0.98);
                }
            })
        },
        &[],
    ),
    ("°F under °C", "seems to be in °F", |rows| each(rows, |row| row[7] = 77.0), &[]),
    (
        "°F where °C are declared",
        "seems to be in °F",
        |rows| each(rows, |row| row[7] = 77.0),
        &[("cathode", "temperature: 25\n  cathode")],
    ),
    (
        "a temperature that is declared of another test",
        "where 60 °C are declared",
        |rows| vec![rows.to_vec()],
        &[("cathode", "temperature: 60\n  cathode")],
    ),
    (
        "the sign turned in the last cycles",
        "in these cycles only",
        |rows| {
            each(rows, |row| {
                if number(row) > 34 {
                    turned(row)
                }
            })
        },
        &[],
    ),
    (
        "the sign turned in the first cycles",
        "in these cycles only",
        |rows| {
            each(rows, |row| {
                if number(row) < 12 {
                    turned(row)
                }
            })
        },
        &[],
    ),
    (
        "limits of another chemistry",
        "never come near the limit of 4.9 V",
        |rows| vec![rows.to_vec()],
        &[("4.2]", "4.9]")],
    ),
    (
        "a lower limit that is never met",
        "never come near the limit of 1 V",
        |rows| vec![rows.to_vec()],
        &[("[2,", "[1,")],
    ),
    (
        "an upper limit that is too low by 50 mV",
        "pass the upper limit of 4.15 V",
        |rows| vec![rows.to_vec()],
        &[("4.2]", "4.15]")],
    ),
    (
        "an upper limit that is too high by 50 mV",
        "never come near the limit of 4.25 V",
        |rows| vec![rows.to_vec()],
        &[("4.2]", "4.25]")],
    ),
    (
        "a lower limit that is too high by 50 mV",
        "pass the lower limit of 2.05 V",
        |rows| vec![rows.to_vec()],
        &[("[2,", "[2.05,")],
    ),
    (
        "a lower limit that is too low by 50 mV",
        "never come near the limit of 1.95 V",
        |rows| vec![rows.to_vec()],
        &[("[2,", "[1.95,")],
    ),
    (
        "all voltages one per cent too low",
        "never come near the limit of 4.2 V",
        |rows| each(rows, |row| row[1] *= 0.99),
        &[],
    ),
    ("all voltages 50 mV too high", "pass the upper limit of 4.2 V", |rows| each(rows, |row| row[1] += 0.05), &[]),
    (
        "the last samples of every discharge are not there",
        "never come near the limit of 2 V",
        |rows| vec![rows.iter().filter(|row| row[2] > -0.2 || row[1] > 2.1).copied().collect()],
        &[],
    ),
    (
        "voltages in steps of 10 mV",
        "its voltages are in steps of 10 mV",
        |rows| each(rows, |row| row[1] = (row[1] * 1e2).round() / 1e2),
        &[],
    ),
    (
        "every tenth cycle is not there, and the clock goes on",
        "the clock goes on by",
        |rows| vec![without_every(rows, 10)],
        &[],
    ),
    (
        "every fifth cycle is not there, and the clock goes on and divides",
        "the clock goes on by",
        |rows| vec![without_every(rows, 5)],
        &[("cathode", "cycles: current\n  cathode")],
    ),
    (
        "the counter of discharge drifts by 5 %",
        "one of the two drifts",
        |rows| each(rows, |row| row[6] *= 1.0 - 0.05 * (row[3] - 1.0) / CYCLES as f64),
        &[],
    ),
    (
        "both counters drift by 5 % the other way",
        "one of the two drifts",
        |rows| each(rows, |row| [5, 6].into_iter().for_each(|k| row[k] *= 1.0 + 0.05 * (row[3] - 1.0) / CYCLES as f64)),
        &[],
    ),
    (
        "the current drifts by 5 %",
        "one of the two drifts",
        |rows| each(rows, |row| row[2] *= 1.0 - 0.05 * (row[3] - 1.0) / CYCLES as f64),
        &[],
    ),
    ("a check-up at cycle 10", "seems to be a check-up", |rows| check_up(rows, 10), &[]),
    (
        "voltages 20 mV higher from the middle on",
        "mV higher in charge and",
        |rows| each(rows, |row| row[1] += if number(row) > 20 { 0.02 } else { 0.0 }),
        &[],
    ),
];

#[test]
fn what_a_capacity_does_not_show_is_not_let_in_without_a_word() {
    let sound = changed("SNL_18650_NMC_25C_0-100_0.5-1C_a", CYCLES, |place, cycle| {
        cycle.number = place as u32;
        // as cells scatter from cycle to cycle
        let given = 1.0 - 4e-4 * place as f64 + 3e-4 * ((place * 37) % 11) as f64 / 11.0;
        let series = [Some(&mut cycle.current), cycle.charge_capacity.as_mut(), Some(&mut cycle.discharge_capacity)];
        series.into_iter().flatten().flatten().for_each(|value| *value *= given);
    });
    let rows = rows(&sound);
    let mut silent = Vec::new();
    let mut variants = 0;
    for style in &STYLES {
        let declared = declaration(&sound, style.name, style.mapping);
        let outcome = |files: &[Vec<Row>], words: &[(&str, &str)]| {
            let names: Vec<String> = (0..files.len()).map(|place| format!("part{place}.txt")).collect();
            let texts: Vec<String> = files.iter().map(|rows| text(style, rows, style.delimiter, false)).collect();
            let given: Vec<(&str, &[u8])> =
                names.iter().zip(&texts).map(|(name, text)| (&name[..], text.as_bytes())).collect();
            let declared = declared.replace("[mine.txt]", &format!("[{}]", names.join(", ")));
            outcome_of(&words.iter().fold(declared, |declared, (from, to)| declared.replacen(from, to, 1)), &given)
        };
        for (files, words) in [
            (vec![rows.clone()], &[][..]),
            (vec![rows.clone()], &[("cathode", "temperature: 20\n  cathode")][..]),
            (vec![part(&rows, 0..25), anew(part(&rows, 25..99))], &[][..]),
        ] {
            let (cell, said) = outcome(&files, words).unwrap();
            assert!(cell.cycles().len() == CYCLES && !said.contains("doubtful"), "{}: {said}", style.name);
        }
        for (rule, expected, damage, words) in RULES {
            variants += 1;
            let said = match outcome(&damage(&rows), words) {
                Ok((_, said)) if !said.contains("doubtful") => format!("in silence: {said}"),
                Ok((_, said)) | Err(said) => said,
            };
            if !said.contains(expected) {
                silent.push(format!("{}: {rule}: {said}", style.name));
            }
        }
    }
    println!("{variants} variants by {} rules, {} silent", RULES.len(), silent.len());
    assert!(variants >= 110);
    assert!(silent.is_empty(), "{} of {variants}:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn a_table_of_cycles_that_does_not_go_with_its_samples_is_said() {
    let sound = changed("SNL_18650_NMC_25C_0-100_0.5-1C_a", 14, |place, cycle| cycle.number = place as u32);
    let capacities: Vec<f64> = sound.cycles().iter().map(cells::cell::Cycle::discharged).collect();
    let style = &STYLES[1];
    let samples = text(style, &rows(&sound), style.delimiter, false);
    let declared =
        declaration(&sound, style.name, style.mapping).replace("[mine.txt]", "[mine.txt, mine_cycle_data.csv]");
    let said = |scale: f64, cycles: usize| {
        let lines = (1..).zip(&capacities).take(cycles).map(|(number, given)| format!("{number},{}\n", scale * given));
        let table = "Cycle_Index,Discharge_Capacity (Ah)\n".to_owned() + &lines.collect::<String>();
        let files = [("mine.txt", samples.as_bytes()), ("mine_cycle_data.csv", table.as_bytes())];
        outcome_of(&declared, &files).map_or_else(|why| why, |(_, said)| said)
    };
    assert!(!said(1.0, 14).contains("doubtful") && !said(1.002, 13).contains("doubtful"), "{}", said(1.0, 14));
    assert!(said(1.03, 14).contains("numbered or scaled otherwise"), "{}", said(1.03, 14));
    assert!(said(1.0, 8).contains("it ends with cycle 8 and the samples with cycle"), "{}", said(1.0, 8));
    assert!(said(1.2, 14).contains("the two files are not of one cell"), "{}", said(1.2, 14));
}
