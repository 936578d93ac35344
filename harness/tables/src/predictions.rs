//! `predictions.parquet`: every test prediction of every run.

use std::path::Path;

use polars::prelude::{Column, DataFrame, ParquetWriter};

use crate::{Error, threads};

/// One test cell of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionRow<'a> {
    /// Name of the experiment.
    pub experiment: &'a str,
    /// Name of the model.
    pub model: &'a str,
    /// Tells entries of one model apart.
    pub variant: &'a str,
    /// Seed of the run.
    pub seed: u64,
    /// The cell.
    pub cell_id: &'a str,
    /// Observed cycle life.
    pub observed: f64,
    /// Predicted cycle life.
    pub predicted: f64,
    /// `real` or `virtual`.
    pub data: &'a str,
    /// Key of the run, the name of its folder and of its row in the scores.
    pub key: &'a str,
    /// Profile of the run.
    pub profile: &'a str,
}

/// Writes the rows in the order given.
///
/// # Errors
/// [`Error::Record`] names the file; [`Error::Threads`].
pub fn write_parquet(path: &Path, rows: &[PredictionRow<'_>]) -> Result<(), Error> {
    threads::begin()?;
    let internal = |error: polars::error::PolarsError| Error::Internal(format!("{}: {error}", path.display()));
    let texts = |name: &str, of: for<'r> fn(&'r PredictionRow<'_>) -> &'r str| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let numbers = |name: &str, of: fn(&PredictionRow<'_>) -> f64| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let columns = vec![
        texts("experiment", |row| row.experiment),
        texts("model", |row| row.model),
        texts("variant", |row| row.variant),
        Column::new("seed".into(), rows.iter().map(|row| row.seed).collect::<Vec<_>>()),
        texts("cell_id", |row| row.cell_id),
        numbers("observed", |row| row.observed),
        numbers("predicted", |row| row.predicted),
        texts("data", |row| row.data),
        texts("key", |row| row.key),
        texts("profile", |row| row.profile),
    ];
    let mut table = DataFrame::new(rows.len(), columns).map_err(internal)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut table).map_err(internal)?;
    Ok(record::files::write_whole(path, &bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{ParquetReader, SerReader as _};

    #[test]
    fn rows_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("predictions.parquet");
        let row = |cell: &'static str, predicted: f64| PredictionRow {
            experiment: "matr-1",
            model: "ridge",
            variant: "",
            seed: 7,
            cell_id: cell,
            observed: 500.0,
            predicted,
            data: "virtual",
            key: "c0ffee",
            profile: "quick",
        };
        write_parquet(&path, &[row("a", 501.5), row("b", 1e300)]).unwrap();
        let table = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
        assert_eq!(table.height(), 2);
        assert_eq!(table.column("predicted").unwrap().f64().unwrap().get(1), Some(1e300));
        assert_eq!(table.column("cell_id").unwrap().str().unwrap().get(0), Some("a"));
        assert_eq!(table.column("seed").unwrap().u64().unwrap().get(0), Some(7));
        assert_eq!(table.column("key").unwrap().str().unwrap().get(1), Some("c0ffee"));
        assert_eq!(table.column("profile").unwrap().str().unwrap().get(0), Some("quick"));
    }
}
