//! Every command of the tutorial and of README's part on cells of one's own, run as it stands there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

/// What stands between fences: its language, and its lines.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) => {
                is_open = !is_open;
                if is_open {
                    blocks.push((language.to_owned(), String::new()));
                }
            }
            None if is_open => {
                let (_, block) = blocks.last_mut().unwrap();
                *block += line;
                *block += "\n";
            }
            None => {}
        }
    }
    blocks
}

/// A folder with the experiments, in which `batlinet` is the program built here.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("experiments"), folder.path().join("experiments")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs lines of a shell, and gives what they print.
    fn shell(&self, lines: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_batlinet")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        let output = shell.args(["-euc", lines]).env("PATH", path).current_dir(self.0.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{lines}\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The cell of a CSV with one.
fn answer(text: &str) -> csv::StringRecord {
    csv::Reader::from_reader(text.as_bytes()).records().next().unwrap().unwrap()
}

#[test]
fn every_command_of_the_tutorial_does_what_it_says() {
    let folder = Folder::new();
    let text = fs::read_to_string(root().join("docs/own-cells.md")).unwrap();
    let mut said = Vec::new();
    for (language, block) in blocks(&text) {
        let first = block.lines().next().unwrap_or_default();
        match (&language[..], first.strip_prefix("# ").filter(|name| name.ends_with(".yaml"))) {
            ("sh", _) => said.push(folder.shell(&block)),
            ("yaml", Some(name)) => fs::write(folder.path(name), &block).unwrap(),
            ("yaml", None) | ("python", _) => {}
            other => panic!("a block of {other:?}"),
        }
    }
    let all = said.concat();
    assert!(all.contains("| my-1 ") && all.contains("| ended "), "{all}");
    // what is to be read before the number stands below it, a line each
    assert!(all.contains("\nwarnings of my-1:\n- its charge rate in the first cycle at hand is 2 C, of"), "{all}");
    let living = said.iter().find_map(|text| text.find("cell_id,life,").map(|start| &text[start..])).unwrap();
    let living = answer(living);
    let [life, low, high, remaining, seen] = [1, 2, 3, 4, 5].map(|column| living[column].parse::<f64>().unwrap());
    assert_eq!((&living[0], &living[7]), ("my-living", "ok"));
    // of 334 cycles; the 142nd was cut
    assert!(low <= life && life <= high && remaining == (life - seen).max(0.0) && seen == 141.0);
    assert!(all.contains("nothing that was asked for is missing"), "{all}");
    let report = fs::read_to_string(folder.path("results/report.md")).unwrap();
    assert!(
        report.contains("## Cross-validation") && report.contains("over the test cells of all 3 folds"),
        "{report}"
    );
    assert!(fs::read(folder.path("features.parquet")).unwrap().starts_with(b"PAR1"));
    pandas(&folder, &text);
}

/// The lines of Python, where there is one with pandas.
fn pandas(folder: &Folder, text: &str) {
    let has_pandas = Command::new("python3").args(["-c", "import pandas, pyarrow"]).output();
    if !has_pandas.is_ok_and(|output| output.status.success()) {
        return testing::skip("the tutorial's lines of Python: there is no python3 with pandas and pyarrow");
    }
    let (_, lines) = blocks(text).into_iter().find(|(language, _)| language == "python").unwrap();
    fs::write(folder.path("read.py"), format!("{lines}print(len(predictions), predictions['profile'].unique())\n"))
        .unwrap();
    // two models on five cells, each tested once
    assert_eq!(folder.shell("python3 read.py").trim(), "10 ['paper']");
}

/// README's three commands, on the file of a virtual cell and the draft as `describe` writes it but for the cathode.
#[test]
fn the_three_commands_of_the_readme_lead_to_a_life() {
    let folder = Folder::new();
    folder.shell(
        "batlinet data export --format bdf --cells MATR_b2c3 --out . && mv MATR_b2c3.bdf.csv my_cell.csv && batlinet train \
         experiments/matr-1.yaml --model ridge --profile quick --out ridge.blm",
    );
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let part = readme.split_once("\n## Cells of your own\n").unwrap().1;
    let (_, commands) = blocks(part).remove(0);
    let said: Vec<String> = commands
        .lines()
        .map(|line| {
            let said = folder.shell(line);
            if line.contains(" describe ") {
                let draft = fs::read_to_string(folder.path("cells.yaml")).unwrap();
                let cells: Value = serde_yaml::from_str(&draft).unwrap();
                assert_eq!(cells["cells"][0]["cathode"], Value::from("unknown"), "{draft}");
                fs::write(folder.path("cells.yaml"), draft.replace("cathode: unknown", "cathode: LFP")).unwrap();
            }
            said
        })
        .collect();
    assert_eq!(said.len(), 3);
    assert!(said[2].contains("| cell id") && said[2].contains("| my_cell "), "{}", said[2]);
    let of_store = folder.shell("batlinet predict ridge.blm my-cells --format csv");
    assert_eq!(folder.shell("batlinet predict ridge.blm my_cell.csv --cells cells.yaml --format csv"), of_store);
    let cell = answer(&of_store);
    let [life, low, high] = [1, 2, 3].map(|column| cell[column].parse::<f64>().unwrap());
    assert!(0.0 < low && low <= life && life <= high, "{cell:?}");
}
