"""Writes baselines/tests/fixtures/classical.json: what scikit-learn predicts on the data sets of made_data.py.

    python3 -m venv VENV && VENV/bin/pip install -r scripts/oracle/requirements.txt
    VENV/bin/python scripts/oracle/classical.py

Iterative solvers run to a tight tolerance, so that the fixture is the optimum and not a stopping point. The forest has
no one right answer: the fixture holds the mean prediction over seeds and how far each seed is from the mean of the others.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, DotProduct
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from made_data import data_set

FOREST_SEEDS = 60
FIXTURE = Path(__file__).resolve().parents[2] / "baselines/tests/fixtures/classical.json"


def pcr(components):
    # the full solver: the default is randomised at these sizes, and would add its own error
    return make_pipeline(PCA(components, svd_solver="full"), LinearRegression())


def gaussian_process(sigma_0, length_scale, optimizer):
    # features are not centred and labels not scaled, as by default
    return GaussianProcessRegressor(DotProduct(sigma_0) + RBF(length_scale), alpha=1e-10, optimizer=optimizer)


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
    yield "gp", {"sigma_0": 0.7, "length_scale": length, "optimise": False}, gaussian_process(0.7, length, None)
    # from scikit-learn's default start, and from one near the best optimum where the default ends in a worse one
    for start in ((1.0, 1.0), (0.5, 0.5)) if few else ((1.0, 1.0),):
        parameters = {"sigma_0": start[0], "length_scale": start[1]}
        yield "gp", parameters, gaussian_process(*start, "fmin_l_bfgs_b")


def cases(name):
    features, lives, questions = data_set(name)
    for model, parameters, regressor in models(name):
        regressor.fit(features, lives)
        case = {"data": name, "model": model, "parameters": parameters}
        if model == "gp":
            case["log_marginal_likelihood"] = float(regressor.log_marginal_likelihood_value_)
            kernel = regressor.kernel_
            case["kernel"] = [float(kernel.k1.sigma_0), float(kernel.k2.length_scale)]
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
    names = ("narrow", "wide", "curves")
    answer = {
        "made_by": f"scripts/oracle/classical.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "checksums": {name: [float(part.sum()) for part in data_set(name)] for name in names},
        "cases": [case for name in names for case in cases(name)],
        "forests": [forest for name in names for forest in forests(name)],
    }
    # one case per line, for readable differences
    text = json.dumps(answer).replace('{"data"', '\n{"data"')
    FIXTURE.write_text(text + "\n")
    print(f"{FIXTURE}: {len(text) / 1024:.0f} KiB, {len(answer['cases'])} cases")
