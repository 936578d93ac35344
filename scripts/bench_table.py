"""Gathers what `cargo bench` measured: results/bench/criterion.csv, and results/bench/growth.csv from the benches of
groups named `…_by_…`, whose names are sizes: the exponent b of time ∝ size^b, by least squares on the logarithms. Every row
of criterion.csv says on which machine and day it was measured, without which a time means nothing.

    python3 scripts/bench_table.py [target/criterion]
"""

import csv
import datetime
import json
import math
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "results/bench"


def machine():
    """Model of the processor and number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def measured(folder):
    """(bench, median, 95 % interval of the median in seconds, work per run or none, its unit, the day)"""
    for path in sorted(folder.glob("**/new/estimates.json")):
        bench = json.loads((path.parent / "benchmark.json").read_text())
        median = json.loads(path.read_text())["median"]
        interval = median["confidence_interval"]
        [(unit, work)] = (bench["throughput"] or {"": None}).items()
        bounds = (interval["lower_bound"], interval["upper_bound"])
        day = datetime.date.fromtimestamp(path.stat().st_mtime).isoformat()
        yield bench["full_id"], median["point_estimate"] / 1e9, *(bound / 1e9 for bound in bounds), work, unit, day


def exponent(points):
    """Slope of log(time) over log(size)."""
    logs = [(math.log(size), math.log(time)) for size, time in points]
    x, y = (sum(column) / len(logs) for column in zip(*logs))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def write(name, header, rows):
    with open(TABLES / name, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    print(f"bench: {len(rows)} rows in results/bench/{name}")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target/criterion"
    rows, groups, here = [], {}, machine()
    for bench, median, low, high, work, unit, day in measured(folder):
        rate = f"{work / median:.6g}" if work else ""
        rows.append((bench, f"{median:.6g}", f"{low:.6g}", f"{high:.6g}", rate, unit.lower(), here, day))
        group, _, name = bench.rpartition("/")
        if "_by_" in group and name.isdigit():
            groups.setdefault(group, []).append((int(name), median))
    if not rows:
        sys.exit(f"bench: nothing measured in {folder}: run `make bench` first")
    TABLES.mkdir(parents=True, exist_ok=True)
    write("criterion.csv", ("bench", "median_s", "low_s", "high_s", "per_second", "unit", "machine", "date"), rows)
    growth = []
    for group, points in groups.items():
        points.sort()
        # from the first size to the last, and where fixed costs no longer count
        ends = f"{points[0][0]}–{points[-1][0]}"
        growth.append((group, ends, f"{exponent(points):.3f}", f"{exponent(points[-2:]):.3f}"))
    write("growth.csv", ("group", "sizes", "exponent", "exponent_of_last_two"), growth)


if __name__ == "__main__":
    main()
