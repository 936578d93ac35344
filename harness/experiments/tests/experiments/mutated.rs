//! Experiment files that were damaged are read, or refused in a sentence that names the file: no panic, and no end that does not come.

use std::{fs, path::Path};

use experiments::read::parse;
use testing::mutated::mutated;

fn yaml(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let is_yaml = |path: &&std::path::PathBuf| path.extension().is_some_and(|extension| extension == "yaml");
    paths.iter().filter(is_yaml).map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn a_damaged_experiment_file_is_read_or_refused_in_a_sentence() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let seeds = [folder.clone(), folder.join("ablations"), folder.join("transfer"), folder.join("beyond")]
        .map(|folder| yaml(&folder));
    let (mut read, mut refused) = (0, 0);
    for input in mutated(&seeds.concat(), 300) {
        let text = String::from_utf8_lossy(&input);
        for profile in ["paper", "quick"] {
            match parse(&text, "e.yaml", profile, &[]) {
                Ok(_) => read += 1,
                Err(said) => {
                    assert!(said.contains("e.yaml") && said.len() < 4000, "no sentence of {text}: {said}");
                    refused += 1;
                }
            }
        }
    }
    println!("{read} damaged files read, {refused} refused");
    assert!(read > 0 && refused > read / 10);
}
