//! What `make bench` measured, as far as a report shows it.

use std::path::Path;

use crate::failure::Failure;

/// Group of the benches of predictions, one for each number of references.
const GROUP: &str = "predict_by_references/";

/// Cells per second by number of reference cells, in rising order.
#[derive(Clone, Debug, PartialEq)]
pub struct Throughput(pub Vec<(usize, f64)>);

impl Throughput {
    /// From `criterion.csv` of `make bench`; `None` if there is no such file, or nothing of predictions in it.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the file.
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        if !path.is_file() {
            return Ok(None);
        }
        let broken = |problem: String| Failure::Usage(format!("{}: {problem}; `make bench` writes it", path.display()));
        let mut reader = csv::Reader::from_path(path).map_err(|error| broken(error.to_string()))?;
        let header = reader.headers().map_err(|error| broken(error.to_string()))?.clone();
        let column = |name: &str| {
            header.iter().position(|known| known == name).ok_or_else(|| broken(format!("column {name} is missing")))
        };
        let (bench, rate) = (column("bench")?, column("per_second")?);
        let mut measured = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| broken(error.to_string()))?;
            let references = row.get(bench).and_then(|name| name.strip_prefix(GROUP)?.parse::<usize>().ok());
            let Some(references) = references else { continue };
            let text = row.get(rate).unwrap_or_default();
            let rate = text.parse::<f64>().map_err(|_| broken(format!("per_second: '{text}' is no number")))?;
            measured.push((references, rate));
        }
        measured.sort_by_key(|(references, _)| *references);
        Ok((!measured.is_empty()).then_some(Self(measured)))
    }

    /// Cells per second with so many references each.
    pub fn with(&self, references: usize) -> Option<f64> {
        self.0.iter().find(|(count, _)| *count == references).map(|(_, rate)| *rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_predictions_are_read_and_others_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("criterion.csv");
        assert_eq!(Throughput::read(&path).unwrap(), None);
        let rows = [
            "bench,median_s,low_s,high_s,per_second,unit",
            "predict_by_references/8,1,1,1,12.5,elements",
            "predict_by_references/2,1,1,1,40,elements",
            "epoch/hust,3,3,3,,",
        ];
        std::fs::write(&path, rows.join("\n")).unwrap();
        let measured = Throughput::read(&path).unwrap().unwrap();
        assert_eq!(measured.0, [(2, 40.0), (8, 12.5)]);
        assert_eq!((measured.with(8), measured.with(4)), (Some(12.5), None));
        std::fs::write(&path, "a,b\n").unwrap();
        assert!(Throughput::read(&path).unwrap_err().to_string().contains("criterion.csv: column bench is missing"));
    }
}
