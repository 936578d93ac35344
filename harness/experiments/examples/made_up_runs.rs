//! Output folders of a great many runs that nobody made: what `plan`, `report` and `run` take for them (`docs/reliability.md`).
//!
//! ```sh
//! cargo run --release --example made_up_runs -- 10 100 100 FOLDER    # 10 experiments of 100 variants with 100 seeds
//! batlinet plan FOLDER/*.yaml --device cpu --out FOLDER/out          # 100,000 done
//! ```
//!
//! Every record is one that a plan asks for, with its key, hashes and seal; what it says that it predicted is made up.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use cells::{catalogue, label::Tally};
use experiments::{
    Plan, Run,
    plan::{Selection, plan},
    read,
};
use lab::VirtualLab;
use rayon::prelude::*;
use record::{
    Attachments, Fit, LifeBases, Prediction, Provenance, RunRecord, Seconds, Status, Values, Versions,
    files::run_folder,
};
use statistics::Metrics;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [experiments, variants, seeds, folder] = &arguments[..] else {
        return Err("usage: made_up_runs EXPERIMENTS VARIANTS SEEDS FOLDER".into());
    };
    let (count, variants, seeds): (usize, usize, usize) = (experiments.parse()?, variants.parse()?, seeds.parse()?);
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let cells = catalogue::cells().iter().take(84).enumerate();
    let split: String = cells.map(|(k, cell)| format!("{},{}\n", cell.id, ["train", "test"][k % 2])).collect();
    fs::write(folder.join("split.csv"), format!("cell_id,split\n{split}"))?;
    let files: Vec<PathBuf> = (0..count).map(|number| folder.join(format!("made-up-{number}.yaml"))).collect();
    let mut declared = Vec::new();
    for (number, file) in files.iter().enumerate() {
        fs::write(file, experiment(number, variants, seeds))?;
        declared.extend(read::read_all(file, "paper", &[])?);
    }
    let out = folder.join("out");
    let plans = plan(declared, &VirtualLab::new(), tch::Device::Cpu, &Selection::default(), &out)?;
    for plan in &plans {
        plan.runs.par_iter().try_for_each(|run| make(plan, run, &out)).map_err(|error| error.to_string())?;
    }
    println!("{} runs in {}", plans.iter().map(|plan| plan.runs.len()).sum::<usize>(), out.display());
    Ok(())
}

/// Which has another label rule than the others, so that no run of it is one of theirs.
fn experiment(number: usize, variants: usize, seeds: usize) -> String {
    let list = |count: usize, of: fn(usize) -> String| (0..count).map(of).collect::<Vec<_>>().join(", ");
    format!(
        "name: made-up-{number}\nscenario: MADE-UP\ndescription: Nothing was run.\ntrain_test_split: split.csv\nprotocol: faithful\n\
         label: {{end_of_life: 0.8, minimum: {}}}\nseeds: [{}]\n\
         features: {{row: {{voltage_capacity: {{base: 1, first: 4, last: 4, grid_points: 20}}}}}}\n\
         models:\n  - mlp: {{epochs: 3}}\n    feature: row\nsweep: {{models.mlp.epochs: [{}]}}\n",
        100 + number,
        list(seeds, |seed| seed.to_string()),
        list(variants, |variant| (variant + 1).to_string()),
    )
}

fn make(plan: &Plan, run: &Run, out: &Path) -> Result<(), record::Error> {
    let entry = &plan.experiment().models[run.entry];
    let ids = plan.split.test.iter().enumerate();
    let predictions: Vec<Prediction> = ids
        .map(|(place, id)| {
            let observed = 500.0 + 10.0 * place as f64;
            let error = (run.seed * 31 + place as u64 * 17 + run.entry as u64) % 101;
            Prediction { cell: id.clone(), observed, predicted: observed + 0.1 + error as f64 }
        })
        .collect();
    let lives = |of: fn(&Prediction) -> f64| predictions.iter().map(of).collect::<Vec<f64>>();
    let tally = |ids: &[String]| Tally { observed: ids.len(), ..Tally::default() };
    let mut record = RunRecord {
        trained_by: None,
        ingredients: run.ingredients.clone(),
        status: Status::Ok,
        model: entry.model.name().to_owned(),
        seed: run.seed,
        data: cells::cell::Origin::Virtual,
        values: Values::default(),
        device: "cpu".to_owned(),
        class: record::DeviceClass::Cpu,
        precision: record::Precision::Exact,
        config_hash: plan.declared.config_hash.clone(),
        versions: Versions::current("made up"),
        provenance: Provenance::current("made up", 1),
        train: plan.split.train.clone(),
        removed: Vec::new(),
        doubtful: Vec::new(),
        data_hash: plan.data_hash(),
        label_hash: plan.label_hash(plan.experiment().rule(entry)),
        lives: LifeBases { train: tally(&plan.split.train), test: tally(&plan.split.test) },
        metrics: Metrics::new(&lives(|row| row.observed), &lives(|row| row.predicted)),
        fit: Fit { epochs: Some(3), final_loss: Some(0.5), restarts: 0 },
        seconds: Seconds { fit: 1.0, predict: 0.1 },
        test_cells: predictions.len(),
        predictions,
        attachments: Default::default(),
    };
    record.write(&run_folder(out, &run.key), Attachments::default())
}
