//! Differences, cleaning, outlying cycles, packing.

use super::{
    emulator::{Argument::*, Emulator, NULL, ORDERS},
    plain,
};

const WIDTH: usize = 1000;

/// Smooth rows with noise, spikes, runs of wrong values, wild edges, rows out of line.
fn maps(cells: usize, channels: usize, height: usize, width: usize, seed: u64) -> Vec<f32> {
    let random = plain::noise(cells * channels * height * (width + 8), seed);
    let mut maps = Vec::new();
    for (row, random) in random.chunks_exact(width + 8).enumerate() {
        let (draw, noise) = random.split_at(8);
        let phase = (row / height) as f32;
        let mut values: Vec<f32> = (0..width)
            .map(|w| {
                let spike = if noise[w].abs() > 0.998 { 3.0 * noise[width - 1 - w] } else { 0.0 };
                (0.004 * w as f32 + phase).sin()
                    + 0.02 * (row % height) as f32 * (0.01 * w as f32).cos()
                    + 1e-3 * noise[w]
                    + spike
            })
            .collect();
        if draw[0] > 0.2 {
            let from = ((draw[1] + 1.0) * 0.48 * width as f32) as usize;
            values.iter_mut().skip(from).take(5 + row % 30).for_each(|value| *value += 1.5);
        }
        if draw[2] > 0.5 {
            values[..5].iter_mut().for_each(|value| *value += 3.0);
            values[width - 4..].iter_mut().for_each(|value| *value -= 2.0);
        }
        if draw[3] > 0.9 {
            values.iter_mut().for_each(|value| *value += 6.0);
        }
        maps.extend(values);
    }
    maps
}

fn differences(
    targets: &[f32],
    references: Option<&[f32]>,
    drop: &[u8],
    pairs: &[[usize; 2]],
    (channels, height, width): (usize, usize, usize),
    base: Option<usize>,
) -> Vec<f32> {
    let mut out = Vec::new();
    for &[target, reference] in pairs {
        for row in 0..channels * height {
            let (first, c) = (target * channels * height + row, row / height);
            let other = reference * channels * height + base.map_or(row, |base| c * height + base);
            for w in 0..width {
                let value = if drop[first] != 0 { 0.0 } else { targets[first * width + w] };
                out.push(references.map_or(value, |references| value - references[other * width + w]));
            }
        }
    }
    out
}

/// Values out of slots of a packed input.
fn unpacked(
    x: &[u16],
    n: usize,
    (channels, height, width): (usize, usize, usize),
    xs: &[f32],
    exact: bool,
) -> Vec<f64> {
    let all = plain::halves(x, n * height * width * 8, n * height * width * 8, exact);
    let mut out = vec![f64::NAN; n * channels * height * width];
    for (pixel, slots) in all.chunks_exact(8).enumerate() {
        let (p, h, w) = (pixel / width / height, pixel / width % height, pixel % width);
        for (slot, &value) in slots.iter().enumerate() {
            let (c, column) = if channels > 2 { (slot, w) } else { (slot % channels, w + slot / channels) };
            let is_there = if channels > 2 { slot < channels } else { slot < 3 * channels && column < width };
            if is_there {
                let at = ((p * channels + c) * height + h) * width + column;
                let value = value / f64::from(xs[c]);
                assert!(out[at].is_nan() || out[at] == value, "neighbours agree");
                out[at] = value;
            } else {
                assert_eq!(value, 0.0);
            }
        }
    }
    out
}

#[test]
fn differences_are_cleaned_as_defined() {
    let Some(emulator) = Emulator::get() else { return };
    let xs: Vec<f32> = (0..8).map(|c| 2_f32.powi(9 - c)).collect();
    for (channels, base, glitch_width, wrap, kind) in [
        (6, None, 25, true, "exact"),
        (1, Some(3), 5, false, "exact"),
        (2, None, 31, true, "fast"),
        (8, Some(0), 0, true, "fast"),
    ] {
        let (height, exact) = (4, kind == "exact");
        let shape = (channels, height, WIDTH);
        let values = maps(3, channels, height, WIDTH, 7 + channels as u64);
        let pairs = [[0, 1], [2, 0]];
        let drop: Vec<u8> = (0..3 * channels * height).map(|row| u8::from(row % 7 == 2)).collect();
        let mut expected = differences(&values, Some(&values), &drop, &pairs, shape, base);
        expected.chunks_exact_mut(WIDTH).for_each(|row| plain::standard(row, glitch_width, wrap));
        assert!(expected.iter().filter(|value| **value == 0.0).count() > 50);
        let maps = emulator.filled(&values);
        let (drop, pairs_i) = (
            emulator.filled(&drop),
            emulator.filled(&pairs.as_flattened().iter().map(|&p| p as i32).collect::<Vec<_>>()),
        );
        let (xs_b, rows) = (emulator.filled(&xs), 2 * channels * height);
        for order in ORDERS {
            emulator.manner(order, false);
            let x = emulator.buffer::<u16>(if exact { 2 } else { 1 } * 2 * height * WIDTH * 8);
            let stats = emulator.buffer::<f32>(3 * rows);
            emulator.launch(
                &format!("clean_{kind}"),
                [2 * height, 1, 1],
                32 * channels,
                4 * WIDTH * channels,
                &[
                    maps.arg(),
                    maps.arg(),
                    drop.arg(),
                    pairs_i.arg(),
                    xs_b.arg(),
                    x.arg(),
                    stats.arg(),
                    Shape([channels as i32, height as i32, WIDTH as i32, 0, 0, 0, 0]),
                    Int(2),
                    Int(base.map_or(-1, |b| b as i32)),
                    Int(1),
                    Int(glitch_width as i32),
                    Int(i32::from(wrap)),
                    Float(f32::INFINITY),
                ],
            );
            let got = unpacked(x.values(), 2, shape, &xs, exact);
            // halves end at 2⁻²⁵ over the channel's power of two
            let (precision, least) = if exact { (2e-7, 1e-8) } else { (1e-3, 1e-7) };
            for (k, (got, expected)) in got.iter().zip(&expected).enumerate() {
                let expected = f64::from(*expected);
                assert!(
                    (got - expected).abs() <= precision * expected.abs() + least,
                    "{kind}, {channels} channels, {k}: {got} {expected}"
                );
            }
            for (row, values) in expected.chunks_exact(WIDTH).enumerate() {
                let largest = values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
                let (sum, size) =
                    values.iter().fold((0.0, 0.0), |(a, b), &v| (a + f64::from(v), b + f64::from(v.abs())));
                assert_eq!(stats.values()[row], largest);
                assert!((f64::from(stats.values()[rows + row]) - sum / 1000.0).abs() < 1e-6);
                assert!((f64::from(stats.values()[2 * rows + row]) - size / 1000.0).abs() < 1e-6);
            }
            // the same by way of planar arrays
            let (planar, cleaned) = (emulator.buffer::<f32>(rows * WIDTH), emulator.buffer::<f32>(rows * WIDTH));
            emulator.launch(
                "difference",
                [rows.div_ceil(4), 1, 1],
                128,
                0,
                &[
                    maps.arg(),
                    maps.arg(),
                    drop.arg(),
                    pairs_i.arg(),
                    planar.arg(),
                    Shape([channels as i32, height as i32, WIDTH as i32, 0, 0, 0, 0]),
                    Int(2),
                    Int(base.map_or(-1, |b| b as i32)),
                    Float(f32::INFINITY),
                ],
            );
            emulator.launch(
                "standard",
                [rows, 1, 1],
                128,
                4 * WIDTH + 32,
                &[
                    planar.arg(),
                    cleaned.arg(),
                    Int(rows as i32),
                    Int(1000),
                    Int(glitch_width as i32),
                    Int(i32::from(wrap)),
                ],
            );
            assert_eq!(cleaned.values(), expected);
            let packed = emulator.buffer::<u16>(x.values().len());
            emulator.launch(
                &format!("pack_{kind}"),
                [2 * height, 1, 1],
                128,
                4 * WIDTH * channels,
                &[
                    cleaned.arg(),
                    xs_b.arg(),
                    packed.arg(),
                    Shape([channels as i32, height as i32, WIDTH as i32, 0, 0, 0, 0]),
                    Int(2),
                ],
            );
            assert_eq!(packed.values(), x.values());
        }
    }
}

#[test]
fn without_a_rule_differences_are_limited_or_maps_taken_as_they_are() {
    let Some(emulator) = Emulator::get() else { return };
    let values = maps(2, 3, 2, WIDTH, 5);
    let (xs, none) = (vec![16.0_f32; 8], [0_u8; 12]);
    let (maps, xs_b, pairs) = (emulator.filled(&values), emulator.filled(&xs), emulator.filled(&[1_i32, 0]));
    for (references, limit) in [(Some(&values[..]), 0.7), (None, f32::INFINITY)] {
        let mut expected = differences(&values, references, &none, &[[1, 0]], (3, 2, WIDTH), None);
        expected.iter_mut().filter(|value| value.abs() > limit).for_each(|value| *value = 0.0);
        let (x, stats) = (emulator.buffer::<u16>(2 * 2 * WIDTH * 8), emulator.buffer::<f32>(18));
        let of = if references.is_some() { maps.arg() } else { NULL };
        emulator.launch(
            "clean_exact",
            [2, 1, 1],
            96,
            12 * WIDTH,
            &[
                maps.arg(),
                of,
                NULL,
                pairs.arg(),
                xs_b.arg(),
                x.arg(),
                stats.arg(),
                Shape([3, 2, 1000, 0, 0, 0, 0]),
                Int(1),
                Int(-1),
                Int(0),
                Int(25),
                Int(1),
                Float(limit),
            ],
        );
        let got = unpacked(x.values(), 1, (3, 2, WIDTH), &xs, true);
        assert!(
            got.iter()
                .zip(&expected)
                .all(|(got, expected)| (got - f64::from(*expected)).abs() <= 2e-7 * got.abs() + 4e-9)
        );
        let planar = emulator.buffer::<f32>(6 * WIDTH);
        emulator.launch(
            "difference",
            [2, 1, 1],
            128,
            0,
            &[
                maps.arg(),
                of,
                NULL,
                pairs.arg(),
                planar.arg(),
                Shape([3, 2, 1000, 0, 0, 0, 0]),
                Int(1),
                Int(-1),
                Float(limit),
            ],
        );
        assert_eq!(planar.values(), expected);
    }
}

#[test]
fn rows_of_any_width_are_cleaned_and_filtered_as_defined() {
    let Some(emulator) = Emulator::get() else { return };
    for width in [64, 100, 333] {
        let values = maps(1, 1, 12, width, width as u64);
        let given = emulator.filled(&values);
        for order in ORDERS {
            emulator.manner(order, false);
            for (glitch_width, wrap) in [(25, true), (3, false), (0, true)] {
                let mut expected = values.clone();
                expected.chunks_exact_mut(width).for_each(|row| plain::standard(row, glitch_width, wrap));
                let out = emulator.buffer::<f32>(values.len());
                emulator.launch(
                    "standard",
                    [12, 1, 1],
                    128,
                    4 * width + 32,
                    &[
                        given.arg(),
                        out.arg(),
                        Int(12),
                        Int(width as i32),
                        Int(glitch_width as i32),
                        Int(i32::from(wrap)),
                    ],
                );
                assert_eq!(out.values(), expected);
            }
            let mut expected = values.clone();
            expected.chunks_exact_mut(width).for_each(plain::hampel);
            let out = emulator.buffer::<f32>(values.len());
            emulator.launch(
                "hampel",
                [12, 1, 1],
                256,
                4 * width,
                &[given.arg(), out.arg(), Int(12), Int(width as i32)],
            );
            assert_eq!(out.values(), expected);
        }
    }
}

#[test]
fn outlying_cycles_are_found_by_channel_or_in_all() {
    let Some(emulator) = Emulator::get() else { return };
    // more cycles than a block has threads, and fewer
    for (height, width) in [(150, 40), (40, 64)] {
        let mut values: Vec<f32> = plain::noise(4 * height * width, 3).iter().map(|noise| 1.0 + 0.3 * noise).collect();
        values[5 * width..6 * width].iter_mut().for_each(|value| *value *= 30.0);
        values[(height + 7) * width..][..width].iter_mut().for_each(|value| *value -= 20.0);
        let rows: Vec<&[f32]> = values.chunks_exact(width).collect();
        let by_channel: Vec<bool> = rows.chunks_exact(height).flat_map(plain::outlying).collect();
        assert!(by_channel[5] && by_channel[height + 7] && by_channel.iter().filter(|mark| !**mark).count() > height);
        let mut in_all = Vec::new();
        for input in rows.chunks_exact(2 * height) {
            let size = |row: &[f32]| (row.iter().map(|x| f64::from(x.abs())).sum::<f64>() / width as f64) as f32;
            let sizes: Vec<f32> = (0..height).map(|h| size(input[h]).max(size(input[height + h]))).collect();
            let median = plain::lower_median(&sizes);
            let distances: Vec<f32> = sizes.iter().map(|size| (size - median).abs()).collect();
            let limit = 3.0 * plain::lower_median(&distances);
            let marks: Vec<bool> = distances.iter().map(|distance| *distance > limit).collect();
            in_all.extend([marks.clone(), marks].concat());
        }
        let (given, count) = (emulator.filled(&values), 4 * height);
        for order in ORDERS {
            emulator.manner(order, false);
            let (stats, drop) = (emulator.buffer::<f32>(3 * count), emulator.buffer::<u8>(count));
            emulator.launch(
                "row_stats",
                [count.div_ceil(4), 1, 1],
                128,
                0,
                &[given.arg(), stats.arg(), Int(count as i32), Int(width as i32)],
            );
            emulator.launch(
                "outliers",
                [4, 1, 1],
                128,
                4 * height + 32,
                &[stats.arg(), drop.arg(), Int(count as i32), Int(height as i32)],
            );
            assert_eq!(drop.values().iter().map(|&mark| mark == 1).collect::<Vec<_>>(), by_channel);
            emulator.launch(
                "whole_cycles",
                [2, 1, 1],
                128,
                4 * height + 32,
                &[stats.arg(), drop.arg(), Int(2), Int(height as i32), Int(count as i32)],
            );
            assert_eq!(drop.values().iter().map(|&mark| mark == 1).collect::<Vec<_>>(), in_all);
        }
    }
}
