//! What a stored cell says of itself must be what was written: a header or a life that was edited is named when it is opened.

use std::path::Path;

use cells::{
    cell::{Cell, LifeRecord, Origin},
    made_up::info,
    source::CellSource as _,
    store::Store,
};
use hdf5::{File, types::VarLenUnicode};

const ID: &str = "MATR_b1c0";

fn store(dir: &Path) {
    let mut info = info(ID);
    info.origin = Origin::Virtual;
    let cell = Cell::new(info, vec![], LifeRecord::Capacity(vec![1.1, 1.0, 0.9, 0.8])).unwrap();
    Store::create(dir).unwrap().write(&cell).unwrap();
}

fn edit(dir: &Path, edit: impl FnOnce(&File)) {
    let file = testing::open_to_change(&dir.join(format!("cells/{ID}.h5")));
    edit(&file);
    file.close().unwrap();
}

fn text(file: &File, name: &str, text: &str) {
    file.attr(name).unwrap().write_scalar(&text.parse::<VarLenUnicode>().unwrap()).unwrap();
}

fn number(file: &File, name: &str, value: f64) {
    file.attr(name).unwrap().write_scalar(&value).unwrap();
}

fn life(file: &File) {
    file.dataset("life_capacity").unwrap().write(&[1.1, 1.0, 0.9, 0.7]).unwrap();
}

fn refused(dir: &Path) -> String {
    let refused = Store::open(dir).and_then(|store| store.cell(ID, 0));
    refused.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn an_edited_header_or_life_is_named_with_the_cell_and_what_to_do() {
    let edits: [fn(&File); 7] = [
        |file| text(file, "origin", "real"),
        |file| text(file, "cathode", "NMC"),
        |file| text(file, "charge_protocol", "another one"),
        |file| text(file, "fingerprint", &"0".repeat(64)),
        |file| number(file, "nominal_capacity", 2.0),
        |file| number(file, "upper_voltage_limit", 4.2),
        life,
    ];
    for edited in edits {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path());
        Store::open(dir.path()).unwrap().cell(ID, 0).unwrap();
        edit(dir.path(), edited);
        let said = refused(dir.path());
        assert!(said.contains("MATR_b1c0.h5 is damaged: what it says of the cell MATR_b1c0"), "{said}");
        assert!(said.contains("import its dataset again"), "{said}");
    }
}

#[test]
fn without_a_seal_the_manifest_knows_the_life() {
    let edits: [fn(&File); 2] = [|file| number(file, "nominal_capacity", 2.0), life];
    for edited in edits {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path());
        edit(dir.path(), |file| {
            file.delete_attr("seal").unwrap();
            // nor did such files have hashes of cycles
            file.unlink("cycle_hash").unwrap();
        });
        Store::open(dir.path()).unwrap().cell(ID, 0).unwrap();
        edit(dir.path(), edited);
        let said = refused(dir.path());
        assert!(
            said.contains("the life or the nominal capacity of the cell MATR_b1c0 is not the imported one"),
            "{said}"
        );
        // who accepts the cells that are here deletes the manifest
        std::fs::remove_file(dir.path().join("manifest.csv")).unwrap();
        Store::open(dir.path()).unwrap().cell(ID, 0).unwrap();
    }
}
