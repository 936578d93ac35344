//! Files of bundles: what is cut, changed, foreign or newer is refused in words.

use std::path::Path;

use bundle::{Bundle, Error, Folds};

use crate::made::Made;

fn refused(bytes: &[u8]) -> String {
    Bundle::from_bytes(bytes, Path::new("x.blm")).unwrap_err().to_string()
}

#[test]
fn no_byte_may_change_and_none_may_lack() {
    let made = Made::new();
    let bundle = made.bundle("variance", Folds::Count(3)).unwrap();
    let bytes = bundle.to_bytes().unwrap();
    assert_eq!(bytes, bundle.to_bytes().unwrap(), "the same bundle is the same file");
    let back = Bundle::from_bytes(&bytes, Path::new("x.blm")).unwrap();
    assert_eq!((back.description, back.calibration), (bundle.description, bundle.calibration));
    for place in 0..bytes.len() {
        for flip in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[place] ^= flip;
            let said = refused(&changed);
            assert!(said.starts_with("x.blm: "), "{said}");
        }
    }
    for length in (0..bytes.len()).step_by(7) {
        assert!(refused(&bytes[..length]).contains("cut or changed"), "{length}");
    }
    assert!(refused(&[&bytes[..], &[0]].concat()).contains("cut or changed"));
}

#[test]
fn what_is_foreign_or_newer_is_called_by_name() {
    let made = Made::new();
    let bundle = made.bundle("mlp", Folds::None).unwrap();
    let weights = bundle.weights.as_ref().unwrap().to_bytes().unwrap();
    assert!(refused(&weights).contains("this is no bundle"), "weights of a run");
    assert!(refused(b"PK\x03\x04").contains("this is no bundle"));
    assert!(refused(&[]).contains("this is no bundle"));
    // the number of the format stands before everything else, and nothing else is looked at
    let bytes = bundle.to_bytes().unwrap();
    let key = b"\"batlinet-bundle\":\"";
    let place = bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len();
    let mut newer = bytes.clone();
    newer[place] = b'2';
    assert!(matches!(Bundle::from_bytes(&newer, Path::new("x.blm")), Err(Error::Newer { format: 2, known: 1, .. })));
    let failure = Bundle::read(&made.path("")).unwrap_err();
    assert!(failure.to_string().contains("this is no file"), "{failure}");
}

#[test]
fn a_sealed_file_whose_parts_do_not_fit_is_refused() {
    let made = Made::new();
    let sound = made.bundle("variance", Folds::Count(3)).unwrap();
    let refused = |change: fn(&mut Bundle)| {
        let mut bundle = sound.clone();
        change(&mut bundle);
        refused(&bundle.to_bytes().unwrap())
    };
    for (said, words) in [
        (refused(|bundle| drop(bundle.description.cells.pop())), "have shape"),
        (refused(|bundle| bundle.train.lives[0] = f64::NAN), "have no lives"),
        (refused(|bundle| bundle.calibration.as_mut().unwrap().residuals[0] = -1.0), "no distances"),
        (refused(|bundle| bundle.calibration.as_mut().unwrap().folds[0] = 1000), "no numbers of folds"),
        (refused(|bundle| bundle.calibration = None), "has no folds"),
        (refused(|bundle| bundle.description.feature = None), "do not go together"),
        (refused(|bundle| bundle.description.entry = serde_json::json!({ "ridge": { "alpha": "x" } })), "its entry"),
    ] {
        assert!(said.contains(words), "{said}");
    }
}
