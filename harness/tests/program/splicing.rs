//! `batlinet report FOLDER --splice FILE`: tables in prose that are made from records, and stale ones.

use std::fs;

use crate::small::Small;

#[test]
fn a_table_in_prose_is_that_of_the_records_or_it_is_named() {
    let small = Small::new();
    let (note, call) = (small.path("note.md"), ["report", ".", "--splice", "note.md"]);
    let check = [&call[..], &["--check"]].concat();
    fs::write(&note, "Before.\n<!-- records:scenarios out -->\n<!-- /records -->\nBehind.\n").unwrap();
    let (code, said) = small.ends(&check);
    assert!(code == 3 && said.contains("note.md: its tables are not those of the records"), "{code}: {said}");
    assert!(!fs::read_to_string(&note).unwrap().contains("ridge"), "a check writes nothing");

    small.batlinet(&call);
    let spliced = fs::read_to_string(&note).unwrap();
    assert!(spliced.starts_with("Before.\n") && spliced.ends_with("<!-- /records -->\nBehind.\n"), "{spliced}");
    assert!(spliced.contains("| ridge |"), "{spliced}");
    small.batlinet(&check);

    // a number that somebody wrote by hand
    let digit =
        spliced.find("| ridge |").map(|at| at + spliced[at..].find(|c: char| c.is_ascii_digit()).unwrap()).unwrap();
    let mut edited = spliced.clone();
    edited.replace_range(digit..=digit, if &spliced[digit..=digit] == "1" { "2" } else { "1" });
    fs::write(&note, &edited).unwrap();
    assert_eq!(small.ends(&check).0, 3);
    assert_eq!(fs::read_to_string(&note).unwrap(), edited);

    fs::write(&note, "<!-- records:scenarios nowhere -->\n<!-- /records -->\n").unwrap();
    let (code, said) = small.ends(&call);
    assert!(code == 2 && said.contains("note.md") && said.contains("nowhere"), "{code}: {said}");
}
