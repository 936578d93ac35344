//! Which references count for a cell, and one answer of many: without records, on plain numbers.

use numerics::signal::lower_median;

/// The `count` first of some references in the order of these numbers, smallest first; all if there are fewer.
pub(super) fn least(numbers: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&one, &other| numbers[one].total_cmp(&numbers[other]));
    order.truncate(count);
    order
}

/// References that share the group of a cell; all if none does.
pub(super) fn alike(own: &str, groups: &[String]) -> Vec<usize> {
    let alike: Vec<usize> = (0..groups.len()).filter(|&reference| groups[reference] == own).collect();
    if alike.is_empty() { (0..groups.len()).collect() } else { alike }
}

/// The references, in `ranges` parts of equal size by life, of the part that `answer` falls into.
pub(super) fn of_range(answer: f64, lives: &[f64], ranges: usize) -> Vec<usize> {
    let count = lives.len();
    let ranges = ranges.min(count).max(1);
    let shorter = lives.iter().filter(|&&life| life < answer).count();
    let range = (shorter * ranges / count.max(1)).min(ranges - 1);
    let order = least(lives, count);
    order[range * count / ranges..(range + 1) * count / ranges].to_vec()
}

/// The lower median, as BatLiNet's own; NaN of none.
pub(super) fn median(answers: &[f64]) -> f64 {
    lower_median(&mut answers.to_vec()).unwrap_or(f64::NAN)
}

/// The mean without ⌊part × count⌋ of the answers at either end.
pub(super) fn trimmed(answers: &[f64], part: f64) -> f64 {
    let mut sorted = answers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = (part * sorted.len() as f64) as usize;
    let kept = &sorted[cut..sorted.len() - cut];
    kept.iter().sum::<f64>() / kept.len() as f64
}

/// The mean with weights that are one over the mean square error of each reference. One of which none is known has the mean of the
/// others, and all weigh the same where nothing is known.
pub(super) fn precise(answers: &[f64], squares: &[Option<f64>]) -> f64 {
    let known: Vec<f64> = squares.iter().flatten().copied().collect();
    let usual = if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
    // an error of nothing would take all the weight
    let weights: Vec<f64> = squares.iter().map(|square| 1.0 / square.unwrap_or(usual).max(1e-12)).collect();
    let sum: f64 = answers.iter().zip(&weights).map(|(answer, weight)| answer * weight).sum();
    sum / weights.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: [f64; 7] = [6.0, 6.4, 5.9, 7.1, 6.2, 6.6, 5.1];

    fn mean(answers: &[f64]) -> f64 {
        answers.iter().sum::<f64>() / answers.len() as f64
    }

    #[test]
    fn a_mean_that_nothing_is_trimmed_off_is_the_mean_and_one_of_almost_all_the_median() {
        assert!((trimmed(&ANSWERS, 0.0) - mean(&ANSWERS)).abs() < 1e-12);
        assert!((trimmed(&ANSWERS, 0.15) - mean(&[6.0, 6.4, 5.9, 6.2, 6.6])).abs() < 1e-12);
        assert!((trimmed(&ANSWERS, 0.45) - median(&ANSWERS)).abs() < 1e-12);
        assert_eq!(median(&ANSWERS), 6.2);
    }

    #[test]
    fn references_of_one_precision_make_a_mean_and_a_precise_one_decides() {
        let equal = [Some(0.3); 7];
        assert!((precise(&ANSWERS, &equal) - mean(&ANSWERS)).abs() < 1e-12);
        assert!((precise(&ANSWERS, &[None; 7]) - mean(&ANSWERS)).abs() < 1e-12);
        let mut one = equal;
        one[3] = Some(1e-9);
        assert!((precise(&ANSWERS, &one) - 7.1).abs() < 1e-6);
        // weights 1, 1/4 and, of the mean of both squares, 1/2.5
        let expected = (6.0 + 6.4 / 4.0 + 5.9 / 2.5) / (1.0 + 0.25 + 0.4);
        assert!((precise(&ANSWERS[..3], &[Some(1.0), Some(4.0), None]) - expected).abs() < 1e-12);
    }

    #[test]
    fn the_order_of_references_changes_nothing() {
        let squares: Vec<Option<f64>> = (0..7).map(|place| Some(0.1 + 0.05 * f64::from(place))).collect();
        let order = [4, 0, 6, 2, 5, 1, 3];
        let turned: Vec<f64> = order.iter().map(|&place| ANSWERS[place]).collect();
        let squared: Vec<Option<f64>> = order.iter().map(|&place| squares[place]).collect();
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-12);
        near(median(&ANSWERS), median(&turned));
        near(trimmed(&ANSWERS, 0.2), trimmed(&turned, 0.2));
        near(precise(&ANSWERS, &squares), precise(&turned, &squared));
        let names = |places: Vec<usize>, of: &[f64]| {
            let mut answers: Vec<f64> = places.into_iter().map(|place| of[place]).collect();
            answers.sort_unstable_by(f64::total_cmp);
            answers
        };
        assert_eq!(names(least(&ANSWERS, 3), &ANSWERS), names(least(&turned, 3), &turned));
        assert_eq!(names(of_range(6.3, &ANSWERS, 3), &ANSWERS), names(of_range(6.3, &turned, 3), &turned));
    }

    #[test]
    fn ranges_are_parts_of_the_lives_and_hold_the_answer() {
        assert_eq!(of_range(5.0, &ANSWERS, 1).len(), 7);
        let lives = [300.0, 100.0, 200.0, 600.0, 500.0, 400.0];
        assert_eq!(of_range(0.0, &lives, 3), [1, 2]);
        assert_eq!(of_range(350.0, &lives, 3), [0, 5]);
        assert_eq!(of_range(9000.0, &lives, 3), [4, 3]);
        let all: Vec<usize> = [0.0, 350.0, 9000.0].iter().flat_map(|&answer| of_range(answer, &lives, 3)).collect();
        assert_eq!(all, [1, 2, 0, 5, 4, 3], "every reference is of one range");
        assert_eq!(of_range(350.0, &lives, 60), [5]);
    }

    #[test]
    fn who_shares_a_group_with_nobody_asks_everybody() {
        let groups = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(alike("a", &groups), [0, 2]);
        assert_eq!(alike("c", &groups), [0, 1, 2]);
    }
}
