//! Bundles whose description was damaged and sealed anew are read, or refused in a sentence that names the file: no panic.

use std::{collections::HashMap, path::Path};

use bundle::{Bundle, Folds};
use safetensors::SafeTensors;
use testing::mutated::mutated;

use crate::made::Made;

const KEY: &str = "batlinet-bundle";

/// The file with another description, sealed as the format asks for.
fn with_description(bytes: &[u8], description: &str) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut views: Vec<_> = file.iter().collect();
    views.sort_by(|one, other| one.0.cmp(other.0));
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(description.as_bytes());
    for (name, view) in &views {
        part(name.as_bytes());
        part(format!("{:?} {:?}", view.dtype(), view.shape()).as_bytes());
        part(view.data());
    }
    let sealed = format!("1 {} {description}", hash.finalize().to_hex());
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), sealed)]))).unwrap()
}

#[test]
fn a_damaged_description_is_read_or_refused_in_a_sentence() {
    let made = Made::new();
    let bundles = ["variance", "mlp"].map(|name| made.bundle(name, Folds::Count(2)).unwrap().to_bytes().unwrap());
    let (mut read, mut refused) = (0, 0);
    for bytes in &bundles {
        let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
        let sealed = metadata.metadata().as_ref().unwrap()[KEY].clone();
        let description = sealed.splitn(3, ' ').nth(2).unwrap().to_owned();
        assert!(Bundle::from_bytes(&with_description(bytes, &description), Path::new("x.blm")).is_ok());
        for input in mutated(&[description.into_bytes()], 300) {
            match Bundle::from_bytes(&with_description(bytes, &String::from_utf8_lossy(&input)), Path::new("x.blm")) {
                Ok(_) => read += 1,
                Err(error) => {
                    let said = error.to_string();
                    assert!(said.starts_with("x.blm: ") && said.len() < 4000, "no sentence: {said}");
                    refused += 1;
                }
            }
        }
    }
    println!("{read} damaged descriptions read, {refused} refused");
    assert!(refused > 0);
}
