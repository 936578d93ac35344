//! Names that nothing here has, and the one that was meant.

use cells::suggest::nearest;

/// `unknown key 'alfa' in models[0].ridge, did you mean 'alpha'? (known: …)`.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str], place: &str) -> String {
    let near = nearest(name, known.iter().copied());
    let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
    match near {
        Some(near) => format!("unknown {kind} '{name}'{place}, did you mean '{near}'?"),
        None if known.is_empty() => format!("unknown {kind} '{name}'{place}, which takes none"),
        None => format!("unknown {kind} '{name}'{place}; known: {}", known.join(", ")),
    }
}
