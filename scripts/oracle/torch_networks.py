"""Writes baselines/tests/fixtures/networks.json: the deep baselines (method §7.1) in PyTorch, ten steps of Adam.

    VENV/bin/python scripts/oracle/torch_networks.py

Inputs and initial weights are given by formula; all is computed in double precision, so there is one right answer. The
MLP trains without dropout, which would make the answer one of chance.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from torch_batlinet import encoder, formula_weights
from torch_fixture import numbers

SAMPLES, STEPS = 6, 10
LABELS = [-1.25, 0.25, 0.75, -0.125, 1.5, -0.5]
FIXTURE = Path(__file__).resolve().parents[2] / "baselines/tests/fixtures/networks.json"


class Mlp(nn.Module):
    """grid -> 32 -> 1 over the grid, 1 -> 1 over the channels, 1 -> 32 -> 1 over the cycles."""

    def __init__(self, cycles, points):
        super().__init__()
        sizes = [points, 32, 1, 1, 32, 1]
        for k in range(5):
            setattr(self, f"linear{k + 1}", nn.Linear(sizes[k], sizes[k + 1]))

    def forward(self, x):
        hidden = torch.tanh(self.linear2(torch.tanh(self.linear1(x.unsqueeze(1)))))  # [samples, channels, cycles, 1]
        hidden = hidden.squeeze(3).transpose(1, 2)  # [samples, cycles, channels]
        hidden = torch.tanh(self.linear3(hidden)).squeeze(2)  # [samples, cycles]
        return self.linear5(torch.tanh(self.linear4(hidden))).squeeze(1)


class Lstm(nn.Module):
    def __init__(self, cycles, points):
        super().__init__()
        self.lstm = nn.LSTM(points, 32, 2, batch_first=True)
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1]).squeeze(1)


class Cnn(nn.Module):
    def __init__(self, cycles, points):
        super().__init__()
        self.encoder = encoder(1, cycles, points)
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        return self.head(self.encoder(x.unsqueeze(1))).squeeze(1)


def samples(cycles, points):
    i, h, w = np.ogrid[:SAMPLES, :cycles, :points]
    values = np.sin(0.1 * w + 0.3 * i) + 0.1 * h * np.cos(0.05 * w + i)
    return torch.from_numpy(values.astype(np.float32)).double()


def summary(model):
    """Under our names."""
    ours = lambda name: name.replace("encoder.0.", "encoder.").replace("encoder.1.", "encoder.projection.")
    return {ours(name): numbers(tensor) for name, tensor in model.named_parameters()}


def trained(network, cycles, points):
    inputs, labels = samples(cycles, points), torch.tensor(LABELS, dtype=torch.float64)
    model = formula_weights(network(cycles, points)).double()
    adam, losses = torch.optim.Adam(model.parameters(), lr=1e-3), []
    answer = {"shape": [SAMPLES, cycles, points], "initial_outputs": model(inputs).tolist()}
    for step in range(STEPS):
        adam.zero_grad()
        loss = ((model(inputs) - labels) ** 2).mean()
        loss.backward()
        adam.step()
        losses.append(loss.item())
        if step in (0, STEPS - 1):
            answer[f"after_{step + 1}"] = summary(model)
    return answer | {"losses": losses}


if __name__ == "__main__":
    torch.set_num_threads(1)
    # a handful of numbers tells whether the layers are those of the paper
    counts = {
        "mlp": Mlp(1, 1000), "lstm": Lstm(100, 1000), "cnn": Cnn(100, 1000), "cnn20": Cnn(20, 1000),
    }
    answer = {
        "made_by": f"scripts/oracle/torch_networks.py, PyTorch {torch.__version__}",
        "inputs": "x[i,h,w] = sin(0.1 w + 0.3 i) + 0.1 h cos(0.05 w + i)",
        "initial_weights": "tensor t, flat index k: sin(0.37 k + t) / sqrt(fan), rounded to f32",
        "after_1, after_10": "weights: Euclidean norm, sum of value x cos(index)",
        "parameters_at_1000_points": {
            name: sum(tensor.numel() for tensor in model.parameters()) for name, model in counts.items()
        },
        "labels": LABELS,
        "mlp": trained(Mlp, 1, 40),
        "lstm": trained(Lstm, 7, 24),
        "cnn": trained(Cnn, 20, 60),
    }
    FIXTURE.write_text(json.dumps(answer, indent=1).replace("\n   ", " ").replace("\n  ]", " ]") + "\n")
    for name in ("mlp", "lstm", "cnn"):
        print(f"{name}: losses {answer[name]['losses'][0]:.6f} … {answer[name]['losses'][-1]:.6f}")
    print(answer["parameters_at_1000_points"])
