"""Time of `TwoLayerNN` against scikit-learn's MLPClassifier on the same work.

    python tests/benchmarks/against_sklearn.py [threads, default 1]

1,000 points, 16 hidden units, 1,000 epochs of full-batch gradient descent in float64, without momentum, penalty or
early stopping. The runs alternate, so that whatever else the machine does meets both.
"""

import os
import sys

THREADS = sys.argv[1] if len(sys.argv) > 1 else "1"
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS  # read once, when NumPy is imported

import warnings  # noqa: E402
from time import perf_counter  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.datasets import make_circles  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from twolayer import TwoLayerNN  # noqa: E402

SAMPLES, HIDDEN, EPOCHS, RUNS, GOAL = 1000, 16, 1000, 15, 0.6

X, y = make_circles(SAMPLES, noise=0.1, factor=0.5, random_state=0)
X = StandardScaler().fit_transform(X)
models = {
    "TwoLayerNN": TwoLayerNN(HIDDEN, lr=0.5, epochs=EPOCHS, random_state=0),
    "MLPClassifier": MLPClassifier(
        (HIDDEN,),
        solver="sgd",
        momentum=0,
        nesterovs_momentum=False,
        batch_size=SAMPLES,
        shuffle=False,
        alpha=0,
        learning_rate="constant",
        learning_rate_init=0.5,
        max_iter=EPOCHS,
        tol=0,
        n_iter_no_change=EPOCHS + 1,
        early_stopping=False,
        random_state=0,
    ),
}
seconds = {name: [] for name in models}
warnings.simplefilter("ignore", ConvergenceWarning)  # it runs all its epochs, as it should
for run in range(RUNS + 1):
    for name, model in models.items():
        start = perf_counter()
        model.fit(X, y)
        if run:  # the first warms up
            seconds[name].append(perf_counter() - start)
        assert model.n_iter_ == EPOCHS

print(f"{SAMPLES} points, {HIDDEN} hidden units, {EPOCHS} epochs, {THREADS} thread(s), {RUNS} runs each, in turn")
for name, times in seconds.items():
    low, median, high = np.percentile(times, [25, 50, 75])
    loss = models[name].loss_curve_[-1]
    print(f"{name:<14} median {median:.3f} s, middle half {low:.3f} to {high:.3f} s, final loss {loss:.4f}")
ours, theirs = map(np.array, seconds.values())
low, median, high = np.percentile(ours / theirs, [25, 50, 75])
print(f"ratio of the medians {np.median(ours) / np.median(theirs):.2f}; goal {GOAL}")
print(f"ratio run by run: median {median:.2f}, middle half {low:.2f} to {high:.2f}")
