//! How far the predictions of two runs are apart.

use cells::count::counted;
use record::RunRecord;
use statistics::{ROUNDING, relative};

use super::{beside::beside, elsewhere::MOST_NOISE};
use crate::Run;

/// The largest relative difference of a predicted life, and the cell that has it; 0 where both are the same to the last bit.
///
/// # Errors
/// In a few words, why the two cannot be laid beside one another: other cells, or other observed lives.
pub(crate) fn distance(before: &RunRecord, now: &RunRecord) -> Result<(f64, Option<String>), String> {
    if before.predictions.len() != now.predictions.len() {
        return Err(format!("{} instead of {}", counted(now.predictions.len(), "test cell"), before.predictions.len()));
    }
    let mut largest = (0.0, None);
    for (was, is) in before.predictions.iter().zip(&now.predictions) {
        if was.cell != is.cell {
            return Err(format!("test cell {} where {} was", is.cell, was.cell));
        }
        if was.observed != is.observed {
            return Err(format!("the observed life of {} is {} and was {}", is.cell, is.observed, was.observed));
        }
        let apart = relative(was.predicted, is.predicted);
        if apart > largest.0 {
            largest = (apart, Some(is.cell.clone()));
        }
    }
    Ok(largest)
}

/// Whether predictions so far apart are the same: to the last bit, and without a network within what another processor may round.
pub(crate) fn is_same(apart: f64, is_of_network: bool) -> bool {
    apart == 0.0 || (!is_of_network && apart <= ROUNDING)
}

/// How far all numbers of two runs are apart, what lies beside their predictions among them, and where that is.
///
/// # Errors
/// As [`distance`].
pub(crate) fn whole_distance(was: &Run, is: &Run) -> Result<(f64, Option<String>), String> {
    let (of_lives, of_tables) =
        (distance(&was.record, &is.record)?, beside((&was.record, &was.folder), (&is.record, &is.folder))?);
    Ok(if of_tables.0 > of_lives.0 { of_tables } else { of_lives })
}

/// The same of runs that were computed in other ways: tables may be as far apart as nobody would take for rounding.
///
/// # Errors
/// As [`distance`].
pub(crate) fn loose_distance(was: &Run, is: &Run) -> Result<(f64, Option<String>), String> {
    let (of_lives, of_tables) =
        (distance(&was.record, &is.record)?, beside((&was.record, &was.folder), (&is.record, &is.folder))?);
    Ok(if of_tables.0 > MOST_NOISE.max(of_lives.0) { of_tables } else { of_lives })
}

/// Whether a run is what it was: it ended alike, and says the same.
pub(crate) fn is_unchanged(was: &Run, is: &Run) -> bool {
    let apart = whole_distance(was, is);
    was.record.status == is.record.status && apart.is_ok_and(|(apart, _)| is_same(apart, was.is_of_network()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::run;

    #[test]
    fn the_cell_that_is_furthest_off_is_named_and_other_cells_have_no_distance() {
        let of = |lives: &[f64]| run("ridge", 0, lives);
        let was = of(&[500.0, 600.0, 700.0]);
        assert_eq!(distance(&was, &was), Ok((0.0, None)));
        let (apart, cell) = distance(&was, &of(&[505.0, 570.0, 700.0])).unwrap();
        assert!((apart - 0.05).abs() < 1e-15);
        assert_eq!(cell.as_deref(), Some("c1"));
        assert_eq!(distance(&was, &of(&[500.0, 600.0])).unwrap_err(), "2 test cells instead of 3");
        let mut other = was.clone();
        other.predictions[2].cell = "c9".to_owned();
        assert_eq!(distance(&was, &other).unwrap_err(), "test cell c9 where c2 was");
    }

    #[test]
    fn a_network_is_the_same_to_the_last_bit_and_others_to_the_last_digits() {
        assert!(is_same(0.0, true) && is_same(0.0, false));
        assert!(is_same(ROUNDING, false) && !is_same(1.01 * ROUNDING, false));
        assert!(!is_same(f64::EPSILON, true));
    }
}
