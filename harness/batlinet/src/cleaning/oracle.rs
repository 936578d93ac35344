//! PyTorch's operations, one whole array after another, as the authors use them: what the tests compare with.

use super::CleaningParameters;

pub(super) fn lower_median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

pub(super) fn deviation(values: &[f32]) -> f32 {
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt() as f32
}

pub(super) fn smooth(edge: &mut [f32], threshold: f32) {
    let median = lower_median(edge);
    let distances: Vec<f32> = edge.iter().map(|value| (value - median).abs()).collect();
    let limit = threshold * deviation(&distances);
    edge.iter_mut().zip(distances).for_each(|(value, distance)| {
        if distance > limit {
            *value = 0.0;
        }
    });
}

fn roll<T: Copy>(values: &[T], shift: isize) -> Vec<T> {
    let length = values.len() as isize;
    (0..length).map(|w| values[(w - shift).rem_euclid(length) as usize]).collect()
}

pub(super) fn remove_glitches(row: &mut [f32], width: usize, threshold: f32) {
    let marked = |shift: isize| {
        let neighbours = roll(row, shift);
        let steps: Vec<f32> = row.iter().zip(neighbours).map(|(x, other)| (other - x).abs()).collect();
        let limit = threshold * deviation(&steps);
        let mut mask: Vec<bool> = steps.iter().map(|&step| step > limit).collect();
        for _ in 0..width {
            let rolled = roll(&mask, shift);
            mask.iter_mut().zip(rolled).for_each(|(mark, other)| *mark |= other);
        }
        mask
    };
    let (left, right) = (marked(1), marked(-1));
    for (w, value) in row.iter_mut().enumerate() {
        if left[w] && right[w] {
            *value = 0.0;
        }
    }
}

pub(super) fn filter_cycles(channel: &mut [f32], width: usize, threshold: f32) {
    let outlying = |values: Vec<f32>| {
        let median = lower_median(&values);
        let distances: Vec<f32> = values.iter().map(|value| (value - median).abs()).collect();
        let limit = threshold * deviation(&distances);
        distances.into_iter().map(|distance| distance > limit).collect::<Vec<bool>>()
    };
    let rows = || channel.chunks_exact(width);
    let largest = rows().map(|row| row.iter().fold(0.0_f32, |most, value| most.max(value.abs()))).collect();
    let mean =
        rows().map(|row| (row.iter().map(|&value| f64::from(value)).sum::<f64>() / width as f64) as f32).collect();
    let (by_largest, by_mean) = (outlying(largest), outlying(mean));
    for (c, row) in channel.chunks_exact_mut(width).enumerate() {
        if by_largest[c] || by_mean[c] {
            row.fill(0.0);
        }
    }
}

pub(super) fn clean(map: &mut [f32], cycles: usize, width: usize, parameters: &CleaningParameters) {
    let edge = parameters.edge_width.min(width);
    for row in map.chunks_exact_mut(width) {
        smooth(&mut row[..edge], parameters.edge_threshold);
        smooth(&mut row[width - edge..], parameters.edge_threshold);
        remove_glitches(row, parameters.glitch_width, parameters.glitch_threshold);
    }
    if parameters.filter_cycles {
        for channel in map.chunks_exact_mut(cycles * width) {
            filter_cycles(channel, width, parameters.cycle_threshold);
        }
    }
}
