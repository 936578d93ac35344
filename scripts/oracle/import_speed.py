"""How fast `batlinet data import` is, beside Python (pandas, h5py, openpyxl) on the same files: results/bench/import.csv.

    python3 -m venv .oracle-import && .oracle-import/bin/pip install -r scripts/oracle/requirements-import.txt
    .oracle-import/bin/python scripts/oracle/import_speed.py [WORK…]        # make bench-import does both

The files are virtual cells that the program exports. Both sides go from files to cleaned cycles in memory (`import_speed.rs`;
`bench_import.py`, `raw_files.py`), without what they need to start. `import_s` is the whole of `batlinet data import`: start,
reading, and the store. Least of ROUNDS each, ours and Python in turn, so that other work on the machine meets both.

`…_s` are processor seconds, which other work changes little. `…_wall_s` are seconds on the clock, to be taken where nothing
else runs: ours with all cores, several cells side by side, as in an import; Python as it comes, on one core but for what its
libraries do.
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
READER = ROOT / "target/release/examples/import_speed"
HERE = Path(__file__).parent
ROUNDS = 5

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
    """What a program says of its processor time and of its time on the clock."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(re.search(rf"([\d.]+) {name} s", output)[1]) for name in ("CPU", "wall")]


def measure(written_as, read_as, cells, python, folder):
    files, store = folder / "files", folder / "store"
    subprocess.run(
        [PROGRAM, "data", "export", "--format", written_as, "--cells", ",".join(cells), "--out", files],
        check=True, stdout=subprocess.DEVNULL,
    )
    size = sum(file.stat().st_size for file in files.iterdir()) / 1e6
    if read_as == "calce":
        with zipfile.ZipFile(next(files.glob("*.zip"))) as archive:
            archive.extractall(folder)
        given = [folder / cells[0].removeprefix("CALCE_")]
    else:
        given = [files] if read_as == "snl" else sorted(files.iterdir())
    script, kind = python
    ours, theirs, whole = [], [], []
    for _ in range(ROUNDS):
        ours.append(said([READER, read_as, files]))
        whole.append(cpu([PROGRAM, "data", "import", read_as, files, "--data", store, "--force"]))
        # a workbook takes Python half a minute
        if not theirs or read_as != "calce":
            theirs.append(said([sys.executable, HERE / script, kind, *given]))
    least = lambda times: [min(column) for column in zip(*times)]
    return size, least(ours), least(theirs), min(whole)


def main():
    rows = []
    for name, written_as, read_as, cells, python in WORKS:
        if sys.argv[1:] and read_as not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            size, ours, theirs, whole = measure(written_as, read_as, cells, python, Path(folder))
        (cpu_s, wall_s), (cpu_theirs, wall_theirs) = ours, theirs
        ratio, wall_ratio = cpu_theirs / cpu_s, wall_theirs / wall_s
        rows.append([read_as, f"{size:.1f}", len(cells), f"{cpu_s:.3f}", f"{cpu_theirs:.3f}", f"{ratio:.2f}",
                     f"{size / cpu_s:.1f}", f"{len(cells) / cpu_s:.2f}", f"{whole:.3f}",
                     f"{wall_s:.3f}", f"{wall_theirs:.3f}", f"{wall_ratio:.2f}"])
        print(f"{name:<20}{size:>8.1f} MB{cpu_s:>9.3f} s{cpu_theirs:>9.2f} s{ratio:>7.1f}×{size / cpu_s:>8.1f} MB/s"
              f"{whole:>9.2f} s in all; wall{wall_s:>7.3f} s{wall_theirs:>7.2f} s{wall_ratio:>7.1f}×", flush=True)
    if len(rows) == len(WORKS):
        target = ROOT / "results/bench/import.csv"
        lines = ["format,megabytes,cells,ours_s,oracle_s,ratio,ours_megabytes_per_s,ours_cells_per_s,import_s,"
                 "ours_wall_s,oracle_wall_s,wall_ratio"]
        target.write_text("\n".join(lines + [",".join(map(str, row)) for row in rows]) + "\n")


main()
