//! The columns of somebody's Parquet file, by name: numbers, words and times.

use std::io::Cursor;

use polars::prelude::{ArrowDataType, DataType, ParquetReader, PolarsError, SerReader as _};

use crate::{
    kept::{self, Kept},
    threads,
};

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// Numbers; NaN where there is none.
    Numbers(Vec<f64>),
    /// Words; empty where there is none.
    Words(Vec<String>),
    /// Times that are kept as such, in s: dates, moments since 1970, durations; NaN where there is none.
    Times(Vec<f64>),
    /// Not asked for, or something else, such as lists.
    Other,
}

/// The names of all columns of a file, given as its bytes, with the values of those whose places are asked for.
///
/// # Errors
/// A fragment: it is damaged, or no Parquet; or there is no thread to read it with.
pub fn read_columns(bytes: Vec<u8>, places: &[usize]) -> Result<Vec<(String, ColumnValues)>, String> {
    threads::begin().map_err(|error| error.to_string())?;
    let said =
        |error: PolarsError| format!("it is no Parquet that can be read ({error}): save the table anew, or as CSV");
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let kept = kept::kept(&mut reader).map_err(said)?;
    let schema = reader.schema().map_err(said)?;
    let is_readable = |kind: &ArrowDataType| {
        use ArrowDataType::{Float32, Float64, Int32, Int64, LargeUtf8, UInt32, UInt64, Utf8, Utf8View};
        matches!(kind, Float32 | Float64 | Int32 | Int64 | UInt32 | UInt64 | Utf8 | LargeUtf8 | Utf8View)
    };
    let mut columns: Vec<(String, ColumnValues)> =
        schema.iter_values().map(|field| (field.name.to_string(), ColumnValues::Other)).collect();
    let mut wanted: Vec<usize> = schema
        .iter_values()
        .enumerate()
        .filter(|(place, field)| {
            places.contains(place) && (is_readable(&field.dtype) || kept.get(*place).is_some_and(Option::is_some))
        })
        .map(|(place, _)| place)
        .collect();
    wanted.sort_unstable();
    if wanted.is_empty() {
        return Ok(columns);
    }
    let table = reader.with_projection(Some(wanted.clone())).finish().map_err(said)?;
    for (place, column) in wanted.into_iter().zip(table.columns()) {
        let kept = kept.get(place).copied().flatten();
        columns[place].1 = match (column.dtype(), kept) {
            (DataType::String, _) => {
                let words = column.str().map_err(said)?;
                ColumnValues::Words(words.iter().map(|word| word.unwrap_or_default().to_owned()).collect())
            }
            (DataType::Binary, Some(kept)) => {
                let bytes = column.binary().map_err(said)?;
                ColumnValues::Numbers(bytes.iter().map(|bytes| kept.of_bytes(bytes.unwrap_or_default())).collect())
            }
            _ => {
                let numbers = column.cast(&DataType::Float64).map_err(said)?;
                let numbers = numbers.f64().map_err(said)?.iter().map(|number| number.unwrap_or(f64::NAN));
                match kept {
                    Some(Kept::Times(seconds)) => ColumnValues::Times(numbers.map(|number| number * seconds).collect()),
                    Some(Kept::Numbers(one)) => ColumnValues::Numbers(numbers.map(|number| number * one).collect()),
                    _ => ColumnValues::Numbers(numbers.collect()),
                }
            }
        };
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Values, write_features};

    #[test]
    fn times_are_read_in_seconds_whatever_they_are_counted_in() {
        // two rows and one that is missing, as `scripts/oracle/parquet_times.py` has written them
        let bytes = include_bytes!("../tests/fixtures/times.parquet").to_vec();
        let read = read_columns(bytes, &(0..8).collect::<Vec<usize>>()).unwrap();
        let names: Vec<&str> = read.iter().map(|(name, _)| &name[..]).collect();
        assert_eq!(names, ["s", "ms", "us", "ns", "zoned", "day", "since", "volt"]);
        let moment = 1_709_303_400.0;
        let midnight = 19_783.0 * 86_400.0;
        for (name, values) in &read[..7] {
            let (first, second) = match &name[..] {
                "day" => (midnight, midnight + 86_400.0),
                "since" => (0.0, 5.5),
                "s" => (moment, moment + 5.0),
                _ => (moment, moment + 5.5),
            };
            let ColumnValues::Times(times) = values else { panic!("{name}: {values:?}") };
            assert!((times[0] - first).abs() < 1e-5 && (times[1] - second).abs() < 1e-5, "{name}: {times:?}");
            assert!(times.len() == 3 && times[2].is_nan(), "{name}");
        }
        assert_eq!(read[7].1, ColumnValues::Numbers(vec![3.5, 3.6, 3.7]));
    }

    #[test]
    fn numbers_are_read_whatever_they_are_kept_as() {
        // two rows and one that is missing, as `scripts/oracle/parquet_kinds.py` has written them
        let bytes = include_bytes!("../tests/fixtures/kinds.parquet").to_vec();
        let read = read_columns(bytes, &(0..7).collect::<Vec<usize>>()).unwrap();
        let expected = [
            ("int8", -3.0, 100.0),
            ("int16", -3.0, 100.0),
            ("uint8", 3.0, 100.0),
            ("uint16", 3.0, 100.0),
            ("float16", -1.5, 3.25),
            ("decimal", -3.3, 1.25),
            ("wide", -3.3, 1.25),
        ];
        for ((name, values), (wanted, first, second)) in read.iter().zip(expected) {
            let ColumnValues::Numbers(numbers) = values else { panic!("{name}: {values:?}") };
            assert!(
                name == wanted && (numbers[0] - first).abs() < 1e-9 && (numbers[1] - second).abs() < 1e-9,
                "{name}: {numbers:?}"
            );
            assert!(numbers.len() == 3 && numbers[2].is_nan(), "{name}: {numbers:?}");
        }
    }

    #[test]
    fn columns_are_read_by_their_places_and_what_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let words = Values::Words(vec!["C".to_owned(), "D".to_owned()]);
        let numbers = |values: [Option<f32>; 2]| Values::Numbers(values.to_vec());
        let columns = vec![
            ("state".to_owned(), words),
            ("x".to_owned(), numbers([Some(0.5), None])),
            ("y".to_owned(), numbers([Some(1.0), Some(2.0)])),
        ];
        write_features(&path, columns).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let names: Vec<String> = read_columns(bytes.clone(), &[]).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["state", "x", "y"]);
        let read = read_columns(bytes.clone(), &[2, 0]).unwrap();
        assert_eq!(read[0].1, ColumnValues::Words(vec!["C".to_owned(), "D".to_owned()]));
        assert_eq!(read[1].1, ColumnValues::Other);
        assert_eq!(read[2].1, ColumnValues::Numbers(vec![1.0, 2.0]));
        let ColumnValues::Numbers(read) = read_columns(bytes.clone(), &[1]).unwrap().remove(1).1 else { panic!() };
        assert!(read[0] == 0.5 && read[1].is_nan());
        assert!(read_columns(b"PAR1 and then nothing".to_vec(), &[0]).is_err());
        assert!(read_columns(bytes[..bytes.len() / 2].to_vec(), &[0]).is_err());
    }
}
