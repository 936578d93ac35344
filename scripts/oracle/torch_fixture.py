"""Writes harness/batlinet/tests/fixtures/batlinet_steps.json: ten optimiser steps of BatLiNet, and of the arms of the authors'
branch ablation (method §6.7), in PyTorch on made-up maps.

    VENV/bin/python scripts/oracle/torch_fixture.py

Every arm is given by the options of our experiment files, so what the fixture holds is what each option means. Weights
and maps are given by formula and references are fixed, so inputs, losses and weights have one right answer. In single
precision the rounding of one library would be part of it; the steps are taken in double precision, with the cleaned
differences rounded to single, which is what every engine starts from.
"""

import json
from pathlib import Path

import torch
from torch import nn

import torch_batlinet as batlinet

CELLS, CHANNELS, CYCLES, POINTS, STEPS = 5, 6, 20, 100, 10
FIXTURE = Path(__file__).resolve().parents[2] / "harness/batlinet/tests/fixtures/batlinet_steps.json"

DEFAULTS = {
    "alpha": 0.5,
    "base": 9,
    "references_train": 2,
    "intra_cell": True,
    "inter_cell": True,
    "filter_cycles": True,
    "glitch_width": 25,
    "separate_heads": False,
    "head_bias": False,
    "intra_cleaning": "standard",
    "inter_cleaning": "standard",
    "cycle_filter": "per_channel",
    "filter_target": True,
    "glitch_wrap": True,
    "consistency": 0.0,
}

# the first four are the authors'; the others cross the options otherwise than they do
ARMS = {
    "batlinet": {},
    "cycle_diff_only": {"inter_cell": False, "base": 8, "glitch_width": 5, "glitch_wrap": False},
    "cell_diff_only": {"intra_cell": False, "filter_target": False, "glitch_width": 5, "glitch_wrap": False},
    "naive_ensemble": {
        "separate_heads": True,
        "head_bias": True,
        "intra_cleaning": "hampel",
        "inter_cleaning": "none",
        "cycle_filter": "whole_cycle",
        "filter_target": False,
        "base": 8,
        "alpha": 0.3,
        "references_train": 1,
    },
    "crossed": {"head_bias": True, "intra_cleaning": "none", "inter_cleaning": "hampel", "cycle_filter": "whole_cycle"},
    "separate_without_bias": {"separate_heads": True, "inter_cleaning": "hampel", "base": 3},
    "consistent": {"consistency": 0.7, "alpha": 0.3, "head_bias": True},
}


def references(step, count=2):
    return [[(3 * step + 2 * cell + k + k * cell) % CELLS for k in range(count)] for cell in range(CELLS)]


def maps_with_faults():
    """The maps by formula with spikes, a cycle that is off in one channel and one that is off in all."""
    maps = batlinet.formula_maps(CELLS, CHANNELS, CYCLES, POINTS)
    b, c, h, w = torch.meshgrid(*map(torch.arange, maps.shape), indexing="ij")
    maps[(29 * b + 5 * c + 13 * h + 7 * w) % 211 == 0] += 3
    maps[(h == 4 + b) & (c == 2)] += 40
    maps[h == 12] *= 9
    return maps


def hampel(x, window=51):
    half = window // 2
    windows = x.unfold(-1, window, 1)
    median = windows.median(-1).values
    deviation = (windows - median.unsqueeze(-1)).abs().median(-1).values
    nearest = torch.arange(x.shape[-1]).clamp(half, x.shape[-1] - 1 - half) - half
    median, deviation = median[..., nearest], deviation[..., nearest]
    return torch.where((x - median).abs() > 1.4826 * deviation * 3, median, x)


def filter_whole_cycles(x):
    """x: [.., channels, cycles, points]."""
    size = x.abs().mean(-1).amax(-2)
    distance = (size - size.median(-1, keepdim=True).values).abs()
    drop = distance > 3 * distance.median(-1, keepdim=True).values
    return x.masked_fill(drop.unsqueeze(-2).unsqueeze(-1), 0)


class Arm(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.options = o = DEFAULTS | options
        for branch in ("intra", "inter"):
            if o[f"{branch}_cell"]:
                setattr(self, branch, batlinet.encoder(CHANNELS, CYCLES, POINTS))
        separate = o["separate_heads"] and o["intra_cell"] and o["inter_cell"]
        for name in ("intra_head", "inter_head") if separate else ("head",):
            setattr(self, name, nn.Linear(32, 1, bias=o["head_bias"]))
        both = o["intra_cell"] and o["inter_cell"]
        self.weights = (1 - o["alpha"], o["alpha"]) if both else (float(o["intra_cell"]), float(o["inter_cell"]))

    def filter(self, x):
        if not self.options["filter_cycles"]:
            return x
        return batlinet.filter_cycles(x) if self.options["cycle_filter"] == "per_channel" else filter_whole_cycles(x)

    def clean(self, x, rule):
        if rule == "standard":
            x = batlinet.clean(x, False, self.options["glitch_width"], self.options["glitch_wrap"])
        return self.filter(hampel(x) if rule == "hampel" else x)

    def intra_input(self, maps):
        base = self.options["base"]
        return self.clean(maps - maps[:, :, base : base + 1], self.options["intra_cleaning"])

    def inter_input(self, maps, chosen):
        """[cells, references, channels, cycles, points]."""
        targets = self.filter(maps) if self.options["filter_target"] else maps
        return self.clean(targets.unsqueeze(1) - maps[chosen], self.options["inter_cleaning"])

    def head_of(self, branch):
        return getattr(self, f"{branch}_head", None) or self.head

    def outputs(self, maps, labels, chosen):
        intra = inter = None
        if self.options["intra_cell"]:
            intra = self.head_of("intra")(self.intra(self.intra_input(maps).double())).view(-1)
        if self.options["inter_cell"]:
            differences = self.inter(self.inter_input(maps, chosen).flatten(0, 1).double())
            inter = self.head_of("inter")(differences).view(chosen.shape) + labels[chosen]
        return intra, inter

    def loss(self, maps, labels, chosen):
        intra, inter = self.outputs(maps, labels, chosen)
        parts = [intra, None if inter is None else inter.mean(1)]
        loss = sum(w * ((y - labels) ** 2).mean() for w, y in zip(self.weights, parts) if y is not None)
        if self.options["consistency"]:
            loss = loss + self.options["consistency"] * ((parts[0] - parts[1]) ** 2).mean()
        return loss

    def ask(self, maps, labels, chosen):
        """y_intra [cells] and y_inter [cells, references]."""
        with torch.no_grad():
            return [[] if y is None else y.tolist() for y in self.outputs(maps, labels, chosen)]

    def summary(self):
        """Under our names."""
        ours = lambda name: name.replace(".0.conv", ".conv").replace(".1.", ".projection.")
        return {ours(name): numbers(tensor) for name, tensor in self.named_parameters()}


def numbers(tensor):
    """The Euclidean norm, and the sum of values times cos(index), which sees their order."""
    flat = tensor.detach().double().flatten()
    index = torch.arange(len(flat), dtype=torch.float64)
    return [flat.norm().item(), (flat * index.cos()).sum().item()]


def zeros_and_numbers(x):
    return [int((x == 0).sum()), *numbers(x)]


def arm(options, maps, labels):
    model = batlinet.formula_weights(Arm(options)).double()
    count = model.options["references_train"]
    chosen = [torch.tensor(references(step, count)) for step in range(STEPS)]
    asked = torch.tensor([[(2 * cell + k) % CELLS for k in range(4)] for cell in range(CELLS)])
    answer = {"parameters": options, "initial_outputs": model.ask(maps, labels, asked)}
    if model.options["intra_cell"]:
        answer["intra_input"] = zeros_and_numbers(model.intra_input(maps))
    if model.options["inter_cell"]:
        answer["inter_input"] = zeros_and_numbers(model.inter_input(maps, chosen[0]))
    adamw, losses = batlinet.optimiser(model), []
    for step in range(STEPS):
        adamw.zero_grad()
        loss = model.loss(maps, labels, chosen[step])
        loss.backward()
        adamw.step()
        losses.append(loss.item())
        if step in (0, STEPS - 1):
            answer[f"after_{step + 1}"] = model.summary()
    return answer | {"losses": losses}


if __name__ == "__main__":
    torch.set_num_threads(1)
    maps = maps_with_faults()
    labels = torch.tensor([-1.25, 0.25, 0.75, -0.125, 1.5], dtype=torch.float64)
    answer = {
        "made_by": f"scripts/oracle/torch_fixture.py, PyTorch {torch.__version__}",
        "maps": f"X[b,c,h,w] = sin(0.01 w (1 + 0.1 c) + 0.3 b) + 0.05 h cos(0.004 w + b) + 0.2 c: {CELLS} cells, "
        f"{CHANNELS} channels, {CYCLES} cycles, {POINTS} points; plus 3 where (29 b + 5 c + 13 h + 7 w) mod 211 = 0, "
        "plus 40 in channel 2 of cycle 4 + b, then cycle 12 times 9",
        "initial_weights": "tensor t, flat index k: sin(0.37 k + t) / sqrt(fan), rounded to f32",
        "intra_input, inter_input": "of all cells, with the references of the first step: number of zeros, Euclidean "
        "norm, sum of value x cos(index)",
        "initial_outputs": "y_intra of all cells; y_inter of cell c against references (2 c + k) mod 5",
        "after_1, after_10": "weights: Euclidean norm, sum of value x cos(index)",
        "labels": labels.tolist(),
        "references": [references(step) for step in range(STEPS)],
        "arms": {name: arm(options, maps, labels) for name, options in ARMS.items()},
    }
    plain = batlinet.formula_weights(batlinet.BatLiNet(CHANNELS, CYCLES, POINTS)).double()
    with torch.no_grad():
        intra = plain.fc(plain.ori_module(batlinet.intra_input(maps, DEFAULTS["base"]).double())).view(-1)
    # the arm without options is the network that --check holds against the authors' program
    assert torch.allclose(intra, torch.tensor(answer["arms"]["batlinet"]["initial_outputs"][0]).double(), rtol=1e-6)
    FIXTURE.write_text(json.dumps(answer, indent=1).replace("\n   ", " ").replace("\n  ]", " ]") + "\n")
    for name, one in answer["arms"].items():
        print(f"{name}: losses {one['losses'][0]:.6f} … {one['losses'][-1]:.6f}")
