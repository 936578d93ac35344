//! One item of `models:` in an experiment file: a model with its hyper-parameters, and what it is fed.

use std::path::PathBuf;

use baselines::{
    Described,
    additive_gp::AdditiveGpParameters,
    cnn::CnnParameters,
    forest::ForestParameters,
    gp::GpParameters,
    linear::{DischargeParameters, FullParameters, VarianceParameters},
    lstm::LstmParameters,
    mean::MeanParameters,
    mlp::MlpParameters,
    pcr::PcrParameters,
    pls::PlsParameters,
    ridge::RidgeParameters,
    svm::SvmParameters,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

mod model;
pub(crate) mod starts_from;
pub(crate) mod trained_on;

use super::{
    bounds,
    choice::{
        hand_over::HandOverParameters,
        parameters::{SelectParameters, StackParameters},
        references::ReferencesParameters,
    },
    misfit::Misfit,
    yaml::{self, Problem},
};
pub use starts_from::StartsFrom;
pub use trained_on::TrainedOn;

use batlinet::{BatLiNetParameters, transfer::TransferParameters};
use cells::label::LabelRule;
use features::samples::{FeatureTransformation, LabelTransformation};

/// Registers the models: one line for each, in the order of the tables. Its hyper-parameters say the rest
/// ([`Described`]).
macro_rules! models {
    ($($(#[$doc:meta])* $model:ident, $key:ident: $parameters:ty;)+) => {
        /// A model and its hyper-parameters.
        #[derive(Clone, Debug, PartialEq)]
        pub enum ModelSpec {
            $($(#[$doc])* $model($parameters),)+
        }

        impl ModelSpec {
            /// The keys that hold the hyper-parameters in an entry of a file, in the order of the tables.
            pub const KEYS: [&'static str; [$(stringify!($key)),+].len()] = [$(stringify!($key)),+];

            fn described(&self) -> &dyn Described {
                match self {
                    $(Self::$model(parameters) => parameters,)+
                }
            }

            /// The same model with the default hyper-parameters.
            fn default_of(&self) -> Self {
                match self {
                    $(Self::$model(_) => Self::$model(<$parameters>::default()),)+
                }
            }

            /// Every model with its default hyper-parameters.
            #[cfg(test)]
            fn every() -> Vec<Self> {
                vec![$(Self::$model(<$parameters>::default()),)+]
            }

            /// All hyper-parameters, defaults included.
            pub fn parameters(&self) -> Value {
                let parameters = match self {
                    $(Self::$model(parameters) => serde_json::to_value(parameters),)+
                };
                parameters.expect("hyper-parameters are numbers, names and lists, which JSON has")
            }
        }

        /// An entry as written. One optional field per model rather than an enum: YAML enums need tags, and an enum
        /// would lose the line of an error.
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, expecting = "a mapping such as {ridge: {alpha: 1.0}}")]
        #[schemars(rename = "Entry", description = "A model with its hyper-parameters, such as `ridge: {alpha: 1.0}`, and what it is fed. \
            Exactly one model is named.")]
        pub(super) struct WrittenEntry {
            $($(#[$doc])* $key: Option<$parameters>,)+
            /// Name of one of the `features` of the file; only `mean` does without.
            feature: Option<String>,
            /// What is done to the features before the model reads them, fitted to the training cells. Networks of maps scale
            /// themselves and take none.
            #[serde(default)]
            feature_transformation: FeatureTransformation,
            /// What is done to lives before the model learns them, undone for predictions; unless written `[log, z_score]`, as of all
            /// published models but three. `[]` leaves lives in cycles.
            label_transformation: Option<LabelTransformation>,
            /// Another rule than the `label` of the file.
            label: Option<LabelRule>,
            /// In a transfer, which cells a BatLiNet learns from.
            #[serde(default)]
            trained_on: TrainedOn,
            /// Path, relative to this file, of the weights of a trained BatLiNet with the same inputs and branches
            /// (`OUT/runs/KEY/weights.safetensors`), from which a BatLiNet learns on instead of from random ones.
            #[schemars(with = "Option<String>")]
            starts_from: Option<PathBuf>,
            /// Tells entries of one model apart, by letters, digits and `_-.=+:`; empty where there is one.
            #[serde(default)]
            variant: String,
        }

        impl WrittenEntry {
            /// The models that it names.
            fn models(&mut self) -> Vec<ModelSpec> {
                [$(self.$key.take().map(ModelSpec::$model),)+].into_iter().flatten().collect()
            }
        }
    };
}

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
    /// In a transfer, which cells BatLiNet learns from.
    pub trained_on: TrainedOn,
    /// The trained network that BatLiNet learns on from; none where it starts from random weights.
    pub starts_from: Option<StartsFrom>,
    /// Tells entries of the same model apart; empty where there is one.
    pub variant: String,
    /// In a transfer, how many target cells it learns from.
    pub target_cells: Option<usize>,
}

models! {
    /// Mean of the training labels.
    Mean, mean: MeanParameters;
    /// Least squares on the variance of ΔQ(V).
    Variance, variance: VarianceParameters;
    /// Least squares on Severson's discharge features.
    Discharge, discharge: DischargeParameters;
    /// Least squares on Severson's full features.
    Full, full: FullParameters;
    /// Ridge regression.
    Ridge, ridge: RidgeParameters;
    /// Principal component regression.
    Pcr, pcr: PcrParameters;
    /// Partial least squares regression.
    Pls, pls: PlsParameters;
    /// Support vector regression.
    Svm, svm: SvmParameters;
    /// Random forest.
    Forest, forest: ForestParameters;
    /// Gaussian process.
    Gp, gp: GpParameters;
    /// Additive Gaussian processes on compact statistics.
    AdditiveGp, additive_gp: AdditiveGpParameters;
    /// Multilayer perceptron.
    Mlp, mlp: MlpParameters;
    /// Recurrent network.
    Lstm, lstm: LstmParameters;
    /// Convolutional network.
    Cnn, cnn: CnnParameters;
    /// BatLiNet.
    BatLiNet, batlinet: BatLiNetParameters;
    /// Several models of the experiment in one.
    Stack, stack: StackParameters;
    /// The one of several that is best on folds of the training cells.
    Select, select: SelectParameters;
    /// One model for cells like the training cells, another for those that lie elsewhere.
    HandOver, hand_over: HandOverParameters;
    /// A BatLiNet whose references are chosen or joined by another rule.
    References, references: ReferencesParameters;
    /// A procedure of learning from another chemistry.
    Transfer, transfer: TransferParameters;
}

impl Entry {
    /// Reads an entry of `models:` alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(written: &serde_yaml::Value) -> Result<Self, Problem> {
        let declared: WrittenEntry = yaml::read(written)?;
        Self::try_from(declared).map_err(|misfit| misfit.in_entry(0))
    }

    /// The entry as one writes it, with every hyper-parameter: what [`Entry::of_written`] reads.
    pub fn written(&self) -> Value {
        let mut written = json!({
            self.model.key(): self.model.parameters(),
            "feature_transformation": self.feature_transformation,
            "label_transformation": self.label_transformation,
        });
        if let Some(feature) = &self.feature {
            written["feature"] = json!(feature);
        }
        if let Some(label) = &self.label {
            written["label"] = json!(label);
        }
        if self.trained_on != TrainedOn::default() {
            written["trained_on"] = json!(self.trained_on);
        }
        if let Some(start) = &self.starts_from {
            written["starts_from"] = json!(start.file);
        }
        if !self.variant.is_empty() {
            written["variant"] = json!(self.variant);
        }
        written
    }

    /// Reads and checks an entry that [`Entry::written`] gave.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn of_written(written: &Value) -> Result<Self, String> {
        let tree = serde_yaml::to_value(written).map_err(|error| error.to_string())?;
        Self::read(&tree).map_err(|problem| problem.anywhere())
    }

    /// `batlinet[intra_only]`.
    pub fn label(&self) -> String {
        let variant = if self.variant.is_empty() { String::new() } else { format!("[{}]", self.variant) };
        format!("{}{variant}", self.model.name())
    }

    /// The feature that the model reads; the training mean reads none, whatever is declared.
    pub fn reads(&self) -> Option<&str> {
        self.feature.as_deref().filter(|_| self.model.row().reads_features)
    }

    /// The names of the keys and hyper-parameters that change nothing for this entry, written or not.
    pub fn unused(&self) -> Vec<&'static str> {
        let mut unused = self.model.unused();
        if !self.model.row().reads_features {
            unused.extend(["feature", "feature_transformation"]);
        }
        unused
    }

    /// What is done to features and lives, with the default in the place of what changes nothing, as of hyper-parameters.
    pub(super) fn effective_transformations(&self) -> (FeatureTransformation, LabelTransformation) {
        let unused = self.unused();
        let features = match unused.contains(&"feature_transformation") {
            true => FeatureTransformation::default(),
            false => self.feature_transformation,
        };
        let labels = match unused.contains(&"label_transformation") {
            true => LabelTransformation::default(),
            false => self.label_transformation.clone(),
        };
        (features, labels)
    }

    /// All that its trained model and its answers follow from: entries that differ in this differ in more than a name.
    pub(super) fn identity(&self) -> Value {
        let (feature_transformation, label_transformation) = self.effective_transformations();
        let feature = self.reads().map(|name| (name, feature_transformation));
        json!([
            self.model.name(),
            self.model.effective_parameters(),
            feature,
            label_transformation,
            self.label,
            self.trained_on,
            self.starts_from.as_ref().map(|start| &start.file)
        ])
    }

    /// Whether the model learns from source cells too, those of another chemistry: in a transfer, they are BatLiNet's
    /// references.
    pub fn needs_source(&self) -> bool {
        self.target_cells.is_some() && self.trained_on == TrainedOn::Target && self.model.described().needs_source()
    }
}

impl TryFrom<WrittenEntry> for Entry {
    type Error = Misfit;

    fn try_from(mut declared: WrittenEntry) -> Result<Self, Misfit> {
        let mut models = declared.models().into_iter();
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
        // before anything is made of these sizes
        bounds::check_model(&model)?;
        model.build().map_err(|error| Misfit::of_model(model.key(), model.name(), &error))?;
        if declared.feature.is_none() && model.row().reads_features {
            let sentence = format!("{} needs `feature:`, the name of one of the experiment's features", model.name());
            return Err(Misfit::of("feature", sentence));
        }
        if !declared.variant.chars().all(|c| c.is_ascii_alphanumeric() || "_-.=+:".contains(c)) {
            let sentence = format!("variant '{}' may hold letters, digits and _-.=+: only", declared.variant);
            return Err(Misfit::of("variant", sentence));
        }
        let label_transformation = match declared.label_transformation {
            Some(_) if model.row().scales_itself => {
                let sentence = format!("label_transformation: a {} scales lives itself, leave it out", model.key());
                return Err(Misfit::of("label_transformation", sentence));
            }
            None if model.row().scales_itself => LabelTransformation::none(),
            declared => declared.unwrap_or_default(),
        };
        if model.row().scales_itself && declared.feature_transformation != FeatureTransformation::None {
            let sentence = format!("feature_transformation: a {} compares maps as they are, leave it out", model.key());
            return Err(Misfit::of("feature_transformation", sentence));
        }
        Ok(Self {
            model,
            feature: declared.feature,
            feature_transformation: declared.feature_transformation,
            label_transformation,
            label: declared.label,
            trained_on: declared.trained_on,
            starts_from: declared.starts_from.map(StartsFrom::declared),
            variant: declared.variant,
            target_cells: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_registered_under_the_name_that_it_gives_itself() {
        let keys: Vec<&str> = ModelSpec::every().iter().map(ModelSpec::key).collect();
        assert_eq!(keys, ModelSpec::KEYS);
        let own = ModelSpec::every().into_iter().filter(|model| model.name() == model.key());
        assert_eq!(own.map(|model| model.name()).collect::<Vec<_>>(), ModelSpec::NAMES);
        for name in ModelSpec::every().iter().map(ModelSpec::name) {
            assert!(ModelSpec::NAMES.contains(&name), "{name}");
        }
    }

    #[test]
    fn an_entry_that_is_written_down_comes_back() {
        for model in ModelSpec::every().into_iter().filter(|model| !matches!(model, ModelSpec::Transfer(_))) {
            let entry = Entry {
                feature: model.row().reads_features.then(|| "row".to_owned()),
                model,
                feature_transformation: FeatureTransformation::ZScore,
                label_transformation: LabelTransformation::default(),
                label: Some(LabelRule::to(0.9)),
                trained_on: TrainedOn::Source,
                starts_from: Some(StartsFrom::declared("trained.safetensors".into())),
                variant: "a=1".to_owned(),
                target_cells: None,
            };
            let text = serde_json::to_string(&entry.written()).unwrap();
            assert_eq!(Entry::of_written(&serde_json::from_str(&text).unwrap()).unwrap(), entry);
        }
        let problem = Entry::of_written(&json!({ "ridge": { "alpha": -1.0 } })).unwrap_err();
        assert!(problem.contains("alpha"), "{problem}");
    }

    #[test]
    fn what_changes_nothing_makes_no_other_entry() {
        let of = |text: &str| Entry::read(&serde_yaml::from_str(text).unwrap()).unwrap().identity();
        let z_score = "feature_transformation: z_score";
        let plain = "label_transformation: []";
        assert_eq!(of(&format!("{{mean: {{}}, {z_score}}}")), of("{mean: {}}"));
        assert_ne!(of(&format!("{{mean: {{}}, {plain}}}")), of("{mean: {}}"));
        assert_ne!(of(&format!("{{ridge: {{}}, feature: row, {z_score}}}")), of("{ridge: {}, feature: row}"));
        for made in ["stack: {of: [ridge]}", "select: {among: [ridge]}", "references: {of: batlinet}"] {
            assert_eq!(of(&format!("{{{made}, {z_score}, {plain}}}")), of(&format!("{{{made}}}")), "{made}");
        }
        let handed = "hand_over: {inside: ridge, outside: mlp}, feature: row";
        assert_eq!(of(&format!("{{{handed}, {z_score}, {plain}}}")), of(&format!("{{{handed}}}")));
    }

    #[test]
    fn the_names_of_the_tables_are_those_of_models() {
        let known: Vec<&str> = ModelSpec::NAMES.into_iter().filter(|name| record::MODELS.contains(name)).collect();
        assert_eq!(known, record::MODELS);
        let seeded = ModelSpec::every().into_iter().filter(|model| model.name() == model.key() && model.is_seeded());
        let seeded: Vec<&str> = seeded.map(|model| model.name()).filter(|name| known.contains(name)).collect();
        assert_eq!(seeded, record::SEEDED_MODELS);
        let networks = ModelSpec::every().into_iter().filter(|model| model.name() == model.key() && model.is_network());
        let networks: Vec<&str> = networks.map(|model| model.name()).filter(|name| known.contains(name)).collect();
        assert_eq!(networks, record::NETWORKS);
    }

    #[test]
    fn the_hyper_parameters_that_matter_only_when_asked_are_there() {
        for model in ModelSpec::every() {
            for name in model.row().evaluation_only {
                let quoted = serde_yaml::from_str::<serde_yaml::Value>(&format!("{{{}: {{{name}: []}}}}", model.key()));
                let problem = Entry::read(&quoted.unwrap()).unwrap_err();
                assert!(!format!("{problem:?}").contains("UnknownKey"), "{problem:?}");
            }
        }
    }
}
