"""Microseconds for a step of gradient descent with its loss, against the libraries that a student would pick.

    pip install -e ".[fast]" torch jax
    python tests/benchmarks/speed.py                  # one thread
    python tests/benchmarks/speed.py --threads 2
    python tests/benchmarks/speed.py --cold           # whole processes, from nothing: import, compile, train
    python tests/benchmarks/speed.py --memory         # seconds to import, and the peak memory of a training

Every peer starts from the same parameters, takes the same steps and must end at the same loss, to 1e-6; not so
scikit-learn, which draws its own start, and in Adam's work, where each counts the loss at another moment. Runs
alternate, so that whatever else the machine does meets all of them; a peer that is not installed is left out, and this
is said. A row shows the median, the middle half, and the ratios to `train` and to scikit-learn, round by round.
The results go to docs/speed.json, and a picture of them to docs/assets/speed.png.
"""

import argparse
import os
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--works", default="A A' B' B C adam", help="which, as in --works 'A B'")
parser.add_argument("--runs", type=int, default=15, help="rounds, after one that warms up")
parser.add_argument("--compile", action="store_true", help="torch.compile as well, which needs a C++ compiler")
parser.add_argument("--cold", action="store_true", help="seconds of whole processes that find nothing compiled")
parser.add_argument("--memory", action="store_true", help="seconds to import, and megabytes at the peak of a training")
parser.add_argument("--one", nargs=3, metavar=("PEER", "WORK", "STEPS"), help=argparse.SUPPRESS)
options = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = str(options.threads)  # read once, when NumPy is imported
if options.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import json  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import warnings  # noqa: E402
from functools import cache  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402
from time import perf_counter  # noqa: E402

import numpy as np  # noqa: E402

import twolayer  # noqa: E402
from twolayer import backward, bce, bce_grad, forward, he_init, step, train  # noqa: E402

DOCS = Path(__file__).parents[2] / "docs"
WORKS = {  # n, d, h, dtype, steps
    "A": (1000, 2, 16, "float64", 400),
    "A'": (500, 2, 8, "float64", 800),
    "B'": (200, 20, 100, "float64", 400),
    "B": (20000, 20, 100, "float64", 8),
    "C": (10000, 784, 512, "float32", 2),
    "adam": (2000, 20, 32, "float64", 630),  # ten epochs of 63 batches
}
LR, BATCH = 0.1, 32


class Work:
    """Data, start and number of steps; a method for each way to train, which returns the last loss."""

    def __init__(self, name):
        self.n, self.d, self.h, self.dtype, self.steps = WORKS[name]
        self.adam = name == "adam"
        rng = np.random.default_rng(0)
        self.X = rng.normal(size=(self.n, self.d)).astype(self.dtype)
        self.y = (np.sin(self.X[:, :1]) > 0.3).astype(self.dtype)
        self.params = tuple(p.astype(self.dtype) for p in he_init(rng, self.d, self.h, 1))
        self.orders = [rng.permutation(self.n) for _ in range(self.steps // -(-self.n // BATCH))]

    def batches(self):
        """Rows of each step of mini-batch Adam, the same for all."""
        for order in self.orders:
            yield from (order[i : i + BATCH] for i in range(0, self.n, BATCH))

    def plain(self):
        """The functions of the pages, in a loop of one's own."""
        params, state = self.params, twolayer.adam_init(self.params)
        if self.adam:
            for rows in self.batches():
                Z, cache = forward(self.X[rows], params)
                loss = bce(Z, self.y[rows])
                grads = backward(bce_grad(Z, self.y[rows]), cache, params)
                params, state = twolayer.adam_step(params, grads, state, LR / 10)
            return loss
        for _ in range(self.steps):
            Z, cache = forward(self.X, params)
            loss = bce(Z, self.y)
            params = step(params, backward(bce_grad(Z, self.y), cache, params), LR)
        return loss

    def train(self, engine):
        """`train`, which keeps a history and checks the loss."""
        if self.adam:
            epochs = {"epochs": len(self.orders), "batch_size": BATCH, "optimizer": "adam", "lr": LR / 10}
            return train(self.params, self.X, self.y, **epochs, engine=engine, rng=Orders(self.orders))[1].loss[-1]
        return train(self.params, self.X, self.y, lr=LR, epochs=self.steps, engine=engine)[1].loss[-1]

    def products(self):
        """The matrix products alone, of a full batch: no formula of ours, a floor for NumPy on whole arrays."""
        W1, _, W2, _ = self.params
        for _ in range(self.steps):
            Z1 = self.X @ W1
            Z2 = Z1 @ W2
            Z1.T @ Z2
            np.dot(Z2, W2.T)
            self.X.T @ Z1

    def sklearn(self):
        from sklearn.neural_network import MLPClassifier

        kind = {"solver": "adam", "batch_size": BATCH} if self.adam else {"solver": "sgd", "batch_size": self.n}
        if not self.adam:
            kind |= {"momentum": 0, "nesterovs_momentum": False, "shuffle": False}
        epochs, rate = (len(self.orders), LR / 10) if self.adam else (self.steps, LR)
        more = {"alpha": 0, "learning_rate_init": rate, "max_iter": epochs, "tol": 0, "n_iter_no_change": epochs + 1}
        return MLPClassifier((self.h,), **kind, **more, random_state=0).fit(self.X, self.y[:, 0]).loss_

    def torch(self, compiled=False):
        import torch

        torch.set_num_threads(options.threads)
        X, y = torch.from_numpy(self.X), torch.from_numpy(self.y)
        params = [torch.from_numpy(p.copy()).requires_grad_() for p in self.params]
        rate = LR / 10 if self.adam else LR
        optimizer = (torch.optim.Adam if self.adam else torch.optim.SGD)(params, rate)
        function = torch_loss(compiled)
        for rows in self.batches() if self.adam else [slice(None)] * self.steps:
            optimizer.zero_grad()
            loss = function(X[rows], y[rows], *params)
            loss.backward()
            optimizer.step()
            last = loss.item()
        return last

    def jax(self):
        import jax

        jax.config.update("jax_enable_x64", True)
        params = tuple(map(jax.numpy.asarray, self.params))
        X, y = jax.numpy.asarray(self.X), jax.numpy.asarray(self.y)
        for _ in range(self.steps):
            loss, params = jax_step()(params, X, y)
            last = float(loss)
        return last


class Orders(np.random.Generator):
    """A generator whose permutations are given, so that all peers see the same batches."""

    def __init__(self, orders):
        super().__init__(np.random.PCG64(0))
        self.orders = iter(orders)

    def permutation(self, n):
        return next(self.orders)


@cache
def torch_loss(compiled):
    import torch

    def loss(X, y, W1, b1, W2, b2):
        Z2 = torch.addmm(b2, torch.relu(torch.addmm(b1, X, W1)), W2)
        return torch.nn.functional.binary_cross_entropy_with_logits(Z2, y)

    return torch.compile(loss) if compiled else loss


@cache
def jax_step():
    import jax

    def loss(params, X, y):
        W1, b1, W2, b2 = params
        Z2 = jax.numpy.maximum(X @ W1 + b1, 0) @ W2 + b2
        return jax.numpy.mean(jax.numpy.logaddexp(Z2, 0) - Z2 * y)  # whose derivative is right at 0 too

    def one(params, X, y):
        value, grads = jax.value_and_grad(loss)(params, X, y)
        return value, jax.tree.map(lambda p, g: p - LR * g, params, grads)

    return jax.jit(one)


def peers(work):
    """Name and function of each way to do the work that is installed."""
    yield "plain functions", work.plain
    yield "train", lambda: work.train("numpy")
    if find_spec("numba"):
        yield "train, numba", lambda: work.train("numba")
    yield "scikit-learn", work.sklearn
    if find_spec("torch"):
        yield "PyTorch", work.torch
        if options.compile:
            yield "PyTorch compiled", lambda: work.torch(compiled=True)
    if find_spec("jax") and not work.adam:
        yield "JAX jit", work.jax
    if not work.adam:
        yield "products alone", work.products


def measured(work):
    """Seconds of each round of each peer, and the first call's, which may compile."""
    ways = dict(peers(work))
    seconds, first, losses = {name: [] for name in ways}, {}, {}
    for run in range(options.runs + 1):
        for name, way in ways.items():
            print(f"\r\033[K{run}/{options.runs} {name}", end="", file=sys.stderr)
            start = perf_counter()
            losses[name] = way()
            time = perf_counter() - start
            first.setdefault(name, time)
            if run:
                seconds[name].append(time)
    print("\r\033[K", end="", file=sys.stderr)
    for name in ("train", "train, numba", "PyTorch", "PyTorch compiled", "JAX jit"):
        if name in losses and not work.adam:  # of Adam, each counts the loss elsewhere
            assert abs(losses[name] - losses["plain functions"]) <= 1e-6, (name, losses)
    return seconds, first


def cold():
    """Seconds of whole processes that find nothing compiled; as many steps as JAX does in 1, 3 and 9 seconds."""
    peers = ("auto", "numpy", "JAX jit", *["PyTorch compiled"] * options.compile)
    record = json.loads((DOCS / "speed.json").read_text())
    print(f"{'work':<8}{'steps':>9}" + "".join(f"{peer:>18}" for peer in peers))
    for name in options.works.split():
        if name in ("adam", "C"):  # JAX does not do the one; the other is its product
            continue
        for length in (1, 3, 9):
            steps = round(length * 1e6 / record["1"][name]["JAX jit"][1])
            seconds = {peer: [] for peer in peers}
            for _ in range(options.runs):
                for peer in peers:
                    with tempfile.TemporaryDirectory() as empty:
                        caches = {"NUMBA_CACHE_DIR": empty, "TORCHINDUCTOR_CACHE_DIR": empty}
                        start = perf_counter()
                        command = [sys.executable, __file__, "--one", peer, name, str(steps)]
                        subprocess.check_output(command, env=os.environ | caches)
                        seconds[peer].append(perf_counter() - start)
            print(f"{name:<8}{steps:>9,}" + "".join(f"{np.median(times):>16.1f} s" for times in seconds.values()))


def memory():
    """Seconds to import each, medians, and the peak memory of a process of its own: after the import, and on work B."""
    modules = {"numpy": "twolayer", "numba": "twolayer, numba", "scikit-learn": "sklearn.neural_network",
               "PyTorch": "torch", "JAX jit": "jax"}  # fmt: skip
    report = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    print(f"{'':<14}{'import':>10}{'peak after it':>16}{'of B':>10}")
    for peer, module in modules.items():
        times = []
        for _ in range(options.runs):
            start = perf_counter()
            after = subprocess.check_output([sys.executable, "-c", f"import {module}{report}"])
            times.append(perf_counter() - start)
        whole = subprocess.check_output([sys.executable, __file__, "--one", peer, "B", "8"])
        megabytes = [int(output) / 1024 for output in (after, whole)]  # Linux counts in KiB
        print(f"{peer:<14}{np.median(times):>8.2f} s{megabytes[0]:>13.0f} MB{megabytes[1]:>7.0f} MB")


def main():
    warnings.simplefilter("ignore")  # scikit-learn's, that it did not converge: it runs all its epochs, as it should
    if options.one:
        peer, name, steps = options.one
        work = Work(name)
        work.steps = int(steps)
        ways = {"scikit-learn": work.sklearn, "PyTorch": work.torch, "JAX jit": work.jax}
        ways["PyTorch compiled"] = lambda: work.torch(compiled=True)
        ways.get(peer, lambda: work.train(peer))()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    if options.cold or options.memory:
        return (cold if options.cold else memory)()
    missing = [name for name in ("numba", "torch", "jax") if not find_spec(name)]
    print(
        f"{options.threads} thread(s), {options.runs} rounds in turn" + (f"; not installed: {missing}" * bool(missing))
    )
    record = {}
    for name in options.works.split():
        work = Work(name)
        seconds, first = measured(work)
        print(f"\n{name}: n {work.n}, d {work.d}, h {work.h}, {work.dtype}, {work.steps} steps a run")
        print(f"{'':<18}{'µs a step':>12}{'middle half':>20}{'to train':>10}{'to scikit-learn':>17}{'first run':>11}")
        for peer, times in seconds.items():
            low, median, high = 1e6 * np.percentile(times, [25, 50, 75]) / work.steps
            ratio, theirs = np.median(np.divide(times, seconds["train"])), np.divide(times, seconds["scikit-learn"])
            print(f"{peer:<18}{median:>12,.0f}{f'{low:,.0f} - {high:,.0f}':>20}{ratio:>10.2f}{np.median(theirs):>17.2f}"
                  f"{first[peer]:>9.1f} s")  # fmt: skip
            record.setdefault(name, {})[peer] = [float(f"{v:.3g}") for v in (low, median, high, np.median(theirs))]
    path = DOCS / "speed.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known.setdefault(str(options.threads), {}).update(record)
    path.write_text(json.dumps(known, indent=1) + "\n")
    print("\n" + table(known[str(options.threads)]))
    draw(known["1"])


def table(record):
    """The record as a table of a page: microseconds, and the ratio to scikit-learn."""
    peers = list(dict.fromkeys(peer for row in record.values() for peer in row))
    lines = ["| | " + " | ".join(record) + " |", "|---" * (len(record) + 1) + "|"]
    for peer in peers:
        cells = [f"{row[peer][1]:,.0f} ({row[peer][3]:.2f})" if peer in row else "" for row in record.values()]
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(record):
    """Ratios to scikit-learn, on a logarithmic scale."""
    import matplotlib.pyplot as plt

    kinds = ["plain functions", "train", "train, numba", "PyTorch", "JAX jit"]
    figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
    for i, kind in enumerate(kinds):
        at = [(x, r[kind][3]) for x, r in enumerate(record.values()) if kind in r]
        axes.plot([x + 0.12 * (i - 2) for x, _ in at], [ratio for _, ratio in at], "os^Dv"[i], label=kind)
    axes.axhline(1, color="gray", lw=1)
    axes.set(yscale="log", ylabel="time of a step / scikit-learn's", xticks=range(len(record)))
    axes.set_yticks([0.2, 0.3, 0.5, 1, 2, 3], ["0.2", "0.3", "0.5", "1", "2", "3"], minor=False)
    axes.set_yticks([], minor=True)
    axes.set_xticklabels([f"{name}\n{WORKS[name][0]:,} × {WORKS[name][1]}\nh {WORKS[name][2]}" for name in record])
    axes.set_ylim(0.18, 3.5)
    figure.legend(ncols=5, fontsize=9, loc="outside upper center", frameon=False)
    figure.savefig(DOCS / "assets" / "speed.png", dpi=130)


if __name__ == "__main__":
    main()
