//! How far the small tables beside two records are apart: intervals, deviations, choices, who answered.

use std::path::Path;

use cells::whole_file;
use record::{Deviations, Intervals, RunRecord, Selection, Sides};
use statistics::relative;

/// All of them.
pub(crate) const TABLES: [&str; 4] = [Deviations::FILE, Intervals::FILE, Selection::FILE, Sides::FILE];

/// The largest relative difference of a number, and where it is; 0 where all tables are the same to the last bit.
///
/// # Errors
/// In a few words, why two of them cannot be laid beside one another.
pub(crate) fn beside(was: (&RunRecord, &Path), is: (&RunRecord, &Path)) -> Result<(f64, Option<String>), String> {
    let mut largest = (0.0, None);
    // records of older programs do not say what lies beside them
    if was.0.attachments.is_empty() || is.0.attachments.is_empty() {
        return Ok(largest);
    }
    for name in TABLES {
        match (was.0.attachments.get(name), is.0.attachments.get(name)) {
            (before, now) if before == now => {}
            (Some(_), Some(_)) => {
                let (apart, line) =
                    apart(&rows(was.1, name)?, &rows(is.1, name)?).map_err(|what| format!("{name}: {what}"))?;
                if apart > largest.0 {
                    largest = (apart, Some(format!("line {line} of {name}")));
                }
            }
            (Some(_), _) => return Err(format!("there is no {name} any more")),
            (None, _) => return Err(format!("there was no {name}")),
        }
    }
    Ok(largest)
}

type Rows = Vec<csv::StringRecord>;

fn rows(folder: &Path, name: &str) -> Result<Rows, String> {
    let bytes = whole_file::read(&folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
    reader.records().collect::<Result<_, _>>().map_err(|error| format!("{name}: {error}"))
}

/// With the line of the number that is furthest off.
fn apart(was: &Rows, is: &Rows) -> Result<(f64, usize), String> {
    if was.len() != is.len() {
        return Err(format!("{} lines instead of {}", is.len(), was.len()));
    }
    let mut largest = (0.0, 0);
    for (index, (was, is)) in was.iter().zip(is).enumerate() {
        if was.len() != is.len() {
            return Err(format!("line {}: {} columns instead of {}", index + 1, is.len(), was.len()));
        }
        for (was, is) in was.iter().zip(is).filter(|(was, is)| was != is) {
            let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
            let (Some(before), Some(now)) = (number(was), number(is)) else {
                return Err(format!("line {}: '{is}' where '{was}' was", index + 1));
            };
            let apart = relative(before, now);
            if apart > largest.0 {
                largest = (apart, index + 1);
            }
        }
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(was: &str, is: &str) -> Result<(f64, usize), String> {
        let rows = |text: &str| text.lines().map(|line| line.split(',').collect()).collect::<Rows>();
        apart(&rows(was), &rows(is))
    }

    #[test]
    fn numbers_have_a_distance_and_other_words_none() {
        let was = "cell_id,low,high\nc0,500,1000\nc1,600,";
        assert_eq!(found(was, was), Ok((0.0, 0)));
        assert_eq!(found(was, &was.replace("1000", "2000")), Ok((0.5, 2)));
        assert_eq!(found(was, &was.replace("c1", "c9")), Err("line 3: 'c9' where 'c1' was".to_owned()));
        for odd in ["NaN", "inf"] {
            assert_eq!(found(was, &was.replace("1000", odd)), Err(format!("line 2: '{odd}' where '1000' was")));
        }
        assert_eq!(found(was, &format!("{was}700")), Err("line 3: '700' where '' was".to_owned()));
        assert_eq!(found(was, "cell_id,low,high\nc0,500,1000"), Err("2 lines instead of 3".to_owned()));
    }
}
