"""Every experiment file against experiments/schema.json, by the package jsonschema: an opinion beside the test's own."""

import json
import pathlib
import sys

import jsonschema
import yaml

root = pathlib.Path(__file__).resolve().parents[2]
validator = jsonschema.Draft202012Validator(json.loads((root / "experiments/schema.json").read_text()))
jsonschema.Draft202012Validator.check_schema(validator.schema)
files = sorted((root / "experiments").rglob("*.yaml"))
faults = [(path, fault) for path in files for fault in validator.iter_errors(yaml.safe_load(path.read_text()))]
for path, fault in faults:
    print(f"{path.relative_to(root)}: {fault.json_path}: {fault.message}")
print(f"{len(files)} files, {len(faults)} faults")
sys.exit(bool(faults))
