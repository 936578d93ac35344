//! Between PyTorch's order of the weights and the order in which the kernels read them.

use super::kernels::FEATURES;

/// `[32][rows × columns]` to `[columns × rows][32]` if `swap`, else `[rows × columns][32]`: the output channel becomes the
/// fastest index, and the position (`columns`) goes before the input channel (`rows`) where asked for.
pub(super) fn pack(torch: &[f32], rows: usize, columns: usize, swap: bool) -> Vec<f32> {
    let mut packed = vec![0.0; torch.len()];
    for_each(rows, columns, swap, |from, to| packed[to] = torch[from]);
    packed
}

/// The inverse of [`pack`].
pub(super) fn unpack(packed: &[f32], rows: usize, columns: usize, swap: bool) -> Vec<f32> {
    let mut torch = vec![0.0; packed.len()];
    for_each(rows, columns, swap, |from, to| torch[from] = packed[to]);
    torch
}

fn for_each(rows: usize, columns: usize, swap: bool, mut pair: impl FnMut(usize, usize)) {
    for output in 0..FEATURES {
        for row in 0..rows {
            for column in 0..columns {
                let from = (output * rows + row) * columns + column;
                let term = if swap { column * rows + row } else { row * columns + column };
                pair(from, term * FEATURES + output);
            }
        }
    }
}

/// `[points][in][out]` to `[points][out][in]`, both channel counts 32: the order in which gradients flow back.
pub(super) fn transpose_points(points: &[f32], transposed: &mut [f32]) {
    let square = FEATURES * FEATURES;
    for (point, transposed) in points.chunks_exact(square).zip(transposed.chunks_exact_mut(square)) {
        for (place, value) in transposed.iter_mut().enumerate() {
            *value = point[place % FEATURES * FEATURES + place / FEATURES];
        }
    }
}

/// `[terms][32]` to `[32][terms]`.
pub(super) fn transpose_projection(packed: &[f32], transposed: &mut [f32]) {
    let terms = packed.len() / FEATURES;
    for (term, row) in packed.chunks_exact(FEATURES).enumerate() {
        for (output, &value) in row.iter().enumerate() {
            transposed[output * terms + term] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_undone_by_unpacking() {
        let torch: Vec<f32> = (0..FEATURES * 6 * 9).map(|value| value as f32).collect();
        for swap in [false, true] {
            let packed = pack(&torch, 6, 9, swap);
            assert_ne!(packed, torch);
            assert_eq!(unpack(&packed, 6, 9, swap), torch);
        }
        // output 3, input 2, position 5
        let value = torch[(3 * 6 + 2) * 9 + 5];
        assert_eq!(pack(&torch, 6, 9, false)[(2 * 9 + 5) * FEATURES + 3], value);
        assert_eq!(pack(&torch, 6, 9, true)[(5 * 6 + 2) * FEATURES + 3], value);
    }
}
