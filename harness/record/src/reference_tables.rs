//! `reference_curves.csv` and `reference_draws.csv`: the reference study of the paper (its Fig. 5a and 5b), for every run
//! that left [`PairPredictions`].

use std::{fs, path::Path};

use numerics::Streams;

use super::{PairPredictions, Score, files};
use crate::Error;
use statistics::{reference_draws, reference_errors};

/// The numbers of references of the paper.
const REFERENCES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Choices of references for each of these numbers.
const DRAWS: usize = 100;

/// For 1, 2, 4 … 64 references, the RMSE in cycles of a hundred choices of so many, for the trained model with this name of
/// streams ([`Ingredients::streams`](crate::Ingredients::streams)). Each test cell draws from a stream of its own, whoever is
/// tested beside it.
pub fn draws_of(streams: &str, pairs: &PairPredictions) -> Vec<(usize, Vec<f64>)> {
    let streams = Streams::new(streams);
    let draws = |references| {
        let of = |cell: usize| streams.stream(&format!("reference-draws {references} {}", pairs.cells[cell]));
        reference_draws(&pairs.observed, pairs.predicted.view(), references, DRAWS, of)
    };
    REFERENCES.into_iter().map(|references| (references, draws(references))).collect()
}

/// Both tables, being filled.
pub struct ReferenceTables {
    curves: String,
    draws: String,
    is_empty: bool,
}

impl Default for ReferenceTables {
    fn default() -> Self {
        let run = "experiment,data,model,variant,seed";
        Self {
            curves: format!("{run},cell_id,observed,best,median,worst\n"),
            draws: format!("{run},references,draw,rmse\n"),
            is_empty: true,
        }
    }
}

impl ReferenceTables {
    /// Adds what one run of the trained model with this name of streams has left. All numbers are in cycles.
    pub fn add(&mut self, score: &Score, streams: &str, pairs: &PairPredictions) {
        self.is_empty = false;
        let Score { experiment, data, model, variant, seed, .. } = score;
        let run = format!("{experiment},{data},{model},\"{variant}\",{seed}");
        for errors in reference_errors(&pairs.observed, pairs.predicted.view()) {
            let (cell, observed) = (&pairs.cells[errors.cell], pairs.observed[errors.cell]);
            let (best, median, worst) = (errors.best, errors.median, errors.worst);
            self.curves.push_str(&format!("{run},{cell},{observed},{best},{median},{worst}\n"));
        }
        for (references, draws) in draws_of(streams, pairs) {
            for (draw, rmse) in draws.into_iter().enumerate() {
                self.draws.push_str(&format!("{run},{references},{draw},{rmse}\n"));
            }
        }
    }

    /// Writes both files into the output folder `out`; without any rows, removes them.
    ///
    /// # Errors
    /// [`Error::Write`] and [`Error::File`] name the file.
    pub fn write(&self, out: &Path) -> Result<(), Error> {
        for (name, text) in [("reference_curves.csv", &self.curves), ("reference_draws.csv", &self.draws)] {
            let path = out.join(name);
            if !self.is_empty {
                files::write_whole(&path, text.as_bytes())?;
            } else if path.exists() {
                fs::remove_file(&path).map_err(|source| Error::File { path, source })?;
            }
        }
        Ok(())
    }
}
