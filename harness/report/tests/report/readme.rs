//! Tables in prose are those of the records: `make readme` writes them.

use std::{fs, path::Path};

use report::splice::splice;

#[test]
fn the_tables_of_the_readmes_are_those_of_the_records() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for name in ["README.md", "results/records/README.md"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        assert!(text.contains("<!-- records:"), "{name} has no table of records");
        let now = splice(&text, &root.join("results/records")).unwrap();
        assert!(now == text, "{name} is stale: `make readme` writes its tables anew");
    }
}
