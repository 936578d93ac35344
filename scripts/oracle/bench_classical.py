"""Times scikit-learn on the work of baselines/benches/classical.rs: prints CSV `work,oracle_s`, the best of many runs.

    OMP_NUM_THREADS=1 VENV/bin/python scripts/oracle/bench_classical.py

One thread, default settings, one fit on 41 (or 205) × 1000 features and one prediction of 40 samples.
"""

import time
import warnings

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, DotProduct
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR
from threadpoolctl import threadpool_limits

from made_data import labels, noise

WORKS = {
    "linear": (LinearRegression(), 30),
    "ridge": (Ridge(1.0), 50),
    "pcr": (make_pipeline(PCA(12), LinearRegression()), 50),
    "pls": (PLSRegression(9, scale=False), 50),
    "svm": (SVR(C=10.0), 50),
    "forest": (RandomForestRegressor(100), 3),
    "gp": (GaussianProcessRegressor(DotProduct() + RBF(), alpha=1e-10), 5),
}


def best(model, runs, features, lives, questions):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        model.fit(features, lives)
        model.predict(questions)
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print("work,oracle_s")
    with threadpool_limits(1):
        for samples in (41, 205):
            features = noise(samples, 1000, 1).astype(np.float64)
            lives = labels(features, 2)
            questions = noise(40, 1000, 3).astype(np.float64)
            for name, (model, runs) in WORKS.items():
                print(f"{name}/{samples},{best(model, runs, features, lives, questions):.6f}", flush=True)
