//! The samples of several files in one row of time.

use itertools::Itertools as _;

use super::beside;
use super::error::Error;
use super::samples::Samples;
use cells::count::{short, times};

/// s by which time may run back between samples, by the rounding of a program.
const ROUNDING: f64 = 2e-3;
/// s by which a clock is set back at the end of summer time, and so many summers of one test.
const SUMMER: f64 = 3600.0;
const MOST_SUMMERS: usize = 8;
/// s after which a clock begins anew; one of 12 hours after half of them.
const DAY: f64 = 86_400.0;

/// The samples of all files, whose times and numbers of cycles go on; what was done about it, in sentences.
///
/// # Errors
/// [`Error`] where time runs back within a file, a file is there twice, or two tests are mixed.
pub(super) fn join(files: Vec<(String, Samples)>) -> Result<(Samples, Vec<String>), Error> {
    let mut notes = Vec::new();
    let mut joined: Option<Samples> = None;
    let mut names: Vec<(String, u64)> = Vec::new();
    let mut opened: Vec<(String, Opening)> = Vec::new();
    // where the file before begins
    let mut last_from = 0;
    for (name, mut samples) in files {
        let print = fingerprint(&samples);
        if let Some((other, _)) = names.iter().find(|(_, other)| *other == print) {
            return Err(Error::File {
                file: name,
                what: format!("it holds the very samples of {other}: give each file once"),
            });
        }
        names.push((name.clone(), print));
        if let Some((other, _)) = opened.iter().find(|(_, start)| start.is_that_of(&samples)) {
            return Err(Error::File {
                file: name,
                what: format!(
                    "it begins with the samples with which {other} begins: it is the same test once more, or a part of it; give each \
                     sample once"
                ),
            });
        }
        opened.push((name.clone(), Opening::of(&samples)));
        in_order(&name, &mut samples, &mut notes)?;
        counted_up(&name, &mut samples, &mut notes)?;
        let Some(all) = &mut joined else {
            joined = Some(samples);
            continue;
        };
        let from = std::mem::replace(&mut last_from, all.len());
        if let Some(from) = again(all, &samples) {
            let others = names.iter().map(|(other, _)| other).filter(|other| **other != name).join(", ");
            return Err(Error::File {
                file: name,
                what: format!("it has samples of {others} once more, from {from:.0} s on: give each sample once"),
            });
        }
        if let Some(why) = is_before(all, &samples) {
            let others = names.iter().map(|(other, _)| other).filter(|other| **other != name).join(", ");
            return Err(Error::File {
                file: name,
                what: format!("{why}: it seems to come before {others}; write the files in order of time"),
            });
        }
        let (end, start) = (all.time[all.len() - 1], samples.time[0]);
        if start < end {
            notes.push(format!("time begins anew in {name}: it is counted on from the file before"));
            let lasts = [end - all.time[from], samples.time[samples.len() - 1] - start];
            if let Some(gap) = beside::between(all, &samples, lasts) {
                all.gaps.push((all.len(), gap));
            }
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

/// The first samples of a file.
struct Opening {
    voltage: Vec<f64>,
    current: Vec<f64>,
}

impl Opening {
    /// Samples that are looked at.
    const LONGEST: usize = 500;
    /// Samples that two tests hardly have in common.
    const LEAST: usize = 60;

    fn of(samples: &Samples) -> Self {
        let start = |series: &[f64]| series[..series.len().min(Self::LONGEST)].to_vec();
        Self { voltage: start(&samples.voltage), current: start(&samples.current) }
    }

    /// Whether other samples begin with these, to the digits that a program rounds to. A voltage that stands still shows nothing.
    fn is_that_of(&self, samples: &Samples) -> bool {
        let len = self.voltage.len().min(samples.len());
        let near = |one: &[f64], other: &[f64], by: f64| one.iter().zip(other).all(|(a, b)| (a - b).abs() <= by);
        let (low, high) =
            self.voltage[..len].iter().minmax().into_option().map_or((0.0, 0.0), |(low, high)| (*low, *high));
        let largest = self.current[..len].iter().fold(0.0, |largest: f64, current| largest.max(current.abs()));
        len >= Self::LEAST
            && high - low > 0.1
            && near(&self.voltage[..len], &samples.voltage, 6e-4)
            && near(&self.current[..len], &samples.current, 1e-3 * largest)
    }
}

/// s from which on one has the samples of the other, if it does: with the very times.
fn again(all: &Samples, samples: &Samples) -> Option<f64> {
    let (early, late) = if all.time[0] <= samples.time[0] { (all, samples) } else { (samples, all) };
    let from = early.time.partition_point(|time| *time < late.time[0] - ROUNDING);
    let len = Opening::LEAST.min(early.len() - from).min(late.len());
    let near =
        |one: &[f64], other: &[f64]| one[from..from + len].iter().zip(other).all(|(a, b)| (a - b).abs() <= ROUNDING);
    let is_same = len >= Opening::LEAST / 3
        && near(&early.time, &late.time)
        && near(&early.voltage, &late.voltage)
        && near(&early.current, &late.current);
    is_same.then(|| late.time[0])
}

/// Why samples seem to come before these, if they do: by their times, or by their numbers of cycles.
fn is_before(all: &Samples, samples: &Samples) -> Option<String> {
    let (end, start) = (samples.time[samples.len() - 1], all.time[0]);
    let goes_on = samples
        .cycle
        .as_ref()
        .zip(all.cycle.as_ref())
        .is_some_and(|(after, before)| after[0] >= before[before.len() - 1]);
    if end <= start && end > samples.time[0] && !goes_on {
        return Some(format!("it ends at {end:.0} s, and the files before it begin at {start:.0} s"));
    }
    let (numbers, known) = (samples.cycle.as_ref()?, all.cycle.as_ref()?);
    let (last, first) = (numbers[numbers.len() - 1], known[0]);
    (last <= first && numbers[0] < last)
        .then(|| format!("its cycles are {} to {last}, and the files before it begin with cycle {first}", numbers[0]))
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
    let (from, to) = (short(samples.time[first - 1], 9), short(samples.time[first], 9));
    let falls: Vec<f64> = drops.iter().map(|&k| samples.time[k - 1] - samples.time[k]).collect();
    let refuse = |what: String| Err(Error::Line { file: name.to_owned(), line, column: String::new(), what });
    if drops.len() > 5 && 10 * drops.len() > 9 * samples.len() {
        return refuse(format!(
            "time goes from {from} s back to {to} s, and so in {} of {} rows: the rows run from the last to the first; sort them by time",
            drops.len(),
            samples.len() - 1
        ));
    }
    if samples.time_is_of_dates && falls.iter().all(|fall| (DAY / 2.0 - *fall).abs() < SUMMER) {
        return refuse(format!(
            "the clock goes back by {:.1} h ({} in the file): its hours seem to run from 1 to 12 without AM or PM, so that mornings are not told \
             from afternoons; export it with 24 hours, or with AM and PM, or name the column with the time of the test under mapping: time",
            falls[0] / 3600.0,
            times(drops.len())
        ));
    }
    // a time of the test lasts for more than a day sooner or later
    let is_of_day = falls.iter().all(|fall| (DAY - SUMMER..=DAY).contains(fall))
        && samples.time.iter().all(|time| (0.0..=DAY).contains(time));
    if is_of_day && samples.time_is_named {
        notes.push(format!(
            "in {name}, the time is that of the day and begins anew at midnight ({} in all): it is counted on from day to day",
            times(drops.len())
        ));
        count_on(&mut samples.time, |_| DAY);
        return Ok(());
    }
    let of_cycles = starts(&samples.cycle);
    if is_of_day && !of_cycles {
        return refuse(format!(
            "time goes from {from} s back to {to} s ({} in the file): it seems to be the time of the day, which begins anew at midnight; \
             name the column with the time of the test, or with its date, under mapping: time; if there is none, name this one: it is then \
             counted on from day to day",
            times(drops.len())
        ));
    }
    let of_steps = starts(&samples.step) || drops.len() > 5;
    if to_zero && (of_cycles || of_steps && samples.time_is_named) {
        let each = if of_cycles { "each with a cycle" } else { "as that of a step does" };
        notes.push(format!("in {name}, time begins anew {}, {each}: it is counted on", times(drops.len())));
        count_on(&mut samples.time, |fall| fall);
        return Ok(());
    }
    let is_set_back = drops.iter().all(|&k| samples.time[k - 1] - samples.time[k] <= SUMMER);
    if samples.time_is_of_dates && is_set_back && drops.len() <= MOST_SUMMERS {
        notes.push(format!(
            "in {name}, line {line}, the clock goes back by {:.0} s ({} in all), as at the end of summer time: it is counted on",
            falls[0],
            times(drops.len())
        ));
        count_on(&mut samples.time, |fall| fall);
        return Ok(());
    }
    if to_zero && of_steps {
        return refuse(format!(
            "time goes from {from} s back to {to} s, and so at the beginning of {} steps: it seems to be the time of the step; \
             name the column with the time of the test, or with its date, under mapping: time; if there is none, name this one: its \
             times are then counted on from step to step",
            drops.len()
        ));
    }
    if drops.len() > samples.len() / 50 && drops.len() > 5 {
        return refuse(format!(
            "time goes from {from} s back to {to} s, and so {} times in {} samples: the rows are out of order, or two tests are mixed; sort \
             them by time, or give each cell its own file",
            drops.len(),
            samples.len()
        ));
    }
    refuse(format!(
        "time goes from {from} s back to {to} s ({} in the file): lines are out of order, or two tests stand in one file; sort it, or \
         give each test as a file of its own",
        times(drops.len())
    ))
}

/// Times that go on where they begin anew: by what they fall then, or what `by` makes of it.
fn count_on(times: &mut [f64], by: impl Fn(f64) -> f64) {
    let (mut offset, mut last) = (0.0, times.first().copied().unwrap_or_default());
    for time in times {
        if *time < last - ROUNDING {
            offset += by(last - *time);
        }
        last = *time;
        *time += offset;
    }
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
            "the number of the cycle goes from {from} back to {to}, and so {} times: the rows are out of order, or two tests are \
             mixed; sort them by time, or give each cell its own file",
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
        "in {name}, the number of the cycle begins anew with {to} in line {line} ({} in all): it is counted on from {from}",
        times(drops.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Cycles of 100 samples each, alike but for noise.
    fn samples(cycles: std::ops::Range<u32>) -> Samples {
        let places = 100 * cycles.start..100 * cycles.end;
        let noise = |place: u32| f64::from(place * 37 % 101) * 1e-4;
        Samples {
            time: places.clone().map(|place| 10.0 * f64::from(place)).collect(),
            voltage: places.clone().map(|place| 3.0 + 0.01 * f64::from(place % 100) + noise(place)).collect(),
            current: places.clone().map(|place| if place % 100 < 50 { 1.0 } else { -1.0 }).collect(),
            cycle: Some(places.map(|place| 1 + place / 100).collect()),
            ..Samples::default()
        }
    }

    fn joined(files: Vec<Samples>) -> Result<Samples, String> {
        let named = files.into_iter().enumerate().map(|(place, samples)| (format!("{place}.csv"), samples));
        join(named.collect()).map(|(samples, _)| samples).map_err(|error| error.to_string())
    }

    #[test]
    fn clocks_are_told_by_how_they_begin_anew() {
        let with = |clock: &dyn Fn(f64) -> f64, named: bool, dates: bool| {
            let mut all = samples(0..200);
            all.cycle = None;
            all.time.iter_mut().for_each(|time| *time = clock(*time));
            joined(vec![Samples { time_is_named: named, time_is_of_dates: dates, ..all }])
        };
        let of_day = |time: f64| (time + 30_000.0) % 86_400.0;
        let said = with(&of_day, false, false).unwrap_err();
        assert!(said.contains("the time of the day, which begins anew at midnight"), "{said}");
        let counted = with(&of_day, true, false).unwrap().time;
        assert!(counted.iter().zip(samples(0..200).time).all(|(counted, time)| *counted == time + 30_000.0));
        // the date goes on at midnight, and the hours from 12 to 1
        let of_half = |time: f64| {
            let of_day = time % 86_400.0;
            time - of_day
                + if of_day < 3600.0 {
                    of_day + 43_200.0
                } else if of_day < 46_800.0 {
                    of_day
                } else {
                    of_day - 43_200.0
                }
        };
        let said = with(&|time| of_half(time + 30_000.0), false, true).unwrap_err();
        assert!(said.contains("from 1 to 12 without AM or PM"), "{said}");
        let said = with(&|time| 3e5 - time, false, false).unwrap_err();
        assert!(said.contains("from the last to the first; sort them"), "{said}");
    }

    #[test]
    fn parts_in_order_are_joined_and_what_is_there_twice_or_out_of_order_is_refused() {
        let all = samples(0..9);
        assert_eq!(joined(vec![samples(0..3), samples(3..5), samples(5..9)]).unwrap(), all);
        for (files, words) in [
            (vec![samples(0..9), samples(0..9)], "1.csv: it holds the very samples of 0.csv"),
            (vec![samples(0..9), samples(0..4)], "1.csv: it begins with the samples with which 0.csv begins"),
            (vec![samples(0..9), samples(4..9)], "1.csv: it has samples of 0.csv once more, from 4000 s on"),
            (vec![samples(4..9), samples(0..9)], "1.csv: it has samples of 0.csv once more, from 4000 s on"),
            (vec![samples(0..5), samples(4..9)], "1.csv: it has samples of 0.csv once more, from 4000 s on"),
            (vec![samples(4..9), samples(0..4)], "it seems to come before 0.csv; write the files in order of time"),
        ] {
            let said = joined(files).unwrap_err();
            assert!(said.contains(words), "{words}: {said}");
        }
        // a clock and numbers that begin anew
        let mut second = samples(5..9);
        second.time.iter_mut().for_each(|time| *time -= 5000.0);
        second.cycle.iter_mut().flatten().for_each(|cycle| *cycle -= 5);
        assert_eq!(joined(vec![samples(0..5), second]).unwrap().cycle, all.cycle);
    }
}
