//! ARCHITECTURE.md says which crate knows which, what waits for libtorch and polars, and where things lie: checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crate that only tests depend on.
const TESTING: &str = "testing";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a crate depends on, by sections of its `Cargo.toml`.
struct Manifest {
    name: String,
    normal: BTreeSet<String>,
    dev: BTreeSet<String>,
}

impl Manifest {
    fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let (mut section, mut name) = (String::new(), String::new());
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if let Some(head) = line.strip_prefix('[') {
                section = head.trim_matches(['[', ']']).to_owned();
            } else if let Some((key, value)) = line.split_once('=') {
                if section == "package" && key.trim() == "name" {
                    name = value.trim().trim_matches('"').to_owned();
                }
                let key = key.split('.').next().unwrap_or(key).trim().to_owned();
                names.entry(section.clone()).or_default().insert(key);
            }
        }
        let mut taken = |section| names.remove(section).unwrap_or_default();
        Self { name, normal: taken("dependencies"), dev: taken("dev-dependencies") }
    }
}

/// The crates of the workspace in the order of its manifest.
fn crates() -> Vec<Manifest> {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = text.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    members.split('"').skip(1).step_by(2).map(|folder| Manifest::read(&root().join(folder))).collect()
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The rows of the table of crates: name, what it knows, what it waits for.
fn table(text: &str) -> Vec<(String, BTreeSet<String>, BTreeSet<String>)> {
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, _, _, knows, waits] = cells[..] else { panic!("another table: {line}") };
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let waits = waits.split(", ").filter(|name| !name.is_empty()).collect();
        (quoted(name)[0].to_owned(), owned(quoted(knows)), owned(waits))
    });
    rows.collect()
}

fn architecture() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap()
}

#[test]
fn the_arrows_between_crates_are_those_of_the_table_and_lead_one_way() {
    let (crates, text) = (crates(), architecture());
    let table = table(&text);
    let all: BTreeSet<&str> = crates.iter().map(|own| own.name.as_str()).collect();
    let named: BTreeSet<&str> = table.iter().map(|row| row.0.as_str()).chain([TESTING]).collect();
    assert_eq!(named, all, "the table has every crate");
    for own in &crates {
        assert!(!own.normal.contains(TESTING), "{}: {TESTING} is for tests", own.name);
        let Some(row) = table.iter().position(|row| row.0 == own.name) else { continue };
        let known: BTreeSet<String> = own.normal.iter().filter(|name| all.contains(name.as_str())).cloned().collect();
        assert_eq!(known, table[row].1, "what {} knows by its Cargo.toml, and by the table", own.name);
        let above: BTreeSet<String> = table[..row].iter().map(|row| row.0.clone()).collect();
        assert!(known.is_subset(&above), "{} knows what is below it in the table", own.name);
    }
}

#[test]
fn what_waits_for_libtorch_and_polars_is_said_and_holds_for_the_tests_too() {
    let (crates, text) = (crates(), architecture());
    let mut waits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let for_these = |names: &BTreeSet<String>, waits: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
        let direct = [("tch", "libtorch"), ("polars", "polars")].into_iter().filter(|(name, _)| names.contains(*name));
        let direct = direct.map(|(_, called)| called.to_owned());
        direct.chain(names.iter().filter_map(|name| waits.get(name)).flatten().cloned()).collect()
    };
    // a crate comes after those that it knows
    for own in &crates {
        waits.insert(own.name.clone(), for_these(&own.normal, &waits));
    }
    for (name, _, said) in table(&text) {
        assert_eq!(waits[&name], said, "{name}");
        let own = crates.iter().find(|own| own.name == name).unwrap();
        let of_tests = for_these(&own.dev, &waits);
        assert!(of_tests.is_subset(&said), "the tests of {name} wait for {of_tests:?}");
    }
}

#[test]
fn every_path_that_is_named_is_there() {
    let text = architecture();
    let is_path = |name: &&str| name.contains('/') && !name.contains(['<', ' ', '*', '=', '{', ':']);
    let of_output = ["DIR/", "OUT/", "runs/", "target/", "tables/", "figures/"];
    let folders = ["", "harness", "experiments", "results", "scripts"].map(|folder| root().join(folder));
    let mut count = 0;
    for name in quoted(&text).into_iter().filter(is_path) {
        if of_output.iter().all(|folder| !name.starts_with(folder)) {
            assert!(folders.iter().any(|folder| folder.join(name).exists()), "{name} of ARCHITECTURE.md is not there");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}
