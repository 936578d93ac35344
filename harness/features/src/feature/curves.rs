//! The discharge curves of a cell side by side, their repair, and two ways to say how they change.

/// Ah; a cycle whose curve is further than this from the running median is a glitch.
const GLITCH: f64 = 0.03;
/// Cycles to either side in the running median that finds glitches.
const NEIGHBOURS: usize = 3;
/// Passes of the repair.
const PASSES: usize = 2;
/// Cycles at the start and at the end whose medians are compared.
const WINDOW: usize = 21;
/// The first position of the trend.
const TREND_FROM: usize = 8;
/// Grid points to either side in the running median of a change.
const SMOOTHED: usize = 10;

/// How the curves change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The median of the last cycles minus that of the first.
    OfWindows,
    /// The least-squares slope from the ninth cycle on, as change from its first to its last.
    OfTrend,
}

/// Discharge capacity in Ah over falling voltage, one row per cycle.
pub(super) struct Curves {
    points: usize,
    values: Vec<f64>,
}

impl Curves {
    pub(super) fn new(points: usize) -> Self {
        Self { points, values: Vec::new() }
    }

    /// Adds the curve of the next cycle. What a curve does not reach is as its nearest point; zero where there is none.
    pub(super) fn push(&mut self, curve: &[f64]) {
        let first = curve.iter().copied().find(|value| value.is_finite()).unwrap_or(0.0);
        let mut last = first;
        self.values.extend(curve.iter().map(|&value| {
            if value.is_finite() {
                last = value;
            }
            last
        }));
    }

    pub(super) fn cycles(&self) -> usize {
        self.values.len() / self.points
    }

    pub(super) fn row(&self, cycle: usize) -> &[f64] {
        &self.values[cycle * self.points..(cycle + 1) * self.points]
    }

    /// Per grid point, the median of the cycles of a range.
    fn medians(&self, cycles: std::ops::Range<usize>, column: &mut Vec<f64>) -> Vec<f64> {
        (0..self.points)
            .map(|point| {
                column.clear();
                column.extend(cycles.clone().map(|cycle| self.values[cycle * self.points + point]));
                median(column)
            })
            .collect()
    }

    /// Replaces cycles with a glitch by the median of their neighbours and themselves.
    pub(super) fn repair(&mut self) {
        let mut column = Vec::new();
        for _ in 0..PASSES {
            let cycles = self.cycles();
            let mut repaired: Vec<(usize, Vec<f64>)> = Vec::new();
            for cycle in 0..cycles {
                let near = cycle.saturating_sub(NEIGHBOURS)..(cycle + NEIGHBOURS + 1).min(cycles);
                let medians = self.medians(near, &mut column);
                if self.row(cycle).iter().zip(&medians).any(|(value, median)| (value - median).abs() > GLITCH) {
                    repaired.push((cycle, medians));
                }
            }
            for (cycle, medians) in repaired {
                self.values[cycle * self.points..(cycle + 1) * self.points].copy_from_slice(&medians);
            }
        }
    }

    /// The running median over a cycle and so many to either side, the first and last of which stand for those beyond.
    pub(super) fn smooth(&self, neighbours: usize) -> Self {
        let last = self.cycles() - 1;
        let mut window = vec![0.0; 2 * neighbours + 1];
        let mut values = Vec::with_capacity(self.values.len());
        for cycle in 0..=last {
            for point in 0..self.points {
                for (k, value) in window.iter_mut().enumerate() {
                    let near = (cycle + k).saturating_sub(neighbours).min(last);
                    *value = self.values[near * self.points + point];
                }
                values.push(median(&mut window));
            }
        }
        Self { points: self.points, values }
    }

    /// One number per grid point, Ah, after a running median over the grid.
    pub(super) fn change(&self, change: Change) -> Vec<f64> {
        let raw = match change {
            Change::OfWindows => self.of_windows(),
            Change::OfTrend => self.of_trend(),
        };
        running_median(&raw, SMOOTHED)
    }

    fn of_windows(&self) -> Vec<f64> {
        let (cycles, mut column) = (self.cycles(), Vec::new());
        let late = self.medians(cycles - WINDOW..cycles, &mut column);
        let early = self.medians(0..WINDOW, &mut column);
        late.iter().zip(early).map(|(late, early)| late - early).collect()
    }

    /// Of the running median over five cycles.
    fn of_trend(&self) -> Vec<f64> {
        let (smooth, cycles) = (self.smooth(2), self.cycles());
        let half = (cycles - TREND_FROM - 1) as f64 / 2.0;
        let mut change = vec![0.0; self.points];
        let mut squares = 0.0;
        for cycle in TREND_FROM..cycles {
            let place = ((cycle - TREND_FROM) as f64 - half) / half;
            squares += place * place;
            change.iter_mut().zip(smooth.row(cycle)).for_each(|(change, value)| *change += place * value);
        }
        change.iter_mut().for_each(|value| *value *= 2.0 / squares);
        change
    }
}

/// Sorts the values; of an even number of them, the mean of the two in the middle.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// The median of a value and so many to either side, the first and last of which stand for those beyond.
pub(super) fn running_median(values: &[f64], half_width: usize) -> Vec<f64> {
    let last = values.len() - 1;
    let mut window = vec![0.0; 2 * half_width + 1];
    (0..values.len())
        .map(|place| {
            for (k, value) in window.iter_mut().enumerate() {
                *value = values[(place + k).saturating_sub(half_width).min(last)];
            }
            median(&mut window)
        })
        .collect()
}
