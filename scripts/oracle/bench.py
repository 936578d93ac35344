"""Times the Python oracles on the work of harness/batlinet/benches/compare.rs: prints CSV `work,oracle_s,oracle_core_s`.

    VENV/bin/python scripts/oracle/bench.py [--device cuda] [--authors FOLDER] [WORK…]

`oracle_s` is the median time on the clock of several runs after one to warm up, on all cores (of one, where that is
faster: small works, on which libraries lose by sharing them); `oracle_core_s` the least processor time on one. PyTorch
runs as it comes and compiled, with weights laid out channels last; the better counts.

With `--authors`, a checkout of github.com/fingertap/BatLiNet, their own program is timed instead, as `authors_s,
authors_core_s`: the epoch, the prediction and the cleaning, which are its works alone.

Start it through scripts/bench_compare.sh, which has the allocator keep its memory: mapped anew for every tensor, pages
cost more than the work on them.
"""

import argparse
import itertools
import os
import statistics
import sys
import time
import warnings

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import authors
import torch_batlinet as batlinet
from bench_classical import WORKS as CLASSICAL
from made_data import labels, noise

CELLS, CYCLES, SAMPLES = 41, 100, 500
# the references of a prediction in the paper, cleaned in one batch; the time is that of one pair
PAIRS = 32
# references of training and of prediction; position of the cycle that the intra-cell branch subtracts
TRAIN_REFERENCES, TEST_REFERENCES, BASE = 2, 64, 9


# cells, or references of a prediction, that go through the network at once: what lies between layers stays in the cache
AT_ONCE = 4


def timed(runs, work, device="cpu"):
    """The median time on the clock and the least processor time."""
    clock, processor = [], []
    for run in range(runs + 1):
        starts = time.perf_counter(), time.process_time()
        work()
        if device != "cpu":
            torch.cuda.synchronize()
        if run > 0:
            clock.append(time.perf_counter() - starts[0])
            processor.append(time.process_time() - starts[1])
    return statistics.median(clock), min(processor)


def made_map(cell):
    made = batlinet.made_cell(CYCLES, SAMPLES, fade=0.001 + 0.00005 * cell, seed=cell)
    return batlinet.capacity_map(made, CYCLES)


def made_maps(device):
    """The training cells, their labels, and the cell to ask about."""
    maps = torch.from_numpy(np.stack([made_map(cell) for cell in range(CELLS + 1)])).to(device)
    return maps[:CELLS], torch.linspace(-1.5, 1.5, CELLS, device=device), maps[CELLS:]


def deep(device):
    """The works of BatLiNet, as (name, runs, the work in each setting, of which the best counts)."""
    maps, lives, question = made_maps(device)
    intra, targets = batlinet.intra_input(maps, BASE), batlinet.targets_of(maps)
    settings = [batlinet.BatLiNet(6, CYCLES, 1000).to(device).to(memory_format=torch.channels_last) for _ in range(2)]
    settings[1].compile()
    at_once = AT_ONCE if device == "cpu" else None

    def epoch(model):
        adamw = batlinet.optimiser(model)
        return lambda: batlinet.train_epoch(
            model, adamw, intra, targets, maps, lives, TRAIN_REFERENCES, at_once=at_once
        )

    def prediction(model):
        return lambda: batlinet.predict_cell(model, question, maps, lives, TEST_REFERENCES, BASE, at_once)

    yield "epoch_matr1_6ch", 3, [epoch(model) for model in settings]
    yield "inference_64refs", 5, [prediction(model) for model in settings]
    asked = batlinet.targets_of(question)
    yield "clean_pair", 3, [
        lambda: [batlinet.inter_input(asked, maps[pair : pair + 1].unsqueeze(0)) for pair in range(PAIRS)],
        lambda: batlinet.inter_input(asked, maps[:PAIRS].unsqueeze(0)),
    ]
    cell = batlinet.made_cell(CYCLES, SAMPLES)
    yield "capacity_map", 20, [lambda: batlinet.capacity_map(cell, CYCLES)]


def of_the_authors(folder):
    """The same works in the authors' own program, but for the map, which ours builds faster."""
    maps, lives, question = made_maps("cpu")
    program = authors.Program(folder, maps, lives, question, BASE, TRAIN_REFERENCES, TEST_REFERENCES)
    yield "epoch_matr1_6ch", 3, [program.epoch]
    yield "inference_64refs", 3, [program.predict]
    yield "clean_pair", 3, [lambda: program.clean(PAIRS)]


def classical():
    features = noise(41, 1000, 1).astype(np.float64)
    lives = labels(features, 2)
    questions = noise(40, 1000, 3).astype(np.float64)
    for name in ("ridge", "pcr", "pls", "svm", "forest"):
        regressor, _ = CLASSICAL[name]
        yield name, 5 if name == "forest" else 50, [lambda r=regressor: r.fit(features, lives).predict(questions)]


def best(name, runs, settings, device):
    """`oracle_s` and `oracle_core_s`."""
    clocks, processors = [], []
    for threads in (os.cpu_count(), 1):
        torch.set_num_threads(threads)
        with threadpool_limits(threads):
            for setting, work in enumerate(settings):
                try:
                    clock, processor = timed(runs, work, device)
                except torch._dynamo.exc.TorchDynamoException as error:
                    print(f"bench: {name} is not compiled: {error}", file=sys.stderr)
                    continue
                print(f"{name}, {threads} threads, setting {setting}: {clock:.4f} s, {processor:.4f} CPU s", file=sys.stderr)
                clocks.append(clock)
                if threads == 1:
                    processors.append(processor)
    return min(clocks), min(processors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("works", nargs="*", metavar="WORK")
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument("--authors", metavar="FOLDER", help="a checkout of the authors' program, to be timed instead")
    options = parser.parse_args()
    side = "authors" if options.authors else "oracle"
    works = of_the_authors(options.authors) if options.authors else itertools.chain(deep(options.device), classical())
    print(f"work,{side}_s,{side}_core_s")
    for name, runs, settings in works:
        if options.works and name not in options.works:
            continue
        times = best(name, runs, settings, options.device)
        one = PAIRS if name == "clean_pair" else 1
        print(name, *(f"{seconds / one:.7f}" for seconds in times), sep=",", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    main()
