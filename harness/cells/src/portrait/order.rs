//! The order in which the parts of a test go on with one another.

use itertools::Itertools as _;

use super::{Features, apart};

/// Parts whose orders are all tried.
const MOST: usize = 6;
/// mV, or thousandths of the capacity, by which parts go on from one another, for each step.
const STEP: f32 = 1.0;
/// Times the steps of the best order, from which on the one that is given is another.
const WORSE: f32 = 3.0;
/// Cycles at an end of a part that show it: the first after a pause is odd.
const END: usize = 4;

/// The order in which parts of a test go on from one another, if it is clearly another than that in which they are given.
pub fn better(parts: &[&[Features]]) -> Option<Vec<usize>> {
    if !(2..=MOST).contains(&parts.len()) || parts.iter().any(|part| part.len() < 2 * END) {
        return None;
    }
    let begin = |part: usize| middle(&parts[part][1..=END]);
    let end = |part: usize| middle(&parts[part][parts[part].len() - END..]);
    let ends: Vec<(Features, Features)> = (0..parts.len()).map(|part| (begin(part), end(part))).collect();
    let steps = |order: &[usize]| order.windows(2).map(|pair| apart(&ends[pair[0]].1, &ends[pair[1]].0)).sum::<f32>();
    let given = steps(&(0..parts.len()).collect::<Vec<usize>>());
    let orders = (0..parts.len()).permutations(parts.len()).map(|order| (steps(&order), order));
    let (best, order) = orders.filter(|(steps, _)| steps.is_finite()).min_by(|one, other| one.0.total_cmp(&other.0))?;
    (given > WORSE * best + STEP * (parts.len() - 1) as f32).then_some(order)
}

/// The middle of each number.
fn middle(cycles: &[Features]) -> Features {
    std::array::from_fn(|place| {
        let mut values: Vec<f32> =
            cycles.iter().map(|features| features[place]).filter(|value| value.is_finite()).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f32::NAN)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_another_order_are_put_right() {
        let part = |cycles: std::ops::Range<u32>| -> Vec<Features> {
            cycles.map(|cycle| [3300.0 - 0.2 * cycle as f32; super::super::NUMBERS]).collect()
        };
        let [one, two, three] = [part(0..40), part(40..80), part(80..120)];
        assert_eq!(better(&[&one, &two, &three]), None);
        assert_eq!(better(&[&two, &one, &three]), Some(vec![1, 0, 2]));
        assert_eq!(better(&[&two, &one]), Some(vec![1, 0]));
        assert_eq!(better(&[&one, &three]), None, "a part that lacks is another thing");
        assert_eq!(better(&[&one]), None);
    }
}
