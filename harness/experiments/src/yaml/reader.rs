//! A tree of values as serde reads it.

use serde::de::{
    Deserialize, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
    value::{MapDeserializer, SeqDeserializer, StrDeserializer},
};
use serde::forward_to_deserialize_any;
use serde_yaml::Value;

use super::{flaw::Flaw, path::Path, problem::Problem};

/// Reads a value of any type.
pub(crate) fn read<'a, T: Deserialize<'a>>(tree: &'a Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Reader(tree)).map_err(|error| {
        let path = Path::from(error.path());
        Problem::of_flaw(path, error.into_inner())
    })
}

/// One value. `serde_yaml` reads its values too, but tells what is wrong with them in prose.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Value);

impl<'a> Reader<'a> {
    /// Tags say nothing here.
    fn value(self) -> &'a Value {
        let mut value = self.0;
        while let Value::Tagged(tagged) = value {
            value = &tagged.value;
        }
        value
    }

    /// Whole numbers from 0 on.
    fn unsigned<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.value() {
            Value::Number(number) if number.as_u64().is_none() && number.as_i64().is_some() => {
                Err(Flaw::invalid_type(Unexpected::Signed(number.as_i64().unwrap_or_default()), &visitor))
            }
            _ => self.deserialize_any(visitor),
        }
    }
}

impl<'de> IntoDeserializer<'de, Flaw> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Flaw;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.value() {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Sequence(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Reader))),
            Value::Mapping(map) => {
                visitor.visit_map(MapDeserializer::new(map.iter().map(|(key, value)| (Reader(key), Reader(value)))))
            }
            Value::Tagged(_) => unreachable!("tags were taken off"),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        if self.value().is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        match self.value() {
            Value::String(variant) => visitor.visit_enum(StrDeserializer::new(variant)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.unsigned(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.unsigned(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.unsigned(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.unsigned(visitor)
    }

    /// Nothing behind a key is an empty list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.value() {
            Value::Null => visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<Self>())),
            _ => self.deserialize_any(visitor),
        }
    }

    /// Nothing behind a key is an empty map.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.value() {
            Value::Null => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(Self, Self)>())),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        match self.value() {
            // serde would take its items for the settings in their order
            Value::Sequence(_) => Err(Flaw::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Flaw> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct identifier
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_yaml::from_str;

    use super::*;

    /// Whatever can be read is read as `serde_yaml` reads it.
    #[test]
    fn values_are_read_as_by_their_own_library() {
        fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
            let tree: Value = from_str(text).unwrap();
            let theirs: Option<T> = serde_yaml::from_value(tree.clone()).ok();
            assert_eq!(read::<T>(&tree).ok(), theirs, "{text}");
        }
        for text in
            ["1", "-1", "1.5", "1e400", ".inf", "~", "true", "text", "'1'", "[1, 2]", "[]", "{a: 1}", "{}", "{1: 2}"]
        {
            same::<u64>(text);
            same::<u8>(text);
            same::<i32>(text);
            same::<f64>(text);
            same::<bool>(text);
            same::<String>(text);
            same::<Option<u64>>(text);
            same::<Vec<u64>>(text);
            same::<(u64, f64)>(text);
            same::<Value>(text);
            same::<std::collections::BTreeMap<String, u64>>(text);
            same::<record::Protocol>(text);
            same::<record::Study>(text);
        }
        for text in ["honest", "faithful", "[honest]", "honest: 1"] {
            same::<record::Protocol>(text);
        }
    }
}
