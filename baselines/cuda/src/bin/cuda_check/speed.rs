//! How fast the card is.

use super::*;

/// Seconds of an epoch: networks of one batch, of several, one-channel, CNN.
pub(super) fn times(check: &mut Check) -> Outcome {
    let (queue, machine) = check.machine()?;
    let one = Shape { channels: 1, ..MATR };
    let cases: [(&str, Shape, usize, bool); 4] = [
        ("epoch_matr1_6ch", MATR, 41, false),
        ("epoch_matr1_1ch", one, 41, false),
        ("epoch_cnn", one, 41, true),
        ("epoch_mix100_6ch", MATR, 300, false),
    ];
    for (name, shape, cells, is_cnn) in cases {
        let values = made::maps(cells, shape);
        let begun = Instant::now();
        let maps = Maps::new(&machine, shape, &values)?;
        check.found(name, "", "maps to the card", begun.elapsed().as_secs_f64(), "s");
        for precision in PRECISIONS {
            let spec = if is_cnn { made::cnn(one, precision) } else { batlinet(shape, cleaning(), precision) };
            let Training { mut network, .. } = training(&machine, &spec, &maps, cells.min(128), 2)?;
            let all: Vec<usize> = (0..cells).collect();
            let drawn = drawn(if cells > 128 { 20 } else { 200 }, cells, 2);
            let mut steps = Vec::new();
            for references in &drawn {
                let parts = all.chunks(128).zip(references.chunks(256));
                steps.extend(parts.map(|(targets, references)| Step { targets, references }));
            }
            let per_epoch = steps.len() / drawn.len();
            network.train(&steps[..2 * per_epoch])?;
            let took = seconds(|| network.train(&steps).map(drop))? / drawn.len() as f64;
            check.found(name, precision.name(), "epoch", took * 1e3, "ms");
            let in_order: Arc<dyn Machine> = Arc::new(queue.one_by_one());
            let Training { mut network, .. } = training(&in_order, &spec, &maps, cells.min(128), 2)?;
            network.train(&steps[..2 * per_epoch])?;
            let took = seconds(|| network.train(&steps).map(drop))? / drawn.len() as f64;
            check.found(name, precision.name(), "epoch, one kernel at a time", took * 1e3, "ms");
        }
    }
    Ok(())
}

/// Microseconds per input of each kernel of a step.
pub(super) fn kernels(check: &mut Check) -> Outcome {
    let (queue, machine) = check.machine()?;
    let cells = 41;
    let maps = Maps::new(&machine, MATR, &made::maps(cells, MATR))?;
    for precision in PRECISIONS {
        let spec = batlinet(MATR, cleaning(), precision);
        let Training { mut network, .. } = training(&machine, &spec, &maps, cells, 2)?;
        let targets: Vec<usize> = (0..cells).collect();
        let references = &drawn(1, cells, 2)[0];
        network.train(&[Step { targets: &targets, references }])?;
        let mut by_kernel: BTreeMap<String, (f32, usize)> = BTreeMap::new();
        for launch in network.launches(cells) {
            // a step more would be taken from beyond the table
            if launch.kernel == "take_step" {
                continue;
            }
            let repeated = vec![launch.clone(); 20];
            queue.run(&repeated[..2])?;
            let took = queue.time(|| queue.run(&repeated))? / 20.0;
            let sum = by_kernel.entry(launch.kernel).or_default();
            (sum.0, sum.1) = (sum.0 + took * 1e3, sum.1 + 1);
        }
        let all: f32 = by_kernel.values().map(|(took, _)| took).sum();
        for (kernel, (took, launches)) in by_kernel {
            check.found(
                "step of matr1_6ch",
                precision.name(),
                &format!("{kernel} ({launches} times)"),
                f64::from(took),
                "us",
            );
        }
        check.found("step of matr1_6ch", precision.name(), "all kernels", f64::from(all), "us");
    }
    Ok(())
}

/// Cells per second by references, with and without cleaning.
pub(super) fn inference(check: &mut Check) -> Outcome {
    let (_, machine) = check.machine()?;
    let (cells, support) = (83, 41);
    let values = made::maps(cells, MATR);
    let maps = Maps::new(&machine, MATR, &values)?;
    let references = Maps::new(&machine, MATR, &values[..support * MATR.len()])?;
    let sources = Sources { cells: maps.clone(), references };
    let plain = Cleaning { rule: Rule::Nothing, filter: CycleFilter::Off };
    for (name, cleaning) in [("inference with cleaning", cleaning()), ("inference without cleaning", plain)] {
        for precision in PRECISIONS {
            let spec = batlinet(MATR, cleaning, precision);
            let network = Network::new(machine.clone(), spec.clone(), &weights(&spec))?;
            for count in [1, 2, 4, 8, 16, 32, 64] {
                let own: Vec<(usize, usize)> = (0..cells).map(|cell| (cell, cell)).collect();
                let pairs = made::asked(cells, count, support);
                let ask = || -> Outcome {
                    network.outputs(0, &sources, &own)?;
                    network.outputs(1, &sources, &pairs).map(drop)
                };
                ask()?;
                let took = seconds(|| (0..3).try_for_each(|_| ask()))? / 3.0;
                check.found(name, precision.name(), &format!("{count} references"), cells as f64 / took, "cells/s");
            }
            // what a pair's answer does not depend on: who is asked beside it
            let all = network.outputs(1, &sources, &[(0, 1), (5, 2), (7, 3), (0, 4)])?;
            let one = network.outputs(1, &sources, &[(7, 3)])?;
            check.error(name, precision, "answers that depend on company", f64::from(u32::from(all[2] != one[0])), 0.0);
        }
    }
    Ok(())
}
