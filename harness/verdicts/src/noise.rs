//! How far predictions are apart where only rounding differs: measured by running the same things on other engines.
//!
//! `noise.csv`, beside a baseline: `experiment,data,model,variant,relative,engines`. `relative` is the largest relative difference
//! of a predicted life that was found between the baseline and any other engine.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cells::whole_file;
use record::files;

use crate::{
    Error, Folder, Slot,
    gate::{are_alike, distance},
};

/// Measured noise by model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noise {
    found: BTreeMap<Slot, f64>,
    engines: Vec<String>,
}

const COLUMNS: [&str; 6] = ["experiment", "data", "model", "variant", "relative", "engines"];

impl Noise {
    /// Name of the file in a baseline.
    pub const FILE: &'static str = "noise.csv";

    /// The largest relative difference of a predicted life that was measured for this model, if it was.
    pub fn of(&self, slot: &Slot) -> Option<f64> {
        self.found.get(slot).copied()
    }

    /// How many models were measured.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Measures networks: the same runs as in `baseline`, made on other engines.
    ///
    /// # Errors
    /// [`Error::NotComparable`] if a run of the baseline is not in one of the `others`, has another key there or other cells: then
    /// more than rounding differs.
    pub fn measure(baseline: &Folder, others: &[Folder]) -> Result<Self, Error> {
        let mut noise = Self::default();
        for (slot, before) in &baseline.groups {
            if !before.runs.values().any(|run| run.is_of_network() && run.metrics().is_some()) {
                continue;
            }
            let mut largest = 0.0;
            for other in others {
                let of_other = other.groups.get(slot).and_then(|group| group.runs.values().next());
                let first = before.runs.values().next();
                if of_other.zip(first).is_some_and(|(a, b)| are_alike(&a.record, &b.record)) {
                    return Err(Error::NotComparable(format!(
                        "{} was computed by the same engine as the baseline ({slot}): noise is what another one leaves",
                        other.path.display()
                    )));
                }
                for (seed, run) in before.runs.iter().filter(|(_, run)| run.metrics().is_some()) {
                    let same = other.groups.get(slot).and_then(|group| group.runs.get(seed));
                    let same = same.filter(|other| other.score.key == run.score.key).ok_or_else(|| {
                        Error::NotComparable(format!(
                            "{} has no run {} ({slot}, seed {seed}): noise is measured between the same runs",
                            other.path.display(),
                            run.score.key
                        ))
                    })?;
                    let apart = distance(&run.record, &same.record).map_err(|why| {
                        Error::NotComparable(format!("{}: run {}: {why}", other.path.display(), run.score.key))
                    })?;
                    largest = f64::max(largest, apart.0);
                    noise.engines.push(engine(&same.record));
                }
            }
            noise.found.insert(slot.clone(), largest);
        }
        noise.engines.sort();
        noise.engines.dedup();
        Ok(noise)
    }

    /// Reads the file in the folder of a baseline; without one nothing was measured.
    ///
    /// # Errors
    /// [`Error`] names file and line.
    pub fn read(baseline: &Path) -> Result<Self, Error> {
        let path = baseline.join(Self::FILE);
        let mut noise = Self::default();
        if !path.exists() {
            return Ok(noise);
        }
        let bytes = whole_file::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let malformed = |what: String| Error::Malformed { path: path.clone(), what };
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().map_err(|error| malformed(error.to_string()))?;
        if header.iter().ne(COLUMNS) {
            return Err(malformed(format!(
                "its first line is not {}; measure it again with `batlinet gate --noise`",
                COLUMNS.join(",")
            )));
        }
        for (index, line) in reader.records().enumerate() {
            let line = line.map_err(|error| malformed(error.to_string()))?;
            let number = line[4].parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
            let number =
                number.ok_or_else(|| malformed(format!("line {}: '{}' is no difference", index + 2, &line[4])))?;
            let text = |column: usize| line[column].to_owned();
            let slot = Slot { experiment: text(0), data: text(1), model: text(2), variant: text(3) };
            let said = slot.to_string();
            if noise.found.insert(slot, number).is_some() {
                return Err(malformed(format!("line {}: two rows are of {said}", index + 2)));
            }
        }
        Ok(noise)
    }

    /// Writes the file into the folder of a baseline, and says where.
    ///
    /// # Errors
    /// [`Error`] names the file.
    pub fn write(&self, baseline: &Path) -> Result<PathBuf, Error> {
        let path = baseline.join(Self::FILE);
        let engines = self.engines.join("; ");
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut lines = vec![COLUMNS.map(str::to_owned)];
        lines.extend(self.found.iter().map(|(slot, relative)| {
            let Slot { experiment, data, model, variant } = slot.clone();
            [experiment, data, model, variant, format!("{relative:.3e}"), engines.clone()]
        }));
        let malformed = |error: String| Error::Malformed { path: path.clone(), what: error };
        for line in lines {
            writer.write_record(line).map_err(|error| malformed(error.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|error| malformed(error.to_string()))?;
        files::write_whole(&path, &bytes)?;
        Ok(path)
    }
}

/// What computed, in a few words.
fn engine(record: &record::RunRecord) -> String {
    format!("{} with libtorch {}", record.versions.engine, record.provenance.libtorch_instructions)
}
