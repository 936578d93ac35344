//! The transfer procedures as models: what they learn, what they are made of, and what they do not depend on.

use baselines::{
    Context, Fitted as _, Model as _, ModelError, Silent, Streams, convolutional::ConvolutionalNetwork,
    encoder::EncoderShape,
};
use batlinet::transfer::{
    Preset, Transfer, TransferParameters,
    inputs::{Differences, MapsAndLives},
    pairs::CellPairs,
    parameters::{Budget, PairBudget},
    trainer::{Sees, Trainer},
};
use ndarray::{ArrayD, Axis, IxDyn, Slice};

/// Smooth maps that bend more from cycle to cycle the shorter the life; `shift` is the chemistry.
fn cells(count: usize, shift: f32) -> (ArrayD<f32>, Vec<f64>) {
    let lives: Vec<f64> = (0..count).map(|cell| 600.0 + 400.0 * (cell as f64 * 2.1 + f64::from(shift)).sin()).collect();
    let maps = ArrayD::from_shape_fn(IxDyn(&[count, 2, 20, 60]), |index| {
        let (channel, cycle, point) = (index[1] as f32, index[2] as f32 / 20.0, index[3] as f32 / 60.0);
        let fade = 600.0 / lives[index[0]] as f32 * cycle;
        3.3 + shift - 0.2 * channel - fade * point * point + 0.3 * (4.0 * point).sin()
    });
    (maps, lives)
}

fn target() -> (ArrayD<f32>, Vec<f64>) {
    cells(9, 0.5)
}

const LEARNED: usize = 4;

fn direct() -> TransferParameters {
    TransferParameters { training: Budget { epochs: 6, batch: 32 }, base: 1, ..TransferParameters::default() }
}

fn fine_tune() -> TransferParameters {
    TransferParameters { pretraining: Some(Budget { epochs: 3, batch: 4 }), ..direct() }
}

fn transfer() -> TransferParameters {
    TransferParameters { pairs: Some(PairBudget { epochs: 3, batch: 8, ..PairBudget::default() }), ..direct() }
}

fn context(streams: &Streams, threads: usize) -> Context<'_> {
    Context::on_cpu(streams, threads, &Silent)
}

/// Learns from the first `learned` target cells and predicts the others.
fn predictions(parameters: TransferParameters, learned: usize, seed: &str, threads: usize) -> Vec<f64> {
    let (streams, source) = (Streams::new(seed), cells(7, 0.0));
    let (maps, lives) = target();
    let (train, test) = maps.view().split_at(Axis(0), learned);
    let model = Transfer::new(parameters).unwrap().with_source(&source.0, &source.1).unwrap();
    let (fitted, _) = model.fit(train.view(), &lives[..learned], &context(&streams, threads)).unwrap();
    let found = fitted.predict(test.view(), &context(&streams, threads)).unwrap();
    // saved weights are the fit, with the scales that the training cells give
    let weights = fitted.weights().unwrap();
    let restored = model.restore(&weights, train, &lives[..learned], &context(&streams, threads)).unwrap();
    assert_eq!(found, restored.predict(test, &context(&streams, threads)).unwrap());
    found
}

#[test]
fn every_procedure_learns_what_can_be_learnt() {
    let (_, lives) = target();
    let long = Budget { epochs: 150, batch: 4 };
    for (name, parameters) in [
        ("direct", TransferParameters { training: long, ..direct() }),
        ("fine_tune", TransferParameters { training: long, pretraining: Some(long), ..direct() }),
        ("transfer", {
            let pairs = PairBudget { epochs: 60, batch: 8, patience: 60, ..PairBudget::default() };
            TransferParameters { training: long, pairs: Some(pairs), ..direct() }
        }),
    ] {
        let found = predictions(TransferParameters { learning_rate: 2e-3, ..parameters }, LEARNED, "learn", 2);
        let relative = found.iter().zip(&lives[LEARNED..]).map(|(found, life)| (found - life).abs() / life);
        let error = relative.sum::<f64>() / found.len() as f64;
        let mean = lives[..LEARNED].iter().sum::<f64>() / LEARNED as f64;
        let of_mean = lives[LEARNED..].iter().map(|life| (mean - life).abs() / life).sum::<f64>() / found.len() as f64;
        assert!(error < 0.6 * of_mean, "{name}: {error}, the mean of the lives learned from {of_mean}");
    }
}

#[test]
fn seeds_matter_and_threads_do_not() {
    for parameters in [direct(), fine_tune(), transfer()] {
        let one = predictions(parameters.clone(), LEARNED, "a", 1);
        assert_eq!(one, predictions(parameters.clone(), LEARNED, "a", 3));
        assert_ne!(one, predictions(parameters.clone(), LEARNED, "b", 1));
    }
}

#[test]
fn presets_scale_one_life_and_pretraining_differently() {
    for (parameters, learned, is_same) in
        [(direct(), LEARNED, true), (direct(), 1, false), (fine_tune(), LEARNED, false), (fine_tune(), 1, false)]
    {
        let corrected = predictions(parameters.clone(), learned, "a", 1);
        let as_coded = predictions(TransferParameters { preset: Preset::Code, ..parameters }, learned, "a", 1);
        assert!(corrected.iter().chain(&as_coded).all(|life| life.is_finite()));
        assert_eq!(corrected == as_coded, is_same);
    }
    // six steps from a life of hundreds of cycles in cycles: a prediction near zero, as in the published figure
    let as_coded = predictions(TransferParameters { preset: Preset::Code, ..direct() }, 1, "a", 1);
    assert!(as_coded.iter().all(|&life| life.abs() < 60.0), "{as_coded:?}");
}

#[test]
fn inter_cell_transfer_is_the_average_of_direct_learning_and_the_references() {
    for preset in [Preset::Paper, Preset::Code] {
        let parameters = TransferParameters { preset, ..transfer() };
        let direct = predictions(TransferParameters { preset, ..direct() }, LEARNED, "a", 1);
        let both = predictions(parameters.clone(), LEARNED, "a", 1);

        // the references once more, from the explicit differences
        let (streams, (source_maps, source_lives), (maps, lives)) = (Streams::new("a"), cells(7, 0.0), target());
        let context = context(&streams, 1);
        let shape = EncoderShape::new(2, 20, 60, 32).unwrap();
        let learned = maps.slice_axis(Axis(0), Slice::from(..LEARNED)).to_owned();
        let target = MapsAndLives { maps: learned.as_slice().unwrap(), lives: &lives[..LEARNED] };
        let source = MapsAndLives { maps: source_maps.as_slice().unwrap(), lives: &source_lives };
        let pairs = CellPairs::new(target, source, 0.2, &mut streams.stream("pairs"));
        let differences = Differences { shape, base: 1, limit: 10.0 };
        let trainer = Trainer { parameters: &parameters, differences, context: &context };
        let budget = parameters.pairs.unwrap();
        let mut network = trainer.initial("inter-cell init", Sees::Pairs).unwrap();
        trainer.on_pairs(network.as_mut(), &budget, &pairs, pairs.scale()).unwrap();
        // the same network without the inputs that it makes
        let weights = network.weights().unwrap();
        let network = ConvolutionalNetwork::new(shape, &weights, parameters.optimiser(), &context).unwrap();
        for (cell, (direct, both)) in direct.iter().zip(&both).enumerate() {
            let own = maps.index_axis(Axis(0), LEARNED + cell);
            let mut answers: Vec<f64> = source_maps
                .outer_iter()
                .zip(&source_lives)
                .map(|(reference, life)| {
                    let difference = &own - &reference;
                    let copy = |_, input: &mut [f32]| input.copy_from_slice(difference.as_slice().unwrap());
                    pairs.scale().inverse(network.outputs(&[0], copy).unwrap()[0]) + life
                })
                .filter(|&life| life > 0.0)
                .collect();
            answers.sort_by(f64::total_cmp);
            let expected = (direct + answers[(answers.len() - 1) / 2]) / 2.0;
            assert!((both - expected).abs() < 1e-9 * expected, "{both} {expected}");
        }
    }
}

#[test]
fn the_best_weights_are_restored_and_the_last_ones_in_the_notebook() {
    let (streams, (source_maps, source_lives), (maps, lives)) = (Streams::new("e"), cells(7, 0.0), target());
    let context = context(&streams, 1);
    let target = MapsAndLives { maps: maps.as_slice().unwrap(), lives: &lives };
    let source = MapsAndLives { maps: source_maps.as_slice().unwrap(), lives: &source_lives };
    let pairs = CellPairs::new(target, source, 0.3, &mut streams.stream("pairs"));
    let scale = pairs.scale();
    let shape = EncoderShape::new(2, 20, 60, 32).unwrap();
    let differences = Differences { shape, base: 1, limit: 10.0 };
    // steps so long that the validation error goes up and down
    let parameters = |preset| TransferParameters { preset, learning_rate: 0.02, ..transfer() };
    let trained = |preset, epochs, patience| {
        let (parameters, budget) =
            (parameters(preset), PairBudget { epochs, batch: 8, patience, ..PairBudget::default() });
        let trainer = Trainer { parameters: &parameters, differences, context: &context };
        let mut network = trainer.initial("init", Sees::Pairs).unwrap();
        let summary = trainer.on_pairs(network.as_mut(), &budget, &pairs, scale).unwrap();
        (network.weights().unwrap(), summary)
    };
    const EPOCHS: usize = 12;
    // training is deterministic, so the weights after k epochs are the last ones of a training of k epochs
    let after: Vec<_> = (1..=EPOCHS).map(|epochs| trained(Preset::Code, epochs, EPOCHS).0).collect();
    let errors: Vec<f64> = after
        .iter()
        .map(|weights| {
            let network =
                ConvolutionalNetwork::new(shape, weights, parameters(Preset::Code).optimiser(), &context).unwrap();
            let input = |pair, input: &mut [f32]| pairs.input(pair, &differences, input);
            let outputs = network.outputs(pairs.validation(), input).unwrap();
            let labels = pairs.validation().iter().map(|&pair| scale.forward(pairs.difference(pair)));
            outputs.iter().zip(labels).map(|(output, label)| (output - label).powi(2)).sum()
        })
        .collect();
    let best = (0..EPOCHS).min_by(|&a, &b| errors[a].total_cmp(&errors[b])).unwrap();
    assert!(best + 1 < EPOCHS, "the errors must rise again for this test to say anything: {errors:?}");
    let (weights, summary) = trained(Preset::Paper, EPOCHS, EPOCHS);
    assert_eq!(weights, after[best]);
    assert_ne!(weights, after[EPOCHS - 1]);
    assert_eq!(summary.epochs, Some(EPOCHS));

    // the first epoch that is no better ends training with a patience of one
    let rising = (1..EPOCHS).find(|&epoch| errors[epoch] >= errors[..epoch].iter().copied().fold(f64::MAX, f64::min));
    let (weights, summary) = trained(Preset::Paper, EPOCHS, 1);
    assert_eq!(summary.epochs, rising.map(|epoch| epoch + 1));
    assert_eq!(weights, after[rising.unwrap() - 1]);
}

#[test]
fn fine_tuning_from_a_given_network_is_fine_tuning_from_its_own() {
    let (streams, source, (maps, lives)) = (Streams::new("a"), cells(7, 0.0), target());
    let context = context(&streams, 1);
    let model = || Transfer::new(fine_tune()).unwrap().with_source(&source.0, &source.1).unwrap();
    let given = model().pretrain(&context).unwrap().expect("fine-tuning has a pretraining");
    let weights = |model: Transfer<'_>| {
        let (fitted, summary) = model.fit(maps.view(), &lives, &context).unwrap();
        (fitted.weights().unwrap(), summary)
    };
    assert_eq!(weights(model()), weights(model().with_pretrained(Some(given.clone()))));
    assert_eq!(Transfer::new(direct()).unwrap().pretrain(&context).unwrap(), None);

    // a checkpoint of another architecture
    let mut wide = Transfer::new(TransferParameters { channels: 4, ..fine_tune() }).unwrap();
    wide = wide.with_source(&source.0, &source.1).unwrap().with_pretrained(Some(given));
    assert!(matches!(wide.fit(maps.view(), &lives, &context), Err(ModelError::Weights(_))));
    let (of_direct, _) = weights(Transfer::new(direct()).unwrap());
    let both = Transfer::new(transfer()).unwrap().with_source(&source.0, &source.1).unwrap();
    assert!(matches!(both.restore(&of_direct, maps.view(), &lives, &context), Err(ModelError::Weights(_))));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let (streams, (maps, lives)) = (Streams::new("a"), target());
    let fit = |model: &Transfer<'_>| model.fit(maps.view(), &lives, &context(&streams, 1)).err().unwrap();
    let without = Transfer::new(transfer()).unwrap();
    assert!(matches!(fit(&without), ModelError::TooFewSamples { .. }));
    let late = Transfer::new(TransferParameters { base: 20, ..direct() }).unwrap();
    assert!(fit(&late).to_string().contains("base = 20"));
    let narrow = (maps.slice_axis(Axis(3), Slice::from(..30)).to_owned(), lives.clone());
    let other = Transfer::new(fine_tune()).unwrap().with_source(&narrow.0, &narrow.1).unwrap();
    assert!(fit(&other).to_string().contains("source cells, 2, 20, 60"));
    let mut bad = narrow.0.clone();
    bad[[0, 0, 0, 0]] = f32::NAN;
    let source = Transfer::new(fine_tune()).unwrap().with_source(&bad, &narrow.1);
    assert!(matches!(source.err(), Some(ModelError::NotFinite { .. })));
}
