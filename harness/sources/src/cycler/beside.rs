//! Columns beside those that are read: which cell and which test a row is of, and where it stands in the test.
//!
//! Nothing is made of their values. Two cells in one column of cells are two cells, and numbers of rows or dates that do not go on
//! show what is not in the files.

mod keys;
#[cfg(test)]
mod tests;

use keys::KEYS;

use super::calendar::{self, Dates, Moments};
use super::error::Error;
use super::heading::Heading;
use super::samples::Samples;
use super::unit::DateOrder;
use cells::count::counted;
use cells::quote::shown;

/// What such a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Which cell: its name, its bar code, the channel that it is at.
    Cell,
    /// Which test; one that is continued may be called otherwise.
    Test,
    /// The number of the row in the test.
    Record,
    /// When it was measured.
    Date,
}

/// Such columns of one table, at most.
pub(super) const MOST: usize = 6;
/// Values of a column that tells cells apart, at most; more are another thing.
const MOST_VALUES: usize = 64;
/// Jumps that are kept.
const MOST_JUMPS: usize = 1000;
/// Share of the rows whose numbers may jump where they count rows.
const JUMPING: f64 = 0.02;
/// Share of the rows of a cycle that lack where a part of the test does.
const LACKING: f64 = 0.5;
/// Rows that may lack.
const FEW: f64 = 20.0;

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Beside {
    /// From 0.
    pub place: usize,
    /// Its heading.
    pub heading: String,
    /// What it says.
    pub mark: Mark,
}

/// The columns of a table that say such things and are neither read as something else nor to be ignored.
pub(super) fn columns(headings: &[Heading], read: &[usize], ignored: &[String]) -> Vec<Beside> {
    let mut found: Vec<Beside> = Vec::new();
    for (place, heading) in headings.iter().enumerate() {
        let mark = KEYS.iter().find(|(_, keys)| keys.contains(&&heading.key[..])).map(|(mark, _)| *mark);
        let Some(mark) = mark.filter(|_| !read.contains(&place) && !ignored.iter().any(|name| heading.is_called(name)))
        else {
            continue;
        };
        // `Cell (V)` is a voltage, and one clock and one count of rows are enough
        let is_one = match mark {
            Mark::Cell | Mark::Test => heading.unit.is_none(),
            Mark::Record | Mark::Date => found.iter().all(|other| other.mark != mark),
        };
        if is_one && found.len() < MOST {
            found.push(Beside { place, heading: heading.text.clone(), mark });
        }
    }
    found
}

/// A moment as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
enum Moment {
    Text(String),
    Number(f64),
}

impl Moment {
    /// What it can be, as [`calendar::seconds`] has it; a number is that of days in a spreadsheet, or of seconds since 1970.
    fn seconds(&self) -> Option<Moments> {
        match self {
            Self::Text(text) => calendar::seconds(text),
            Self::Number(number) => {
                let of_unix = Some(*number).filter(|number| (1e8..1e10).contains(number));
                calendar::of_spreadsheet(*number).or(of_unix).map(|seconds| [seconds; 3])
            }
        }
    }
}

/// What the rows of a file say in such a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    heading: String,
    mark: Mark,
    /// Of cells and tests: each value with the line that has it first.
    values: Vec<(String, u64)>,
    last_value: String,
    /// How often another value stands there than in the row before.
    changes: usize,
    last_number: Option<f64>,
    /// Of numbers of rows: the first, how many there are, and from which to which they jump.
    first: Option<f64>,
    rows: usize,
    jumps: Vec<(f64, f64)>,
    /// How often they do, those that are not kept among them.
    jumping: usize,
    /// Of dates: the first and the last.
    moments: Option<[Moment; 2]>,
}

impl Said {
    /// Of a column, nothing yet.
    pub(super) fn of(column: &Beside) -> Self {
        Self {
            heading: column.heading.clone(),
            mark: column.mark,
            values: Vec::new(),
            last_value: String::new(),
            changes: 0,
            last_number: None,
            first: None,
            rows: 0,
            jumps: Vec::new(),
            jumping: 0,
            moments: None,
        }
    }

    /// Whether numbers are to be taken as they are written: those of cells may have more digits than a number.
    pub(super) fn is_of_words(&self) -> bool {
        matches!(self.mark, Mark::Cell | Mark::Test)
    }

    /// Adds what the next row, in this line, has.
    pub(super) fn push_text(&mut self, text: &[u8], line: u64) {
        if text.is_empty() || matches!(text, b"-" | b"--" | b"NaN" | b"nan" | b"NA" | b"N/A") {
            return;
        }
        match self.mark {
            Mark::Cell | Mark::Test => {
                if text == self.last_value.as_bytes() {
                    return;
                }
                self.last_value = String::from_utf8_lossy(text).into_owned();
                self.changes += 1;
                let is_known = self.values.iter().any(|(value, _)| *value == self.last_value);
                if !is_known && self.values.len() <= MOST_VALUES {
                    self.values.push((self.last_value.clone(), line));
                }
            }
            Mark::Record => {
                if let Some(number) = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
                    self.push_number(number, line);
                }
            }
            Mark::Date => match &mut self.moments {
                Some([_, Moment::Text(last)]) => {
                    last.clear();
                    last.push_str(&String::from_utf8_lossy(text));
                }
                _ => self.add_moment(Moment::Text(String::from_utf8_lossy(text).into_owned())),
            },
        }
    }

    /// The same of a number.
    pub(super) fn push_number(&mut self, number: f64, line: u64) {
        let before = self.last_number.replace(number);
        match self.mark {
            Mark::Cell | Mark::Test if before != Some(number) && number.is_finite() => {
                self.push_text(number.to_string().as_bytes(), line);
            }
            Mark::Record => {
                self.rows += 1;
                self.first = self.first.or(Some(number));
                if let Some(before) = before.filter(|before| before + 1.0 != number) {
                    self.jumping += 1;
                    if self.jumps.len() < MOST_JUMPS {
                        self.jumps.push((before, number));
                    }
                }
            }
            Mark::Date => self.add_moment(Moment::Number(number)),
            Mark::Cell | Mark::Test => {}
        }
    }

    fn add_moment(&mut self, moment: Moment) {
        match &mut self.moments {
            Some([_, last]) => *last = moment,
            none => *none = Some([moment.clone(), moment]),
        }
    }

    /// The values of a column that tells apart what it is about; none of one that measures or counts something.
    fn names(&self) -> &[(String, u64)] {
        let is_measured = |(value, _): &(String, u64)| value.parse::<f64>().is_ok_and(|number| number.fract() != 0.0);
        let is_name = self.values.len() <= MOST_VALUES && !self.values.iter().any(is_measured);
        // a test that has ended does not come back, and numbers of steps do
        let comes_back = self.mark == Mark::Test && self.changes > self.values.len();
        if is_name && !comes_back { &self.values } else { &[] }
    }
}

/// That the rows of each file are of one cell, and what is in doubt about it, a fragment each.
///
/// # Errors
/// [`Error::Line`] where a file has the rows of two cells.
pub(super) fn of_one_cell(files: &[(String, Samples)]) -> Result<Vec<String>, Error> {
    let ignore = |heading: &str| format!("`mapping: {{ignore: [\"{}\"]}}`", shown(heading, 80));
    let mut doubts = Vec::new();
    for (file, samples) in files {
        for said in &samples.beside {
            let [(first, _), (other, line), ..] = said.names() else { continue };
            let (first, other, heading) = (shown(first, 40), shown(other, 40), shown(&said.heading, 80));
            if said.mark == Mark::Cell {
                return Err(Error::Line {
                    file: file.clone(),
                    line: *line,
                    column: format!(", column \"{heading}\""),
                    what: format!(
                        "it has \"{other}\", and above \"{first}\": rows of two cells seem to stand in one file; give each cell a file of \
                         its own, or, if the column does not tell cells apart (a cell was moved to another channel), write {}",
                        ignore(heading.as_ref())
                    ),
                });
            }
            doubts.push(format!(
                "{file}, line {line}: the column \"{heading}\" has \"{other}\", and above \"{first}\": two tests stand in one file; give each \
                 cell a file of its own, or, if it is one cell whose test was continued, write {}",
                ignore(heading.as_ref())
            ));
        }
    }
    for pair in files.windows(2) {
        let [(one, before), (two, after)] = pair else { continue };
        for said in before.beside.iter().filter(|said| said.mark == Mark::Cell) {
            let other = after.beside.iter().find(|other| other.heading == said.heading);
            let names = said.names().last().zip(other.and_then(|other| other.names().first()));
            if let Some(((first, _), (other, _))) = names.filter(|((first, _), (other, _))| first != other) {
                doubts.push(format!(
                    "the column \"{}\" has \"{}\" in {one} and \"{}\" in {two}: they seem to be of two cells; give the files of one cell alone, or, \
                     if the column does not tell cells apart (a cell was moved to another channel), write {}",
                    shown(&said.heading, 80),
                    shown(first, 40),
                    shown(other, 40),
                    ignore(&said.heading)
                ));
            }
        }
    }
    Ok(doubts)
}

/// What the numbers of rows of all files say.
pub(super) struct Rows(Vec<(String, Option<Said>)>);

impl Rows {
    pub(super) fn of(files: &[(String, Samples)]) -> Self {
        let of_file = |samples: &Samples| samples.beside.iter().find(|said| said.mark == Mark::Record).cloned();
        Self(files.iter().map(|(name, samples)| (name.clone(), of_file(samples))).collect())
    }

    /// That so many rows lack as half a cycle has, of all in so many cycles: a fragment.
    pub(super) fn missing(&self, cycles: usize) -> Option<String> {
        let known: Vec<(&String, &Said, f64, f64)> = self
            .0
            .iter()
            .map(|(file, said)| {
                let said = said.as_ref()?;
                Some((file, said, said.first?, said.last_number?))
            })
            .collect::<Option<_>>()?;
        let counts_rows = |said: &Said| said.jumping as f64 <= (JUMPING * said.rows as f64).max(2.0);
        if !known.iter().all(|(_, said, ..)| counts_rows(said)) {
            return None;
        }
        let rows: usize = known.iter().map(|(_, said, ..)| said.rows).sum();
        let of_cycle = rows as f64 / cycles.max(1) as f64;
        let mut gaps: Vec<(&String, f64, f64)> = Vec::new();
        let mut before = 0.0;
        for (file, said, first, last) in known {
            // a count that begins anew begins with 0 or 1
            gaps.push((file, if first > before { before } else { 0.0 }, first));
            gaps.extend(said.jumps.iter().filter(|(from, to)| to > from).map(|(from, to)| (file, *from, *to)));
            before = last;
        }
        gaps.retain(|(_, from, to)| to - from - 1.0 > (LACKING * of_cycle).max(FEW));
        let (file, from, to) = gaps.first()?;
        let lost: f64 = gaps.iter().map(|(_, from, to)| to - from - 1.0).sum();
        let heading = self.0.iter().find_map(|(_, said)| Some(&said.as_ref()?.heading))?;
        let which = match *from == 0.0 {
            true => format!("the first {:.0} rows, before those of {file},", to - 1.0),
            false => format!("rows {:.0} to {:.0}, before those of {file} or in it,", from + 1.0, to - 1.0),
        };
        let more = match gaps.len() {
            1 => String::new(),
            more => format!(" and those at {}", counted(more - 1, "other place")),
        };
        Some(format!(
            "{which}{more} are not in the files, by the numbers of rows in \"{0}\", as many as {1:.1} cycles have: cycles that are not there \
             count for nothing, so a life would be too short by so many; give the files that lack, or write `mapping: {{ignore: [\"{0}\"]}}` \
             if they are none of the ageing",
            shown(heading, 80),
            lost / of_cycle
        ))
    }
}

/// s between the last row of one file and the first of the next, by their dates, where these show it. `lasts` in s by their times tells day
/// from month where nothing else does.
pub(super) fn between(before: &Samples, after: &Samples, lasts: [f64; 2]) -> Option<f64> {
    let moments = |samples: &Samples| -> Option<[Moments; 2]> {
        let [first, last] = samples.beside.iter().find(|said| said.mark == Mark::Date)?.moments.as_ref()?;
        Some([first.seconds()?, last.seconds()?])
    };
    let all = [moments(before)?, moments(after)?].concat();
    let mut dates = Dates::default();
    all.iter().for_each(|moment| dates.push(*moment));
    let of_order = |order: usize| all.iter().map(|moment| moment[order]).collect::<Vec<f64>>();
    let goes_with_times = |times: &Vec<f64>| {
        let spans = [times[1] - times[0], times[3] - times[2]];
        spans.iter().zip(lasts).all(|(span, lasts)| (span - lasts).abs() <= 60.0 + 0.05 * lasts)
    };
    let times = match dates.settle(None) {
        Ok(times) => times,
        Err(_) => [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay]
            .map(|order| of_order(order as usize))
            .into_iter()
            .find(goes_with_times)?,
    };
    Some(times[2] - times[1]).filter(|gap| gap.is_finite() && *gap > 0.0)
}
