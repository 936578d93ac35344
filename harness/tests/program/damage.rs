//! An output folder of which one byte has changed: the report names the file, or is what it was; `run` makes all as it was.
//!
//! A sample of the bytes is tried, a larger one where `BATLINET_TORTURE` is set.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::small::Small;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// Of a file, so many bytes are tried.
fn tries() -> usize {
    if std::env::var_os("BATLINET_TORTURE").is_some() { 200 } else { 3 }
}

#[test]
fn a_damaged_byte_is_named_or_harmless_and_never_another_number() {
    let small = Small::new();
    let report = |to: &str| small.ends(&["report", "out", "--to", to]);
    assert_eq!(report("before").0, 0);
    let whole: Vec<(PathBuf, Vec<u8>)> = ["report.md", "report.html", "summary.csv"]
        .map(|name| (PathBuf::from(name), fs::read(small.path("before").join(name)).unwrap()))
        .into();
    let mut faults = Vec::new();
    for file in files(&small.path("out")) {
        let sound = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for nth in 0..tries().min(sound.len()) {
            let byte = (2 * nth + 1) * sound.len() / (2 * tries().min(sound.len()));
            let mut damaged = sound.clone();
            damaged[byte] ^= [1, 4, 16, 64, 255][nth % 5];
            fs::write(&file, damaged).unwrap();
            let (code, said) = report("after");
            fs::write(&file, &sound).unwrap();
            let fault = match code {
                0 => whole
                    .iter()
                    .find(|(report, before)| fs::read(small.path("after").join(report)).unwrap() != *before)
                    .map(|(report, _)| format!("{} differs", report.display())),
                // rows are named where their hashes are gone
                2 if said.contains(&name) || (name == "scores.blake3" && said.contains("scores.csv")) => None,
                code => Some(format!("exit {code}: {said}")),
            };
            faults.extend(fault.map(|fault| format!("byte {byte} of {}: {fault}", file.display())));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_keeps_nobody_waiting() {
    let small = Small::new();
    for file in files(&small.path("out")) {
        let sound = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        for call in [&["report", "out", "--to", "after"][..], &["run", "small.yaml", "--out", "out"]] {
            let (code, said) = small.ends(call);
            assert!(
                code == 0 || (code == 2 && said.contains("no file")),
                "{}: {call:?}: {code}: {said}",
                file.display()
            );
        }
        let _ = fs::remove_file(&file);
        fs::write(&file, sound).unwrap();
    }
}

#[test]
fn what_is_no_file_is_refused_in_a_sentence() {
    let small = Small::new();
    for (file, words) in [("/dev/zero", "a device or a pipe"), ("/dev/null", "a device or a pipe")] {
        if !Path::new(file).exists() {
            continue;
        }
        let (code, said) = small.ends(&["plan", file]);
        assert!(code == 2 && said.contains(words), "{file}: {code}: {said}");
        let text = fs::read_to_string(small.path("small.yaml")).unwrap();
        fs::write(small.path("other.yaml"), text.replace("split.csv", file)).unwrap();
        let (code, said) = small.ends(&["plan", "other.yaml"]);
        assert!(code == 2 && said.contains(words), "{file}: {code}: {said}");
    }
    for brackets in
        ["[".repeat(100_000), "{a: ".repeat(100_000), format!("name: {}", "[".repeat(100_000)), "- ".repeat(100_000)]
    {
        fs::write(small.path("deep.yaml"), &brackets).unwrap();
        let (code, said) = small.ends(&["plan", "deep.yaml"]);
        assert!(code == 2 && said.contains("deep.yaml"), "{code}: {said}");
        let (code, said) = small.ends(&[
            "run",
            "small.yaml",
            "--out",
            "out",
            "--set",
            &format!("models.ridge.alpha={}", &brackets[..50_000]),
        ]);
        assert!(code == 2, "{code}: {}", &said[..said.len().min(500)]);
    }
}
