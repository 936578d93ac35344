//! Standardised features and labels: fitted to the training cells only, undone for predictions.

use ndarray::ArrayD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Least standard deviation to divide by.
const LEAST_DEVIATION: f64 = 1e-8;

/// What is done to features before a model reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "2.5"))]
pub enum FeatureTransformation {
    /// Nothing.
    #[default]
    None,
    /// Every number of a sample minus its training mean, over its training standard deviation (n − 1, at least 1e-8).
    ZScore,
}

impl FeatureTransformation {
    /// Learns from training features; axis 0 is the sample.
    ///
    /// # Errors
    /// [`Error::TooFewForZScore`] if fewer than two samples are to be standardised.
    pub fn fit(self, train: &ArrayD<f32>) -> Result<FittedFeatureTransformation, Error> {
        let Self::ZScore = self else { return Ok(FittedFeatureTransformation { columns: Vec::new() }) };
        let count = train.shape().first().copied().unwrap_or(0);
        check_enough(count)?;
        let mut columns = vec![Standard { mean: 0.0, deviation: 0.0 }; train.len() / count];
        for sample in train.outer_iter() {
            for (column, &value) in columns.iter_mut().zip(&sample) {
                column.mean += f64::from(value) / count as f64;
            }
        }
        for sample in train.outer_iter() {
            for (column, &value) in columns.iter_mut().zip(&sample) {
                column.deviation += (f64::from(value) - column.mean).powi(2) / (count - 1) as f64;
            }
        }
        for column in &mut columns {
            column.deviation = column.deviation.sqrt().max(LEAST_DEVIATION);
        }
        Ok(FittedFeatureTransformation { columns })
    }
}

/// A [`FeatureTransformation`] with what it learned.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedFeatureTransformation {
    /// One per number of a sample; empty for no transformation.
    columns: Vec<Standard>,
}

impl FittedFeatureTransformation {
    /// Transforms features of the shape that was fitted, in place; axis 0 is the sample.
    ///
    /// # Panics
    /// If a sample has another number of numbers.
    pub fn apply(&self, features: &mut ArrayD<f32>) {
        if self.columns.is_empty() {
            return;
        }
        for mut sample in features.outer_iter_mut() {
            assert_eq!(sample.len(), self.columns.len(), "features of the shape that was fitted");
            for (value, column) in sample.iter_mut().zip(&self.columns) {
                *value = column.forward(f64::from(*value)) as f32;
            }
        }
    }
}

/// One step of a [`LabelTransformation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelStep {
    /// Natural logarithm.
    Log,
    /// Minus the training mean, over the training standard deviation (n − 1, at least 1e-8).
    ZScore,
}

/// What is done to lives before a model learns them: steps in order, such as `[log, z_score]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<LabelStep>", into = "Vec<LabelStep>")]
#[schemars(extend("x-source" = "2.5"))]
pub struct LabelTransformation(Vec<LabelStep>);

impl Default for LabelTransformation {
    /// Logarithm, then z-score: what all published models use but three.
    fn default() -> Self {
        Self(vec![LabelStep::Log, LabelStep::ZScore])
    }
}

impl TryFrom<Vec<LabelStep>> for LabelTransformation {
    type Error = String;

    fn try_from(steps: Vec<LabelStep>) -> Result<Self, String> {
        match steps.iter().rposition(|&step| step == LabelStep::Log) {
            Some(position) if position > 0 => {
                Err("log must be the first label transformation: what comes before it may be negative".to_owned())
            }
            _ => Ok(Self(steps)),
        }
    }
}

impl From<LabelTransformation> for Vec<LabelStep> {
    fn from(transformation: LabelTransformation) -> Self {
        transformation.0
    }
}

impl LabelTransformation {
    /// Lives as they are, in cycles.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Learns from the lives of the training cells.
    ///
    /// # Errors
    /// [`Error::NoLogarithm`] of a life that is not positive, [`Error::TooFewForZScore`] if fewer than two are to be standardised.
    pub fn fit(&self, lives: &[f64]) -> Result<FittedLabelTransformation, Error> {
        let mut labels = lives.to_vec();
        let mut steps = Vec::with_capacity(self.0.len());
        for step in &self.0 {
            let fitted = match step {
                LabelStep::Log => {
                    if let Some(life) = labels.iter().find(|&&life| life.is_nan() || life <= 0.0) {
                        return Err(Error::NoLogarithm(*life));
                    }
                    FittedStep::Log
                }
                LabelStep::ZScore => {
                    check_enough(labels.len())?;
                    FittedStep::ZScore(Standard::of(&labels))
                }
            };
            labels.iter_mut().for_each(|label| *label = fitted.forward(*label));
            steps.push(fitted);
        }
        Ok(FittedLabelTransformation { steps })
    }
}

/// A [`LabelTransformation`] with what it learned.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedLabelTransformation {
    steps: Vec<FittedStep>,
}

impl FittedLabelTransformation {
    /// Lives in cycles to labels.
    pub fn forward(&self, lives: &[f64]) -> Vec<f64> {
        lives.iter().map(|&life| self.steps.iter().fold(life, |label, step| step.forward(label))).collect()
    }

    /// Labels to lives in cycles.
    pub fn inverse(&self, labels: &[f64]) -> Vec<f64> {
        labels.iter().map(|&label| self.steps.iter().rev().fold(label, |life, step| step.inverse(life))).collect()
    }
}

impl FittedLabelTransformation {
    /// Standard deviations of ln life, of standard deviations around labels: half of what lies between one up and one down. Not a
    /// number where a life of them has no logarithm.
    ///
    /// # Panics
    /// If there are not as many of both.
    pub fn log_deviations(&self, labels: &[f64], deviations: &[f64]) -> Vec<f64> {
        assert_eq!(labels.len(), deviations.len(), "a deviation for each label");
        let lives = |sign: f64| {
            let moved: Vec<f64> = labels.iter().zip(deviations).map(|(label, by)| label + sign * by).collect();
            self.inverse(&moved)
        };
        lives(1.0).iter().zip(lives(-1.0)).map(|(high, low)| (high.ln() - low.ln()) / 2.0).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum FittedStep {
    Log,
    ZScore(Standard),
}

impl FittedStep {
    fn forward(self, value: f64) -> f64 {
        match self {
            Self::Log => value.ln(),
            Self::ZScore(standard) => standard.forward(value),
        }
    }

    fn inverse(self, value: f64) -> f64 {
        match self {
            Self::Log => value.exp(),
            Self::ZScore(standard) => value * standard.deviation + standard.mean,
        }
    }
}

/// Mean and standard deviation of one quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Standard {
    mean: f64,
    deviation: f64,
}

impl Standard {
    fn of(values: &[f64]) -> Self {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, deviation: (squares / (values.len() - 1) as f64).sqrt().max(LEAST_DEVIATION) }
    }

    fn forward(self, value: f64) -> f64 {
        (value - self.mean) / self.deviation
    }
}

fn check_enough(count: usize) -> Result<(), Error> {
    if count < 2 {
        return Err(Error::TooFewForZScore(count));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn standardised_training_features_have_mean_zero_and_deviation_one() {
        let train = array![[1.0_f32, 5.0], [2.0, 5.0], [6.0, 5.0]].into_dyn();
        let fitted = FeatureTransformation::ZScore.fit(&train).unwrap();
        let mut transformed = train.clone();
        fitted.apply(&mut transformed);
        let column: Vec<f32> = (0..3).map(|k| transformed[[k, 0]]).collect();
        assert!(column.iter().sum::<f32>().abs() < 1e-6);
        assert!((column.iter().map(|z| z * z).sum::<f32>() / 2.0 - 1.0).abs() < 1e-6);
        assert!((0..3).all(|k| transformed[[k, 1]] == 0.0), "a constant column is centred");
        let mut test = array![[3.0_f32, 5.0 + 1e-6]].into_dyn();
        fitted.apply(&mut test);
        assert_eq!(test[[0, 0]], 0.0, "the training mean counts");
        assert!(test[[0, 1]] > 40.0, "the deviation has a floor of 1e-8");
        let mut same = train.clone();
        FeatureTransformation::None.fit(&train).unwrap().apply(&mut same);
        assert_eq!(same, train);
    }

    #[test]
    fn labels_are_those_of_the_authors_and_come_back() {
        // golden values of the authors' code, which computes in single precision
        let lives = [300.0, 500.0, 900.0, 2237.0];
        let golden = [-1.049036979675293, -0.45667192339897156, 0.22493889927864075, 1.2807711362838745];
        let fitted = LabelTransformation::default().fit(&lives).unwrap();
        let labels = fitted.forward(&lives);
        assert!(labels.iter().zip(golden).all(|(label, golden)| (label - golden).abs() < 1e-6), "{labels:?}");
        assert!(fitted.inverse(&labels).iter().zip(lives).all(|(back, life)| (back - life).abs() < 1e-9));
        // the training mean of the labels is the geometric mean of the lives
        assert!((fitted.inverse(&[0.0])[0] - 741.31005859375).abs() < 1e-3);
    }

    #[test]
    fn deviations_of_labels_are_deviations_of_ln_life() {
        let lives = [300.0, 500.0, 900.0, 2237.0];
        let fitted = LabelTransformation::default().fit(&lives).unwrap();
        let logarithms: Vec<f64> = lives.iter().map(|life: &f64| life.ln()).collect();
        let mean = logarithms.iter().sum::<f64>() / 4.0;
        let deviation = (logarithms.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 3.0).sqrt();
        let found = fitted.log_deviations(&[0.3, -1.0], &[1.0, 0.25]);
        assert!((found[0] - deviation).abs() < 1e-12 && (found[1] - 0.25 * deviation).abs() < 1e-12, "{found:?}");
        let plain = LabelTransformation::none().fit(&lives).unwrap().log_deviations(&[1000.0, 10.0], &[1.0, 20.0]);
        assert!((plain[0] - 0.001).abs() < 1e-8 && plain[1].is_nan(), "{plain:?}");
    }

    #[test]
    fn steps_are_optional_but_log_comes_first() {
        let read = |yaml: &str| serde_yaml::from_str::<LabelTransformation>(yaml);
        let plain = read("[z_score]").unwrap().fit(&[1.0, 3.0]).unwrap();
        assert_eq!(plain.inverse(&[0.0]), [2.0]);
        assert_eq!(read("[]").unwrap().fit(&[7.0]).unwrap().forward(&[7.0]), [7.0]);
        assert!(read("[z_score, log]").unwrap_err().to_string().contains("first"));
        assert!(LabelTransformation::default().fit(&[0.0, 2.0]).is_err());
        assert!(LabelTransformation::default().fit(&[2.0]).unwrap_err().to_string().contains("at least 2"));
    }
}
