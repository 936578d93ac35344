"""Writes harness/tables/tests/fixtures/kinds.parquet: numbers of every kind that pyarrow keeps otherwise than as whole or float columns.

    VENV/bin/python scripts/oracle/parquet_kinds.py
"""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIXTURE = Path(__file__).resolve().parents[2] / "harness/tables/tests/fixtures/kinds.parquet"


def main():
    columns = {}
    for name, least in [("int8", -3), ("int16", -3), ("uint8", 3), ("uint16", 3)]:
        columns[name] = pa.array([least, 100, None], pa.type_for_alias(name))
    columns["float16"] = pa.array([np.float16(-1.5), np.float16(3.25), None], pa.float16())
    decimals = [Decimal("-3.30"), Decimal("1.25"), None]
    columns["decimal"] = pa.array(decimals, pa.decimal128(9, 2))
    columns["wide"] = pa.array(decimals, pa.decimal128(30, 2))
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), FIXTURE, compression="none", version="2.6", store_decimal_as_integer=False)


if __name__ == "__main__":
    main()
