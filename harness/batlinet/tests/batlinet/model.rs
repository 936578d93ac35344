//! BatLiNet as a model: what it learns, what it depends on, and what it does not.

use baselines::{Context, FitSummary, Fitted as _, Model as _, ModelError, Silent, Streams};
use batlinet::{
    BatLiNet, BatLiNetParameters, References,
    cleaning::{Cleaning, CycleFilter},
};
use ndarray::{ArrayD, IxDyn};
use rand::{RngExt as _, seq::SliceRandom as _};

const CELLS: usize = 10;
const SHAPE: [usize; 4] = [CELLS, 2, 20, 60];

/// Smooth maps that bend more from cycle to cycle the smaller the label.
fn data() -> (ArrayD<f32>, Vec<f64>) {
    let labels: Vec<f64> = (0..CELLS).map(|cell| (cell as f64 * 2.1).sin()).collect();
    let maps = ArrayD::from_shape_fn(IxDyn(&SHAPE), |index| {
        let (channel, cycle, point) = (index[1] as f32, index[2] as f32 / 20.0, index[3] as f32 / 60.0);
        let fade = (1.5 - labels[index[0]] as f32) * cycle;
        3.3 - 0.2 * channel - fade * point * point + 0.3 * (4.0 * point).sin()
    });
    (maps, labels)
}

fn parameters() -> BatLiNetParameters {
    let base = BatLiNetParameters::default();
    BatLiNetParameters { epochs: 3, base: 1, filter_cycles: false, references_test: 5, ..base }
}

fn context(streams: &Streams, threads: usize) -> Context<'_> {
    Context::on_cpu(streams, threads, &Silent)
}

/// What a fit has to tell, without the model.
fn told<F>(fit: Result<(F, FitSummary), ModelError>) -> Result<FitSummary, ModelError> {
    fit.map(|(_, summary)| summary)
}

fn fit_and_predict(parameters: BatLiNetParameters, seed: &str, threads: usize) -> Vec<f64> {
    let streams = Streams::new(seed);
    let (maps, labels) = data();
    let model = BatLiNet::new(parameters).unwrap();
    let (fitted, _) = model.fit(maps.view(), &labels, &context(&streams, threads)).unwrap();
    fitted.predict(maps.view(), &context(&streams, threads)).unwrap()
}

#[test]
fn each_branch_and_both_learn_what_can_be_learnt() {
    let (_, labels) = data();
    for (intra_cell, inter_cell) in [(true, true), (true, false), (false, true)] {
        let parameters =
            BatLiNetParameters { intra_cell, inter_cell, epochs: 150, learning_rate: 2e-3, ..parameters() };
        let predictions = fit_and_predict(parameters, "learn", 2);
        let squares: f64 = predictions.iter().zip(&labels).map(|(a, b)| (a - b).powi(2)).sum();
        let rmse = (squares / CELLS as f64).sqrt();
        assert!(rmse < 0.35, "intra {intra_cell}, inter {inter_cell}: {rmse}, the labels spread by 0.7");
    }
}

#[test]
fn seeds_matter_and_threads_do_not() {
    let one = fit_and_predict(parameters(), "a", 1);
    assert_eq!(one, fit_and_predict(parameters(), "a", 1));
    assert_eq!(one, fit_and_predict(parameters(), "a", 3));
    assert_ne!(one, fit_and_predict(parameters(), "b", 1));
}

#[test]
fn what_is_said_to_change_nothing_changes_nothing() {
    let base = BatLiNetParameters { epochs: 1, ..parameters() };
    let hampel = (Cleaning::Hampel, Cleaning::None);
    let mut tried = std::collections::BTreeSet::new();
    for (intra_cell, inter_cell) in [(true, true), (true, false), (false, true)] {
        for (intra_cleaning, inter_cleaning) in [(Cleaning::Standard, Cleaning::Standard), hampel] {
            for filter_cycles in [true, false] {
                let parameters = BatLiNetParameters {
                    intra_cell,
                    inter_cell,
                    intra_cleaning,
                    inter_cleaning,
                    filter_cycles,
                    ..base.clone()
                };
                let expected = fit_and_predict(parameters.clone(), "a", 1);
                for name in parameters.unused() {
                    let other = match name {
                        "alpha" => BatLiNetParameters { alpha: 0.9, ..parameters.clone() },
                        "separate_heads" => BatLiNetParameters { separate_heads: true, ..parameters.clone() },
                        "base" => BatLiNetParameters { base: 4, ..parameters.clone() },
                        "references_train" => BatLiNetParameters { references_train: 7, ..parameters.clone() },
                        "references_test" => BatLiNetParameters { references_test: 2, ..parameters.clone() },
                        "self_reference" => BatLiNetParameters { self_reference: false, ..parameters.clone() },
                        "filter_target" => BatLiNetParameters { filter_target: false, ..parameters.clone() },
                        "cycle_filter" => {
                            BatLiNetParameters { cycle_filter: CycleFilter::WholeCycle, ..parameters.clone() }
                        }
                        "glitch_width" => BatLiNetParameters { glitch_width: 3, ..parameters.clone() },
                        "glitch_wrap" => BatLiNetParameters { glitch_wrap: false, ..parameters.clone() },
                        "intra_cleaning" => BatLiNetParameters { intra_cleaning: Cleaning::None, ..parameters.clone() },
                        "inter_cleaning" => {
                            BatLiNetParameters { inter_cleaning: Cleaning::Hampel, ..parameters.clone() }
                        }
                        unknown => panic!("{unknown} is not tried here"),
                    };
                    assert_eq!(fit_and_predict(other, "a", 1), expected, "{name} of {parameters:?}");
                    tried.insert(name);
                }
            }
        }
    }
    assert_eq!(tried.len(), 12, "{tried:?}");
    assert!(base.unused().iter().all(|name| ["filter_target", "cycle_filter"].contains(name)));
}

#[test]
fn settings_of_a_branch_matter_only_with_that_branch() {
    let intra = BatLiNetParameters { inter_cell: false, ..parameters() };
    let other_references = BatLiNetParameters {
        references_train: 7,
        references_test: 2,
        self_reference: false,
        alpha: 0.9,
        ..intra.clone()
    };
    assert_eq!(fit_and_predict(intra.clone(), "a", 1), fit_and_predict(other_references, "a", 1));
    let other_base = BatLiNetParameters { base: 4, ..intra };
    assert_ne!(fit_and_predict(other_base, "a", 1), fit_and_predict(parameters(), "a", 1));
    let inter = BatLiNetParameters { intra_cell: false, ..parameters() };
    let other_base = BatLiNetParameters { base: 4, ..inter.clone() };
    assert_eq!(fit_and_predict(inter, "a", 1), fit_and_predict(other_base, "a", 1));
}

#[test]
fn alpha_weighs_the_inter_cell_branch() {
    // the same trained network asked with another α: y = (1 - α) intra + α inter is linear in α
    let streams = Streams::new("alpha");
    let (maps, labels) = data();
    let context = context(&streams, 1);
    let (trained, _) = BatLiNet::new(parameters()).unwrap().fit(maps.view(), &labels, &context).unwrap();
    let weights = trained.weights().unwrap();
    let ask = |alpha: f64| {
        let model = BatLiNet::new(BatLiNetParameters { alpha, ..parameters() }).unwrap();
        let restored = model.restore(&weights, maps.view(), &labels, &context).unwrap();
        restored.predict(maps.view(), &context).unwrap()
    };
    let (intra, inter, quarter) = (ask(0.0), ask(1.0), ask(0.25));
    for ((intra, inter), quarter) in intra.iter().zip(&inter).zip(&quarter) {
        assert!((0.75 * intra + 0.25 * inter - quarter).abs() < 1e-12);
        assert_ne!(intra, inter);
    }
}

#[test]
fn saved_weights_predict_the_same_and_others_are_refused() {
    let streams = Streams::new("save");
    let (maps, labels) = data();
    let context = context(&streams, 1);
    let model = BatLiNet::new(parameters()).unwrap();
    let (trained, _) = model.fit(maps.view(), &labels, &context).unwrap();
    let bytes = trained.weights().unwrap().to_bytes().unwrap();
    let weights = baselines::Weights::from_bytes(&bytes).unwrap();
    let restored = model.restore(&weights, maps.view(), &labels, &context).unwrap();
    assert_eq!(trained.predict(maps.view(), &context).unwrap(), restored.predict(maps.view(), &context).unwrap());
    let narrow = maps.slice_axis(ndarray::Axis(3), (0..50).into()).to_owned();
    let refused = model.restore(&weights, narrow.view(), &labels, &context).err().unwrap();
    assert!(refused.to_string().contains("projection.weight"), "{refused}");
    assert!(matches!(restored.predict(narrow.view(), &context), Err(ModelError::Shape { .. })));
}

#[test]
fn weights_of_another_arm_are_refused() {
    let streams = Streams::new("arms");
    let (maps, labels) = data();
    let context = context(&streams, 1);
    let arms = [
        parameters(),
        BatLiNetParameters { inter_cell: false, ..parameters() },
        BatLiNetParameters { intra_cell: false, ..parameters() },
        BatLiNetParameters { separate_heads: true, ..parameters() },
        BatLiNetParameters { head_bias: true, ..parameters() },
        BatLiNetParameters { channels: 16, ..parameters() },
    ];
    let weights: Vec<_> = arms
        .iter()
        .map(|arm| {
            let model = BatLiNet::new(BatLiNetParameters { epochs: 1, ..arm.clone() }).unwrap();
            let (fitted, _) = model.fit(maps.view(), &labels, &context).unwrap();
            fitted.weights().unwrap()
        })
        .collect();
    for (asked, arm) in arms.iter().enumerate() {
        for (trained, weights) in weights.iter().enumerate() {
            let outcome = BatLiNet::new(arm.clone()).unwrap().restore(weights, maps.view(), &labels, &context);
            match outcome {
                Ok(_) => assert_eq!(asked, trained),
                Err(ModelError::Weights(reason)) => {
                    assert_ne!(asked, trained);
                    assert!(reason.contains("another model") || reason.contains("this model needs"), "{reason}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn arms_of_the_branch_ablation_learn_what_can_be_learnt() {
    let (_, labels) = data();
    let naive = "{separate_heads: true, head_bias: true, intra_cleaning: hampel, inter_cleaning: none, \
                 cycle_filter: whole_cycle, filter_target: false, references_train: 1}";
    let naive: BatLiNetParameters = serde_yaml::from_str(naive).unwrap();
    let common = BatLiNetParameters { epochs: 150, learning_rate: 2e-3, ..parameters() };
    let naive = BatLiNetParameters { epochs: 150, learning_rate: 2e-3, base: 1, references_test: 5, ..naive };
    let cell_diff_only = BatLiNetParameters {
        intra_cell: false,
        filter_target: false,
        glitch_width: 5,
        glitch_wrap: false,
        ..common.clone()
    };
    let cycle_diff_only = BatLiNetParameters { inter_cell: false, glitch_width: 5, glitch_wrap: false, ..common };
    for arm in [naive, cell_diff_only, cycle_diff_only] {
        let predictions = fit_and_predict(arm.clone(), "arms", 2);
        let squares: f64 = predictions.iter().zip(&labels).map(|(a, b)| (a - b).powi(2)).sum();
        let rmse = (squares / CELLS as f64).sqrt();
        assert!(rmse < 0.5, "{arm:?}: {rmse}, the labels spread by 0.7");
    }
}

#[test]
fn a_hampel_filter_wider_than_the_grid_is_refused() {
    let streams = Streams::new("narrow");
    let (maps, labels) = data();
    let narrow = maps.slice_axis(ndarray::Axis(3), (0..50).into()).to_owned();
    let hampel = BatLiNetParameters { intra_cleaning: Cleaning::Hampel, ..parameters() };
    let model = BatLiNet::new(hampel.clone()).unwrap();
    let refused = told(model.fit(narrow.view(), &labels, &context(&streams, 1))).unwrap_err();
    assert!(refused.to_string().contains("grid points ≥ 51] for its Hampel filter"), "{refused}");
    // a branch that is not there filters nothing
    let model = BatLiNet::new(BatLiNetParameters { intra_cell: false, epochs: 1, ..hampel }).unwrap();
    model.fit(narrow.view(), &labels, &context(&streams, 1)).unwrap();
}

#[test]
fn a_loss_that_is_not_finite_ends_training_with_its_epoch() {
    let streams = Streams::new("diverge");
    let (maps, labels) = data();
    let model = BatLiNet::new(BatLiNetParameters { learning_rate: 1e30, epochs: 50, ..parameters() }).unwrap();
    let diverged = told(model.fit(maps.view(), &labels, &context(&streams, 1)));
    assert!(matches!(diverged, Err(ModelError::Diverged { epoch: 2.., .. })), "{diverged:?}");
}

#[test]
fn other_cells_may_be_the_references() {
    let (maps, labels) = data();
    let streams = Streams::new("other references");
    let context = context(&streams, 1);
    let predict = |model: BatLiNet<'_>, learnt: usize| {
        let cells = maps.slice_axis(ndarray::Axis(0), ndarray::Slice::from(..learnt));
        let (fitted, _) = model.fit(cells, &labels[..learnt], &context).unwrap();
        (fitted.predict(maps.view(), &context).unwrap(), fitted.weights().unwrap())
    };
    let given = || BatLiNet::new(parameters()).unwrap().with_references(&maps, labels.clone()).unwrap();
    // the training cells, given as references, are what they are anyway
    assert_eq!(predict(given(), labels.len()), predict(BatLiNet::new(parameters()).unwrap(), labels.len()));
    // one cell cannot be learnt from alone, but against others
    let one = maps.slice_axis(ndarray::Axis(0), ndarray::Slice::from(..1));
    assert!(BatLiNet::new(parameters()).unwrap().fit(one.view(), &labels[..1], &context).is_err());
    let (found, weights) = predict(given(), 1);
    let model = given();
    let restored = model.restore(&weights, one, &labels[..1], &context).unwrap();
    assert_eq!(restored.predict(maps.view(), &context).unwrap(), found);
    let narrow = maps.slice_axis(ndarray::Axis(3), ndarray::Slice::from(..30)).to_owned();
    let other = BatLiNet::new(parameters()).unwrap().with_references(&narrow, labels.clone()).unwrap();
    assert!(told(other.fit(maps.view(), &labels, &context)).unwrap_err().to_string().contains("reference cells"));
}

#[test]
fn a_base_outside_the_maps_is_refused() {
    let streams = Streams::new("base");
    let (maps, labels) = data();
    let model = BatLiNet::new(BatLiNetParameters { base: 20, ..parameters() }).unwrap();
    let refused = told(model.fit(maps.view(), &labels, &context(&streams, 1))).unwrap_err();
    assert!(refused.to_string().contains("positions 0 to 19"), "{refused}");
}

#[test]
fn the_pair_matrix_answers_as_pairs_asked_one_by_one() {
    let streams = Streams::new("pairs");
    let (maps, labels) = data();
    let context = context(&streams, 1);
    let model = BatLiNet::new(parameters()).unwrap();
    let (model, _) = model.fit(maps.view(), &labels, &context).unwrap();
    let whole = model.pairs(maps.view(), &References::every(CELLS, CELLS)).unwrap();
    let alone = whole.alone().unwrap();
    for cell in 0..CELLS {
        let map = maps.slice_axis(ndarray::Axis(0), (cell..cell + 1).into());
        let one = model.pairs(map, &References::every(1, CELLS)).unwrap();
        assert_eq!(one.alone().unwrap().row(0), alone.row(cell));
    }
    // whatever is asked beside a pair, and however many times, its answer is the same
    for references_test in [1, 5, 64] {
        let other = BatLiNet::new(BatLiNetParameters { references_test, ..parameters() }).unwrap();
        let other = other.restore(&model.weights().unwrap(), maps.view(), &labels, &context).unwrap();
        let predicted = other.predict(maps.view(), &context).unwrap();
        for (cell, prediction) in predicted.iter().enumerate() {
            assert!(alone.row(cell).iter().any(|answer| answer == prediction), "{references_test} references");
        }
        // whoever is asked beside a cell, and in whatever order, its references are the same
        let mut random = streams.stream("companies");
        for _ in 0..5 {
            let mut company: Vec<usize> = (0..CELLS).collect();
            company.shuffle(&mut random);
            company.truncate(random.random_range(1..=CELLS));
            let asked = other.predict(maps.select(ndarray::Axis(0), &company).view(), &context).unwrap();
            assert_eq!(asked, company.iter().map(|&cell| predicted[cell]).collect::<Vec<_>>(), "{company:?}");
        }
    }
}
