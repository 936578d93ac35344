"""Data sets made by formula, bit for bit the same here and in baselines/tests/common/mod.rs.

Only integers, +, * and exact powers of two are used, so that no two languages can round differently.
"""

import numpy as np

TRAIN, TEST = 41, 40


class Dice:
    """Knuth's 64-bit linear congruential generator; the top 24 bits give a uniform number in [-1, 1), exact in f32."""

    def __init__(self, seed):
        self.state = seed

    def roll(self):
        self.state = (6364136223846793005 * self.state + 1442695040888963407) % 2**64
        return (self.state >> 40) / 2**23 - 1.0


def noise(samples, columns, seed):
    """Independent uniform columns whose widths grow from 1 to 3 in five steps."""
    dice = Dice(seed)
    rows = [[dice.roll() * (1.0 + 0.5 * (j % 5)) for j in range(columns)] for _ in range(samples)]
    return np.array(rows).astype(np.float32)


def curves(samples, columns, seed):
    """Smooth rows: polynomials of degree 7 with random coefficients and a little noise, as features of a cell are."""
    dice = Dice(seed)
    rows = []
    for _ in range(samples):
        coefficients = [dice.roll() for _ in range(8)]
        row = []
        for j in range(columns):
            t = 2.0 * (j / 256) - 1.0
            value = 0.0
            for coefficient in coefficients:  # Horner's rule
                value = value * t + coefficient
            row.append(value + 0.015625 * dice.roll())
        rows.append(row)
    return np.array(rows).astype(np.float32)


def labels(features, seed):
    """A smooth function of the first three columns, and noise."""
    dice = Dice(seed)
    a, b, c = (features[:, j].astype(np.float64) for j in range(3))
    return np.array([x + 0.5 * y * y - z * x + 0.25 * dice.roll() for x, y, z in zip(a, b, c)])


def data_set(name):
    """Training features and labels, test features; features as f32 values held in f64."""
    make, columns, seed = {"narrow": (noise, 3, 1), "wide": (noise, 1000, 2), "curves": (curves, 200, 3)}[name]
    features = make(TRAIN + TEST, columns, seed)
    lives = labels(features, seed + 100)
    features = features.astype(np.float64)
    return features[:TRAIN], lives[:TRAIN], features[TRAIN:]
