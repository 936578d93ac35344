//! Whether a series is one of the lab's.

use super::VirtualLab;
use cells::source::CellSource as _;

/// Cycles of the virtual cell among whose voltages those of a cycle are looked for: rules of cleaning drop a few of the first.
const CYCLES: usize = 40;
/// V by which a number may change on its way through files.
const TOLERANCE: f64 = 1e-10;

/// Whether the voltages of an early cycle of the cell `id` were made here: at least ten of them, and a tenth of all, are those
/// of the virtual cell.
///
/// Virtual voltages have noise in all their digits, so a measured one meets one of them once in a million samples. A cell that
/// another [`super::VERSION`] made is not known any more.
pub fn made(id: &str, voltages: &[f64]) -> bool {
    let Ok(cell) = VirtualLab::new().cell(id, CYCLES) else { return false };
    let mut ours: Vec<f64> = cell.cycles().iter().flat_map(|cycle| cycle.voltage.iter().copied()).collect();
    ours.sort_by(f64::total_cmp);
    let is_ours = |voltage: &f64| {
        let next = ours.partition_point(|ours| *ours < voltage - TOLERANCE);
        ours.get(next).is_some_and(|ours| (ours - voltage).abs() <= TOLERANCE)
    };
    voltages.iter().filter(|voltage| is_ours(voltage)).count() >= (voltages.len() / 10).max(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lab_knows_its_own_cycles_in_any_order_and_no_others() {
        for id in ["MATR_b1c0", "RWTH_002", "UL-PUR_N10-EX9_18650_NCA_23C_0-100_0.5-0.5C_i"] {
            let cell = VirtualLab::new().cell(id, 30).unwrap();
            for position in [0, 12, 29] {
                let mut voltages = cell.cycles()[position].voltage.clone();
                voltages.reverse();
                // other samples among them, and last digits that a parser lost
                voltages.extend((0..2 * voltages.len()).map(|k| 3.0 + 1e-3 * k as f64));
                voltages.iter_mut().for_each(|voltage| *voltage *= 1.0 + f64::EPSILON);
                assert!(made(id, &voltages), "{id} at {position}");
            }
            // as an instrument of 0.1 mV would have measured the same
            let measured: Vec<f64> = cell.cycles()[0].voltage.iter().map(|v| (v * 1e4).round() / 1e4).collect();
            assert!(!made(id, &measured), "{id}");
            assert!(!made("HUST_1-1", &cell.cycles()[0].voltage), "{id} is another cell");
            assert!(!made(id, &cell.cycles()[0].voltage[..9]) && !made(id, &[]));
        }
        assert!(!made("MATR_b9c9", &[3.0; 20]), "no cell of the lab");
    }
}
