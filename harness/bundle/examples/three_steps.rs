//! From an experiment to a life with an interval, by the library: plan, train, predict. Virtual cells, some seconds.
//!
//! `cargo run --release -p bundle --example three_steps`

use std::{error, path::Path};

use baselines::Silent;
use bundle::{Bundle, Folds, answer, fit::Making};
use experiments::{
    plan::{self, Selection},
    read,
    train::Workplace,
};
use lab::VirtualLab;

fn main() -> Result<(), Box<dyn error::Error>> {
    // 1. an experiment file, its cells, and the run of one model
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/matr-1.yaml");
    let declared = read::read(&file, "quick", &[])?;
    let (source, device) = (VirtualLab::new(), tch::Device::Cpu);
    let selection = Selection { models: vec!["ridge".to_owned()], ..Selection::default() };
    let plans = plan::plan(vec![declared], &source, device, &selection, Path::new("no-earlier-runs"))?;
    let run = plans[0].runs.iter().find(|run| run.selected).ok_or("the file has no ridge")?;

    // 2. the trained model, with residuals of five folds for its intervals, as one file
    let workplace = Workplace { device, threads: 2, progress: &Silent };
    let making =
        Making { workplace, folds: Folds::Count(5), profile: "quick", settings: &[], commit: "unknown", weights: None };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ridge.blm");
    Bundle::train(&plans[0], run, &source, &making)?.write(&path)?;

    // 3. other cells
    let cells = ["MATR_b1c0", "CALCE_CS2_33", "SNL_18650_LFP_25C_0-100_0.5-1C_a"].map(str::to_owned);
    print!("{}", answer::csv(&Bundle::read(&path)?.predict(&source, &cells, workplace)?)?);
    Ok(())
}
