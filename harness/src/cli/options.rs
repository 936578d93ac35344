//! The options that `plan` and `run` share: they mean the same everywhere.

use std::path::{Path, PathBuf};

use baselines::{
    card,
    device::{self, Choice},
};
use clap::Args;
use itertools::Itertools as _;

use super::{collection, failure::Failure, output::say};
use cells::{source::CellSource, store::Store};
use experiments::{
    Plan,
    plan::{self, Selection, Shard},
    read, seed,
    setting::Setting,
};
use record::AS_WRITTEN;

/// What to run, on which cells, and where to.
#[derive(Args, Debug)]
pub struct Options {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Cells: a folder of imported cells, or `virtual` for the built-in lab.
    #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
    pub data: PathBuf,
    /// A profile of the experiment files, such as `quick`; `paper` is the file as written.
    #[arg(long, default_value = AS_WRITTEN)]
    pub profile: String,
    /// Only these models, such as `ridge,batlinet` or `batlinet[variant]`.
    #[arg(long, value_name = "NAMES")]
    pub models: Vec<String>,
    /// Other seeds than the files': a count, or a list with commas.
    #[arg(long, value_name = "N|a,b,c")]
    pub seeds: Option<String>,
    /// Change the experiments, such as `models.ridge.alpha=2` (repeatable).
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Where networks compute.
    #[arg(long, default_value = "auto", value_name = "auto|cpu|cuda|cuda:N")]
    pub device: Choice,
    /// Only part K of N of the runs.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
    /// Only the runs with these keys, or first digits of keys, as `plan` prints them.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Output folder [default: results/runs/, then the names of the experiments].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Options made good: everything that can be wrong before the first run has been looked at.
pub struct Prepared {
    /// One per file, and of a cross-validation one per fold.
    pub plans: Vec<Plan>,
    /// The cells.
    pub source: Box<dyn CellSource>,
    /// Where networks compute.
    pub device: tch::Device,
    /// Output folder.
    pub out: PathBuf,
}

impl Options {
    /// Reads the files, opens the cells and plans. Nothing is written.
    ///
    /// # Errors
    /// [`Failure::Usage`] says what to correct.
    pub fn prepare(&self) -> Result<Prepared, Failure> {
        let mut settings =
            self.set.iter().map(|text| Setting::parse(text)).collect::<Result<Vec<_>, _>>().map_err(Failure::Usage)?;
        if let Some(seeds) = &self.seeds {
            let seeds = seed::parse(seeds).map_err(|problem| Failure::Usage(format!("--seeds: {problem}")))?;
            settings.push(Setting {
                path: "seeds".to_owned(),
                value: seeds.into_iter().map(serde_yaml::Value::from).collect(),
            });
        }
        let read = |file: &PathBuf| read::read_all(file, &self.profile, &settings);
        let experiments = self.files.iter().map(read).collect::<Result<Vec<_>, _>>()?.concat();
        let device = self.device.resolve().map_err(|error| Failure::Usage(error.to_string()))?;
        say_where(self.device, device);
        let source = collection::open_aloud(&self.data)?;
        let out = self.out.clone().unwrap_or_else(|| {
            let names = experiments.iter().map(|declared| declared.experiment.family());
            Path::new("results/runs").join(names.dedup().join("+"))
        });
        if Store::is_at(&out) {
            return Err(Failure::Usage(format!(
                "--out {}: this folder holds cells; give results a folder of their own",
                out.display()
            )));
        }
        let models = self.models.iter().flat_map(|text| text.split(',')).map(|name| name.trim().to_owned()).collect();
        let selection = Selection { models, shard: self.shard, only: self.only.clone() };
        let plans = plan::plan(experiments, &*source, device, &selection, &out)?;
        Ok(Prepared { plans, source, device, out })
    }

    /// `--set` and `--seeds` as given, for the record.
    pub fn changes(&self) -> Vec<String> {
        self.set.iter().cloned().chain(self.seeds.iter().map(|seeds| format!("seeds={seeds}"))).collect()
    }
}

/// Says which card was taken, and what computes elsewhere all the same; or why there is a card and it was not taken.
fn say_where(choice: Choice, device: tch::Device) {
    let tch::Device::Cuda(index) = device else {
        if choice == Choice::Auto
            && card::count() > 0
            && let Err(why) = card::described(0)
        {
            say(&format!("device: cpu, since {why}"));
        }
        return;
    };
    let libtorch = if device::of_libtorch(device) == device { "with libtorch there" } else { "on the CPU" };
    match card::of(device).map(card::described) {
        Some(Ok(card)) => say(&format!("device: cuda:{index}, {card}; mlp and lstm compute {libtorch}")),
        _ => say(&format!("device: cuda:{index}, with libtorch")),
    }
}
