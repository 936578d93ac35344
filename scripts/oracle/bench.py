"""Times the Python oracles on the work of harness/benches/compare.rs: prints CSV `work,oracle_s`.

    VENV/bin/python scripts/oracle/bench.py [WORK…]

The median of several runs after one to warm up, on all cores. Of small works, for which libraries may be faster on one
core, the better of one core and all counts.
"""

import itertools
import os
import statistics
import sys
import time
import warnings

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import torch_batlinet as batlinet
from bench_classical import WORKS as CLASSICAL
from made_data import labels, noise

CELLS, CYCLES, SAMPLES = 41, 100, 500
# the references of a prediction in the paper, cleaned in one batch; the time is that of one pair
PAIRS = 32
# references of training and of prediction; position of the cycle that the intra-cell branch subtracts
TRAIN_REFERENCES, TEST_REFERENCES, BASE = 2, 64, 9


def median(runs, work):
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def made_map(cell):
    made = batlinet.made_cell(CYCLES, SAMPLES, fade=0.001 + 0.00005 * cell, seed=cell)
    return batlinet.capacity_map(made, CYCLES)


def deep():
    """The works of BatLiNet, as (name, runs, work)."""
    maps = torch.from_numpy(np.stack([made_map(cell) for cell in range(CELLS)]))
    lives = torch.linspace(-1.5, 1.5, CELLS)
    model = batlinet.BatLiNet(6, CYCLES, 1000)
    adamw = batlinet.optimiser(model)
    intra = batlinet.intra_input(maps, BASE)
    question = torch.from_numpy(made_map(CELLS)).unsqueeze(0)
    cell = batlinet.made_cell(CYCLES, SAMPLES)

    yield "epoch_matr1_6ch", 3, lambda: batlinet.train_epoch(model, adamw, intra, maps, lives, TRAIN_REFERENCES)
    yield "inference_64refs", 5, lambda: batlinet.predict_cell(model, question, maps, lives, TEST_REFERENCES, BASE)
    yield "clean_pair", 3, lambda: batlinet.inter_input(question, maps[:PAIRS].unsqueeze(0))
    yield "capacity_map", 20, lambda: batlinet.capacity_map(cell, CYCLES)


def classical():
    features = noise(41, 1000, 1).astype(np.float64)
    lives = labels(features, 2)
    questions = noise(40, 1000, 3).astype(np.float64)
    for name in ("ridge", "pcr", "pls", "svm", "forest"):
        regressor, _ = CLASSICAL[name]
        yield name, 5 if name == "forest" else 50, lambda r=regressor: r.fit(features, lives).predict(questions)


# too much for one core, and too long to time twice
LARGE = ("epoch_matr1_6ch", "inference_64refs")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    wanted = set(sys.argv[1:])
    torch.manual_seed(0)
    print("work,oracle_s")
    for name, runs, work in itertools.chain(deep(), classical()):
        if wanted and name not in wanted:
            continue
        torch.set_num_threads(os.cpu_count())
        times = [median(runs, work)]
        if name not in LARGE:
            torch.set_num_threads(1)
            with threadpool_limits(1):
                times.append(median(runs, work))
        print(f"{name},{min(times) / (PAIRS if name == 'clean_pair' else 1):.6f}", flush=True)
