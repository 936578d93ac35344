//! Tables in memory: cells keep their numbers at full precision until a form is chosen.

use super::published::PublishedNumber;
use statistics::{Interval, Spread};

/// Beyond so many times the estimate, the end of an interval is no number that anybody could use.
const UNBOUNDED: f64 = 100.0;

/// Headings and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of its files, without ending.
    pub slug: String,
    /// What it shows.
    pub caption: String,
    /// One per column.
    pub columns: Vec<Column>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Whether narrow forms leave it out.
    pub is_detail: bool,
    /// Whether it is left out where it has no number.
    pub is_optional: bool,
    /// Whether it has errors of ours, of which the smallest may be told apart.
    pub is_error: bool,
}

impl Column {
    /// A column that every form has.
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), is_detail: false, is_optional: false, is_error: false }
    }

    /// A column of errors.
    pub fn error(heading: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::new(heading) }
    }

    /// A column that is left out where it has no number, as published ones where nobody published any.
    pub fn optional(heading: impl Into<String>) -> Self {
        Self { is_optional: true, ..Self::new(heading) }
    }

    /// A column that narrow forms leave out.
    pub fn detail(heading: impl Into<String>) -> Self {
        Self { is_detail: true, ..Self::new(heading) }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Does not apply.
    Blank,
    /// Applies, and there is no number.
    Missing,
    /// A number with its interval.
    Interval(Interval),
    /// A difference with its interval, all with their signs.
    Change(Interval),
    /// A probability.
    Probability(f64),
    /// Predicted less observed, as a mean over seeds, and the mean of its absolute value.
    Error {
        /// With its sign.
        mean: f64,
        /// Without.
        absolute: f64,
    },
    /// Words.
    Text(String),
    /// A verdict in a word or two.
    Word(String),
    /// Keys of the runs that the row is made of.
    Runs(Vec<String>),
    /// A count.
    Count(usize),
    /// A number shown with one decimal.
    Number(f64),
    /// Mean ± population standard deviation; the mean alone for one seed.
    Mean(Spread),
    /// Median with its quartiles; the median alone for one seed.
    Median(Spread),
    /// A number of the paper.
    Published(&'static PublishedNumber),
}

impl Cell {
    /// Mean and standard deviation, if there are any.
    pub fn mean(spread: Option<Spread>) -> Self {
        spread.map_or(Self::Missing, Self::Mean)
    }

    /// Median and quartiles, if there are any.
    pub fn median(spread: Option<Spread>) -> Self {
        spread.map_or(Self::Missing, Self::Median)
    }

    /// The number, if there is one.
    pub fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Missing, Self::Number)
    }

    /// The published number, if there is one.
    pub fn published(number: Option<&'static PublishedNumber>) -> Self {
        number.map_or(Self::Missing, Self::Published)
    }

    /// The number by which it is sorted, if it has one.
    pub fn key(&self) -> Option<f64> {
        match self {
            Self::Blank | Self::Missing | Self::Text(_) | Self::Word(_) => None,
            Self::Runs(keys) => Some(keys.len() as f64),
            Self::Count(count) => Some(*count as f64),
            Self::Number(value) | Self::Probability(value) => Some(*value),
            Self::Interval(interval) | Self::Change(interval) => Some(interval.estimate),
            Self::Error { absolute, .. } => Some(*absolute),
            Self::Mean(spread) => Some(spread.mean),
            Self::Median(spread) => Some(spread.median),
            Self::Published(number) => Some(number.value),
        }
    }

    /// Whether it is the interval of an error that its cells do not bound from above.
    pub fn is_unbounded(&self) -> bool {
        matches!(self, Self::Interval(Interval { estimate, high, .. }) if *high > UNBOUNDED * estimate.abs())
    }

    /// As people read it.
    pub fn text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Missing => "–".to_owned(),
            Self::Interval(Interval { estimate, low, high }) => {
                let high = if self.is_unbounded() { "∞".to_owned() } else { number(*high) };
                format!("{} [{}, {high}]", number(*estimate), number(*low))
            }
            Self::Change(Interval { estimate, low, high }) if low == high => signed(*estimate),
            Self::Change(Interval { estimate, low, high }) => {
                format!("{} [{}, {}]", signed(*estimate), signed(*low), signed(*high))
            }
            Self::Probability(value) if *value < 0.001 => "< 0.001".to_owned(),
            Self::Probability(value) => format!("{value:.3}"),
            Self::Error { mean, absolute } if (absolute - mean.abs()) < 0.05 => signed(*mean),
            Self::Error { mean, absolute } => format!("{} ({})", signed(*mean), number(*absolute)),
            Self::Text(text) | Self::Word(text) => text.clone(),
            Self::Runs(keys) => keys.len().to_string(),
            Self::Count(count) => count.to_string(),
            Self::Number(value) => number(*value),
            Self::Mean(spread) if spread.count == 1 => number(spread.mean),
            Self::Mean(spread) => format!("{} ± {}", number(spread.mean), number(spread.population_std)),
            Self::Median(spread) if spread.count == 1 => number(spread.median),
            Self::Median(spread) => {
                let (lower, upper) = spread.quartiles;
                format!("{} [{}, {}]", number(spread.median), number(lower), number(upper))
            }
            Self::Published(PublishedNumber { value, spread: Some(spread), .. }) => format!("{value} ± {spread}"),
            Self::Published(PublishedNumber { value, .. }) => value.to_string(),
        }
    }
}

impl Table {
    /// The headings.
    pub fn header(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.heading.clone()).collect()
    }

    /// The rows as people read them.
    pub fn texts(&self) -> Vec<Vec<String>> {
        self.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect()
    }

    /// Of each column of errors the row with the smallest; `None` for other columns and where only one row has a number.
    pub fn best(&self) -> Vec<Option<usize>> {
        let best = |position: usize| {
            let errors = self.rows.iter().enumerate().filter_map(|(row, cells)| Some((row, cells[position].key()?)));
            let errors: Vec<(usize, f64)> = errors.filter(|(_, error)| !error.is_nan()).collect();
            let smallest = errors.iter().min_by(|one, other| one.1.total_cmp(&other.1))?;
            (errors.len() > 1).then_some(smallest.0)
        };
        let columns = self.columns.iter().enumerate();
        columns.map(|(position, column)| if column.is_error { best(position) } else { None }).collect()
    }

    /// Without the columns of detail.
    pub fn narrow(&self) -> Self {
        let kept = |position: &usize| !self.columns[*position].is_detail;
        let kept: Vec<usize> = (0..self.columns.len()).filter(kept).collect();
        Self {
            columns: kept.iter().map(|&position| self.columns[position].clone()).collect(),
            rows: self.rows.iter().map(|row| kept.iter().map(|&position| row[position].clone()).collect()).collect(),
            ..self.clone()
        }
    }

    /// Without the optional columns that have no number.
    pub fn without_empty_columns(mut self) -> Self {
        for position in (1..self.columns.len()).rev() {
            if self.columns[position].is_optional
                && self.rows.iter().all(|row| matches!(row[position], Cell::Blank | Cell::Missing))
            {
                self.columns.remove(position);
                for row in &mut self.rows {
                    row.remove(position);
                }
            }
        }
        self
    }
}

/// One decimal, or powers of ten where that would be unreadable.
pub fn number(value: f64) -> String {
    if value.abs() >= 1e7 { format!("{value:.2e}") } else { format!("{value:.1}") }
}

/// The same with its sign; nothing is neither.
pub fn signed(value: f64) -> String {
    let text = number(value.abs());
    match () {
        () if text == "0.0" => text,
        () if value < 0.0 => format!("−{text}"),
        () => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_readable() {
        assert_eq!([number(63.04), number(988_652.88), number(1.23e12)], ["63.0", "988652.9", "1.23e12"]);
        let spread = Spread::new(&[60.0, 62.0, 100.0]).unwrap();
        assert_eq!(Cell::Mean(spread).text(), "74.0 ± 18.4");
        assert_eq!(Cell::Median(spread).text(), "62.0 [61.0, 81.0]");
        assert_eq!(Cell::mean(Spread::new(&[60.0])).text(), "60.0");
        assert_eq!(Cell::mean(None).text(), "–");
        assert_eq!([signed(-3.04), signed(12.0), signed(-0.01)], ["−3.0", "+12.0", "0.0"]);
        let interval = Interval { estimate: 4.0, low: -1.0, high: 9.0 };
        assert_eq!(
            [Cell::Interval(interval).text(), Cell::Change(interval).text()],
            ["4.0 [-1.0, 9.0]", "+4.0 [−1.0, +9.0]"]
        );
        let wide = Interval { estimate: 72.4, low: 26.3, high: 9.1e12 };
        assert_eq!(Cell::Interval(wide).text(), "72.4 [26.3, ∞]");
    }

    #[test]
    fn columns_are_dropped_with_their_cells() {
        let table = Table {
            slug: "t".to_owned(),
            caption: String::new(),
            columns: vec![
                Column::new("model"),
                Column::detail("MAE"),
                Column::optional("published"),
                Column::new("RMSE"),
            ],
            rows: vec![
                vec![Cell::Text("a".to_owned()), Cell::Number(1.0), Cell::Missing, Cell::Number(2.0)],
                vec![Cell::Text("b".to_owned()), Cell::Number(3.0), Cell::Blank, Cell::Missing],
            ],
        };
        assert_eq!(table.narrow().header(), ["model", "published", "RMSE"]);
        let table = table.without_empty_columns();
        assert_eq!(table.header(), ["model", "MAE", "RMSE"]);
        assert_eq!(table.texts(), [["a", "1.0", "2.0"], ["b", "3.0", "–"]]);
    }
}
