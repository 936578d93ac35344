#!/usr/bin/env python3
"""Writes experiments/cells.csv: what is published about the 403 cells of the benchmark, one row each.

    python3 scripts/catalogue.py ../shared/data experiments/cells.csv

Facts only (ids, chemistry, limits, protocols, cycle lives); no measured series. Standard library only.

Which count of the cycle life is taken, since publishers differ by a few cycles (up to 124 for HUST):
  MATR   Severson's cycle life to 0.88 Ah. With it the training mean scores 398.82 and 510.63, as published.
  CLO    first cycle at or below 0.88 Ah, what the first-crossing rule reads (b4c38 and b4c40: a single low cycle).
  HUST   stored cycles + 2: the published files stop just above 0.88 Ah, where the rule pads. The training mean then
         scores 419.52, as published (435.62 with BatteryLife's label).
  CALCE  CS2_33 and CS2_35 counted by the rule on the raw files; the others as BatteryLife.
  RWTH, HNEI, UL_PUR, SNL  BatteryLife's label.
A cell without a published life has an empty field: it was taken off test before 80 % of its nominal capacity.
"""

import csv
import sys
from pathlib import Path

LIMITS = {  # V
    "MATR": (2.0, 3.5), "CLO": (2.0, 3.5), "HUST": (2.0, 3.6), "CALCE": (2.7, 4.2), "RWTH": (3.5, 3.9),
    "HNEI": (3.0, 4.3), "UL_PUR": (2.7, 4.2), "SNL LFP": (2.0, 3.6), "SNL NMC": (2.0, 4.2), "SNL NCA": (2.5, 4.2),
}
COLUMNS = ["id", "dataset", "cathode", "anode", "form_factor", "nominal_capacity_Ah", "v_min", "v_max",
           "temperature_C", "charge", "discharge", "cycle_life_80"]


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["cell_id"]: row for row in csv.DictReader(file)}


def snl(cell):
    """Rates, window and nominal capacity from an id such as SNL_18650_NCA_25C_20-80_0.5-0.5C_a (method §1.8)."""
    _, _, cathode, temperature, window, rates, _ = cell.split("_")
    charge, discharge = rates.removesuffix("C").split("-")
    nominal = {"LFP": 1.1, "NMC": 3.0, "NCA": 3.2}[cathode]
    if temperature == "15C" and cathode != "LFP":
        nominal *= 0.9
    if window == "20-80":
        nominal *= 0.6
    span = f" between {window.replace('-', ' % and ')} % SOC" if window != "0-100" else ""
    low, high = LIMITS[f"SNL {cathode}"]
    return (f"{nominal:.4g}", (low, high), f"{charge}C CC-CV to {high} V{span}",
            f"{discharge}C CC to {low} V{span}")


def describe(row, tables):
    cell, dataset = row["cell_id"], row["dataset"]
    cathode, anode = row["chemistry"].split("/")
    nominal, life = row["nominal_capacity_Ah"], row["cycle_life_80pct_batterylife"]
    temperature = "" if row["temperature_C"] == "room" else row["temperature_C"]
    charge = discharge = ""
    limits = LIMITS.get(dataset)
    known = tables.get(dataset, {}).get(cell, {})
    if dataset == "MATR":
        charge, discharge = known.get("charge_policy", ""), "4C CC to 2.0 V, CV to C/50"
        life = known.get("cycle_life_80pct", "")
    elif dataset == "CLO":
        charge = "-".join(f"{float(known[stage]):.4g}C" for stage in ("C1", "C2", "C3", "C4"))
        discharge, life = known["discharge"], known["first_cycle_below_0p88Ah"]
    elif dataset == "HUST":
        charge, discharge = known["charge"], known["discharge"]
        life = str(int(known["n_cycles_mybatteryml"]) + 2)
    elif dataset == "CALCE":
        charge = "CC 0.5C to 4.2 V, CV to 0.05 A"
        # the publisher discharges CS2_33 and CS2_34 at 0.5C, CS2_35 to CS2_38 at 1C; the rate of CX2 is not at hand
        rate = {"CS2_33": "0.5C ", "CS2_34": "0.5C "}.get(cell[6:], "1C " if "CS2" in cell else "")
        discharge = f"{rate}CC to 2.7 V"
        life = known.get("cycle_life_80pct_batlinet_rule") or life
    elif dataset == "RWTH":
        charge, discharge = "4 A CC-CV to 3.9 V, 30 min", "4 A CC-CV to 3.5 V, 30 min"
    elif dataset == "HNEI":
        charge, discharge = known["charge"], known["discharge"]
    elif dataset == "UL_PUR":
        charge, discharge = "0.5C CC-CV to 4.2 V", "0.5C CC to 2.7 V"
    elif dataset == "SNL":
        nominal, limits, charge, discharge = snl(cell)
    form = "prismatic" if dataset == "CALCE" else "cylindrical_18650"
    return [cell, dataset, cathode, anode, form, nominal, *limits, temperature, charge, discharge, life]


def main():
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    tables = {name: table(data / name.lower() / "cells.csv") for name in ("MATR", "CLO", "HUST", "CALCE", "HNEI")}
    rows = [describe(row, tables) for row in table(data / "cells_all.csv").values()]
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    print(f"{out}: {len(rows)} cells, {sum(row[-1] != '' for row in rows)} with a published cycle life")


if __name__ == "__main__":
    main()
