"""Times the authors' algorithm in PyTorch, in single precision, on the works of baselines/cuda/src/bench.rs, and puts both side by side.

    python3 scripts/oracle/bench_cuda.py [--device cuda|cpu] [--tiny] [--ours OURS.csv --out results/bench/cuda.csv] [WORK…]

Prints `work,oracle_s`. With `--ours`, what `cuda_bench` has printed, it writes `work,precision,card,ours_s,oracle_s,ratio`: at once,
and anew with each number of PyTorch's, those that matter most first, so that whoever is stopped leaves what there is. PyTorch is as it
comes (its convolutions may use TF32, which only makes it faster), with weights laid out as usual and channels last: the
better counts, the least of several. A work that does not fit into the card's memory or fails has no number. `--tiny` is for a look at
whether it runs, on any machine.
"""

import argparse
import csv
import itertools
import os
import sys
import time

import torch

import torch_batlinet as batlinet

BASE, SUPPORT, BATCH = 9, 41, 128
# timed first
FIRST = ("epoch_matr1_6ch", "inference_64refs", "clean_pair", "forward")

# as in bench.rs: name, training cells, cycles of a map, channels
FULL = {
    "epochs": [
        ("epoch_matr1_6ch", 41, 100, 6),
        ("epoch_matr1_1ch", 41, 100, 1),
        ("epoch_matr2_6ch", 41, 100, 6),
        ("epoch_hust_6ch", 55, 100, 6),
        ("epoch_mix100_6ch", 205, 100, 6),
        ("epoch_mix20_6ch", 207, 20, 6),
    ],
    "width": 1000,
    "references": [1, 2, 4, 8, 16, 32, 64],
    "pairs": 512,
    "repeats": 5,
}
TINY = {
    "epochs": [("epoch_matr1_6ch", 3, 17, 6), ("epoch_matr1_1ch", 2, 17, 1)],
    "width": 160,
    "references": [1, 2],
    "pairs": 4,
    "repeats": 1,
}


class NoStep:
    """Leaves the gradients."""

    def __init__(self, model):
        self.model = model

    def zero_grad(self):
        self.model.zero_grad()

    def step(self):
        pass


def models(device, channels, height, width):
    """The network in both layouts."""
    for layout in (torch.contiguous_format, torch.channels_last):
        yield batlinet.BatLiNet(channels, height, width).to(device).to(memory_format=layout)


def lessons(sizes, device, cells, height, channels):
    """Maps, labels, and what does not change from epoch to epoch."""
    maps = batlinet.formula_maps(cells, channels, height, sizes["width"]).to(device)
    labels = torch.linspace(-1.5, 1.5, cells, device=device)
    return maps, labels, batlinet.intra_input(maps, BASE), batlinet.targets_of(maps)


def pieces(count, at_once):
    return [slice(start, start + at_once) for start in range(0, count, at_once)]


def epoch(sizes, device, cells, height, channels, at_once):
    maps, labels, intra, targets = lessons(sizes, device, cells, height, channels)
    for model in models(device, channels, height, sizes["width"]):
        adamw = batlinet.optimiser(model)
        yield lambda model=model, adamw=adamw: batlinet.train_epoch(
            model, adamw, intra, targets, maps, labels, batch=BATCH, at_once=at_once
        )


@torch.no_grad()
def predict_uncleaned(model, one_map, support, labels, references, at_once):
    drawn = torch.randint(len(support), (1, references), device=support.device)
    y_intra = model.intra(one_map - one_map[:, :, BASE : BASE + 1])
    parts = [drawn[:, part] for part in pieces(references, at_once)]
    y_inter = [outputs(model, one_map - support[part[0]]) + labels[part[0]] for part in parts]
    return model.prediction(y_intra, torch.cat(y_inter).unsqueeze(0))


def outputs(model, differences):
    return model.fc(model.sup_module(differences)).view(-1)


def inference(sizes, device, references, cleaned, at_once):
    _, cells, height, channels = sizes["epochs"][0]
    maps, labels, _, _ = lessons(sizes, device, min(cells, SUPPORT) + 1, height, channels)
    one_map, support, labels = maps[:1], maps[1:], labels[1:]
    for model in models(device, channels, height, sizes["width"]):
        if cleaned:
            yield lambda model=model: batlinet.predict_cell(model, one_map, support, labels, references, BASE, at_once)
        else:
            yield lambda model=model: predict_uncleaned(model, one_map, support, labels, references, at_once)


def of_pairs(sizes, device, work, at_once):
    _, cells, height, channels = sizes["epochs"][0]
    maps, _, _, targets = lessons(sizes, device, min(cells, SUPPORT), height, channels)
    generator = torch.Generator().manual_seed(17)
    pairs = torch.randint(len(maps), (2, sizes["pairs"]), generator=generator).to(device)
    parts = [pairs[:, part] for part in pieces(sizes["pairs"], at_once)]

    def cleaned(part):
        return batlinet.inter_input(targets[part[0]], maps[part[1]].unsqueeze(1)).flatten(0, 1)

    makes = {
        "clean_pair": lambda model, part: cleaned(part),
        "clean_forward_pair": lambda model, part: outputs(model, cleaned(part)),
        "forward": lambda model, part: outputs(model, maps[part[0]] - maps[part[1]]),
    }

    def all_of(model):
        with torch.no_grad():
            for part in parts:
                makes[work](model, part)

    for model in models(device, channels, height, sizes["width"]):
        yield lambda model=model: all_of(model)


def backward(sizes, device, at_once):
    _, cells, height, channels = sizes["epochs"][0]
    maps, labels, intra, targets = lessons(sizes, device, cells, height, channels)
    drawn = torch.randint(cells, (cells, 2), device=device)
    for model in models(device, channels, height, sizes["width"]):
        yield lambda model=model: batlinet.step(model, NoStep(model), intra, targets, labels, maps, labels, drawn, at_once)


def works(sizes, device):
    """Name, how many seconds count as one, and the settings for so many cells, references or pairs at once."""
    for name, cells, height, channels in sizes["epochs"]:
        yield name, 1, lambda at_once, c=cells, h=height, n=channels: epoch(sizes, device, c, h, n, at_once)
    for count, cleaned in itertools.product(sizes["references"], (True, False)):
        name = f"inference_{count}refs" + ("" if cleaned else "_uncleaned")
        yield name, 1, lambda at_once, r=count, k=cleaned: inference(sizes, device, r, k, at_once)
    for name in ("clean_pair", "clean_forward_pair", "forward"):
        yield name, sizes["pairs"], lambda at_once, w=name: of_pairs(sizes, device, w, at_once)
    yield "backward", 1, lambda at_once: backward(sizes, device, at_once)


def wait(device):
    if device != "cpu":
        torch.cuda.synchronize()


def least(work, repeats, device):
    best = float("inf")
    for run in range(repeats + 2):
        wait(device)
        begun = time.perf_counter()
        work()
        wait(device)
        if run > 1:
            best = min(best, time.perf_counter() - begun)
    return best


def timed(settings, repeats, device):
    """Seconds of the best setting; with fewer at once where a card has no room for more; None if it has none at all."""
    for at_once in (128, 16, 2):
        times = []
        try:
            for work in settings(at_once):
                times.append(least(work, repeats, device))
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            continue
        return min(times)
    return None


def ours_of(path):
    """What `cuda_bench` has printed, up to a line that it was stopped in."""
    with open(path, newline="") as file:
        return [row for row in csv.DictReader(file) if row["ours_s"]]


def side_by_side(rows, oracle, out):
    """`ratio` is how many times faster ours is."""
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    partial = f"{out}.partial"
    with open(partial, "w") as file:
        print("work,precision,card,ours_s,oracle_s,ratio", file=file)
        for row in rows:
            theirs, mine = oracle.get(row["work"]), float(row["ours_s"])
            more = f"{theirs:.9f},{theirs / mine:.2f}" if theirs is not None else ","
            print(f"{row['work']},{row['precision']},{row['card']},{mine:.9f},{more}", file=file)
    os.replace(partial, out)


def shown(rows, oracle):
    for row in rows:
        theirs, mine = oracle.get(row["work"]), float(row["ours_s"])
        ratio = f"{theirs / mine:8.1f}x" if theirs is not None else "not timed"
        print(f"{row['work']:<28}{row['precision']:<7}{mine * 1e6:>14.2f} us {ratio}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("works", nargs="*", metavar="WORK")
    parser.add_argument("--device", default="cuda", help="cuda (default) or cpu")
    parser.add_argument("--tiny", action="store_true", help="whether it runs at all")
    parser.add_argument("--ours", metavar="CSV", help="what cuda_bench has printed")
    parser.add_argument("--out", metavar="CSV", default="results/bench/cuda.csv", help="with --ours: where both go")
    options = parser.parse_args()
    if options.device != "cpu" and not torch.cuda.is_available():
        sys.exit("bench_cuda: PyTorch finds no card here; give --device cpu --tiny to see whether this runs")
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    sizes, oracle, failed = (TINY if options.tiny else FULL), {}, 0
    rows = ours_of(options.ours) if options.ours else []
    if options.ours:
        side_by_side(rows, oracle, options.out)
    print("work,oracle_s")
    # `sorted` leaves the others in their order
    for name, count, settings in sorted(works(sizes, options.device), key=lambda work: work[0] not in FIRST):
        if options.works and name not in options.works:
            continue
        try:
            seconds = timed(settings, sizes["repeats"], options.device)
        except RuntimeError as error:
            print(f"bench_cuda: {name} failed: {error}", file=sys.stderr)
            failed += 1
            continue
        if seconds is None:
            print(f"bench_cuda: {name} has no room on this card", file=sys.stderr)
            continue
        oracle[name] = seconds / count
        print(f"{name},{oracle[name]:.9f}", flush=True)
        if options.ours:
            side_by_side(rows, oracle, options.out)
    shown(rows, oracle)
    if failed:
        sys.exit(f"bench_cuda: {failed} works failed")


if __name__ == "__main__":
    main()
