//! Speed, judged apart from numbers: ratios to what is raced against, and exponents of growth, each within a committed band.
//!
//! A ratio of two times that were taken in one run travels between machines, a time does not. `bands.csv` has the bands:
//! `file,work,measure,low,high`, such as `compare,epoch_matr1_6ch,ratio,1.95,2.63`. `compare.csv` and `growth.csv` are what
//! `make bench-compare` and `make bench` leave.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cells::whole_file;
use record::files;

use crate::{
    Error,
    gate::{Outcome, Reason},
};

/// A ratio may fall to so much of what it was when the band was drawn: repeated runs scatter by less, and a kernel that is a fifth
/// slower falls to 0.83.
const SLOWER: f64 = 0.87;
/// And rise to so much before the band is to be drawn anew.
const FASTER: f64 = 1.25;
/// An exponent of growth may rise by so much.
const STEEPER: f64 = 0.15;

/// File, its column of names, its column of values, whether more is better.
const MEASURES: [(&str, &str, &str, bool); 2] =
    [("compare", "work", "ratio", true), ("growth", "group", "exponent", false)];

/// The columns of the file of bands.
const BANDS: [&str; 5] = ["file", "work", "measure", "low", "high"];

/// What was found of one measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// In its band.
    Kept,
    /// Better than its band: it can be drawn anew.
    Faster,
    /// Worse than its band.
    Slower,
    /// Has a band and was not measured.
    Missing,
    /// Was measured and has no band.
    New,
}

impl Pace {
    /// A word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Missing => "missing",
            Self::New => "new",
        }
    }

    /// What follows for the change.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Kept | Self::Faster | Self::New => Outcome::Lands,
            Self::Missing => Outcome::CannotTell,
            Self::Slower => Outcome::Regressed,
        }
    }
}

/// One measure of speed beside its band.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// What was measured, `ratio of pls` or `exponent of predict_by_pairs`.
    pub what: String,
    /// The band; none for what is new.
    pub band: Option<[f64; 2]>,
    /// What was found, if it was measured.
    pub found: Option<f64>,
    /// The judgement.
    pub pace: Pace,
}

/// The worst of all.
pub fn outcome(timed: &[Timed]) -> Outcome {
    timed.iter().map(|one| one.pace.outcome()).max().unwrap_or(Outcome::CannotTell)
}

type Key = (String, String, String);

/// Reads the bands of `baseline` and what was measured in `candidate`.
///
/// # Errors
/// [`Error`] names the file that is missing, unreadable or has no such column or number.
pub fn judge(baseline: &Path, candidate: &Path) -> Result<Vec<Timed>, Error> {
    let bands = read_bands(&baseline.join("bands.csv"))?;
    let found = measured(candidate)?;
    let keys: std::collections::BTreeSet<&Key> = bands.keys().chain(found.keys()).collect();
    let is_more_better = |key: &Key| MEASURES.iter().any(|measure| measure.0 == key.0 && measure.3);
    Ok(keys
        .into_iter()
        .map(|key| {
            let (band, value) = (bands.get(key).copied(), found.get(key).copied());
            let pace = match (band, value) {
                (Some(_), None) => Pace::Missing,
                (None, _) => Pace::New,
                (Some([low, high]), Some(value)) => match (value < low, value > high, is_more_better(key)) {
                    (false, false, _) => Pace::Kept,
                    (true, _, true) | (_, true, false) => Pace::Slower,
                    _ => Pace::Faster,
                },
            };
            Timed { what: format!("{} of {}", key.2, key.1), band, found: value, pace }
        })
        .collect())
}

/// Draws the bands anew around what was measured in `candidate`, with the reason above them, and says where. What was not measured keeps
/// its band: what nobody measures any more is taken out by hand.
///
/// # Errors
/// As [`judge`].
pub fn accept(baseline: &Path, candidate: &Path, reason: &Reason<'_>) -> Result<PathBuf, Error> {
    let path = baseline.join("bands.csv");
    let mut bands = if path.exists() { read_bands(&path)? } else { BTreeMap::new() };
    let found = measured(candidate)?;
    // what keeps its band keeps the reason of that
    let keeps = bands.keys().any(|key| !found.contains_key(key));
    let reasons = if keeps { reasons(&path)? } else { String::new() };
    for (key, value) in found {
        let band = if key.0 == "compare" { [SLOWER * value, FASTER * value] } else { [value - 1.0, value + STEEPER] };
        bands.insert(key, band);
    }
    let malformed = |error: String| Error::Malformed { path: path.clone(), what: error };
    let Reason { text, date, commit } = *reason;
    let why = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut writer = csv::Writer::from_writer(format!("{reasons}# {date}, {commit}: {why}\n").into_bytes());
    let number = |end: f64| if end.abs() < 0.1 { format!("{end:.3e}") } else { format!("{end:.3}") };
    let rows = bands.iter().map(|((file, work, measure), [low, high])| {
        [file.clone(), work.clone(), measure.clone(), number(*low), number(*high)]
    });
    for row in std::iter::once(BANDS.map(str::to_owned)).chain(rows) {
        writer.write_record(row).map_err(|error| malformed(error.to_string()))?;
    }
    files::write_whole(&path, &writer.into_inner().map_err(|error| malformed(error.to_string()))?)?;
    Ok(path)
}

/// The lines with reasons above bands.
fn reasons(path: &Path) -> Result<String, Error> {
    let text = whole_file::read_text(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(text.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect())
}

/// What is in the files of a folder of benches.
fn measured(folder: &Path) -> Result<BTreeMap<Key, f64>, Error> {
    let mut found = BTreeMap::new();
    for (file, names, values, _) in MEASURES {
        let path = folder.join(format!("{file}.csv"));
        if !path.exists() {
            continue;
        }
        for row in rows(&path, &[names, values])? {
            let [name, value] = &row[..] else { continue };
            let value = number(&path, values, value)?;
            if file == "compare" && value <= 0.0 {
                return Err(Error::Malformed { path, what: format!("{name}: a ratio of {value} is no measurement") });
            }
            if found.insert((file.to_owned(), name.clone(), values.to_owned()), value).is_some() {
                return Err(Error::Malformed { path, what: format!("two rows are of {name}") });
            }
        }
    }
    if found.is_empty() {
        return Err(Error::NotComparable(format!(
            "{}: there is neither compare.csv nor growth.csv here; `make bench-compare` and `make bench` write them",
            folder.display()
        )));
    }
    Ok(found)
}

fn read_bands(path: &Path) -> Result<BTreeMap<Key, [f64; 2]>, Error> {
    if !path.exists() {
        return Err(Error::NotComparable(format!(
            "{}: there is no such file; `batlinet gate --bench --accept REASON` draws the bands",
            path.display()
        )));
    }
    let rows = rows(path, &BANDS)?;
    let malformed = |what: String| Error::Malformed { path: path.to_owned(), what };
    let mut bands = BTreeMap::new();
    for row in rows {
        let [low, high] = [number(path, "low", &row[3])?, number(path, "high", &row[4])?];
        let key = (row[0].clone(), row[1].clone(), row[2].clone());
        let work = &row[1];
        if low >= high || (row[0] == "compare" && low <= 0.0) {
            return Err(malformed(format!("{work}: from {low} to {high} is no band")));
        }
        if bands.insert(key, [low, high]).is_some() {
            return Err(malformed(format!("two rows are of {work}")));
        }
    }
    if bands.is_empty() {
        return Err(malformed("there is no band in it, so nothing can be judged".to_owned()));
    }
    Ok(bands)
}

fn number(path: &Path, column: &str, text: &str) -> Result<f64, Error> {
    let found = text.parse::<f64>().ok().filter(|value| value.is_finite());
    found.ok_or_else(|| Error::Malformed {
        path: path.to_owned(),
        what: format!("column {column}: '{text}' is no number"),
    })
}

/// These columns of every row.
fn rows(path: &Path, columns: &[&str]) -> Result<Vec<Vec<String>>, Error> {
    let malformed = |what: String| Error::Malformed { path: path.to_owned(), what };
    let bytes = whole_file::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(bytes.as_slice());
    let header = reader.headers().map_err(|error| malformed(error.to_string()))?.clone();
    let places = columns
        .iter()
        .map(|column| {
            let place = header.iter().position(|name| name == *column);
            place.ok_or_else(|| malformed(format!("column {column} is missing")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let row = |row: csv::StringRecord| places.iter().map(|&place| row[place].to_owned()).collect();
    reader.records().map(|line| line.map(row).map_err(|error| malformed(error.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const REASON: Reason<'_> = Reason { text: "another kernel,\nand a better one", date: "2026-11-29", commit: "abc" };

    fn folder(at: &Path, ratio: f64, exponent: f64) {
        fs::create_dir_all(at).unwrap();
        fs::write(at.join("compare.csv"), format!("work,ours_s,ratio\nepoch,1.0,{ratio}\n")).unwrap();
        fs::write(at.join("growth.csv"), format!("group,sizes,exponent\nby_cells,1–8,{exponent}\n")).unwrap();
    }

    fn paces(ratio: f64, exponent: f64) -> Vec<Pace> {
        let temporary = tempfile::tempdir().unwrap();
        let (a, b) = (temporary.path().join("a"), temporary.path().join("b"));
        folder(&a, 3.0, 1.0);
        accept(&a, &a, &REASON).unwrap();
        folder(&b, ratio, exponent);
        judge(&a, &b).unwrap().into_iter().map(|timed| timed.pace).collect()
    }

    #[test]
    fn a_kernel_that_is_a_fifth_slower_is_caught_and_scatter_is_not() {
        assert_eq!(paces(3.0, 1.0), [Pace::Kept, Pace::Kept]);
        assert_eq!(paces(3.0 / 1.1, 1.1), [Pace::Kept, Pace::Kept]);
        assert_eq!(paces(3.0 / 1.2, 1.2), [Pace::Slower, Pace::Slower]);
        assert_eq!(paces(6.0, 0.9), [Pace::Faster, Pace::Kept]);
    }

    #[test]
    fn what_was_not_measured_this_time_keeps_its_band_and_what_is_written_is_read() {
        let temporary = tempfile::tempdir().unwrap();
        let (a, b) = (temporary.path().join("a"), temporary.path().join("b"));
        folder(&a, 3.0, 1.0);
        accept(&a, &a, &REASON).unwrap();
        folder(&b, 6.0, 1.0);
        fs::remove_file(b.join("growth.csv")).unwrap();
        fs::write(b.join("compare.csv"), "work,ratio\n\"epoch, six channels\",6\nslow,0.0004\n").unwrap();
        accept(&a, &b, &REASON).unwrap();
        let bands = read_bands(&a.join("bands.csv")).unwrap();
        let text = fs::read_to_string(a.join("bands.csv")).unwrap();
        assert_eq!(
            text.lines().filter(|line| line.starts_with('#')).count(),
            2,
            "the bands that stay keep their reason"
        );
        let works: Vec<&str> = bands.keys().map(|(_, work, _)| work.as_str()).collect();
        assert_eq!(works, ["epoch", "epoch, six channels", "slow", "by_cells"]);
        assert_eq!(outcome(&judge(&a, &b).unwrap()), Outcome::CannotTell, "epoch and growth were not measured");
    }

    #[test]
    fn what_was_not_measured_is_missing_and_a_broken_file_is_named() {
        let temporary = tempfile::tempdir().unwrap();
        let (a, b) = (temporary.path().join("a"), temporary.path().join("b"));
        folder(&a, 3.0, 1.0);
        assert!(judge(&a, &a).unwrap_err().to_string().contains("bands.csv: there is no such file"));
        accept(&a, &a, &REASON).unwrap();
        folder(&b, 3.0, 1.0);
        fs::remove_file(b.join("growth.csv")).unwrap();
        let found = judge(&a, &b).unwrap();
        assert_eq!(outcome(&found), Outcome::CannotTell);
        fs::write(b.join("growth.csv"), "group,exponent\nx,fast\n").unwrap();
        assert!(judge(&a, &b).unwrap_err().to_string().ends_with("growth.csv: column exponent: 'fast' is no number"));
        fs::write(b.join("growth.csv"), "group,exponent\nx,1\nx,2\n").unwrap();
        assert!(judge(&a, &b).unwrap_err().to_string().ends_with("growth.csv: two rows are of x"));
        let bands = fs::read_to_string(a.join("bands.csv")).unwrap();
        let (why, head) = bands.split_once('\n').unwrap();
        assert_eq!(why, "# 2026-11-29, abc: another kernel, and a better one");
        let head = head.lines().next().unwrap();
        for (rows, what) in [
            ("", "there is no band in it, so nothing can be judged"),
            ("compare,epoch,ratio,5,1\n", "epoch: from 5 to 1 is no band"),
            ("compare,epoch,ratio,-5,-1\n", "epoch: from -5 to -1 is no band"),
            ("compare,epoch,ratio,1,2\ncompare,epoch,ratio,1,3\n", "two rows are of epoch"),
        ] {
            fs::write(a.join("bands.csv"), format!("{head}\n{rows}")).unwrap();
            let said = judge(&a, &a).unwrap_err().to_string();
            assert!(said.ends_with(&format!("bands.csv: {what}")), "{said}");
        }
        fs::write(a.join("bands.csv"), bands).unwrap();
        assert!(judge(&a, temporary.path()).unwrap_err().to_string().contains("neither compare.csv nor growth.csv"));
    }
}
