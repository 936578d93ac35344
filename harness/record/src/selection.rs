//! `runs/<key>/selection.csv`: what a run was made of that was made of others, and every score that was looked at for it.

use std::path::Path;

use crate::{Error, attachments::read_rows};

/// One model that was looked at, with its errors on the training cells that it had not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// As it is called in its experiment, such as `batlinet[intra_only]`; of the whole, its own.
    pub name: String,
    /// Its part of the whole; none of the whole itself.
    pub weight: Option<f64>,
    /// Root mean square error of ln life.
    pub log_rmse: f64,
    /// Root mean square error, cycles.
    pub rmse: f64,
    /// Mean absolute error, percent of the life.
    pub mape: f64,
    /// Root mean square error of ln life on the group of cells on which it is largest; where something was chosen by it.
    pub worst: Option<f64>,
}

/// A line of the file; the last column is there where somebody has chosen by it.
#[derive(serde::Deserialize)]
struct Line {
    name: String,
    weight: Option<f64>,
    cv_log_rmse: f64,
    cv_rmse: f64,
    cv_mape: f64,
    #[serde(default)]
    cv_worst_log_rmse: Option<f64>,
}

/// The whole, and what it could be made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection(
    /// The whole first, whose errors are those of the procedure: what it has chosen or weighted by was never what it is tested on.
    pub Vec<Candidate>,
);

impl Selection {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "selection.csv";

    /// The file: one row per candidate, the whole first.
    pub(crate) fn to_csv(&self) -> String {
        let row = |one: &Candidate| {
            let weight = one.weight.map_or_else(String::new, |weight| weight.to_string());
            let worst = one.worst.map_or_else(String::new, |worst| format!(",{worst}"));
            format!("{},{weight},{},{},{}{worst}\n", one.name, one.log_rmse, one.rmse, one.mape)
        };
        let worst = if self.0.iter().any(|one| one.worst.is_some()) { ",cv_worst_log_rmse" } else { "" };
        let head = format!("name,weight,cv_log_rmse,cv_rmse,cv_mape{worst}\n");
        std::iter::once(head).chain(self.0.iter().map(row)).collect()
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let candidate = |line: Line| Candidate {
            name: line.name,
            weight: line.weight,
            log_rmse: line.cv_log_rmse,
            rmse: line.cv_rmse,
            mape: line.cv_mape,
            worst: line.cv_worst_log_rmse,
        };
        Ok(read_rows(folder, Self::FILE)?.map(|rows| Self(rows.into_iter().map(candidate).collect())))
    }
}

/// The interval of one test cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Its id.
    pub cell: String,
    /// Lower end, cycles.
    pub low: f64,
    /// Upper end, cycles.
    pub high: f64,
}

/// `runs/<key>/intervals.csv`: where the lives of test cells should be, by the residuals of the folds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervals(
    /// One per test cell.
    pub Vec<Interval>,
);

impl Intervals {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "intervals.csv";

    /// The file: one row per test cell.
    pub(crate) fn to_csv(&self) -> String {
        let rows = self.0.iter().map(|one| format!("{},{},{}\n", one.cell, one.low, one.high));
        std::iter::once("cell_id,low,high\n".to_owned()).chain(rows).collect()
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let interval = |(cell, low, high)| Interval { cell, low, high };
        Ok(read_rows(folder, Self::FILE)?.map(|rows| Self(rows.into_iter().map(interval).collect())))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn selections_and_intervals_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Selection::read(folder.path()).unwrap(), None);
        assert_eq!(Intervals::read(folder.path()).unwrap(), None);
        let candidate = |name: &str, weight| Candidate {
            name: name.to_owned(),
            weight,
            log_rmse: 0.1 + 0.2,
            rmse: 61.5,
            mape: 7.0,
            worst: None,
        };
        let mut selection = Selection(vec![candidate("stack[all]", None), candidate("pls", Some(0.25))]);
        fs::write(folder.path().join(Selection::FILE), selection.to_csv()).unwrap();
        assert_eq!(Selection::read(folder.path()).unwrap().as_ref(), Some(&selection));
        selection.0.iter_mut().for_each(|one| one.worst = Some(0.7));
        fs::write(folder.path().join(Selection::FILE), selection.to_csv()).unwrap();
        assert_eq!(Selection::read(folder.path()).unwrap(), Some(selection));
        let intervals = Intervals(vec![Interval { cell: "a".to_owned(), low: 430.5, high: 617.25 }]);
        fs::write(folder.path().join(Intervals::FILE), intervals.to_csv()).unwrap();
        assert_eq!(Intervals::read(folder.path()).unwrap(), Some(intervals));
    }
}
