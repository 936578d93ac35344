//! What the parser says of a text that is no YAML, in the words of a person.

/// One sentence without a place; what a text without quotes is taken for is said as such.
pub(crate) fn sentence(error: &serde_yaml::Error) -> String {
    let mut said = error.to_string();
    if let Some(place) = said.rfind(" at line ").filter(|_| error.location().is_some()) {
        said.truncate(place);
    }
    match WORDS.iter().find(|(theirs, _)| said.contains(theirs)) {
        Some((_, ours)) => (*ours).to_owned(),
        None => said.replace('`', "'"),
    }
}

const ALIAS: &str = "here stands a * as if for something named before; put a text that begins with one in quotes";

/// Theirs and ours.
const WORDS: [(&str, &str); 11] = [
    (
        "mapping values are not allowed in this context",
        "here a colon with a space behind it begins a new key; put a text that holds one in quotes, or write `>` behind \
         its key and the text on the lines below, indented",
    ),
    ("unknown anchor", ALIAS),
    ("while scanning an alias", ALIAS),
    (
        "block sequence entries are not allowed in this context",
        "here begins a list on the line of its key; put a text that begins with - in quotes",
    ),
    ("did not find expected comment or line break", "the text behind > or | begins on the next line, indented"),
    (
        "did not find expected key",
        "here something follows a value that is over; put a text that holds quotes in quotes of the other kind, or \
         below `>`",
    ),
    (
        "could not find expected ':'",
        "the line before is neither a key with its value nor the rest of a text; indent the lines of a text",
    ),
    (
        "more than one document",
        "this file holds several declarations, parted by lines of ---; put each into a file of its own",
    ),
    ("repetition limit exceeded", "what is named by & and repeated by * is far too large; write it out"),
    ("u128, expected any YAML value", "here stands a whole number that is larger than any that is meant"),
    (
        "found character that cannot start any token",
        "here stands what cannot begin a value; if it is a tab, indent with spaces; a text that begins with %, @ or ` stands in \
         quotes",
    ),
];
