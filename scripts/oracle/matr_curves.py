"""Writes fixtures/matr_curves.json: what the classical models score on the published MATR discharge curves.

    VENV/bin/python scripts/oracle/matr_curves.py SHARED

SHARED holds data/matr/matr-curves.tar.gz, data/matr/cells.csv and reference/splits/matr_{1,2}.csv. Nothing of the
harness is used: curves, rolling median, features, transforms and metrics are done here again, in float64. No measured
value is written, only scores.
"""

import csv
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from on_features import Samples, forest_scores, models

FIXTURE = Path(__file__).parent / "fixtures/matr_curves.json"
BASE, LAST = 10, 100  # cycle numbers
FIRST_COLUMN = 2  # the files begin with cycle 2
HALF_WINDOW = 10
EXCLUDED = {"matr_1": {"MATR_b2c1"}, "matr_2": set()}
FOREST_SEEDS = 20


def rolling_median(curve):
    """The median over [i - 10, i + 10], cut short at the ends (spec §4.3)."""
    return np.array([np.median(curve[max(i - HALF_WINDOW, 0) : i + HALF_WINDOW + 1]) for i in range(len(curve))])


def read_cells(shared):
    """{id: (Q of the base cycle, Q of the last cycle, cycle life)}; curves from 3.6 V down to 2.0 V, in Ah."""
    with open(shared / "data/matr/cells.csv", newline="") as file:
        published = list(csv.DictReader(file))
    cells = {}
    with tarfile.open(shared / "data/matr/matr-curves.tar.gz") as archive:
        top = archive.getnames()[0].split("/")[0]
        for row in published:
            table = np.loadtxt(archive.extractfile(f"{top}/{row['source_file']}"), delimiter=",")
            base, last = (table[:, cycle - FIRST_COLUMN] for cycle in (BASE, LAST))
            cells[row["cell_id"]] = base, last, float(row["cycle_life_80pct"])
    return cells


def read_split(shared, name):
    with open(shared / f"reference/splits/{name}.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["cell_id"] not in EXCLUDED[name]]
    return [[row["cell_id"] for row in rows if row["split"] == part] for part in ("train", "test")]


def variance(base, last):
    """log10 of the variance of the capacity difference (Severson et al. 2019; spec §4.5)."""
    return [np.log10(np.var(rolling_median(last - base), ddof=1) + 1e-8)]


def matrix_row(base, last):
    """The row of the last cycle in the voltage-capacity matrix (spec §4.4)."""
    return rolling_median(rolling_median(last) - rolling_median(base))


def samples(cells, parts, feature):
    def part(ids):
        return np.array([feature(*cells[cell][:2]) for cell in ids]), np.array([cells[cell][2] for cell in ids])

    return Samples(*part(parts[0]), *part(parts[1]))


def scores(cells, parts):
    answer = {"train_cells": len(parts[0]), "test_cells": len(parts[1])}

    def enter(name, score):
        answer[name] = {"rmse": round(score[0], 6), "mape": round(score[1], 6)}

    one, row = samples(cells, parts, variance), samples(cells, parts, matrix_row)
    enter("mean", one.score(DummyRegressor()))
    enter("variance", one.score(LinearRegression()))
    for name, model in models(row.train.shape[1]):
        if name not in ("mean", "linear"):
            enter(name, row.score(model))
    # scikit-learn's default PCA is randomised at this size: its first seed, for the record
    enter("pcr_randomised", row.score(make_pipeline(PCA(12, random_state=0), LinearRegression())))
    forests = forest_scores(row, FOREST_SEEDS)
    enter("forest", forests.mean(0))
    answer["forest"] |= {"seeds": FOREST_SEEDS, "rmse_std": round(float(forests[:, 0].std(ddof=1)), 6)}
    answer["forest"] |= {"rmse_least": round(forests[:, 0].min(), 6), "rmse_most": round(forests[:, 0].max(), 6)}
    return answer


if __name__ == "__main__":
    shared = Path(sys.argv[1])
    cells = read_cells(shared)
    answer = {
        "made_by": f"scripts/oracle/matr_curves.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "settings": "base = cycle 10, last = cycle 100, z-scored features, ln and z-scored lives; MATR-1 without b2c1",
    }
    answer |= {name: scores(cells, read_split(shared, name)) for name in EXCLUDED}
    FIXTURE.write_text(json.dumps(answer, indent=1) + "\n")
    print(FIXTURE.read_text())
