//! How often intervals of this crate cover the truth where it is known: `results/bench/coverage.csv`, made by the example
//! `coverage`, so that a report can say it beside an interval.

use std::fmt;

use crate::Measure;

const TABLE: &str = include_str!("../../../results/bench/coverage.csv");

/// Shares of trials in which an interval of 95 % covered the true value.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Coverage {
    /// In the population in which it covers least.
    pub lowest: f64,
    /// In that in which it covers most.
    pub highest: f64,
    /// Test cells of the trials.
    pub cells: usize,
    /// Fewer cells, for which they were not tried, where it was asked for so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untried: Option<usize>,
}

/// `of 2,000 trials with 42 cells, and eight seeds or one, they covered the true value in 87.0 to 95.1 %`; before it, where so few cells were not tried, that.
impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lowest, highest, cells, untried } = self;
        if let Some(fewer) = untried {
            write!(
                formatter,
                "they were not tried for as few as {fewer} cells, of which they may cover the true value less often; "
            )?;
        }
        write!(
            formatter,
            "of 2,000 trials with {cells} cells, and eight seeds or one, they covered the true value in {:.1} to {:.1} %",
            100.0 * lowest,
            100.0 * highest
        )
    }
}

/// The coverage found for so many test cells or, where that number was not tried, the next smaller one (the smallest, for fewer
/// still), over all populations; of one model, or of a difference of two. `None` for measures that were not tried.
pub fn coverage_found(measure: Measure, is_difference: bool, cells: usize) -> Option<Coverage> {
    let quantity = format!("{measure}{}", if is_difference { " difference" } else { "" });
    let row = |line: &str| -> Option<(usize, f64)> {
        let fields: Vec<&str> = line.split(',').collect();
        let is_it = fields.get(3) == Some(&quantity.as_str());
        is_it.then(|| Some((fields[1].parse().ok()?, fields.get(6)?.parse().ok()?)))?
    };
    let rows: Vec<(usize, f64)> = TABLE.lines().skip(1).filter_map(row).collect();
    let sizes = || rows.iter().map(|(size, _)| *size);
    let tried = sizes().filter(|&size| size <= cells).max().or_else(|| sizes().min())?;
    let found = || rows.iter().filter(|(size, _)| *size == tried).map(|(_, covered)| *covered);
    Some(Coverage {
        lowest: found().fold(f64::INFINITY, f64::min),
        highest: found().fold(0.0, f64::max),
        cells: tried,
        untried: Some(cells).filter(|&cells| cells < tried),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_for_the_number_of_cells_at_hand() {
        let of = |cells| coverage_found(Measure::Rmse, false, cells).unwrap();
        assert_eq!((of(5).cells, of(22).cells, of(41).cells, of(500).cells), (22, 22, 40, 137));
        assert!(of(22).lowest < of(137).lowest && of(22).highest <= 1.0);
        assert!(coverage_found(Measure::Rmse, true, 42).unwrap().lowest > 0.9);
        assert_eq!(coverage_found(Measure::MedianAe, false, 42), None);
        assert!(of(21).to_string().starts_with("they were not tried for as few as 21 cells"), "{}", of(21));
        assert!(of(22).to_string().starts_with("of 2,000 trials with 22 cells"), "{}", of(22));
        let few = of(22);
        let said = few.to_string();
        assert!(said.contains("22 cells") && said.contains(&format!("{:.1} to", 100.0 * few.lowest)), "{said}");
    }
}
