//! The encoder there and back.

use super::{
    emulator::{Argument::*, Buffer, Emulator, NULL, ORDERS},
    plain::{self, Block, Planes},
};

#[derive(Clone, Copy, Debug)]
struct Case {
    channels: usize,
    height: usize,
    width: usize,
    exact: bool,
}

impl Case {
    fn pool1(&self) -> (usize, usize) {
        ((self.height - 2) / 3, (self.width - 2) / 3)
    }

    fn pool2(&self) -> (usize, usize) {
        let (h, w) = self.pool1();
        ((h - 2) / 3, (w - 2) / 3)
    }

    /// Weights of all six tensors, the projection's by row, column, channel.
    fn weights(&self) -> Vec<Vec<f32>> {
        let (h2, w2) = self.pool2();
        let tensor = |count: usize, fan: usize, seed: u64| -> Vec<f32> {
            plain::noise(count, seed).into_iter().map(|value| value / (fan as f32).sqrt()).collect()
        };
        vec![
            tensor(32 * self.channels * 9, self.channels * 9, 1),
            tensor(32, self.channels * 9, 2),
            tensor(32 * 288, 288, 3),
            tensor(32, 288, 4),
            tensor(32 * h2 * w2 * 32, h2 * w2 * 32, 5),
            tensor(32, h2 * w2 * 32, 6),
        ]
    }
}

/// What the kernels made, as numbers.
#[derive(PartialEq)]
struct Made {
    p1: Vec<f64>,
    p2: Vec<f64>,
    z: Vec<f64>,
    gradients: Vec<Vec<f32>>,
}

/// Inputs: three, of which two are used, the second twice as large; some rows are dropped.
const PLANES: usize = 3;
const WHICH: [i32; 2] = [2, 0];

fn inputs(case: &Case) -> (Vec<f32>, Vec<u8>) {
    let Case { channels, height, width, .. } = *case;
    let mut inputs = plain::noise(PLANES * channels * height * width, 11);
    // channels of very different size, as the resistance among voltages
    for (row, values) in inputs.chunks_exact_mut(width).enumerate() {
        let size = if row / height % channels == 1 { 500.0 } else { 1.0 };
        values.iter_mut().for_each(|value| *value *= size);
    }
    (inputs, (0..PLANES * channels * height).map(|row| u8::from(row % 11 == 4)).collect())
}

fn run(emulator: &Emulator, case: &Case, dz: &[f32], blocks: usize, small: bool) -> Made {
    let Case { channels, height, width, exact } = *case;
    let ((h1, w1), (h2, w2), n) = (case.pool1(), case.pool2(), WHICH.len());
    let (kind, layout, copies) =
        (if exact { "exact" } else { "fast" }, if channels > 2 { "c8" } else { "c2" }, if exact { 2 } else { 1 });
    let k = h2 * w2 * 32;
    let int = |value: usize| Int(value as i32);
    let shape = Shape([channels, height, width, h1, w1, h2, w2].map(|value| value as i32));
    let weights: Vec<Buffer<f32>> = case.weights().iter().map(|values| emulator.filled(values)).collect();
    let (values, drop) = inputs(case);
    let largest = |c: usize| {
        let rows = values.chunks_exact(width).enumerate().filter(|(row, _)| row / height % channels == c);
        rows.flat_map(|(_, values)| values).fold(0.0_f32, |most, value| most.max(value.abs()))
    };
    let xs: Vec<f32> =
        (0..8).map(|c| if c < channels { 2_f32.powf((32768.0 / largest(c)).log2().floor()) } else { 1.0 }).collect();
    let (planar, drop, xs, which) =
        (emulator.filled(&values), emulator.filled(&drop), emulator.filled(&xs), emulator.filled(&WHICH));
    let x = emulator.buffer::<u16>(copies * PLANES * height * width * 8);
    emulator.launch(
        &format!("pack_{kind}"),
        [PLANES * height, 1, 1],
        128,
        4 * width * channels,
        &[planar.arg(), xs.arg(), x.arg(), shape, int(PLANES)],
    );

    let (maxima, scales) = (emulator.buffer::<f32>(128), emulator.buffer::<f32>(16));
    let fragments = emulator.buffer::<u32>(copies * 41 * 256);
    emulator.launch("largest", [128, 1, 1], 256, 32, &[weights[4].arg(), int(32 * k), maxima.arg()]);
    emulator.launch(
        "scales_of",
        [1; 3],
        1024,
        4608,
        &[weights[0].arg(), weights[1].arg(), weights[2].arg(), xs.arg(), scales.arg(), int(channels)],
    );
    emulator.launch(
        &format!("fragments_{kind}"),
        [41, 1, 1],
        256,
        0,
        &[weights[0].arg(), weights[2].arg(), xs.arg(), scales.arg(), fragments.arg(), int(channels)],
    );

    let (p1, p2) = (emulator.buffer::<u16>(copies * n * h1 * w1 * 32), emulator.buffer::<f32>(n * k));
    let bits1 = emulator.buffer::<u16>(n * h1 * 7 * w1.div_ceil(112) * 9 * 32);
    let bits2 = emulator.buffer::<u16>(n * h2 * w2.div_ceil(16) * 9 * 32);
    let rows = if exact { 2 } else { 4 };
    let shared = if exact { 96832 } else { 80896 };
    let grid = [w1.div_ceil(112), h1.div_ceil(rows), n];
    let given =
        [x.arg(), int(PLANES), which.arg(), drop.arg(), fragments.arg(), weights[1].arg(), scales.arg(), p1.arg()];
    emulator.launch(&format!("conv1_{kind}_{layout}"), grid, 224, shared, &[&given[..], &[NULL, shape]].concat());
    let without = p1.values().to_vec();
    emulator.launch(
        &format!("conv1_{kind}_{layout}_bits"),
        grid,
        224,
        shared,
        &[&given[..], &[bits1.arg(), shape]].concat(),
    );
    assert_eq!(p1.values(), without, "signs change nothing");

    let (rows, shared, small) = match (exact, small) {
        (false, _) => (5, 72832, ""),
        (true, false) => (5, 108_800, ""),
        (true, true) => (4, 89600, "_small"),
    };
    let grid = [w2.div_ceil(16), h2.div_ceil(rows), n];
    let given = [p1.arg(), fragments.arg(), weights[3].arg(), scales.arg(), p2.arg()];
    emulator.launch(&format!("conv2_{kind}{small}"), grid, 32 * rows, shared, &[&given[..], &[NULL, shape]].concat());
    let without = p2.values().to_vec();
    emulator.launch(
        &format!("conv2_{kind}{small}_bits"),
        grid,
        32 * rows,
        shared,
        &[&given[..], &[bits2.arg(), shape]].concat(),
    );
    assert_eq!(p2.values(), without, "signs change nothing");

    let slices = k.div_ceil(320);
    let (zpart, z) = (emulator.buffer::<f32>(slices * n * 32), emulator.buffer::<f32>(n * 32));
    emulator.launch(
        "project",
        [slices, n.div_ceil(32), 1],
        256,
        17408,
        &[p2.arg(), weights[4].arg(), zpart.arg(), int(n), int(k)],
    );
    emulator.launch(
        "project_sum",
        [n.div_ceil(8), 1, 1],
        256,
        0,
        &[zpart.arg(), weights[5].arg(), z.arg(), int(n), int(slices)],
    );

    // as `head` would: no |d2| above 8192
    let sum = dz.chunks_exact(32).map(|one| one.iter().map(|d| d.abs()).sum::<f32>()).fold(0.0_f32, f32::max);
    let most = maxima.values().iter().fold(0.0_f32, |most, value| most.max(*value));
    assert_eq!(most, case.weights()[4].iter().fold(0.0_f32, |most, value| most.max(value.abs())));
    scales.write(3, 2_f32.powf((8192.0 / (sum * most)).log2().floor()));
    let dz = emulator.filled(dz);
    let d2 = emulator.buffer::<u16>(copies * n * k);
    let d1 = emulator.buffer::<u16>(copies * n * h1 * w1 * 32);
    let gradients: Vec<Buffer<f32>> = case.weights().iter().map(|tensor| emulator.buffer(tensor.len())).collect();
    let (partial1, partial2) = (emulator.buffer::<f32>(blocks * 80 * 32), emulator.buffer::<f32>(blocks * 289 * 32));
    emulator.launch(
        &format!("back_{kind}"),
        [k.div_ceil(512), n.div_ceil(32), 1],
        256,
        4096,
        &[dz.arg(), weights[4].arg(), scales.arg(), d2.arg(), int(n), int(k)],
    );
    emulator.launch(
        &format!("grad2w_{kind}"),
        [blocks, 1, 1],
        288,
        if exact { 88064 } else { 100_480 },
        &[p1.arg(), d2.arg(), bits2.arg(), partial2.arg(), shape, int(n)],
    );
    let (rows, shared) = if exact { (8, 100_864) } else { (16, 76032) };
    emulator.launch(
        &format!("grad2x_{kind}"),
        [w1.div_ceil(48), h1.div_ceil(rows), n],
        256,
        shared,
        &[d2.arg(), bits2.arg(), fragments.arg(), scales.arg(), d1.arg(), shape],
    );
    emulator.launch(
        &format!("grad1_{kind}_{layout}"),
        [blocks, if exact { 2 } else { 1 }, 1],
        224,
        if exact { 86656 } else { 75904 },
        &[x.arg(), int(PLANES), which.arg(), drop.arg(), d1.arg(), bits1.arg(), partial1.arg(), shape, int(n)],
    );
    for (accumulate, count) in [(0, 1.0), (1, 2.0)] {
        let before: Vec<Vec<f32>> = gradients.iter().map(|gradient| gradient.values().to_vec()).collect();
        emulator.launch(
            "grad3",
            [k.div_ceil(128), 1, 1],
            128,
            8192,
            &[dz.arg(), p2.arg(), gradients[4].arg(), gradients[5].arg(), int(n), int(k), Int(accumulate)],
        );
        emulator.launch(
            "reduce2",
            [289, 1, 1],
            256,
            1024,
            &[partial2.arg(), int(blocks), scales.arg(), gradients[2].arg(), gradients[3].arg(), Int(accumulate)],
        );
        emulator.launch(
            "reduce1",
            [80, 1, 1],
            256,
            1024,
            &[
                partial1.arg(),
                int(blocks),
                xs.arg(),
                scales.arg(),
                gradients[0].arg(),
                gradients[1].arg(),
                int(channels),
                Int(accumulate),
            ],
        );
        if count > 1.0 {
            let twice = |(after, before): (&Buffer<f32>, &Vec<f32>)| {
                after.values().iter().zip(before).all(|(a, b)| *a == 2.0 * b)
            };
            assert!(gradients.iter().zip(&before).all(twice), "added to what was there");
        }
    }
    let unit = f64::from(scales.values()[1]);
    let halves = plain::halves(p1.values(), n * h1 * w1 * 32, n * h1 * w1 * 32, exact);
    assert!(halves.iter().all(|value| value.abs() <= 32768.0), "in the range of halves, by the weights alone");
    Made {
        p1: halves.into_iter().map(|value| value / unit).collect(),
        p2: plain::in_double(p2.values()),
        z: plain::in_double(z.values()),
        gradients: gradients
            .iter()
            .map(|gradient| gradient.values().iter().map(|value| value / 2.0).collect())
            .collect(),
    }
}

fn expected(case: &Case, dz: &[f32]) -> Made {
    let Case { channels, height, width, .. } = *case;
    let (h2, w2) = case.pool2();
    let k = h2 * w2 * 32;
    let weights: Vec<Vec<f64>> = case.weights().iter().map(|values| plain::in_double(values)).collect();
    let (values, drop) = inputs(case);
    let mut made = Made { p1: Vec::new(), p2: Vec::new(), z: Vec::new(), gradients: Vec::new() };
    let mut gradients: Vec<Vec<f64>> = weights.iter().map(|values| vec![0.0; values.len()]).collect();
    for (which, dz) in WHICH.into_iter().zip(dz.chunks_exact(32)) {
        let (length, rows) = (channels * height * width, channels * height);
        let mut input = plain::in_double(&values[which as usize * length..][..length]);
        for (row, _) in drop[which as usize * rows..][..rows].iter().enumerate().filter(|(_, mark)| **mark != 0) {
            input[row * width..][..width].fill(0.0);
        }
        let first = Block::forward(Planes::new((channels, height, width), input), &weights[0], &weights[1]);
        let second = Block::forward(first.pooled.clone(), &weights[2], &weights[3]);
        let pixels = second.pooled.pixels();
        for o in 0..32 {
            made.z.push(weights[5][o] + pixels.iter().zip(&weights[4][o * k..]).map(|(p, w)| p * w).sum::<f64>());
        }
        let mut by_second = Planes::new(second.pooled.size, vec![0.0; k]);
        for (o, &d) in dz.iter().enumerate() {
            let d = f64::from(d);
            gradients[5][o] += d;
            for (at, p) in pixels.iter().enumerate() {
                gradients[4][o * k + at] += d * p;
                let place = by_second.at(at % 32, at / 32 / w2, at / 32 % w2);
                by_second.values[place] += d * weights[4][o * k + at];
            }
        }
        let (by_first, w2, b2) = second.backward(&by_second, &weights[2]);
        let (_, w1, b1) = first.backward(&by_first, &weights[0]);
        for (gradient, more) in gradients.iter_mut().zip([w1, b1, w2, b2]) {
            gradient.iter_mut().zip(more).for_each(|(sum, value)| *sum += value);
        }
        made.p1.extend(first.pooled.pixels());
        made.p2.extend(pixels);
    }
    made.gradients = gradients.iter().map(|values| values.iter().map(|&value| value as f32).collect()).collect();
    made
}

fn compare(made: &Made, expected: &Made, forward: f64, backward: f64, what: &str) {
    for (name, ours, exact) in
        [("p1", &made.p1, &expected.p1), ("p2", &made.p2, &expected.p2), ("z", &made.z, &expected.z)]
    {
        let error = plain::error(ours, exact);
        assert!(error < forward, "{what}: {name} is off by {error:.1e}");
    }
    for (name, (ours, exact)) in
        ["w1", "b1", "w2", "b2", "w3", "b3"].iter().zip(made.gradients.iter().zip(&expected.gradients))
    {
        let error = plain::error(&plain::in_double(ours), &plain::in_double(exact));
        assert!(error < backward, "{what}: the gradient of {name} is off by {error:.1e}");
    }
}

/// Nothing is a multiple of anything; several blocks to a side; from one channel to eight; as few cycles as there may be.
const SHAPES: [(usize, usize, usize); 5] = [(6, 23, 131), (1, 20, 66), (2, 17, 352), (8, 56, 62), (3, 34, 17)];

fn check(exact: bool, forward: f64, backward: f64) {
    let Some(emulator) = Emulator::get() else { return };
    let dz = plain::noise(2 * 32, 99);
    for (channels, height, width) in SHAPES.into_iter().take(if exact { 5 } else { 3 }) {
        let case = Case { channels, height, width, exact };
        let expected = expected(&case, &dz);
        let made = run(&emulator, &case, &dz, 3, false);
        compare(&made, &expected, forward, backward, &format!("{case:?}"));
        // another number of blocks, another tile, and sums cut off as tensor cores do
        emulator.manner(0, true);
        compare(&run(&emulator, &case, &dz, 1, true), &expected, forward, backward, &format!("{case:?}, cut off"));
        emulator.manner(0, false);
    }
}

#[test]
fn exact_encoders_agree_with_double_precision() {
    check(true, 2e-6, 3e-6);
}

#[test]
fn fast_encoders_agree_with_double_precision_as_well_as_halves_can() {
    check(false, 2e-3, 5e-2);
}

#[test]
fn the_order_of_threads_changes_no_bit() {
    let Some(emulator) = Emulator::get() else { return };
    let dz = plain::noise(2 * 32, 98);
    for (exact, (channels, height, width)) in
        [(true, SHAPES[0]), (false, SHAPES[0]), (true, SHAPES[1]), (false, SHAPES[2])]
    {
        let case = Case { channels, height, width, exact };
        let made: Vec<Made> = ORDERS
            .iter()
            .map(|&order| {
                emulator.manner(order, false);
                run(&emulator, &case, &dz, 2, true)
            })
            .collect();
        assert!(made.iter().all(|one| *one == made[0]), "{case:?}");
    }
}

#[test]
fn large_and_small_weights_stay_in_range() {
    let Some(emulator) = Emulator::get() else { return };
    let xs = emulator.filled(&[1.0_f32; 8]);
    for size in [1e-30_f32, 1e-6, 1.0, 1e6] {
        let tensor = |count, seed| {
            emulator.filled(&plain::noise(count, seed).iter().map(|value| value * size).collect::<Vec<_>>())
        };
        let (w1, b1, w2, scales) = (tensor(32 * 27, 1), tensor(32, 2), tensor(9216, 3), emulator.buffer::<f32>(16));
        emulator.launch(
            "scales_of",
            [1; 3],
            1024,
            4608,
            &[w1.arg(), b1.arg(), w2.arg(), xs.arg(), scales.arg(), Int(3)],
        );
        let most = |values: &[f32]| values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let [g1, q1, g2, _, sx] = scales.values()[..5] else { unreachable!() };
        let bound = |o: usize| {
            w1.values()[o * 27..][..27].iter().map(|w| w.abs()).sum::<f32>() * 32768.0 + b1.values()[o].abs()
        };
        let pooled = (0..32).map(bound).fold(0.0_f32, f32::max);
        let back = |i: usize| (0..32 * 9).map(|k| w2.values()[(k / 9 * 32 + i) * 9 + k % 9].abs()).sum::<f32>();
        let by_input = (0..32).map(back).fold(0.0_f32, f32::max) * 8192.0;
        for (what, unit, largest, most_allowed) in [
            ("w1", g1, most(w1.values()), 1024.0),
            ("p1", q1, pooled, 32768.0),
            ("w2", g2, most(w2.values()), 1024.0),
            ("d1", sx, by_input, 32768.0),
        ] {
            assert!(unit * largest <= most_allowed, "{what} of size {size}");
            assert!(size < 1e-10 || unit * largest > most_allowed / 2.1, "{what} of size {size} wastes its range");
            assert_eq!(unit.to_bits() & 0x7f_ffff, 0, "a power of two");
        }
    }
}
