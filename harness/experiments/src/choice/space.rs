//! How far cells lie from those that a model has learned from.

/// Training cells in standardised columns.
pub(super) struct Space {
    /// Per column with a spread: its place, the training mean and standard deviation (n − 1).
    columns: Vec<(usize, f64, f64)>,
    /// Of each training cell, its standardised columns.
    cells: Vec<Vec<f64>>,
}

impl Space {
    /// Of training cells, as rows of the same length. A column in which they do not differ has no unit, and is left out.
    pub(super) fn of(rows: &[&[f64]]) -> Self {
        let count = rows.len() as f64;
        let width = rows.first().map_or(0, |row| row.len());
        let column = |place: usize| {
            let mean = rows.iter().map(|row| row[place]).sum::<f64>() / count;
            let squares: f64 = rows.iter().map(|row| (row[place] - mean).powi(2)).sum();
            let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
            (deviation > 1e-12 * mean.abs().max(1e-12)).then_some((place, mean, deviation))
        };
        let mut space = Self { columns: (0..width).filter_map(column).collect(), cells: Vec::new() };
        space.cells = rows.iter().map(|row| space.standardised(row)).collect();
        space
    }

    fn standardised(&self, row: &[f64]) -> Vec<f64> {
        self.columns.iter().map(|&(place, mean, deviation)| (row[place] - mean) / deviation).collect()
    }

    /// From a cell to each training cell: the root of the mean square difference over the columns, in training deviations.
    pub(super) fn distances(&self, row: &[f64]) -> Vec<f64> {
        let own = self.standardised(row);
        self.cells.iter().map(|cell| distance(&own, cell)).collect()
    }

    /// Of each training cell, how far it is from the nearest `count` of the others.
    pub(super) fn left_out(&self, count: usize) -> Vec<f64> {
        let of = |place: usize| {
            let others = self.cells.iter().enumerate().filter(|(other, _)| *other != place);
            let distances: Vec<f64> = others.map(|(_, cell)| distance(&self.cells[place], cell)).collect();
            to_nearest(&distances, count)
        };
        (0..self.cells.len()).map(of).collect()
    }
}

fn distance(one: &[f64], other: &[f64]) -> f64 {
    let squares: f64 = one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum();
    (squares / one.len().max(1) as f64).sqrt()
}

/// The mean of the `count` least of these distances, or of all if there are fewer.
pub(super) fn to_nearest(distances: &[f64], count: usize) -> f64 {
    let mut sorted = distances.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.truncate(count);
    sorted.iter().sum::<f64>() / sorted.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: [[f64; 3]; 4] = [[0.0, 7.0, 10.0], [2.0, 7.0, 10.0], [4.0, 7.0, 40.0], [6.0, 7.0, 40.0]];

    fn rows(cells: &[[f64; 3]]) -> Vec<&[f64]> {
        cells.iter().map(<[f64; 3]>::as_slice).collect()
    }

    #[test]
    fn distances_are_in_training_deviations_whatever_the_units() {
        let space = Space::of(&rows(&CELLS));
        // deviations of the columns: √(20/3) and √300; the middle one tells nothing
        let expected = |one: f64, other: f64| ((one.powi(2) / (20.0 / 3.0) + other.powi(2) / 300.0) / 2.0).sqrt();
        let found = space.distances(&[1.0, 99.0, 10.0]);
        let right = [expected(1.0, 0.0), expected(1.0, 0.0), expected(3.0, 30.0), expected(5.0, 30.0)];
        assert!(found.iter().zip(right).all(|(found, right)| (found - right).abs() < 1e-12), "{found:?} {right:?}");
        let scaled = CELLS.map(|[a, b, c]| [1000.0 * a + 5.0, b, c / 7.0]);
        let again = Space::of(&rows(&scaled)).distances(&[1005.0, 99.0, 10.0 / 7.0]);
        assert!(found.iter().zip(again).all(|(found, again)| (found - again).abs() < 1e-9));
    }

    #[test]
    fn nobody_is_a_neighbour_of_itself() {
        let space = Space::of(&rows(&CELLS));
        let one = 2.0 / (20.0_f64 / 3.0).sqrt() / 2.0_f64.sqrt();
        assert!(space.left_out(1).iter().all(|distance| (distance - one).abs() < 1e-12));
        assert_eq!(to_nearest(&space.distances(&CELLS[2]), 1), 0.0);
        assert_eq!(to_nearest(&[3.0, 1.0, 2.0], 2), 1.5);
        assert_eq!(to_nearest(&[3.0, 1.0], 9), 2.0);
    }
}
