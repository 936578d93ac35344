"""BatLiNet in PyTorch, as the spec describes the authors' program: the oracle that our own is checked and timed against.

    VENV/bin/python scripts/oracle/torch_batlinet.py --check PATH/golden.json

Everything is whole-batch tensor code, as theirs: a difference is cleaned by a handful of torch calls, a batch goes
through the network at once, references are drawn anew for every batch. `--check` compares with what the authors'
functions gave on inputs made by formula.
"""

import argparse
import json

import numpy as np
import torch
from torch import nn

# --- capacity map ------------------------------------------------------------------------------------------------

GRID = np.linspace(0, 1.2, 1000)


def made_cell(cycles, samples, fade=0.002, seed=0, nominal=1.1):
    """The cell of harness/tests/synthetic: (voltage, current, charge capacity, discharge capacity) of every cycle."""
    k = np.arange(samples)
    u = k / (samples - 1)
    cell = []
    for p in range(cycles):
        capacity = nominal * (1 - fade * p)
        charged = capacity * u
        charge_current = np.where(charged / nominal < 0.8, 4.0, 1.0) + 0.05 * np.sin(0.3 * k + p)
        charge_voltage = 3.0 + 0.5 * u**0.7 + 0.01 * np.sin(0.1 * k + seed) + 0.02 * np.log1p(charge_current)
        discharge_current = -4.4 + 0.05 * np.cos(0.2 * k + p)
        discharge_voltage = 3.3 - 0.25 * u - 0.9 * u**12 - 0.0005 * p * u
        rest = np.ones(5)
        cell.append((
            np.concatenate([charge_voltage, charge_voltage[-1] * rest, discharge_voltage]),
            np.concatenate([charge_current, 0 * rest, discharge_current]),
            np.concatenate([charged, capacity * rest, capacity * np.ones(samples)]),
            np.concatenate([np.zeros(samples), 0 * rest, capacity * u]),
        ))
    return cell


def interpolate(capacity, values, left, right):
    if len(capacity) <= 2:
        return np.zeros_like(GRID)
    kept = (capacity >= 0) & (capacity <= 1.2)
    capacity, values = capacity[kept], values[kept]
    order = np.argsort(capacity, kind="stable")
    return np.interp(GRID, capacity[order], values[order], left=left(values), right=right(values))


def nothing(_values):
    return 0.0


def capacity_map(cell, cycles, nominal=1.1):
    """[6, cycles, 1000]."""
    rows = []
    for voltage, current, charged, discharged in cell[:cycles]:
        charge, discharge = current > 0.1, current < -0.1
        qc, qd = charged[charge] / nominal, discharged[discharge] / nominal
        vc = interpolate(qc, voltage[charge], np.min, np.max)
        vd = interpolate(qd, voltage[discharge], np.max, np.min)
        ic = interpolate(qc, current[charge], nothing, nothing)
        id_ = interpolate(qd, current[discharge], nothing, nothing)
        dv = vc - vd[::-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append([vc, vd, ic, id_, dv, dv / (ic - id_[::-1] + 0.001)])
    rows = np.array(rows)
    rows[np.isnan(rows)] = 0
    return rows.transpose(1, 0, 2).astype(np.float32)


# --- cleaning ----------------------------------------------------------------------------------------------------


def edge_smooth(x):
    """`torch.median` is the lower of two middle values."""
    distance = (x - x.median(-1, keepdim=True).values).abs()
    return x.masked_fill(distance > 3 * distance.std(-1, keepdim=True), 0)


def remove_glitches(x, width=25, threshold=3):
    left = (x.roll(1, -1) - x).abs()
    right = (x.roll(-1, -1) - x).abs()
    left = left > threshold * left.std(-1, keepdim=True)
    right = right > threshold * right.std(-1, keepdim=True)
    after, before = left.clone(), right.clone()
    for shift in range(1, width + 1):
        after |= left.roll(shift, -1)
        before |= right.roll(-shift, -1)
    return x.masked_fill(after & before, 0)


def outlying(statistic):
    """[.., cycles]: which are more than five standard deviations from the median."""
    distance = (statistic - statistic.median(-1, keepdim=True).values).abs()
    return distance > 5 * distance.std(-1, keepdim=True)


def filter_cycles(x):
    drop = outlying(x.abs().amax(-1)) | outlying(x.mean(-1))
    return x.masked_fill(drop.unsqueeze(-1), 0)


def clean(x, filtered=True):
    """x: [.., cycles, grid points]."""
    x = x.clone()
    x[..., :50] = edge_smooth(x[..., :50])
    x[..., -50:] = edge_smooth(x[..., -50:])
    x = remove_glitches(x)
    return filter_cycles(x) if filtered else x


def intra_input(maps, base, filtered=True):
    """[cells, channels, cycles, grid points], the same."""
    return clean(maps - maps[:, :, base : base + 1], filtered)


def inter_input(maps, references, filtered=True):
    """maps [cells, ..], references [cells, references, ..]: [cells, references, ..]."""
    if filtered:
        maps = filter_cycles(maps)
    return clean(maps.unsqueeze(1) - references, filtered)


# --- network -----------------------------------------------------------------------------------------------------


class Block(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, hidden, 3)
        self.conv2 = nn.Conv2d(hidden, hidden, 3)
        self.pool = nn.AvgPool2d(3)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        return self.pool(torch.relu(self.conv2(x)))


def encoder(channels, height, width, hidden=32):
    for _ in range(2):
        height, width = (height - 2) // 3, (width - 2) // 3
    return nn.Sequential(Block(channels, hidden), nn.Conv2d(hidden, hidden, (height, width)), nn.ReLU(), nn.Flatten())


class BatLiNet(nn.Module):
    def __init__(self, channels, height, width, hidden=32, alpha=0.5, filtered=True):
        super().__init__()
        self.ori_module = encoder(channels, height, width, hidden)
        self.sup_module = encoder(channels, height, width, hidden)
        self.fc = nn.Linear(hidden, 1, bias=False)
        self.alpha = alpha
        self.filtered = filtered

    def outputs(self, intra, maps, references, reference_labels):
        """y_intra [cells], y_inter [cells, references]."""
        y_intra = self.fc(self.ori_module(intra)).view(-1)
        inter = inter_input(maps, references, self.filtered)
        differences = self.fc(self.sup_module(inter.flatten(0, 1))).view(reference_labels.shape)
        return y_intra, differences + reference_labels

    def loss(self, intra, maps, labels, references, reference_labels):
        y_intra, y_inter = self.outputs(intra, maps, references, reference_labels)
        errors = ((y_intra - labels) ** 2).mean(), ((y_inter.mean(1) - labels) ** 2).mean()
        return (1 - self.alpha) * errors[0] + self.alpha * errors[1]

    def predict(self, intra, maps, references, reference_labels):
        with torch.no_grad():
            y_intra, y_inter = self.outputs(intra, maps, references, reference_labels)
            return (1 - self.alpha) * y_intra + self.alpha * y_inter.median(1).values


def optimiser(model):
    return torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)


def step(model, adamw, intra, maps, labels, support, support_labels, references):
    """One AdamW step; `references` [cells, references] are indices into `support`."""
    adamw.zero_grad()
    loss = model.loss(intra, maps, labels, support[references], support_labels[references])
    loss.backward()
    adamw.step()
    return loss.item()


def train_epoch(model, adamw, intra, maps, labels, references=2, batch=128):
    for start in range(0, len(maps), batch):
        part = slice(start, start + batch)
        drawn = torch.randint(len(maps), (len(maps[part]), references))
        step(model, adamw, intra[part], maps[part], labels[part], maps, labels, drawn)


def predict_cell(model, one_map, support, support_labels, references, base=9):
    """`one_map` [1, ..] is a batch of one cell, as the authors evaluate."""
    drawn = torch.randint(len(support), (1, references))
    intra = intra_input(one_map, base, model.filtered)
    return model.predict(intra, one_map, support[drawn], support_labels[drawn])


# --- inputs by formula -------------------------------------------------------------------------------------------


def formula_weights(model):
    """Parameter t, flat index k: sin(0.37 k + t) / √fan."""
    with torch.no_grad():
        for t, parameter in enumerate(model.parameters()):
            fan = parameter[0].numel() if parameter.dim() > 1 else parameter.numel()
            k = np.arange(parameter.numel())
            values = np.sin(0.37 * k + t) / np.sqrt(fan)
            parameter.copy_(torch.from_numpy(values.astype(np.float32)).view_as(parameter))
    return model


def formula_maps(cells, channels, height, width):
    b, c, h, w = np.ogrid[:cells, :channels, :height, :width]
    maps = np.sin(0.01 * w * (1 + 0.1 * c) + 0.3 * b) + 0.05 * h * np.cos(0.004 * w + b) + 0.2 * c
    return torch.from_numpy(maps.astype(np.float32))


# --- check -------------------------------------------------------------------------------------------------------


def close(ours, theirs, tolerance, what):
    error = np.max(np.abs(np.asarray(ours, float) - theirs) / np.maximum(np.abs(theirs), 0.1))
    print(f"{what}: relative difference {error:.1e}")
    if not error <= tolerance:
        raise SystemExit(f"{what} differs from the authors' program by more than {tolerance}")


def equal(ours, theirs, what):
    print(f"{what}: {ours}")
    if ours != theirs:
        raise SystemExit(f"{what} is not that of the authors' program: {theirs}")


def check(golden):
    checks = golden["six_channel_map"]["checks"]
    made = capacity_map(made_cell(110, 120), 100)
    close([made[c, h, w] for c, h, w, _ in checks], np.array([value for *_, value in checks]), 2e-7, "capacity map")

    maps = formula_maps(5, 6, 20, 1000)
    cleaned = clean(maps[0] - maps[0, :, :1], filtered=False)
    equal(int((cleaned != 0).sum()), golden["clean"]["nonzero"], "values that cleaning leaves")
    close(cleaned.double().sum().item(), golden["clean"]["sum"], 1e-6, "sum after cleaning")

    h, w = np.ogrid[:30, :1000]
    rows = 0.1 * np.sin(0.01 * w) + 0 * h
    rows[:, 300:320] += 5
    rows[:, 3], rows[:, 997] = 9, -9
    rows[:, 600] += 4
    rows[4] += 40
    rows = torch.from_numpy((rows + 0.001 * h).astype(np.float32)).unsqueeze(0)
    for filtered in (True, False):
        expected = golden[f"clean_rows_filter_{filtered}"]
        zero = clean(rows, filtered)[0] == 0
        equal(zero[0].nonzero().view(-1).tolist(), expected["zeroed_columns_row0"], "columns zeroed")
        equal(zero.all(1).nonzero().view(-1).tolist(), expected["zeroed_rows"], "cycles zeroed")

    expected = golden["batlinet_forward_H20"]
    model = formula_weights(BatLiNet(6, 20, 1000, alpha=expected["alpha"], filtered=False))
    equal(sum(p.numel() for p in model.parameters()), golden["param_counts"]["batlinet20"], "parameters")
    labels = torch.tensor(expected["labels"])
    targets, references = torch.tensor(expected["targets"]), torch.tensor(expected["references"])
    inputs = (
        intra_input(maps[targets], expected["intra_base"], filtered=False),
        maps[targets],
        maps[references],
        labels[references],
    )
    with torch.no_grad():
        y_intra, y_inter = model.outputs(*inputs)
    close(y_intra, np.array(expected["y_intra"]), 1e-5, "outputs of the intra-cell branch")
    close(y_inter, np.array(expected["y_inter"]), 1e-5, "outputs of the inter-cell branch")
    close(model.predict(*inputs), np.array(expected["prediction"]), 1e-5, "predictions")
    loss = model.loss(*inputs[:2], labels[targets], *inputs[2:])
    close(loss.item(), expected["training_loss_with_these_references"], 1e-5, "loss")
    loss.backward()
    for name, parameter in model.named_parameters():
        close(parameter.grad.double().norm().item(), expected["grad_norms"][name], 1e-4, f"gradient of {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="GOLDEN", required=True, help="golden.json of the reference")
    with open(parser.parse_args().check) as file:
        check(json.load(file))
