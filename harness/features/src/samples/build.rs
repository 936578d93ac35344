//! Builds the features and lives of one split from its cells.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{ArrayD, IxDyn};
use rayon::prelude::*;

use super::nothing_observed;
use super::part::{Part, Samples};
use crate::Error;
use crate::feature::{Extract, FeatureSpec};
use cells::label::{Basis, LabelRule, Uncounted, Verdict};
use cells::source::CellSource;
use cells::split::Split;

/// How many unknown cells an error lists by name.
const LISTED: usize = 5;

/// Builds every feature of every cell of the split, and the lives; the result has one entry per feature.
///
/// Cells are read once, in parallel on `workers` threads, and only as many cycles of each as some feature needs. The
/// result is the same for any number of workers.
///
/// # Errors
/// [`Error::UnknownCells`]; what [`Extract::extract`] says of a cell; [`Error::NoLife`] for a part without a cell left;
/// [`Error::NothingObserved`] of the test lives ([`nothing_observed`]). Of several faulty cells, the first is named.
pub fn build(
    source: &dyn CellSource,
    split: &Split,
    rule: &LabelRule,
    features: &[FeatureSpec],
    workers: usize,
) -> Result<Vec<Samples>, Error> {
    features.iter().try_for_each(FeatureSpec::check).map_err(Error::Declared)?;
    let mut parts = parts(source, split, rule, features, workers)?;
    let arrays = [&mut parts.train, &mut parts.test].map(|part| std::mem::take(&mut part.features));
    let [train, test] = arrays.map(Vec::into_iter);
    Ok(features
        .iter()
        .zip(train.zip(test))
        .map(|(feature, (train, test))| parts.samples(feature.shape(), train, test))
        .collect())
}

/// The lives alone, for models that read no feature: that of every cell holds no number.
///
/// # Errors
/// As [`build`], but for what is said of features.
pub fn lives(source: &dyn CellSource, split: &Split, rule: &LabelRule, workers: usize) -> Result<Samples, Error> {
    let parts = parts(source, split, rule, &[], workers)?;
    let nothing = |part: &ExtractedPart| ArrayD::zeros(IxDyn(&[part.ids.len(), 0]));
    Ok(parts.samples(vec![0], nothing(&parts.train), nothing(&parts.test)))
}

/// Both parts with every feature, and what is to be said of their cells.
struct Parts {
    train: ExtractedPart,
    test: ExtractedPart,
    removed: Vec<(String, String)>,
    uncounted: Vec<(String, Uncounted)>,
}

impl Parts {
    /// With one of the features.
    fn samples(&self, feature_shape: Vec<usize>, train: ArrayD<f32>, test: ArrayD<f32>) -> Samples {
        let (train, test) = (self.train.with(train), self.test.with(test));
        Samples { feature_shape, train, test, removed: self.removed.clone(), uncounted: self.uncounted.clone() }
    }
}

fn parts(
    source: &dyn CellSource,
    split: &Split,
    rule: &LabelRule,
    features: &[FeatureSpec],
    workers: usize,
) -> Result<Parts, Error> {
    check_known(source, split)?;
    // where the system gives no threads of their own, those that are there do it
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers.max(1)).build().ok();
    let cycles = features.iter().map(FeatureSpec::cycles_needed).max().unwrap_or(0);
    let extraction = Extraction { source, rule, features, cycles };
    let part = |name: &str, ids: &[String]| match &pool {
        Some(pool) => pool.install(|| extraction.part(name, ids)),
        None => extraction.part(name, ids),
    };
    let (train, test) = (part("training", &split.train)?, part("test", &split.test)?);
    if let Some(problem) = nothing_observed(&test.bases, rule) {
        return Err(Error::NothingObserved(problem));
    }
    let mut removed = [train.removed.as_slice(), &test.removed].concat();
    removed.sort();
    let mut uncounted = [train.uncounted.as_slice(), &test.uncounted].concat();
    uncounted.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(Parts { train, test, removed, uncounted })
}

/// What a part is in which no cell has a life.
pub(super) fn nobody(part: &str, cells: usize) -> Error {
    Error::NoLife { part: part.to_owned(), removed: cells }
}

fn check_known(source: &dyn CellSource, split: &Split) -> Result<(), Error> {
    let known: BTreeSet<String> = source.ids().into_iter().collect();
    let unknown: BTreeSet<&str> =
        split.train.iter().chain(&split.test).map(String::as_str).filter(|&id| !known.contains(id)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let listed: Vec<&str> = unknown.iter().copied().take(LISTED).collect();
    let more = match unknown.len() - listed.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let missing = format!("{}{more}", listed.join(", "));
    Err(Error::UnknownCells { origin: source.origin(), known: known.len(), missing })
}

/// What is the same for every cell.
struct Extraction<'a> {
    source: &'a dyn CellSource,
    rule: &'a LabelRule,
    features: &'a [FeatureSpec],
    cycles: usize,
}

/// What the label rule says of a cell.
struct Judged {
    verdict: Verdict,
    uncounted: Option<Uncounted>,
}

/// All features of one part.
struct ExtractedPart {
    ids: Vec<String>,
    lives: Vec<f64>,
    bases: Vec<Basis>,
    features: Vec<ArrayD<f32>>,
    removed: Vec<(String, String)>,
    uncounted: Vec<(String, Uncounted)>,
}

impl ExtractedPart {
    /// Its cells with one of its features.
    fn with(&self, features: ArrayD<f32>) -> Part {
        Part { ids: self.ids.clone(), features, lives: self.lives.clone(), bases: self.bases.clone() }
    }
}

impl Extraction<'_> {
    fn part(&self, name: &str, ids: &[String]) -> Result<ExtractedPart, Error> {
        let mut ids = ids.to_vec();
        ids.sort();
        let sizes: Vec<usize> = self.features.iter().map(|feature| feature.shape().iter().product()).collect();
        // each cell writes its own row of the final arrays
        let mut values: Vec<Vec<f32>> = sizes.iter().map(|size| vec![0.0; size * ids.len()]).collect();
        let verdicts = self.extract_all(&ids, &sizes, &mut values)?;

        let kept: Vec<usize> =
            (0..ids.len()).filter(|&cell| matches!(verdicts[cell].verdict, Verdict::Life(_))).collect();
        if kept.is_empty() {
            return Err(nobody(name, ids.len()));
        }
        let mut features = Vec::with_capacity(values.len());
        for ((feature, size), mut values) in self.features.iter().zip(sizes).zip(values) {
            for (row, &cell) in kept.iter().enumerate() {
                values.copy_within(cell * size..(cell + 1) * size, row * size);
            }
            values.truncate(kept.len() * size);
            let shape: Vec<usize> = std::iter::once(kept.len()).chain(feature.shape()).collect();
            let array = ArrayD::from_shape_vec(IxDyn(&shape), values)
                .map_err(|error| Error::Internal(format!("features of shape {shape:?}: {error}")))?;
            features.push(array);
        }
        let (ids_kept, removed, uncounted) = (vec![], vec![], vec![]);
        let mut part = ExtractedPart { ids: ids_kept, lives: vec![], bases: vec![], features, removed, uncounted };
        for (id, Judged { verdict, uncounted }) in ids.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Life(life) => {
                    part.uncounted.extend(uncounted.map(|uncounted| (id.clone(), uncounted)));
                    part.ids.push(id);
                    part.lives.push(life.cycles);
                    part.bases.push(life.basis);
                }
                Verdict::Removed(reason) => part.removed.push((id, reason)),
            }
        }
        Ok(part)
    }

    /// Fills the rows of `values` (one array per feature) and says what became of each cell.
    fn extract_all(&self, ids: &[String], sizes: &[usize], values: &mut [Vec<f32>]) -> Result<Vec<Judged>, Error> {
        let mut rows: Vec<Vec<&mut [f32]>> = ids.iter().map(|_| Vec::with_capacity(sizes.len())).collect();
        for (values, &size) in values.iter_mut().zip(sizes) {
            for (cell, row) in rows.iter_mut().zip(values.chunks_exact_mut(size)) {
                cell.push(row);
            }
        }
        // Cells behind the first fault need not be looked at; those before it must be, so that it stays the first.
        let first_fault = AtomicUsize::new(usize::MAX);
        let results: Vec<Option<Result<Judged, Error>>> = rows
            .into_par_iter()
            .zip(ids)
            .enumerate()
            .map_init(
                || self.features.iter().map(FeatureSpec::extractor).collect::<Vec<_>>(),
                |extractors, (cell, (mut rows, id))| {
                    if cell > first_fault.load(Ordering::Relaxed) {
                        return None;
                    }
                    let result = self.extract(id, extractors, &mut rows);
                    if result.is_err() {
                        first_fault.fetch_min(cell, Ordering::Relaxed);
                    }
                    Some(result)
                },
            )
            .collect();
        // the first fault comes before anything that was skipped
        results.into_iter().flatten().collect()
    }

    fn extract(&self, id: &str, extractors: &mut [Box<dyn Extract>], rows: &mut [&mut [f32]]) -> Result<Judged, Error> {
        let cell = self.source.cell(id, self.cycles)?;
        let verdict = self.rule.judge(&cell)?;
        if matches!(verdict, Verdict::Life(_)) {
            for (extractor, row) in extractors.iter_mut().zip(rows) {
                extractor.extract(&cell, row)?;
            }
        }
        Ok(Judged { verdict, uncounted: self.rule.uncounted(&cell) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::nothing_observed_of;
    use super::*;
    use cells::cell::{Cell, LifeRecord, Origin};
    use cells::label::Tally;
    use cells::made_up::{discharge_cycle, info};

    /// Cells `A00`, `A01`, … whose cycle p has capacity 1 − 0.001·p·k; every fifth lives for 50 cycles only, and of the
    /// others the record of every second stops just above the end of life, that of the rest long before.
    struct MadeUpCells(usize);

    impl CellSource for MadeUpCells {
        fn origin(&self) -> Origin {
            Origin::Virtual
        }

        fn ids(&self) -> Vec<String> {
            (0..self.0).map(|k| format!("A{k:02}")).collect()
        }

        fn cell(&self, id: &str, cycles: usize) -> Result<Cell, cells::Error> {
            let k: usize = id[1..].parse().unwrap();
            let capacity = |p: usize| 1.0 - 0.001 * (p * k) as f64;
            let cycles = (0..cycles.min(20)).map(|p| discharge_cycle(p as u32, capacity(p))).collect();
            let life = if k % 5 == 4 { 48 } else { 300 + k };
            let mut capacity = vec![1.0; life];
            capacity[life - 1] = if k.is_multiple_of(2) { 0.9 } else { 1.0 };
            Ok(Cell::new(info(id), cycles, LifeRecord::Capacity(capacity)).unwrap())
        }

        fn fingerprint(&self, id: &str) -> Result<String, cells::Error> {
            Ok(id.to_owned())
        }
    }

    fn ids(cells: &[usize]) -> Vec<String> {
        cells.iter().map(|k| format!("A{k:02}")).collect()
    }

    fn features() -> Vec<FeatureSpec> {
        let read = |yaml: &str| serde_yaml::from_str(yaml).unwrap();
        vec![
            read("capacity_map: {cycles: 4, grid_points: 30, channels: [discharge_voltage]}"),
            read("severson: {statistics: [variance, slope], cycles: [1, 3, 9]}"),
        ]
    }

    #[test]
    fn rows_belong_to_their_cells_and_short_lives_are_removed_with_the_reason() {
        let split = Split { train: ids(&[7, 4, 1, 2, 9]), test: ids(&[3, 14, 0]) };
        let samples = build(&MadeUpCells(20), &split, &LabelRule::default(), &features(), 2).unwrap();
        assert_eq!(samples.len(), 2);
        for (samples, feature) in samples.iter().zip(features()) {
            assert_eq!(samples.train.ids, ids(&[1, 2, 7]));
            assert_eq!(samples.train.lives, [303.0, 304.0, 309.0]);
            assert_eq!(samples.test.ids, ids(&[0, 3]));
            assert_eq!(samples.test.tally(), Tally { observed: 1, padded: 1, published: 0 });
            let removed: Vec<&str> = samples.removed.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(removed, ["A04", "A09", "A14"]);
            assert_eq!(samples.removed[0].1, "life of 50 cycles is not longer than 100");
            for part in [&samples.train, &samples.test] {
                assert_eq!(part.features.shape()[1..], samples.feature_shape[..]);
                for (row, id) in part.features.outer_iter().zip(&part.ids) {
                    let cell = MadeUpCells(20).cell(id, 20).unwrap();
                    assert_eq!(row.to_owned(), feature.extract(&cell).unwrap());
                }
            }
        }
    }

    #[test]
    fn the_version_of_labels_follows_lives_and_cells_and_nothing_else() {
        let split = Split { train: ids(&[7, 4, 1, 2]), test: ids(&[3, 0, 6]) };
        let version = |split: &Split, rule: &LabelRule, feature: usize| {
            build(&MadeUpCells(20), split, rule, &features()[feature..=feature], 1).unwrap()[0].label_version()
        };
        let plain = version(&split, &LabelRule::default(), 0);
        assert_eq!(version(&split, &LabelRule::default(), 1), plain);
        let turned = Split { train: ids(&[2, 1, 7, 4]), test: ids(&[6, 0, 3]) };
        assert_eq!(version(&turned, &LabelRule::default(), 0), plain);
        // the lives without any feature are the same
        let alone = lives(&MadeUpCells(20), &turned, &LabelRule::default(), 2).unwrap();
        assert_eq!((alone.label_version(), alone.train.features.shape()), (plain.clone(), &[3, 0][..]));
        // a cell that takes no part is one that could have, with other labels
        let without = Split { train: ids(&[7, 1, 2]), test: ids(&[3, 0, 6]) };
        assert_ne!(version(&without, &LabelRule::default(), 0), plain);
        let later = LabelRule { minimum: 300, ..LabelRule::default() };
        assert_eq!(version(&split, &later, 0), plain, "the same cells have the same lives");
        let longer = LabelRule { minimum: 302, ..LabelRule::default() };
        assert_ne!(version(&split, &longer, 0), plain);
    }

    #[test]
    fn the_number_of_workers_changes_nothing() {
        let split = Split { train: ids(&(0..30).collect::<Vec<_>>()), test: ids(&(30..40).collect::<Vec<_>>()) };
        let one = build(&MadeUpCells(40), &split, &LabelRule::default(), &features(), 1).unwrap();
        assert_eq!(one, build(&MadeUpCells(40), &split, &LabelRule::default(), &features(), 3).unwrap());
    }

    #[test]
    fn unknown_cells_are_listed() {
        let split = Split { train: ids(&[1, 50, 51, 52, 53, 54, 55, 56]), test: ids(&[2]) };
        let problem = build(&MadeUpCells(20), &split, &LabelRule::default(), &features(), 1).unwrap_err().to_string();
        assert!(
            problem.contains("virtual cells") && problem.contains("A50, A51, A52, A53, A54 and 2 more"),
            "{problem}"
        );
    }

    #[test]
    fn test_lives_none_of_which_was_seen_are_refused_and_one_seen_is_enough() {
        let on = |test: &[usize], rule: &LabelRule| {
            let split = Split { train: ids(&[0, 2]), test: ids(test) };
            let early = nothing_observed_of(&MadeUpCells(20), &split.test, rule);
            let built = build(&MadeUpCells(20), &split, rule, &features(), 1).err().map(|failure| failure.to_string());
            assert_eq!(early, built, "what is known before is what is known then");
            built
        };
        let problem = on(&[1, 3, 5], &LabelRule::default()).unwrap();
        assert!(problem.contains("none of the 3 test cells") && problem.contains("no error to measure"), "{problem}");
        assert_eq!(on(&[1, 3, 0], &LabelRule::default()), None);
        // whoever declares that these records end with their lives has lives
        assert_eq!(on(&[1, 3, 5], &LabelRule { censored_above: 0.95, ..LabelRule::default() }), None);
        // cells that take no part are no reason to go on
        assert!(on(&[1, 4], &LabelRule::default()).unwrap().contains("none of the 1 test cells"));
    }

    #[test]
    fn an_empty_part_and_an_unfit_cell_are_errors() {
        let split = Split { train: ids(&[1]), test: ids(&[4, 9]) };
        let problem = build(&MadeUpCells(20), &split, &LabelRule::default(), &features(), 1).unwrap_err().to_string();
        assert!(problem.contains("no test cell has a life"), "{problem}");

        let split = Split { train: ids(&(0..20).collect::<Vec<_>>()), test: ids(&[20]) };
        let charge = [serde_yaml::from_str("capacity_map: {cycles: 4}").unwrap()];
        for workers in [1, 2, 5] {
            let problem =
                build(&MadeUpCells(30), &split, &LabelRule::default(), &charge, workers).unwrap_err().to_string();
            assert!(problem.starts_with("cell A00 has no charge half"), "{problem}");
        }
    }
}
