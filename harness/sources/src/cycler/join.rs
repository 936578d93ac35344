//! The samples of several files in one row of time.

use super::error::Error;
use super::samples::Samples;

/// s by which time may run back between samples, by the rounding of a program.
const ROUNDING: f64 = 2e-3;

/// The samples of all files, whose times and numbers of cycles go on; what was done about it, in sentences.
///
/// # Errors
/// [`Error`] where time runs back within a file, a file is there twice, or two tests are mixed.
pub(super) fn join(files: Vec<(String, Samples)>) -> Result<(Samples, Vec<String>), Error> {
    let mut notes = Vec::new();
    let mut joined: Option<Samples> = None;
    let mut names: Vec<(String, u64)> = Vec::new();
    for (name, mut samples) in files {
        let print = fingerprint(&samples);
        if let Some((other, _)) = names.iter().find(|(_, other)| *other == print) {
            return Err(Error::File {
                file: name,
                what: format!("it holds the very samples of {other}: give each file once"),
            });
        }
        names.push((name.clone(), print));
        in_order(&name, &mut samples, &mut notes)?;
        counted_up(&name, &mut samples, &mut notes)?;
        let Some(all) = &mut joined else {
            joined = Some(samples);
            continue;
        };
        let (end, start) = (all.time[all.len() - 1], samples.time[0]);
        if start < end {
            notes.push(format!("time begins anew in {name}: it is counted on from the file before"));
            samples.time.iter_mut().for_each(|time| *time += end - start);
        }
        if let (Some(before), Some(cycles)) = (&all.cycle, &mut samples.cycle) {
            let last = before[before.len() - 1];
            if cycles[0] < last {
                let goes_on = goes_on(all, &samples.current, &samples.voltage);
                let offset = last + u32::from(!goes_on) - cycles[0];
                notes.push(format!(
                    "the number of the cycle begins anew with {} in {name}: it is counted on from {last}{}",
                    cycles[0],
                    if goes_on { ", whose half goes on there" } else { "" }
                ));
                cycles.iter_mut().for_each(|cycle| *cycle += offset);
            }
        }
        all.append(samples);
    }
    joined.map(|joined| (joined, notes)).ok_or_else(|| Error::Place("no file was given".to_owned()))
}

/// Whether the first samples go on with the half in which the record before ended.
fn goes_on(before: &Samples, current: &[f64], voltage: &[f64]) -> bool {
    let last = before.len() - 1;
    let same = before.current[last] * current[0] > 0.0;
    same && (before.voltage[last] - voltage[0]).abs() < 0.02
}

fn fingerprint(samples: &Samples) -> u64 {
    let series = [&samples.time, &samples.voltage, &samples.current];
    let bits = series.into_iter().flatten().map(|value| value.to_bits());
    bits.fold(samples.len() as u64, |hash, bits| (hash.rotate_left(5) ^ bits).wrapping_mul(0x517c_c1b7_2722_0a95))
}

/// Times that begin anew in each cycle are counted on; others must not run back.
fn in_order(name: &str, samples: &mut Samples, notes: &mut Vec<String>) -> Result<(), Error> {
    let drops: Vec<usize> = (1..samples.len()).filter(|&k| samples.time[k] < samples.time[k - 1] - ROUNDING).collect();
    let Some(&first) = drops.first() else { return Ok(()) };
    let starts = |numbers: &Option<Vec<u32>>| {
        numbers.as_ref().is_some_and(|numbers| drops.iter().all(|&k| numbers[k] != numbers[k - 1]))
    };
    let to_zero = drops
        .iter()
        .all(|&k| samples.time[k] <= samples.time[0].max(0.0) + 0.01 * (samples.time[k - 1] - samples.time[k]) + 1.0);
    let line = samples.first_line + first as u64;
    let (from, to) = (samples.time[first - 1], samples.time[first]);
    let refuse = |what: String| Err(Error::Line { file: name.to_owned(), line, column: String::new(), what });
    if to_zero && starts(&samples.cycle) {
        notes.push(format!("in {name}, time begins anew {} times, each with a cycle: it is counted on", drops.len()));
        let mut offset = 0.0;
        let mut last = samples.time[0];
        for time in &mut samples.time {
            if *time < last - ROUNDING {
                offset += last - *time;
            }
            last = *time;
            *time += offset;
        }
        return Ok(());
    }
    if to_zero && starts(&samples.step) {
        return refuse(format!(
            "time goes from {from} s back to {to} s, and so at the beginning of {} steps: it seems to be the time of the step; \
             name the column with the time of the test under mapping: time",
            drops.len()
        ));
    }
    if drops.len() > samples.len() / 50 && drops.len() > 5 {
        return refuse(format!(
            "time goes from {from} s back to {to} s, and so {} times in {} samples: two tests seem to be mixed; give each cell \
             its own file",
            drops.len(),
            samples.len()
        ));
    }
    let times = if drops.len() == 1 { "once".to_owned() } else { format!("{} times", drops.len()) };
    refuse(format!(
        "time goes from {from} s back to {to} s ({times} in the file): lines are out of order, or two tests stand in one file; \
         sort it, or give each test as a file of its own"
    ))
}

/// Numbers of cycles that begin anew are counted on; those that jump to and fro are of two tests.
fn counted_up(name: &str, samples: &mut Samples, notes: &mut Vec<String>) -> Result<(), Error> {
    let Some(cycles) = &mut samples.cycle else { return Ok(()) };
    let changes = cycles.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let drops: Vec<usize> = (1..cycles.len()).filter(|&k| cycles[k] < cycles[k - 1]).collect();
    let Some(&first) = drops.first() else { return Ok(()) };
    let (line, from, to) = (samples.first_line + first as u64, cycles[first - 1], cycles[first]);
    if drops.len() > 3 && drops.len() * 10 > changes {
        let what = format!(
            "the number of the cycle goes from {from} back to {to}, and so {} times: two tests seem to be mixed; give each cell \
             its own file",
            drops.len()
        );
        return Err(Error::Line { file: name.to_owned(), line, column: String::new(), what });
    }
    if drops.iter().any(|&k| cycles[k] > 1) {
        let what = format!(
            "the number of the cycle goes from {from} back to {to}, where no test begins anew: lines are out of order, or two \
             tests are mixed"
        );
        return Err(Error::Line { file: name.to_owned(), line, column: String::new(), what });
    }
    notes.push(format!(
        "in {name}, the number of the cycle begins anew with {to} in line {line} ({} times in all): it is counted on from {from}",
        drops.len()
    ));
    let (mut offset, mut last) = (0, cycles[0]);
    for cycle in cycles {
        let number = *cycle;
        if number < last {
            offset += last - number + 1;
        }
        last = number;
        *cycle = number.saturating_add(offset);
    }
    Ok(())
}
