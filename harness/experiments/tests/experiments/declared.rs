//! The experiment files of the project.

use std::path::{Path, PathBuf};

use experiments::Experiment;
use experiments::plan::{self, Plan, Selection};
use experiments::read;
use experiments::setting::Setting;
use lab::VirtualLab;

/// `experiments/<name>.yaml`.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../experiments/{name}.yaml"))
}

/// Scenarios of the paper.
const SCENARIOS: [&str; 5] = ["matr-1", "matr-2", "hust", "mix-100", "mix-20"];

/// The same on the curves that are openly at hand, without charge, so that there is no study of channels.
const CURVES: [&str; 2] = ["matr-1-curves", "matr-2-curves"];

/// The experiment files of the repository, by name: files of somebody's own may lie beside them, and no test is about these.
/// `docs/paper.md` has each.
pub(crate) fn repository_files() -> Vec<PathBuf> {
    let mut names: Vec<String> =
        SCENARIOS.iter().chain(&CURVES).chain(&["clo-curves", "reference-study"]).map(ToString::to_string).collect();
    let studies: [(&[&str], &[&str]); 2] = [
        (&SCENARIOS, &["branches", "features", "references", "alpha"]),
        (&CURVES, &["branches", "references", "alpha"]),
    ];
    for (scenarios, studies) in studies {
        for scenario in scenarios {
            names.extend(studies.iter().map(|study| format!("ablations/{scenario}-{study}")));
        }
    }
    for target in ["lco", "nca", "nmc"] {
        names.extend(["", "-code"].map(|preset| format!("transfer/{target}{preset}")));
    }
    names.iter().map(|name| file(name)).collect()
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
