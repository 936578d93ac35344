"""Weights that we trained on MATR-1 in the authors' network: every test cell with every training cell as its reference.

Maps are made by their feature extractor from the cells that we export.
"""

import csv
import json
import struct
import types
from pathlib import Path

import numpy as np
import torch

from cells import split
from common import Ours, difference

SCENARIO = "matr-1"


def safetensors(path):
    """{name: tensor} of a safetensors file with f32."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").copy()).view(entry["shape"])
        for name, entry in header.items()
    }


def under_their_names(weights):
    """Branches `intra` and `inter`; convolutions and projection; one head."""
    branches = {"intra": "ori_module", "inter": "sup_module"}
    layers = {"conv1": "0.conv1", "conv2": "0.conv2", "projection": "1"}
    renamed = {}
    for name, tensor in weights.items():
        first, *rest = name.split(".")
        renamed[f"{branches[first]}.{layers[rest[0]]}.{rest[1]}" if rest[1:] else f"fc.{rest[0]}"] = tensor
    return renamed


def maps(cells, folder):
    from src.data.battery_data import BatteryData
    from src.feature.batlinet import BatLiNetFeatureExtractor

    extractor = BatLiNetFeatureExtractor()
    return torch.stack([extractor.process_cell(BatteryData.load(Path(folder) / f"{cell}.pkl")).float() for cell in cells])


def their_pairs(weights, train, test, folder, labels):
    """(y_intra [test], y_inter [test, train]), standardised."""
    from src.data.databundle import Dataset
    from src.models.rul_predictors import batlinet as theirs

    model = theirs.BatLiNetRULPredictor(
        6, 32, 100, 1000, diff_base=9, test_support_size=len(train), test_batch_size=1, return_pointwise_predictions=True
    )
    model.load_state_dict({name: t.view(model.state_dict()[name].shape) for name, t in weights.items()})
    stand_in = types.SimpleNamespace(**vars(torch))
    stand_in.randint = lambda *_, **__: torch.arange(len(train))
    theirs.torch = stand_in
    data = types.SimpleNamespace(
        train_data=Dataset(maps(train, folder), labels), test_data=Dataset(maps(test, folder), torch.zeros(len(test)))
    )
    return model.predict(data)


def rows(options, made):
    results = Ours(options.ours_batlinet)
    folder = results.run(SCENARIO, "batlinet", "pairs.csv")
    if folder is None:
        raise SystemExit(f"{options.ours_batlinet} holds no pairs.csv: please run with models.batlinet.pair_matrix=true")
    with open(folder / "pairs.csv", newline="") as file:
        ours = {(row["cell_id"], row["reference"]): float(row["predicted"]) for row in csv.DictReader(file)}
    train, test = split(SCENARIO, options.batlinet, options.cells)
    logarithms = torch.tensor([made[cell]["life"] for cell in train], dtype=torch.float64).log()
    mean, deviation = logarithms.mean(), logarithms.std()
    labels = ((logarithms - mean) / deviation).float()
    weights = under_their_names(safetensors(results.weights(folder)))
    intra, inter = their_pairs(weights, train, test, options.cells, labels)
    # α is ½
    theirs = ((intra.unsqueeze(1) + inter).double() / 2 * deviation + mean).exp()
    mine = [[ours[cell, reference] for reference in train] for cell in test]
    yield f"{SCENARIO}: predictions of pairs, in cycles", theirs.numel(), difference(mine, theirs)
