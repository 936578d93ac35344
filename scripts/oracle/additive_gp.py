"""Writes baselines/tests/fixtures/additive_gp.json: additive Gaussian processes by NumPy and SciPy on made data.

    VENV/bin/python scripts/oracle/additive_gp.py

The search runs to a tight tolerance from where the prior expects the parameters, so that the fixture is an optimum.
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import minimize

from made_data import data_set

FIXTURE = Path(__file__).resolve().parents[2] / "baselines/tests/fixtures/additive_gp.json"
PRIORS = {"loose": [4, 4, 4, 3, 1.5], "mid": [2, 2, 2, 1.5, 0.7]}
EXPECTED = np.log([0.3, 0.3, 0.3, 0.03, 1.5])
CASES = {
    "narrow": {"curves": [[0, 1]], "capacities": [[2]], "priors": ["loose"]},
    "curves": {"curves": [[0, 9, 30], [60]], "capacities": [[100, 130], [150, 199]], "priors": ["loose", "mid"]},
}


def process(train, labels, test, curves, capacities, deviations):
    def standard(columns):
        part, other = train[:, columns], test[:, columns]
        scale = part.std(0, ddof=1) * np.sqrt(len(columns))
        return (part - part.mean(0)) / scale, (other - part.mean(0)) / scale

    (a, a_test), (b, b_test), (c, c_test) = standard(curves), standard(capacities), standard(curves + capacities)
    square = lambda x, y: ((x[:, None] - y[None]) ** 2).sum(2)
    mean, scale = labels.mean(), labels.std(ddof=1)
    y = (labels - mean) / scale

    def kernel(p, a2, b2, c2):
        w1, w2, w3, _, length = np.exp(p)
        return 1 + w1 * a2 @ a.T + w2 * b2 @ b.T + w3 * np.exp(-0.5 * square(c2, c) / length**2)

    def density(p):
        k = kernel(p, a, b, c) + (np.exp(p[3]) + 1e-8) * np.eye(len(y))
        factor = np.linalg.cholesky(k)
        return 0.5 * y @ np.linalg.solve(k, y) + np.log(np.diag(factor)).sum() + 0.5 * (((p - EXPECTED) / deviations) ** 2).sum()

    found = minimize(density, EXPECTED, method="BFGS", options={"gtol": 1e-7})
    found = minimize(density, found.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 20000})
    p = found.x
    w1, w2, w3, noise, _ = np.exp(p)
    inverse = np.linalg.inv(kernel(p, a, b, c) + (noise + 1e-8) * np.eye(len(y)))
    k = kernel(p, a_test, b_test, c_test)
    before = 1 + w1 * (a_test**2).sum(1) + w2 * (b_test**2).sum(1) + w3 + noise
    return k @ inverse @ y * scale + mean, (before - np.einsum("ij,jk,ik->i", k, inverse, k)) * scale**2, np.exp(p)


def case(name, parameters):
    train, labels, test = data_set(name)
    made = [
        process(train, labels, test, curves, capacities, np.array(PRIORS[prior]))
        for curves in parameters["curves"]
        for capacities in parameters["capacities"]
        for prior in parameters["priors"]
    ]
    means, variances = np.array([each[0] for each in made]), np.array([each[1] for each in made])
    return {
        "data": name,
        "parameters": parameters,
        "kernels": [list(map(float, each[2])) for each in made],
        "predictions": list(map(float, means.mean(0))),
        "deviations": list(map(float, np.sqrt(variances.mean(0) + means.var(0)))),
    }


if __name__ == "__main__":
    cases = [case(name, parameters) for name, parameters in CASES.items()]
    made_by = f"scripts/oracle/additive_gp.py, scipy {scipy.__version__}, numpy {np.__version__}"
    FIXTURE.write_text(json.dumps({"made_by": made_by, "cases": cases}) + "\n")
    for one in cases:
        print(one["data"], one["kernels"])
