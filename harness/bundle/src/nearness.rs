//! How far the features of a cell are from those of the training cells.

use ndarray::{ArrayD, ArrayView1, Axis};

/// So many numbers of a sample are compared at most, evenly spaced: neighbours on a curve say the same.
const COMPARED: usize = 2048;

/// The part of training cells whose distances are taken for usual.
const USUAL: f64 = 0.99;

/// The training cells in standardised features: distances are root mean squares over these, in standard deviations.
pub struct Nearness {
    columns: Vec<Column>,
    rows: Vec<Vec<f64>>,
    usual: f64,
}

struct Column {
    place: usize,
    mean: f64,
    deviation: f64,
}

impl Nearness {
    /// Of training features; axis 0 is the cell. `None` where no two cells differ, or there is nothing to compare.
    pub fn of(features: &ArrayD<f32>) -> Option<Self> {
        let cells = features.shape().first().copied().filter(|&cells| cells >= 2)?;
        let table = features.to_shape((cells, features.len() / cells)).ok()?;
        let step = table.ncols().div_ceil(COMPARED).max(1);
        let column = |place: usize| {
            let values = || table.column(place).into_iter().map(|&value| f64::from(value));
            let mean = values().sum::<f64>() / cells as f64;
            let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / (cells - 1) as f64).sqrt();
            // what is the same in all cells, up to single precision, has no scale
            (deviation > 1e-6 * mean.abs().max(1e-6)).then_some(Column { place, mean, deviation })
        };
        let columns: Vec<Column> = (0..table.ncols()).step_by(step).filter_map(column).collect();
        if columns.is_empty() {
            return None;
        }
        let rows: Vec<Vec<f64>> = table.axis_iter(Axis(0)).map(|row| scaled(&columns, row)).collect();
        let mut alone: Vec<f64> = (0..cells).map(|cell| nearest(&rows, &rows[cell], Some(cell))).collect();
        alone.sort_by(f64::total_cmp);
        let usual = alone[((USUAL * cells as f64).ceil() as usize).clamp(1, cells) - 1];
        Some(Self { columns, rows, usual })
    }

    /// How many times farther from its nearest training cell than 99 % of the training cells are from theirs: above 1, the
    /// cell lies outside. `features` are those of one cell, row-major.
    pub fn excess(&self, features: &[f32]) -> f64 {
        nearest(&self.rows, &scaled(&self.columns, ArrayView1::from(features)), None)
            / self.usual.max(f64::MIN_POSITIVE)
    }
}

fn scaled(columns: &[Column], row: ArrayView1<'_, f32>) -> Vec<f64> {
    columns.iter().map(|column| (f64::from(row[column.place]) - column.mean) / column.deviation).collect()
}

fn nearest(rows: &[Vec<f64>], row: &[f64], but: Option<usize>) -> f64 {
    let others = rows.iter().enumerate().filter(|(other, _)| Some(*other) != but);
    let square = |other: &[f64]| other.iter().zip(row).map(|(one, other)| (one - other).powi(2)).sum::<f64>();
    others.map(|(_, other)| (square(other) / row.len() as f64).sqrt()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn what_is_among_the_others_is_inside_and_the_units_do_not_matter() {
        let plain = array![[0.0_f32, 0.0, 7.0], [1.0, 0.0, 7.0], [0.0, 1.0, 7.0], [1.0, 1.0, 7.0]].into_dyn();
        let nearness = Nearness::of(&plain).unwrap();
        assert!(nearness.excess(&[0.5, 0.5, 7.0]) <= 1.0 && nearness.excess(&[0.0, 1.0, 7.0]) == 0.0);
        assert!((nearness.excess(&[4.0, 0.0, 7.0]) - 3.0).abs() < 1e-6);
        let in_milli = plain.mapv(|value| 1e3 * value);
        assert!((Nearness::of(&in_milli).unwrap().excess(&[4e3, 0.0, 7e3]) - 3.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_is_compared_where_nothing_differs() {
        assert!(Nearness::of(&array![[1.0_f32], [1.0]].into_dyn()).is_none());
        assert!(Nearness::of(&array![[1.0_f32, 2.0]].into_dyn()).is_none());
        assert!(Nearness::of(&ArrayD::zeros(ndarray::IxDyn(&[3, 0]))).is_none());
    }
}
