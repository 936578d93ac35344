"""The authors' own program (github.com/fingertap/BatLiNet), to be timed and compared with: nothing of it is kept here."""

import sys
import types
from importlib import import_module
from pathlib import Path

import torch


class Program:
    """Their BatLiNet on maps [cells, 6, cycles, points] with labels, and on one cell to ask about."""

    def __init__(self, folder, maps, labels, question, base, train_references, test_references):
        if not (Path(folder) / "src/models/rul_predictors/batlinet.py").is_file():
            raise SystemExit(f"{folder} holds no src/models/rul_predictors/batlinet.py: is it a checkout of BatLiNet?")
        sys.path.insert(0, str(folder))
        # compiles features that are not asked for here
        sys.modules.setdefault("numba", types.SimpleNamespace(njit=lambda function: function))
        module = import_module("src.models.rul_predictors.batlinet")
        bundle = import_module("src.data.databundle")
        module.tqdm = lambda epochs, **_: epochs
        self.model = module.BatLiNetRULPredictor(
            maps.shape[1], 32, *maps.shape[2:], diff_base=base, train_support_size=train_references,
            test_support_size=test_references, batch_size=128, test_batch_size=1, epochs=1,
            evaluate_freq=2, checkpoint_freq=None,
        )  # fmt: skip
        train, test = bundle.Dataset(maps, labels), bundle.Dataset(question, labels[:1])
        self.data = types.SimpleNamespace(train_data=train, test_data=test)
        # what they do once before all epochs is not timed with each
        build = self.model.build_cycle_diff_dataset
        prepared = build(train)
        self.model.build_cycle_diff_dataset = lambda data: prepared if data is train else build(data)

    def epoch(self):
        self.model.fit(self.data, "")

    def predict(self):
        return self.model.predict(self.data)

    @torch.no_grad()
    def clean(self, pairs):
        """Draws references for one cell, subtracts and cleans."""
        self.model.eval()
        self.model.test_support_size, kept = pairs, self.model.test_support_size
        self.model.get_support_set(self.data.test_data.feature, self.data.train_data.feature, self.data.train_data.label)
        self.model.test_support_size = kept
