//! Columns of Parquet that are kept as times: read as the whole numbers that they are kept as, since polars without its arithmetic of
//! calendars knows no others.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::{ArrowDataType, ArrowTimeUnit, ParquetReader, PolarsResult, infer_schema};
use polars_parquet::parquet::{
    metadata::SchemaDescriptor,
    schema::types::{ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType, PrimitiveType, TimeUnit},
};

/// s in a day.
const DAY: f64 = 86_400.0;

/// How many s one is by which each column is counted; none of those that are no times. From here on the reader has times as numbers.
///
/// # Errors
/// The file is damaged, or no Parquet.
pub(crate) fn counted(reader: &mut ParquetReader<Cursor<Vec<u8>>>) -> PolarsResult<Vec<Option<f64>>> {
    let metadata = Arc::clone(reader.get_metadata()?);
    // what another program calls them stands beside what they are kept as
    let called = infer_schema(&metadata)?;
    let kinds = metadata.schema_descr.fields().iter().zip(called.iter_values());
    let times: Vec<Option<f64>> = kinds
        .map(|(field, called)| match field {
            ParquetType::PrimitiveType(kind) => seconds(kind, &called.dtype),
            ParquetType::GroupType { .. } => None,
        })
        .collect();
    if times.iter().any(Option::is_some) {
        let fields = metadata.schema_descr.fields().iter().zip(&times).map(|(field, time)| match field {
            ParquetType::PrimitiveType(kind) if time.is_some() => {
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
    Ok(times)
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
