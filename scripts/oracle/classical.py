"""Writes baselines/tests/fixtures/classical.json: what scikit-learn predicts on the data sets of made_data.py.

    python3 -m venv VENV && VENV/bin/pip install -r scripts/oracle/requirements.txt
    VENV/bin/python scripts/oracle/classical.py

Iterative solvers run to a tight tolerance, so that the fixture is the optimum and not a stopping point. The Gaussian
process is the best of many starts; what one start gives with scikit-learn's own settings stands beside it. The forest has
no one right answer: the fixture holds the mean prediction over seeds and how far each seed is from the mean of the others.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from scipy.optimize import minimize
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, DotProduct
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from made_data import DATA_SETS, data_set

GENERAL = ("narrow", "wide", "curves")
FOREST_SEEDS = 60
GP_RESTARTS, GP_RESTARTS_OF_MANY = 8, 2
FIXTURE = Path(__file__).resolve().parents[2] / "baselines/tests/fixtures/classical.json"


def pcr(components):
    # the full solver: the default is randomised at these sizes, and would add its own error
    return make_pipeline(PCA(components, svd_solver="full"), LinearRegression())


def gaussian_process(sigma_0, length_scale, **arguments):
    # features are not centred and labels not scaled, as by default
    return GaussianProcessRegressor(DotProduct(sigma_0) + RBF(length_scale), alpha=1e-10, random_state=0, **arguments)


def tight(objective, start, bounds):
    """scikit-learn's optimiser, but to the end."""
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000, "maxls": 100}
    found = minimize(objective, start, method="L-BFGS-B", jac=True, bounds=bounds, options=options)
    return found.x, found.fun


def gaussian_process_searched(restarts=GP_RESTARTS):
    return gaussian_process(1.0, 1.0, optimizer=tight, n_restarts_optimizer=restarts)


def models(name):
    few = name == "narrow"
    yield "linear", {}, LinearRegression()
    for alpha in (1.0, 0.01):
        yield "ridge", {"alpha": alpha}, Ridge(alpha)
    for components in (1, 3) if few else (2, 12):
        yield "pcr", {"components": components}, pcr(components)
    for components in (1, 2) if few else (1, 6):
        for scale in (False, True):
            yield "pls", {"components": components, "scale": scale}, PLSRegression(components, scale=scale)
    yield "svm", {"gamma": "scale", "c": 10.0}, SVR(C=10.0, tol=1e-12)
    yield "svm", {"gamma": "auto", "c": 0.5}, SVR(C=0.5, gamma="auto", tol=1e-12)
    yield "svm", {"gamma": 0.01, "c": 100.0}, SVR(C=100.0, gamma=0.01, tol=1e-12)
    length = 1.5 if few else 20.0
    yield "gp", {"sigma_0": 0.7, "length_scale": length, "optimise": False}, gaussian_process(0.7, length, optimizer=None)
    yield "gp", {}, gaussian_process_searched()


def cases(name):
    features, lives, questions = data_set(name)
    # the data sets that are ill-conditioned are for the Gaussian process, whose search they mislead
    gp_only = [("gp", {}, gaussian_process_searched(GP_RESTARTS_OF_MANY if name == "many" else GP_RESTARTS))]
    for model, parameters, regressor in models(name) if name in GENERAL else gp_only:
        regressor.fit(features, lives)
        case = {"data": name, "model": model, "parameters": parameters}
        if model == "gp":
            case["log_marginal_likelihood"] = float(regressor.log_marginal_likelihood_value_)
            kernel = regressor.kernel_
            case["kernel"] = [float(kernel.k1.sigma_0), float(kernel.k2.length_scale)]
            if not parameters:
                plain = gaussian_process(1.0, 1.0).fit(features, lives)
                case["log_marginal_likelihood_of_one_start"] = float(plain.log_marginal_likelihood_value_)
        case["predictions"] = [float(x) for x in np.ravel(regressor.predict(questions))]
        yield case


def forests(name):
    features, lives, questions = data_set(name)
    for parameters in ({}, {"max_features": 1, "min_samples_leaf": 3}):
        arguments = {"max_features": 1.0} | parameters
        seeds = np.array(
            [RandomForestRegressor(random_state=s, **arguments).fit(features, lives).predict(questions) for s in range(FOREST_SEEDS)]
        )
        mean = seeds.mean(0)
        # distance of seed s from the mean of the others
        distances = np.sqrt(np.mean((seeds - mean) ** 2, 1)) * FOREST_SEEDS / (FOREST_SEEDS - 1)
        yield {
            "data": name,
            "parameters": parameters,
            "seeds": FOREST_SEEDS,
            "mean": [round(float(x), 12) for x in mean],
            "distances": [round(float(x), 12) for x in sorted(distances)],
        }


if __name__ == "__main__":
    names = tuple(DATA_SETS)
    answer = {
        "made_by": f"scripts/oracle/classical.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "checksums": {name: [float(part.sum()) for part in data_set(name)] for name in names},
        "cases": [case for name in names for case in cases(name)],
        "forests": [forest for name in GENERAL for forest in forests(name)],
    }
    # one case per line, for readable differences
    text = json.dumps(answer).replace('{"data"', '\n{"data"')
    FIXTURE.write_text(text + "\n")
    print(f"{FIXTURE}: {len(text) / 1024:.0f} KiB, {len(answer['cases'])} cases")
