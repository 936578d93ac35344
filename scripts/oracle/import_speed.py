"""How fast `batlinet data import` is, beside Python (pandas, h5py, openpyxl) on the same files: results/bench/import.csv.

    python3 -m venv .oracle-import && .oracle-import/bin/pip install -r scripts/oracle/requirements-import.txt
    .oracle-import/bin/python scripts/oracle/import_speed.py [WORK…]        # make bench-import does both

The files are virtual cells that the program exports. Both sides go from files to cleaned cycles in memory (`import_cpu.rs`;
`bench_import.py`, `raw_files.py`), without what they need to start. `import_s` is the whole of `batlinet data import`: start,
reading by a process of its own where that is so, and the store. Processor time, least of ROUNDS: other work on the machine
changes it little.
"""

import re
import resource
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "target/release/batlinet"
READER = ROOT / "target/release/examples/import_cpu"
HERE = Path(__file__).parent
ROUNDS = 2

# name, exported as, imported as, cells, Python
SNL = [f"SNL_18650_NMC_25C_0-100_0.5-{rate}C_{letter}" for rate in (1, 2) for letter in "ab"]
WORKS = [
    ("MATLAB v7.3", "matr-mat", "matr", ["MATR_b3c0", "MATR_b3c1", "MATR_b3c2"], ["raw_files.py", "matr"]),
    ("zip of pickles", "hust-zip", "hust", ["HUST_1-1", "HUST_1-2", "HUST_1-3"], ["raw_files.py", "hust"]),
    ("xlsx", "calce-xlsx", "calce", ["CALCE_CS2_35"], ["bench_import.py", "calce"]),
    ("CSV in zip in zip", "rwth-zip", "rwth", ["RWTH_002", "RWTH_003"], ["bench_import.py", "rwth"]),
    ("pairs of CSV", "battery-archive", "snl", SNL, ["bench_import.py", "battery-archive"]),
]


def cpu(command):
    """Processor seconds of a command and of what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def said(command):
    """What a program says of its own processor time."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(re.search(r"([\d.]+) CPU s", output)[1])


def measure(name, written_as, read_as, cells, python, folder):
    files, store = folder / "files", folder / "store"
    subprocess.run(
        [PROGRAM, "data", "export", "--format", written_as, "--cells", ",".join(cells), "--out", files],
        check=True, stdout=subprocess.DEVNULL,
    )
    size = sum(file.stat().st_size for file in files.iterdir()) / 1e6
    whole = min(cpu([PROGRAM, "data", "import", read_as, files, "--data", store, "--force"]) for _ in range(ROUNDS))
    ours = min(said([READER, read_as, files]) for _ in range(2 * ROUNDS))
    if read_as == "calce":
        with zipfile.ZipFile(next(files.glob("*.zip"))) as archive:
            archive.extractall(folder)
        given = [folder / cells[0].removeprefix("CALCE_")]
    else:
        given = [files] if read_as == "snl" else sorted(files.iterdir())
    script, kind = python
    oracle = [sys.executable, HERE / script, kind, *given]
    theirs = min(said(oracle) for _ in range(1 if read_as == "calce" else ROUNDS))
    return size, len(cells), ours, whole, theirs


def main():
    rows = []
    for name, written_as, read_as, cells, python in WORKS:
        if sys.argv[1:] and read_as not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            size, count, ours, whole, theirs = measure(name, written_as, read_as, cells, python, Path(folder))
        rows.append([read_as, f"{size:.1f}", count, f"{ours:.3f}", f"{theirs:.3f}", f"{theirs / ours:.2f}",
                     f"{size / ours:.1f}", f"{count / ours:.2f}", f"{whole:.3f}"])
        print(f"{name:<20}{size:>8.1f} MB{ours:>9.2f} s{theirs:>9.2f} s{theirs / ours:>7.1f}×"
              f"{size / ours:>8.1f} MB/s{count / ours:>7.2f} cells/s{whole:>9.2f} s in all", flush=True)
    if len(rows) == len(WORKS):
        target = ROOT / "results/bench/import.csv"
        lines = ["format,megabytes,cells,ours_s,oracle_s,ratio,ours_megabytes_per_s,ours_cells_per_s,import_s"]
        target.write_text("\n".join(lines + [",".join(map(str, row)) for row in rows]) + "\n")


main()
