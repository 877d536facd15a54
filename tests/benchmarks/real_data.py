"""Mean test accuracy over ten seeds: `python tests/benchmarks/real_data.py`.

First `twolayer train` with its defaults against its goals. Then `TwoLayerNN` beside an `MLPClassifier` of the same
size, on the same splits of standardized data with more than two classes: each with its defaults, and both trained as
ours is by default, so that they differ in their first weights alone. Differences are means over the seeds, with their
standard errors.
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
OURS = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.5, "alpha": 0, "tol": 0, "n_iter_no_change": 1000}
GOALS = {"circles": 0.985, "breast_cancer": 0.95}


def run(data, seed):
    """(test accuracy, held-out samples) that the command prints."""
    printed = io.StringIO()
    with TemporaryDirectory() as output, redirect_stdout(printed):
        assert main(["train", "--data", data, "--seed", str(seed), "--output", output]) == 0
    accuracy = re.search(r"^test accuracy +(\S+)$", printed.getvalue(), re.M)[1]
    return float(accuracy), int(re.search(r"(\d+) test samples", printed.getvalue())[1])


def beside(data, seed):
    """Test accuracies: theirs with its defaults, theirs trained as ours, ours."""
    X, X_test, y, y_test = split(data, *load_data(data, 0, 0)[:2], 0.25, seed)
    nets = [
        MLPClassifier((16,), max_iter=1000, random_state=seed),
        MLPClassifier((16,), max_iter=1000, batch_size=len(X), **OURS, random_state=seed),
        TwoLayerNN(16, random_state=seed),
    ]
    return [make_pipeline(StandardScaler(), net).fit(X, y).score(X_test, y_test) for net in nets]


print(f"{'data':<14} {'held out':>8}  {'mean':>6}  {'lowest':>6}  {'goal':>6}")
for data, goal in GOALS.items():
    accuracies, held_out = np.array([run(data, seed) for seed in SEEDS]).T
    print(
        f"{data:<14} {int(held_out[0]):>8}  {accuracies.mean():.4f}  {accuracies.min():.4f}  {goal:.4f}"
        f"  {'met' if accuracies.mean() >= goal else 'MISSED'}"
    )

print(f"\n{'data':<8} {'with':<17}  {'MLPClassifier':>13}  {'TwoLayerNN':>10}  difference")
warnings.filterwarnings("ignore", "Stochastic Optimizer")  # theirs may not have converged
for data in ("iris", "wine", "digits"):
    *both, ours = np.array([beside(data, seed) for seed in SEEDS]).T
    for name, theirs in zip(("its defaults", "the same training"), both, strict=True):
        mean, error = (ours - theirs).mean(), (ours - theirs).std(ddof=1) / np.sqrt(len(SEEDS))
        equal = "equal or better" if mean + error > -1e-12 else "WORSE"
        print(
            f"{data:<8} {name:<17}  {theirs.mean():>13.4f}  {ours.mean():>10.4f}  {mean:+.4f} ± {error:.4f}  {equal}",
            flush=True,
        )
