//! What a step begins and ends with: its numbers, heads and losses, AdamW.

use super::{
    emulator::{Argument::*, Emulator, NULL, ORDERS},
    plain,
};

#[test]
fn a_step_takes_its_row_and_moves_on() {
    let Some(emulator) = Emulator::get() else { return };
    let table: Vec<i32> = (0..3 * 700).collect();
    let given = emulator.filled(&table);
    for order in ORDERS {
        emulator.manner(order, false);
        let (counter, now) = (emulator.filled(&[0_i32]), emulator.buffer::<i32>(700));
        for step in 0..3 {
            emulator.launch("take_step", [1; 3], 256, 0, &[given.arg(), counter.arg(), now.arg(), Int(700)]);
            assert_eq!(now.values(), &table[step * 700..][..700]);
            assert_eq!(counter.values(), [step as i32 + 1]);
        }
    }
}

/// Heads with and without bias, of one output per target and of several, alone and second.
#[test]
fn heads_and_losses_are_those_of_double_precision() {
    let Some(emulator) = Emulator::get() else { return };
    for (targets, per_target, has_bias, second) in
        [(5, 1, false, false), (40, 3, true, true), (3, 2, true, false), (70, 1, false, true)]
    {
        let n = targets * per_target;
        let z = plain::noise(n * 32, 4);
        let (weight, bias) = (plain::noise(32, 5), 0.3_f32);
        let wanted: Vec<f64> = plain::in_double(&plain::noise(targets, 6));
        let loss_weight = 0.7 / targets as f64;
        let output = |i: usize| -> f64 {
            let sum: f64 = (0..32).map(|o| f64::from(z[i * 32 + o].max(0.0)) * f64::from(weight[o])).sum();
            sum + if has_bias { f64::from(bias) } else { 0.0 }
        };
        let residual =
            |t: usize| (0..per_target).map(|j| output(t * per_target + j)).sum::<f64>() / per_target as f64 - wanted[t];
        let slope = |i: usize| 2.0 * loss_weight * residual(i / per_target) / per_target as f64;
        let loss = loss_weight * (0..targets).map(|t| residual(t).powi(2)).sum::<f64>();
        let by_weight: Vec<f64> =
            (0..32).map(|o| (0..n).map(|i| slope(i) * f64::from(z[i * 32 + o].max(0.0))).sum()).collect();
        let by_bias: f64 = (0..n).map(slope).sum();
        let dz: Vec<f64> =
            (0..n * 32).map(|k| if z[k] > 0.0 { slope(k / 32) * f64::from(weight[k % 32]) } else { 0.0 }).collect();
        let before = f32::from(u8::from(second));
        let mut bits = Vec::new();
        for order in ORDERS {
            emulator.manner(order, false);
            let (z_b, w_b, b_b, wanted_b) =
                (emulator.filled(&z), emulator.filled(&weight), emulator.filled(&[bias]), emulator.filled(&wanted));
            let (maxima, scales) = (emulator.filled(&[0.25_f32; 128]), emulator.buffer::<f32>(16));
            let (dz_b, outputs) = (emulator.buffer::<f32>(n * 32), emulator.buffer::<f32>(n));
            let (gw, gb) = (emulator.filled(&[before; 32]), emulator.filled(&[before]));
            let (losses, counter, stop) = (
                emulator.filled(&[9.0, 9.0, f64::from(before), 0.0]),
                emulator.filled(&[2_i32]),
                emulator.filled(&[0_i32]),
            );
            let optional = |is_there: bool, argument| if is_there { argument } else { NULL };
            emulator.launch(
                "head",
                [1; 3],
                1024,
                8 * targets + 4 * n.next_multiple_of(4) + 4224,
                &[
                    z_b.arg(),
                    w_b.arg(),
                    optional(has_bias, b_b.arg()),
                    wanted_b.arg(),
                    Int(targets as i32),
                    Int(per_target as i32),
                    Double(loss_weight),
                    maxima.arg(),
                    scales.arg(),
                    dz_b.arg(),
                    outputs.arg(),
                    gw.arg(),
                    optional(has_bias, gb.arg()),
                    Int(i32::from(second)),
                    losses.arg(),
                    counter.arg(),
                    Int(i32::from(second)),
                    Float(0.0),
                    stop.arg(),
                ],
            );
            let close = |ours: f64, exact: f64| (ours - exact).abs() < 2e-6 * (1.0 + exact.abs());
            assert!((0..n).all(|i| close(f64::from(outputs.values()[i]), output(i))));
            assert!(close(losses.values()[2], loss + f64::from(before)) && losses.values()[0] == 9.0);
            let most = (0..n).map(|i| output(i).abs()).fold(0.0, f64::max);
            assert!(close(losses.values()[3], most));
            assert!(plain::error(&plain::in_double(dz_b.values()), &dz) < 2e-6);
            assert!((0..32).all(|o| close(f64::from(gw.values()[o]), by_weight[o] + f64::from(before))));
            assert!(!has_bias || close(f64::from(gb.values()[0]), by_bias + f64::from(before)));
            let size =
                dz.chunks_exact(32).map(|one| one.iter().map(|d| d.abs()).sum::<f64>()).fold(0.0, f64::max) * 0.25;
            let unit = f64::from(scales.values()[3]);
            assert!(unit * size <= 8192.0 && unit * size > 4095.0);
            assert_eq!(stop.values(), [0]);
            // the way of inference
            let asked = emulator.buffer::<f32>(n);
            emulator.launch(
                "answers",
                [n.div_ceil(8), 1, 1],
                256,
                0,
                &[z_b.arg(), w_b.arg(), optional(has_bias, b_b.arg()), asked.arg(), Int(n as i32)],
            );
            assert_eq!(asked.values(), outputs.values());
            bits.push((dz_b.values().to_vec(), gw.values().to_vec(), losses.values().to_vec()));
        }
        assert!(bits.iter().all(|one| *one == bits[0]), "the order of threads changes no bit");
    }
}

#[test]
fn a_collapsed_network_stops() {
    let Some(emulator) = Emulator::get() else { return };
    let zeros = emulator.filled(&[0.0_f32; 96]);
    let (wanted, maxima, counter, stop) = (
        emulator.filled(&[1.0_f64; 3]),
        emulator.filled(&[1.0_f32; 128]),
        emulator.filled(&[7_i32]),
        emulator.filled(&[0_i32]),
    );
    let (scales, dz, outputs, gw, losses) = (
        emulator.buffer::<f32>(16),
        emulator.buffer::<f32>(96),
        emulator.buffer::<f32>(3),
        emulator.buffer::<f32>(32),
        emulator.buffer::<f64>(20),
    );
    let head = |collapse| {
        emulator.launch(
            "head",
            [1; 3],
            1024,
            24 + 16 + 4224,
            &[
                zeros.arg(),
                zeros.arg(),
                NULL,
                wanted.arg(),
                Int(3),
                Int(1),
                Double(1.0 / 3.0),
                maxima.arg(),
                scales.arg(),
                dz.arg(),
                outputs.arg(),
                gw.arg(),
                NULL,
                Int(0),
                losses.arg(),
                counter.arg(),
                Int(0),
                Float(collapse),
                stop.arg(),
            ],
        );
    };
    head(0.0);
    assert_eq!(stop.values(), [0]);
    assert!(scales.values()[3].is_finite() && (losses.values()[12] - 1.0).abs() < 1e-12 && losses.values()[13] == 0.0);
    head(1e-5);
    assert_eq!(stop.values(), [7]);
    counter.write(0, 9);
    head(1e-5);
    assert_eq!(stop.values(), [7], "the first time counts");
    let weights = emulator.filled(&[1.0_f32; 5]);
    let rates = emulator.filled(&[0.1_f32, 1.0]);
    adamw(&emulator, 5, [weights.arg(), gw.arg(), zeros.arg(), zeros.arg()], rates.arg(), stop.arg());
    assert_eq!(weights.values(), [1.0; 5]);
}

fn adamw(
    emulator: &Emulator,
    count: usize,
    arrays: [super::emulator::Argument; 4],
    rates: super::emulator::Argument,
    stop: super::emulator::Argument,
) {
    let numbers = [(1.0 - 1e-3 * 0.01) as f32, 0.9, (1.0 - 0.9) as f32, 0.999, (1.0 - 0.999) as f32, 1e-8].map(Float);
    let all = [&arrays[..], &[Int(count as i32), rates], &numbers, &[stop]].concat();
    emulator.launch("adamw", [count.div_ceil(1024), 1, 1], 256, 0, &all);
}

/// The formula of PyTorch's single-tensor implementation, in single precision: equal in every bit.
#[test]
fn adamw_is_the_formula() {
    let Some(emulator) = Emulator::get() else { return };
    let count = 2051;
    let (mut weights, gradients) = (plain::noise(count, 1), plain::noise(count, 2));
    let (mut first, mut second) = (vec![0.0_f32; count], vec![0.0_f32; count]);
    let (weights_b, gradients_b, first_b, second_b) =
        (emulator.filled(&weights), emulator.filled(&gradients), emulator.filled(&first), emulator.filled(&second));
    for step in 1..=3 {
        let rates = [(1e-3 / (1.0 - 0.9_f64.powi(step))) as f32, (1.0 - 0.999_f64.powi(step)).sqrt() as f32];
        let (shrink, take1, take2) = ((1.0 - 1e-3 * 0.01) as f32, (1.0 - 0.9) as f32, (1.0 - 0.999) as f32);
        for k in 0..count {
            first[k] = 0.9 * first[k] + take1 * gradients[k];
            second[k] = 0.999 * second[k] + take2 * gradients[k] * gradients[k];
            weights[k] = weights[k] * shrink - rates[0] * first[k] / (second[k].sqrt() / rates[1] + 1e-8);
        }
        let rates = emulator.filled(&rates);
        adamw(&emulator, count, [weights_b.arg(), gradients_b.arg(), first_b.arg(), second_b.arg()], rates.arg(), NULL);
        assert_eq!(weights_b.values(), weights);
        assert_eq!((first_b.values(), second_b.values()), (&first[..], &second[..]));
    }
}
