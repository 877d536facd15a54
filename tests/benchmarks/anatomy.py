"""Where the time of a step goes, line by line, and how it grows with n, d and h. One thread, processor time.

    python tests/benchmarks/anatomy.py            # the lines, and what another way to write one would bring
    python tests/benchmarks/anatomy.py --growth   # how it grows; a picture goes to docs/assets
    python tests/benchmarks/anatomy.py --pages    # memory that goes back to the system after each step

Each line of the plain functions is timed alone, in turn with the others, in processor time, which does not count what
else the machine does; medians of 41 rounds. "arrays" counts the arrays of (n, h) that a line reads and writes. A change
of one line is measured as a whole step, divided by the step as it is. Growth has microseconds a step: the plain
functions, the same in blocks as `train` does it, the compiled loop if Numba is installed, and the least that this
machine could need.
"""

import os
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import inspect
import resource
import subprocess
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np

from twolayer import backward, bce, bce_grad, core, forward, he_init, relu, relu_grad, step
from twolayer.fast import loss_and_gradients
from twolayer.objective import Objective

if "--new" not in sys.argv:
    np.ones(2**17)  # freed at once: from then on, the C library keeps the memory of arrays up to this size


def medians(works, rounds=41, least=2e-3):
    """Microseconds of processor time of each work, from rounds in turn; a round repeats a short one."""
    repeats = {}
    for name, work in works.items():
        work()
        start = process_time()
        work()
        repeats[name] = max(1, int(least / (process_time() - start)))
    times = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = process_time()
            for _ in range(repeats[name]):
                work()
            times[name].append((process_time() - start) / repeats[name])
    return {name: 1e6 * float(np.median(t)) for name, t in times.items()}


def problem(n, d, h):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), (rng.random((n, 1)) < 0.5).astype(float), he_init(rng, d, h, 1)


def lines(n, d, h):
    """Each line of forward, bce, bce_grad, backward and step."""
    X, y, params = problem(n, d, h)
    W1, b1, W2, b2 = params
    P1 = X @ W1
    Z1 = P1 + b1
    A1, slope = relu(Z1), relu_grad(Z1)
    Z2 = A1 @ W2 + b2
    dZ2 = bce_grad(Z2, y)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * slope
    works = {
        "X @ W1": (lambda: X @ W1, 1, 2 * n * d * h),
        "... + b1": (lambda: P1 + b1, 2, n * h),
        "relu(Z1)": (lambda: relu(Z1), 2, n * h),
        "A1 @ W2 + b2": (lambda: A1 @ W2 + b2, 1, 2 * n * h),
        "bce(Z2, y)": (lambda: bce(Z2, y), 0, 0),
        "bce_grad(Z2, y)": (lambda: bce_grad(Z2, y), 0, 0),
        "A1.T @ dZ2": (lambda: A1.T @ dZ2, 1, 2 * n * h),
        "dZ2.sum(axis=0)": (lambda: dZ2.sum(axis=0), 0, 0),
        "dZ2 @ W2.T": (lambda: dZ2 @ W2.T, 1, n * h),
        "relu_grad(Z1)": (lambda: relu_grad(Z1), 2, n * h),
        "dA1 * ...": (lambda: dA1 * slope, 3, n * h),
        "X.T @ dZ1": (lambda: X.T @ dZ1, 1, 2 * n * d * h),
        "dZ1.sum(axis=0)": (lambda: dZ1.sum(axis=0), 1, n * h),
        "step": (lambda: step(params, params, 0.1), 0, 0),
    }
    times = medians({name: work for name, (work, _, _) in works.items()})
    whole = sum(times.values())
    print(f"\nn {n}, d {d}, h {h}: {whole:,.0f} µs in all")
    print(f"{'line':<18}{'µs':>9}{'share':>8}{'arrays':>8}{'GB/s':>7}{'Gflop/s':>9}")
    for name, (_, arrays, flops) in works.items():
        µs = times[name]
        rates = [f"{8e-3 * arrays * n * h / µs:.0f}" if arrays else "", f"{1e-3 * flops / µs:.1f}" if flops else ""]
        row = f"{name:<18}{µs:>9,.1f}{µs / whole:>8.0%}{arrays or '':>8}{rates[0]:>7}{rates[1]:>9}"
        print(row.rstrip())


ONE_LOGARITHM = "y * relu(-Z) + (1 - y) * relu(Z) + np.log1p(np.exp(-np.abs(Z)))"
CHANGES = {
    "one log1p": [("y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z)", ONE_LOGARITHM)],
    "np.dot": [("dZ2 @ W2.T", "np.dot(dZ2, W2.T)")],
    "ones @": [("dZ1.sum(axis=0)", "np.ones(len(dZ1)) @ dZ1")],
    "bool": [("(Z > 0).astype(Z.dtype)", "Z > 0")],
    "zeros_like": [("np.maximum(Z, 0)", "np.maximum(Z, np.zeros_like(Z))")],
}


def changes(n, d, h):
    """Time of a step with a line of the core changed, divided by that of the core as it is."""
    X, y, params = problem(n, d, h)

    def stepping(*replacements):
        source = inspect.getsource(core)
        for before, after in replacements:
            assert before in source, before
            source = source.replace(before, after)
        space = {}
        exec(source, space)

        def one():
            Z, cache = space["forward"](X, params)
            space["bce"](Z, y)
            return space["step"](params, space["backward"](space["bce_grad"](Z, y), cache, params), 0.1)

        return one

    times = medians({name: stepping(*change) for name, change in ({"as it is": []} | CHANGES).items()})
    print(f"{n:>8}{d:>6}{h:>6}" + "".join(f"{times[name] / times['as it is']:>12.2f}" for name in CHANGES))


def machine():
    """Floating-point operations and bytes a microsecond: of a large product, and of adding up a large array."""
    A, long = np.ones((1000, 1000)), np.ones(2**24)
    times = medians({"product": lambda: A @ A, "sum": long.sum}, rounds=9)
    return 2e9 / times["product"], long.nbytes / times["sum"]


def pages():
    """Time and page faults of a step, in a process that has freed no large array (`--new`), and in one that has."""
    if "--new" not in sys.argv and "--old" not in sys.argv:
        for kind in ("--new", "--old"):
            subprocess.run([sys.executable, __file__, "--pages", kind], check=True)
        return
    X, y, params = problem(200, 20, 100)
    steps = 2000
    for _ in range(2):  # the first warms up
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, process_time()
        for _ in range(steps):
            Z2, cache = forward(X, params)
            bce(Z2, y)
            params = step(params, backward(bce_grad(Z2, y), cache, params), 0.1)
        count = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    µs = 1e6 * (process_time() - start) / steps
    kind = "new process" if "--new" in sys.argv else "after freeing"
    print(f"{kind:<14}{µs:>4.0f} µs, {count / steps:.0f} page faults a step")


def growth(n, d, h, speed, bandwidth):
    """Microseconds a step of each way; the bound has the arithmetic, and X, y and the parameters from memory."""
    X, y, params = problem(n, d, h)

    def plain():
        Z2, cache = forward(X, params)
        return bce(Z2, y), backward(bce_grad(Z2, y), cache, params)

    works = {"plain": plain, "blocks": lambda: Objective().with_gradients(params, X, y)}
    if find_spec("numba"):
        works["compiled"] = lambda: loss_and_gradients(params, X, y)
    times = medians(works, rounds=9)
    times["arithmetic"] = (4 * n * d * h + 10 * n * h) / speed  # the two products; what is done for each hidden entry
    times["memory"] = (X.nbytes + y.nbytes + 2 * sum(p.nbytes for p in params)) / bandwidth
    print(f"{n:>8}{d:>6}{h:>6}" + "".join(f"{times.get(name, np.nan):>12,.0f}" for name in LINES), flush=True)
    return times


LINES = ["plain", "blocks", "compiled", "arithmetic", "memory"]
SERIES = {
    "n, with d 20 and h 100": [(n, 20, 100) for n in (64, 250, 1000, 4000, 16000, 64000)],
    "d, with n 2,000 and h 100": [(2000, d, 100) for d in (4, 16, 64, 256, 1024)],
    "h, with n 2,000 and d 20": [(2000, 20, h) for h in (4, 16, 64, 256, 1024)],
}


def draw(series):
    """The series, on logarithmic scales; a picture for each color scheme."""
    import matplotlib.pyplot as plt

    for scheme, ending in (("default", ""), ("dark_background", "-dark")):
        with plt.style.context(scheme):
            figure, axes = plt.subplots(1, 3, figsize=(10, 4), layout="constrained", sharey=True)
            for ax, (title, rows) in zip(axes, series.items(), strict=True):
                x = [size["ndh".index(title[0])] for size, _ in rows]
                for kind, style in zip(LINES, ("o-", "s-", "^-", "k--", "k:"), strict=True):
                    color = {"color": "gray"} if style[0] == "k" else {}
                    ax.plot(x, [times.get(kind, np.nan) for _, times in rows], style.lstrip("k"), label=kind, **color)
                ax.set(xscale="log", yscale="log", xlabel=title)
            axes[0].set_ylabel("microseconds a step")
            figure.legend(*axes[0].get_legend_handles_labels(), ncols=5, loc="outside upper center", frameon=False)
            figure.savefig(
                Path(__file__).parents[2] / "docs" / "assets" / f"growth{ending}.png", dpi=130, transparent=True
            )
            plt.close(figure)


if __name__ == "__main__":
    if "--growth" in sys.argv:
        speed, bandwidth = machine()
        print(f"a product of 1,000 × 1,000: {1e-3 * speed:.0f} Gflop/s; adding up 128 MB: {1e-3 * bandwidth:.0f} GB/s")
        print(f"{'n':>8}{'d':>6}{'h':>6}" + "".join(f"{name:>12}" for name in LINES))
        draw({t: [(size, growth(*size, speed, bandwidth)) for size in sizes] for t, sizes in SERIES.items()})
    elif "--pages" in sys.argv:
        pages()
    else:
        lines(1000, 2, 16)
        lines(20000, 20, 100)
        print(f"\n{'n':>8}{'d':>6}{'h':>6}" + "".join(f"{name:>12}" for name in CHANGES))
        for n, d, h in ((1000, 2, 16), (500, 2, 8), (200, 20, 100), (20000, 20, 100)):
            changes(n, d, h)
