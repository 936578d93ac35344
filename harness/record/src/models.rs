//! What models are called in files, and the order of tables.

/// The names of all models, in the order of the tables.
pub const MODELS: [&str; 15] = [
    "mean",
    "variance",
    "discharge",
    "full",
    "ridge",
    "pcr",
    "pls",
    "svm",
    "forest",
    "gp",
    "additive_gp",
    "mlp",
    "lstm",
    "cnn",
    "batlinet",
];

/// Names of those whose result may change with the seed.
pub const SEEDED_MODELS: [&str; 5] = ["forest", "mlp", "lstm", "cnn", "batlinet"];

/// Names of those that are networks.
pub const NETWORKS: [&str; 4] = ["mlp", "lstm", "cnn", "batlinet"];
