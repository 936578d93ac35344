"""The authors' training loop on the made-up maps and weights of batlinet_steps.json, whose losses ours is tested against.

`torch.randint`, by which they draw references, is made to give those of the fixture; the rest is their `fit`.
"""

import json
import sys
import types
from pathlib import Path

import torch

from common import difference

HERE = Path(__file__).resolve().parent
FIXTURE = HERE.parents[2] / "harness/batlinet/tests/fixtures/batlinet_steps.json"
sys.path.insert(0, str(HERE.parent))


def their_losses(fixture, in_double):
    import torch_batlinet as oracle
    import torch_fixture
    from src.data.databundle import Dataset
    from src.models.rul_predictors import batlinet as theirs

    drawn = iter([torch.tensor(step).flatten() for step in fixture["references"]])
    stand_in = types.SimpleNamespace(**vars(torch))
    stand_in.randint = lambda *_, **__: next(drawn)
    theirs.torch, theirs.tqdm = stand_in, lambda epochs, **_: epochs
    cells, channels, cycles, points = torch_fixture.CELLS, torch_fixture.CHANNELS, torch_fixture.CYCLES, torch_fixture.POINTS
    steps = len(fixture["references"])
    model = theirs.BatLiNetRULPredictor(
        channels, 32, cycles, points, diff_base=9, train_support_size=2, batch_size=128, epochs=steps,
        evaluate_freq=steps + 1, checkpoint_freq=None,
    )  # fmt: skip
    oracle.formula_weights(model)
    if in_double:
        model.double()
    forward, losses = model.forward, []

    def followed(*inputs, **options):
        loss = forward(*(x.double() if in_double else x for x in inputs), **options)
        losses.append(loss.item())
        return loss

    model.forward = followed
    labels = torch.tensor(fixture["labels"], dtype=torch.float64 if in_double else torch.float32)
    model.fit(types.SimpleNamespace(train_data=Dataset(torch_fixture.maps_with_faults(), labels)), "")
    return losses


def rows(_options):
    fixture = json.loads(FIXTURE.read_text())
    ours = fixture["arms"]["batlinet"]["losses"]
    for name, in_double in (("single", False), ("double", True)):
        theirs = their_losses(fixture, in_double)
        yield f"losses of {len(ours)} AdamW steps, theirs in {name} precision", len(ours), difference(ours, theirs)
