"""Writes harness/features/tests/fixtures/compact.json: the compact statistics of one made cell, by NumPy.

    VENV/bin/python scripts/oracle/compact.py

The cell is made by formula, as in harness/features/src/feature/compact.rs.
"""

import json
from pathlib import Path

import numpy as np

FIXTURE = Path(__file__).resolve().parents[2] / "harness/features/tests/fixtures/compact.json"
CYCLES = 99


def cell():
    p = np.arange(CYCLES)[:, None]
    place = np.arange(1000)[None] / 999.0
    fade = 1.0 - 0.0009 * p - 0.000004 * p * p
    curves = fade * place * place * (1.0 + 0.0003 * p * place)
    curves[40] += 0.2 * place[0]
    return curves, (1.07 * fade + 0.0001 * (p % 7))[:, 0]


def running_median(values, half):
    padded = np.pad(values, (half, half), mode="edge")
    return np.array([np.median(padded[k : k + 2 * half + 1]) for k in range(len(values))])


def statistics(curves, capacities):
    curves = curves.copy()
    for _ in range(2):
        medians = np.stack([np.median(curves[max(0, j - 3) : j + 4], 0) for j in range(CYCLES)])
        glitched = np.abs(curves - medians).max(1) > 0.03
        curves[glitched] = medians[glitched]
    change = np.median(curves[78:], 0) - np.median(curves[:21], 0)
    padded = np.pad(curves, ((2, 2), (0, 0)), mode="edge")
    smooth = np.stack([np.median(padded[j : j + 5], 0) for j in range(CYCLES)])
    cycle = np.arange(2, 101)
    trend = 90 * np.polyfit(cycle[8:], smooth[8:], 1)[0]
    answer = {}
    for name, curve in (("change", running_median(change, 10)), ("trend", running_median(trend, 10))):
        first, lower, upper, last = np.quantile(curve, [0.1, 0.25, 0.75, 0.9])
        answer[f"{name}_variance"] = np.log10(curve.var(ddof=1) + 1e-9)
        answer[f"{name}_minimum"] = np.log10(abs(curve.min()) + 1e-6)
        answer[f"{name}_mean"] = np.log10(abs(curve.mean()) + 1e-6)
        answer[f"{name}_deciles"] = np.log10(last - first + 1e-6)
        answer[f"{name}_quartiles"] = np.log10(upper - lower + 1e-6)
    q = running_median(capacities, 2)
    slope = lambda low, high: np.polyfit(cycle[low:high], q[low:high], 1)[0]
    early, late = np.median(q[6:11]), np.median(q[-5:])
    answer |= {"first_capacity": q[0], "early_capacity": early, "late_capacity": late, "rise": q.max() - q[0]}
    answer |= {"slope": slope(0, 99), "late_slope": slope(48, 99), "early_slope": slope(3, 49)}
    answer |= {"curvature": np.polyfit((cycle - 51) / 49, q, 2)[0], "fade": q.max() - late, "loss": late - early}
    return answer


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps({name: float(value) for name, value in statistics(*cell()).items()}, indent=1) + "\n")
    print(FIXTURE.read_text())
