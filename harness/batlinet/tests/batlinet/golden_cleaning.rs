//! Cleaned maps against what the authors' own code left of them.

use batlinet::cleaning::{Cleaner, CleaningParameters};
use serde::Deserialize;

const WIDTH: usize = 1000;

#[derive(Deserialize)]
struct Golden {
    clean: Cleaned,
    filtered: Zeroed,
    unfiltered: Zeroed,
}

#[derive(Deserialize)]
struct Cleaned {
    nonzero: usize,
    sum: f64,
}

#[derive(Deserialize)]
struct Zeroed {
    zeroed_columns_row0: Vec<usize>,
    zeroed_rows: Vec<usize>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../fixtures/cleaning.json")).expect("a sound fixture")
}

#[test]
fn a_smooth_map_keeps_the_values_that_the_authors_keep() {
    let value = |c: usize, h: usize, w: usize| {
        let (c, h, w) = (c as f64, h as f64, w as f64);
        ((0.01 * w * (1.0 + 0.1 * c)).sin() + 0.05 * h * (0.004 * w).cos() + 0.2 * c) as f32
    };
    let map: Vec<f32> = (0..6 * 20 * WIDTH).map(|k| value(k / WIDTH / 20, k / WIDTH % 20, k % WIDTH)).collect();
    let mut cleaned = vec![0.0; map.len()];
    let parameters = CleaningParameters { filter_cycles: false, ..CleaningParameters::default() };
    Cleaner::new(parameters, 6, 20, WIDTH).intra(&map, 0, &mut cleaned);
    let nonzero = cleaned.iter().filter(|&&value| value != 0.0).count();
    let sum: f64 = cleaned.iter().map(|&value| f64::from(value)).sum();
    let golden = golden().clean;
    assert_eq!(nonzero, golden.nonzero);
    assert!((sum - golden.sum).abs() < 1e-2, "{sum} against {}", golden.sum);
}

#[test]
fn spikes_steps_edges_and_an_outlying_cycle_go_as_with_the_authors() {
    let mut rows = vec![0.0_f32; 30 * WIDTH];
    for (h, row) in rows.chunks_exact_mut(WIDTH).enumerate() {
        for (w, value) in row.iter_mut().enumerate() {
            let mut plain = 0.1 * (0.01 * w as f64).sin();
            match w {
                3 => plain = 9.0,
                997 => plain = -9.0,
                300..=319 => plain += 5.0,
                600 => plain += 4.0,
                _ => {}
            }
            *value = (plain + 0.001 * h as f64 + if h == 4 { 40.0 } else { 0.0 }) as f32;
        }
    }
    let golden = golden();
    for (filter_cycles, golden) in [(true, golden.filtered), (false, golden.unfiltered)] {
        let mut cleaned = rows.clone();
        let parameters = CleaningParameters { filter_cycles, ..CleaningParameters::default() };
        Cleaner::new(parameters, 1, 30, WIDTH).clean(&mut cleaned);
        let columns: Vec<usize> = (0..WIDTH).filter(|&w| cleaned[w] == 0.0).collect();
        assert_eq!(columns, golden.zeroed_columns_row0);
        let zero = |h: &usize| cleaned[h * WIDTH..(h + 1) * WIDTH].iter().all(|&value| value == 0.0);
        assert_eq!((0..30).filter(zero).collect::<Vec<_>>(), golden.zeroed_rows);
    }
}
