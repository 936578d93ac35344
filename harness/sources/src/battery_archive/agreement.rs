//! The two tables of a cell, held against each other: do they tell of the same cycles of the same cell?

use std::collections::BTreeMap;

use super::table::{CycleSummary, Samples};
use cells::count::ah;

/// Share of the nominal capacity by which a cycle may differ: samples end before the counter does.
const TOLERANCE: f64 = 0.05;

/// The table of cycles with one line for each, and what is to be said of lines that were there again.
///
/// Fails with a fragment where two lines of one cycle say different things.
pub(super) fn once_each(
    summaries: Vec<CycleSummary>,
    nominal: f64,
) -> Result<(Vec<CycleSummary>, Vec<String>), String> {
    let mut known: BTreeMap<u32, f64> = BTreeMap::new();
    let mut again: Vec<u32> = Vec::new();
    let mut kept = Vec::with_capacity(summaries.len());
    for summary in summaries {
        match known.insert(summary.index, summary.discharged) {
            None => kept.push(summary),
            Some(before) if (before - summary.discharged).abs() > TOLERANCE * nominal => {
                return Err(format!(
                    "cycle {} stands there twice, with {before} and {} Ah: two tables seem to be joined, or the number of the \
                     cycle begins anew",
                    summary.index, summary.discharged
                ));
            }
            Some(_) => again.push(summary.index),
        }
    }
    let said = again.first().map(|first| {
        format!("cycle {first}: {} lines of the table of cycles stand there twice; each is counted once", again.len())
    });
    Ok((kept, said.into_iter().collect()))
}

/// What of the tables does not agree; fragments.
///
/// Fails with a fragment where most cycles differ: they are of two cells.
pub(super) fn compared(
    summaries: &[CycleSummary],
    recorded: &BTreeMap<u32, Samples>,
    nominal: f64,
) -> Result<Vec<String>, String> {
    let both: Vec<(u32, f64, f64)> = summaries
        .iter()
        .filter_map(|summary| Some((summary.index, summary.discharged, recorded.get(&summary.index)?.discharged())))
        .collect();
    let differing: Vec<&(u32, f64, f64)> =
        both.iter().filter(|(_, stated, given)| (stated - given).abs() > TOLERANCE * nominal).collect();
    let mut doubts = Vec::new();
    if let Some((cycle, stated, given)) = differing.first() {
        let what = format!(
            "the table of cycles says that cycle {cycle} gave {stated} Ah, the samples say {given}, and so in {} of {} cycles",
            differing.len(),
            both.len(),
            given = ah(*given)
        );
        if 2 * differing.len() >= both.len() {
            return Err(format!(
                "{what}: the two files seem not to be of one cell, or a counter begins anew or is in another unit"
            ));
        }
        doubts.push(format!("cycle {cycle}: {what}"));
    }
    // of long tables, only their ends tell; gaps are filled, and said
    let last = |cycles: &mut dyn Iterator<Item = u32>| cycles.max().unwrap_or_default();
    let (stated, given) =
        (last(&mut summaries.iter().map(|summary| summary.index)), last(&mut recorded.keys().copied()));
    if stated > given {
        doubts.push(format!(
            "cycle {given}: the samples end with it and the table of cycles with {stated}: one of the files is cut short, or of another \
             cell"
        ));
    } else if given > stated {
        doubts.push(format!(
            "cycle {stated}: the table of cycles ends with it and the samples with {given}: one of the files is cut short, or of another \
             cell"
        ));
    }
    Ok(doubts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(capacities: &[(u32, f64)]) -> Vec<CycleSummary> {
        capacities.iter().map(|&(index, discharged)| CycleSummary { index, discharged }).collect()
    }

    fn recorded(capacities: &[(u32, f64)]) -> BTreeMap<u32, Samples> {
        capacities.iter().map(|&(index, given)| (index, Samples::of_discharge(given))).collect()
    }

    #[test]
    fn tables_of_one_cell_agree_and_others_are_told() {
        let sound: Vec<(u32, f64)> = (1..=20).map(|k| (k, 3.0 - 0.01 * f64::from(k))).collect();
        let compare = |stated: &[(u32, f64)], given: &[(u32, f64)]| {
            let (stated, mut doubts) = once_each(table(stated), 3.0)?;
            doubts.extend(compared(&stated, &recorded(given), 3.0)?);
            Ok::<_, String>(doubts)
        };
        assert_eq!(compare(&sound, &sound), Ok(vec![]));
        assert!(
            compare(&sound, &sound[..15]).unwrap()[0]
                .contains("the samples end with it and the table of cycles with 20")
        );
        assert!(
            compare(&sound[..15], &sound).unwrap()[0]
                .contains("the table of cycles ends with it and the samples with 20")
        );
        let twice = [&sound[..5], &sound[4..]].concat();
        assert!(compare(&twice, &sound).unwrap()[0].contains("1 lines of the table of cycles stand there twice"));
        let other: Vec<(u32, f64)> = sound.iter().map(|&(k, given)| (k, given / 5.0)).collect();
        assert!(
            compare(&other, &sound).unwrap_err().contains("20 of 20 cycles: the two files seem not to be of one cell")
        );
        let joined = [&sound[..], &other[..]].concat();
        assert!(compare(&joined, &sound).unwrap_err().contains("stands there twice"));
        let mut one = sound.clone();
        one[7].1 = 1.0;
        assert!(compare(&one, &sound).unwrap()[0].starts_with("cycle 8: the table of cycles says"));
    }
}
