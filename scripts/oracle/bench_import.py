"""How long pandas takes from published files to cleaned cycles in memory, for the comparison with `batlinet data import`.

    VENV/bin/pip install pandas openpyxl scipy
    VENV/bin/python scripts/oracle/bench_import.py calce CS2_35/            # a folder of workbooks
    VENV/bin/python scripts/oracle/bench_import.py rwth raw.zip
    VENV/bin/python scripts/oracle/bench_import.py battery-archive FOLDER   # of CELL_timeseries.csv, CELL_cycle_data.csv

Made-up files of the right size: `batlinet data export`. The work is that of the importers: read, put in order, cut into
cycles, count capacity, drop or replace outliers. Loops that pandas has no word for are written with numpy. CPU seconds
are what to compare on a busy machine; `import_speed.py` does that.
"""

import io
import re
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import medfilt


def count(current, seconds, sign, per_hour):
    """Coulomb counting by the right-rectangle rule."""
    steps = np.where(np.sign(current[1:]) == sign, np.abs(current[1:]) * np.diff(seconds), 0.0)
    return np.concatenate([[0.0], np.cumsum(steps) / per_hour])


def cycles_of(frame, bounds, columns, per_hour):
    """One dict of arrays per cycle."""
    seconds, current, voltage = (frame[name].to_numpy() for name in columns)
    cycles = []
    for start, end in bounds:
        t, i = seconds[start:end], current[start:end]
        cycle = {"t": t - t[0], "I": i, "V": voltage[start:end]}
        cycle["Qc"], cycle["Qd"] = count(i, t, 1, per_hour), count(i, t, -1, per_hour)
        cycles.append(cycle)
    return cycles


def workbook(file):
    month, day, year = map(int, re.search(r"C[SX]2_\d+_(\d+)_(\d+)B?_(\d+)", file.stem).groups())
    book = pd.ExcelFile(file)
    sheets = [pd.read_excel(book, name) for name in book.sheet_names if name.startswith("Channel")]
    frame = pd.concat(sheets)[["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"]]
    return frame.assign(date=f"{year:04}-{month:02}-{day:02}")


def calce(path):
    files = sorted(path.glob("*.xlsx"))
    frame = pd.concat([workbook(file) for file in files]).sort_values(["date", "Test_Time(s)"])
    raw, date = frame["Cycle_Index"].to_numpy(), frame["date"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], (raw[1:] != raw[:-1]) | (date[1:] != date[:-1])]))
    bounds = zip(starts, [*starts[1:], len(frame)])
    cycles = cycles_of(frame, bounds, ["Test_Time(s)", "Current(A)", "Voltage(V)"], 3600)
    capacity = np.array([cycle["Qd"].max() for cycle in cycles])
    deviation = np.abs(capacity - medfilt(capacity, 21))
    keep = (deviation < 3 * np.median(deviation)) & (capacity > 0.1)
    yield [cycle for cycle, kept in zip(cycles, keep) if kept]


def beginnings(current):
    found, run = [], 0
    for i in range(len(current)):
        here = current[i]
        if 0 < i < len(current) - 1 and abs(here - current[i - 1]) > 0.1 and abs(here - current[i + 1]) > 0.1:
            here = current[i + 1]
        run = run + 1 if here < 0 else 0
        if run == 10 and not (found and i - 9 > 500 and found[-1] + 500 >= i - 9):
            found.append(i - 9)
    return found


def rwth(path):
    tables = {}
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as outer:
            middle = outer.extract(next(name for name in outer.namelist() if name.endswith("Rawdata.zip")), folder)
        with zipfile.ZipFile(middle) as archive:
            for name in archive.namelist():
                if "BOL" in name or not name.endswith(".zip"):
                    continue
                with zipfile.ZipFile(io.BytesIO(archive.read(name))) as inner:
                    for table in inner.namelist():
                        if match := re.search(r"(0[0-4]\d)=ZYK.*Zyk.*\.csv$", table):
                            text = io.BytesIO(inner.read(table))
                            tables.setdefault(match[1], []).append(pd.read_csv(text, skiprows=[1]))
    for cell in sorted(tables):
        frame = pd.concat(tables[cell]).drop_duplicates("Zeit").sort_values("Zeit")
        keep, before = [], frame["Programmdauer"].iloc[0]
        for value in frame["Programmdauer"].to_numpy():
            keep.append(value - before <= 1e5)
            before = value if keep[-1] else before
        frame = frame[keep]
        starts = beginnings(frame["Strom"].to_numpy())[1:]
        cycles = cycles_of(frame, zip(starts, starts[1:]), ["Programmdauer", "Strom", "Spannung"], 3.6e6)
        capacity = np.array([cycle["Qd"].max() for cycle in cycles])
        far = lambda i, others: abs(capacity[i] - np.median(others)) > 0.05
        inner = range(5, len(capacity) - 5)
        gone = {i for i in inner if far(i, capacity[i - 5 : i]) and far(i, capacity[i : i + 5])}
        yield [cycle for i, cycle in enumerate(cycles) if i not in gone]


def outliers(capacity, shifts, tolerance):
    gone = np.zeros(len(capacity), bool)
    for shift in range(1, shifts + 1):
        left, right = np.abs(capacity - np.roll(capacity, shift)), np.abs(capacity - np.roll(capacity, -shift))
        left[:shift] = right[-shift:] = np.inf
        distance = np.minimum(left, right)
        gone |= tolerance(distance)
    return gone


def hampel(distance):
    deviation = np.abs(distance - np.median(distance))
    return deviation > 3 * np.median(deviation)


def battery_archive(path):
    names = ["Test_Time (s)", "Current (A)", "Voltage (V)"]
    names += ["Charge_Capacity (Ah)", "Discharge_Capacity (Ah)", "Cell_Temperature (C)"]
    for file in sorted(path.glob("*_timeseries.csv")):
        cell = file.name.removesuffix("_timeseries.csv")
        frame = pd.read_csv(file).sort_values("Cycle_Index", kind="stable")
        table = pd.read_csv(path / f"{cell}_cycle_data.csv")
        capacity = table["Discharge_Capacity (Ah)"].to_numpy()
        if cell.startswith("SNL"):
            gone = outliers(capacity, 2, lambda distance: distance > 10 * np.median(distance[distance > 0]))
        else:
            gone = outliers(capacity, 18 if cell.startswith("HNEI") else 4, hampel)
        index = frame["Cycle_Index"].to_numpy()
        columns = [frame[name].to_numpy() for name in names]
        starts = np.flatnonzero(np.concatenate([[True], index[1:] != index[:-1]]))
        recorded = {
            int(index[start]): [column[start:end] for column in columns]
            for start, end in zip(starts, [*starts[1:], len(index)])
        }
        replaced = {int(cycle) for cycle in table["Cycle_Index"][gone]}
        replaced |= set(range(1, max(recorded) + 1)) - set(recorded)
        cycles = []
        for cycle in sorted(set(recorded) | replaced):
            source = cycle
            while source > 0 and source in replaced:
                source -= 1
            while source == 0 or source in replaced:
                source += 1
            if cycle >= (0 if cell.startswith("SNL") else 12):
                cycles.append([column.copy() for column in recorded[source]])
        yield cycles


def main():
    work, path = sys.argv[1], Path(sys.argv[2])
    files = [file for file in sorted(path.rglob("*")) if file.is_file()] if path.is_dir() else [path]
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    wall, cpu = time.perf_counter(), time.process_time()
    cells = list({"calce": calce, "rwth": rwth, "battery-archive": battery_archive}[work](path))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    cycles = sum(len(cell) for cell in cells)
    print(f"{work}: {len(cells)} cells, {cycles} cycles from {megabytes:.1f} MB in {cpu:.3f} CPU s, {wall:.3f} wall s")
    print(f"  {megabytes / cpu:.2f} MB and {len(cells) / cpu:.3f} cells per CPU s")


main()
