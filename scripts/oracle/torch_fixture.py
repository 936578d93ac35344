"""Writes harness/tests/fixtures/batlinet_steps.json: ten optimiser steps of BatLiNet in PyTorch on made-up maps.

    VENV/bin/python scripts/oracle/torch_fixture.py

Weights and maps are given by formula and references are fixed, so the losses and weights have one right answer. In
single precision the rounding of one library would be part of it; the steps are taken in double precision, with the
cleaned differences rounded to single, which is what every engine starts from.
"""

import json
from pathlib import Path

import torch

import torch_batlinet as batlinet

CELLS, CHANNELS, CYCLES, POINTS, REFERENCES, STEPS = 5, 6, 20, 100, 2, 10
FIXTURE = Path(__file__).resolve().parents[2] / "harness/tests/fixtures/batlinet_steps.json"


def references(step):
    return [[(3 * step + 2 * cell + k + k * cell) % CELLS for k in range(REFERENCES)] for cell in range(CELLS)]


class Rounded(batlinet.BatLiNet):
    """Cleans in single precision and computes in double."""

    def outputs(self, intra, maps, refs, reference_labels):
        y_intra = self.fc(self.ori_module(intra.double())).view(-1)
        inter = batlinet.inter_input(maps, refs, self.filtered).double()
        differences = self.fc(self.sup_module(inter.flatten(0, 1))).view(reference_labels.shape)
        return y_intra, differences + reference_labels


def summary(model):
    """Of every tensor its Euclidean norm, and the sum of its values times cos(index), which sees their order."""

    def numbers(tensor):
        flat = tensor.detach().flatten()
        index = torch.arange(len(flat), dtype=torch.float64)
        return [flat.norm().item(), (flat * index.cos()).sum().item()]

    return {name: numbers(tensor) for name, tensor in model.named_parameters()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    maps = batlinet.formula_maps(CELLS, CHANNELS, CYCLES, POINTS)
    labels = torch.tensor([-1.25, 0.25, 0.75, -0.125, 1.5], dtype=torch.float64)
    model = batlinet.formula_weights(Rounded(CHANNELS, CYCLES, POINTS)).double()
    intra = batlinet.intra_input(maps, 0)
    adamw = batlinet.optimiser(model)
    losses, weights = [], {}
    for step in range(STEPS):
        chosen = torch.tensor(references(step))
        losses.append(batlinet.step(model, adamw, intra, maps, labels, maps, labels, chosen))
        if step + 1 in (1, STEPS):
            weights[str(step + 1)] = summary(model)
    answer = {
        "made_by": f"scripts/oracle/torch_fixture.py, PyTorch {torch.__version__}",
        "maps": f"X[b,c,h,w] = sin(0.01 w (1 + 0.1 c) + 0.3 b) + 0.05 h cos(0.004 w + b) + 0.2 c: {CELLS} cells, "
        f"{CHANNELS} channels, {CYCLES} cycles, {POINTS} points, base 0",
        "initial_weights": "tensor t, flat index k: sin(0.37 k + t) / sqrt(fan), rounded to f32",
        "labels": labels.tolist(),
        "references": [references(step) for step in range(STEPS)],
        "losses": losses,
        "norm_and_cosine_sum_after_steps": weights,
    }
    FIXTURE.write_text(json.dumps(answer, indent=1).replace("\n   ", " ").replace("\n  ]", " ]") + "\n")
    print(f"{FIXTURE.name}: losses {losses[0]:.6f} … {losses[-1]:.6f}")
