//! Who beats whom in how many scenarios.

use std::collections::BTreeMap;

use super::Judged;
use crate::table::{Cell, Column, Table};
use statistics::Wins;

/// More models make no table that anybody could read.
const MOST: usize = 30;

/// Counts of scenarios in which the model of the row has the smaller RMSE than that of the column, of those that both were run on;
/// `None` with fewer than two scenarios or models, or
/// more models than a table can show.
pub(super) fn table(scenarios: &[&Judged<'_>]) -> Option<Table> {
    let names: Vec<Vec<(String, f64)>> = scenarios
        .iter()
        .map(|judged| judged.models.iter().map(|model| (model.row.name(), model.intervals[0].estimate)).collect())
        .collect();
    let errors: Vec<BTreeMap<&str, f64>> =
        names.iter().map(|scenario| scenario.iter().map(|(name, rmse)| (name.as_str(), *rmse)).collect()).collect();
    let wins = Wins::new(&errors, true);
    if scenarios.len() < 2 || !(2..=MOST).contains(&wins.models.len()) {
        return None;
    }
    let line = |(row, name): (usize, &String)| {
        let beside = |column: usize| match (row == column, wins.shared[(row, column)]) {
            (true, _) => Cell::Blank,
            (false, 0) => Cell::Missing,
            (false, shared) => Cell::Text(format!("{} of {shared}", wins.wins[(row, column)])),
        };
        std::iter::once(Cell::Text(name.clone())).chain((0..wins.models.len()).map(beside)).collect()
    };
    Some(Table {
        slug: "scenarios-wins".to_owned(),
        caption:
            "Scenarios in which the model of the row has the smaller RMSE; how sure each is stands with the scenario"
                .to_owned(),
        columns: std::iter::once("model").chain(wins.models.iter().map(String::as_str)).map(Column::new).collect(),
        rows: wins.models.iter().enumerate().map(line).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{judge, models::tests::predicting};
    use super::*;
    use crate::summary::summaries;

    #[test]
    fn wins_are_counted_over_scenarios() {
        let runs = [predicting("ridge", 0, 100.0), predicting("batlinet", 0, 50.0), predicting("batlinet", 1, 50.0)];
        let summary = &summaries(&runs, &[])[0];
        let judged = judge(summary);
        assert_eq!(table(&[&judged]), None);
        let table = table(&[&judged, &judged]).unwrap();
        assert_eq!(table.header(), ["model", "batlinet", "ridge"]);
        assert_eq!(table.texts(), [["batlinet", "", "2 of 2"], ["ridge", "0 of 2", ""]]);
    }
}
