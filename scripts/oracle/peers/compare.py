"""Holds our results against the peers' own code on the same cells, and prints a table; see README.md beside this file."""

import argparse
import importlib.metadata
import os
import subprocess
import sys
import warnings
from pathlib import Path

import cells
import classical
import pairs
import steps
from common import SCENARIOS, put_on_path


def commit(folder):
    command = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "of unknown commit"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="cells, classical, steps, pairs (default: all)")
    parser.add_argument("--batteryml", required=True, help="a checkout of microsoft/BatteryML")
    parser.add_argument("--batlinet", required=True, help="a checkout of fingertap/BatLiNet")
    parser.add_argument("--cells", type=Path, help="what `batlinet data export --format batteryml` wrote")
    parser.add_argument("--ours", type=Path, help="what `batlinet run --out` left of the classical models")
    parser.add_argument("--ours-batlinet", type=Path, help="the same of BatLiNet on MATR-1")
    parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS), choices=SCENARIOS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cells read side by side")
    options = parser.parse_args()
    parts = options.parts or ["cells", "classical", "steps", "pairs"]
    needed = {"cells": ["cells", "ours"], "classical": ["cells", "ours"], "pairs": ["cells", "ours_batlinet"], "steps": []}
    missing = sorted({name for part in parts for name in needed[part] if getattr(options, name) is None})
    if missing:
        parser.error(f"please give --{', --'.join(missing).replace('_', '-')}")
    put_on_path(options.batteryml, "batteryml", "github.com/microsoft/BatteryML")
    put_on_path(options.batlinet, "src", "github.com/fingertap/BatLiNet")
    warnings.simplefilter("ignore")

    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "scikit-learn", "numpy"))
    print(f"BatteryML {commit(options.batteryml)}, BatLiNet {commit(options.batlinet)}; {versions}\n")
    print("| what | numbers | largest relative difference | |\n|---|---|---|---|")
    made = None
    if set(parts) != {"steps"}:
        kept = options.cells / "made-by-batteryml"
        made = cells.made_by_them(options.batlinet, options.cells, options.scenarios, kept, options.jobs)
    for part, module in (("cells", cells), ("classical", classical), ("steps", steps), ("pairs", pairs)):
        if part in parts:
            for what, count, difference, *more in module.rows(options) if part == "steps" else module.rows(options, made):
                told = "" if difference is None else "0" if difference == 0 else f"{difference:.1e}"
                print(f"| {what} | {count:,} | {told} | {' '.join(more)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
