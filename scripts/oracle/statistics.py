"""Writes harness/statistics/tests/fixtures/statistics.json: intervals, p values and power as scipy has them.

    python3 -m venv VENV && VENV/bin/pip install -r scripts/oracle/requirements.txt
    VENV/bin/python scripts/oracle/statistics.py

Random draws differ between libraries, so everything here is enumerated: all resamples of a few cells, all exchanges of labels.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from scipy import stats

FIXTURE = Path(__file__).resolve().parents[2] / "harness/statistics/tests/fixtures/statistics.json"
LEVEL = 0.95


def made(seeds, cells, salt):
    """Lives and predictions by formula, so that the fixture says what they are."""
    observed = np.array([400.0 + 61.0 * cell + 9.0 * (cell * cell % 7) for cell in range(cells)])
    error = np.array(
        [[((cell * 37 + seed * 11 + salt * 53) % 101 - 43.0) * (1 + cell % 3) for cell in range(cells)] for seed in range(seeds)]
    )
    return observed, observed + error


LOSS = {
    "rmse": lambda t, p: (t - p) ** 2,
    "mae": lambda t, p: np.abs(t - p),
    "mape": lambda t, p: 100 * np.abs(t - p) / t,
    "median_ae": lambda t, p: np.abs(t - p),
    "smape": lambda t, p: 200 * np.abs(t - p) / (np.abs(t) + np.abs(p)),
    "within_10": lambda t, p: (np.abs(t - p) <= 0.1 * t).astype(float),
}


def of(measure, losses):
    """The measure of losses whose last axis are cells."""
    if measure == "rmse":
        return np.sqrt(losses.mean(axis=-1))
    return np.median(losses, axis=-1) if measure == "median_ae" else losses.mean(axis=-1)


def intervals(measure):
    """Percentile and BCa intervals of one seed from all resamples of five cells: scipy computes the interval of a given
    distribution, where it is asked for no further draws."""
    cells = 5
    observed, predicted = made(1, cells, 2)
    losses = LOSS[measure](observed, predicted[0])
    draws = np.array(list(itertools.product(range(cells), repeat=cells)))
    values = of(measure, losses[draws])
    result = {"measure": measure, "observed": observed.tolist(), "predicted": predicted.tolist()}
    given = stats.bootstrap((losses,), lambda x, axis: of(measure, x), n_resamples=1, method="percentile")
    given.bootstrap_distribution = values
    for method in ("percentile", "BCa"):
        found = stats.bootstrap(
            (losses,), lambda x, axis: of(measure, x), n_resamples=0, bootstrap_result=given, method=method, confidence_level=LEVEL
        ).confidence_interval
        result[method] = [found.low, found.high]
    return result


def sign_flips(measure, cells):
    """Exact two-sided p value: labels of a cell's losses, averaged over seeds, are exchanged."""
    observed, a = made(3, cells, 1)
    _, b = made(2, cells, 4)
    side = lambda predicted: LOSS[measure](observed, predicted).mean(axis=0)
    found = stats.permutation_test(
        (side(a), side(b)),
        lambda x, y, axis: of(measure, y) - of(measure, x),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        alternative="two-sided",
    )
    # scipy doubles the smaller tail; exchanging all labels turns the sign, so both tails are equal
    return {"measure": measure, "observed": observed.tolist(), "a": a.tolist(), "b": b.tolist(), "p": found.pvalue}


def standard_error(measure, a_seeds, b_seeds):
    """Of b - a: derivatives by the weight of each cell, numerically, and the variance of the seeds' values."""
    cells = 9
    observed, a = made(a_seeds, cells, 1)
    _, b = made(b_seeds, cells, 4)

    def value(weights, predicted):
        losses = LOSS[measure](observed, predicted) @ weights
        return (np.sqrt(losses) if measure == "rmse" else losses).mean()

    whole = np.full(cells, 1 / cells)
    step = 1e-6
    influence = []
    for cell in range(cells):
        there = np.eye(cells)[cell]
        both = [(1 - h) * whole + h * there for h in (step, -step)]
        rise = [value(w, b) - value(w, a) for w in both]
        influence.append((rise[0] - rise[1]) / (2 * step))
    variance = np.sum(np.square(influence)) / (cells * (cells - 1))
    seeds_a, seeds_b = (of(measure, LOSS[measure](observed, predicted)) for predicted in (a, b))
    if a_seeds == b_seeds:
        variance += np.var(seeds_b - seeds_a, ddof=1) / a_seeds
    else:
        variance += np.var(seeds_a, ddof=1) / a_seeds + np.var(seeds_b, ddof=1) / b_seeds
    level, power = stats.t.ppf(0.975, cells - 1), stats.t.ppf(0.8, cells - 1)
    return {
        "measure": measure,
        "observed": observed.tolist(),
        "a": a.tolist(),
        "b": b.tolist(),
        "detectable": (level + power) * np.sqrt(variance),
        "level_quantile": level,
        "power_quantile": power,
    }


def holm(p_values):
    """Step down by hand."""
    order = np.argsort(p_values)
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return {"p": p_values, "adjusted": adjusted}


def main():
    fixture = {
        "intervals": [intervals(measure) for measure in ("rmse", "mae", "mape")],
        "sign_flips": [sign_flips(measure, cells) for measure in LOSS for cells in (3, 8, 12)],
        "detectable": [standard_error(measure, a, b) for measure in ("rmse", "mae", "smape") for a, b in ((3, 3), (4, 2))],
        "holm": [holm(p) for p in ([0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.9], [0.02], [0.001, 0.001, 1.0, 0.2])],
    }
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text(json.dumps(fixture) + "\n")


main()
