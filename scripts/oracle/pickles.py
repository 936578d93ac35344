"""Pickles of small frames and containers as real pandas writes them, for the reader in harness/sources/src/pickle.

    python3 scripts/oracle/pickles.py harness/tests/fixtures/pickles

Run it once with each of several versions of pandas (those of the committed files: 1.5.3, 2.2.3, 2.3.3, 3.0.0). With pyarrow
beside pandas 3 it writes only what is different then, `arrow-*.pkl` (3.1.1). The file
`legacy.pkl` has the layout that pandas wrote before 1.3; it is made with pandas 1.5.3, which still reads that layout, and
this program checks that it does.
"""

import copyreg
import io
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd

try:
    import pyarrow as pa
except ImportError:
    pa = None


def frame(cycle: int, rows: int = 4) -> pd.DataFrame:
    """A cycle as in the HUST files, with exactly representable numbers; the test makes the same."""
    k = np.arange(rows)
    return pd.DataFrame(
        {
            "Status": np.array(["Constant current charge"] * rows, dtype=object),
            "Cycle number": np.full(rows, cycle),
            "Current (mA)": 5500.0 - 1000 * k + cycle,
            "Voltage (V)": 2.0 + k / 8 + cycle / 1024,
            "Capacity (mAh)": k * 12.5,
            "Time (s)": k * 0.25 + cycle,
        },
        columns=pd.Index(
            ["Status", "Cycle number", "Current (mA)", "Voltage (V)", "Capacity (mAh)", "Time (s)"], dtype=object
        ),
    )


def content():
    single = frame(3)[["Voltage (V)", "Current (mA)"]].copy()
    return {"1-1": {"rul": {1: 1144}, "data": {1: frame(1), 2: frame(2).iloc[::-1], 3: single}}}


def containers():
    return {
        "floats": [0.5, -1.25, 1e300],
        "mixed": [1, 0.5, True, np.float64(2.5), np.int32(-7), np.float32(0.25), 2**40, -(2**40)],
        "none": None,
        "array": np.arange(6, dtype="f8") / 4,
        "singles": np.arange(3, dtype="f4") / 8,
        "small": np.array([-128, 127], dtype="i1"),
        "large": np.array([2**63], dtype="u8"),
        "foreign": np.array([1.5, -2.5], dtype=">f8"),
        "halves": np.array([0.5, -2.0, 6e-8, np.inf], dtype="f2"),
        "empty": np.array([], dtype="f8"),
        "text": "Zelle ü",
        "bytes": b"\x00\xff",
        "set": {1.0},
        "nested": [[[[]]], ((),), {}],
    }


def arrow():
    """Frames whose columns have names in arrays of Arrow, whole and sliced, and series."""
    wide = frame(1).drop(columns="Status")
    wide.columns = wide.columns.astype("str")
    wide["Note"] = pd.array(["a", None, "ü", ""], dtype="str")
    chunks = wide[["Voltage (V)"]].copy()
    first, second = pa.array(["Voltage"], pa.large_string()), pa.array([" (V)"], pa.large_string())
    chunks[" (V)"] = 0.5
    chunks.columns = pd.Index(pd.arrays.ArrowStringArray(pa.chunked_array([first, second])))
    return {
        "1-1": {"data": {1: wide, 2: wide[wide.columns[2:]].iloc[::-1]}},
        "chunks": chunks,
        "series": wide["Voltage (V)"],
        "reversed": wide["Voltage (V)"][::-1],
        "integers": pd.Series([3, 1, 2]),
        "text": pd.Series(["a", "b"], dtype=object),
    }


class Legacy(pickle._Pickler):
    """Writes frames as pandas 0.14 to 1.2 did."""

    def reducer_override(self, value):
        if isinstance(value, pd.DataFrame):
            state = {"_data": value._mgr, "_typ": "dataframe", "_metadata": [], "attrs": {}}
            return copyreg.__newobj__, (pd.DataFrame,), state
        if type(value).__name__ == "BlockManager":
            axes = list(value.axes)
            values = [block.values for block in value.blocks]
            items = [value.items[block.mgr_locs.indexer] for block in value.blocks]
            blocks = [{"values": block.values, "mgr_locs": block.mgr_locs.indexer} for block in value.blocks]
            extra = {"0.14.1": {"axes": axes, "blocks": blocks}}
            return copyreg.__newobj__, (type(value),), (axes, values, items, extra)
        return NotImplemented


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    version = pd.__version__
    if pa is not None and version >= "3":
        for protocol in (2, 4, 5):
            (folder / f"arrow-{version}-protocol-{protocol}.pkl").write_bytes(pickle.dumps(arrow(), protocol=protocol))
        return
    for protocol in (2, 3, 4, 5):
        name = folder / f"pandas-{version}-protocol-{protocol}.pkl"
        name.write_bytes(pickle.dumps(content(), protocol=protocol))
    for protocol in range(6):
        name = folder / f"numpy-{np.__version__}-protocol-{protocol}.pkl"
        name.write_bytes(pickle.dumps(containers(), protocol=protocol))
    if version == "1.5.3":
        buffer = io.BytesIO()
        Legacy(buffer, protocol=4).dump(content())
        read = pickle.loads(buffer.getvalue())
        for cycle, expected in content()["1-1"]["data"].items():
            pd.testing.assert_frame_equal(read["1-1"]["data"][cycle], expected)
        (folder / "legacy.pkl").write_bytes(buffer.getvalue())


main()
