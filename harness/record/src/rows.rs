//! Rows of `scores.csv` held against the records that they name, and against what was written.
//!
//! Of what a record does not say (experiment, variant, profile, what was changed), `scores.blake3` beside the rows has the hash of
//! each row that this program has written. Folders of older programs have none: their rows are held against their records alone.

use std::{
    collections::{BTreeSet, HashSet},
    io,
    path::{Path, PathBuf},
};

use super::{LifeBases, RunRecord, Score, attachments::hash_of, files};
use crate::{Error, entry};
use cells::whole_file;
use statistics::{Metrics, is_same};

/// Digits of a hash that are kept of a row.
const DIGITS: usize = 32;

/// Where the hashes of the rows of this file of scores are.
fn hashes_of(scores: &Path) -> PathBuf {
    scores.with_file_name(Score::HASHES)
}

/// The hashes of all rows that were written, if there are any.
fn read(scores: &Path) -> Result<Option<HashSet<String>>, Error> {
    let path = hashes_of(scores);
    match whole_file::read_text(&path) {
        Ok(text) => Ok(Some(text.lines().map(str::to_owned).collect())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Broken {
            path,
            what: format!(
                "{error}; it has the hashes of the rows of scores.csv: delete it if you trust these rows, and `batlinet run` writes it anew"
            ),
        }),
    }
}

/// Notes the rows that are about to be written. Those that stand there now stay noted until the next time: whoever is stopped between
/// the two files has both.
pub(crate) fn note(scores: &Path, rows: &[Score], before: &[Score]) -> Result<(), Error> {
    let known = read(scores).ok().flatten().unwrap_or_default();
    let before = before.iter().map(hash).filter(|hash| known.contains(hash));
    let all: BTreeSet<String> = rows.iter().map(hash).chain(before).collect();
    let lines: String = all.into_iter().map(|hash| hash + "\n").collect();
    files::write_whole(&hashes_of(scores), lines.as_bytes())
}

fn hash(row: &Score) -> String {
    hash_of(row.fields().join("\u{1f}").as_bytes())[..DIGITS].to_owned()
}

/// No two rows may be of one run, and each must be one that was written, where that is known. `scores` is the file that they are from.
/// Who has records holds the rows against them first ([`check_row`]): that tells more.
///
/// # Errors
/// [`Error::TwoRows`] and [`Error::EditedRow`] name the row.
pub fn check_rows(scores: &Path, rows: &[Score]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    if let Some(twice) = rows.iter().find(|row| !seen.insert(row.slot())) {
        return Err(Error::TwoRows { scores: scores.to_owned(), slot: words(twice) });
    }
    let Some(known) = read(scores)? else { return Ok(()) };
    match rows.iter().find(|row| !known.contains(&hash(row))) {
        None => Ok(()),
        Some(row) => Err(Error::EditedRow { scores: scores.to_owned(), key: row.key.clone(), slot: words(row) }),
    }
}

/// The rows of a file that may stay when it is written anew: the first of each run, as it was written and as its record has it. And a
/// sentence on each that may not.
pub fn sound_rows(
    scores: &Path,
    rows: Vec<Score>,
    record: impl Fn(&Score) -> Option<RunRecord>,
) -> (Vec<Score>, Vec<String>) {
    // a damaged file knows of no row, so that each is held against its record
    let known = read(scores).ok().flatten();
    let mut seen = HashSet::new();
    let (mut sound, mut complaints) = (Vec::new(), Vec::new());
    for row in rows {
        let slot = words(&row);
        let edited = || Error::EditedRow { scores: scores.to_owned(), key: row.key.clone(), slot: slot.clone() };
        let outcome = match &known {
            _ if !seen.insert(slot.clone()) => Err(Error::TwoRows { scores: scores.to_owned(), slot: slot.clone() }),
            Some(known) => {
                if known.contains(&hash(&row)) {
                    Ok(())
                } else {
                    Err(edited())
                }
            }
            None => record(&row).map_or(Ok(()), |record| check_row(scores, &row, &record)),
        };
        match outcome {
            Ok(()) => sound.push(row),
            Err(error) => complaints.push(error.to_string()),
        }
    }
    (sound, complaints)
}

/// `e, ridge[variant], virtual cells, seed 3`.
fn words(row: &Score) -> String {
    let entry = entry(&row.model, &row.variant.to_string());
    format!("{}, {entry}, {} cells, seed {}", row.experiment, row.data, row.seed)
}

/// A row must be of the run that it names, and say what its record says. Columns that files of older programs do not have are not
/// held against it.
///
/// # Errors
/// [`Error::StrangeRow`] says both.
pub fn check_row(scores: &Path, row: &Score, record: &RunRecord) -> Result<(), Error> {
    let is_its_run =
        (row.data, &row.model, row.seed, &*row.key) == (record.data, &record.model, record.seed, &*record.key());
    let other = other_column(row, record);
    if is_its_run && other.is_none() {
        return Ok(());
    }
    let (said, made) = (rmse(&row.metrics), rmse(&record.metrics));
    let sentence = |data: &dyn ToString, model: &str, seed: u64, rmse: Option<f64>| {
        let of = format!("{model}, seed {seed}, on {} cells", data.to_string());
        match (rmse, other) {
            // of another run, its numbers need not be said
            _ if !is_its_run => of,
            (None, _) => format!("{of}, no RMSE"),
            (Some(rmse), Some(column)) if said == made => {
                format!("{of}, an RMSE of {rmse} (its column {column} differs)")
            }
            (Some(rmse), _) => format!("{of}, an RMSE of {rmse}"),
        }
    };
    Err(Error::StrangeRow {
        scores: scores.to_owned(),
        key: row.key.clone(),
        said: sentence(&row.data, &row.model, row.seed, said),
        made: sentence(&record.data, &record.model, record.seed, made),
    })
}

/// The first column in which a row says something else than the record of its run.
fn other_column(row: &Score, record: &RunRecord) -> Option<&'static str> {
    let measure = match (&row.metrics, &record.metrics) {
        (Some(said), Some(made)) => numbers(said)
            .into_iter()
            .zip(numbers(made))
            .find(|((_, said), (_, made))| !is_near(*said, *made))
            .map(|((name, _), _)| name),
        (said, made) => (said.is_some() != made.is_some()).then_some("rmse"),
    };
    // files from before it was written do not say what lives rest on
    let are_lives_said = row.lives != LifeBases::default();
    let others = [
        ("status", row.status == record.status),
        ("train_cells", row.train_cells == record.train.len()),
        ("test_cells", row.test_cells == record.test_cells),
        ("train_observed to test_published", !are_lives_said || row.lives == record.lives),
    ];
    measure.or_else(|| others.into_iter().find(|(_, is_same)| !is_same).map(|(name, _)| name))
}

fn rmse(metrics: &Option<Metrics>) -> Option<f64> {
    metrics.as_ref().map(|metrics| metrics.rmse)
}

/// Every measure of a row, by its column.
fn numbers(metrics: &Metrics) -> [(&'static str, Option<f64>); 9] {
    let Metrics { rmse, mae, mape, median_ae, smape, nmae, nrmse, within_10, within_20 } = *metrics;
    [
        ("rmse", Some(rmse)),
        ("mae", Some(mae)),
        ("mape", Some(mape)),
        ("median_ae", Some(median_ae)),
        ("smape", Some(smape)),
        ("nmae", nmae),
        ("nrmse", nrmse),
        ("within_10", Some(within_10)),
        ("within_20", Some(within_20)),
    ]
}

/// What an older file does not say is not held against it.
fn is_near(said: Option<f64>, made: Option<f64>) -> bool {
    match (said.filter(|said| !said.is_nan()), made) {
        (None, _) => true,
        (Some(said), Some(made)) => is_same(said, made),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        Status, made_up, read_scores,
        scores::{self, tests::score},
        write_scores,
    };

    fn row(record: &RunRecord) -> Score {
        scores::tests::row("e", record)
    }

    #[test]
    fn a_row_is_what_its_record_says_in_every_column_that_both_have() {
        let record = made_up::record("cells");
        let (path, sound) = (Path::new("scores.csv"), row(&record));
        check_row(path, &sound, &record).unwrap();
        let mut older = sound.clone();
        let metrics = older.metrics.as_mut().unwrap();
        (metrics.median_ae, metrics.nmae, metrics.nrmse) = (f64::NAN, None, None);
        older.lives = Default::default();
        check_row(path, &older, &record).unwrap();
        type Edit = fn(&mut Score);
        let edits: [(Edit, &str); 8] = [
            (|row| row.lives.test.published += 1, "its column train_observed to test_published differs"),
            (|row| row.seed = 4, "ridge, seed 4"),
            (|row| row.model = "svm".to_owned(), "svm, seed"),
            (|row| row.data = cells::cell::Origin::Real, "on real cells"),
            (|row| row.metrics.as_mut().unwrap().mape *= 0.9, "its column mape differs"),
            (|row| row.metrics = None, "no RMSE"),
            (|row| row.status = Status::Diverged, "its column status differs"),
            (|row| row.train_cells = 7, "its column train_cells differs"),
        ];
        for (edit, what) in edits {
            let mut row = sound.clone();
            edit(&mut row);
            let message = check_row(path, &row, &record).unwrap_err().to_string();
            assert!(message.contains(&format!("its row of run {} says", record.key())), "{message}");
            assert!(message.contains(what), "{message}");
        }
    }

    #[test]
    fn an_edited_doubled_or_relabelled_row_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let rows = [score("e", "ridge", 0, 701.3), score("e", "svm", 0, 702.3), score("e", "svm", 1, 702.3)];
        write_scores(&path, &rows).unwrap();
        check_rows(&path, &read_scores(&path).unwrap()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let check = |text: &str| {
            fs::write(&path, text).unwrap();
            read_scores(&path).and_then(|rows| check_rows(&path, &rows)).map_err(|error| error.to_string())
        };
        for (from, to) in
            [(",paper,", ",quick,"), ("e,MATR-1", "f,MATR-1"), ("alpha 7.0", "alpha 8.0"), ("profile", "profilf")]
        {
            let message = check(&text.replacen(from, to, 1)).unwrap_err();
            assert!(message.contains("is not one that was written"), "{message}");
        }
        let last = text.lines().last().unwrap();
        let message = check(&format!("{text}{last}\n")).unwrap_err();
        assert!(message.contains("two rows are e, svm, virtual cells, seed 1"), "{message}");
        // who takes rows out, or sorts them, knows what he does
        check(&text.replace(last, "").replace("\n\n", "\n")).unwrap();
        check(&text).unwrap();
        // those of both files are known while one takes the place of the other
        write_scores(&path, &rows[..1]).unwrap();
        check(&text).unwrap();
        write_scores(&path, &rows[..1]).unwrap();
        write_scores(&path, &rows[..1]).unwrap();
        assert!(check(&text).is_err());
    }

    #[test]
    fn what_stays_when_a_file_is_written_anew_is_sound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let record = made_up::record("cells");
        let (sound, mut edited) = (row(&record), row(&record));
        (edited.experiment, edited.train_cells) = ("f".to_owned(), 9);
        let rows = vec![sound.clone(), edited.clone(), sound.clone(), score("g", "svm", 0, 1.0)];
        let of = |row: &Score| (row.key == record.key()).then(|| record.clone());
        let (stays, complaints) = sound_rows(&path, rows.clone(), of);
        assert_eq!((stays.len(), complaints.len()), (2, 2), "{complaints:?}");
        write_scores(&path, &rows[..1]).unwrap();
        let (stays, complaints) = sound_rows(&path, rows, of);
        assert_eq!((stays, complaints.len()), (vec![sound], 3));
    }

    #[test]
    fn damaged_hashes_vouch_for_no_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let record = made_up::record("cells");
        let (sound, mut edited) = (row(&record), row(&record));
        (edited.experiment, edited.train_cells) = ("f".to_owned(), 9);
        let rows = [sound.clone(), edited];
        write_scores(&path, &rows).unwrap();
        check_rows(&path, &rows).unwrap();
        let hashes = hashes_of(&path);
        fs::write(&hashes, [0xff, 0xfe]).unwrap();
        let message = check_rows(&path, &rows).unwrap_err().to_string();
        assert!(
            message.contains("scores.blake3") && message.contains("delete it if you trust these rows"),
            "{message}"
        );
        // what its record bears out stays
        let of = |row: &Score| (row.key == record.key()).then(|| record.clone());
        let (stays, complaints) = sound_rows(&path, rows.to_vec(), of);
        assert_eq!((stays, complaints.len()), (vec![sound], 1));
        // lost lines vouch for nothing either
        fs::write(&hashes, "").unwrap();
        assert!(check_rows(&path, &rows).unwrap_err().to_string().contains("is not one that was written"));
    }
}
