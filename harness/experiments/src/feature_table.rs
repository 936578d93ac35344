//! The features that an experiment declares, of the cells of its split, as a table.

use std::path::Path;

use tables::Values;

use crate::pools::Pools;
use crate::{Error, Experiment, split_files};
use cells::cell::Cell;
use cells::label::Verdict;
use cells::source::CellSource;
use features::feature::FeatureSpec;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows: cells of the split.
    pub cells: usize,
    /// Columns of features.
    pub columns: usize,
    /// Cells that lack a feature, with the reason; a fragment each.
    pub lacking: Vec<String>,
}

/// Writes `path`, Parquet or CSV by its ending, with a row for each cell of the split: `cell_id`, `dataset`, `split`, `life` by the
/// label rule (empty where the cell takes no part), and a column `feature.statistic` for each statistic or `feature` for each
/// array, flattened row after row. What a cell cannot give is empty.
///
/// # Errors
/// [`Error::Declared`] for an experiment without features; of the split, the source, and the file.
pub fn write(experiment: &Experiment, source: &dyn CellSource, path: &Path) -> Result<Written, Error> {
    if experiment.features.is_empty() {
        return Err(Error::Declared(format!(
            "experiment {} declares no features: name some under `features:`",
            experiment.name
        )));
    }
    let split = match &experiment.transfer {
        None => split_files::read(&experiment.train_test_split)?,
        Some(draw) => draw.pools(&Pools::read(&experiment.train_test_split)?)?,
    };
    let needed = experiment.features.iter().map(|(_, feature)| feature.cycles_needed()).max().unwrap_or(0);
    let [train, test] = experiment.parts();
    let mut words: [Vec<String>; 3] = Default::default();
    let mut lives = Vec::new();
    let mut of_feature: Vec<Vec<Option<Vec<f32>>>> = vec![Vec::new(); experiment.features.len()];
    let mut lacking = Vec::new();
    for (part, ids) in [(train, &split.train), (test, &split.test)] {
        for id in ids {
            let cell = source.cell(id, needed)?;
            for (column, word) in words.iter_mut().zip([id, cell.info().dataset.name(), part]) {
                column.push(word.to_owned());
            }
            lives.push(life(experiment, &cell)?);
            for ((name, feature), column) in experiment.features.iter().zip(&mut of_feature) {
                let mut values = vec![0.0; feature.shape().iter().product()];
                match feature.extractor().extract(&cell, &mut values) {
                    Ok(()) => column.push(Some(values)),
                    Err(error) => {
                        lacking.push(format!("{name}: {error}"));
                        column.push(None);
                    }
                }
            }
        }
    }
    let cells = lives.len();
    let mut columns: Vec<(String, Values)> = ["cell_id", "dataset", "split"]
        .into_iter()
        .zip(words)
        .map(|(name, column)| (name.to_owned(), Values::Words(column)))
        .collect();
    columns.push(("life".to_owned(), Values::Numbers(lives)));
    let known = columns.len();
    for ((name, feature), values) in experiment.features.iter().zip(of_feature) {
        columns.extend(columns_of(name, feature, values));
    }
    let written = Written { cells, columns: columns.len() - known, lacking };
    tables::write_features(path, columns)?;
    Ok(written)
}

fn life(experiment: &Experiment, cell: &Cell) -> Result<Option<f32>, Error> {
    match experiment.label.judge(cell)? {
        Verdict::Life(life) => Ok(Some(life.cycles as f32)),
        Verdict::Removed(_) => Ok(None),
    }
}

/// A column for each statistic, or one of arrays.
fn columns_of(name: &str, feature: &FeatureSpec, values: Vec<Option<Vec<f32>>>) -> Vec<(String, Values)> {
    let statistics = match feature {
        FeatureSpec::Severson(severson) => serde_json::to_value(&severson.statistics),
        FeatureSpec::Compact(compact) => serde_json::to_value(&compact.statistics),
        _ => return vec![(name.to_owned(), Values::Arrays(values))],
    };
    let statistics: Vec<serde_json::Value> =
        statistics.ok().and_then(|names| names.as_array().cloned()).unwrap_or_default();
    let column = |place: usize| Values::Numbers(values.iter().map(|row| row.as_ref().map(|row| row[place])).collect());
    let statistic_name = |place: usize| match &statistics[place] {
        serde_json::Value::String(statistic) => format!("{name}.{statistic}"),
        _ => format!("{name}.{place}"),
    };
    (0..statistics.len()).map(|place| (statistic_name(place), column(place))).collect()
}
