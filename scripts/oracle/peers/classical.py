"""The classical models on the cells that we export: BatteryML's features, the authors' settings, and our predictions."""

import numpy as np
import torch

from cells import MODELS, configuration, key, split
from common import Ours, difference, rmse


def bundle(made, parts, configuration):
    """Their DataBundle, with the transformations that the configuration asks for."""
    from batteryml.builders import DATA_TRANSFORMATIONS
    from batteryml.data.databundle import DataBundle

    name = key(configuration["feature"])
    kept = [[cell for cell in part if not np.isnan(made[cell]["life"])] for part in parts]
    tensors = []
    for part in kept:
        tensors.append(torch.from_numpy(np.stack([made[cell][name] for cell in part])))
        tensors.append(torch.tensor([made[cell]["life"] for cell in part]))
    built = {
        kind: DATA_TRANSFORMATIONS.build(dict(configuration[kind])) if configuration.get(kind) else None
        for kind in ("feature_transformation", "label_transformation")
    }
    return DataBundle(*tensors, **built), kept[1]


def their_model(configuration):
    from batteryml.builders import MODELS as THEIRS

    return THEIRS.build(dict(configuration["model"]))


def fitted(made, options, scenario, model):
    """Their model, its test cells and what it predicts of them."""
    chosen = configuration(options.batlinet, scenario, model)
    data, cells = bundle(made, split(scenario, options.batlinet, options.cells), chosen)
    theirs = their_model(chosen)
    theirs.fit(data)
    lives = data.label_transformation.inverse_transform(theirs.predict(data))
    return theirs, cells, lives.view(-1).tolist()


def rows(options, made):
    """(what, how many, difference) and, of the Gaussian process and PCR, what either side scores."""
    ours = Ours(options.ours)
    for scenario in options.scenarios:
        for model in MODELS:
            predicted = ours.predictions(scenario, model)
            if predicted is None:
                continue
            theirs, cells, lives = fitted(made, options, scenario, model)
            observed, mine = zip(*(predicted[cell] for cell in cells))
            scores = f"RMSE ours {rmse(observed, mine):.4f}, theirs {rmse(observed, lives):.4f}"
            if model == "gp":
                scores += f"; their log marginal likelihood {theirs.model.log_marginal_likelihood_value_:.4f}"
                scores += f", kernel {theirs.model.kernel_}"
            yield f"{scenario}: {model}", len(cells), difference(mine, lives), scores
