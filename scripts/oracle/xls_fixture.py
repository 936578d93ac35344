"""Writes harness/sources/tests/fixtures/CS2_35_8_18_10.xls: a small workbook of the old format, written by a library of its own.

    VENV/bin/python scripts/oracle/xls_fixture.py        # needs xlwt

The importer's reader of this format is our own, so its input must not be. Cycles of 10 discharge and 10 charge samples
of made-up current and voltage, by formulas that the test repeats; an Info sheet with text of both widths; a second
channel sheet; numbers that the format packs as integers, as hundredths and as doubles.
"""

import math
from pathlib import Path

import xlwt

TARGET = Path(__file__).parents[2] / "harness/sources/tests/fixtures/CS2_35_8_18_10.xls"
COLUMNS = ["Data_Point", "Test_Time(s)", "Date_Time", "Cycle_Index", "Current(A)", "Voltage(V)"]
CYCLES, SAMPLES = 26, 20


def sample(cycle, k):
    """Cycle index, time in s, current in A, voltage in V."""
    current = -1.1 + 0.002 * math.sin(2.9 * cycle) if k < SAMPLES // 2 else 1.1
    return cycle + 1, (SAMPLES * cycle + k) * 100 + 0.25 * (k % 3), current, 2.7 + 1.5 * k / SAMPLES


book = xlwt.Workbook()
info = book.add_sheet("Info")
for row, text in enumerate(["TEST REPORT", "Größe in µm, °C", "Ωμέγα", "x" * 3000, "ш" * 3000, "y" * 3000]):
    info.write(row, 0, text)
for sheet, cycles in [("Channel_1-008", range(CYCLES // 2)), ("Channel_1-008_1", range(CYCLES // 2, CYCLES))]:
    table = book.add_sheet(sheet)
    for column, name in enumerate(COLUMNS):
        table.write(0, column, name)
    rows = [sample(cycle, k) for cycle in cycles for k in range(SAMPLES)]
    for row, (cycle, time, current, voltage) in enumerate(rows, start=1):
        for column, value in enumerate([row, time, 40408.5 + time / 86400, cycle, current, voltage]):
            table.write(row, column, value)
book.add_sheet("Statistics_1-008").write(0, 0, "not read")
book.save(str(TARGET))
