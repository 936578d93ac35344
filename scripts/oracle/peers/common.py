"""What the comparisons share: the peers' packages, our results, and how a difference is told."""

import csv
import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np

# of the authors' configurations, and of our experiment files
SCENARIOS = {"matr-1": "matr_1", "matr-2": "matr_2", "mix-100": "mix_100"}


def put_on_path(folder, package, from_where):
    """Makes `import package` find the peer's code."""
    if not (Path(folder) / package / "__init__.py").is_file():
        raise SystemExit(f"{folder} holds no package {package}: is it a checkout of {from_where}?")
    sys.path.insert(0, str(folder))
    # BatteryML imports all its models to have one; this one is not asked for
    if "xgboost" not in sys.modules and importlib.util.find_spec("xgboost") is None:
        sys.modules["xgboost"] = types.SimpleNamespace(XGBRegressor=None)


def difference(ours, theirs):
    """The largest relative one."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        raise SystemExit(f"we have {ours.shape} numbers and they {theirs.shape}")
    return float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)))


def rmse(observed, predicted):
    return float(np.sqrt(np.mean((np.asarray(predicted) - np.asarray(observed)) ** 2)))


class Ours:
    """The folder that `batlinet run --out` left."""

    def __init__(self, folder):
        self.folder = Path(folder)
        with open(self.folder / "scores.csv", newline="") as file:
            self.scores = list(csv.DictReader(file))

    def run(self, experiment, model, holding="predictions.csv"):
        """The folder of the first run that holds such a file, or None."""
        keys = [row["key"] for row in self.scores if (row["experiment"], row["model"]) == (experiment, model)]
        return next((self.folder / "runs" / key for key in keys if (self.folder / "runs" / key / holding).is_file()), None)

    def weights(self, run):
        """The file with the weights of a run: its own, or that of the run which trained for it."""
        trained_by = json.loads((run / "record.json").read_text()).get("trained_by")
        return (run.parent / trained_by if trained_by else run) / "weights.safetensors"

    def predictions(self, experiment, model):
        """{cell: (observed, predicted)}, or None."""
        folder = self.run(experiment, model)
        if folder is None:
            return None
        with open(folder / "predictions.csv", newline="") as file:
            return {row["cell_id"]: (float(row["observed"]), float(row["predicted"])) for row in csv.DictReader(file)}
