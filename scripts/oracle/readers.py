"""Whether BatteryML's readers take what `batlinet data export` writes: `readers.py CHECKOUT FILES OUT`.

CHECKOUT is a folder with BatteryML (github microsoft/BatteryML; nothing is fetched), FILES one with exported files of any of
MATR (all four batches: a cell of each is enough), HUST, CALCE, RWTH (all 48 cells), SNL, HNEI and UL-PUR. OUT gets the
pickles that `batlinet data import batteryml` reads. Needs h5py, numba, numpy, openpyxl, pandas, scipy and tqdm.
"""

import importlib
import shutil
import sys
import tempfile
import types
from pathlib import Path

import numpy

if not hasattr(numpy, "bool8"):  # the name of numpy before 2
    numpy.bool8 = numpy.bool_

BATCHES = ["2017-05-12", "2017-06-30", "2018-04-12", "2019-01-24"]
SUFFIX = "_batchdata_updated_struct_errorcorrect"


def package(checkout: Path) -> None:
    """BatteryML without its models, which need more than its readers do."""
    batteryml = types.ModuleType("batteryml")
    batteryml.__path__ = [str(checkout / "batteryml")]
    sys.modules["batteryml"] = batteryml
    data = types.ModuleType("batteryml.data")
    data.__path__ = [str(checkout / "batteryml/data")]
    sys.modules["batteryml.data"] = data
    records = importlib.import_module("batteryml.data.battery_data")
    for name in ["BatteryData", "CycleData", "CyclingProtocol"]:
        setattr(batteryml, name, getattr(records, name))
    # whose own init wants more
    for name in ["preprocess", "utils"]:
        part = types.ModuleType(f"batteryml.{name}")
        part.__path__ = [str(checkout / "batteryml" / name)]
        sys.modules[f"batteryml.{name}"] = part


def main() -> None:
    checkout, files, out = map(Path, sys.argv[1:])
    package(checkout)
    out.mkdir(parents=True, exist_ok=True)
    # each reader with the files that it takes, by the names that BatteryML's own download gives them
    wanted = {
        "MATR": {f"{day}{SUFFIX}.mat": f"MATR_batch_{day.replace('-', '')}.mat" for day in BATCHES},
        "HUST": {"hust_data.zip": "hust_data.zip"},
        "RWTH": {"raw.zip": "RWTH.zip"},
        "CALCE": {path.name: path.name for path in files.glob("C[SX]2_*.zip")},
        "SNL": {path.name: path.name for path in files.glob("SNL_*.csv")},
        "HNEI": {path.name: path.name for path in files.glob("HNEI_*.csv")},
        "UL_PUR": {path.name: path.name for path in files.glob("UL-PUR_*.csv")},
    }
    for dataset, names in wanted.items():
        here = {given: name for given, name in names.items() if (files / given).exists()}
        if not here:
            print(f"{dataset}: no files")
            continue
        with tempfile.TemporaryDirectory() as folder:
            for given, name in here.items():
                shutil.copyfile(files / given, Path(folder) / name)
            module = importlib.import_module(f"batteryml.preprocess.preprocess_{dataset}")
            reader = getattr(module, f"{dataset}Preprocessor")(str(out), silent=True)
            before = set(out.glob("*.pkl"))
            reader.process(Path(folder))
            made = sorted(set(out.glob("*.pkl")) - before)
        battery = sys.modules["batteryml"].BatteryData
        cells = {path.stem: len(battery.load(path).cycle_data) for path in made}
        empty = [path for path in made if cells[path.stem] == 0]
        for path in empty:
            path.unlink()  # places without a cell
        print(f"{dataset}: {len(made) - len(empty)} cells, {sum(cells.values())} cycles, {len(empty)} places without a cell")


if __name__ == "__main__":
    main()
