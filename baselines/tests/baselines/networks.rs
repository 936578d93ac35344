//! What every network must do, whatever it is made of.

use baselines::{
    AnyModel, Context, FitSummary, Fitted, Model as _, ModelError, Silent, Streams, Weights,
    cnn::{Cnn, CnnParameters},
    lstm::{Lstm, LstmParameters},
    mlp::{Mlp, MlpParameters},
    weights::NamedTensor,
};
use ndarray::{ArrayD, IxDyn};

const SAMPLES: usize = 12;

/// Smooth maps whose level carries the label.
fn data(inner: [usize; 2]) -> (ArrayD<f32>, Vec<f64>) {
    let labels: Vec<f64> = (0..SAMPLES).map(|sample| (sample as f64 * 2.4).sin()).collect();
    let features = ArrayD::from_shape_fn(IxDyn(&[SAMPLES, inner[0], inner[1]]), |index| {
        let phase = 0.2 * index[1] as f32 + 0.1 * index[2] as f32;
        labels[index[0]] as f32 * (1.0 + 0.3 * phase.cos()) + 0.1 * phase.sin()
    });
    (features, labels)
}

fn networks(epochs: usize) -> Vec<(&'static str, Box<dyn AnyModel>, [usize; 2])> {
    networks_with_rate(epochs, 5e-3)
}

fn networks_with_rate(epochs: usize, rate: f64) -> Vec<(&'static str, Box<dyn AnyModel>, [usize; 2])> {
    let cnn = CnnParameters { epochs, learning_rate: rate, batch: 5, channels: 32, ..CnnParameters::default() };
    let lstm = LstmParameters { epochs, learning_rate: rate, batch: 5, hidden: 8, ..LstmParameters::default() };
    let mlp = MlpParameters { epochs, learning_rate: rate, batch: 5, dropout: 0.01, ..MlpParameters::default() };
    vec![
        ("cnn", Box::new(Cnn::new(cnn).unwrap()), [20, 24]),
        ("lstm", Box::new(Lstm::new(lstm).unwrap()), [20, 24]),
        ("mlp", Box::new(Mlp::new(mlp).unwrap()), [1, 24]),
    ]
}

fn error(model: &dyn Fitted, features: &ArrayD<f32>, labels: &[f64], context: &Context<'_>) -> f64 {
    let predictions = model.predict(features.view(), context).unwrap();
    let squares: f64 = predictions.iter().zip(labels).map(|(a, b)| (a - b).powi(2)).sum();
    (squares / labels.len() as f64).sqrt()
}

/// What a fit has to tell, without the model.
fn told<F>(fit: Result<(F, FitSummary), ModelError>) -> Result<FitSummary, ModelError> {
    fit.map(|(_, summary)| summary)
}

fn context(streams: &Streams) -> Context<'_> {
    tch::set_num_threads(1);
    Context { streams, device: tch::Device::Cpu, threads: 1, progress: &Silent }
}

#[test]
fn training_learns_what_can_be_learnt() {
    let streams = Streams::new("learn");
    for (name, model, inner) in networks(300) {
        let (features, labels) = data(inner);
        let (fitted, summary) = model.fit(features.view(), &labels, &context(&streams)).unwrap();
        let rmse = error(fitted.as_ref(), &features, &labels, &context(&streams));
        assert!(rmse < 0.25, "{name}: {rmse}, the labels spread by 0.7");
        assert_eq!(summary.epochs, Some(300), "{name}");
        assert!(summary.final_loss.unwrap() < 0.2, "{name}");
    }
}

#[test]
fn a_seed_gives_one_network_and_another_seed_another() {
    let fit = |identity: &str, index: usize| {
        let streams = Streams::new(identity);
        let (name, model, inner) = networks(3).swap_remove(index);
        let (features, labels) = data(inner);
        let (fitted, _) = model.fit(features.view(), &labels, &context(&streams)).unwrap();
        let first = fitted.predict(features.view(), &context(&streams)).unwrap();
        // a second fit knows nothing of the first
        let (fitted, _) = model.fit(features.view(), &labels, &context(&streams)).unwrap();
        assert_eq!(first, fitted.predict(features.view(), &context(&streams)).unwrap(), "{name}");
        first
    };
    for index in 0..3 {
        assert_eq!(fit("a", index), fit("a", index));
        assert_ne!(fit("a", index), fit("b", index));
    }
}

#[test]
fn saved_weights_predict_the_same() {
    let streams = Streams::new("save");
    let pairs = networks(2).into_iter().zip(networks(2));
    for ((name, model, inner), (_, other, _)) in pairs {
        let (features, labels) = data(inner);
        let context = context(&streams);
        let (trained, _) = model.fit(features.view(), &labels, &context).unwrap();
        let weights = trained.weights().unwrap();
        let restored = other.restore(&weights, features.view(), &labels, &context).unwrap();
        assert_eq!(
            trained.predict(features.view(), &context).unwrap(),
            restored.predict(features.view(), &context).unwrap(),
            "{name}"
        );
        let (narrow, _) = data([inner[0], inner[1] - 1]);
        assert!(matches!(restored.predict(narrow.view(), &context), Err(ModelError::Shape { .. })), "{name}");
    }
}

#[test]
fn weights_of_another_architecture_are_refused() {
    let streams = Streams::new("other");
    let context = context(&streams);
    let weights: Vec<_> = networks(1)
        .into_iter()
        .map(|(name, model, inner)| {
            let (features, labels) = data(inner);
            let (fitted, _) = model.fit(features.view(), &labels, &context).unwrap();
            (name, fitted.weights().unwrap())
        })
        .collect();
    for (name, model, inner) in networks(1) {
        let (features, labels) = data(inner);
        let refused = |weights: &Weights, features: &ArrayD<f32>| {
            let restored = model.restore(weights, features.view(), &labels, &context);
            let error = restored.err().expect(name);
            assert!(matches!(error, ModelError::Weights(_)), "{name}: {error}");
            error.to_string()
        };
        // of another network
        for (other, weights) in weights.iter().filter(|(other, _)| *other != name) {
            let message = refused(weights, &features);
            assert!(message.contains("there is no tensor") && message.contains("another model"), "{other}: {message}");
        }
        let (_, own) = weights.iter().find(|(other, _)| *other == name).unwrap();
        // for other dimensions
        let (wide, _) = data([inner[0], inner[1] + 9]);
        assert!(refused(own, &wide).contains("this model needs"));
        // with a tensor too much, or one too few, or one that is broken
        let mut more = own.clone();
        more.0.push(NamedTensor { name: "gate.weight".to_owned(), shape: vec![1], values: vec![0.0] });
        assert!(refused(&more, &features).contains("tensor 'gate.weight' is left over"));
        let mut fewer = own.clone();
        let last = fewer.0.pop().unwrap();
        assert!(refused(&fewer, &features).contains(&format!("no tensor '{}'", last.name)));
        let mut broken = own.clone();
        broken.0[1].values[0] = f32::NAN;
        assert!(refused(&broken, &features).contains("not finite"));
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_training_with_its_epoch() {
    let streams = Streams::new("diverge");
    for (name, model, inner) in networks_with_rate(50, 1e30) {
        let (features, labels) = data(inner);
        let diverged = told(model.fit(features.view(), &labels, &context(&streams)));
        assert!(matches!(diverged, Err(ModelError::Diverged { epoch: 1.., .. })), "{name}: {diverged:?}");
    }
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let streams = Streams::new("finite");
    for (name, model, inner) in networks(1) {
        let (mut features, labels) = data(inner);
        features[[4, 0, 3]] = f32::NAN;
        let refused = told(model.fit(features.view(), &labels, &context(&streams)));
        assert!(matches!(refused, Err(ModelError::NotFinite { sample: 4, .. })), "{name}");
    }
}

#[test]
fn a_collapsed_cnn_starts_again() {
    // equal inputs with labels of zero draw the predictions to zero, which is what the guard takes for a collapse
    let streams = Streams::new("collapse");
    let parameters =
        CnnParameters { epochs: 1500, learning_rate: 1e-3, batch: 12, channels: 2, ..CnnParameters::default() };
    let model = Cnn::new(parameters).unwrap();
    let features = ArrayD::zeros(IxDyn(&[SAMPLES, 20, 24]));
    let (_, summary) = model.fit(features.view(), &[0.0; SAMPLES], &context(&streams)).unwrap();
    assert!(summary.restarts > 0);
}
