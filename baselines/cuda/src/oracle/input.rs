//! Inputs of an encoder: differences of maps, cleaned in single precision.

use crate::spec::{Cleaning, CycleFilter, Input, Rule, Shape};

fn lower_median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted[(values.len() - 1) / 2]
}

fn deviation(values: &[f32]) -> f32 {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let squares: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    (squares / (count - 1.0)).sqrt() as f32
}

fn distances(values: &[f32]) -> Vec<f32> {
    let median = lower_median(values);
    values.iter().map(|value| (value - median).abs()).collect()
}

fn smooth_edge(values: &mut [f32]) {
    let distances = distances(values);
    let limit = 3.0 * deviation(&distances);
    values.iter_mut().zip(distances).filter(|(_, distance)| *distance > limit).for_each(|(value, _)| *value = 0.0);
}

fn remove_glitches(row: &mut [f32], glitch_width: usize, wrap: bool) {
    let length = row.len();
    let jumps: Vec<f32> = (0..length)
        .map(|w| if w == 0 && !wrap { 0.0 } else { (row[(w + length - 1) % length] - row[w]).abs() })
        .collect();
    let limit = 3.0 * deviation(&jumps);
    let near = |w: usize| {
        // a jump before w no further than the width, and one after it
        let before = (0..=glitch_width).any(|k| jumps[(w + 2 * length - k % length) % length] > limit);
        let after = (1..=glitch_width + 1).any(|k| jumps[(w + k) % length] > limit);
        before && after
    };
    let glitches: Vec<bool> = (0..length).map(near).collect();
    row.iter_mut().zip(glitches).filter(|(_, glitch)| *glitch).for_each(|(value, _)| *value = 0.0);
}

fn hampel(row: &mut [f32]) {
    const WINDOW: usize = 51;
    let original = row.to_vec();
    for (at, value) in row.iter_mut().enumerate() {
        let window = &original[at.saturating_sub(WINDOW / 2).min(original.len() - WINDOW)..][..WINDOW];
        let median = lower_median(window);
        let limit = 1.4826 * lower_median(&distances(window)) * 3.0;
        if (original[at] - median).abs() > limit {
            *value = median;
        }
    }
}

/// Which rows of a map the filter drops.
pub fn outlying(map: &[f32], shape: Shape, filter: CycleFilter) -> Vec<bool> {
    let mut dropped = vec![false; shape.rows()];
    let rows: Vec<&[f32]> = map.chunks_exact(shape.width).collect();
    let mean = |row: &[f32], of: fn(f64) -> f64| {
        (row.iter().map(|&value| of(f64::from(value))).sum::<f64>() / row.len() as f64) as f32
    };
    match filter {
        CycleFilter::Off => {}
        CycleFilter::PerChannel => {
            for (rows, dropped) in rows.chunks(shape.height).zip(dropped.chunks_mut(shape.height)) {
                let largest: Vec<f32> =
                    rows.iter().map(|row| row.iter().fold(0.0_f32, |most, value| most.max(value.abs()))).collect();
                let means: Vec<f32> = rows.iter().map(|row| mean(row, |value| value)).collect();
                for values in [largest, means] {
                    let distances = distances(&values);
                    let limit = 5.0 * deviation(&distances);
                    dropped.iter_mut().zip(distances).for_each(|(dropped, distance)| *dropped |= distance > limit);
                }
            }
        }
        CycleFilter::WholeCycle => {
            let levels: Vec<f32> = (0..shape.height)
                .map(|h| (0..shape.channels).map(|c| mean(rows[c * shape.height + h], f64::abs)).fold(0.0, f32::max))
                .collect();
            let distances = distances(&levels);
            let limit = 3.0 * lower_median(&distances);
            dropped.iter_mut().enumerate().for_each(|(row, dropped)| *dropped = distances[row % shape.height] > limit);
        }
    }
    dropped
}

fn zero_rows(map: &mut [f32], width: usize, dropped: &[bool]) {
    map.chunks_exact_mut(width).zip(dropped).filter(|(_, dropped)| **dropped).for_each(|(row, _)| row.fill(0.0));
}

fn clean(difference: &mut [f32], shape: Shape, cleaning: Cleaning) {
    for row in difference.chunks_exact_mut(shape.width) {
        match cleaning.rule {
            Rule::Standard { glitch_width, glitch_wrap } => {
                let edge = 50.min(shape.width);
                smooth_edge(&mut row[..edge]);
                smooth_edge(&mut row[shape.width - edge..]);
                remove_glitches(row, glitch_width, glitch_wrap);
            }
            Rule::Nothing => {}
            Rule::Hampel => hampel(row),
            Rule::Limit(limit) => {
                row.iter_mut().filter(|value| value.abs() > limit).for_each(|value| *value = 0.0);
            }
        }
    }
    let dropped = outlying(difference, shape, cleaning.filter);
    zero_rows(difference, shape.width, &dropped);
}

/// What a branch sees of a map, with a reference where it has one.
pub fn input(map: &[f32], reference: &[f32], shape: Shape, input: Input) -> Vec<f32> {
    let (height, width) = (shape.height, shape.width);
    match input {
        Input::Map => map.to_vec(),
        Input::ToBase(base, cleaning) => {
            let mut difference: Vec<f32> = map
                .iter()
                .enumerate()
                .map(|(at, value)| value - map[at / (height * width) * height * width + base * width + at % width])
                .collect();
            clean(&mut difference, shape, cleaning);
            difference
        }
        Input::ToReference { cleaning, filter_target } => {
            let mut target = map.to_vec();
            if filter_target {
                zero_rows(&mut target, width, &outlying(map, shape, cleaning.filter));
            }
            let mut difference: Vec<f32> = target.iter().zip(reference).map(|(target, other)| target - other).collect();
            clean(&mut difference, shape, cleaning);
            difference
        }
    }
}
