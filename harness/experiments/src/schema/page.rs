//! The schema as a page: a table of keys for every mapping, a list of words for every choice.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema;

/// Keys of the file in the order in which files have them; what is not here stands behind.
const ORDER: [&str; 16] = [
    "name",
    "scenario",
    "study",
    "description",
    "analysis",
    "train_test_split",
    "transfer",
    "protocol",
    "early_cycles",
    "label",
    "seeds",
    "features",
    "models",
    "sweep",
    "honest",
    "expect",
];

const HEAD: &str = "\
# Keys of an experiment file

Made by `batlinet schema --page` of the types that read the files, as is [the JSON Schema](../experiments/schema.json) by `batlinet
schema`; `make schema` writes both anew, and a test fails where they are stale. With the first line of every file in `experiments/`,

```yaml
# yaml-language-server: $schema=schema.json
```

editors complete keys and mark what is wrong; the path is relative to the file. Any key may be changed for one call, such as
`--set label.end_of_life=0.9` or `--set models.ridge.alpha=2`. *Source* names the section of [method.md](method.md) that has the rule and
whose it is: the paper's, its authors' code, or ours. Capacities are in Ah, lives and positions in cycles, positions from 0; a learning
rate is per optimiser step, and what is called a fraction lies between 0 and 1.
";

/// The page, as Markdown.
pub fn page() -> String {
    let schema = schema();
    let mut page = Page { schema: &schema, named: Vec::new(), waiting: VecDeque::new(), text: HEAD.to_owned() };
    page.mapping("The file", &schema, &ORDER);
    while let Some((name, title)) = page.waiting.pop_front() {
        page.section(&name, &title);
    }
    page.text
}

struct Page<'a> {
    schema: &'a Value,
    /// Names of definitions that have a section or wait for one, with its title.
    named: Vec<(String, String)>,
    waiting: VecDeque<(String, String)>,
    text: String,
}

impl<'a> Page<'a> {
    fn definition(&self, name: &str) -> &'a Value {
        &self.schema["$defs"][name]
    }

    fn section(&mut self, name: &str, title: &str) {
        let definition = self.definition(name);
        match words(definition) {
            Some(words) => {
                let _ = writeln!(self.text, "\n## {title}\n\n{}\n", described(definition));
                for (word, meaning) in words {
                    let _ = writeln!(self.text, "* `{word}`: {meaning}");
                }
            }
            None if definition["additionalProperties"] == Value::Bool(false) => self.mapping(title, definition, &[]),
            None => {
                let kind = self.kind(definition, title);
                let _ = writeln!(self.text, "\n## {title}\n\n{} Written as: {kind}.", described(definition));
            }
        }
    }

    /// A table of its keys, those in `order` first.
    fn mapping(&mut self, title: &str, mapping: &'a Value, order: &[&str]) {
        let _ = writeln!(self.text, "\n## {title}\n\n{}", described(mapping));
        let none = Map::new();
        let properties = mapping["properties"].as_object().unwrap_or(&none);
        if properties.is_empty() {
            return self.text.push_str("\nWritten as `{}`: there is nothing to set.\n");
        }
        let place = |key: &str| order.iter().position(|known| *known == key).unwrap_or(order.len());
        let mut keys: Vec<&String> = properties.keys().collect();
        keys.sort_by_key(|key| place(key));
        self.text.push_str("\n| key | what | written as | default |\n|---|---|---|---|\n");
        for key in keys {
            let property = &properties[key];
            let is_required = mapping["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
            let default = match property.get("default") {
                _ if is_required => "must be written".to_owned(),
                None | Some(Value::Null) => "left out at will".to_owned(),
                Some(value) => format!("`{}`", plain(value)),
            };
            let what = described(property);
            let kind = self.kind(property, key);
            let _ = writeln!(self.text, "| `{key}` | {what} | {kind} | {default} |");
        }
    }

    /// How a value is written; `key` is what it stands under.
    fn kind(&mut self, schema: &Value, key: &str) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            return self.link(name, key);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let choices = choices.iter().filter(|choice| choice["type"] != "null");
            return choices.map(|choice| self.kind(choice, key)).collect::<Vec<_>>().join(", or ");
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().map(|value| format!("`{}`", plain(value))).collect::<Vec<_>>().join(", ");
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
            kind => kind.as_str(),
        };
        match kind {
            Some("array") => {
                let items = self.kind(&schema["items"], key);
                match [&schema["minItems"], &schema["maxItems"]].map(Value::as_u64) {
                    [Some(count), Some(most)] if count == most => format!("list of {count}: {items}"),
                    [Some(count), _] => format!("list of at least {count}: {items}"),
                    _ => format!("list: {items}"),
                }
            }
            Some("object") => format!("names, each with: {}", self.kind(&schema["additionalProperties"], key)),
            Some("integer") => "whole number".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("string") => "text".to_owned(),
            Some("number") => "number".to_owned(),
            _ => "any value".to_owned(),
        }
    }

    /// A link to the section of a definition, which is written later.
    fn link(&mut self, name: &str, key: &str) -> String {
        let title = match self.named.iter().find(|(known, _)| known == name) {
            Some((_, title)) => title.clone(),
            None => {
                // two keys may have one name and not one meaning
                let is_taken = self.named.iter().any(|(_, title)| title == key);
                let title = if is_taken { format!("{key} ({name})") } else { key.to_owned() };
                self.named.push((name.to_owned(), title.clone()));
                self.waiting.push_back((name.to_owned(), title.clone()));
                title
            }
        };
        let anchor: String = title
            .chars()
            .filter(|letter| letter.is_alphanumeric() || "_- ".contains(*letter))
            .map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() })
            .collect();
        format!("[{title}](#{anchor})")
    }
}

/// The words of a choice with their meanings; `None` of what is no choice.
fn words(definition: &Value) -> Option<Vec<(String, String)>> {
    if let Some(values) = definition["enum"].as_array() {
        return Some(values.iter().map(|value| (plain(value), String::new())).collect());
    }
    let choices = definition["oneOf"].as_array()?;
    choices.iter().map(|choice| Some((plain(choice.get("const")?), described(choice)))).collect()
}

/// A description on one line with its source, without examples and the brackets by which Rust links.
fn described(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let text: String = text.split("```").step_by(2).collect();
    let source =
        schema["x-source"].as_str().map_or_else(String::new, |source| match source.starts_with(char::is_numeric) {
            true => format!(" *Source: method.md, {source}.*"),
            false => format!(" *Source: {source}.*"),
        });
    let text = text + &source;
    let text = text.replace("[`", "`").replace("`]", "`").replace("\n\n* ", " ").replace("\n* ", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A value as a file has it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        other => other.to_string().replace(',', ", "),
    }
}
