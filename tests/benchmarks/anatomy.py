"""Where the time of a step goes, line by line, and how it grows with n, d and h. One thread.

    python tests/benchmarks/anatomy.py

Each line of the plain functions is timed alone, in turn with the others; medians of 41 rounds. The first tables say
what a line reads and writes, in arrays of (n, h). The next has microseconds a step and nanoseconds an entry of the
hidden layer: the plain functions, in blocks as `train` does it, blocks in Numba if it is installed, and the products
alone. The last has what a change of one line would bring: the time of a step divided by that of the core as it is.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import inspect
from importlib.util import find_spec
from time import perf_counter

import numpy as np

from twolayer import bce, bce_grad, core, he_init, relu, relu_grad, step
from twolayer.training import kernel_of, over_blocks, rows_in_cache

NAMES = ["plain", "blocks", "numba", "products"]


def medians(works, rounds=41, least=2e-3):
    """Microseconds of each work, from rounds in turn; a round repeats a short one."""
    repeats = {}
    for name, work in works.items():
        work()
        start = perf_counter()
        work()
        repeats[name] = max(1, int(least / (perf_counter() - start)))
    times = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = perf_counter()
            for _ in range(repeats[name]):
                work()
            times[name].append((perf_counter() - start) / repeats[name])
    return {name: 1e6 * float(np.median(t)) for name, t in times.items()}


def problem(n, d, h):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), (rng.random((n, 1)) < 0.5).astype(float), he_init(rng, d, h, 1)


def lines(n, d, h):
    X, y, params = problem(n, d, h)
    W1, b1, W2, b2 = params
    P1 = X @ W1
    Z1 = P1 + b1
    A1, gate = relu(Z1), relu_grad(Z1)
    Z2 = A1 @ W2 + b2
    dZ2 = bce_grad(Z2, y)
    dA1 = np.dot(dZ2, W2.T)
    dZ1 = dA1 * gate
    works = {
        "X @ W1": (lambda: X @ W1, 1, 2 * n * d * h),
        "... + b1": (lambda: P1 + b1, 2, n * h),
        "activation(Z1)": (lambda: relu(Z1), 2, n * h),
        "... * mask, twice": (lambda: (A1 * 1.0, gate * 1.0), 4, 2 * n * h),
        "activation_grad(Z1)": (lambda: relu_grad(Z1), 2, n * h),
        "A1 @ W2 + b2": (lambda: A1 @ W2 + b2, 1, 2 * n * h),
        "bce(Z2, y)": (lambda: bce(Z2, y), 0, 0),
        "bce_grad(Z2, y)": (lambda: bce_grad(Z2, y), 0, 0),
        "A1.T @ dZ2": (lambda: A1.T @ dZ2, 1, 2 * n * h),
        "np.dot(dZ2, W2.T)": (lambda: np.dot(dZ2, W2.T), 1, n * h),
        "dA1 * gate": (lambda: dA1 * gate, 3, n * h),
        "X.T @ dZ1": (lambda: X.T @ dZ1, 1, 2 * n * d * h),
        "dZ1.sum(axis=0)": (lambda: dZ1.sum(axis=0), 1, n * h),
        "step": (lambda: step(params, params, 0.1), 0, 0),
    }
    times = medians({name: work for name, (work, _, _) in works.items()})
    whole = sum(times.values())
    print(f"\nn {n}, d {d}, h {h}: {whole:,.0f} µs in all")
    print(f"{'line':<22}{'µs':>9}{'share':>8}{'arrays':>8}{'GB/s':>7}{'Gflop/s':>9}")
    for name, (_, arrays, flops) in works.items():
        µs = times[name]
        rates = [f"{8e-3 * arrays * n * h / µs:.0f}" if arrays else "", f"{1e-3 * flops / µs:.1f}" if flops else ""]
        print(f"{name:<22}{µs:>9,.1f}{µs / whole:>8.0%}{arrays or '':>8}{rates[0]:>7}{rates[1]:>9}")


plain = kernel_of("numpy", relu, relu_grad)


def in_blocks(kernel, X, y, params):
    return over_blocks(lambda rows: kernel(X[rows], y[rows], params, None, None), len(X), rows_in_cache(params))


def products(X, params):
    Z1 = X @ params[0]
    Z2 = Z1 @ params[2]
    return Z1.T @ Z2, np.dot(Z2, params[2].T), X.T @ Z1


def growth(n, d, h):
    X, y, params = problem(n, d, h)
    works = {
        "plain": lambda: plain(X, y, params, None, None),
        "blocks": lambda: in_blocks(plain, X, y, params),
        "products": lambda: products(X, params),
    }
    if find_spec("numba"):
        from twolayer.compiled import compiled

        works["numba"] = lambda: in_blocks(compiled(relu), X, y, params)
    times = medians(works, rounds=9)
    cells = [f"{times.get(name, np.nan):>9,.0f}" for name in NAMES]
    cells += [f"{1e3 * times.get(name, np.nan) / (n * h):>9.1f}" for name in NAMES]
    print(f"{n:>8}{d:>6}{h:>6}" + "".join(cells))


CHANGES = {
    "@": [("np.dot(dZ2, W2.T)", "dZ2 @ W2.T")],
    "ones @": [("dZ1.sum(axis=0)", "np.ones(len(dZ1)) @ dZ1")],
    "zeros_like": [("np.maximum(Z, 0)", "np.maximum(Z, np.zeros_like(Z))")],
    "no mask": [
        ("activation(Z1) * mask", "activation(Z1)"),
        ("activation_grad(Z1) * mask", "activation_grad(Z1)"),
    ],
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


if __name__ == "__main__":
    lines(1000, 2, 16)
    lines(20000, 20, 100)
    print(f"\n{'':<20}{'µs a step':^36}{'ns an entry of the hidden layer':^36}")
    print(f"{'n':>8}{'d':>6}{'h':>6}" + "".join(f"{name:>9}" for name in NAMES * 2))
    for n in (250, 1000, 4000, 16000, 64000):
        growth(n, 20, 100)
    for h in (4, 16, 64, 256, 1024):
        growth(2000, 20, h)
    for d in (4, 16, 64, 256, 1024):
        growth(2000, d, 100)
    print(f"\n{'n':>8}{'d':>6}{'h':>6}" + "".join(f"{name:>12}" for name in CHANGES))
    for n, d, h in ((1000, 2, 16), (500, 2, 8), (200, 20, 100), (20000, 20, 100)):
        changes(n, d, h)
