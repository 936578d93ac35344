//! `plan.csv`: every run that the calls into a folder meant, made or not, in the order of the scores. So that parts of a plan that were
//! made apart can be put together as if they had been made at once, and what is missing is known.

use std::{fmt, path::Path};

use serde::Deserialize;

use crate::{Error, Score, entry, files, variant::Variant};
use cells::{cell::Origin, whole_file};

const COLUMNS: [&str; 7] = ["experiment", "data", "model", "variant", "seed", "key", "asked"];

/// One run that was meant.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Planned {
    /// Name of the experiment.
    pub experiment: String,
    /// Measured or simulated cells.
    pub data: Origin,
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart.
    pub variant: Variant,
    /// Seed of the random streams.
    pub seed: u64,
    /// Name of its folder below `runs/`.
    pub key: String,
    /// Whether a call has asked for it, and not for other models, seeds or keys of its experiment alone. The column is there where some
    /// were not asked for.
    #[serde(default = "yes")]
    pub asked: bool,
}

fn yes() -> bool {
    true
}

impl Planned {
    /// Name of the file in the output folder.
    pub const FILE: &'static str = "plan.csv";

    /// What was meant by the calls into this folder; nothing in folders of older programs.
    ///
    /// # Errors
    /// [`Error::Broken`] names file and line.
    pub fn read(out: &Path) -> Result<Vec<Self>, Error> {
        let path = out.join(Self::FILE);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let broken = |error: &dyn fmt::Display| Error::Broken {
            path: path.clone(),
            what: format!("{error}; delete this file, and `batlinet run` writes it anew"),
        };
        let bytes = whole_file::read(&path).map_err(|error| broken(&error))?;
        let rows = csv::Reader::from_reader(bytes.as_slice()).into_deserialize();
        rows.map(|row| row.map_err(|error| broken(&error))).collect()
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`Error::Write`] names the file.
    pub fn write(out: &Path, planned: &[Self]) -> Result<(), Error> {
        let internal = |error: &dyn fmt::Display| Error::Internal(format!("{}: {error}", Self::FILE));
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns = if planned.iter().all(|run| run.asked) { COLUMNS.len() - 1 } else { COLUMNS.len() };
        let rows = planned.iter().map(Self::fields);
        for row in std::iter::once(COLUMNS.map(str::to_owned)).chain(rows) {
            writer.write_record(&row[..columns]).map_err(|error| internal(&error))?;
        }
        files::write_whole(&out.join(Self::FILE), &writer.into_inner().map_err(|error| internal(&error))?)
    }

    /// In the order of [`COLUMNS`].
    fn fields(&self) -> [String; 7] {
        let Self { experiment, data, model, variant, seed, key, asked } = self.clone();
        [experiment, data.to_string(), model, variant.to_string(), seed.to_string(), key, asked.to_string()]
    }

    /// `ridge, seed 3`, `batlinet[intra_only], seed 3`.
    pub fn short(&self) -> String {
        format!("{}, seed {}", entry(&self.model, &self.variant.to_string()), self.seed)
    }

    /// What it is a run of, as [`Score::slot`].
    pub fn slot(&self) -> (&str, Origin, &str, String, u64) {
        (&self.experiment, self.data, &self.model, self.variant.to_string(), self.seed)
    }
}

impl From<&Score> for Planned {
    fn from(score: &Score) -> Self {
        Self {
            experiment: score.experiment.clone(),
            data: score.data,
            model: score.model.clone(),
            variant: score.variant.clone(),
            seed: score.seed,
            key: score.key.clone(),
            asked: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Planned::read(folder.path()).unwrap(), []);
        let planned: Vec<Planned> = [0, 1]
            .map(|seed| Planned {
                experiment: "e, \"quoted\"".to_owned(),
                data: Origin::Real,
                model: "batlinet".to_owned(),
                variant: Variant::from("intra_only"),
                seed,
                key: format!("{seed:016x}"),
                asked: true,
            })
            .into();
        Planned::write(folder.path(), &planned).unwrap();
        assert_eq!(Planned::read(folder.path()).unwrap(), planned);
        let text = |folder: &Path| std::fs::read_to_string(folder.join(Planned::FILE)).unwrap();
        assert!(text(folder.path()).starts_with("experiment,data,model,variant,seed,key\n"));
        // where some were not asked for, that is kept
        let mut part = planned.clone();
        part[1].asked = false;
        Planned::write(folder.path(), &part).unwrap();
        assert!(text(folder.path()).starts_with("experiment,data,model,variant,seed,key,asked\n"));
        assert_eq!(Planned::read(folder.path()).unwrap(), part);
        Planned::write(folder.path(), &[]).unwrap();
        assert_eq!(Planned::read(folder.path()).unwrap(), []);
        std::fs::write(folder.path().join(Planned::FILE), "experiment,data,model,variant,seed,key\ne,real,m,,x,k\n")
            .unwrap();
        let message = Planned::read(folder.path()).unwrap_err().to_string();
        assert!(message.contains("plan.csv") && message.contains("line: 2"), "{message}");
    }
}
