"""Writes harness/batlinet/tests/fixtures/transfer.json: pretraining, fine-tuning and training on pairs in PyTorch, on made-up maps.

    VENV/bin/python scripts/oracle/torch_transfer.py

Weights and maps are given by formula and the order of pairs is fixed, so losses and predictions have one right answer.
As in torch_fixture.py, steps are taken in double precision, with the differences rounded to single. All pairs are held
in memory, as the authors' notebook does.
"""

import json
from pathlib import Path

import torch
from torch import nn

import torch_batlinet as batlinet

CHANNELS, CYCLES, POINTS, BASE, LIMIT = 6, 20, 100, 2, 0.8
SOURCE_LIVES = torch.tensor([500.0, 900.0, 700.0, 1400.0, 350.0, 820.0], dtype=torch.float64)
TARGET_LIVES = torch.tensor([300.0, 640.0, 455.0], dtype=torch.float64)
QUESTIONS = 2
TRAINING_PAIRS = 14
FIXTURE = Path(__file__).resolve().parents[2] / "harness/batlinet/tests/fixtures/transfer.json"


def network():
    layers = nn.Sequential(batlinet.encoder(CHANNELS, CYCLES, POINTS), nn.Linear(32, 1))
    return batlinet.formula_weights(layers).double()


def limited(differences):
    return differences.masked_fill(differences.abs() > LIMIT, 0).double()


def to_base(maps):
    return limited(maps - maps[:, :, BASE : BASE + 1])


def train(model, inputs, labels, epochs, batch):
    """The mean loss of every epoch."""
    adamw, losses = batlinet.optimiser(model), []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(inputs), batch):
            part = slice(start, start + batch)
            adamw.zero_grad()
            loss = ((model(inputs[part]).view(-1) - labels[part]) ** 2).mean()
            loss.backward()
            adamw.step()
            total += loss.item() * len(labels[part])
        losses.append(total / len(inputs))
    return losses


def fine_tune(source, target, questions, source_deviation):
    """Losses of both stages, and the predicted lives."""
    model = network()
    mean, deviation = SOURCE_LIVES.mean(), source_deviation
    pretraining = train(model, to_base(source), (SOURCE_LIVES - mean) / deviation, epochs=2, batch=4)
    mean, deviation = TARGET_LIVES.mean(), TARGET_LIVES.std()
    training = train(model, to_base(target), (TARGET_LIVES - mean) / deviation, epochs=3, batch=2)
    with torch.no_grad():
        predicted = model(to_base(questions)).view(-1) * deviation + mean
    return {"pretraining_loss": pretraining[-1], "training_loss": training[-1], "predicted": predicted.tolist()}


def by_references(source, target, questions):
    model = network()
    pairs = len(source) * len(target)
    order = torch.tensor([(7 * k + 3) % pairs for k in range(pairs)])
    inputs = limited((target[:, None] - source[None]).flatten(0, 1))[order]
    labels = (TARGET_LIVES[:, None] - SOURCE_LIVES[None]).flatten()[order]
    mean, deviation = labels[:TRAINING_PAIRS].mean(), labels[:TRAINING_PAIRS].std()
    losses = train(model, inputs[:TRAINING_PAIRS], (labels[:TRAINING_PAIRS] - mean) / deviation, epochs=2, batch=5)
    with torch.no_grad():
        asked = limited((questions[:, None] - source[None]).flatten(0, 1))
        answers = (model(asked).view(QUESTIONS, -1) * deviation + mean) + SOURCE_LIVES
    lives = [row[row > 0].median().item() for row in answers]
    return {"order": order.tolist(), "loss": losses[-1], "answers": answers.tolist(), "predicted": lives}


if __name__ == "__main__":
    torch.set_num_threads(1)
    counts = (len(SOURCE_LIVES), len(TARGET_LIVES), QUESTIONS)
    maps = batlinet.formula_maps(sum(counts), CHANNELS, CYCLES, POINTS).split(counts)
    answer = {
        "made_by": f"scripts/oracle/torch_transfer.py, PyTorch {torch.__version__}",
        "source_lives": SOURCE_LIVES.tolist(),
        "target_lives": TARGET_LIVES.tolist(),
        "fine_tune": {
            "paper": fine_tune(*maps, SOURCE_LIVES.std()),
            "code": fine_tune(*maps, SOURCE_LIVES.mean()),
        },
        "by_references": by_references(*maps),
    }
    FIXTURE.write_text(json.dumps(answer, indent=1) + "\n")
    print(f"{FIXTURE.name}: {answer['fine_tune']['paper']['predicted']}, {answer['by_references']['predicted']}")
