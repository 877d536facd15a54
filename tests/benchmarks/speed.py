"""Microseconds for a step of training with its loss, beside the libraries that a student would pick.

    pip install -e ".[fast]" torch jax
    python tests/benchmarks/speed.py                  # one thread: a step, the start, the gradient check
    python tests/benchmarks/speed.py --parts start    # one of them
    python tests/benchmarks/speed.py --parts step --threads 2

Every peer starts from the same parameters, takes the same steps and must end at the same loss, to 1e-6; not so
scikit-learn, which draws its own start, and with mini-batches, where each counts the loss at another moment. The peers
take turns, so that whatever else the machine does slows all of them; with one thread, processor time is measured, which
does not count it. A peer that is not installed is left out, and this is said. The results go to docs/speed.json, and a
picture of them to docs/assets.
"""

import argparse
import os
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--works", default="small tiny wide long images batches", help="which, as in --works 'small tiny'")
parser.add_argument("--rounds", type=int, default=25, help="after one that warms up")
parser.add_argument("--parts", default="step start check", help="what is measured")
options = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)  # read once, when NumPy is imported
if options.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import json  # noqa: E402
import platform  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import warnings  # noqa: E402
from functools import cache  # noqa: E402
from importlib.metadata import version  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402
from time import perf_counter, process_time  # noqa: E402

import numpy as np  # noqa: E402

from twolayer import adam_init, adam_step, backward, bce, bce_grad, forward, he_init, step, train  # noqa: E402
from twolayer.fast import loss_and_gradients  # noqa: E402

np.ones(2**17)  # freed at once: from then on, the C library keeps the memory of arrays up to this size
DOCS = Path(__file__).parents[2] / "docs"
WORKS = {  # n, d, h, dtype, steps of a run
    "small": (1000, 2, 16, "float64", 400),
    "tiny": (500, 2, 8, "float64", 800),
    "wide": (200, 20, 100, "float64", 400),
    "long": (20000, 20, 100, "float64", 8),
    "images": (10000, 784, 512, "float32", 2),
    "batches": (2000, 20, 32, "float64", 630),  # Adam, ten epochs of 63 batches
}
LR, BATCH = 0.1, 32
PACKAGES = {"numpy": "numpy", "scikit-learn": "sklearn", "numba": "numba", "torch": "torch", "jax": "jax"}


class Work:
    """Data, start and number of steps; a method for each way to train, which returns the last loss."""

    def __init__(self, name):
        self.n, self.d, self.h, self.dtype, self.steps = WORKS[name]
        self.adam = name == "batches"
        rng = np.random.default_rng(0)
        self.X = rng.normal(size=(self.n, self.d)).astype(self.dtype)
        self.y = (np.sin(self.X[:, :1]) > 0.3).astype(self.dtype)
        self.params = tuple(p.astype(self.dtype) for p in he_init(rng, self.d, self.h, 1))
        self.orders = [rng.permutation(self.n) for _ in range(self.steps // -(-self.n // BATCH))]

    def batches(self):
        """Rows of each step of mini-batch Adam, the same for all."""
        for order in self.orders:
            yield from (order[i : i + BATCH] for i in range(0, self.n, BATCH))

    def loop(self, with_gradients):
        """A loop of one's own around loss and gradients."""
        params, state = self.params, adam_init(self.params)
        if self.adam:
            for rows in self.batches():
                loss, grads = with_gradients(params, self.X[rows], self.y[rows])
                params, state = adam_step(params, grads, state, LR / 10)
            return loss
        for _ in range(self.steps):
            loss, grads = with_gradients(params, self.X, self.y)
            params = step(params, grads, LR)
        return loss

    def plain(self):
        def with_gradients(params, X, y):
            Z2, cache = forward(X, params)
            return bce(Z2, y), backward(bce_grad(Z2, y), cache, params)

        return self.loop(with_gradients)

    def train(self):
        """`train`, which keeps a history and checks the loss."""
        if self.adam:
            adam = {"epochs": len(self.orders), "batch_size": BATCH, "optimizer": "adam", "lr": LR / 10}
            return train(self.params, self.X, self.y, **adam, rng=Orders(self.orders))[1].loss[-1]
        return train(self.params, self.X, self.y, lr=LR, epochs=self.steps)[1].loss[-1]

    def products(self):
        """The matrix products alone, of a full batch: a floor for NumPy on whole arrays."""
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

    def torch(self):
        import torch

        torch.set_num_threads(options.threads)
        X, y = torch.from_numpy(self.X), torch.from_numpy(self.y)
        W1, b1, W2, b2 = params = [torch.from_numpy(p.copy()).requires_grad_() for p in self.params]
        optimizer = torch.optim.Adam(params, LR / 10) if self.adam else torch.optim.SGD(params, LR)
        for rows in self.batches() if self.adam else [slice(None)] * self.steps:
            optimizer.zero_grad()
            Z2 = torch.addmm(b2, torch.relu(torch.addmm(b1, X[rows], W1)), W2)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(Z2, y[rows])
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

    def peers(self):
        """Name and function of each way to do the work that is installed."""
        yield "plain functions", self.plain
        yield "train", self.train
        if find_spec("numba") and self.dtype == "float64":
            yield "compiled", lambda: self.loop(loss_and_gradients)
        yield "scikit-learn", self.sklearn
        if find_spec("torch"):
            yield "PyTorch", self.torch
        if find_spec("jax") and not self.adam:
            yield "JAX", self.jax
        if not self.adam:
            yield "products alone", self.products


class Orders(np.random.Generator):
    """A generator whose permutations are given, so that all peers see the same batches."""

    def __init__(self, orders):
        super().__init__(np.random.PCG64(0))
        self.orders = iter(orders)

    def permutation(self, n):
        return next(self.orders)


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


def measured(work):
    """Microseconds a step of each round of each peer."""
    ways = dict(work.peers())
    times, losses = {name: [] for name in ways}, {}
    clock = process_time if options.threads == 1 else perf_counter
    for round in range(options.rounds + 1):
        for name, way in ways.items():
            if sys.stderr.isatty():
                print(f"\r\033[K{work.n} × {work.d}: {round}/{options.rounds} {name}\r", end="", file=sys.stderr)
            start = clock()
            losses[name] = way()
            if round:  # the first one warms up, and compiles
                times[name].append(1e6 * (clock() - start) / work.steps)
    for name in {"train", "compiled", "PyTorch", "JAX"} & losses.keys() if not work.adam else ():
        assert abs(losses[name] - losses["plain functions"]) <= 1e-6, (name, losses)
    return times


def rows(times):
    """For each peer: quartiles of its microseconds, and of its ratios to scikit-learn and to JAX, round by round."""
    for peer, own in times.items():
        compared = [own, *(np.divide(own, times.get(other, np.nan)) for other in ("scikit-learn", "JAX"))]
        yield peer, [[float(f"{value:.3g}") for value in np.percentile(kind, [25, 50, 75])] for kind in compared]


def spent_by_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def start():
    """Processor seconds of whole processes: until a first step has been taken, and of the command with its pictures."""
    data = "import numpy as np; X = np.ones((9, 2)); y = np.ones((9, 1)); params = X[:2], X[0], X[:2, :1], X[0, :1]; "
    plain = data + "from twolayer.objective import Objective; Objective().with_gradients(params, X, y)"
    compiled = data + "from twolayer.fast import loss_and_gradients; loss_and_gradients(params, X, y)"
    command = "from twolayer.cli import main; main(['train', '--output', '{}'])"
    codes = {"NumPy imported": "import numpy", "plain functions": plain, "compiled, from disk": compiled}
    codes |= {"compiled, the first time": compiled}
    codes |= {"PyTorch imported": "import torch"} if find_spec("torch") else {}
    codes |= {"JAX imported": "import jax"} if find_spec("jax") else {}
    codes |= {"twolayer train": command}
    seconds = {name: [] for name in codes}
    with tempfile.TemporaryDirectory() as full:
        for round in range(options.rounds + 1):
            for name, code in codes.items():
                with tempfile.TemporaryDirectory() as empty:
                    environment = os.environ | {"NUMBA_CACHE_DIR": empty if "first" in name else full}
                    before = spent_by_children()
                    ran = [sys.executable, "-c", code.replace("{}", empty)]
                    subprocess.run(ran, check=True, env=environment, stdout=subprocess.DEVNULL)
                    seconds[name] += [spent_by_children() - before] * (round > 0)
    for name, times in seconds.items():
        low, median, high = np.percentile(times, [25, 50, 75])
        print(f"{name:<26}{median:>6.2f} s   middle half {low:.2f} - {high:.2f} s")


def check():
    """The gradient check beside PyTorch's, if there is PyTorch."""
    if find_spec("torch"):
        import gradcheck

        gradcheck.main()


def main():
    warnings.simplefilter("ignore")  # scikit-learn's, that it did not converge: it runs all its epochs, as it should
    installed = [name for name, module in PACKAGES.items() if find_spec(module)]
    print(f"{os.cpu_count()} cores, {options.threads} thread(s), {options.rounds} rounds in turn, Python", end=" ")
    print(platform.python_version(), *(f"{name} {version(name)}" for name in installed), sep=", ")
    if missing := PACKAGES.keys() - installed:
        print("not installed:", *missing)
    for part in options.parts.split():
        {"step": steps, "start": start, "check": check}[part]()


def steps():
    """Each peer's time for a step of each work: printed, recorded and drawn."""
    record = {}
    for name in options.works.split():
        work = Work(name)
        record[name] = dict(rows(measured(work)))
        print(f"\n{name}: n {work.n}, d {work.d}, h {work.h}, {work.dtype}, {work.steps} steps a run")
        print(f"{'':<18}{'µs a step':>12}{'middle half':>24}{'to scikit-learn':>20}{'to JAX':>10}")
        for peer, ((low, median, high), (best, ratio, worst), (_, to_jax, _)) in record[name].items():
            print(f"{peer:<18}{median:>12,.0f}{f'{low:,.0f} - {high:,.0f}':>24}"
                  f"{f'{ratio:.2f} ({best:.2f} - {worst:.2f})':>20}{to_jax:>10.2f}")  # fmt: skip
    path = DOCS / "speed.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    record = known.get(str(options.threads), {}) | record
    known[str(options.threads)] = {name: record[name] for name in WORKS if name in record}
    path.write_text(json.dumps(known, indent=1) + "\n")
    print("\n" + table(known[str(options.threads)]))
    draw(known["1"])


def table(record):
    """The record as a table of a page: microseconds, and the middle half of the ratios to scikit-learn."""
    lines = ["| | " + " | ".join(record) + " |", "|---" * (len(record) + 1) + "|"]
    for peer in dict.fromkeys(peer for row in record.values() for peer in row):
        cells = []
        for row in record.values():
            µs, ratios, _ = row.get(peer, (None, None, None))
            cells.append("" if µs is None else f"{µs[1]:,.0f}<br>{ratios[1]:.2f} ({ratios[0]:.2f} to {ratios[2]:.2f})")
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(record):
    """Ratios to scikit-learn on a logarithmic scale, with their middle half; a picture for each color scheme."""
    import matplotlib.pyplot as plt

    kinds = ["plain functions", "train", "compiled", "PyTorch", "JAX"]
    for scheme, ending in (("default", ""), ("dark_background", "-dark")):
        with plt.style.context(scheme):
            figure, axes = plt.subplots(figsize=(8, 4.4), layout="constrained")
            for i, kind in enumerate(kinds):
                at = [(x + 0.13 * (i - 2), row[kind][1]) for x, row in enumerate(record.values()) if kind in row]
                x, low, ratio, high = np.array([(x, *ratios) for x, ratios in at]).T
                axes.errorbar(x, ratio, [ratio - low, high - ratio], fmt="os^Dv"[i], ms=7, label=kind)
            axes.axhline(1, color="gray", lw=1)
            axes.set(yscale="log", ylabel="time of a step / scikit-learn's", xticks=range(len(record)))
            ticks = [0.1, 0.2, 0.5, 1, 2, 5]
            axes.set_yticks(ticks, [str(tick) for tick in ticks], minor=False)
            axes.set_yticks([], minor=True)
            axes.set_xticklabels(
                [f"{name}\n{WORKS[name][0]:,} × {WORKS[name][1]}\nh {WORKS[name][2]}" for name in record]
            )
            figure.legend(ncols=5, loc="outside upper center", frameon=False, handletextpad=0.2)
            figure.savefig(DOCS / "assets" / f"speed{ending}.png", dpi=150, transparent=True)
            plt.close(figure)


if __name__ == "__main__":
    main()
