//! What BatLiNet can do beyond the paper: differences that are scaled or weighed by cycle, a learning rate that falls, weights that
//! are averaged, branches that should agree, features that are left out. (Ten steps of branches that should agree are held against
//! PyTorch in `steps.rs`.)

use baselines::{Context, Described as _, Fitted as _, Model as _, Silent, Streams, Weights};
use batlinet::{BatLiNet, BatLiNetParameters, References, inputs::Inputs};
use ndarray::{ArrayD, IxDyn};

const CELLS: usize = 7;

/// Maps that bend more from cycle to cycle the smaller the label.
fn data() -> (ArrayD<f32>, Vec<f64>) {
    let labels: Vec<f64> = (0..CELLS).map(|cell| (cell as f64 * 2.1).sin()).collect();
    let maps = ArrayD::from_shape_fn(IxDyn(&[CELLS, 1, 20, 60]), |index| {
        let (cycle, point) = (index[2] as f32 / 20.0, index[3] as f32 / 60.0);
        3.3 - 0.01 * (1.5 - labels[index[0]] as f32) * cycle * point * point + 0.3 * (4.0 * point).sin()
    });
    (maps, labels)
}

fn parameters() -> BatLiNetParameters {
    BatLiNetParameters { epochs: 3, base: 1, filter_cycles: false, references_test: 5, ..BatLiNetParameters::default() }
}

/// The weights and the predictions of the training cells.
fn trained(parameters: &BatLiNetParameters) -> (Weights, Vec<f64>) {
    let (streams, (maps, labels)) = (Streams::new("beyond"), data());
    let context = Context::on_cpu(&streams, 1, &Silent);
    let model = BatLiNet::new(parameters.clone()).unwrap();
    let (fitted, _) = model.fit(maps.view(), &labels, &context).unwrap();
    let (weights, predictions) = (fitted.weights().unwrap(), fitted.predict(maps.view(), &context).unwrap());
    // what is kept is the whole model
    let restored = model.restore(&weights, maps.view(), &labels, &context).unwrap();
    assert_eq!(restored.predict(maps.view(), &context).unwrap(), predictions);
    (weights, predictions)
}

fn furthest(ours: &[f64], others: &[f64]) -> f64 {
    ours.iter().zip(others).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

#[test]
fn differences_that_have_the_deviation_already_are_not_changed_by_scaling() {
    for (intra_cell, inter_cell) in [(true, false), (false, true)] {
        let plain = BatLiNetParameters { intra_cell, inter_cell, ..parameters() };
        let (maps, _) = data();
        let maps = maps.as_slice().unwrap();
        let shape = baselines::encoder::EncoderShape::new(1, 20, 60, 32).unwrap();
        let scales = Inputs::new(&plain, shape, 1).scales_to(1.0, [maps, maps], &plain);
        let factor = scales.intra.or(scales.inter).unwrap();
        assert!(factor > 10.0, "these differences are small: {factor}");
        let own = BatLiNetParameters { scaled_to: Some(1.0 / f64::from(factor)), ..plain.clone() };
        let unit = BatLiNetParameters { scaled_to: Some(1.0), ..plain.clone() };
        let expected = trained(&plain).1;
        assert!(furthest(&trained(&own).1, &expected) < 1e-4);
        assert!(furthest(&trained(&unit).1, &expected) > 1e-2, "scaled, they teach something else");
    }
}

#[test]
fn the_first_step_of_a_cosine_is_a_whole_one() {
    let at = |epochs, cosine| trained(&BatLiNetParameters { epochs, cosine, ..parameters() });
    assert_eq!(at(1, true), at(1, false));
    assert_ne!(at(3, true), at(3, false));
}

#[test]
fn averaged_weights_are_the_mean_of_those_after_each_of_the_last_epochs() {
    let after = |epochs, averaged| trained(&BatLiNetParameters { epochs, averaged, ..parameters() }).0;
    // of four epochs, the last one is none beside itself
    assert_eq!(after(4, 0.25), after(4, 0.0));
    let (third, fourth, mean) = (after(3, 0.0), after(4, 0.0), after(4, 0.5));
    for ((third, fourth), mean) in third.0.iter().zip(&fourth.0).zip(&mean.0) {
        for ((third, fourth), mean) in third.values.iter().zip(&fourth.values).zip(&mean.values) {
            assert!(((third + fourth) / 2.0 - mean).abs() <= 1e-7);
        }
    }
}

/// Mean squared difference between what the branches say of the training cells, asked with all of them.
fn disagreement(consistency: f64) -> f64 {
    let (streams, (maps, labels)) = (Streams::new("agreement"), data());
    let context = Context::on_cpu(&streams, 1, &Silent);
    let parameters = BatLiNetParameters { consistency, epochs: 30, scaled_to: Some(0.2), ..parameters() };
    let (fitted, _) = BatLiNet::new(parameters).unwrap().fit(maps.view(), &labels, &context).unwrap();
    let answers = fitted.pairs(maps.view(), &References::every(CELLS, CELLS)).unwrap();
    let inter = answers.inter.unwrap();
    let apart = answers.intra.unwrap().into_iter().zip(inter.rows()).map(|(one, of_references)| {
        let mean = of_references.mean().unwrap();
        (one - mean).powi(2)
    });
    apart.sum::<f64>() / CELLS as f64
}

#[test]
fn branches_that_should_agree_do_so_better() {
    let (apart, together) = (disagreement(0.0), disagreement(20.0));
    assert!(together < 0.9 * apart, "{together} for {apart}");
}

#[test]
fn dropout_belongs_to_training_and_vanishes_with_its_rate() {
    let at = |dropout| trained(&BatLiNetParameters { dropout, ..parameters() });
    assert_eq!(at(1e-12), at(0.0));
    assert_ne!(at(0.5), at(0.0));
    assert_eq!(at(0.5), at(0.5), "drawn from the seed");
}

#[test]
fn cycles_that_count_alike_change_nothing() {
    let at = |late_cycles| trained(&BatLiNetParameters { late_cycles, scaled_to: Some(0.2), ..parameters() }).1;
    assert!(furthest(&at(1e-9), &at(0.0)) < 1e-5);
    assert!(furthest(&at(2.0), &at(0.0)) > 1e-3);
}

#[test]
fn a_card_refuses_what_its_kernels_do_not_know() {
    let refused = |parameters: BatLiNetParameters| parameters.check_card(&[1, 100, 250]).unwrap_err();
    parameters().check_card(&[1, 100, 250]).unwrap();
    BatLiNetParameters { averaged: 0.25, ..parameters() }.check_card(&[1, 100, 250]).unwrap();
    assert!(refused(BatLiNetParameters { scaled_to: Some(0.2), ..parameters() }).contains("scaled_to"));
    assert!(refused(BatLiNetParameters { cosine: true, ..parameters() }).contains("cosine"));
    assert!(refused(BatLiNetParameters { consistency: 0.5, ..parameters() }).contains("consistency"));
    assert!(refused(BatLiNetParameters { dropout: 0.5, ..parameters() }).contains("dropout"));
    assert!(refused(BatLiNetParameters { late_cycles: 1.0, ..parameters() }).contains("late_cycles"));
}
