"""Writes fuzz/seeds/: small files of every format, for the fuzz targets to begin with.

    .oracle-import/bin/python scripts/oracle/fuzz_seeds.py

They are made here and not by the exporters, whose smallest file is a whole life: what pandas, h5py and openpyxl write of a few
samples. The targets `pickle` and `xls` begin with the fixtures of the tests.
"""

import io
import math
import pickle
import re
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pandas as pd

SEEDS = Path(__file__).parents[2] / "fuzz/seeds"
SNL = "SNL_18650_NCA_25C_0-100_0.5-0.5C_b"
MARK = "\n====\n"
NAMES = ["Data_Point", "Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"]


def write(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def packed(entries, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def samples(cycle, count=6):
    """Time in s, current in A, voltage in V: a discharge and a charge."""
    half = count // 2
    return [
        (10_000 * cycle + 600 * k, -1.1 if k < half else 1.0, round(4.1 - 0.2 * math.sin(k + 0.1 * cycle), 3)) for k in range(count)
    ]


def hust():
    frames = {
        cycle: pd.DataFrame(
            {
                "Status": ["x"] * 6,
                "Current (mA)": [1000.0 * row[1] for row in samples(cycle)],
                "Voltage (V)": [row[2] for row in samples(cycle)],
                "Time (s)": [float(row[0]) for row in samples(cycle)],
            }
        )
        for cycle in (1, 2)
    }
    for protocol in (2, 3, 4, 5):
        write("hust", f"protocol-{protocol}.pkl", pickle.dumps({"1-1": {"data": frames}}, protocol))
    return pickle.dumps({"1-1": {"data": frames}}, 4)


def batteryml():
    def record(column):
        cycle = {
            "cycle_number": 1,
            "voltage_in_V": column([3.5, 3.3, 2.0]),
            "current_in_A": column([-1.1, -1.1, -1.0]),
            "charge_capacity_in_Ah": column([0.0, 0.0, 0.0]),
            "discharge_capacity_in_Ah": column([0.0, 0.5, 1.0]),
            "time_in_s": column([0.0, 10.0, 20.0]),
            "temperature_in_C": None,
            "internal_resistance_in_ohm": 0.016,
            "Qdlin": column([1.0, 0.5, 0.0]),
        }
        return {"cell_id": "MATR_b1c0", "cycle_data": [cycle, cycle], "nominal_capacity_in_Ah": 1.1}

    for protocol in (2, 4, 5):
        write("batteryml", f"lists-{protocol}.pkl", pickle.dumps(record(list), protocol))
        write("batteryml", f"arrays-{protocol}.pkl", pickle.dumps(record(np.array), protocol))


def xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Channel_1-008"
    sheet.append(NAMES)
    for cycle in (1, 2):
        for k, (time, current, voltage) in enumerate(samples(cycle)):
            sheet.append([k, cycle, time, current, voltage])
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    write("xlsx", "inline", sheet)
    shared = re.sub(r't="inlineStr"><is><t>([^<]*)</t></is>', lambda found: f't="s"><v>{NAMES.index(found[1])}</v>', sheet)
    strings = "".join(f"<si><t>{name}</t></si>" for name in NAMES)
    table = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>'
    write("xlsx", "shared", shared + MARK + table)
    return buffer.getvalue()


def calce_text():
    rows = [
        f"{2 * cycle}\t{time}\t{1000 * current}\t{1000 * voltage}" for cycle in (0, 1) for time, current, voltage in samples(cycle)
    ]
    write("calce_text", "table.txt", "\n".join(["Charge count\tTime\tmA\tmV", *rows, ""]))


def battery_archive():
    header = "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),Discharge_Capacity (Ah),"
    rows = [header + "Environment_Temperature (C),Cell_Temperature (C)"]
    for cycle in [*range(1, 14), 15]:
        rows += [f"x,{t},{cycle},{i},{v},0,{0.1 * k:.1f},25,25.5" for k, (t, i, v) in enumerate(samples(cycle))]
    cycles = ["Cycle_Index,Discharge_Capacity (Ah)"] + [f"{k},{0.5 + 0.01 * math.sin(k):.4f}" for k in range(1, 16)]
    tables = ["\n".join(rows) + "\n", "\n".join(cycles) + "\n"]
    both = MARK.join([tables[0].rstrip(), tables[1]])
    write("battery_archive", "even", both + "\n" * (len(both) % 2))
    write("battery_archive", "odd", both + "\n" * (1 - len(both) % 2))
    return {f"{SNL}_timeseries.csv": tables[0], f"{SNL}_cycle_data.csv": tables[1]}


def rwth():
    rows = ["Zeit,Programmdauer,Strom,Spannung", ",ms,A,V"]
    rows += [f"{k:05},{1000 * k},{-4 if k % 510 < 200 else 4},3.7" for k in range(4 * 510 + 20)]
    write("rwth", "whole", "\n".join(rows))
    write("rwth", "halves", "\n".join(rows[:900]) + MARK + "\n".join(rows[:2] + rows[850:]))
    inner = packed({"a_010=ZYK_1_Zyk.csv": "\n".join(rows)})
    return packed({"RWTH-2021-04545_818642/Rawdata.zip": packed({"Rohdaten/a_010=ZYK_1_Zyk.zip": inner})})


def matr():
    file = io.BytesIO()
    with h5py.File(file, "w") as mat:
        targets = mat.create_group("#refs#")
        count = iter(range(10**6))

        def target(values):
            return targets.create_dataset(f"r{next(count)}", data=values).ref

        nothing = targets.create_dataset("nothing", data=np.zeros(2, "u8"))
        nothing.attrs["MATLAB_empty"] = np.uint8(1)
        summary, cycles = targets.create_group("summary"), targets.create_group("cycles")
        for name in ("IR", "QDischarge", "cycle"):
            summary[name] = np.arange(3.0)[None]
        for name in ("V", "I", "Qd", "Qc", "t", "T", "Qdlin"):
            column = np.array([[target(np.linspace(0.1, 3.5, 4)[None])] for _ in range(3)], h5py.ref_dtype)
            cycles.create_dataset(name, data=column, dtype=h5py.ref_dtype)
        policy = target(np.frombuffer("3.6C(80%)-3.6C".encode("utf-16-le"), "u2")[:, None])
        for name, first in [("cycle_life", nothing.ref), ("policy_readable", policy), ("summary", summary.ref), ("cycles", cycles.ref)]:
            column = np.array([[first]] + [[nothing.ref]] * 45, h5py.ref_dtype)
            mat.create_dataset(f"batch/{name}", data=column, dtype=h5py.ref_dtype)
    write("matr", "batch.mat", file.getvalue())


def sized(content, wanted):
    """With a comment in the archive, so that its length tells the target whose it is."""
    comment = (wanted - len(content)) % 4
    return content[:-2] + bytes([comment, 0]) + b"x" * comment


frames, workbook, tables, raw = hust(), xlsx(), battery_archive(), rwth()
batteryml(), calce_text(), matr()
curve = ",".join(f"{k / 99:.2f}" for k in range(99))
write("matr_curves", "curve", curve + " " * (1 - len(curve) % 2))
archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w:gz") as tar:
    for name in ("train/cell1", "cycle_lives/train_cycle_lives"):
        entry = tarfile.TarInfo(f"a/data/{name}.csv")
        entry.size = len(curve)
        tar.addfile(entry, io.BytesIO(curve.encode()))
content = archive.getvalue()
write("matr_curves", "archive.tar.gz", content + b"\0" * (len(content) % 2))
for wanted, name, content in [
    (0, "hust", packed({"our_data/1-1.pkl": frames})),
    (1, "calce", packed({"CS2_35/CS2_35_8_18_10.xlsx": workbook}, zipfile.ZIP_STORED)),
    (2, "snl", packed(tables)),
    (3, "rwth", raw),
]:
    write("archives", name, sized(content, wanted))
