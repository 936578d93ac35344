//! Zeroes what stands out at an edge of a row.

use super::sorting_network::{LANES, Lanes, MedianNetwork};

/// Smooths the same few columns of many rows: with m the lower median of a row's columns and d = |x − m|, every x with
/// d over `threshold` standard deviations (n − 1) of d becomes 0.
#[derive(Clone, Debug)]
pub(super) struct EdgeSmoother {
    threshold: f32,
    network: MedianNetwork,
    columns: Vec<Lanes>,
    sorted: Vec<Lanes>,
}

impl EdgeSmoother {
    /// For edges of `width` columns, at least 1.
    pub(super) fn new(width: usize, threshold: f32) -> Self {
        Self {
            threshold,
            network: MedianNetwork::new(width),
            columns: vec![[0.0; LANES]; width],
            sorted: vec![[0.0; LANES]; width],
        }
    }

    /// Columns of an edge.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Smooths the columns from `first` on of up to [`LANES`] rows of `row_length`.
    #[inline(always)]
    pub(super) fn smooth(&mut self, rows: &mut [f32], row_length: usize, first: usize) {
        let width = self.columns.len();
        for (lane, row) in rows.chunks_exact(row_length).enumerate() {
            for (column, &value) in self.columns.iter_mut().zip(&row[first..first + width]) {
                column[lane] = value;
            }
        }
        self.sorted.copy_from_slice(&self.columns);
        let median = self.network.lower_median(&mut self.sorted);

        let (mut sum, mut squares) = ([0.0_f64; LANES], [0.0_f64; LANES]);
        for column in &self.columns {
            for lane in 0..LANES {
                let distance = f64::from((column[lane] - median[lane]).abs());
                sum[lane] += distance;
                squares[lane] += distance * distance;
            }
        }
        for (lane, row) in rows.chunks_exact_mut(row_length).enumerate() {
            let limit = self.threshold * super::outlier::deviation(sum[lane], squares[lane], width);
            let median = median[lane];
            for value in &mut row[first..first + width] {
                *value = if (*value - median).abs() > limit { 0.0 } else { *value };
            }
        }
    }
}
