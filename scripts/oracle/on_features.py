"""scikit-learn's RMSE on features that the harness has written: an oracle for `scores.csv`.

    VENV/bin/python scripts/oracle/on_features.py TRAIN.csv TEST.csv [--label ln|none] [--raw] [--seeds N]

Both files have the header `id,life,f0,f1,…`: one row per cell, the life in cycles. As method §2.5 and §7.2: features are
z-scored with the training mean and standard deviation (n − 1, floor 1e-8; not with --raw), labels are ln and z-scored
(`--label none`: z-scored only), all in float64. Prints CSV `model,rmse,mape` (for the forest: mean over seeds, and
`forest_std`).
"""

import argparse
import csv

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

FLOOR = 1e-8


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    if rows[0][:2] != ["id", "life"]:
        raise SystemExit(f"{path}: the header should begin with id,life")
    numbers = np.array([[float(x) for x in row[1:]] for row in rows[1:]])
    return numbers[:, 1:], numbers[:, 0]


def scaling(train):
    """Mean and standard deviation of every column."""
    return train.mean(0), np.maximum(train.std(0, ddof=1), FLOOR)


class Samples:
    """Features and lives of one split, transformed as the harness transforms them."""

    def __init__(self, train, train_lives, test, test_lives, logarithm=True, scale_features=True):
        if scale_features:
            mean, deviation = scaling(train)
            train, test = (train - mean) / deviation, (test - mean) / deviation
        self.train, self.test, self.lives = train, test, test_lives
        self.logarithm = logarithm
        labels = np.log(train_lives) if logarithm else train_lives
        self.mean, self.deviation = scaling(labels)
        self.labels = (labels - self.mean) / self.deviation

    def score(self, model):
        """(RMSE in cycles, MAPE in percent) on the test cells."""
        labels = np.ravel(model.fit(self.train, self.labels).predict(self.test)) * self.deviation + self.mean
        lives = np.exp(labels) if self.logarithm else labels
        error = lives - self.lives
        return float(np.sqrt(np.mean(error**2))), float(100 * np.mean(np.abs(error) / self.lives))


def models(columns):
    """The classical models with the settings of method §7.2; tight tolerances, and the exact solver for PCA."""
    yield "mean", DummyRegressor()
    yield "linear", LinearRegression()
    yield "ridge", Ridge(1.0)
    yield "pcr", make_pipeline(PCA(min(12, columns), svd_solver="full"), LinearRegression())
    yield "pls", PLSRegression(min(9, columns), scale=False)
    yield "svm", SVR(C=10.0, epsilon=0.1, tol=1e-12)


def forest_scores(samples, seeds):
    return np.array([samples.score(RandomForestRegressor(100, random_state=seed)) for seed in range(seeds)])


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("train")
    arguments.add_argument("test")
    arguments.add_argument("--label", choices=("ln", "none"), default="ln")
    arguments.add_argument("--raw", action="store_true", help="leave the features as they are")
    arguments.add_argument("--seeds", type=int, default=8, help="forests to average over")
    options = arguments.parse_args()
    samples = Samples(*read(options.train), *read(options.test), options.label == "ln", not options.raw)
    print("model,rmse,mape")
    for name, model in models(samples.train.shape[1]):
        print("%s,%.4f,%.4f" % (name, *samples.score(model)))
    scores = forest_scores(samples, options.seeds)
    print("forest,%.4f,%.4f" % tuple(scores.mean(0)))
    print("forest_std,%.4f,%.4f" % tuple(scores.std(0, ddof=1)))
