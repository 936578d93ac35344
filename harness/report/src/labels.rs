//! Results of different labels do not compare, so they are not put into one table.

use std::collections::HashMap;
use std::path::Path;

use crate::Error;
use cells::cell::Origin;
use record::{RunRecord, Score, UNKNOWN};

/// Experiment, cells and label rule: runs that share them must share the labels too.
type Kind = (String, Origin, String);

/// The labels of the runs that were looked at.
#[derive(Default)]
pub(super) struct Versions {
    /// The first version, with the key of its run.
    versions: HashMap<Kind, (String, String)>,
    /// Observed lives, with the key of the run that has them: records from before there were versions have these.
    lives: HashMap<(Kind, String), (f64, String)>,
}

impl Versions {
    /// Looks at one more run.
    ///
    /// # Errors
    /// [`Error::DifferentLabels`] names this run and an earlier one that has other labels, and both versions.
    pub(super) fn add(&mut self, out: &Path, score: &Score, record: &RunRecord) -> Result<(), Error> {
        let rule = record.ingredients.training["label"].to_string();
        let kind = (score.experiment.clone(), score.data, rule);
        if let Some(version) = Some(&record.label_hash).filter(|version| *version != UNKNOWN) {
            let first = self.versions.entry(kind.clone()).or_insert_with(|| (version.clone(), score.key.clone()));
            if first.0 != *version {
                let both =
                    format!("run {} was made with the labels {}, run {} with {version}", first.1, first.0, score.key);
                return Err(refused(out, score, both));
            }
        }
        for row in &record.predictions {
            let place = (kind.clone(), row.cell.clone());
            let (life, key) = self.lives.entry(place).or_insert_with(|| (row.observed, score.key.clone()));
            if *life != row.observed {
                let lived = |life: f64, key: &str| format!("{life} cycles in run {key}");
                let both = [lived(*life, key), lived(row.observed, &score.key)].join(" and ");
                return Err(refused(out, score, format!("cell {} lived {both}", row.cell)));
            }
        }
        Ok(())
    }
}

fn refused(out: &Path, score: &Score, both: String) -> Error {
    Error::DifferentLabels { out: out.to_owned(), experiment: score.experiment.clone(), data: score.data, both }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use record::Prediction;

    fn add(versions: &mut Versions, key: &str, rule: &str, labels: Option<&str>, observed: f64) -> Result<(), String> {
        let score = crate::summary::tests::run("ridge", 0, 1.0, "real").score;
        let score = Score { key: key.to_owned(), ..score };
        let mut record = record::made_up::record(key);
        record.label_hash = labels.unwrap_or(UNKNOWN).to_owned();
        record.ingredients.training = json!({ "label": rule });
        record.predictions = vec![Prediction { cell: "MATR_b1c0".to_owned(), observed, predicted: 1.0 }];
        versions.add(Path::new("out"), &score, &record).map_err(|failure| failure.to_string())
    }

    #[test]
    fn other_labels_are_refused_with_both_versions_named() {
        let mut versions = Versions::default();
        add(&mut versions, "k1", "first", Some("aaaa"), 500.0).unwrap();
        add(&mut versions, "k2", "first", Some("aaaa"), 500.0).unwrap();
        add(&mut versions, "k3", "persistent", Some("bbbb"), 510.0).unwrap();
        let message = add(&mut versions, "k4", "first", Some("cccc"), 500.0).unwrap_err();
        let words = "experiment matr-1 on real cells are of different labels and do not compare: run k1 was made with the \
                     labels aaaa, run k4 with cccc";
        assert!(message.contains(words), "{message}");
    }

    #[test]
    fn records_without_a_version_are_held_to_their_observed_lives() {
        let mut versions = Versions::default();
        add(&mut versions, "k1", "first", None, 500.0).unwrap();
        add(&mut versions, "k2", "first", Some("aaaa"), 500.0).unwrap();
        let message = add(&mut versions, "k3", "first", None, 501.0).unwrap_err();
        assert!(message.contains("cell MATR_b1c0 lived 500 cycles in run k1 and 501 cycles in run k3"), "{message}");
    }
}
