"""Writes fixtures/gp_curves.json: how likely scikit-learn's Gaussian process is on the published discharge curves.

    VENV/bin/python scripts/oracle/gp_curves.py SHARED

SHARED as in matr_curves.py, whose features these are, in float64. No measured value is written, only likelihoods and
scores: of scikit-learn's own search from one start, and of the best of many starts that are climbed to the end.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn

from classical import GP_RESTARTS, gaussian_process, gaussian_process_searched
from matr_curves import BASE, LAST, matrix_row, read_cells, samples, splits

FIXTURE = Path(__file__).parent / "fixtures/gp_curves.json"


def answer(row, model):
    rmse, mape = row.score(model)
    kernel = model.kernel_
    return {
        "log_marginal_likelihood": float(model.log_marginal_likelihood_value_),
        "kernel": [float(kernel.k1.sigma_0), float(kernel.k2.length_scale)],
        "rmse": rmse,
        "mape": mape,
    }


if __name__ == "__main__":
    shared = Path(sys.argv[1])
    cells = read_cells(shared)
    fixture = {
        "made_by": f"scripts/oracle/gp_curves.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "settings": f"{GP_RESTARTS} more starts; z-scored features, ln and z-scored lives",
        "base_position": BASE,
        "last_position": LAST,
    }
    for name, parts in splits(shared).items():
        row = samples(cells, parts, matrix_row(LAST))
        fixture[name] = {
            "one_start": answer(row, gaussian_process(1.0, 1.0)),
            "many_starts": answer(row, gaussian_process_searched()),
        }
    FIXTURE.write_text(json.dumps(fixture, indent=1) + "\n")
    print(FIXTURE.read_text())
