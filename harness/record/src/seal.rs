//! The last line of a JSON file: the BLAKE3 of all bytes before it. A file that was edited, or in which a bit has changed, is none.

use serde_json::Value;

use super::attachments::hash_of;

/// What stands before the hash of what is before it.
const SEAL: &str = ",\n  \"blake3\": \"";

/// The file, of pretty JSON.
pub(crate) fn sealed(pretty: &str) -> String {
    let body = pretty.strip_suffix("\n}").unwrap_or(pretty);
    format!("{body}{SEAL}{}\"\n}}\n", hash_of(body.as_bytes()))
}

/// What is before the hash, as JSON again, and whether the hash is its own; `None` where there is no hash at the end.
pub(crate) fn opened(text: &str) -> Option<(String, bool)> {
    let (body, seal) = text.rsplit_once(SEAL)?;
    let hash = seal.strip_suffix("\"\n}\n")?;
    Some((format!("{body}\n}}"), hash == hash_of(body.as_bytes())))
}

/// Takes the hash out of what was read, and says whether it is that of the `text`; `None` where there is no hash.
pub(crate) fn broken_off(text: &str, value: &mut Value) -> Option<bool> {
    let hash = value.as_object_mut()?.remove("blake3")?;
    let holds = |(body, seal): (&str, &str)| {
        let seal = seal.split('"').next();
        seal == hash.as_str() && seal == Some(&hash_of(body.as_bytes()))
    };
    Some(text.rsplit_once(SEAL).is_some_and(holds))
}
