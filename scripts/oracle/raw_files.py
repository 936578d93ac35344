"""Reads raw files of MATR and HUST as a person with Python would (h5py; pickle and pandas), to be raced against
`batlinet data import` and compared with it.

    python3 scripts/oracle/raw_files.py matr FILE.mat…        # batch files
    python3 scripts/oracle/raw_files.py hust hust_data.zip
    python3 scripts/oracle/raw_files.py batteryml FOLDER

Prints, per cell, the number of cycles and of samples and the sum of all voltages, and at last the seconds of the processor and of the clock. Needs h5py,
numpy and pandas; not part of the tests.
"""

import pickle
import sys
import time
import zipfile
from pathlib import Path

import numpy as np


def matr(paths):
    import h5py

    for path in paths:
        with h5py.File(path) as file:
            batch = file["batch"]
            for index in range(batch["cycles"].shape[0]):
                cycles = file[batch["cycles"][index, 0]]
                if not isinstance(cycles, h5py.Group):
                    continue
                file[batch["summary"][index, 0]]["IR"][()]
                file[batch["policy_readable"][index, 0]][()]
                series = [
                    [file[reference][()].ravel() for reference in cycles[name][:, 0]]
                    for name in ("V", "I", "Qd", "Qc", "t", "T", "Qdlin")
                ]
                yield f"{Path(path).name[:10]} {index}", series[0]


def hust(paths):
    with zipfile.ZipFile(paths[0]) as archive:
        for name in archive.namelist():
            key = Path(name).stem
            cycles = pickle.loads(archive.read(name))[key]["data"]
            voltages = []
            for number in range(1, len(cycles) + 1):
                frame = cycles[number]
                current = frame["Current (mA)"].to_numpy() / 1000.0
                step = np.diff(frame["Time (s)"].to_numpy(), prepend=frame["Time (s)"].iloc[0]) / 3600.0
                np.cumsum(np.where(current < 0, -current, 0.0) * step)
                np.cumsum(np.where(current > 0, current, 0.0) * step)
                voltages.append(frame["Voltage (V)"].to_numpy())
            yield key, voltages


def batteryml(paths):
    for path in sorted(Path(paths[0]).glob("*.pkl")):
        cell = pickle.loads(path.read_bytes())
        yield cell["cell_id"], [np.array(cycle["voltage_in_V"]) for cycle in cell["cycle_data"]]


def main() -> None:
    kind, *paths = sys.argv[1:]
    cpu, wall = time.process_time(), time.perf_counter()
    for name, voltages in {"matr": matr, "hust": hust, "batteryml": batteryml}[kind](paths):
        total = sum(float(voltage.sum()) for voltage in voltages)
        print(f"{name}: {len(voltages)} cycles, {sum(map(len, voltages))} samples, sum {total:.6f}")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{cpu:.3f} CPU s, {wall:.3f} wall s")


main()
