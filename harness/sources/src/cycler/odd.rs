//! What of the files of a cell is odd and cannot be seen of the cell any more: numbers of cycles that are skipped, rows that stand
//! twice, times of another unit.

use itertools::Itertools as _;

use super::divide::Part;
use super::samples::Samples;
use cells::count::counted;

/// Share of samples at the time of the one before that steps of a cycler explain.
const SAME_TIME: f64 = 0.2;
/// s that no cycle lasts.
const LONGEST_CYCLE: f64 = 1.0 * 365.25 * 86_400.0;

/// Share of the cycles that a life may lack without a doubt, beside one that publishers count or not, …
const FEW: f64 = 0.01;
/// … and how many at most.
const MOST_FEW: u32 = 5;

/// Numbers of cycles that are skipped, of these in their order: a fragment, and whether so many are that a life is in doubt.
pub(super) fn skipped(numbers: impl IntoIterator<Item = u32>) -> Option<(String, bool)> {
    let mut numbers = numbers.into_iter();
    let first = numbers.next()?;
    let (mut gaps, mut lost, mut last) = (Vec::new(), 0, first);
    for number in numbers {
        let missing = number.saturating_sub(last).saturating_sub(1);
        if missing > 0 {
            lost += missing;
            gaps.push(if missing == 1 { format!("{}", last + 1) } else { format!("{} to {}", last + 1, number - 1) });
        }
        last = number;
    }
    // programs begin with 0 or 1, and some publishers with 2
    let before = if first > 2 {
        format!("the first cycle is number {first}, so that {} before it are not in the files", first - 1)
    } else {
        String::new()
    };
    let between = match &gaps[..] {
        [] => String::new(),
        _ => {
            let more = if gaps.len() > 3 { format!(" and {} more", gaps.len() - 3) } else { String::new() };
            let count = counted(lost as usize, "number");
            format!("{count} of cycles skipped: {}{more}", gaps[..gaps.len().min(3)].join(", "))
        }
    };
    let found: Vec<String> = [before, between].into_iter().filter(|text| !text.is_empty()).collect();
    let all = lost + if first > 2 { first - 1 } else { 0 };
    let is_much = all > MOST_FEW || all > 1 && f64::from(all) > FEW * f64::from(last);
    (!found.is_empty()).then(|| {
        let said = found.join("; ");
        (
            format!("{said}; cycles that are not there count for nothing, so a life would be too short by so many"),
            is_much,
        )
    })
}

/// Cycles that a pause takes the time of, before it is one that may hide cycles.
const PAUSE: f64 = 3.5;
/// Cycles on either side of a gap that show what is usual.
const AROUND: usize = 5;
/// V by which the first voltage after a gap may lie beyond those of other cycles: a cell that has rested is further off.
const RESTED: f64 = 2e-3;

/// Parts of the time of a cycle by which a gap that hides whole cycles differs from a whole number of them, …
const NEAR_WHOLE: f64 = 0.12;
/// … such gaps, at least, since one may be by chance, …
const FEWEST_SHORT: usize = 3;
/// … and their share among the gaps as long.
const MOST_SHORT: f64 = 0.8;
/// Times the usual time between two cycles that is no rest of every cycle.
const LONGER: f64 = 3.0;

/// A gap of the clock that may hide cycles.
struct Gap {
    /// The number of the cycle behind it.
    number: u32,
    /// s.
    time: f64,
    /// How many take as long.
    cycles: f64,
}

/// Gaps of the clock as long as some cycles take, which the numbers of cycles do not show and after which the cell is as if it had not
/// rested: a fragment.
pub(super) fn lost_time(samples: &Samples, parts: &[Part]) -> Option<String> {
    let clock = Clock { samples, parts };
    let mut found = clock.long();
    found.extend(clock.short());
    found.sort_by_key(|gap| gap.number);
    let first = found.first()?;
    let lost: f64 = found.iter().map(|gap| gap.cycles).sum();
    let is_much = lost > f64::from(MOST_FEW) || lost > FEW * (parts.len() as f64 + lost);
    is_much.then(|| {
        format!(
            "the clock goes on by {:.1} h before cycle {}{}, and by as much as {lost:.0} cycles take in all, and the cell is as \
             if it had not rested: that many cycles seem not to be in the files, so that a life would be too short by them and cycles \
             are not where features look for them; give the files that lack",
            first.time / 3600.0,
            first.number,
            if found.len() > 1 { format!(" and at {}", counted(found.len() - 1, "other place")) } else { String::new() }
        )
    })
}

/// The times of the samples of some cycles.
struct Clock<'a> {
    samples: &'a Samples,
    parts: &'a [Part],
}

impl Clock<'_> {
    /// Whether the numbers of cycles show that some lack before a sample.
    fn is_numbered(&self, k: usize) -> bool {
        self.samples.cycle.as_ref().is_some_and(|numbers| numbers[k] > numbers[k - 1] + 1)
    }

    /// Whether the voltage of a sample of a part is that of the samples at its place in the parts around.
    fn is_as_ever(&self, k: usize, place: usize) -> bool {
        let (voltage, parts) = (&self.samples.voltage, self.parts);
        let (number, range) = &parts[place];
        let near =
            parts[place.saturating_sub(AROUND)..].iter().take(2 * AROUND + 1).filter(|(other, _)| other != number);
        let at_its_place =
            near.map(|(_, other)| other.start + k - range.start).filter(|&k| k < voltage.len()).map(|k| voltage[k]);
        at_its_place
            .minmax_by(f64::total_cmp)
            .into_option()
            .is_some_and(|(low, high)| (low - RESTED..=high + RESTED).contains(&voltage[k]))
    }

    /// Gaps of more time than a pause between cycles takes.
    fn long(&self) -> Vec<Gap> {
        let time = &self.samples.time;
        let periods = self.parts.iter().tuple_windows().map(|((_, one), (_, next))| time[next.start] - time[one.start]);
        let Some(usual) = middle(periods.collect()).filter(|usual| *usual > 0.0) else { return Vec::new() };
        let gaps = (1..time.len()).filter(|&k| self.samples.gap(k) > PAUSE * usual && !self.is_numbered(k));
        let hiding = gaps.filter_map(|k| {
            let place = self.parts.partition_point(|(_, range)| range.end <= k);
            let (number, _) = self.parts.get(place).filter(|_| self.is_as_ever(k, place))?;
            let gap = self.samples.gap(k);
            Some(Gap { number: *number, time: gap, cycles: (gap / usual).round() })
        });
        hiding.collect()
    }

    /// Gaps between two cycles that take the very time of one cycle or of a few, again and again.
    fn short(&self) -> Vec<Gap> {
        let (time, parts) = (&self.samples.time, self.parts);
        let lasts: Vec<f64> = parts.iter().map(|(_, range)| time[range.end - 1] - time[range.start]).collect();
        let between = |place: usize| time[parts[place].1.start] - time[parts[place].1.start - 1];
        let Some(usual) = middle((1..parts.len()).map(between).collect()) else { return Vec::new() };
        let gaps = (1..parts.len()).filter_map(|place| {
            let (number, range) = &parts[place];
            let around = place.saturating_sub(AROUND)..parts.len().min(place + AROUND);
            let period = middle(lasts[around].to_vec())? + usual;
            let cycles = (between(place) - usual) / period;
            let is_gap = (1.0 - NEAR_WHOLE..PAUSE).contains(&cycles)
                && between(place) > LONGER * usual
                && !self.is_numbered(range.start)
                && self.is_as_ever(range.start, place);
            is_gap.then(|| Gap { number: *number, time: between(place), cycles })
        });
        let (mut whole, others): (Vec<Gap>, Vec<Gap>) =
            gaps.partition(|gap| (gap.cycles - gap.cycles.round()).abs() < NEAR_WHOLE);
        let is_so =
            whole.len() >= FEWEST_SHORT && whole.len() as f64 >= MOST_SHORT * (whole.len() + others.len()) as f64;
        if !is_so {
            return Vec::new();
        }
        whole.iter_mut().for_each(|gap| gap.cycles = gap.cycles.round());
        whole
    }
}

/// The middle one of some values; none of none.
pub(super) fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What of the samples is odd, a fragment each.
pub(super) fn odd(samples: &Samples) -> Vec<String> {
    [same_times(samples), too_long(samples)].into_iter().flatten().collect()
}

fn same_times(samples: &Samples) -> Option<String> {
    let len = samples.len();
    let same = (1..len).filter(|&k| samples.time[k] == samples.time[k - 1]);
    let (mut count, mut twice) = (0, 0);
    for k in same {
        count += 1;
        twice +=
            usize::from(samples.voltage[k] == samples.voltage[k - 1] && samples.current[k] == samples.current[k - 1]);
    }
    let what = match () {
        () if 2 * twice > count => "rows seem to be there twice",
        () => "the time is too coarse, or rows of two tests are mixed",
    };
    (count as f64 > SAME_TIME * len as f64 && count > 5)
        .then(|| format!("{count} of {len} samples have the very time of the one before: {what}"))
}

fn too_long(samples: &Samples) -> Option<String> {
    let (first, last) = (samples.time.first()?, samples.time.last()?);
    let cycles =
        samples.cycle.as_ref().map_or(1, |numbers| 1 + numbers.windows(2).filter(|pair| pair[0] != pair[1]).count());
    let days = |seconds: f64| seconds / 86_400.0;
    let each = (last - first) / cycles as f64;
    let years = (last - first) / (365.25 * 86_400.0);
    (each > LONGEST_CYCLE || years > 30.0).then(|| {
        format!(
            "its test lasts {years:.1} years, and a cycle of it {:.0} days: the time seems to be in ms or another unit; write it \
             under mapping: time",
            days(each)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_skipped_are_counted() {
        assert_eq!(skipped(1..100), None);
        assert_eq!(skipped([0, 1, 1, 2]), None);
        let (said, is_much) = skipped((1..40).chain(60..70).chain([71])).unwrap();
        assert!(is_much && said.starts_with("21 numbers of cycles skipped: 40 to 59, 70;"), "{said}");
        let (said, is_much) = skipped(21..30).unwrap();
        assert!(is_much && said.starts_with("the first cycle is number 21, so that 20 before it"), "{said}");
        let (said, is_much) = skipped((1..158).chain(159..334)).unwrap();
        assert!(!is_much && said.starts_with("1 number of cycles skipped: 158;"), "{said}");
    }

    #[test]
    fn a_gap_of_the_clock_hides_cycles_where_the_cell_has_not_rested() {
        // ten samples a cycle, the first at 3 V after every discharge
        let samples = |gap: f64, first: f64| {
            let late = |k: usize| if k >= 200 { gap } else { 0.0 };
            Samples {
                time: (0..400).map(|k| 100.0 * k as f64 + late(k)).collect(),
                voltage: (0..400).map(|k| if k == 200 { first } else { 3.0 + 0.05 * (k % 10) as f64 }).collect(),
                current: vec![1.0; 400],
                ..Samples::default()
            }
        };
        let parts: Vec<Part> = (0..40).map(|cycle| (cycle as u32 + 1, 10 * cycle..10 * cycle + 10)).collect();
        let said = lost_time(&samples(20e3, 3.0), &parts).unwrap();
        assert!(said.contains("before cycle 21, and by as much as 20 cycles take"), "{said}");
        for (gap, first) in [(0.0, 3.0), (2e3, 3.0), (20e3, 2.9)] {
            assert_eq!(lost_time(&samples(gap, first), &parts), None, "{gap} {first}");
        }
    }

    #[test]
    fn gaps_of_the_very_time_of_a_cycle_hide_cycles_where_there_are_several() {
        // cycles that take 900 s each and 100 s between them; after every tenth, so much more
        let samples = |more: &[f64]| {
            let late = |k: usize| (1..=k / 100).map(|tenth| more[tenth % more.len()]).sum::<f64>();
            Samples {
                time: (0..400).map(|k| 100.0 * k as f64 + late(k)).collect(),
                voltage: (0..400).map(|k| 3.0 + 0.05 * (k % 10) as f64).collect(),
                current: vec![1.0; 400],
                ..Samples::default()
            }
        };
        let parts: Vec<Part> = (0..40).map(|cycle| (cycle as u32 + 1, 10 * cycle..10 * cycle + 10)).collect();
        let said = lost_time(&samples(&[1e3]), &parts).unwrap();
        assert!(said.contains("before cycle 11 and at 2 other places, and by as much as 3 cycles take"), "{said}");
        let said = lost_time(&samples(&[2e3, 1e3]), &parts).unwrap();
        assert!(said.contains("by as much as 4 cycles take"), "{said}");
        // pauses of any time, and rests of every cycle
        assert_eq!(lost_time(&samples(&[1.4e3, 2.5e3, 1.7e3]), &parts), None);
        assert_eq!(lost_time(&samples(&[0.0]), &parts), None);
        let rests = Samples { time: (0..400).map(|k| (100 * k + 1000 * (k / 10)) as f64).collect(), ..samples(&[0.0]) };
        assert_eq!(lost_time(&rests, &parts), None);
    }

    #[test]
    fn rows_that_stand_twice_and_times_of_another_unit_are_odd() {
        let samples = |time: Vec<f64>| Samples {
            voltage: (0..time.len()).map(|k| (k / 2) as f64).collect(),
            current: vec![1.0; time.len()],
            time,
            ..Samples::default()
        };
        assert!(odd(&samples((0..100).map(f64::from).collect())).is_empty());
        let doubled = odd(&samples((0..100).map(|k| f64::from(k / 2)).collect()));
        assert!(
            doubled.len() == 1 && doubled[0].contains("50 of 100 samples") && doubled[0].contains("twice"),
            "{doubled:?}"
        );
        let long = odd(&samples((0..100).map(|k| f64::from(k) * 5.3e6).collect()));
        assert!(long.len() == 1 && long[0].contains("16.6 years"), "{long:?}");
    }
}
