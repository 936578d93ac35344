//! Whether cells of a group lie farther out than others as a whole, though each alone may be inside: Mann and Whitney's test (1947).

/// The part of all pairs of one of `these` and one of `those` in which the former is larger; a tie counts half.
pub(super) fn share(these: &[f64], those: &[f64]) -> f64 {
    let wins = |one: f64, other: f64| f64::from(u8::from(one > other)) + 0.5 * f64::from(u8::from(one == other));
    let sum: f64 = these.iter().map(|&one| those.iter().map(|&other| wins(one, other)).sum::<f64>()).sum();
    sum / (these.len() * those.len()).max(1) as f64
}

/// The least share that no more than `1 − quantile` of all orders of `these` and `those` numbers, drawn alike, have more of.
pub(super) fn limit(these: usize, those: usize, quantile: f64) -> f64 {
    let pairs = these * those;
    let mut sum = 0.0;
    for (count, part) in orders(these, those).into_iter().enumerate() {
        sum += part;
        if sum >= quantile - 1e-12 {
            return count as f64 / pairs.max(1) as f64;
        }
    }
    1.0
}

/// The part of all orders in which so many pairs are won, for each number of pairs. The largest of all numbers is one of `these`, which
/// then wins against all of `those`, or one of `those`, by their numbers.
fn orders(these: usize, those: usize) -> Vec<f64> {
    let pairs = these * those;
    // of 0 to `those` others, for the number of these at hand
    let mut rows = vec![[vec![1.0], vec![0.0; pairs]].concat(); those + 1];
    for mine in 1..=these {
        let mut next = vec![[vec![1.0], vec![0.0; pairs]].concat()];
        for others in 1..=those {
            let all = (mine + others) as f64;
            let part = |won: usize| {
                let mine_is_largest = if won >= others { rows[others][won - others] } else { 0.0 };
                (mine as f64 * mine_is_largest + others as f64 * next[others - 1][won]) / all
            };
            let row = (0..=pairs).map(part).collect();
            next.push(row);
        }
        rows = next;
    }
    rows.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_those_that_one_can_count() {
        // 2 of 5 places for these: the pairs that each of the 10 choices wins
        let mut counts = [0.0; 7];
        for first in 0..5 {
            for second in first + 1..5 {
                counts[first + second - 1] += 0.1;
            }
        }
        let parts = orders(2, 3);
        assert!(parts.iter().zip(counts).all(|(part, count)| (part - count).abs() < 1e-12), "{parts:?} {counts:?}");
        assert!((orders(41, 45).iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let mean: f64 = orders(5, 41).iter().enumerate().map(|(won, part)| won as f64 * part).sum();
        assert!((mean - 2.5 * 41.0).abs() < 1e-9);
    }

    #[test]
    fn of_one_number_the_limit_is_its_place_among_the_others() {
        // one of 20 equally likely places: above the 19-th of 19 in a twentieth of all orders
        assert_eq!(limit(1, 19, 0.95), 18.0 / 19.0);
        assert_eq!(limit(1, 19, 0.5), 9.0 / 19.0);
        // of many, a share a little over a half says that they are others
        let many = limit(45, 41, 0.95);
        let deviation = (87.0_f64 / (12.0 * 45.0 * 41.0)).sqrt();
        assert!((many - (0.5 + 1.645 * deviation)).abs() < 2e-3, "{many}");
    }

    #[test]
    fn shares_count_pairs() {
        assert_eq!(share(&[1.0, 4.0], &[0.0, 2.0, 4.0]), (1.0 + 2.5) / 6.0);
        assert_eq!(share(&[9.0], &[1.0, 2.0]), 1.0);
    }
}
