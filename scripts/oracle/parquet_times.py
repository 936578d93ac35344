"""Writes harness/tables/tests/fixtures/times.parquet: times of every kind that pyarrow keeps.

    VENV/bin/python scripts/oracle/parquet_times.py
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FIXTURE = Path(__file__).resolve().parents[2] / "harness/tables/tests/fixtures/times.parquet"
MOMENT = 1_709_303_400
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def counted(kind, unit, start):
    """Two times 5.5 s apart (whole ones in s), and one that is missing."""
    second = int(5.5 * PER_SECOND[unit])
    return pa.array([start * PER_SECOND[unit], start * PER_SECOND[unit] + second, None], pa.int64()).cast(kind)


def main():
    columns = {unit: counted(pa.timestamp(unit), unit, MOMENT) for unit in PER_SECOND}
    columns["zoned"] = counted(pa.timestamp("us", "Europe/Berlin"), "us", MOMENT)
    columns["day"] = pa.array([19_783, 19_784, None], pa.int32()).cast(pa.date32())
    columns["since"] = counted(pa.duration("ms"), "ms", 0)
    columns["volt"] = pa.array([3.5, 3.6, 3.7])
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), FIXTURE, compression="none", version="2.6")


if __name__ == "__main__":
    main()
