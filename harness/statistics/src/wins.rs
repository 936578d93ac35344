//! Who beats whom, in how many scenarios.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;

/// Counts over scenarios. A scenario counts for the models that it has a number of.
#[derive(Clone, Debug, PartialEq)]
pub struct Wins {
    /// Row and column names, sorted.
    pub models: Vec<String>,
    /// Scenarios in which the model of the row is better than that of the column.
    pub wins: Array2<usize>,
    /// Scenarios that have both.
    pub shared: Array2<usize>,
}

impl Wins {
    /// From the measure of each model in each scenario.
    pub fn new<'a>(scenarios: &[BTreeMap<&'a str, f64>], lower_is_better: bool) -> Self {
        let models: BTreeSet<&'a str> = scenarios.iter().flat_map(|scenario| scenario.keys().copied()).collect();
        let models: Vec<&str> = models.into_iter().collect();
        let count = |counts: &dyn Fn(f64, f64) -> bool| {
            Array2::from_shape_fn((models.len(), models.len()), |(row, column)| {
                let both = |scenario: &&BTreeMap<&str, f64>| {
                    let (row, column) = (scenario.get(models[row]), scenario.get(models[column]));
                    row.zip(column).is_some_and(|(&row, &column)| counts(row, column))
                };
                scenarios.iter().filter(both).count()
            })
        };
        let wins = count(&|row, column| if lower_is_better { row < column } else { row > column });
        let shared = count(&|_, _| true);
        Self { models: models.into_iter().map(str::to_owned).collect(), wins, shared }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_win_needs_both_and_a_tie_is_none() {
        let scenarios = [
            BTreeMap::from([("cnn", 70.0), ("ridge", 117.0)]),
            BTreeMap::from([("cnn", 206.0), ("ridge", 186.0), ("mean", 510.0)]),
            BTreeMap::from([("cnn", 5.0), ("ridge", 5.0)]),
        ];
        let wins = Wins::new(&scenarios, true);
        assert_eq!(wins.models, ["cnn", "mean", "ridge"]);
        assert_eq!(wins.wins, ndarray::array![[0, 1, 1], [0, 0, 0], [1, 1, 0]]);
        assert_eq!(wins.shared[(0, 2)], 3);
        assert_eq!(&wins.wins + &wins.wins.t(), ndarray::array![[0, 1, 2], [1, 0, 1], [2, 1, 0]]);
        assert_eq!(Wins::new(&scenarios, false).wins, wins.wins.t());
    }
}
