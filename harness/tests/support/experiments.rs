//! The experiment files of the project.

use std::path::{Path, PathBuf};

use experiments::Experiment;
use experiments::plan::{self, Plan, Selection};
use experiments::read;
use experiments::setting::Setting;
use lab::VirtualLab;

/// `experiments/<name>.yaml`.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../experiments/{name}.yaml"))
}

/// Settings as `--set` takes them.
pub(crate) fn settings(texts: &[&str]) -> Vec<Setting> {
    texts.iter().map(|text| Setting::parse(text).unwrap()).collect()
}

/// The experiment of this file, without its ending, in `experiments/`, after these settings.
pub(crate) fn experiment(name: &str, texts: &[&str]) -> Experiment {
    read::read(&file(name), "paper", &settings(texts)).unwrap().experiment
}

/// Its plan on virtual cells, where nothing has been run.
pub(crate) fn planned(name: &str, texts: &[&str]) -> Plan {
    let declared = read::read(&file(name), "paper", &settings(texts)).unwrap();
    let nowhere = Path::new("there is no such folder");
    plan::plan(vec![declared], &VirtualLab::new(), tch::Device::Cpu, &Selection::default(), nowhere)
        .unwrap()
        .pop()
        .unwrap()
}
