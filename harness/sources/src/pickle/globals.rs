//! The names that may occur in a pickle. None of them is ever called.

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// An array, given by its buffer: `_reconstruct(class, shape, kind)`, then its state.
    Reconstruct,
    /// An array, given whole: `_frombuffer(buffer, type, shape, order)`.
    FromBuffer,
    /// One element of an array: `scalar(type, bytes)`.
    Scalar,
    /// `numpy.dtype`.
    ElementType,
    /// `numpy.ndarray`.
    Array,
    /// Bytes that an old protocol wrote as text: `encode(text, "latin1")`.
    Encode,
    /// An object of this class without a state yet: `_reconstructor(class, base, state)`.
    Reconstructor,
    /// `slice(start, stop, step)`.
    Slice,
    /// A class of lists.
    List,
    /// A class of dictionaries.
    Dict,
    /// A class of sets.
    Set,
    /// `bytearray` and `bytes`.
    ByteArray,
    /// A class that carries no data here, such as `object` or `tuple`.
    Plain,
    /// `pandas.DataFrame`.
    Frame,
    /// `pandas.Series`, a single column.
    Series,
    /// Texts that pandas keeps in an array of Arrow, which is in its state.
    ArrowTexts,
    /// An array of Arrow: `_restore_array((type, length, nulls, offset, buffers, children, dictionary))`.
    ArrowArray,
    /// `type_for_alias(name)`.
    ArrowType,
    /// `py_buffer(bytes)`.
    ArrowBuffer,
    /// The columns of a frame, grouped by type.
    Manager,
    /// Columns of one type: `_unpickle_block(values, places, dimensions)`.
    Block,
    /// An array of pandas around one of NumPy, which is in its state.
    BackedArray,
    /// An index: `_new_Index(class, attributes)`.
    NewIndex,
    /// A class of indexes.
    Index,
}

impl Global {
    /// The meaning of a name, unless it is none of ours.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Self::Reconstruct,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Self::Scalar,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Self::FromBuffer,
            ("numpy", "dtype") => Self::ElementType,
            ("numpy", "ndarray") => Self::Array,
            ("_codecs", "encode") => Self::Encode,
            ("copyreg" | "copy_reg", "_reconstructor") => Self::Reconstructor,
            ("builtins" | "__builtin__", "slice") => Self::Slice,
            ("builtins" | "__builtin__", "list") => Self::List,
            ("builtins" | "__builtin__", "dict") | ("collections", "OrderedDict" | "defaultdict") => Self::Dict,
            ("builtins" | "__builtin__", "set" | "frozenset") => Self::Set,
            ("builtins" | "__builtin__", "bytearray" | "bytes") => Self::ByteArray,
            ("builtins" | "__builtin__", "object" | "tuple" | "int" | "float" | "str") => Self::Plain,
            ("pandas.core.frame" | "pandas", "DataFrame") => Self::Frame,
            ("pandas.core.series" | "pandas", "Series") => Self::Series,
            ("pandas.core.internals" | "pandas.core.internals.managers", "BlockManager" | "SingleBlockManager") => {
                Self::Manager
            }
            ("pandas.core.arrays.string_arrow", "ArrowStringArray" | "ArrowStringArrayNumpySemantics")
            | ("pandas.arrays", "ArrowStringArray") => Self::ArrowTexts,
            ("pyarrow.lib", "_restore_array") => Self::ArrowArray,
            ("pyarrow.lib", "type_for_alias") => Self::ArrowType,
            ("pyarrow.lib", "py_buffer") => Self::ArrowBuffer,
            ("pandas._libs.internals", "_unpickle_block") => Self::Block,
            ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked") => Self::BackedArray,
            ("pandas.core.arrays.string_", "StringArray" | "StringDtype")
            | ("pandas.arrays", "StringArray")
            | ("pandas", "StringDtype" | "NA")
            | ("pandas._libs.missing", "NA") => Self::Plain,
            ("pandas.core.indexes.base" | "pandas.indexes.base" | "pandas.core.index", "_new_Index") => Self::NewIndex,
            ("pandas.core.indexes.base" | "pandas.indexes.base" | "pandas.core.index" | "pandas", "Index")
            | ("pandas.core.indexes.range" | "pandas.indexes.range" | "pandas", "RangeIndex")
            | (
                "pandas.core.indexes.numeric" | "pandas.indexes.numeric" | "pandas.core.index",
                "Int64Index" | "UInt64Index" | "Float64Index",
            ) => Self::Index,
            _ => return None,
        })
    }

    /// How to save a file without such a name: the end of a sentence about a name that is none of ours.
    pub(super) fn instead_of(module: &str) -> &'static str {
        match module.split('.').next() {
            Some("pandas" | "pyarrow" | "polars") => {
                "; save it again with plain columns, as by `frame.astype(float)` and `series.tolist()`, or as CSV"
            }
            Some("numpy" | "torch") => "; save it again with plain arrays of numbers, as by `array.astype(float)`",
            _ => "",
        }
    }
}
