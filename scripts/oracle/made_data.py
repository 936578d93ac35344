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


def modes(samples, columns, seed, spread):
    """Rows of the shape that measured ones have: one curve times the amount of the sample, a second and a third curve
    `spread` and `spread`² as large, and noise `spread`³ as large. With a small spread all are nearly collinear."""
    dice = Dice(seed)
    rows = []
    for _ in range(samples):
        one, two, three = (dice.roll() for _ in range(3))
        amount, two, three = (1.0 + one) * (1.0 + one), two * spread, three * (spread * spread)
        row = []
        for j in range(columns):
            t = 2.0 * (j / 1024) - 1.0
            bend = 1.0 - t * t
            noise = dice.roll() * (spread * spread * spread)
            row.append(((amount * (1.0 + bend) + two * (t * bend)) + three * (bend * bend)) + noise)
        rows.append(row)
    return np.array(rows).astype(np.float32)


def labels(features, seed):
    """A smooth function of the first three columns, and noise."""
    dice = Dice(seed)
    a, b, c = (features[:, j].astype(np.float64) for j in range(3))
    return np.array([x + 0.5 * y * y - z * x + 0.25 * dice.roll() for x, y, z in zip(a, b, c)])


DATA_SETS = {
    "narrow": (TRAIN, lambda rows: noise(rows, 3, 1), 1),
    "wide": (TRAIN, lambda rows: noise(rows, 1000, 2), 2),
    "curves": (TRAIN, lambda rows: curves(rows, 200, 3), 3),
    "cells": (TRAIN, lambda rows: modes(rows, 1000, 4, 0.125), 4),
    "collinear": (TRAIN, lambda rows: modes(rows, 200, 5, 0.015625), 5),
    "many": (205, lambda rows: modes(rows, 1000, 6, 0.125), 6),
}


def data_set(name):
    """Training features and labels, test features; features as f32 values held in f64."""
    train, make, seed = DATA_SETS[name]
    features = make(train + TEST)
    lives = labels(features, seed + 100)
    features = features.astype(np.float64)
    return features[:train], lives[:train], features[train:]
