//! Features of cells as a table, Parquet or CSV by the ending of the file: a row for each cell.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{Column, DataFrame, NamedFrom as _, ParquetWriter, Series};

use crate::{Error, threads};

/// The values of a column, one for each cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Words without commas, quotes and line ends, such as ids.
    Words(Vec<String>),
    /// Numbers, where there is one.
    Numbers(Vec<Option<f32>>),
    /// Whole arrays, row after row, where there is one; in Parquet only.
    Arrays(Vec<Option<Vec<f32>>>),
}

/// Writes columns of equal lengths as `path`, in CSV if it ends so, else in Parquet.
///
/// # Errors
/// [`Error::Record`] names the file; [`Error::NoArrays`]; [`Error::Threads`].
pub fn write_features(path: &Path, columns: Vec<(String, Values)>) -> Result<(), Error> {
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let bytes = if is_csv { csv(path, &columns)?.into_bytes() } else { parquet(path, columns)? };
    Ok(record::files::write_whole(path, &bytes)?)
}

fn csv(path: &Path, columns: &[(String, Values)]) -> Result<String, Error> {
    let rows = columns.first().map_or(0, |(_, values)| match values {
        Values::Words(words) => words.len(),
        Values::Numbers(numbers) => numbers.len(),
        Values::Arrays(arrays) => arrays.len(),
    });
    let mut text = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in 0..rows {
        for (place, (name, values)) in columns.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            let written = match values {
                Values::Words(words) => write!(text, "{}", words[row]),
                Values::Numbers(numbers) => numbers[row].map_or(Ok(()), |number| write!(text, "{number}")),
                Values::Arrays(_) => return Err(Error::NoArrays { path: path.to_owned(), feature: name.clone() }),
            };
            written.map_err(|error| Error::Internal(error.to_string()))?;
        }
        text.push('\n');
    }
    Ok(text)
}

fn parquet(path: &Path, columns: Vec<(String, Values)>) -> Result<Vec<u8>, Error> {
    threads::begin()?;
    let internal = |error: polars::error::PolarsError| Error::Internal(format!("{}: {error}", path.display()));
    let columns: Vec<Column> = columns
        .into_iter()
        .map(|(name, values)| match values {
            Values::Words(words) => Column::new(name.into(), words),
            Values::Numbers(numbers) => Column::new(name.into(), numbers),
            Values::Arrays(arrays) => {
                let series: Vec<Option<Series>> =
                    arrays.into_iter().map(|array| array.map(|array| Series::new("".into(), array))).collect();
                Column::new(name.into(), series)
            }
        })
        .collect();
    let rows = columns.first().map_or(0, Column::len);
    let mut table = DataFrame::new(rows, columns).map_err(internal)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut table).map_err(internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{ParquetReader, SerReader as _};

    #[test]
    fn values_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = ("x".to_owned(), Values::Numbers(vec![Some(0.1), None]));
        let ids = ("cell_id".to_owned(), Values::Words(vec!["a".to_owned(), "b".to_owned()]));
        let arrays = ("map".to_owned(), Values::Arrays(vec![Some(vec![1.0, 2.0]), None]));
        let path = folder.path().join("features.parquet");
        write_features(&path, vec![ids.clone(), numbers.clone(), arrays.clone()]).unwrap();
        let table = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
        assert_eq!(table.column("x").unwrap().f32().unwrap().get(0), Some(0.1));
        assert_eq!(table.column("x").unwrap().null_count(), 1);
        let first = table.column("map").unwrap().list().unwrap().get_as_series(0).unwrap();
        assert_eq!(first.f32().unwrap().get(1), Some(2.0));
        let path = folder.path().join("features.csv");
        write_features(&path, vec![ids.clone(), numbers]).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "cell_id,x\na,0.1\nb,\n");
        assert!(write_features(&path, vec![ids, arrays]).unwrap_err().to_string().contains("parquet"));
    }
}
