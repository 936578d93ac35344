"""Every cell that we export, loaded by BatteryML, with what its classes make of it: lives and features.

One cell at a time, since a cell's lists take a hundred megabytes; what is made is kept in a file.
"""

import functools
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import yaml

from common import SCENARIOS, Ours, difference

# the authors' configuration of each of our models; the forest is left out, for it is drawn at random
MODELS = {
    "variance": "variance_model",
    "discharge": "discharge_model",
    "full": "full_model",
    "ridge": "ridge",
    "pcr": "pcr",
    "pls": "plsr",
    "svm": "svm",
    "gp": "gpr",
}


def configuration(batlinet, scenario, model):
    with open(Path(batlinet) / f"configs/baselines/sklearn/{MODELS[model]}/{SCENARIOS[scenario]}.yaml") as file:
        return yaml.safe_load(file)


def key(feature):
    return repr(sorted(feature.items()))


def wanted(batlinet, scenarios):
    """The distinct features of all models."""
    features = (configuration(batlinet, scenario, model)["feature"] for scenario in scenarios for model in MODELS)
    return {key(feature): feature for feature in features}


def made_of(path, extractors):
    from batteryml.data.battery_data import BatteryData
    from batteryml.label import RULLabelAnnotator

    cell = BatteryData.load(path)
    # a life that is too short is NaN, and the cell is left out
    made = {"id": cell.cell_id, "life": float(RULLabelAnnotator().process_cell(cell))}
    for name, extractor in extractors.items():
        try:
            made[name] = extractor.process_cell(cell).float().numpy()
        except (IndexError, RuntimeError, ValueError):
            pass  # too few cycles for it: then none of the scenarios that ask for it has this cell
    return path.stem, made


def made_by_them(batlinet, cells, scenarios, kept, jobs):
    """{cell: {"life": .., feature: ..}}."""
    if kept.is_file():
        with open(kept, "rb") as file:
            return pickle.load(file)
    from batteryml.builders import FEATURE_EXTRACTORS

    extractors = {name: FEATURE_EXTRACTORS.build(dict(feature)) for name, feature in wanted(batlinet, scenarios).items()}
    with multiprocessing.Pool(jobs) as pool:
        paths = sorted(Path(cells).glob("*.pkl"))
        made = dict(pool.imap_unordered(functools.partial(made_of, extractors=extractors), paths))
    with open(kept, "wb") as file:
        pickle.dump(made, file)
    return made


def split(scenario, batlinet, cells):
    """Their split of the files: (training cells, test cells)."""
    from src.builders import TRAIN_TEST_SPLITTERS

    options = dict(configuration(batlinet, scenario, "ridge")["train_test_split"], cell_data_path=str(cells))
    return [[Path(path).stem for path in part] for part in TRAIN_TEST_SPLITTERS.build(options).split()]


def rows(options, made):
    """(what, how many, difference)."""
    wrong = [stem for stem, cell in made.items() if cell["id"] != stem]
    if wrong:
        raise SystemExit(f"cells that BatteryML reads under another name: {', '.join(wrong)}")
    yield "cells that BatteryML loads", len(made), None
    ours = Ours(options.ours)
    for scenario in options.scenarios:
        train, test = split(scenario, options.batlinet, options.cells)
        predicted = ours.predictions(scenario, "mean")
        if predicted is None:
            continue
        lives = [(predicted[cell][0], made[cell]["life"]) for cell in test if not np.isnan(made[cell]["life"])]
        if len(lives) != len(predicted):
            raise SystemExit(f"{scenario}: we predict {len(predicted)} cells and they {len(lives)}")
        yield f"{scenario}: lives of the test cells", len(lives), difference(*zip(*lives))
        trained = [made[cell]["life"] for cell in train if not np.isnan(made[cell]["life"])]
        mean = np.exp(np.mean(np.log(trained)))
        said = next(iter(predicted.values()))[1]
        yield f"{scenario}: geometric mean of the training lives", len(trained), difference([said], [mean])
