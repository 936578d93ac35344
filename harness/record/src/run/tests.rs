use std::fs;

use serde_json::Value;

use super::*;
use crate::{DrawnReferences, PairPredictions, made_up::record};

/// The folder of a run on cells of this name, with everything that may lie in it.
fn written(out: &Path, name: &str) -> (PathBuf, RunRecord) {
    let mut whole = record(name);
    let folder = files::run_folder(out, &whole.key());
    let names = vec!["a".to_owned(), "b".to_owned()];
    let predicted = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
    let pairs =
        PairPredictions { cells: names.clone(), observed: vec![5.0, 6.0], references: names.clone(), predicted };
    let references = DrawnReferences { cells: &names, training: &names, drawn: vec![vec![0], vec![1, 0]] };
    let network = out.join("pretrained/net.safetensors");
    files::write_whole(&network, b"a network").unwrap();
    let hash = hash_of(b"a network");
    let beside = Attachments {
        weights: Some(b"tensors"),
        pairs: Some(&pairs),
        references: Some(&references),
        pretrained: Some(("net", &hash)),
        ..Attachments::default()
    };
    whole.write(&folder, beside).unwrap();
    (folder, whole)
}

fn edit(path: &Path, edit: impl FnOnce(String) -> String) {
    fs::write(path, edit(fs::read_to_string(path).unwrap())).unwrap();
}

/// The record with another text and the hash that belongs to it, as somebody would leave it who knows the format.
fn forge(folder: &Path, from: &str, to: &str) {
    edit(&folder.join("record.json"), |text| {
        let (body, _) = text.rsplit_once(",\n  \"blake3\"").unwrap();
        assert!(body.contains(from), "{from} is not in the record");
        let body = body.replace(from, to);
        format!("{body},\n  \"blake3\": \"{}\"\n}}\n", hash_of(body.as_bytes()))
    });
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut whole) = written(folder.path(), "k");
    assert_eq!(RunRecord::read(&path).unwrap(), whole);
    assert_eq!(RunRecord::read_whole(&path).unwrap(), whole);
    assert_eq!(whole.attachments.len(), 5, "{:?}", whole.attachments);

    whole.status = Status::Failed("cell x, \"quoted\"".to_owned());
    (whole.metrics, whole.predictions) = (None, vec![]);
    whole.write(&path, Attachments::default()).unwrap();
    assert_eq!(RunRecord::read_whole(&path).unwrap(), whole);
    assert!(!path.join("predictions.csv").exists());
}

#[test]
fn every_number_is_read_as_it_was_written_so_that_keys_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    let odd = (0..200).map(|_| {
        bits = bits.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        f64::from_bits(bits)
    });
    for number in odd.filter(|number| number.is_finite()).chain([3.0e37, 0.1 + 0.2, 1e-3, 1.0 / 3.0]) {
        let mut whole = record("k");
        whole.ingredients.training["hyper_parameters"] = serde_json::json!({ "alpha": number });
        let path = files::run_folder(folder.path(), &whole.key());
        whole.write(&path, Attachments::default()).unwrap();
        assert_eq!(RunRecord::read_whole(&path).unwrap(), whole);
    }
}

#[test]
fn a_bit_that_changes_in_any_file_is_found_and_the_file_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), "k");
    let files =
        ["predictions.csv", "pairs.csv", "references.csv", "weights.safetensors", "../../pretrained/net.safetensors"];
    // every byte of the short ones, some of the record; every bit of all of them, and all bits at once, where it is asked for
    let is_all = std::env::var("BATLINET_FLIPS").is_ok_and(|asked| asked == "all");
    let masks: &[u8] = if is_all { &[1, 2, 4, 8, 16, 32, 64, 128, 255] } else { &[1] };
    let mut tried = 0;
    for name in files.into_iter().chain(["record.json"]) {
        let file = path.join(name);
        let whole = fs::read(&file).unwrap();
        let step = if name == "record.json" && !is_all { 7 } else { 1 };
        for (at, mask) in (0..whole.len()).step_by(step).flat_map(|at| masks.iter().map(move |mask| (at, mask))) {
            tried += 1;
            let mut flipped = whole.clone();
            flipped[at] ^= mask;
            fs::write(&file, &flipped).unwrap();
            let said = RunRecord::read_whole(&path).unwrap_err().to_string();
            assert!(said.contains(name.trim_start_matches("../")), "{name} at {at}: {said}");
        }
        fs::write(&file, &whole).unwrap();
        RunRecord::read_whole(&path).unwrap();
    }
    println!("{tried} changes of the files of a run, all of them found and named");
}

#[test]
fn what_was_left_out_is_no_damage_and_what_was_put_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let (path, whole) = written(folder.path(), "k");
    for name in ["pairs.csv", "references.csv", "weights.safetensors", "../../pretrained/net.safetensors"] {
        fs::remove_file(path.join(name)).unwrap();
        assert_eq!(RunRecord::read_whole(&path).unwrap(), whole, "{name}");
    }
    let mut alone = record("other");
    let path = files::run_folder(folder.path(), &alone.key());
    alone.write(&path, Attachments::default()).unwrap();
    fs::write(path.join("pairs.csv"), "cell_id,reference,observed,predicted\n").unwrap();
    let said = RunRecord::read_whole(&path).unwrap_err().to_string();
    assert!(said.contains("pairs.csv lies beside this record, which knows of none"), "{said}");
}

#[test]
fn exchanged_folders_and_edited_values_are_named_though_the_file_is_sealed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let ((one, first), (other, second)) = (written(folder.path(), "one"), written(folder.path(), "other"));
    let aside = folder.path().join("aside");
    for (from, to) in [(&one, &aside), (&other, &one), (&aside, &other)] {
        fs::rename(from, to).unwrap();
    }
    let said = RunRecord::read(&one).unwrap_err().to_string();
    let words = format!("it is that of run {}, and not of {}, in whose folder it lies", second.key(), first.key());
    assert!(said.contains(&words), "{said}");

    for (from, to, words) in [
        ("\"data\": \"virtual\"", "\"data\": \"real\"", "its origin is \"real\", and its key is made of \"virtual\""),
        ("\"device_class\": \"cpu\"", "\"device_class\": \"cuda\"", "its device is \"cuda\""),
        ("\"precision\": \"exact\"", "\"precision\": \"fast\"", "it says that it is run"),
        ("\"seed\": 3", "\"seed\": 4", "it says that it is run"),
        ("\"test_cells\": \"edited\"", "\"test_cells\": \"others\"", "it says that it is run"),
    ] {
        let (path, _) = written(folder.path(), "edited");
        forge(&path, from, to);
        let said = RunRecord::read(&path).unwrap_err().to_string();
        assert!(said.contains(words), "{from}: {said}");
    }
}

#[test]
fn a_record_that_does_not_say_where_it_is_from_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["provenance", "data_hash", "label_hash", "device_class", "precision", "attachments", "versions"] {
        let (path, _) = written(folder.path(), "k");
        let text = fs::read_to_string(path.join("record.json")).unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert!(value.as_object_mut().unwrap().remove(name).is_some());
        fs::write(path.join("record.json"), value.to_string()).unwrap();
        let said = RunRecord::read(&path).unwrap_err().to_string();
        assert!(said.contains(&format!("missing field `{name}`")), "{said}");
    }
}

#[test]
fn records_of_format_1_are_read_with_what_they_say() {
    let former = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/former/runs");
    let with_all = RunRecord::read_whole(&former.join("ad79b044f8daedb1")).unwrap();
    assert_eq!((with_all.key(), with_all.train_key()), ("ad79b044f8daedb1".to_owned(), "d71f90d7ee37dd06".to_owned()));
    assert_eq!((with_all.model.as_str(), with_all.predictions.len()), ("cnn", 40));
    assert_eq!((with_all.class, with_all.precision), (DeviceClass::Cpu, Precision::Exact));
    assert_eq!((with_all.data_hash.as_str(), with_all.label_hash.as_str()), (UNKNOWN, "a748890da83ae440"));
    assert!(with_all.provenance.is_known() && !with_all.provenance.is_dirty && with_all.is_former());

    // of a program that noted less, and of one that noted even less
    let older = former.join("0170e54ac264bd48");
    assert_eq!(RunRecord::read(&older).unwrap().label_hash, "a748890da83ae440");
    let folder = tempfile::tempdir().unwrap();
    let oldest = folder.path().join("0170e54ac264bd48");
    fs::create_dir(&oldest).unwrap();
    fs::copy(older.join("predictions.csv"), oldest.join("predictions.csv")).unwrap();
    let mut value: Value = serde_json::from_str(&fs::read_to_string(older.join("record.json")).unwrap()).unwrap();
    for name in ["labels", "lives"] {
        value.as_object_mut().unwrap().remove(name);
    }
    fs::write(oldest.join("record.json"), value.to_string()).unwrap();
    let older = RunRecord::read_whole(&oldest).unwrap();
    assert!(!older.provenance.is_known());
    assert_eq!(older.label_hash, UNKNOWN);
    assert_eq!(older.values.references, Some(32));
    assert_eq!(older.values.channels.as_ref().map(Vec::len), Some(2));
    assert_eq!(older.ingredients.former(), older.ingredients);
}

#[test]
fn a_run_of_format_1_that_is_taken_over_keeps_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let former = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/former/runs/ad79b044f8daedb1");
    let mut record = RunRecord::read(&former).unwrap();
    record.ingredients = crate::made_up::ingredients("x", "cnn", record.seed, Origin::Real);
    (record.data_hash, record.label_hash) = ("d".to_owned(), "l".to_owned());
    let path = files::run_folder(folder.path(), &record.key());
    record.take_over(&former, &path).unwrap();
    assert_eq!(RunRecord::read_whole(&path).unwrap(), record);
    let [before, after] = [&former, &path].map(|folder| fs::read(folder.join("predictions.csv")).unwrap());
    assert_eq!(before, after);
}

#[test]
fn what_is_small_may_not_be_gone_from_beside_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut record) = written(folder.path(), "k");
    let selection = crate::Selection(Vec::new());
    record.write(&path, Attachments { selection: Some(&selection), ..Attachments::default() }).unwrap();
    let said = |path: &Path| RunRecord::read_whole(path).map_err(|error| error.to_string());
    assert!(said(&path).is_ok());
    fs::remove_file(path.join("selection.csv")).unwrap();
    let error = said(&path).unwrap_err();
    assert!(error.contains("selection.csv is gone from beside this record"), "{error}");
}

#[test]
fn predictions_that_are_not_those_of_the_record_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), "k");
    let file = path.join("predictions.csv");
    let whole = fs::read_to_string(&file).unwrap();
    let refused = || RunRecord::read(&path).unwrap_err().to_string();
    for text in [whole.replace("610", "611"), "cell_id,observed,predicted\n".to_owned()] {
        fs::write(&file, text).unwrap();
        assert!(refused().contains("the RMSE of its predictions.csv is"), "{}", refused());
    }
    fs::remove_file(&file).unwrap();
    assert!(refused().contains("predictions.csv") && refused().contains("to have it run again"), "{}", refused());
}

#[test]
fn a_broken_record_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (text, words) in [
        ("{", "no run record"),
        (r#"{"format": 9}"#, "has format 9, this program reads format 2 and the one before"),
        (r#"{"format": 1}"#, "missing field"),
        (r#"{"format": 2}"#, "missing field"),
    ] {
        fs::write(folder.path().join("record.json"), text).unwrap();
        let message = RunRecord::read(folder.path()).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("record.json"), "{message}");
    }
}

#[test]
fn a_damaged_record_that_is_sealed_anew_is_read_or_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path(), "k");
    let text = fs::read_to_string(path.join("record.json")).unwrap();
    let (body, _) = text.rsplit_once(",\n  \"blake3\"").unwrap();
    let predictions = fs::read(path.join("predictions.csv")).unwrap();
    let (mut read, mut refused) = (0, 0);
    for (nth, input) in testing::mutated::mutated(&[body.as_bytes().to_vec(), predictions.clone()], 300).enumerate() {
        // a table in the place of a table, and a record in the place of a record
        let is_table = input.starts_with(b"cell");
        let body = if is_table { body.into() } else { String::from_utf8_lossy(&input) };
        let sealed = format!("{body},\n  \"blake3\": \"{}\"\n}}\n", hash_of(body.as_bytes()));
        fs::write(path.join("record.json"), sealed).unwrap();
        fs::write(path.join("predictions.csv"), if is_table { &input } else { &predictions }).unwrap();
        match RunRecord::read_whole(&path) {
            Ok(_) => read += 1,
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains("record.json") && said.len() < 4000, "input {nth}: no sentence: {said}");
                refused += 1;
            }
        }
    }
    println!("{read} damaged records read, {refused} refused");
    assert!(refused > 0);
}
