//! `batlinet merge`, `plan --shards N --format …` and a report of several folders.

use std::fs;

use serde_json::Value;

use crate::small::Small;

/// What follows from the runs, and not from when they were made.
const FILES: [&str; 5] =
    ["scores.csv", "scores.blake3", "plan.csv", "predictions.parquet", "experiments/small-virtual.json"];

#[test]
fn parts_that_are_put_together_are_what_one_call_leaves() {
    let small = Small::new();
    for (part, name) in [("1/3", "a"), ("2/3", "b"), ("3/3", "c")] {
        small.batlinet(&["run", "small.yaml", "--shard", part, "--out", name]);
    }
    // in any order
    let said = small.batlinet(&["merge", "c", "a", "b", "--out", "all"]);
    assert_eq!(said, "3 runs of 3 folders: all\n");
    for file in FILES {
        let (one, all) = (fs::read(small.path("out").join(file)), fs::read(small.path("all").join(file)));
        assert!(one.unwrap() == all.unwrap(), "{file}");
    }
    // nothing is left to do there
    assert!(small.batlinet(&["plan", "small.yaml", "--out", "all"]).contains("0 new, 0 stale, 3 done"));

    // a part that is missing is named, and a run that is twice there is one
    let (code, said) = small.ends(&["merge", "a", "b", "a", "--out", "less"]);
    assert!(
        code == 5
            && said.contains("in more than one folder")
            && said.contains("1 run that was meant is in none of the folders"),
        "{code}: {said}"
    );
    // of a whole plan, half of it would stand in the way once the other half is there
    let (code, said) = small.ends(&["merge", "a", "b", "--complete", "--out", "none"]);
    assert!(code == 5 && said.contains("nothing was written"), "{code}: {said}");
    assert!(!small.path("none").exists());
    small.batlinet(&["merge", "a", "b", "c", "--complete", "--out", "none"]);
    let (code, said) = small.ends(&["merge", "a", "b", "--out", "all"]);
    assert!(code == 2 && said.contains("give a new one"), "{code}: {said}");
}

#[test]
fn eight_shards_are_put_together_to_the_same_bytes() {
    let small = Small::new();
    let text = fs::read_to_string(small.path("small.yaml")).unwrap();
    let seeds: Vec<String> = (0..19).map(|seed| seed.to_string()).collect();
    fs::write(small.path("small.yaml"), text.replace("[0, 1]", &format!("[{}]", seeds.join(", ")))).unwrap();
    small.batlinet(&["run", "small.yaml", "--out", "local"]);
    let parts: Vec<String> = (1..=8).map(|part| format!("part-{part}")).collect();
    for (index, part) in parts.iter().enumerate() {
        small.batlinet(&["run", "small.yaml", "--shard", &format!("{}/8", index + 1), "--out", part]);
    }
    let mut words = vec!["merge", "--out", "all"];
    words.extend(parts.iter().rev().map(String::as_str));
    assert_eq!(small.batlinet(&words), "20 runs of 8 folders: all\n");
    for file in FILES {
        let (one, all) = (fs::read(small.path("local").join(file)), fs::read(small.path("all").join(file)));
        assert!(one.unwrap() == all.unwrap(), "{file}");
    }
    // and so is what lies beside the records
    for run in fs::read_dir(small.path("local/runs")).unwrap() {
        let (run, name) = (run.as_ref().unwrap().path(), run.as_ref().unwrap().file_name());
        for file in ["predictions.csv", "weights.safetensors"].into_iter().filter(|file| run.join(file).exists()) {
            let merged = small.path("all/runs").join(&name).join(file);
            assert!(fs::read(run.join(file)).unwrap() == fs::read(merged).unwrap(), "{file} of {}", name.display());
        }
    }
}

#[test]
fn what_contradicts_itself_is_not_put_together() {
    let small = Small::new();
    small.batlinet(&["run", "small.yaml", "--set", "models.ridge.alpha=2", "--out", "other"]);
    let (code, said) = small.ends(&["merge", "out", "other", "--out", "both"]);
    assert!(code == 2 && said.contains("other runs of it") && said.contains("ridge"), "{code}: {said}");
    assert!(!small.path("both").exists());
    // by hand: a row that nobody wrote, and rows without their records
    small.batlinet(&["run", "small.yaml", "--models", "ridge", "--out", "edited"]);
    let text = fs::read_to_string(small.path("edited/scores.csv")).unwrap();
    fs::write(small.path("edited/scores.csv"), text.replacen(",paper,", ",quick,", 1)).unwrap();
    let (code, said) = small.ends(&["merge", "edited", "out", "--out", "both"]);
    assert!(code == 2 && said.contains("is not one that was written"), "{code}: {said}");
    fs::create_dir(small.path("bare")).unwrap();
    fs::copy(small.path("out/scores.csv"), small.path("bare/scores.csv")).unwrap();
    let (code, said) = small.ends(&["merge", "out", "bare", "--out", "both"]);
    assert!(code == 2 && said.contains("has no record below runs/"), "{code}: {said}");
    let (code, said) = small.ends(&["merge", "out", "nowhere", "--out", "both"]);
    assert!(code == 2 && said.contains("nowhere: there is no such folder"), "{code}: {said}");
}

#[test]
fn a_report_of_several_folders_takes_each_model_from_one_of_them() {
    let small = Small::new();
    small.batlinet(&["run", "small.yaml", "--models", "ridge", "--set", "models.ridge.alpha=2", "--out", "first"]);
    let (code, said) = small.ends(&["report", "first", "out"]);
    assert!(code == 2 && said.contains("--to DIR"), "{code}: {said}");
    let (code, said) = small.ends(&["report", "first", "out", "--to", "page"]);
    assert!(code == 0 && said.contains("Left out, since another of these folders"), "{code}: {said}");
    assert!(said.contains("ridge of small (1 run in out)"), "{said}");
    // on the page too
    assert!(fs::read_to_string(small.path("page/report.md")).unwrap().contains("ridge of small (1 run in out)"));
    let rows = fs::read_to_string(small.path("page/summary.csv")).unwrap();
    let of = |folder: &str| {
        let scores = fs::read_to_string(small.path(folder).join("scores.csv")).unwrap();
        let row = scores.lines().find(|line| line.contains(",ridge,")).unwrap().to_owned();
        row.split(',').nth(8).unwrap().to_owned()
    };
    assert!(rows.contains(&of("first")) && !rows.contains(&of("out")) && rows.contains("mlp"), "{rows}");
}

#[test]
fn what_a_kept_folder_lacks_is_taken_from_another_and_a_trainer_that_is_gone_is_no_fault() {
    let small = Small::new();
    small.batlinet(&["run", "small.yaml", "--models", "mlp", "--out", "whole"]);
    for run in fs::read_dir(small.path("whole/runs")).unwrap() {
        let kept = small.path("kept/runs").join(run.as_ref().unwrap().file_name());
        fs::create_dir_all(&kept).unwrap();
        for file in fs::read_dir(run.unwrap().path()).unwrap().map(Result::unwrap) {
            if file.path().extension().is_none_or(|ending| ending != "safetensors") {
                fs::copy(file.path(), kept.join(file.file_name())).unwrap();
            }
        }
    }
    for file in ["scores.csv", "scores.blake3", "plan.csv"] {
        fs::copy(small.path("whole").join(file), small.path("kept").join(file)).unwrap();
    }
    let weights = |folder: &str| {
        let runs = fs::read_dir(small.path(folder).join("runs")).unwrap();
        runs.filter(|run| run.as_ref().unwrap().path().join("weights.safetensors").exists()).count()
    };
    for (folders, out) in [(["kept", "whole"], "one"), (["whole", "kept"], "two")] {
        small.batlinet(&["merge", folders[0], folders[1], "--out", out]);
        assert_eq!(weights(out), weights("whole"), "{folders:?}");
    }
    // a sweep of what changes no training asks one network; kept without its row, it is named and not there
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments/smoke/references.yaml");
    small.batlinet(&["run", file, "--device", "cpu", "--out", "both"]);
    small.batlinet(&["run", file, "--device", "cpu", "--models", "batlinet[references_test=1]", "--out", "asked"]);
    for (folders, out) in [(["asked", "both"], "three"), (["both", "asked"], "four")] {
        small.batlinet(&["merge", folders[0], folders[1], "--out", out]);
    }
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/../results/records");
    let [one, other] = ["curves", "beyond-shift"].map(|name| format!("{records}/{name}"));
    small.batlinet(&["report", &one, &other, "--to", "page"]);
}

#[test]
fn a_report_of_several_folders_takes_more_seeds_and_says_what_was_changed() {
    let small = Small::new();
    small.batlinet(&["run", "small.yaml", "--models", "mlp", "--seeds", "0,", "--out", "one"]);
    small.batlinet(&["report", "one", "out", "--to", "page"]);
    let page = fs::read_to_string(small.path("page/report.md")).unwrap();
    assert!(page.contains("mlp of small (1 run in one)"), "whichever is named first: {page}");
    // a quick look beside others is one, whatever the first folder declares
    small.batlinet(&["run", "small.yaml", "--models", "mlp", "--set", "models.mlp.epochs=1", "--out", "cut"]);
    small.batlinet(&["run", "small.yaml", "--models", "ridge", "--out", "plain"]);
    for folders in [["plain", "cut"], ["cut", "plain"]] {
        small.batlinet(&["report", folders[0], folders[1], "--to", "both"]);
        let page = fs::read_to_string(small.path("both/report.md")).unwrap();
        assert!(page.contains("no result") && page.contains("mlp.epochs 1 of"), "{folders:?}: {page}");
    }
    // by another protocol lives and cells are others
    small.batlinet(&["run", "small.yaml", "--models", "mlp", "--set", "protocol=honest", "--out", "honest"]);
    let (code, said) = small.ends(&["report", "plain", "honest", "--to", "both"]);
    assert!(code == 2 && said.contains("another protocol"), "{code}: {said}");
}

#[test]
fn what_is_made_of_runs_of_several_parts_is_made_behind_the_merge() {
    let small = Small::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments/smoke/choice.yaml");
    let models = "ridge,pls,additive_gp,stack,select";
    small.batlinet(&["run", file, "--device", "cpu", "--models", models, "--out", "one"]);
    let plan = |form: &str| {
        let of =
            ["plan", file, "--device", "cpu", "--models", models, "--shards", "2", "--format", form, "--out", "big"];
        small.batlinet(&of)
    };
    let tasks: Vec<Value> = plan("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let call = |words: &Value| -> String {
        let words: Vec<&str> = words.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        small.batlinet(&words[1..])
    };
    let said: Vec<String> = tasks.iter().map(|task| call(&task["command"])).collect();
    assert!(said[2].contains("made of others: the same `run` with --out big makes them"), "{said:?}");
    // a task names no run that it does not make
    for (task, part) in tasks.iter().zip(["big-parts/1-of-2", "big-parts/2-of-2"]) {
        for key in task["runs"].as_array().unwrap() {
            assert!(small.path(part).join("runs").join(key.as_str().unwrap()).is_dir(), "{part} {key}");
        }
    }
    call(&tasks[2]["then"]);
    let files = FILES.map(|file| file.replace("small-virtual", "smoke-choice-virtual"));
    for file in files {
        let [one, big] = ["one", "big"].map(|folder| fs::read(small.path(folder).join(&file)).unwrap());
        assert!(one == big, "{file}");
    }
    for form in ["make", "slurm"] {
        let text = plan(form);
        let line = text.lines().find(|line| line.contains("batlinet merge")).unwrap();
        assert!(line.contains("test -e big/scores.csv || batlinet merge big-parts/1-of-2"), "{line}");
        assert!(line.contains(" --complete --out big && batlinet run "), "{line}");
    }
    // what lacks a member that was not asked for is no run that anybody waits for
    let without = ["run", file, "--device", "cpu", "--models", "ridge,stack", "--shard", "1/1", "--out", "part"];
    small.batlinet(&without);
    let planned = fs::read_to_string(small.path("part/plan.csv")).unwrap();
    let asked = |model: &str| planned.lines().filter(|line| line.contains(model) && line.ends_with(",true")).count();
    assert!(asked(",ridge,") > 0 && asked(",stack,") == 0, "{planned}");
}

#[test]
fn a_plan_becomes_tasks_that_leave_what_one_call_leaves() {
    let small = Small::new();
    let plan = |form: &str| {
        small.batlinet(&["plan", "small.yaml", "--device", "cpu", "--shards", "2", "--format", form, "--out", "big"])
    };
    let lines = plan("jsonl");
    let tasks: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words = |task: &Value| -> Vec<String> {
        task["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(tasks.len(), 3);
    for task in &tasks {
        let words = words(task);
        assert_eq!(words[0], "batlinet");
        small.batlinet(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
    }
    assert_eq!(fs::read(small.path("out/scores.csv")).unwrap(), fs::read(small.path("big/scores.csv")).unwrap());
    let keys: usize = tasks.iter().filter_map(|task| Some(task["runs"].as_array()?.len())).sum();
    assert_eq!(keys, 3);
    let job = plan("slurm");
    assert!(
        job.contains("#SBATCH --array=1-2\n")
            && job.contains("# merge: batlinet merge big-parts/1-of-2 big-parts/2-of-2 --complete --out big\n"),
        "{job}"
    );
    assert!(job.contains("--shard \"$part/2\"") && job.ends_with("--out big-parts/\"$part-of-2\"\n"), "{job}");
    let make = plan("make");
    assert!(make.contains("merged: part-1 part-2\n\tbatlinet merge"), "{make}");
    let (code, said) = small.ends(&["plan", "small.yaml", "--shards", "2"]);
    assert!(code == 2 && said.contains("--format"), "{code}: {said}");
}
