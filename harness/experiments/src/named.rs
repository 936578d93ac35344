//! Maps whose keys are the writer's own names: read in the order of the file, a repeated name is an error.
//!
//! The `BTreeMap` of serde would keep the last of two equal names and say nothing.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads a map as (name, value) pairs in the order of the file.
pub(crate) fn unique<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Vec<(String, T)>, D::Error> {
    input.deserialize_map(NamedEntries(PhantomData))
}

struct NamedEntries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedEntries<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs: Vec<(String, T)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            pairs.push((name, map.next_value()?));
        }
        Ok(pairs)
    }
}
