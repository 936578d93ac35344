//! Columns of Parquet that are kept otherwise than as plain numbers: times, small whole numbers, decimals and half floats. They are read as
//! the numbers or bytes that they are kept as, since polars knows their kinds by features alone, each of which makes its build longer.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::{ArrowDataType, ArrowTimeUnit, ParquetReader, PolarsResult, infer_schema};
use polars_parquet::parquet::{
    metadata::SchemaDescriptor,
    schema::types::{ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType, PrimitiveType, TimeUnit},
};

/// s in a day.
const DAY: f64 = 86_400.0;

/// What the numbers or bytes of a column stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kept {
    /// Times, counted by so many s.
    Times(f64),
    /// Numbers, counted by this.
    Numbers(f64),
    /// Bytes of whole numbers, the highest first, counted by this.
    BigEndian(f64),
    /// Two bytes of a float, the lowest first.
    Half,
}

/// What each column is kept as; none of those that are plain. From here on the reader has them as numbers and bytes.
///
/// # Errors
/// The file is damaged, or no Parquet.
pub(crate) fn kept(reader: &mut ParquetReader<Cursor<Vec<u8>>>) -> PolarsResult<Vec<Option<Kept>>> {
    let metadata = Arc::clone(reader.get_metadata()?);
    // what another program calls them stands beside what they are kept as
    let called = infer_schema(&metadata)?;
    let kinds = metadata.schema_descr.fields().iter().zip(called.iter_values());
    let kept: Vec<Option<Kept>> = kinds
        .map(|(field, called)| match field {
            ParquetType::PrimitiveType(kind) => {
                seconds(kind, &called.dtype).map(Kept::Times).or_else(|| number(kind, &called.dtype))
            }
            ParquetType::GroupType { .. } => None,
        })
        .collect();
    if kept.iter().any(Option::is_some) {
        let fields = metadata.schema_descr.fields().iter().zip(&kept).map(|(field, kept)| match field {
            ParquetType::PrimitiveType(kind) if kept.is_some() => {
                ParquetType::PrimitiveType(PrimitiveType { logical_type: None, converted_type: None, ..kind.clone() })
            }
            field => field.clone(),
        });
        let name = metadata.schema_descr.name().into();
        let mut plain = (*metadata).clone();
        plain.schema_descr = SchemaDescriptor::new(name, fields.collect());
        plain.key_value_metadata = None;
        reader.set_metadata(Arc::new(plain));
    }
    Ok(kept)
}

/// What a column that is no plain number and no time is kept as.
fn number(kind: &PrimitiveType, called: &ArrowDataType) -> Option<Kept> {
    let is_number = matches!(kind.physical_type, PhysicalType::Int32 | PhysicalType::Int64);
    match called {
        ArrowDataType::Int8 | ArrowDataType::Int16 | ArrowDataType::UInt8 | ArrowDataType::UInt16 => {
            is_number.then_some(Kept::Numbers(1.0))
        }
        ArrowDataType::Float16 => Some(Kept::Half),
        ArrowDataType::Decimal(_, scale)
        | ArrowDataType::Decimal32(_, scale)
        | ArrowDataType::Decimal64(_, scale)
        | ArrowDataType::Decimal256(_, scale) => {
            let one = 10_f64.powi(-i32::try_from(*scale).ok()?);
            Some(if is_number { Kept::Numbers(one) } else { Kept::BigEndian(one) })
        }
        _ => None,
    }
}

impl Kept {
    /// The number that these bytes are; not a number where they are none.
    pub(crate) fn of_bytes(self, bytes: &[u8]) -> f64 {
        match (self, bytes) {
            // the difference of two large numbers would lose the digits of a small one
            (Self::BigEndian(one), [first, ..]) if first & 0x80 != 0 => {
                -one * (1.0 + bytes.iter().fold(0.0, |value, byte| 256.0 * value + f64::from(!byte)))
            }
            (Self::BigEndian(one), [_, ..]) => {
                one * bytes.iter().fold(0.0, |value, byte| 256.0 * value + f64::from(*byte))
            }
            (Self::Half, [low, high]) => half(u16::from_le_bytes([*low, *high])),
            _ => f64::NAN,
        }
    }
}

/// The number of a float of 16 bits.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

/// How many s one is by which a kind of times is counted.
fn seconds(kind: &PrimitiveType, called: &ArrowDataType) -> Option<f64> {
    if ![PhysicalType::Int32, PhysicalType::Int64].contains(&kind.physical_type) {
        return None;
    }
    match (kind.logical_type, kind.converted_type, called) {
        (Some(PrimitiveLogicalType::Timestamp { unit, .. }), ..) => Some(match unit {
            TimeUnit::Milliseconds => 1e-3,
            TimeUnit::Microseconds => 1e-6,
            TimeUnit::Nanoseconds => 1e-9,
        }),
        (Some(PrimitiveLogicalType::Date), ..) | (_, Some(PrimitiveConvertedType::Date), _) => Some(DAY),
        (_, Some(PrimitiveConvertedType::TimestampMillis), _) => Some(1e-3),
        (_, Some(PrimitiveConvertedType::TimestampMicros), _) => Some(1e-6),
        // Parquet has no kind for these
        (None, None, ArrowDataType::Duration(unit)) => Some(match unit {
            ArrowTimeUnit::Second => 1.0,
            ArrowTimeUnit::Millisecond => 1e-3,
            ArrowTimeUnit::Microsecond => 1e-6,
            ArrowTimeUnit::Nanosecond => 1e-9,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decimals_and_half_floats() {
        for (kept, bytes, number) in [
            (Kept::BigEndian(1e-2), &[0, 0, 1, 0x4a][..], 3.3),
            (Kept::BigEndian(1e-2), &[0xff, 0xff, 0xfe, 0xb6], -3.3),
            (Kept::BigEndian(1.0), &[0x7f], 127.0),
            (Kept::Half, &[0x00, 0x3c], 1.0),
            (Kept::Half, &[0x00, 0xc2], -3.0),
            (Kept::Half, &[0x01, 0x00], 5.960_464_477_539_063e-8),
        ] {
            assert!((kept.of_bytes(bytes) - number).abs() < 1e-12, "{bytes:?}");
        }
        assert!(Kept::Half.of_bytes(&[0x01, 0x7c]).is_nan() && Kept::BigEndian(1.0).of_bytes(&[]).is_nan());
    }
}
