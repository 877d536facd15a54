"""Mean test accuracy of `twolayer train` with its defaults, over ten seeds: `python tests/benchmarks/real_data.py`."""

import io
import re
from contextlib import redirect_stdout
from tempfile import TemporaryDirectory

import numpy as np

from twolayer.cli import main

SEEDS = range(10)
GOALS = {"circles": 0.985, "breast_cancer": 0.95}


def run(data, seed):
    """(test accuracy, held-out samples) that the command prints."""
    printed = io.StringIO()
    with TemporaryDirectory() as output, redirect_stdout(printed):
        assert main(["train", "--data", data, "--seed", str(seed), "--output", output]) == 0
    accuracy = re.search(r"^test accuracy +(\S+)$", printed.getvalue(), re.M)[1]
    return float(accuracy), int(re.search(r"(\d+) test samples", printed.getvalue())[1])


print(f"{'data':<14} {'held out':>8}  {'mean':>6}  {'lowest':>6}  {'goal':>6}")
for data, goal in GOALS.items():
    accuracies, held_out = np.array([run(data, seed) for seed in SEEDS]).T
    print(
        f"{data:<14} {int(held_out[0]):>8}  {accuracies.mean():.4f}  {accuracies.min():.4f}  {goal:.4f}"
        f"  {'met' if accuracies.mean() >= goal else 'MISSED'}"
    )
