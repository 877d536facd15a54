"""Mean test accuracy over ten seeds: `python tests/benchmarks/real_data.py`.

First `twolayer train` with its defaults against its goals. Then `TwoLayerNN` beside an `MLPClassifier` of the same
size, on the same splits of standardized data with more than two classes: each with its defaults, and ours with a
penalty of 0.01. Differences are means over the seeds, with their standard errors.
"""

import io
import re
import warnings
from contextlib import redirect_stdout
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twolayer import TwoLayerNN
from twolayer.cli import main, split
from twolayer.datasets import load_data

SEEDS = range(10)
GOALS = {"circles": 0.985, "breast_cancer": 0.95}


def run(data, seed):
    """(test accuracy, held-out samples) that the command prints."""
    printed = io.StringIO()
    with TemporaryDirectory() as output, redirect_stdout(printed):
        assert main(["train", "--data", data, "--seed", str(seed), "--output", output]) == 0
    accuracy = re.search(r"^test accuracy +(\S+)$", printed.getvalue(), re.M)[1]
    return float(accuracy), int(re.search(r"(\d+) test samples", printed.getvalue())[1])


def beside(data, seed):
    """Test accuracies of theirs, of ours, and of ours with a penalty, with 16 hidden units and one split."""
    X, X_test, y, y_test = split(data, *load_data(data, 0, 0)[:2], 0.25, seed)
    theirs = MLPClassifier((16,), max_iter=1000, random_state=seed)
    ours = [TwoLayerNN(16, l2=l2, random_state=seed) for l2 in (0, 0.01)]
    return [make_pipeline(StandardScaler(), net).fit(X, y).score(X_test, y_test) for net in (theirs, *ours)]


print(f"{'data':<14} {'held out':>8}  {'mean':>6}  {'lowest':>6}  {'goal':>6}")
for data, goal in GOALS.items():
    accuracies, held_out = np.array([run(data, seed) for seed in SEEDS]).T
    print(
        f"{data:<14} {int(held_out[0]):>8}  {accuracies.mean():.4f}  {accuracies.min():.4f}  {goal:.4f}"
        f"  {'met' if accuracies.mean() >= goal else 'MISSED'}"
    )

print(f"\n{'data':<8} {'MLPClassifier':>13}  {'TwoLayerNN':>26}  {'with l2=0.01':>26}")
warnings.filterwarnings("ignore", "Stochastic Optimizer")  # theirs may not have converged
for data in ("iris", "wine", "digits"):
    theirs, *ours = np.array([beside(data, seed) for seed in SEEDS]).T
    columns = []
    for accuracies in ours:
        difference = accuracies - theirs
        error = difference.std(ddof=1) / np.sqrt(len(SEEDS))
        columns.append(f"{accuracies.mean():.4f} ({difference.mean():+.4f} ± {error:.4f})")
    met = "equal or better" if difference.mean() + error > -1e-12 else "WORSE"
    print(f"{data:<8} {theirs.mean():>13.4f}  {columns[0]:>26}  {columns[1]:>26}  {met}")
