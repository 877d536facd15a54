"""Mean test accuracy over ten seeds: `python tests/benchmarks/real_data.py`.

First `twolayer train` with its defaults against its goals. Then `TwoLayerNN` beside an `MLPClassifier` of the same
size, on the same splits of standardized data with more than two classes: each with its defaults, and each with the
penalty that cross-validation on the training part chooses, from the same four. Differences are means over the seeds,
with their standard errors.
"""

import io
import re
import warnings
from contextlib import redirect_stdout
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twolayer import TwoLayerNN
from twolayer.cli import main, split
from twolayer.datasets import load_data

SEEDS = range(10)
PENALTIES = [0, 0.001, 0.01, 0.1]  # λ of λ/2 Σ‖W‖²; their alpha is λ times the number of samples
GOALS = {"circles": 0.985, "breast_cancer": 0.95}


def run(data, seed):
    """(test accuracy, held-out samples) that the command prints."""
    printed = io.StringIO()
    with TemporaryDirectory() as output, redirect_stdout(printed):
        assert main(["train", "--data", data, "--seed", str(seed), "--output", output]) == 0
    accuracy = re.search(r"^test accuracy +(\S+)$", printed.getvalue(), re.M)[1]
    return float(accuracy), int(re.search(r"(\d+) test samples", printed.getvalue())[1])


def beside(data, seed):
    """Test accuracies of theirs and ours with the defaults, then of theirs and ours with the penalty chosen."""
    X, X_test, y, y_test = split(data, *load_data(data, 0, 0)[:2], 0.25, seed)
    nets = MLPClassifier((16,), max_iter=1000, random_state=seed), TwoLayerNN(16, random_state=seed)
    penalties = {"mlpclassifier__alpha": [len(X) * l2 for l2 in PENALTIES]}, {"twolayernn__l2": PENALTIES}
    models = [make_pipeline(StandardScaler(), net) for net in nets]
    models += [GridSearchCV(model, penalty, cv=5) for model, penalty in zip(models, penalties, strict=True)]
    return [model.fit(X, y).score(X_test, y_test) for model in models]


print(f"{'data':<14} {'held out':>8}  {'mean':>6}  {'lowest':>6}  {'goal':>6}")
for data, goal in GOALS.items():
    accuracies, held_out = np.array([run(data, seed) for seed in SEEDS]).T
    print(
        f"{data:<14} {int(held_out[0]):>8}  {accuracies.mean():.4f}  {accuracies.min():.4f}  {goal:.4f}"
        f"  {'met' if accuracies.mean() >= goal else 'MISSED'}"
    )

print(f"\n{'data':<8} {'with':<16}  {'MLPClassifier':>13}  {'TwoLayerNN':>10}  difference")
warnings.filterwarnings("ignore", "Stochastic Optimizer")  # theirs may not have converged
for data in ("iris", "wine", "digits"):
    accuracies = np.array([beside(data, seed) for seed in SEEDS]).T.reshape(2, 2, -1)
    for name, (theirs, ours) in zip(("the defaults", "a chosen penalty"), accuracies, strict=True):
        mean, error = (ours - theirs).mean(), (ours - theirs).std(ddof=1) / np.sqrt(len(SEEDS))
        equal = "equal or better" if mean + error > -1e-12 else "WORSE"
        print(
            f"{data:<8} {name:<16}  {theirs.mean():>13.4f}  {ours.mean():>10.4f}  {mean:+.4f} ± {error:.4f}  {equal}",
            flush=True,
        )
