"""Loss and gradients of the network of the pages, compiled by Numba: `Objective().with_gradients`, but faster."""

import warnings
from functools import cache

import numpy as np

from twolayer.objective import Objective, blockwise_mean, rows_in_cache


def loss_and_gradients(params, X, y):
    """(mean binary cross-entropy, its gradients) of two ReLU layers in float64; else, or without Numba, by NumPy."""
    n, d, h, k = len(X), X.shape[-1], params[1].size, params[-1].size
    fits = n > 0 and [a.shape for a in (X, y, *params)] == [(n, d), (n, k), (d, h), (h,), (h, k), (k,)]
    if not fits or {a.dtype for a in (X, y, *params)} != {np.dtype(float)} or not compiled():
        return Objective().with_gradients(params, X, y)  # or its ValueError, which names the shapes
    y, b1, W2, b2 = (np.array(a, order="C") for a in (y, params[1], params[2].T, params[3]))

    def of_rows(X, y):
        loss, db1, dW2, db2 = compiled()(Z1 := np.dot(X, params[0]), y, b1, W2, b2)  # Z1 (rows, h), then dZ1
        return loss, np.dot(X.T, Z1), db1, dW2.T, db2

    loss, *grads = blockwise_mean(of_rows, (X, y), rows_in_cache(params))
    return loss, tuple(grads)


@cache
def compiled():
    """`sample_by_sample`, compiled by Numba or loaded from its cache; None, after a warning, if that fails."""
    types = "(f8[:,::1], f8[:,::1], f8[::1], f8[:,::1], f8[::1])"
    try:
        from numba import njit

        return njit(types, cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})(sample_by_sample)
    except Exception as error:  # of Numba, of its compiler or of the disk
        warnings.warn(f"NumPy computes, not Numba ({error!r}): install numba, or set NUMBA_CACHE_DIR", stacklevel=3)


def sample_by_sample(Z1, y, b1, W2, b2):
    """Loss, db1, dW2, db2 from Z1 = X W1 (n, h), which becomes dZ1; W2, dW2 (k, h). Equations `row-Z2` to `row-dZ1`."""
    h, k = len(b1), len(b2)
    loss, dA1, db1, dW2, db2 = 0.0, np.empty(h), np.zeros(h), np.zeros((k, h)), np.zeros(k)
    for a, t in zip(Z1, y):  # noqa: B905  # a is a row of A1, later that of dZ1
        for j in range(h):
            a[j], dA1[j] = max(a[j] + b1[j], 0.0), 0.0
        for c in range(k):
            z = b2[c]
            for j in range(h):
                z += a[j] * W2[c, j]
            E = np.exp(-abs(z))
            loss += t[c] * max(-z, 0.0) + (1 - t[c]) * max(z, 0.0) + np.log1p(E)
            dz = ((1 if z >= 0 else E) / (1 + E) - t[c]) / y.size
            db2[c] += dz
            for j in range(h):
                dW2[c, j] += a[j] * dz
                dA1[j] += dz * W2[c, j]
        for j in range(h):
            a[j] = dA1[j] * (a[j] > 0)
            db1[j] += a[j]
    return loss / y.size, db1, dW2, db2
