//! One item of `models:` in an experiment file: a model with its hyper-parameters, and what it is fed.

use baselines::{
    Model, ModelError, Streams,
    cnn::{Cnn, CnnParameters},
    encoder::EncoderShape,
    forest::{Forest, ForestParameters},
    gp::{GaussianProcess, GpParameters},
    linear::LeastSquares,
    lstm::{Lstm, LstmParameters},
    mean::Mean,
    mlp::{Mlp, MlpParameters},
    pcr::{Pcr, PcrParameters},
    pls::{Pls, PlsParameters},
    ridge::{Ridge, RidgeParameters},
    svm::{Svm, SvmParameters},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    misfit::Misfit,
    seed,
    yaml::{self, Problem},
};
use batlinet::{
    BatLiNet, BatLiNetParameters,
    transfer::{Transfer, TransferParameters},
};
use cells::label::LabelRule;
use features::samples::{FeatureTransformation, LabelTransformation};

/// A model of an experiment, checked: its hyper-parameters have a meaning and it has a feature if it needs one.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The model and its hyper-parameters.
    pub model: ModelSpec,
    /// Name of a feature of the experiment; only the training mean does without.
    pub feature: Option<String>,
    /// Fitted to the training features.
    pub feature_transformation: FeatureTransformation,
    /// Fitted to the training labels.
    pub label_transformation: LabelTransformation,
    /// Another label rule than the experiment's.
    pub label: Option<LabelRule>,
    /// Tells entries of the same model apart; empty where there is one.
    pub variant: String,
    /// In a transfer, how many target cells it learns from.
    pub target_cells: Option<usize>,
}

/// A model and its hyper-parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelSpec {
    /// Mean of the training labels.
    Mean,
    /// Least squares on the variance of ΔQ(V).
    Variance,
    /// Least squares on Severson's discharge features.
    Discharge,
    /// Least squares on Severson's full features.
    Full,
    /// Ridge regression.
    Ridge(RidgeParameters),
    /// Principal component regression.
    Pcr(PcrParameters),
    /// Partial least squares regression.
    Pls(PlsParameters),
    /// Support vector regression.
    Svm(SvmParameters),
    /// Random forest.
    Forest(ForestParameters),
    /// Gaussian process.
    Gp(GpParameters),
    /// Multilayer perceptron.
    Mlp(MlpParameters),
    /// Recurrent network.
    Lstm(LstmParameters),
    /// Convolutional network.
    Cnn(CnnParameters),
    /// BatLiNet.
    BatLiNet(BatLiNetParameters),
    /// A procedure of learning from another chemistry.
    Transfer(TransferParameters),
}

impl Entry {
    /// Reads an entry of `models:` alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(written: &serde_yaml::Value) -> Result<Self, Problem> {
        let declared: Declared = yaml::read(written)?;
        Self::try_from(declared).map_err(|misfit| misfit.in_entry(0))
    }

    /// `batlinet[intra_only]`.
    pub fn label(&self) -> String {
        let variant = if self.variant.is_empty() { String::new() } else { format!("[{}]", self.variant) };
        format!("{}{variant}", self.model.name())
    }

    /// The feature that the model reads; the training mean reads none, whatever is declared.
    pub fn reads(&self) -> Option<&str> {
        self.feature.as_deref().filter(|_| self.model != ModelSpec::Mean)
    }

    /// The names of the keys and hyper-parameters that change nothing for this entry, written or not.
    pub fn unused(&self) -> Vec<&'static str> {
        match self.model {
            ModelSpec::Mean => vec!["feature", "feature_transformation"],
            _ => self.model.unused(),
        }
    }

    /// All that its trained model and its answers follow from: entries that differ in this differ in more than a name.
    pub(super) fn identity(&self) -> Value {
        let feature = self.reads().map(|name| (name, self.feature_transformation));
        json!([self.model.name(), self.model.effective_parameters(), feature, self.label_transformation, self.label])
    }

    /// Whether the model learns from source cells too, those of another chemistry: in a transfer, they are BatLiNet's
    /// references.
    pub fn needs_source(&self) -> bool {
        match &self.model {
            ModelSpec::Transfer(parameters) => parameters.needs_source(),
            ModelSpec::BatLiNet(_) => self.target_cells.is_some(),
            _ => false,
        }
    }
}

impl ModelSpec {
    /// The names of all models, in the order of the tables.
    pub const NAMES: [&'static str; 14] = record::MODELS;

    /// Names of those whose result may change with the seed.
    pub const SEEDED: [&'static str; 5] = record::SEEDED_MODELS;

    /// The name in files and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Variance => "variance",
            Self::Discharge => "discharge",
            Self::Full => "full",
            Self::Ridge(_) => "ridge",
            Self::Pcr(_) => "pcr",
            Self::Pls(_) => "pls",
            Self::Svm(_) => "svm",
            Self::Forest(_) => "forest",
            Self::Gp(_) => "gp",
            Self::Mlp(_) => "mlp",
            Self::Lstm(_) => "lstm",
            Self::Cnn(_) => "cnn",
            Self::BatLiNet(_) => "batlinet",
            Self::Transfer(parameters) if parameters.pairs.is_some() => "batlinet",
            Self::Transfer(_) => "cnn",
        }
    }

    /// A model ready to be fitted; a transfer needs its source cells too.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn build(&self) -> Result<Box<dyn Model>, ModelError> {
        Ok(match self.clone() {
            Self::Mean => Box::new(Mean::new()),
            Self::Variance | Self::Discharge | Self::Full => Box::new(LeastSquares::new()),
            Self::Ridge(parameters) => Box::new(Ridge::new(parameters)?),
            Self::Pcr(parameters) => Box::new(Pcr::new(parameters)?),
            Self::Pls(parameters) => Box::new(Pls::new(parameters)?),
            Self::Svm(parameters) => Box::new(Svm::new(parameters)?),
            Self::Forest(parameters) => Box::new(Forest::new(parameters)?),
            Self::Gp(parameters) => Box::new(GaussianProcess::new(parameters)?),
            Self::Mlp(parameters) => Box::new(Mlp::new(parameters)?),
            Self::Lstm(parameters) => Box::new(Lstm::new(parameters)?),
            Self::Cnn(parameters) => Box::new(Cnn::new(parameters)?),
            Self::BatLiNet(parameters) => Box::new(BatLiNet::new(parameters)?),
            Self::Transfer(parameters) => Box::new(Transfer::new(parameters)?),
        })
    }

    /// All hyper-parameters, defaults included.
    pub fn parameters(&self) -> Value {
        let parameters = match self {
            Self::Mean | Self::Variance | Self::Discharge | Self::Full => Ok(Value::Object(Default::default())),
            Self::Ridge(parameters) => serde_json::to_value(parameters),
            Self::Pcr(parameters) => serde_json::to_value(parameters),
            Self::Pls(parameters) => serde_json::to_value(parameters),
            Self::Svm(parameters) => serde_json::to_value(parameters),
            Self::Forest(parameters) => serde_json::to_value(parameters),
            Self::Gp(parameters) => serde_json::to_value(parameters),
            Self::Mlp(parameters) => serde_json::to_value(parameters),
            Self::Lstm(parameters) => serde_json::to_value(parameters),
            Self::Cnn(parameters) => serde_json::to_value(parameters),
            Self::BatLiNet(parameters) => serde_json::to_value(parameters),
            Self::Transfer(parameters) => serde_json::to_value(parameters),
        };
        parameters.expect("hyper-parameters are numbers, names and lists, which JSON has")
    }

    /// The names of the hyper-parameters that change nothing beside the others.
    pub fn unused(&self) -> Vec<&'static str> {
        match self {
            Self::BatLiNet(parameters) => parameters.unused(),
            _ => Vec::new(),
        }
    }

    /// As [`ModelSpec::parameters`], with the default in the place of what changes nothing: what keys are made of, so
    /// that nothing is trained again for it.
    pub fn effective_parameters(&self) -> Map<String, Value> {
        let fields = |model: &Self| match model.parameters() {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let mut parameters = fields(self);
        let unused = self.unused();
        if !unused.is_empty() {
            let mut defaults = fields(&Self::BatLiNet(BatLiNetParameters::default()));
            for name in unused {
                parameters.remove(name);
                parameters.extend(defaults.remove_entry(name));
            }
        }
        parameters
    }

    /// Whether the model can read a feature of this shape per cell.
    ///
    /// # Errors
    /// What it needs, as a fragment.
    pub fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        let maps = || -> Result<[usize; 3], String> {
            shape.try_into().map_err(|_| {
                format!("it reads [channels, cycles, grid points], as capacity_map gives, and this is {shape:?}")
            })
        };
        let matrix = || -> Result<[usize; 2], String> {
            shape.try_into().map_err(|_| {
                format!("it reads [cycles, grid points], as voltage_capacity gives, and this is {shape:?}")
            })
        };
        let fits = |outcome: Result<(), ModelError>| outcome.map_err(|error| error.to_string());
        let columns: usize = shape.iter().product();
        match self {
            Self::Mlp(_) | Self::Lstm(_) => matrix().map(drop),
            Self::Cnn(parameters) => {
                let [cycles, points] = matrix()?;
                fits(EncoderShape::new(1, cycles, points, parameters.channels).map(drop))
            }
            Self::BatLiNet(parameters) => {
                let maps = maps()?;
                fits(BatLiNet::new(parameters.clone()).and_then(|model| model.check_maps(maps)))
            }
            Self::Transfer(parameters) => {
                let [channels, cycles, points] = maps()?;
                fits(EncoderShape::new(channels, cycles, points, parameters.channels).map(drop))
            }
            Self::Pcr(PcrParameters { components, .. }) | Self::Pls(PlsParameters { components, .. })
                if *components > columns =>
            {
                Err(format!("hyper-parameter components = {components}: this has {columns} numbers per cell"))
            }
            _ => Ok(()),
        }
    }

    /// The key that holds the hyper-parameters in an entry of a file.
    pub fn key(&self) -> &'static str {
        if matches!(self, Self::Transfer(_)) { "transfer" } else { self.name() }
    }

    /// The hyper-parameters that matter only when the trained model is asked.
    pub fn evaluation_only(&self) -> &'static [&'static str] {
        match self {
            Self::BatLiNet(_) => &["references_test", "pair_matrix"],
            _ => &[],
        }
    }

    /// Whether the seed can change the result; where it cannot, the model runs once.
    pub fn is_seeded(&self) -> bool {
        Self::SEEDED.contains(&self.name())
    }

    /// Position of the cycle that it subtracts from the others of a map, if it does.
    pub fn base(&self) -> Option<usize> {
        match self {
            Self::BatLiNet(parameters) => parameters.intra_cell.then_some(parameters.base),
            Self::Transfer(parameters) => Some(parameters.base),
            _ => None,
        }
    }

    /// Which random streams it draws from: models that share them begin with the same weights.
    pub fn streams(&self, seed: u64) -> Streams {
        match self {
            // the average of two networks has one in common with direct learning
            Self::Transfer(_) => seed::streams("transfer", seed),
            _ => seed::streams(self.name(), seed),
        }
    }

    /// Whether the model computes on the chosen device; the others stay on the CPU.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Mlp(_) | Self::Lstm(_)) || self.has_encoder()
    }

    /// Whether it is built on the convolutional encoder, for which there are kernels of our own on the CPU.
    pub fn has_encoder(&self) -> bool {
        matches!(self, Self::Cnn(_) | Self::BatLiNet(_) | Self::Transfer(_))
    }
}

/// An entry as written. One optional field per model rather than an enum: YAML enums need tags, and an enum would lose
/// the line of an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    mean: Option<NoParameters>,
    variance: Option<NoParameters>,
    discharge: Option<NoParameters>,
    full: Option<NoParameters>,
    ridge: Option<RidgeParameters>,
    pcr: Option<PcrParameters>,
    pls: Option<PlsParameters>,
    svm: Option<SvmParameters>,
    forest: Option<ForestParameters>,
    gp: Option<GpParameters>,
    mlp: Option<MlpParameters>,
    lstm: Option<LstmParameters>,
    cnn: Option<CnnParameters>,
    batlinet: Option<BatLiNetParameters>,
    transfer: Option<TransferParameters>,
    feature: Option<String>,
    #[serde(default)]
    feature_transformation: FeatureTransformation,
    label_transformation: Option<LabelTransformation>,
    label: Option<LabelRule>,
    #[serde(default)]
    variant: String,
}

/// `{}`: a model without hyper-parameters.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

impl TryFrom<Declared> for Entry {
    type Error = Misfit;

    fn try_from(declared: Declared) -> Result<Self, Misfit> {
        let mut models = [
            declared.mean.map(|_| ModelSpec::Mean),
            declared.variance.map(|_| ModelSpec::Variance),
            declared.discharge.map(|_| ModelSpec::Discharge),
            declared.full.map(|_| ModelSpec::Full),
            declared.ridge.map(ModelSpec::Ridge),
            declared.pcr.map(ModelSpec::Pcr),
            declared.pls.map(ModelSpec::Pls),
            declared.svm.map(ModelSpec::Svm),
            declared.forest.map(ModelSpec::Forest),
            declared.gp.map(ModelSpec::Gp),
            declared.mlp.map(ModelSpec::Mlp),
            declared.lstm.map(ModelSpec::Lstm),
            declared.cnn.map(ModelSpec::Cnn),
            declared.batlinet.map(ModelSpec::BatLiNet),
            declared.transfer.map(ModelSpec::Transfer),
        ]
        .into_iter()
        .flatten();
        let model =
            models.next().ok_or("an entry of models names a model, such as `- ridge: {}`; this one has none")?;
        if let Some(second) = models.next() {
            return Err(format!(
                "one entry of models names one model; this one has {} and {}, give each its own `- `",
                model.name(),
                second.name()
            )
            .into());
        }
        model.build().map_err(|error| Misfit::of_model(model.key(), model.name(), &error))?;
        if declared.feature.is_none() && model != ModelSpec::Mean {
            let sentence = format!("{} needs `feature:`, the name of one of the experiment's features", model.name());
            return Err(Misfit::of("feature", sentence));
        }
        if !declared.variant.chars().all(|c| c.is_ascii_alphanumeric() || "_-.=+:".contains(c)) {
            let sentence = format!("variant '{}' may hold letters, digits and _-.=+: only", declared.variant);
            return Err(Misfit::of("variant", sentence));
        }
        let label_transformation = match (&model, declared.label_transformation) {
            (ModelSpec::Transfer(_), Some(_)) => {
                let sentence = "label_transformation: a transfer scales lives itself, leave it out";
                return Err(Misfit::of("label_transformation", sentence.to_owned()));
            }
            (ModelSpec::Transfer(_), None) => LabelTransformation::none(),
            (_, declared) => declared.unwrap_or_default(),
        };
        if matches!(model, ModelSpec::Transfer(_)) && declared.feature_transformation != FeatureTransformation::None {
            let sentence = "feature_transformation: a transfer compares maps as they are, leave it out";
            return Err(Misfit::of("feature_transformation", sentence.to_owned()));
        }
        Ok(Self {
            model,
            feature: declared.feature,
            feature_transformation: declared.feature_transformation,
            label_transformation,
            label: declared.label,
            variant: declared.variant,
            target_cells: None,
        })
    }
}
