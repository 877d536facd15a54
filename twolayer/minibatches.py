"""Mini-batches: each epoch visits every sample once, in a new random order."""

import numpy as np


def minibatches(rng, n, size):
    """Index arrays of `size` that together hold each of range(n) once; the last may be short.

    Raises ValueError unless 1 <= size <= n. Equation `minibatch-mean`.
    """
    if not 1 <= size <= n:
        raise ValueError(f"size must be from 1 to n = {n}, got {size}")
    order = rng.permutation(n)
    return [order[i : i + size] for i in range(0, n, size)]


def batches(rng, X, y, w=None, size=None, augment=None):
    """Yield the (X, y, w) of each update of an epoch: the whole set, or batches of it in a new order; augmented.

    w may be None; augment maps (rng, X, y) to a new (X, y). Raises ValueError if their rows no longer correspond.
    """
    if size:  # taken once in the new order, so that the batches are views
        order = np.concatenate(minibatches(rng, len(X), size))
        X, y, w = X[order], y[order], w if w is None else w[order]
    for first in range(0, len(X), size or len(X)):
        Xb, yb, wb = (a if a is None else a[first : first + (size or len(X))] for a in (X, y, w))
        if augment:
            Xb, yb = augment(rng, Xb, yb)
        if len({len(a) for a in (Xb, yb, wb) if a is not None}) > 1:
            raise ValueError(f"augment returned X {Xb.shape} and y {yb.shape}, whose rows do not belong together")
        yield Xb, yb, wb
